//! A direct-tcpip open: words to a machine, a decision, an address out of the permit, and the audit
//! of what went through. Names are resolved in the store, never in DNS.

use crate::app::ctx::Visitor;
use crate::app::error::{Error, Kind, Result};
use crate::app::open::{Open, Standing, Subject, still_there};
use crate::app::presence::{Channel, What};
use crate::app::{App, find, span};
use puerta_audit::{Outcome, Phase};
use puerta_engine::Status;
use puerta_lab::action::Action;
use puerta_lab::destination::Destination;
use puerta_lab::model::{Actor, Vm};
use puerta_lab::names::VmRef;
use puerta_lab::plan::Vmid;
use puerta_policy::decide::{Decision, Forward, Permit};
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;
use tracing::Instrument;

/// A forward that was judged and written down. It holds its place in the person's count.
pub struct Passage {
    /// Where to connect: the permit's address, as the engine routes it.
    pub dial: SocketAddr,
    /// Where its bytes are counted.
    pub channel: Arc<Channel>,
    /// It is open from the moment it was allowed.
    pub open: Open<Forward>,
}

/// A forward that may not be: what the audit says of it, and what the person reads.
struct Refused {
    subject: Option<String>,
    why: &'static str,
    policies: Vec<String>,
    error: Error,
}

impl Passage {
    /// The machine, `web1.alumno1`, and its port.
    pub fn target(&self) -> (String, u16) {
        let Forward { vm, port } = self.open.subject();
        (find::subject(vm), *port)
    }
}

impl Subject for Forward {
    async fn holds(&self, app: &App, visitor: &Visitor) -> bool {
        let Some((actor, vm)) = still_there(app, visitor, &self.vm).await else { return false };
        let forward = Self { vm, port: self.port };
        let judged = app.policy().decide(&actor, Action::VmForward, forward, visitor.context());
        matches!(judged, Decision::Allow(_))
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
        self.passed(visitor, host, port, originator).instrument(span::of(visitor)).await
    }

    async fn passed(&self, visitor: &Visitor, host: &str, port: u32, originator: &str) -> Result<Passage> {
        self.paced(visitor.person)?;
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
                self.denied(visitor, event).await;
                return Err(self.exam(visitor).await.unwrap_or(refused.error));
            }
        };
        event.vm = Some(subject.clone());
        let what = What::Forward { vm: subject, port: permit.target().port };
        let place = match self.presence.open(visitor, what) {
            Ok(place) => place,
            Err(error) => {
                event.outcome = Some(Outcome::Failed(error.id.to_owned()));
                self.denied(visitor, event).await;
                return Err(error);
            }
        };
        event.policies = permit.policies().to_vec();
        let address = permit.address();
        let dial = SocketAddrV4::new(self.engine.dial_address(*address.ip()), address.port());
        event.detail.insert("address".into(), address.to_string().into());
        let standing = Standing::new(permit.into_target(), changes);
        let channel = place.channel();
        let open = Open::begin(self, event, Some(place), standing).await?;
        Ok(Passage { dial: dial.into(), channel, open })
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
                let lacks = policy.lacks_second_factor(&actor, Action::VmForward, &forward, context);
                let error = if lacks { Error::second_factor_needed() } else { denied() };
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

    /// Why the connection to the machine did not come about, in words that help.
    pub async fn forward_failed(&self, passage: Passage, cause: &str) -> Error {
        let Forward { vm, port } = passage.open.subject();
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
        match self.instance(&passage.open.subject().vm).await {
            Ok(Some(instance)) => matches!(instance.status, Status::Stopped | Status::Unreachable),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    /// Writes the end of a forward.
    pub async fn close_forward(&self, passage: Passage, outcome: Outcome) {
        passage.open.finish(self, outcome, None).await;
    }
}
