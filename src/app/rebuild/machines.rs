//! The engine's machines: whose each is, what it is called, and those that a swap was cut in the middle of.

use super::Gathering;
use super::called::{Called, Machine};
use puerta_engine::{Instance, Which};
use puerta_lab::model::{SeatId, VmId};
use puerta_lab::names::{SeatName, VmName};
use puerta_store::AnewVm;
use std::collections::{BTreeMap, BTreeSet};

impl Gathering<'_> {
    /// Those of the engine, with the names of their seats, and what was told of them.
    pub(super) fn machines<'c>(
        &mut self,
        instances: &[Instance],
        called: &'c Called,
    ) -> (Vec<(SeatName, AnewVm)>, BTreeMap<VmId, &'c Machine>) {
        self.copies(instances);
        let tag = |one: &Instance| one.tags.get("vm").and_then(|id| id.parse().ok()).unwrap_or(0);
        self.known.anew.last_vm = instances.iter().map(tag).max().unwrap_or(0);
        let mut main: Vec<_> = instances.iter().filter(|one| one.which == Which::Main).collect();
        main.sort_by_key(|one| (tag(one), one.vmid.get()));
        let mut machines = Vec::new();
        let mut ids = BTreeSet::new();
        for instance in main {
            let Some((seat, vm)) = self.machine(instance) else { continue };
            if ids.insert(vm.id) {
                machines.push((seat, vm));
            } else {
                self.known.left.push(format!("vm-{} of the engine says it is another one", vm.vmid));
            }
        }
        let told = self.call(&mut machines, called);
        (machines, told)
    }

    /// A machine of the engine, with the name of its seat; what it says of itself must fit its number.
    fn machine(&mut self, instance: &Instance) -> Option<(SeatName, AnewVm)> {
        let tag = |name: &str| instance.tags.get(name).map(String::as_str).unwrap_or_default();
        let read = || {
            let (edition, number, slot) = self.plan.place(instance.vmid)?;
            let seat: SeatName = tag("seat").parse().ok()?;
            let vm = AnewVm {
                id: VmId(tag("vm").parse().ok().filter(|id| *id > 0)?),
                seat: SeatId(0),
                name: tag("name").parse().ok()?,
                slot,
                vmid: instance.vmid,
                template: tag("template").parse().ok()?,
                node: instance.node.clone(),
                limits: instance.limits.unwrap_or(self.config.machine.default),
            };
            Some((seat, (edition, number), vm))
        };
        let Some((name, place, vm)) = read() else {
            self.known.left.push(format!("vm-{} of the engine does not say whose it is", instance.vmid));
            return None;
        };
        let seat = self.seats.entry(name.clone()).or_default();
        if *seat.number.get_or_insert(place) != place {
            self.known.left.push(format!("vm-{} is not in the network of seat {name}", instance.vmid));
            return None;
        }
        Some((name, vm))
    }

    /// Their names of today, one for each; they come in the order of their ids.
    fn call<'c>(
        &mut self,
        machines: &mut [(SeatName, AnewVm)],
        called: &'c Called,
    ) -> BTreeMap<VmId, &'c Machine> {
        let mut groups: BTreeMap<(SeatName, VmName), Vec<&mut AnewVm>> = BTreeMap::new();
        for (seat, vm) in machines.iter_mut() {
            groups.entry((seat.clone(), vm.name.clone())).or_default().push(vm);
        }
        let mut told = BTreeMap::new();
        for ((seat, tag), vms) in groups {
            match called.which(&seat, &tag, vms.len()) {
                Ok(known) => {
                    for (vm, machine) in vms.into_iter().zip(known) {
                        vm.name = machine.name().clone();
                        told.insert(vm.id, machine);
                    }
                }
                Err(()) => {
                    let numbers: Vec<_> = vms.iter().map(|vm| format!("vm-{}", vm.vmid)).collect();
                    let (numbers, left) = (numbers.join(", "), &mut self.known.left);
                    left.push(format!("what {numbers} of seat {seat} is called today: it was {tag}"));
                }
            }
        }
        let mut taken = BTreeSet::new();
        for (seat, vm) in machines {
            if taken.insert((seat.clone(), vm.name.clone())) {
                continue;
            }
            let numbered = format!("{}-{}", vm.name, vm.vmid).parse();
            let other: VmName = match numbered.or_else(|_| format!("vm-{}", vm.vmid).parse()) {
                Ok(other) => other,
                Err(_) => continue,
            };
            let (name, vmid) = (&vm.name, vm.vmid);
            self.known
                .left
                .push(format!("the name of vm-{vmid}: seat {seat} has a {name}, so it is {other}"));
            vm.name = other;
        }
        told
    }

    /// What restores and moves left. Without the machine itself, one of the two is it.
    fn copies(&mut self, instances: &[Instance]) {
        let is = |vmid, which| instances.iter().any(|one| (one.vmid, one.which) == (vmid, which));
        for Instance { vmid, which, .. } in instances {
            let (name, main) = (which.instance(*vmid), Which::Main.instance(*vmid));
            if *which == Which::Main {
                continue;
            }
            if is(*vmid, Which::Main) || (*which == Which::New && is(*vmid, Which::Old)) {
                self.known.left.push(format!("{name} of the engine: a restore or a move of {main} left it"));
            } else {
                self.known.cut.push(format!(
                    "{name} of the engine: a restore or a move was cut, and there is no {main}; this is the machine: \
                     give it that name in the engine"
                ));
            }
        }
    }
}
