//! A direct-tcpip open: words to a machine, a decision, an address out of the permit, and the audit
//! of what went through. Names are resolved in the store, never in DNS.

use crate::app::ctx::Visitor;
use crate::app::error::{Error, Kind, Result};
use crate::app::presence::{OpenChannel, Traffic, What};
use crate::app::{App, factor, find};
use puerta_audit::{Event, Outcome, Phase};
use puerta_engine::Status;
use puerta_lab::action::Action;
use puerta_lab::destination::Destination;
use puerta_lab::model::{Actor, Vm};
use puerta_lab::names::VmRef;
use puerta_lab::plan::Vmid;
use puerta_policy::decide::{Decision, Forward, Permit};
use std::net::{SocketAddr, SocketAddrV4};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Seconds, to the millisecond.
pub(super) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

/// A forward that was judged and written down. It holds its place in the person's count.
pub struct Passage {
    permit: Permit<Forward>,
    /// Where to connect: the permit's address, as the engine routes it.
    pub dial: SocketAddr,
    event: Event,
    begun: Instant,
    /// From before it was judged, so that no change is missed while the machine is dialled.
    changes: watch::Receiver<u64>,
    open: OpenChannel,
}

/// A forward that may not be: what the audit says of it, and what the person reads.
struct Refused {
    subject: Option<String>,
    why: &'static str,
    policies: Vec<String>,
    error: Error,
}

impl Passage {
    /// Where its bytes are counted.
    pub fn traffic(&self) -> &Traffic {
        self.open.traffic()
    }

    /// The machine, `web1.alumno1`, and its port.
    pub fn target(&self) -> (String, u16) {
        let Forward { vm, port } = self.permit.target();
        (find::subject(vm), *port)
    }
}

impl App {
    /// Judges a forward. Everything that is not the person's reads the same to them.
    pub async fn open_forward(
        &self,
        visitor: &Visitor,
        host: &str,
        port: u32,
        originator: &str,
    ) -> Result<Passage> {
        let changes = self.changes();
        let mut event = visitor.event(Phase::Note, "forward");
        event.action = Some(Action::VmForward.as_str());
        event.detail.insert("destination".into(), format!("{host}:{port}").into());
        event.detail.insert("originator".into(), originator.into());
        let judged = self.judge_forward(visitor, host, port).await?;
        let (permit, subject) = match judged {
            Ok(judged) => judged,
            Err(refused) => {
                event.vm = refused.subject;
                event.outcome = Some(Outcome::Denied);
                event.policies = refused.policies;
                event.detail.insert("reason".into(), refused.why.into());
                event.code = "denial";
                self.audit.finish(event).await;
                return Err(refused.error);
            }
        };
        event.vm = Some(subject.clone());
        let what = What::Forward { vm: subject, port: permit.target().port };
        let open = match self.presence.open(visitor, what) {
            Ok(open) => open,
            Err(error) => {
                event.outcome = Some(Outcome::Failed(error.id.to_owned()));
                self.audit.finish(event).await;
                return Err(error);
            }
        };
        event.policies = permit.policies().to_vec();
        let address = permit.address();
        let dial = SocketAddrV4::new(self.engine.dial_address(*address.ip()), address.port());
        event.detail.insert("address".into(), address.to_string().into());
        let begin = Event { phase: Phase::Begin, outcome: Some(Outcome::Allowed), ..event.clone() };
        self.audit.begin(begin).await?;
        Ok(Passage { permit, dial: dial.into(), event, begun: Instant::now(), changes, open })
    }

    /// The permit and the audit's subject.
    async fn judge_forward(
        &self,
        visitor: &Visitor,
        host: &str,
        port: u32,
    ) -> Result<std::result::Result<(Permit<Forward>, String), Refused>> {
        let denied = || Error::new(Kind::Denied, "error-forward-denied");
        let refused = |why| Ok(Err(Refused { subject: None, why, policies: Vec::new(), error: denied() }));
        let Some(actor) = self.store.actor(visitor.person).await? else { return refused("no such person") };
        let destination = match Destination::parse(host, port, &self.config.domain) {
            Err(refusal) => return refused(refusal.code()),
            Ok(destination) => destination,
        };
        let Some(vm) = self.destination(&actor, &destination).await? else {
            return refused("no such machine");
        };
        let port = destination.port();
        let subject = format!("{}.{}", vm.name, vm.seat_name);
        let (policy, context) = (self.policy(), visitor.context());
        let forward = Forward { vm, port };
        Ok(match policy.decide(&actor, Action::VmForward, forward.clone(), context) {
            Decision::Allow(permit) => Ok((permit, subject)),
            Decision::Deny(denial) => {
                let lacks = factor::lacks(&policy, &actor, Action::VmForward, forward, context);
                let error = if lacks { factor::needed() } else { denied() };
                Err(Refused { subject: Some(subject), why: "policy", policies: denial.policies, error })
            }
        })
    }

    /// The machine that a destination of theirs is, whether they may reach it or not.
    pub(super) async fn destination(&self, actor: &Actor, destination: &Destination) -> Result<Option<Vm>> {
        match destination {
            Destination::Name(name, _) => self.named(actor, name).await,
            Destination::Address(address, _) => match Vmid::from_address(*address) {
                Some(vmid) => Ok(self.store.vm_by_vmid(vmid).await?),
                None => Ok(None),
            },
        }
    }

    /// The machine of that name: in the named seat, or in exactly one of the speaker's own.
    async fn named(&self, actor: &Actor, name: &VmRef) -> Result<Option<Vm>> {
        if let Some(seat) = &name.seat {
            return match self.store.seat_by_name(seat).await? {
                Some(seat) => Ok(self.store.vm_by_name(seat.id, &name.name).await?),
                None => Ok(None),
            };
        }
        let mut found = Vec::new();
        for seat in &actor.seats {
            found.extend(self.store.vm_by_name(*seat, &name.name).await?);
        }
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// Permission is for now: waits until this open forward is not the same machine's any more, or
    /// not allowed.
    pub async fn forward_revoked(&self, visitor: &Visitor, passage: &Passage) {
        let mut changes = passage.changes.clone();
        // The sender lives as long as we do.
        while changes.changed().await.is_ok() && self.still_allowed(visitor, passage).await {}
    }

    async fn still_allowed(&self, visitor: &Visitor, passage: &Passage) -> bool {
        let target = passage.permit.target();
        let (Ok(Some(actor)), Ok(Some(vm))) =
            (self.store.actor(visitor.person).await, self.store.vm(target.vm.id).await)
        else {
            return false;
        };
        if vm.vmid != target.vm.vmid || vm.phase == puerta_lab::model::Phase::Deleting {
            return false;
        }
        let forward = Forward { vm, port: target.port };
        matches!(
            self.policy().decide(&actor, Action::VmForward, forward, visitor.context()),
            Decision::Allow(_)
        )
    }

    /// Why the connection to the machine did not come about, in words that help.
    pub async fn forward_failed(&self, passage: Passage, cause: &str) -> Error {
        let target = passage.permit.target();
        let (vm, port) = (&target.vm, target.port);
        let error = match self.instance(vm).await {
            Ok(found) => self.not_running(found.as_ref(), vm).unwrap_or_else(|| {
                Error::new(Kind::Unavailable, "error-forward-port").with("vm", &vm.name).with("port", port)
            }),
            Err(error) => error.into(),
        };
        self.close_forward(passage, Outcome::Failed(cause.to_owned())).await;
        error
    }

    /// Is the machine known to be down? Asked while a connection hangs.
    pub async fn is_down(&self, passage: &Passage) -> bool {
        match self.instance(&passage.permit.target().vm).await {
            Ok(Some(instance)) => matches!(instance.status, Status::Stopped | Status::Unreachable),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    /// Writes the end of a forward.
    pub async fn close_forward(&self, passage: Passage, outcome: Outcome) {
        let (up, down) = passage.traffic().read();
        let mut event = Event { phase: Phase::Finish, outcome: Some(outcome), ..passage.event };
        event.detail.insert("bytes_up".into(), up.into());
        event.detail.insert("bytes_down".into(), down.into());
        event.detail.insert("seconds".into(), seconds(passage.begun.elapsed()).into());
        self.audit.finish(event).await;
    }
}
