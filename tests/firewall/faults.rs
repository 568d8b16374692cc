//! What cannot be done is said, and what stood before stands.

use crate::Subject;
use crate::house::{CAMPUS, House, site};
use crate::place::{enter, is_alive};
use puerta_firewall::reconcile::Reconciler;
use puerta_firewall::{
    Backend, Desired, Done, FirewallError, Observed, Plan, Result, Ruleset, Site, Stamp, Step,
};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};
use std::thread;

/// A backend that writes an address which is none.
struct Broken(Box<dyn Backend>);

impl Backend for Broken {
    fn render(&self, site: &Site, desired: &Desired) -> Ruleset {
        self.0.render(site, desired)
    }
    fn script(&self, desired: &Desired, wanted: &Ruleset, plan: &Plan) -> Vec<Step> {
        broken(self.0.script(desired, wanted, plan))
    }
    fn stamp(&self, desired: &Desired, stamp: &Stamp) -> Vec<Step> {
        self.0.stamp(desired, stamp)
    }
    fn probe(&self, wanted: &Ruleset) -> Vec<Step> {
        self.0.probe(wanted)
    }
    fn observe(&self) -> Result<Observed> {
        self.0.observe()
    }
    fn listing(&self) -> Result<String> {
        self.0.listing()
    }
    fn remove(&self) -> Vec<Step> {
        self.0.remove()
    }
}

fn broken(steps: Vec<Step>) -> Vec<Step> {
    let broken = |mut step: Step| {
        step.input = step.input.replace("10.0.0.130", "10.0.0.999");
        step
    };
    steps.into_iter().map(broken).collect()
}

pub(crate) fn what_cannot_be_written_leaves_what_was(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    let mut stream = house.outside.reaches(CAMPUS, "192.0.2.1:50001");
    let mut wanted = house.desired.clone();
    wanted.publications.insert(50_002, crate::house::tcp("10.0.0.130:80", &[]));
    let mut other = Reconciler::new(site(), Box::new(Broken(subject.backend()))).unwrap();
    for whole in [false, true] {
        if whole {
            wanted.egress.default = "deny".parse().unwrap();
        }
        let failed = other.reconcile(&wanted);
        assert!(matches!(failed, Err(FirewallError::Other(_))), "{failed:?}");
        assert!(is_alive(&mut stream));
    }
    assert_eq!(house.reconcile().done, Done::Nothing);
}

pub(crate) fn without_permission_it_says_so(subject: &dyn Subject) {
    let house = House::new(subject);
    let namespace = &house.puerta.namespace;
    let refused = thread::scope(|scope| {
        let there = scope.spawn(|| {
            enter(namespace);
            remove_capability_from_bounding_set(CapabilitySet::NET_ADMIN).unwrap();
            Reconciler::new(site(), subject.backend()).map(drop)
        });
        there.join().unwrap()
    });
    assert!(matches!(refused, Err(FirewallError::Permission(_))), "{refused:?}");
}
