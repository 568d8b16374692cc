//! Who somebody is. A key that is only offered proves nothing; a signature, a password or a
//! one-time code does, and then policy says whether they may come in.

mod passwords;
mod second;
mod source;

pub use second::{Checked, Factor};
pub use source::Source;

use crate::app::clock;
use crate::app::ctx::{Method, Visitor};
use crate::app::ending::{Ending, Reason};
use crate::app::error::{Error, Result};
use crate::app::open::seconds;
use crate::app::secret::Secret;
use crate::app::{App, ctx, error};
use passwords::Passwords;
use puerta_audit::{Event, Outcome, Phase};
use puerta_keys::password::HashError;
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Person, PersonId, Timestamp};
use puerta_lab::names::{CampusName, Login};
use puerta_policy::decide::{Decision, Lab};
use puerta_store::KeyHolder;
use second::Tries;
use std::net::SocketAddr;
use std::time::Duration;

/// What logins share: the threads that verify passwords, and everybody's wrong codes.
pub(super) struct Logins {
    passwords: Passwords,
    tries: Tries,
}

impl Logins {
    /// `threads` verify passwords, at most.
    pub(super) fn new(threads: usize) -> std::result::Result<Self, HashError> {
        Ok(Self { passwords: Passwords::new(threads)?, tries: Tries::default() })
    }

    /// A password's hash, for the store.
    pub(super) async fn hash(&self, password: &Secret) -> Result<String> {
        self.passwords.hash(password).await
    }

    /// Somebody's wrong codes are forgotten: they start afresh.
    pub(super) fn forgive(&self, person: PersonId) {
        self.tries.forget(person);
    }
}

/// A connection that has not proved anything yet.
#[derive(Debug, Clone)]
pub struct Stranger {
    /// The connection's id.
    pub connection: String,
    /// Where from.
    pub source: SocketAddr,
    /// From the campus, or where somebody came in lately.
    pub known: bool,
    /// The end of the connection.
    pub ending: Ending,
}

/// Somebody whose first factor was right. That is not a visitor: they may have a second one.
#[derive(Debug)]
pub struct First {
    person: PersonId,
    login: Login,
    method: Method,
    fingerprint: Option<String>,
}

/// Somebody who proved who they are, and whom policy does not let in: there is nothing that this can do but
/// say why.
#[derive(Debug)]
pub struct KeptOut {
    person: PersonId,
    why: Error,
}

impl KeptOut {
    /// Who.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// What they are told.
    pub fn why(&self) -> &Error {
        &self.why
    }
}

/// Everything was proved.
enum Entered {
    In(Visitor),
    KeptOut(KeptOut),
}

/// What a first factor came to.
#[derive(Debug)]
pub enum Proved {
    /// They are in.
    In(Visitor),
    /// It was right, and they have a second one: [`App::login_second`] asks for it.
    Half(First),
    /// It was right and enough, and they may not come in.
    KeptOut(KeptOut),
    /// It was wrong.
    No,
}

impl From<Entered> for Proved {
    fn from(entered: Entered) -> Self {
        match entered {
            Entered::In(visitor) => Self::In(visitor),
            Entered::KeptOut(kept) => Self::KeptOut(kept),
        }
    }
}

/// What a second factor came to.
#[derive(Debug)]
pub enum Second {
    /// They are in.
    In(Visitor),
    /// It was right, and they may not come in.
    KeptOut(KeptOut),
    /// It was wrong.
    No,
    /// Too many were wrong: none is looked at for a while.
    Closed,
}

impl From<Entered> for Second {
    fn from(entered: Entered) -> Self {
        match entered {
            Entered::In(visitor) => Self::In(visitor),
            Entered::KeptOut(kept) => Self::KeptOut(kept),
        }
    }
}

impl App {
    /// Is this key one of theirs? Only a hint for the client: it proves nothing.
    pub async fn knows_key(&self, login: &str, fingerprint: &str) -> Result<bool> {
        let Ok(login) = login.parse::<CampusName>() else { return Ok(false) };
        Ok(self.store.key_of(&login, fingerprint).await?.is_some())
    }

    /// A key whose signature was verified by the transport.
    pub async fn login_key(&self, who: &Stranger, login: &str, fingerprint: &str) -> Result<Proved> {
        let found = match login.parse::<CampusName>() {
            Ok(login) => self.store.key_of(&login, fingerprint).await?,
            Err(_) => None,
        };
        let method = Method::PublicKey;
        let first = found.map(|KeyHolder { person, login, second_factor, actor }| {
            let fingerprint = Some(fingerprint.to_owned());
            (First { person, login, method, fingerprint }, second_factor, Some(actor))
        });
        let mut event = login_event(who, login, method.as_str());
        event.detail.insert("fingerprint".into(), fingerprint.into());
        self.admit(who, first, event).await
    }

    /// A password, or a one-time code in its place. Unknown people cost as much as known ones.
    pub async fn login_password(&self, who: &Stranger, login: &str, password: &Secret) -> Result<Proved> {
        let person = match login.parse::<CampusName>() {
            Ok(login) => self.store.person_typed(&login).await?,
            Err(_) => None,
        };
        let credentials = match &person {
            Some(person) => self.store.credentials(person.id).await?,
            None => puerta_store::Credentials::default(),
        };
        let mut method = Method::Password;
        let mut proved = self.logins.passwords.verify(who, password, credentials.password).await?;
        if let (false, Some(person), Some(code)) = (proved, &person, credentials.code) {
            let hash = puerta_keys::code::hash(password.expose());
            let right = code.hash == hash && opens(code.expires, clock::now(), self.config.code_lifetime);
            // Asked first, so that who may not come in does not use it up.
            let second = self.store.second_factor(person.id).await?.is_some();
            let kept_out = self.may_stay(person.id, who.source, second).await?.is_err();
            if right && (kept_out || self.store.take_code(person.id, &hash).await?) {
                (proved, method) = (true, Method::Code);
            }
        }
        let first = match person.filter(|_| proved) {
            Some(Person { id: person, login, .. }) => {
                let second = self.store.second_factor(person).await?.is_some();
                let actor = self.store.actor(person).await?;
                Some((First { person, login, method, fingerprint: None }, second, actor))
            }
            None => None,
        };
        self.admit(who, first, login_event(who, login, method.as_str())).await
    }

    /// The second factor of somebody whose first one was right, on the same connection and in the
    /// same name: the caller sees to both.
    pub async fn login_second(&self, who: &Stranger, first: &First, code: &Secret) -> Result<Second> {
        let method = |second: &str| format!("{}+{second}", first.method.as_str());
        let mut event = login_event(who, first.login.as_str(), "");
        if let Some(fingerprint) = &first.fingerprint {
            event.detail.insert("fingerprint".into(), fingerprint.as_str().into());
        }
        let factor = match self.check_factor(first.person, code).await? {
            Checked::Right(factor) => factor,
            wrong => {
                let closed = matches!(wrong, Checked::Closed { .. });
                let why = if closed { Reason::TooManyCodes.as_str() } else { "unauthenticated" };
                event.detail.insert("method".into(), method("second factor").into());
                event.outcome = Some(Outcome::Failed(why.into()));
                self.failed(who, event).await;
                return Ok(if closed { Second::Closed } else { Second::No });
            }
        };
        event.detail.insert("method".into(), method(factor.as_str()).into());
        let actor = self.store.actor(first.person).await?;
        Ok(self.enter(who, first, actor, Some(factor), event).await?.into())
    }

    /// After the first factor, with whether there is a second, and as policy sees them: wrong, right and enough, or
    /// right and a half.
    async fn admit(
        &self,
        who: &Stranger,
        first: Option<(First, bool, Option<Actor>)>,
        mut event: Event,
    ) -> Result<Proved> {
        let Some((first, second, actor)) = first else {
            event.outcome = Some(Outcome::Failed("unauthenticated".into()));
            self.failed(who, event).await;
            return Ok(Proved::No);
        };
        // Who may not come in even with the second learns nothing by having the first.
        if second {
            return Ok(Proved::Half(first));
        }
        Ok(self.enter(who, &first, actor, None, event).await?.into())
    }

    /// Everything that is asked for was proved: policy's word, and a line in the audit.
    async fn enter(
        &self,
        who: &Stranger,
        first: &First,
        actor: Option<Actor>,
        second: Option<Factor>,
        mut event: Event,
    ) -> Result<Entered> {
        // Whatever they typed for it.
        event.actor = Some(first.login.to_string());
        if let Err(why) = self.paced(first.person) {
            return Ok(Entered::KeptOut(KeptOut { person: first.person, why }));
        }
        let policies = match self.may_be_here(actor, who.source, second.is_some()) {
            Ok(policies) => policies,
            Err(policies) => {
                self.turned_away(event, policies.clone()).await;
                let why = self.barred(first.person, &policies).await?;
                return Ok(Entered::KeptOut(KeptOut { person: first.person, why }));
            }
        };
        event.phase = Phase::Begin;
        event.outcome = Some(Outcome::Allowed);
        event.policies = policies;
        self.audit.begin(event).await?;
        Ok(Entered::In(Visitor {
            person: first.person,
            login: first.login.clone(),
            method: first.method,
            fingerprint: first.fingerprint.clone(),
            connection: who.connection.clone(),
            source: who.source,
            second_factor: second.is_some(),
        }))
    }

    async fn turned_away(&self, mut event: Event, policies: Vec<String>) {
        event.outcome = Some(Outcome::Denied);
        event.policies = policies;
        self.audit.finish(event).await;
    }

    /// May this person be here now? The policies that said so, either way.
    pub async fn may_stay(
        &self,
        person: PersonId,
        source: SocketAddr,
        second_factor: bool,
    ) -> error::Result<std::result::Result<Vec<String>, Vec<String>>> {
        Ok(self.may_be_here(self.store.actor(person).await?, source, second_factor))
    }

    /// The same of who is known already.
    fn may_be_here(
        &self,
        actor: Option<Actor>,
        source: SocketAddr,
        second_factor: bool,
    ) -> std::result::Result<Vec<String>, Vec<String>> {
        let actor = actor.ok_or_else(Vec::new)?;
        let context = ctx::context(source, second_factor);
        match self.policy().decide(&actor, Action::Login, Lab, context) {
            Decision::Allow(permit) => Ok(permit.policies().to_vec()),
            Decision::Deny(denial) => Err(denial.policies),
        }
    }

    /// Whether the key that somebody came in with is not theirs any more; where they removed it themselves they stay.
    pub async fn key_is_gone(&self, visitor: &Visitor) -> error::Result<bool> {
        let Some(fingerprint) = &visitor.fingerprint else { return Ok(false) };
        let stays = self.presence.find(&visitor.connection).is_some_and(|here| here.stays_without_key());
        let keys = self.store.keys(visitor.person).await?;
        Ok(!stays && keys.iter().all(|key| key.fingerprint != *fingerprint))
    }

    /// Why who may not stay must go: suspended, or not now by another policy.
    pub async fn why_not_stay(&self, person: PersonId) -> Reason {
        match self.store.actor(person).await {
            Ok(Some(actor)) if !actor.suspended => Reason::NotNow,
            _ => Reason::Suspended,
        }
    }

    /// Somebody offered keys and went away, or ran out of time or tries.
    pub async fn login_given_up(&self, who: &Stranger, login: &str, offered: &[String], why: &str) {
        let mut event = login_event(who, login, "none");
        event.outcome = Some(Outcome::Failed(why.to_owned()));
        event.detail.insert("offered".into(), offered.into());
        self.failed(who, event).await;
    }

    /// Somebody whose first factor was right did not prove the second.
    pub async fn second_given_up(&self, who: &Stranger, first: &First, why: &str) {
        let mut event = login_event(who, first.login.as_str(), first.method.as_str());
        if let Some(fingerprint) = &first.fingerprint {
            event.detail.insert("fingerprint".into(), fingerprint.as_str().into());
        }
        event.detail.insert("second_factor".into(), why.into());
        event.outcome = Some(Outcome::Failed("no second factor".into()));
        self.failed(who, event).await;
    }

    /// The end of a connection that had come in.
    pub async fn logout(&self, visitor: &Visitor, time: Duration, why: Reason) {
        self.denials_of(&visitor.connection).await;
        let mut event = Event { act: Some(LOGIN), ..visitor.event(Phase::Finish, "login") };
        event.outcome = Some(Outcome::Done);
        event.detail.insert("seconds".into(), seconds(time).into());
        event.detail.insert("reason".into(), why.as_str().into());
        self.audit.finish(event).await;
    }
}

/// By how much a clock may be put right.
const PUT_RIGHT: i64 = 10 * 60 * 1000;

/// Whether a one-time code that is good until then opens now. One with longer left than a new one was made while the
/// clock was ahead, or the clock was set back since: it would open for longer than it should.
fn opens(expires: Timestamp, now: Timestamp, lifetime: Duration) -> bool {
    let left = expires.0 - now.0;
    let most = lifetime.as_millis() as i64 + PUT_RIGHT;
    if left > most {
        tracing::warn!("a one-time code is refused: it is of a time that is yet to come");
    }
    (1..=most).contains(&left)
}

/// The act of a connection that is its being there.
const LOGIN: u64 = 0;

fn login_event(who: &Stranger, login: &str, method: &str) -> Event {
    let mut event = Event::note("login");
    event.act = Some(LOGIN);
    event.connection = Some(who.connection.clone());
    event.actor = Some(login.to_owned());
    event.source = Some(who.source.to_string());
    event.action = Some(Action::Login.as_str());
    event.detail.insert("method".into(), method.into());
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_opens_for_as_long_as_a_new_one_would() {
        let (day, fortnight) = (86_400_000, Duration::from_secs(14 * 86_400));
        let made = 1_795_407_036_123;
        let expires = Timestamp(made + 14 * day);
        for (off, right) in [
            (0, true),
            (1, true),
            (14 * day - 1, true),
            (14 * day, false),
            (365 * day, false),
            // The clock is put right, and set back.
            (-60_000, true),
            (-3_600_000, false),
            (-day, false),
            (-365 * day, false),
        ] {
            assert_eq!(opens(expires, Timestamp(made + off), fortnight), right, "{off}");
        }
    }
}
