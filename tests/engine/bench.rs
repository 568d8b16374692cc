//! What the contract needs to know of the engine under test, and machines to try it on.

use async_trait::async_trait;
use puerta_engine::{Engine, Handed, HostKeys, Spec, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Limits, Phase, SeatId, Timestamp, Vm, VmId};
use puerta_lab::plan::{AddressPlan, Edition, SeatNumber, Slot};
use puerta_policy::decide::{Context, Decision, Lab, Permit, Policy, Resource};
use std::net::Ipv4Addr;
use std::sync::LazyLock;

/// An engine, and a way into its machines that does not go through it.
#[async_trait]
pub(crate) trait Bench: Send + Sync {
    fn engine(&self) -> &dyn Engine;
    /// Whether a machine can tell its address and name from the inside.
    async fn inside(&self, vm: &Vm) -> Option<(Ipv4Addr, String)>;
    /// Writes and reads a file of the running machine.
    async fn write(&self, vm: &Vm, content: &str);
    async fn read(&self, vm: &Vm) -> String;
    /// The lines of keys in it.
    async fn keys(&self, vm: &Vm) -> Vec<String>;
    /// Whether hard links in it are still such.
    async fn linked(&self, _vm: &Vm) -> bool {
        true
    }
}

pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa prueba";

/// A machine of seat `seat`, in the slot that the thesis printed.
pub(crate) fn machine(seat: u16, name: &str) -> Vm {
    let plan = AddressPlan { first_year: 2010 };
    let slot = Slot::new(3).unwrap();
    let edition = Edition { year: 2013, version: 0 };
    let vmid = plan.vmid(edition, SeatNumber::new(seat).unwrap(), slot).unwrap();
    Vm {
        id: VmId(i64::from(vmid.get())),
        name: name.parse().unwrap(),
        seat: SeatId(i64::from(seat)),
        seat_name: format!("alumno{seat}").parse().unwrap(),
        course: "aso-2013".parse().unwrap(),
        slot,
        vmid,
        template: "mini".parse().unwrap(),
        node: None,
        limits: Limits { cpus: 1, memory_mib: 64, disk_mib: 256, processes: 100 },
        phase: Phase::Ready,
        created: Timestamp(0),
    }
}

/// puerta's own permit for it.
pub(crate) fn permit(vm: &Vm) -> Permit<Vm> {
    itself(Action::VmStart, vm.clone())
}

/// puerta's own permit to remove templates.
pub(crate) fn lab() -> Permit<Lab> {
    itself(Action::TemplateRetire, Lab)
}

fn itself<T: Resource>(action: Action, target: T) -> Permit<T> {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::built_in().unwrap());
    let context = Context { now: Timestamp(1_700_000_000_000), source: None, second_factor: true };
    match POLICY.decide(&Actor::itself(), action, target, context) {
        Decision::Allow(permit) => permit,
        Decision::Deny(denial) => panic!("puerta may not do what it must: {denial:?}"),
    }
}

pub(crate) fn spec(node: &str) -> Spec {
    Spec {
        node: node.into(),
        handed: Handed { keys: vec![KEY.into(), "ssh-rsa AAAA otra".into()], hosts: vec![] },
        host_keys: HostKeys::default(),
    }
}

/// The names of the copies that exist.
pub(crate) async fn copies(engine: &dyn Engine, vm: &Vm) -> Vec<Which> {
    let mut found = Vec::new();
    for which in [Which::Main, Which::New, Which::Old] {
        if engine.find(vm.vmid, which).await.unwrap().is_some() {
            found.push(which);
        }
    }
    found
}
