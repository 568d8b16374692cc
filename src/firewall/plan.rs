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
    for network in desired.egress.seats.keys() {
        if network.prefix_len() != 26 || network.trunc() != *network || !site.lab.contains(network) {
            return refused(format!("{network} is not a seat of the address plan"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Site, Stamp};
    use proptest::collection::btree_map;
    use proptest::prelude::*;
    use puerta_lab::network::PortRange;

    fn members() -> impl Strategy<Value = BTreeMap<String, Members>> {
        btree_map("[a-c]", btree_map("[a-e]", "[x-z]?", 0..5), 0..4)
    }

    proptest! {
        #[test]
        fn machines_never_leave_from_a_port_of_ours(
            first in 1024_u16.., more: u16, doors in proptest::collection::vec(1_u16.., 0..6),
        ) {
            let ports = PortRange { first, last: first.saturating_add(more) };
            let site = Site {
                outside: Vec::new(),
                inside: String::new(),
                lab: "10.0.0.0/8".parse().unwrap(),
                ssh_ports: doors.clone(),
                admission: Vec::new(),
                campus: Vec::new(),
                dns: Vec::new(),
                machine_services: Vec::new(),
                ports,
                log_group: 0,
            };
            let (from, to) = site.masquerade_ports();
            // A range that leaves no port at all to anybody else is not worth a rule.
            prop_assume!(ports.count() + doors.len() < 64_000);
            prop_assert!((1024..=to).contains(&from));
            prop_assert!((from..=to).all(|port| !ports.contains(port) && !doors.contains(&port)), "{from}-{to}");
        }

        #[test]
        fn carried_out_it_is_what_is_wanted(wanted in members(), there in members()) {
            let mut now = there.clone();
            for change in changes(&wanted, &there) {
                match change {
                    Change::Remove { collection, key, value } => {
                        prop_assert_eq!(now.get_mut(&collection).unwrap().remove(&key), Some(value));
                    }
                    // A kernel refuses a key that is there.
                    Change::Add { collection, key, value } => {
                        prop_assert_eq!(now.entry(collection).or_default().insert(key, value), None);
                    }
                }
            }
            let filled = |all: &BTreeMap<String, Members>| {
                all.clone().into_iter().filter(|(_, members)| !members.is_empty()).collect::<Vec<_>>()
            };
            prop_assert_eq!(filled(&now), filled(&wanted));
            prop_assert!(changes(&wanted, &wanted).is_empty());
        }
    }

    #[test]
    fn whatever_is_not_as_it_was_left_is_written_anew() {
        let collections = |name: &str| [(name.to_owned(), Members::new())].into();
        let wanted = Ruleset { fixed: "rules".into(), members: collections("to") };
        let left = Observed {
            owner: Some("us".into()),
            stamp: Some(Stamp { wanted: digest("rules"), listed: "so".into() }),
            listed: "so".into(),
            members: collections("to"),
            ..Observed::default()
        };
        assert_eq!(plan(&wanted, &left), Plan::Nothing);
        assert_eq!(plan(&wanted, &Observed::default()), Plan::Whole(Why::Absent));
        let listed = Observed { listed: "otherwise".into(), ..left.clone() };
        assert_eq!(plan(&wanted, &listed), Plan::Whole(Why::Drift));
        let stamp = Observed { stamp: None, ..left.clone() };
        assert_eq!(plan(&wanted, &stamp), Plan::Whole(Why::Drift));
        let members = Observed { members: collections("from"), ..left.clone() };
        assert_eq!(plan(&wanted, &members), Plan::Whole(Why::Changed));
        let fixed = Ruleset { fixed: "other rules".into(), ..wanted };
        assert_eq!(plan(&fixed, &left), Plan::Whole(Why::Changed));
    }
}
