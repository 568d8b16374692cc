//! A direct-tcpip open: words to a machine, a decision, an address out of the permit, and the audit
//! of what went through. Names are resolved in the store, never in DNS.

use crate::app::ctx::{Ctx, Visitor};
use crate::app::error::{Error, Kind, Result};
use crate::app::open::{Open, Standing, Subject, still_there};
use crate::app::presence::{Channel, What};
use crate::app::visiting::{SSH, Visit};
use crate::app::{App, find, span};
use puerta_audit::{Event, Outcome, Phase};
use puerta_engine::Status;
use puerta_lab::action::Action;
use puerta_lab::destination::Destination;
use puerta_lab::model::Vm;
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
    /// Whoever helps has their keys in the machine for as long.
    _visit: Option<Visit>,
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
        self: &Arc<Self>,
        visitor: &Visitor,
        host: &str,
        port: u32,
        originator: &str,
    ) -> Result<Passage> {
        self.passed(visitor, host, port, originator)
            .instrument(span::of(visitor.login.as_str(), &visitor.connection))
            .await
    }

    async fn passed(
        self: &Arc<Self>,
        visitor: &Visitor,
        host: &str,
        port: u32,
        originator: &str,
    ) -> Result<Passage> {
        self.paced(visitor.person)?;
        let changes = self.changes();
        let event = visitor.event(Phase::Note, "forward").with("destination", format!("{host}:{port}"));
        let event = event.with("originator", originator);
        let (permit, enters) = match self.judge_forward(visitor, host, port, event.clone()).await {
            // During an exam every refusal says that it is one.
            Err(refused) if matches!(refused.kind, Kind::Denied | Kind::Usage) => {
                return Err(self.exam(visitor).await.unwrap_or(refused));
            }
            judged => judged?,
        };
        let subject = find::subject(&permit.target().vm);
        let mut event = Event {
            action: Some(Action::VmForward.as_str()),
            vm: Some(subject.clone()),
            policies: permit.policies().to_vec(),
            ..event
        };
        let what = What::Forward { vm: subject, port: permit.target().port };
        let place = match self.presence.open(visitor, what) {
            Ok(place) => place,
            Err(error) => {
                event.outcome = Some(Outcome::Failed(error.id.to_owned()));
                self.denied(visitor, event).await;
                return Err(error);
            }
        };
        let visit = match enters {
            Some(enters) => self.visit(visitor, enters).await?,
            None => None,
        };
        let address = permit.address();
        let dial = SocketAddrV4::new(self.engine.dial_address(*address.ip()), address.port());
        let event = event.with("address", address.to_string());
        let standing = Standing::new(permit.into_target(), changes);
        let channel = place.channel();
        let open = Open::begin(self, event, Some(place), standing).await?;
        Ok(Passage { dial: dial.into(), channel, open, _visit: visit })
    }

    /// The permit, and the one to have their keys in it where it is somebody else's; what is refused is written down.
    async fn judge_forward(
        self: &Arc<Self>,
        visitor: &Visitor,
        host: &str,
        port: u32,
        line: Event,
    ) -> Result<(Permit<Forward>, Option<Permit<Vm>>)> {
        let denied = || Error::new(Kind::Denied, "error-forward-denied");
        let actor = self.store.actor(visitor.person).await?.ok_or_else(denied)?;
        let ctx = Ctx::new(self, visitor, actor, line);
        let destination = match Destination::parse(host, port, &self.config.domain) {
            Ok(destination) => destination,
            Err(refusal) => {
                ctx.refused(Action::VmForward, refusal.code()).await;
                return Err(denied());
            }
        };
        let found = match find::destination(&self.store, &ctx.actor, &destination).await {
            Err(several) if several.kind == Kind::Usage => {
                ctx.refused(Action::VmForward, "ambiguous").await;
                return Err(several);
            }
            found => found?,
        };
        let named = find::Named {
            subject: found.as_ref().map(find::subject),
            found,
            nobodys: find::nobodys(&destination),
            absent: denied(),
            unseen: denied(),
        };
        let permit = async {
            let vm = named.seen(&ctx, Action::VmView, Action::VmForward).await?;
            let (subject, port) = (find::subject(&vm), destination.port());
            let forward = Forward { vm: vm.clone(), port };
            let permit = ctx.judged(Action::VmForward, forward, Some(&subject), denied()).await?;
            let helps = port == SSH && !ctx.actor.seats.contains(&vm.seat);
            Ok((permit, if helps { ctx.decide(Action::VmEnter, vm).into_result().ok() } else { None }))
        };
        permit.await.map_err(|refused: Error| ctx.for_want_of_factor(refused))
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
