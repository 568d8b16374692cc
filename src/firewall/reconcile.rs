//! Makes the kernel have what should be: observe, plan, one transaction, observe again. Whoever calls
//! gives what should be and nothing else; start, change and repair are one path.

use super::plan::{changes, check, digest, plan};
use super::run::run;
use super::{
    Backend, Change, Desired, Done, EgressTable, FirewallError, Observed, Plan, Report, Result, Ruleset,
    Site, Stamp, Step, Target, View,
};
use puerta_lab::network::Egress;
use std::collections::BTreeMap;

/// One backend at one site, and what it left there last.
pub struct Reconciler {
    site: Site,
    backend: Box<dyn Backend>,
    /// What the kernel had when we last looked, if that was what should be.
    left: Option<Desired>,
}

impl Reconciler {
    /// Tries the rules without a change: what is missing (a program, permission, a part of the kernel) is
    /// named now and not at the first publication.
    pub fn new(site: Site, backend: Box<dyn Backend>) -> Result<Self> {
        let nothing = only("0000000000000000", 0, None);
        for step in backend.probe(&backend.render(&site, &nothing)) {
            run(&step).map_err(|error| match error {
                FirewallError::Other(text) => FirewallError::Kernel(text),
                error => error,
            })?;
        }
        Ok(Self { site, backend, left: None })
    }

    /// Makes the kernel have what should be, whatever it had.
    pub fn reconcile(&mut self, desired: &Desired) -> Result<Report> {
        check(&self.site, desired)?;
        self.left = None;
        let observed = self.observe(&desired.owner)?;
        let wanted = self.backend.render(&self.site, desired);
        let plan = plan(&wanted, &observed);
        if plan != Plan::Nothing {
            self.apply(desired, &wanted, &plan)?;
        }
        self.left = Some(desired.clone());
        Ok(Report { done: done(&plan), traffic: observed.traffic, foreign: observed.foreign })
    }

    /// One publication comes or goes. The kernel is believed to be as it was left; when it is not, this is
    /// a reconcile. Before the first reconcile, and after one that failed, it is an error.
    pub fn change(&mut self, port: u16, target: Option<&Target>) -> Result<Report> {
        let Some(mut desired) = self.left.take() else {
            return Err(FirewallError::Other("nothing was reconciled yet".into()));
        };
        if let Err(refused) = check(&self.site, &only(&desired.owner, port, target)) {
            self.left = Some(desired);
            return Err(refused);
        }
        let before = match target {
            Some(target) => desired.publications.insert(port, target.clone()),
            None => desired.publications.remove(&port),
        };
        let changes = self.difference(&desired, port, before.as_ref(), target);
        let plan = if changes.is_empty() { Plan::Nothing } else { Plan::Members(changes) };
        match self.write(&desired, &Ruleset::default(), &plan) {
            Ok(()) => {
                self.left = Some(desired);
                Ok(Report { done: done(&plan), traffic: BTreeMap::new(), foreign: Vec::new() })
            }
            Err(_) => self.reconcile(&desired),
        }
    }

    /// What a reconcile would do; changes nothing.
    pub fn look(&mut self, desired: &Desired) -> Result<View> {
        check(&self.site, desired)?;
        let observed = self.observe(&desired.owner)?;
        let wanted = self.backend.render(&self.site, desired);
        let plan = plan(&wanted, &observed);
        let steps = self.backend.script(desired, &wanted, &plan);
        let listing = if observed.owner.is_some() { self.backend.listing()? } else { String::new() };
        Ok(View {
            would: done(&plan),
            plan: steps.iter().flat_map(lines).collect(),
            listing,
            foreign: observed.foreign,
        })
    }

    /// Takes away everything of ours, for good.
    pub fn remove(&mut self) -> Result<()> {
        let left = self.left.take();
        let there = match &left {
            Some(desired) => self.observe(&desired.owner)?,
            None => self.backend.observe()?,
        };
        if there.owner.is_some() {
            self.backend.remove().iter().try_for_each(|step| run(step).map(drop))?;
        }
        Ok(())
    }

    /// What the kernel has, unless it is another puerta's.
    fn observe(&self, owner: &str) -> Result<Observed> {
        let observed = self.backend.observe()?;
        match &observed.owner {
            Some(other) if other != owner => Err(FirewallError::Foreign(other.clone())),
            _ => Ok(observed),
        }
    }

    fn write(&self, desired: &Desired, wanted: &Ruleset, plan: &Plan) -> Result<()> {
        self.backend.script(desired, wanted, plan).iter().try_for_each(|step| run(step).map(drop))
    }

    /// Writes, and believes it when it is read back.
    fn apply(&self, desired: &Desired, wanted: &Ruleset, todo: &Plan) -> Result<()> {
        self.write(desired, wanted, todo)?;
        let mut observed = self.observe(&desired.owner)?;
        if let Plan::Whole(_) = todo {
            let stamp = Stamp { wanted: digest(&wanted.fixed), listed: observed.listed.clone() };
            self.backend.stamp(desired, &stamp).iter().try_for_each(|step| run(step).map(drop))?;
            observed.stamp = Some(stamp);
        }
        match plan(wanted, &observed) {
            Plan::Nothing => Ok(()),
            still => {
                let still = done(&still);
                let what =
                    format!("the kernel does not have what was written: there still is {still:?} to do");
                Err(FirewallError::Other(what))
            }
        }
    }

    /// What one port makes of the members. Those of the other ports of its machines are made too, because
    /// they may share some; nobody else's are.
    fn difference(
        &self,
        desired: &Desired,
        port: u16,
        before: Option<&Target>,
        after: Option<&Target>,
    ) -> Vec<Change> {
        let machines: Vec<_> = before.into_iter().chain(after).map(|target| target.address).collect();
        let near = desired.publications.iter();
        let near = near.filter(|(other, target)| **other != port && machines.contains(&target.address));
        let near: BTreeMap<u16, Target> = near.map(|(other, target)| (*other, target.clone())).collect();
        let members = |target| {
            let mut few = only(&desired.owner, port, target);
            few.publications.extend(near.clone());
            self.backend.render(&self.site, &few).members
        };
        changes(&members(after), &members(before))
    }
}

/// One port, or nothing.
fn only(owner: &str, port: u16, target: Option<&Target>) -> Desired {
    Desired {
        owner: owner.to_owned(),
        publications: target.map(|target| (port, target.clone())).into_iter().collect(),
        egress: EgressTable { default: Egress::Deny, seats: BTreeMap::new() },
    }
}

fn done(plan: &Plan) -> Done {
    match plan {
        Plan::Nothing => Done::Nothing,
        Plan::Members(changes) => {
            let removed = changes.iter().filter(|change| matches!(change, Change::Remove { .. })).count();
            Done::Members { added: changes.len() - removed, removed }
        }
        Plan::Whole(why) => Done::Whole { why: *why },
    }
}

/// What a step feeds to its program; what it runs where it feeds nothing.
fn lines(step: &Step) -> Vec<String> {
    match step.input.is_empty() {
        true => vec![format!("{} {}", step.program, step.arguments.join(" "))],
        false => step.input.lines().map(str::to_owned).collect(),
    }
}
