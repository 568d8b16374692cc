//! Who asks, and how a use gets its permit: decide, and write down what was decided.

use crate::app::App;
use crate::app::clock;
use crate::app::error::{Error, Kind, Result};
use crate::app::span;
use puerta_audit::{Event, Meant, Outcome, Phase};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, PersonId};
use puerta_lab::names::Login;
use puerta_policy::decide::{Context, Decision, Denial, Permit, Resource};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A key, its signature checked.
    PublicKey,
    /// A password.
    Password,
    /// A one-time code, now used up.
    Code,
}

impl serde::Serialize for Method {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Method {
    /// As the audit and `whoami` write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PublicKey => "publickey",
            Self::Password => "password",
            Self::Code => "one-time code",
        }
    }
}

/// Somebody who proved who they are, on one connection.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who.
    pub person: PersonId,
    /// Their login.
    pub login: Login,
    /// How they proved it.
    pub method: Method,
    /// The key's fingerprint, when it was a key.
    pub fingerprint: Option<String>,
    /// The connection's id, on every line of the audit.
    pub connection: String,
    /// Where from.
    pub source: SocketAddr,
    /// Whether they proved a second factor as well.
    pub second_factor: bool,
}

/// What surrounds a request from there, now. On a socket of both families IPv4 comes mapped into IPv6, and
/// would be in no IPv4 network of a policy.
pub(super) fn context(source: SocketAddr, second_factor: bool) -> Context {
    Context { now: clock::now(), source: Some(source.ip().to_canonical()), second_factor }
}

impl Visitor {
    /// What surrounds their requests.
    pub fn context(&self) -> Context {
        context(self.source, self.second_factor)
    }

    /// An audit event of theirs, of an act of its own.
    pub fn event(&self, phase: Phase, code: &'static str) -> Event {
        static ACTS: AtomicU64 = AtomicU64::new(1);
        Event {
            phase,
            act: Some(ACTS.fetch_add(1, Ordering::Relaxed)),
            connection: Some(self.connection.clone()),
            actor: Some(self.login.to_string()),
            source: Some(self.source.to_string()),
            ..Event::note(code)
        }
    }
}

/// One command of one visitor, or one thing that they open.
pub struct Ctx<'a> {
    /// The house.
    pub app: &'a Arc<App>,
    /// Who asks.
    pub visitor: &'a Visitor,
    /// Who asks, as policy sees them now.
    pub actor: Actor,
    /// What each of its lines in the audit says.
    line: Event,
    begun: Mutex<Vec<Event>>,
    /// Something was allowed, and begun.
    acted: AtomicBool,
    /// Something was refused that a second factor would have allowed.
    factor_lacks: AtomicBool,
}

impl<'a> Ctx<'a> {
    /// `line` is what all its lines in the audit say.
    pub(super) fn new(app: &'a Arc<App>, visitor: &'a Visitor, actor: Actor, line: Event) -> Self {
        let (begun, acted, factor_lacks) = Default::default();
        Self { app, visitor, actor, line, begun, acted, factor_lacks }
    }

    /// A line of this act, about something beside it.
    pub fn line(&self, phase: Phase, code: &'static str) -> Event {
        Event { act: self.line.act, ..self.visitor.event(phase, code) }
    }

    /// What surrounds the request.
    pub fn context(&self) -> Context {
        self.visitor.context()
    }

    /// Judges without writing anything down: for lists, which show only what may be seen.
    pub fn decide<T: Resource + Clone>(&self, action: Action, target: T) -> Decision<T> {
        let policy = self.app.policy();
        let decision = policy.decide(&self.actor, action, target.clone(), self.context());
        // Without a `forbid` it is simply not theirs: long lists have many of those.
        let forbidden = matches!(&decision, Decision::Deny(denial) if !denial.policies.is_empty());
        if forbidden && !self.factor_lacks.load(Ordering::Relaxed) {
            let lacks = policy.lacks_second_factor(&self.actor, action, &target, self.context());
            self.factor_lacks.store(lacks, Ordering::Relaxed);
        }
        decision
    }

    /// Judges whether somebody sees something, which may not even be there: always by the same questions.
    pub(super) fn sees<T: Resource + Clone>(&self, action: Action, target: T) -> Decision<T> {
        let policy = self.app.policy();
        let decision = policy.decide(&self.actor, action, target.clone(), self.context());
        if let Decision::Deny(_) = &decision {
            let lacks = policy.lacks_second_factor(&self.actor, action, &target, self.context());
            self.factor_lacks.fetch_or(lacks, Ordering::Relaxed);
        }
        decision
    }

    /// A refusal, or that it is one only for want of a second factor.
    pub(super) fn for_want_of_factor(&self, refused: Error) -> Error {
        match self.factor_lacks.load(Ordering::Relaxed) {
            true => Error::second_factor_needed(),
            false => refused,
        }
    }

    /// Who was refused only for want of a second factor reads that. A list that lacks something for
    /// it says so too; what was done is told as it is. During an exam every refusal says that it is one.
    pub(super) async fn hinted<T>(&self, result: Result<T>) -> Result<T> {
        let refused = match &result {
            Ok(_) => !self.acted.load(Ordering::Relaxed),
            Err(error) => matches!(error.kind, Kind::Denied | Kind::NotFound),
        };
        if refused && self.factor_lacks.load(Ordering::Relaxed) {
            return Err(Error::second_factor_needed());
        }
        match result {
            Err(mut error) if refused => {
                error.details.extend(self.app.exam_of(&self.actor).await);
                Err(error)
            }
            other => other,
        }
    }

    /// Judges, writes the decision down, and gives the permit. `subject` names the target in the
    /// audit; `refusal` is what the person reads when they may not.
    pub async fn permit<T: Resource + Clone>(
        &self,
        action: Action,
        target: T,
        subject: Option<&str>,
        refusal: Error,
    ) -> Result<Permit<T>> {
        // One that acts on many is known by the first.
        if let Some(subject) = subject
            && self.begun.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
        {
            span::about(subject);
        }
        let permit = self.judged(action, target, subject, refusal).await?;
        self.begin(action, subject, permit.policies()).await?;
        Ok(permit)
    }

    /// The same for what writes its own begin.
    pub(super) async fn judged<T: Resource + Clone>(
        &self,
        action: Action,
        target: T,
        subject: Option<&str>,
        refusal: Error,
    ) -> Result<Permit<T>> {
        match self.decide(action, target) {
            Decision::Allow(permit) => Ok(permit),
            Decision::Deny(denial) => {
                self.denied(&denial, subject).await;
                Err(refusal)
            }
        }
    }

    /// What the lines of a job say that comes of this act.
    pub(super) fn of_job(&self) -> Event {
        Event { code: "job", ..self.line.clone() }
    }

    fn event(&self, phase: Phase, code: &'static str, action: Action, subject: Option<&str>) -> Event {
        Event {
            phase,
            code,
            action: Some(action.as_str()),
            vm: subject.map(str::to_owned),
            ..self.line.clone()
        }
    }

    /// Begin happens before the act and may veto it.
    async fn begin(&self, action: Action, subject: Option<&str>, policies: &[String]) -> Result<()> {
        let mut event = self.event(Phase::Begin, "command", action, subject);
        event.outcome = Some(Outcome::Allowed);
        event.policies = policies.to_vec();
        self.app.audit.begin(event).await?;
        self.acted.store(true, Ordering::Relaxed);
        let finish = self.event(Phase::Finish, "command", action, subject);
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push(finish);
        Ok(())
    }

    async fn denied(&self, denial: &Denial, subject: Option<&str>) {
        let mut event = self.event(Phase::Note, "denial", denial.action, subject);
        event.outcome = Some(Outcome::Denied);
        event.policies = denial.policies.clone();
        self.app.denied(self.visitor, event).await;
    }

    /// Something was named that they may not see, or that is not there. The line says what they typed; what that
    /// meant stands apart, for who reads the whole audit.
    pub(super) async fn hidden(&self, action: Action, target: Option<String>, policies: Vec<String>) {
        let mut event = self.event(Phase::Note, "denial", action, None);
        event.outcome = Some(Outcome::Denied);
        event.meant = Some(Meant { target, policies });
        self.app.denied(self.visitor, event).await;
    }

    /// It was refused before anything was asked.
    pub(super) async fn refused(&self, action: Action, reason: &str) {
        let mut event = self.event(Phase::Note, "denial", action, None).with("reason", reason);
        event.outcome = Some(Outcome::Denied);
        self.app.denied(self.visitor, event).await;
    }

    /// Writes how everything that began has ended; cannot fail the person.
    pub(super) async fn finish(&self, error: Option<&Error>) {
        let begun = std::mem::take(&mut *self.begun.lock().unwrap_or_else(PoisonError::into_inner));
        for mut event in begun {
            event.outcome = Some(match error {
                None => Outcome::Done,
                Some(error) => Outcome::Failed(error.id.to_owned()),
            });
            self.app.audit.finish(event).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_on_a_socket_of_both_families() {
        for (source, seen) in [
            ("[::ffff:192.0.2.9]:1", "192.0.2.9"),
            ("192.0.2.9:1", "192.0.2.9"),
            ("[2001:db8::9]:1", "2001:db8::9"),
        ] {
            let source = context(source.parse().unwrap(), false).source;
            assert_eq!(source, Some(seen.parse().unwrap()));
        }
    }
}
