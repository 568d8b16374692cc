//! What should be, as sets for `ipset` and chains for `iptables-restore`. Pure.

use super::chains;
use super::parse::OURS;
use super::rows::{self, BACK, DNAT, FORTH};
use crate::plan::digest;
use crate::{Desired, Members, Ruleset, Site, Target};
use ipnet::{IpNet, Ipv4Net};
use puerta_lab::network::{Egress, Flow, Protocol};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::RangeInclusive;

/// Ports a chain of translations.
pub(super) const BUCKET: u16 = 256;
/// Publications times their sources, at most.
const MANY: &str = "maxelem 1048576";
/// Networks of one set.
const NETWORKS: &str = "maxelem 65536";
/// Seats of one set: all that the plan has.
const SEATS: &str = "maxelem 262144";

/// Where the sections of [`Ruleset::fixed`] begin.
pub(super) const SIX: &str = "# ip6tables\n";
/// The same.
pub(super) const FOUR: &str = "# iptables\n";

/// Sets whose entries are not members.
pub(super) const FIXED: [&str; 3] = ["campus", "admission", "admission6"];

/// The lists of egress that somebody has, by their names.
pub(super) type Lists = BTreeMap<String, Vec<Flow>>;

/// See [`crate::Backend::render`]. Sets are named without their generation.
pub(super) fn render(site: &Site, desired: &Desired) -> Ruleset {
    let mut sets = Sets::default();
    publications(&mut sets, site, desired);
    admission(&mut sets, site);
    let lists = lists(desired);
    egress(&mut sets, desired);
    let tables = [chains::filter(site, desired, &lists), chains::mangle(site), chains::nat(site)];
    let fixed = format!("{}{SIX}{}{FOUR}{}", sets.create, chains::filter6(site), tables.concat());
    let mut members = sets.members;
    let chains = buckets(site).map(|bucket| format!("{}{bucket}", DNAT.collection));
    let seats = |seat| [BACK, FORTH].map(|kind| format!("{}{seat}", kind.collection));
    let chains = chains.chain((0..64).flat_map(seats));
    members.extend(chains.map(|chain| (chain, Members::new())));
    for (port, target) in &desired.publications {
        let (collections, value) = rows::of(*port, target);
        for collection in collections {
            members.entry(collection).or_default().insert(port.to_string(), value.clone());
        }
    }
    Ruleset { fixed, members }
}

/// The chains of translations.
pub(super) fn buckets(site: &Site) -> RangeInclusive<u16> {
    site.ports.first / BUCKET..=site.ports.last / BUCKET
}

#[derive(Default)]
struct Sets {
    create: String,
    members: BTreeMap<String, Members>,
}

impl Sets {
    /// A set whose entries are configuration's.
    fn fixed(&mut self, name: &str, kind: &str, entries: impl IntoIterator<Item = String>) {
        let _ = writeln!(self.create, "create {OURS}{name} {kind}");
        for entry in entries.into_iter().collect::<BTreeSet<_>>() {
            let _ = writeln!(self.create, "add {OURS}{name} {entry}");
        }
    }

    /// A set whose entries are members.
    fn add(&mut self, name: &str, kind: &str, entries: impl IntoIterator<Item = String>) {
        let _ = writeln!(self.create, "create {OURS}{name} {kind}");
        let entries = entries.into_iter().map(|entry| (entry, String::new())).collect();
        self.members.insert(format!("set:{name}"), entries);
    }
}

/// `campus-tcp`, `campus-udp`: ports for whom configuration says. `from`: a network, and a port that it may
/// reach. `in`: every published port, counting what comes.
fn publications(sets: &mut Sets, site: &Site, desired: &Desired) {
    let all = &desired.publications;
    let ports = format!("bitmap:port range {}-{}", site.ports.first, site.ports.last);
    for protocol in Protocol::ALL {
        let campus = |target: &Target| target.sources.is_none() && target.protocol == protocol;
        let entries = all.iter().filter(|(_, target)| campus(target)).map(|(port, _)| port.to_string());
        sets.add(&format!("campus-{protocol}"), &ports, entries);
    }
    let named = all.iter().flat_map(|(port, target)| {
        let networks = target.sources.iter().flat_map(Ipv4Net::aggregate).map(IpNet::from);
        networks.flat_map(halves).map(move |network| format!("{network},{}:{port}", target.protocol))
    });
    sets.add("from", &format!("hash:net,port family inet {MANY}"), named);
    sets.add("in", &format!("{ports} counters"), all.keys().map(u16::to_string));
}

fn admission(sets: &mut Sets, site: &Site) {
    let four = format!("hash:net family inet {NETWORKS}");
    if !site.campus.is_empty() {
        sets.fixed("campus", &four, site.campus.iter().copied().map(IpNet::from).flat_map(halves));
    }
    if !site.admission.is_empty() {
        let of = |six| site.admission.iter().copied().filter(move |net| matches!(net, IpNet::V6(_)) == six);
        sets.fixed("admission", &four, of(false).flat_map(halves));
        sets.fixed("admission6", &format!("hash:net family inet6 {NETWORKS}"), of(true).flat_map(halves));
    }
}

/// As `ipset` prints a network: one address has no length. It takes none of length 0: that is its halves.
fn halves(network: IpNet) -> Vec<String> {
    if network.prefix_len() == 0 {
        return network.subnets(1).into_iter().flatten().map(|half| half.to_string()).collect();
    }
    let whole = network.prefix_len() == network.max_prefix_len();
    vec![if whole { network.addr().to_string() } else { network.to_string() }]
}

fn lists(desired: &Desired) -> Lists {
    let table = &desired.egress;
    let all = [&table.default].into_iter().chain(table.seats.values());
    all.filter_map(|egress| match egress {
        Egress::Only(flows) => Some((verdict(egress), flows.clone())),
        Egress::Allow | Egress::Deny => None,
    })
    .collect()
}

/// Who has which.
fn egress(sets: &mut Sets, desired: &Desired) {
    let seats = &desired.egress.seats;
    let mut who: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (network, egress) in seats {
        who.entry(verdict(egress)).or_default().push(network.to_string());
    }
    for word in verdicts(seats) {
        let who = who.remove(&word).unwrap_or_default();
        sets.add(&format!("seat-{word}"), &format!("hash:net family inet {SEATS}"), who);
    }
}

/// `deny`, the lists that somebody of them has, `allow`: whoever is for a moment in two sets is judged by the stricter.
pub(super) fn verdicts(of: &BTreeMap<Ipv4Net, Egress>) -> Vec<String> {
    let lists = of.values().filter(|egress| matches!(egress, Egress::Only(_))).map(verdict);
    let lists: BTreeSet<String> = lists.collect();
    ["deny".to_owned()].into_iter().chain(lists).chain(["allow".to_owned()]).collect()
}

/// A list is called by ten digits of its digest: a set's name has 31 characters at most.
pub(super) fn verdict(egress: &Egress) -> String {
    match egress {
        Egress::Only(_) => digest(&egress.to_string()).chars().take(10).collect(),
        word => word.to_string(),
    }
}
