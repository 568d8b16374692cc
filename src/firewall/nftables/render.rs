//! What should be, in nft's language. Pure.
//!
//! A packet for a published port meets `arrive` (who may, before the address is translated, for every packet,
//! so that what is taken back ends at once), `dstnat` (where to; counts connections), `forward`, and on its way
//! back `leave`. One lookup each, however many ports there are.
//!
//! A machine's own packets meet `forward`: `egress` judges both directions of a connection by who began it.
//!
//! Only packets of our interfaces are judged. `accept` ends our chain and nothing else: other tables may drop.

use super::parse::OWNER;
use crate::plan::digest;
use crate::{Desired, Members, Site, Target};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use puerta_lab::network::{Egress, Flow, Protocol};
use std::collections::BTreeMap;
use std::fmt::Display;

/// Named collections. Maps say what their fields are and not their types: nft 1.0.6 dies of a map of types
/// that 1.1.3 made.
const COLLECTIONS: &str = "
	map to { typeof meta l4proto . th dport : ip daddr . th dport; }
	map access { typeof meta l4proto . th dport : verdict; }
	set from { type inet_proto . inet_service . ipv4_addr; flags interval; }
	set opened { type inet_proto . inet_service; counter; }
	set carried_in { type inet_proto . inet_service; counter; }
	set carried_out { type inet_proto . inet_service . ipv4_addr; counter; }
	set serves { type inet_proto . ipv4_addr . inet_service; }
	set answers { type ipv4_addr . ipv4_addr; }
	set told { type inet_proto . inet_service; size 65535; flags dynamic,timeout; timeout 1m; }
	map egress_seats { typeof ip saddr : verdict; }
";

/// Everything but members.
pub(super) fn fixed(site: &Site, desired: &Desired) -> String {
    let outside = one_of(&site.outside.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>());
    let chains = [
        publications(site),
        egress(site, desired),
        arrive(site, &outside),
        leave(site, &outside),
        forward(site, &outside),
        input(site, &outside),
    ];
    let owner = format!("\tcounter {OWNER}{} {{ }}", desired.owner);
    format!("table {} {{\n{owner}{COLLECTIONS}{}}}\n", super::TABLE, chains.concat())
}

/// Members of every collection, the empty ones too.
pub(super) fn members(site: &Site, desired: &Desired) -> BTreeMap<String, Members> {
    let mut all: BTreeMap<&str, Members> =
        ["to", "access", "from", "opened", "carried_in", "carried_out", "serves", "answers", "egress_seats"]
            .map(|name| (name, Members::new()))
            .into();
    let mut put = |collection, key: String, value: String| {
        all.entry(collection).or_default().insert(key, value);
    };
    for (port, target) in &desired.publications {
        let Target { protocol, address, port: there, sources } = target;
        let key = format!("{protocol} . {port}");
        put("to", key.clone(), format!("{address} . {there}"));
        put("opened", key.clone(), String::new());
        put("carried_in", key.clone(), String::new());
        put("carried_out", format!("{key} . {address}"), String::new());
        put("serves", format!("{protocol} . {address} . {there}"), String::new());
        put("answers", format!("{address} . {address}"), String::new());
        let who = match sources {
            Some(_) => "goto from_named",
            None if site.campus.is_empty() => "goto admitted",
            None => "goto from_campus",
        };
        // Two of one port may not overlap.
        for network in sources.iter().flat_map(Ipv4Net::aggregate) {
            put("from", format!("{key} . {}", shortest(network)), String::new());
        }
        put("access", key, who.to_owned());
    }
    for (network, egress) in &desired.egress.seats {
        put("egress_seats", network.network().to_string(), verdict(egress));
    }
    all.into_iter().map(|(name, members)| (name.to_owned(), members)).collect()
}

/// Who may reach a published port.
fn publications(site: &Site) -> String {
    let campus = match Ipv4Net::aggregate(&site.campus) {
        nobody if nobody.is_empty() => String::new(),
        campus => {
            chain("from_campus", &[format!("ip saddr {} goto admitted", one_of(&campus)), "drop".to_owned()])
        }
    };
    let mut strangers: Vec<String> = admission(site).0.into_iter().collect();
    strangers.push("meta l4proto . th dport vmap @access".to_owned());
    strangers.push("drop".to_owned());
    let named = ["meta l4proto . th dport . ip saddr @from goto admitted".to_owned(), "drop".to_owned()];
    let admitted = ["meta l4proto . th dport @carried_in accept".to_owned(), "drop".to_owned()];
    [chain("admitted", &admitted), campus, chain("from_named", &named), chain("publications", &strangers)]
        .concat()
}

/// Drops what is not admitted, of IPv4 and of IPv6; nothing where everybody is.
fn admission(site: &Site) -> (Option<String>, Option<String>) {
    if site.admission.is_empty() {
        return (None, None);
    }
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for network in &site.admission {
        match network {
            IpNet::V4(network) => v4.push(*network),
            IpNet::V6(network) => v6.push(*network),
        }
    }
    let (v4, v6) = (Ipv4Net::aggregate(&v4), Ipv6Net::aggregate(&v6));
    let rule = |field: &str, admitted: Option<String>| match admitted {
        Some(admitted) => format!("{field} saddr != {admitted} drop"),
        None => format!("meta nfproto {} drop", if field == "ip" { "ipv4" } else { "ipv6" }),
    };
    let some = |empty: bool, set: String| (!empty).then_some(set);
    (Some(rule("ip", some(v4.is_empty(), one_of(&v4)))), Some(rule("ip6", some(v6.is_empty(), one_of(&v6)))))
}

/// What machines may reach. A reply is judged as what it answers.
fn egress(site: &Site, desired: &Desired) -> String {
    let table = &desired.egress;
    let mut text = String::new();
    let mut lists: Vec<&Vec<Flow>> = Vec::new();
    for egress in [&table.default].into_iter().chain(table.seats.values()) {
        if let Egress::Only(flows) = egress {
            lists.push(flows);
        }
    }
    lists.sort_unstable();
    lists.dedup();
    for flows in lists {
        text += &chain(&only(flows), &list(flows));
    }
    let ask = "ct direction original meta l4proto { tcp, udp } th dport 53";
    let rules = [
        // Slot 1 of a seat is the lab's own: nodes.
        "ct original ip saddr & 0.0.0.63 == 0.0.0.1 accept".to_owned(),
        format!("ct original ip daddr {} drop", site.lab),
        match site.dns.is_empty() {
            true => format!("{ask} drop"),
            false => format!("{ask} ip daddr != {} drop", one_of(&site.dns)),
        },
        "ct original ip saddr & 255.255.255.192 vmap @egress_seats".to_owned(),
        verdict(&table.default),
    ];
    text + &chain("egress", &rules)
}

fn verdict(egress: &Egress) -> String {
    match egress {
        Egress::Allow => "accept".to_owned(),
        Egress::Deny => "drop".to_owned(),
        Egress::Only(flows) => format!("goto {}", only(flows)),
    }
}

/// The name of a list is what is in it, so that the same list is one chain.
fn only(flows: &[Flow]) -> String {
    format!("only_{}", digest(&Egress::Only(flows.to_vec()).to_string()))
}

fn list(flows: &[Flow]) -> Vec<String> {
    let mut rules: Vec<String> = flows.iter().flat_map(flow).collect();
    let mut networks: Vec<Ipv4Net> = flows.iter().map(|flow| flow.network).collect();
    networks.sort_unstable();
    networks.dedup();
    // Of no port: what a router says of a connection there.
    let about = |network| format!("meta l4proto icmp ct state related ct original ip daddr {network} accept");
    rules.extend(networks.into_iter().map(about));
    // `egress` has dropped what does not go to the configured servers.
    rules.push("meta l4proto { tcp, udp } ct direction original th dport 53 accept".to_owned());
    rules.push("meta l4proto { tcp, udp } ct direction reply th sport 53 accept".to_owned());
    rules.push("drop".to_owned());
    rules
}

fn flow(flow: &Flow) -> [String; 2] {
    [("original", "daddr", "dport"), ("reply", "saddr", "sport")].map(|(direction, address, port)| {
        let ports = match flow.ports {
            None => String::new(),
            Some((protocol, first, last)) if first == last => format!(" {protocol} {port} {first}"),
            Some((protocol, first, last)) => format!(" {protocol} {port} {first}-{last}"),
        };
        format!("ct direction {direction} ip {address} {}{ports} accept", flow.network)
    })
}

/// Before the address is translated: who comes in. After: where to.
fn arrive(site: &Site, outside: &str) -> String {
    let to_us = format!("iifname {outside} meta nfproto ipv4 fib daddr type local");
    let ports = format!("meta l4proto {{ tcp, udp }} th dport {}-{}", site.ports.first, site.ports.last);
    let arrive = [
        "type filter hook prerouting priority mangle; policy accept;".to_owned(),
        format!("iifname {outside} ip saddr {} drop", site.lab),
        // Nor does a route lead to machines, or to what puerta has for them.
        format!("iifname {outside} ip daddr {} drop", site.lab),
        // What belongs to no connection would be answered by puerta itself, and end the real one.
        format!("{to_us} {ports} ct state invalid drop"),
        format!("{to_us} {ports} ct direction original goto publications"),
    ];
    let translate = [
        // A chain of translation sees the first packet of a connection, once.
        // Told of each port by itself, so that a flood of one does not hide the others.
        format!(
            "meta l4proto . th dport @opened \
             update @told {{ meta l4proto . th dport limit rate 5/second burst 20 packets }} \
             limit rate 50/second burst 100 packets log group {} snaplen 64",
            site.log_group
        ),
        "dnat ip to meta l4proto . th dport map @to".to_owned(),
    ];
    let dstnat = [
        "type nat hook prerouting priority dstnat; policy accept;".to_owned(),
        format!("{to_us} {ports} goto translate"),
    ];
    [chain("arrive", &arrive), chain("translate", &translate), chain("dstnat", &dstnat)].concat()
}

/// After the address is translated back: answers of publications; and what machines begin leaves as puerta.
fn leave(site: &Site, outside: &str) -> String {
    let (first, last) = site.masquerade_ports();
    let srcnat = [
        "type nat hook postrouting priority srcnat; policy accept;".to_owned(),
        // Not from a port of ours: what comes back would be for it.
        format!(
            "oifname {outside} ip saddr {} meta l4proto {{ tcp, udp }} masquerade to :{first}-{last}",
            site.lab
        ),
        format!("oifname {outside} ip saddr {} masquerade", site.lab),
    ];
    let carried = ["meta l4proto . th sport . ct reply ip saddr @carried_out accept", "drop"];
    let leave = [
        "type filter hook postrouting priority srcnat + 10; policy accept;".to_owned(),
        format!(
            "oifname {outside} meta nfproto ipv4 meta l4proto {{ tcp, udp }} ct direction reply ct status dnat \
             ct reply ip saddr {} goto carried",
            site.lab
        ),
    ];
    [chain("srcnat", &srcnat), chain("carried", &carried.map(str::to_owned)), chain("leave", &leave)].concat()
}

/// What goes through puerta.
fn forward(site: &Site, outside: &str) -> String {
    // What ICMP says of a connection: from a node, and of a publication from and to its machine. The rest is judged
    // as what it is about, or dropped: a machine does not speak for others, nor after its connection was ended.
    let related = "meta l4proto icmp ct state related";
    let odd = "ct state invalid,untracked drop".to_owned();
    let from_lab = [
        "meta nfproto != ipv4 drop".to_owned(),
        format!("oifname != {outside} drop"),
        odd.clone(),
        format!("ip saddr != {} drop", site.lab),
        format!("{related} ip saddr & 0.0.0.63 == 0.0.0.1 accept"),
        format!("{related} ct status dnat ip saddr . ct reply ip saddr @answers accept"),
        format!("{related} drop"),
        // `leave` looks at its number, too.
        "ct direction reply ct status dnat meta l4proto . ip saddr . th sport @serves accept".to_owned(),
        "ct direction reply drop".to_owned(),
        "goto egress".to_owned(),
    ];
    let to_lab = [
        "meta nfproto != ipv4 drop".to_owned(),
        format!("iifname != {outside} drop"),
        odd,
        format!("{related} ct status dnat ct reply ip saddr . ct reply ip saddr @answers accept"),
        format!("{related} ct status dnat drop"),
        // `arrive` has looked who it is.
        "ct direction original ct status dnat meta l4proto . ip daddr . th dport @serves accept".to_owned(),
        format!("{related} goto egress"),
        "ct direction reply goto egress".to_owned(),
        "drop".to_owned(),
    ];
    let forward = [
        "type filter hook forward priority filter; policy accept;".to_owned(),
        format!("iifname \"{}\" goto from_lab", site.inside),
        format!("oifname \"{}\" goto to_lab", site.inside),
    ];
    [chain("from_lab", &from_lab), chain("to_lab", &to_lab), chain("forward", &forward)].concat()
}

/// What is for puerta itself.
fn input(site: &Site, outside: &str) -> String {
    let mut lab = vec![
        "meta nfproto != ipv4 drop".to_owned(),
        "ct direction reply ct state established,related accept".to_owned(),
        "ip saddr & 0.0.0.63 == 0.0.0.1 icmp type echo-request accept".to_owned(),
    ];
    for protocol in Protocol::ALL {
        let of_it = site.machine_services.iter().filter(|(service, _)| *service == protocol);
        let ports: Vec<u16> = of_it.map(|(_, port)| *port).collect();
        if !ports.is_empty() {
            lab.push(format!("{protocol} dport {} accept", one_of(&ports)));
        }
    }
    lab.push("drop".to_owned());
    let mut input = vec![
        "type filter hook input priority filter; policy accept;".to_owned(),
        format!("iifname \"{}\" goto lab", site.inside),
    ];
    if !site.ssh_ports.is_empty() {
        let (v4, v6) = admission(site);
        let door = format!("iifname {outside} tcp dport {}", one_of(&site.ssh_ports));
        input.extend([v4, v6].into_iter().flatten().map(|stranger| format!("{door} {stranger}")));
    }
    [chain("lab", &lab), chain("input", &input)].concat()
}

fn chain(name: &str, rules: &[String]) -> String {
    let rules: Vec<String> = rules.iter().map(|rule| format!("\t\t{rule}\n")).collect();
    format!("\tchain {name} {{\n{}\t}}\n", rules.concat())
}

/// An anonymous set, in order and each once.
fn one_of<T: Display + Ord + Clone>(items: &[T]) -> String {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    let words: Vec<String> = items.iter().map(ToString::to_string).collect();
    format!("{{ {} }}", words.join(", "))
}

/// As nft lists it: one address has no length.
fn shortest(network: Ipv4Net) -> String {
    match network.prefix_len() {
        32 => network.addr().to_string(),
        _ => network.to_string(),
    }
}
