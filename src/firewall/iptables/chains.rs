//! The chains, as `iptables-save` would print them. Pure.
//!
//! Who may reach a publication is judged in `mangle PREROUTING`, before its address is translated, on
//! every packet of the original direction; where it leads, in `nat`; what goes between the lab and
//! outside, in `filter`, on every packet of both. A chain of ours lets through by returning to the chain
//! of the system that called it: what others decide there still holds.

use super::parse::OURS;
use super::render::{BUCKET, Lists, buckets, verdict, verdicts};
use super::rows::{BACK, DNAT, FORTH, Kind, number};
use crate::{Desired, Site};
use ipnet::Ipv4Net;
use puerta_lab::network::Protocol;
use std::fmt::Write;
use std::net::Ipv4Addr;

/// Errors about a connection, which carry a piece of it.
const RELATED: &str = "-p icmp -m conntrack --ctstate RELATED";
/// What belongs to no connection.
const ODD: &str = "-m conntrack --ctstate INVALID,UNTRACKED -j DROP";
/// Slot 1 of a seat is the lab's own: nodes.
const NODE: &str = "0.0.0.1/0.0.0.63";

/// A flood of one port leaves room for the others, a flood of all of them is cut. A full table would drop
/// packets: this one has room for every port.
const REPORTED: &str = "-m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 20 --hashlimit-mode dstport \
     --hashlimit-name puerta --hashlimit-htable-max 65536 -m limit --limit 50/sec --limit-burst 100";

/// One table.
struct Table(String);

impl Table {
    fn new(name: &str) -> Self {
        Self(format!("*{name}\n"))
    }

    /// A chain of ours, and the chain of the system that calls it.
    fn hooked(&mut self, hook: &str, rules: impl IntoIterator<Item = String>) {
        self.chain(hook, rules);
        let _ = writeln!(self.0, "-A {hook} -j {OURS}{hook}");
    }

    /// A chain of ours.
    fn chain(&mut self, name: &str, rules: impl IntoIterator<Item = String>) {
        let _ = writeln!(self.0, ":{OURS}{name} -");
        for rule in rules {
            let _ = writeln!(self.0, "-A {OURS}{name} {rule}");
        }
    }
}

fn set(name: &str, way: &str) -> String {
    format!("-m set --match-set {OURS}{name} {way}")
}

/// The ports of publications, of both protocols.
fn range(site: &Site) -> [(Protocol, String); 2] {
    let (first, last) = (site.ports.first, site.ports.last);
    Protocol::ALL.map(|protocol| (protocol, format!("-p {protocol} -m {protocol} --dport {first}:{last}")))
}

/// Who may go where, less what a publication's port says.
pub(super) fn filter(site: &Site, desired: &Desired, lists: &Lists) -> String {
    let (inside, outside) = (&site.inside, &site.outside);
    let mut table = Table::new("filter");
    input(&mut table, site);
    let mut forward = Vec::new();
    for name in outside {
        forward.push(format!("-i {inside} -o {name} -g {OURS}LEAVE"));
        forward.push(format!("-i {name} -o {inside} -g {OURS}ENTER"));
    }
    forward.extend([format!("-i {inside} -j DROP"), format!("-o {inside} -j DROP")]);
    table.hooked("FORWARD", forward);
    let begun = [
        ODD.to_owned(),
        format!("! -s {} -j DROP", site.lab),
        format!("-s {NODE} {RELATED} -j RETURN"),
        format!("-m conntrack --ctdir REPLY --ctstate DNAT -g {OURS}BACK"),
        "-m conntrack --ctdir REPLY -j DROP".to_owned(),
        // No match tells whether it is the machine's own connection.
        format!("{RELATED} -j DROP"),
        format!("-s {NODE} -j RETURN"),
        format!("-d {} -j DROP", site.lab),
    ];
    by_seat(&mut table, "BACK", "-s", &BACK);
    by_seat(&mut table, "FORTH", "-d", &FORTH);
    egress(&mut table, lists);
    table.chain("LEAVE", begun.into_iter().chain(judges(desired, "src")));
    let answered = [
        ODD.to_owned(),
        // `mangle` has looked who it is; not, whether the port still leads where this connection goes.
        format!("-m conntrack --ctdir ORIGINAL --ctstate DNAT -g {OURS}FORTH"),
        "-m conntrack --ctdir ORIGINAL -j DROP".to_owned(),
        format!("-d {NODE} -j RETURN"),
    ];
    table.chain("ENTER", answered.into_iter().chain(judges(desired, "dst")));
    let served = |server| format!("-m conntrack --ctreplsrc {server} -j RETURN");
    let mut dns: Vec<String> = site.dns.iter().map(served).collect();
    dns.push("-j DROP".into());
    table.chain("DNS", dns);
    table.0
}

/// Packets of publications' connections: chosen by six bits of the machine's seat, three and three, then by a
/// member. What belongs to a port that leads elsewhere now, or nowhere, ends here.
fn by_seat(table: &mut Table, name: &str, machine: &str, kind: &Kind) {
    let bits =
        |bits: u32, place: u32| format!("{}/{}", Ipv4Addr::from(bits << place), Ipv4Addr::from(7 << place));
    table.chain(name, (0..8).map(|low| format!("{machine} {} -g {OURS}{name}-{low}", bits(low, 6))));
    for low in 0..8 {
        let leaf = |high| format!("{machine} {} -g {OURS}{}{}", bits(high, 9), kind.chain, high << 3 | low);
        table.chain(&format!("{name}-{low}"), (0..8).map(leaf));
    }
    for seat in 0..64 {
        table.chain(&format!("{}{seat}", kind.chain), ["-j DROP".to_owned()]);
    }
}

fn input(table: &mut Table, site: &Site) {
    let mut input = vec![format!("-i {} -g {OURS}INSIDE", site.inside)];
    input.extend(site.outside.iter().map(|name| format!("-i {name} -g {OURS}OUTSIDE")));
    table.hooked("INPUT", input);
    let mut inside = vec![
        "-m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY -j RETURN".to_owned(),
        format!("-s {NODE} -p icmp -m icmp --icmp-type 8 -j RETURN"),
    ];
    let services = site.machine_services.iter();
    inside.extend(
        services.map(|(protocol, port)| format!("-p {protocol} -m {protocol} --dport {port} -j RETURN")),
    );
    inside.push("-j DROP".into());
    table.chain("INSIDE", inside);
    table.chain("OUTSIDE", outside(site, "admission"));
}

/// The SSH port for who is admitted; and the ports of publications for nobody: what belongs to one was
/// translated, and does not come here.
fn outside(site: &Site, admission: &str) -> Vec<String> {
    let mut rules = Vec::new();
    if !site.admission.is_empty() {
        let stranger = format!("-m set ! --match-set {OURS}{admission} src -j DROP");
        rules.extend(site.ssh_ports.iter().map(|port| format!("-p tcp -m tcp --dport {port} {stranger}")));
    }
    let unknown = "-m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP";
    rules.extend(range(site).map(|(_, ports)| format!("{ports} {unknown}")));
    rules
}

/// What machines may reach: a chain for each verdict. It asks where the connection leads and not where the packet
/// goes, so that answers, and errors from anywhere on the way, are judged as what they are about.
fn egress(table: &mut Table, lists: &Lists) {
    let ask = Protocol::ALL.map(|protocol| format!("{} -g {OURS}DNS", leads(None, Some((protocol, 53, 53)))));
    table.chain("E-allow", ask.clone());
    table.chain("E-deny", ["-j DROP".to_owned()]);
    for (word, flows) in lists {
        let flows = flows.iter().map(|flow| format!("{} -j RETURN", leads(Some(flow.network), flow.ports)));
        let rules = ask.iter().cloned().chain(flows).chain(["-j DROP".to_owned()]);
        table.chain(&format!("E-{word}"), rules);
    }
}

/// The rules that choose among them, by what of a packet is the machine's.
fn judges(desired: &Desired, machine: &str) -> Vec<String> {
    let rule = |word| format!("{} -g {OURS}E-{word}", set(&format!("seat-{word}"), machine));
    let mut rules: Vec<String> = verdicts(&desired.egress.seats).iter().map(rule).collect();
    rules.push(format!("-g {OURS}E-{}", verdict(&desired.egress.default)));
    rules
}

/// Who answers a connection.
fn leads(network: Option<Ipv4Net>, ports: Option<(Protocol, u16, u16)>) -> String {
    let mut rule = "-m conntrack".to_owned();
    if let Some((protocol, ..)) = ports {
        let _ = write!(rule, " --ctproto {}", number(protocol));
    }
    if let Some(network) = network {
        let _ = write!(rule, " --ctreplsrc {network}");
    }
    if let Some((_, first, last)) = ports {
        let _ = write!(rule, " --ctreplsrcport {first}:{last}");
    }
    rule
}

/// Who may reach which published port.
pub(super) fn mangle(site: &Site) -> String {
    let mut table = Table::new("mangle");
    let mut hook = Vec::new();
    for name in &site.outside {
        hook.push(format!("-i {name} -s {} -j DROP", site.lab));
        // Nor does a route lead to machines, or to what puerta has for them.
        hook.push(format!("-i {name} -d {} -j DROP", site.lab));
        let local = "-m addrtype --dst-type LOCAL -m conntrack --ctdir ORIGINAL";
        hook.push(format!("-i {name} {local} -j {OURS}RANGE"));
    }
    table.hooked("PREROUTING", hook);
    table.chain("RANGE", range(site).map(|(protocol, ports)| format!("{ports} -g {OURS}{protocol}")));
    for protocol in Protocol::ALL {
        let mut rules = Vec::new();
        if !site.admission.is_empty() {
            rules.push(format!("-m set ! --match-set {OURS}admission src -j DROP"));
        }
        let mut campus = set(&format!("campus-{protocol}"), "dst");
        if !site.campus.is_empty() {
            campus = format!("{campus} {}", set("campus", "src"));
        }
        rules.push(format!("{campus} -g {OURS}ADMITTED"));
        rules.push(format!("{} -g {OURS}ADMITTED", set("from", "src,dst")));
        rules.push("-j DROP".into());
        table.chain(protocol.as_str(), rules);
    }
    // Counts what it finds.
    table.chain("ADMITTED", [format!("-m set ! --match-set {OURS}in dst -j DROP")]);
    table.0
}

/// Where publications lead: a chain for every 256 ports, whose rules are members. It sees the first packet of
/// a connection, once: some are reported. And the lab's way out.
pub(super) fn nat(site: &Site) -> String {
    let mut table = Table::new("nat");
    let local = "-m addrtype --dst-type LOCAL";
    table.hooked("PREROUTING", site.outside.iter().map(|name| format!("-i {name} {local} -j {OURS}RANGE")));
    table.chain("RANGE", range(site).map(|(protocol, ports)| format!("{ports} -g {OURS}{protocol}")));
    for protocol in Protocol::ALL {
        let dispatch = buckets(site).map(|bucket| {
            let first = (bucket * BUCKET).max(site.ports.first);
            let last = (bucket * BUCKET + (BUCKET - 1)).min(site.ports.last);
            format!("-p {protocol} -m {protocol} --dport {first}:{last} -g {OURS}{}{bucket}", DNAT.chain)
        });
        table.chain(protocol.as_str(), [format!("-j {OURS}REPORT")].into_iter().chain(dispatch));
    }
    table.chain("REPORT", [format!("{REPORTED} -j NFLOG --nflog-group {} --nflog-size 64", site.log_group)]);
    for bucket in buckets(site) {
        table.chain(&format!("{}{bucket}", DNAT.chain), []);
    }
    table.hooked("POSTROUTING", site.outside.iter().flat_map(|name| masquerade(site, name)));
    table.0
}

/// What leaves as puerta never does by a port that is asked for from outside: what its client sends next would
/// belong to the machine's connection, and nobody would look at it again.
fn masquerade(site: &Site, name: &str) -> Vec<String> {
    let (first, last) = site.masquerade_ports();
    let leaves = format!("-s {} -o {name}", site.lab);
    let of = |protocol| format!("{leaves} -p {protocol} -j MASQUERADE --to-ports {first}-{last}");
    Protocol::ALL.into_iter().map(of).chain([format!("{leaves} -j MASQUERADE")]).collect()
}

/// Nothing of IPv6 goes to the lab or comes from it.
pub(super) fn filter6(site: &Site) -> String {
    let inside = &site.inside;
    let mut table = Table::new("filter");
    let mut input = vec![format!("-i {inside} -j DROP")];
    input.extend(site.outside.iter().map(|name| format!("-i {name} -g {OURS}OUTSIDE")));
    table.hooked("INPUT", input);
    table.chain("OUTSIDE", outside(site, "admission6"));
    table.hooked("FORWARD", [format!("-i {inside} -j DROP"), format!("-o {inside} -j DROP")]);
    table.0
}
