//! What others do: to our rules, and beside them.

use crate::Subject;
use crate::house::{AWAY, CAMPUS, House, OWNER, WEB1, shell, site};
use ipnet::Ipv4Net;
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use puerta_firewall::reconcile::Reconciler;
use puerta_firewall::{Desired, Done, EgressTable, FirewallError, Target, Why};
use puerta_lab::network::{Egress, Protocol};
use std::cell::RefCell;
use std::net::Ipv4Addr;

const DOOR: &str = "192.0.2.1:50001";
const ANYWHERE: &str = "10.0.0.130:80";

fn house(subject: &dyn Subject) -> House {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.web2.serve(ANYWHERE);
    house.publish(50_001, "10.0.0.66:80", &["203.0.113.0/24"]);
    house
}

#[track_caller]
fn stands(house: &House) {
    house.outside.reaches(AWAY, DOOR);
    house.outside.cannot_reach(CAMPUS, DOOR);
    house.web1.cannot_reach(WEB1, ANYWHERE);
}

pub(crate) fn whatever_somebody_does_is_mended(subject: &dyn Subject) {
    let mut house = house(subject);
    house.reconcile();
    stands(&house);
    for (what, line) in subject.meddling() {
        assert_eq!(house.reconcile().done, Done::Nothing, "before: {what}");
        shell(line);
        let looked = house.reconciler.look(&house.desired).unwrap();
        let report = house.reconcile();
        assert_ne!(report.done, Done::Nothing, "{what}");
        assert_eq!(report.done, looked.would, "{what}");
        assert!(!looked.plan.is_empty(), "{what}");
        stands(&house);
        assert_eq!(house.reconcile().done, Done::Nothing, "after: {what}");
    }
}

pub(crate) fn any_state_may_follow_any_other(subject: &dyn Subject) {
    let mut house = house(subject);
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 40, failure_persistence: None, ..Config::default() },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let reconciler = RefCell::new(&mut house.reconciler);
    let result = runner.run(&state(), |desired| {
        let mut reconciler = reconciler.borrow_mut();
        // It reads back what it wrote, or fails.
        reconciler.reconcile(&desired).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(reconciler.reconcile(&desired).unwrap().done, Done::Nothing);
        Ok(())
    });
    result.unwrap();
}

/// Few ports and networks, so that states overlap.
fn state() -> impl Strategy<Value = Desired> {
    let network =
        (0_u32..8, prop::sample::select(vec![0_u8, 8, 23, 24, 25, 31, 32])).prop_map(|(low, length)| {
            Ipv4Net::new(Ipv4Addr::from(0xc000_0200 + low * 37), length).unwrap().trunc()
        });
    let target = (any::<bool>(), 66_u8..70, prop::option::of(prop::collection::vec(network, 0..5)));
    let target = target.prop_map(|(udp, machine, sources)| Target {
        protocol: if udp { Protocol::Udp } else { Protocol::Tcp },
        address: Ipv4Addr::new(10, 0, 0, machine),
        port: 80,
        sources,
    });
    let egress =
        prop::sample::select(vec!["allow", "deny", "192.0.2.0/24", "0.0.0.0/0:53-99/udp,192.0.2.7:443"]);
    let egress = egress.prop_map(|text| text.parse::<Egress>().unwrap());
    let seat = (0_u32..4).prop_map(|seat| Ipv4Net::new(Ipv4Addr::from(0x0a00_0000 + seat * 64), 26).unwrap());
    (btree_map(50_000_u16..50_006, target, 0..6), egress.clone(), btree_map(seat, egress, 0..4)).prop_map(
        |(publications, default, seats)| Desired {
            owner: OWNER.into(),
            publications,
            egress: EgressTable { default, seats },
        },
    )
}

pub(crate) fn what_others_drop_is_said_and_not_touched(subject: &dyn Subject) {
    let mut house = house(subject);
    assert!(house.reconcile().foreign.is_empty());
    let (make, print) = subject.foreign();
    shell(make);
    let before = shell(print);
    let report = house.reconcile();
    assert_eq!(report.done, Done::Nothing);
    assert!(report.foreign.iter().any(|line| line.contains("FORWARD")), "{report:?}");
    house.outside.cannot_reach(AWAY, DOOR);
    // A whole write, a small one, and the end.
    house.desired.egress.default = "203.0.113.0/24".parse().unwrap();
    assert_eq!(house.reconcile().done, Done::Whole { why: Why::Changed });
    house.change(50_001, None);
    house.reconciler.remove().unwrap();
    assert_eq!(shell(print), before);
}

pub(crate) fn a_second_puerta_touches_nothing(subject: &dyn Subject) {
    let mut house = house(subject);
    house.reconcile();
    let listing = |house: &mut House| house.reconciler.look(&house.desired).unwrap().listing;
    let before = listing(&mut house);
    let mut second = Reconciler::new(site(), subject.backend()).unwrap();
    let theirs = Desired { owner: "fedcba9876543210".into(), ..house.desired.clone() };
    let foreign = FirewallError::Foreign(house.desired.owner.clone());
    assert_eq!(second.reconcile(&theirs).unwrap_err(), foreign);
    assert_eq!(second.look(&theirs).unwrap_err(), foreign);
    assert!(second.change(50_001, None).is_err());
    assert_eq!(listing(&mut house), before);
    assert_eq!(house.reconcile().done, Done::Nothing);
    // It began first and lost its place since.
    house.reconciler.remove().unwrap();
    second.reconcile(&theirs).unwrap();
    assert!(matches!(house.reconciler.reconcile(&house.desired), Err(FirewallError::Foreign(_))));
    assert_eq!(second.reconcile(&theirs).unwrap().done, Done::Nothing);
}

pub(crate) fn what_is_left_by_another_configuration_is_replaced(subject: &dyn Subject) {
    let mut house = house(subject);
    house.publish(50_002, "10.0.0.66:80", &[]);
    assert_eq!(house.reconcile().done, Done::Whole { why: Why::Absent });
    house.reconciler = Reconciler::new(site(), subject.backend()).unwrap();
    assert_eq!(house.reconcile().done, Done::Nothing, "a restart is no change");
    let mut other = site();
    other.campus = vec!["203.0.113.0/24".parse().unwrap()];
    house.reconciler = Reconciler::new(other, subject.backend()).unwrap();
    assert_eq!(house.reconcile().done, Done::Whole { why: Why::Changed });
    assert_eq!(house.reconcile().done, Done::Nothing);
    stands(&house);
    house.outside.reaches(AWAY, "192.0.2.1:50002");
    house.outside.cannot_reach(CAMPUS, "192.0.2.1:50002");
}

pub(crate) fn a_look_changes_nothing(subject: &dyn Subject) {
    let mut house = house(subject);
    for _ in 0..2 {
        let view = house.reconciler.look(&house.desired).unwrap();
        assert_eq!(view.would, Done::Whole { why: Why::Absent });
        assert!(view.listing.is_empty());
        assert!(view.plan.iter().any(|line| line.contains("50001")), "{:?}", view.plan);
    }
    house.outside.reaches(CAMPUS, "10.0.0.66:80");
    house.reconcile();
    let view = house.reconciler.look(&house.desired).unwrap();
    assert_eq!((view.would, view.plan.len()), (Done::Nothing, 0));
    assert!(view.listing.contains("50001") && view.listing.contains("10.0.0.66"), "{}", view.listing);
    // Somebody else's small wish.
    let mut wish = house.desired.clone();
    wish.publications.clear();
    let view = house.reconciler.look(&wish).unwrap();
    assert!(matches!(view.would, Done::Members { added: 0, removed: 1.. }), "{:?}", view.would);
    assert_eq!(house.reconcile().done, Done::Nothing);
}

pub(crate) fn what_is_removed_is_gone(subject: &dyn Subject) {
    let mut house = house(subject);
    house.reconciler.remove().unwrap();
    house.reconcile();
    house.outside.cannot_reach(CAMPUS, "10.0.0.66:80");
    house.reconciler.remove().unwrap();
    house.reconciler.remove().unwrap();
    house.outside.reaches(CAMPUS, "10.0.0.66:80");
    let view = house.reconciler.look(&house.desired).unwrap();
    assert_eq!(view.would, Done::Whole { why: Why::Absent });
    assert!(view.listing.is_empty(), "{}", view.listing);
}
