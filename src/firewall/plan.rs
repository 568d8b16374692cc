//! The difference between what should be and what is. Pure.

use super::{Change, Desired, Members, Observed, Plan, Ruleset, Why};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Sixteen hexadecimal digits that stand for a text.
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The way from `observed` to `wanted`. Whose the table is was looked at before.
pub fn plan(wanted: &Ruleset, observed: &Observed) -> Plan {
    let Some(stamp) = &observed.stamp else {
        return Plan::Whole(if observed.owner.is_none() { Why::Absent } else { Why::Drift });
    };
    if stamp.listed != observed.listed {
        return Plan::Whole(Why::Drift);
    }
    if stamp.wanted != digest(&wanted.fixed) || !wanted.members.keys().eq(observed.members.keys()) {
        return Plan::Whole(Why::Changed);
    }
    match changes(&wanted.members, &observed.members) {
        changes if changes.is_empty() => Plan::Nothing,
        changes => Plan::Members(changes),
    }
}

/// Removals first: a key whose value changes is removed and added, in one transaction.
pub fn changes(wanted: &BTreeMap<String, Members>, observed: &BTreeMap<String, Members>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (collection, there) in observed {
        let wanted = wanted.get(collection);
        for (key, value) in there {
            if wanted.and_then(|wanted| wanted.get(key)) != Some(value) {
                changes.push(Change::Remove {
                    collection: collection.clone(),
                    key: key.clone(),
                    value: value.clone(),
                });
            }
        }
    }
    for (collection, wanted) in wanted {
        let there = observed.get(collection);
        for (key, value) in wanted {
            if there.and_then(|there| there.get(key)) != Some(value) {
                changes.push(Change::Add {
                    collection: collection.clone(),
                    key: key.clone(),
                    value: value.clone(),
                });
            }
        }
    }
    changes
}

/// What is wrong with a desired state, if anything: it comes through a pipe from the process that
/// strangers talk to, and is not believed.
pub fn check(site: &super::Site, desired: &Desired) -> Result<(), super::FirewallError> {
    let refused = |why: String| Err(super::FirewallError::Refused(why));
    if desired.owner.len() != 16
        || !desired.owner.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
    {
        return refused("the owner is not 16 hexadecimal digits".into());
    }
    for (port, target) in &desired.publications {
        if !site.ports.contains(*port) {
            return refused(format!("port {port} is not one of the publications'"));
        }
        let slot = target.address.octets()[3] & 63;
        if !site.lab.contains(&target.address) || slot == 1 {
            return refused(format!("{} is not a machine's address", target.address));
        }
        if target.port == 0 {
            return refused(format!("port {port} leads to port 0"));
        }
    }
    let places = desired
        .egress
        .courses
        .keys()
        .map(|net| (net, 13))
        .chain(desired.egress.seats.keys().map(|net| (net, 26)));
    for (network, length) in places {
        if network.prefix_len() != length || network.trunc() != *network || !site.lab.contains(network) {
            return refused(format!("{network} is not a place of the address plan"));
        }
    }
    Ok(())
}
