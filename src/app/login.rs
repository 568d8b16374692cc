//! Who somebody is. A key that is only offered proves nothing; a signature, a password or a
//! one-time code does, and then policy says whether they may come in.

use crate::app::clock;
use crate::app::ctx::{Method, Visitor};
use crate::app::error::{Error, Result};
use crate::app::forward::seconds;
use crate::app::secret::Secret;
use crate::app::{App, ctx, error};
use crate::audit::{Event, Outcome, Phase};
use puerta_keys::password::{HashError, Hasher};
use puerta_policy::action::Action;
use puerta_policy::decide::{Decision, Lab};
use puerta_policy::model::PersonId;
use puerta_policy::names::Login;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A password to verify or hash.
type Work = Box<dyn FnOnce(&Hasher) + Send>;

/// Verifies passwords on few threads of their own, so that guessing cannot take the machine: not
/// its processors, and not its memory, since the allocator keeps a hash's 19 MiB for each thread
/// that ever made one.
pub(super) struct Passwords {
    threads: Arc<Semaphore>,
    work: Sender<Work>,
}

fn next(waiting: &Mutex<Receiver<Work>>) -> std::result::Result<Work, RecvError> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv()
}

impl Passwords {
    pub(super) fn new(threads: usize) -> std::result::Result<Self, HashError> {
        let hasher = Hasher::new()?;
        let (work, waiting) = std::sync::mpsc::channel::<Work>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads {
            let (hasher, waiting) = (hasher.clone(), Arc::clone(&waiting));
            std::thread::spawn(move || {
                // The guard is gone before the work begins; without a sender the thread ends.
                while let Ok(work) = next(&waiting) {
                    // A panic costs one answer, not the thread.
                    let _ = catch_unwind(AssertUnwindSafe(|| work(&hasher)));
                }
            });
        }
        Ok(Self { threads: Arc::new(Semaphore::new(threads)), work })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Hasher) -> T + Send + 'static) -> Result<T> {
        let held = Arc::clone(&self.threads).acquire_owned().await.map_err(|e| Error::internal(&e))?;
        let (tell, done) = tokio::sync::oneshot::channel();
        let work: Work = Box::new(move |hasher| {
            // Whoever asked may have gone away.
            let _ = tell.send(work(hasher));
            drop(held);
        });
        self.work.send(work).map_err(|_| Error::internal(&"no password thread"))?;
        done.await.map_err(|error| Error::internal(&error))
    }

    /// A hash for the store.
    pub(super) async fn hash(&self, password: &Secret) -> Result<String> {
        let password = password.clone();
        let hashed = self.run(move |hasher| hasher.hash(password.expose())).await?;
        hashed.map_err(|error| Error::internal(&error))
    }

    /// Costs the same whether or not there is something to verify against.
    async fn verify(&self, password: &Secret, hash: Option<String>) -> Result<bool> {
        let password = password.clone();
        self.run(move |hasher| match hash {
            Some(hash) => hasher.verify(password.expose(), &hash),
            None => hasher.verify_dummy(password.expose()),
        })
        .await
    }
}

/// A connection that has not proved anything yet.
#[derive(Debug, Clone)]
pub struct Stranger {
    /// The connection's id.
    pub connection: String,
    /// Where from.
    pub source: SocketAddr,
}

impl App {
    /// Is this key one of theirs? Only a hint for the client: it proves nothing.
    pub async fn knows_key(&self, login: &str, fingerprint: &str) -> bool {
        let Ok(login) = login.parse::<Login>() else { return false };
        matches!(self.store.key_of(&login, fingerprint).await, Ok(Some(_)))
    }

    /// A key whose signature was verified by the transport.
    pub async fn login_key(&self, who: &Stranger, login: &str, fingerprint: &str) -> Result<Option<Visitor>> {
        let found = match login.parse::<Login>() {
            Ok(login) => self.store.key_of(&login, fingerprint).await?,
            Err(_) => None,
        };
        let person = found.map(|(person, _)| (person.id, person.login));
        self.admit(who, login, person, Method::PublicKey, Some(fingerprint)).await
    }

    /// A password, or a one-time code in its place. Unknown people cost as much as known ones.
    pub async fn login_password(
        &self,
        who: &Stranger,
        login: &str,
        password: &Secret,
    ) -> Result<Option<Visitor>> {
        let person = match login.parse::<Login>() {
            Ok(login) => self.store.person_by_login(&login).await?,
            Err(_) => None,
        };
        let credentials = match &person {
            Some(person) => self.store.credentials(person.id).await?,
            None => crate::store::Credentials::default(),
        };
        let mut method = Method::Password;
        let mut proved = self.passwords.verify(password, credentials.password).await?;
        if let (false, Some(person), Some(code)) = (proved, &person, credentials.code) {
            let hash = puerta_keys::code::hash(password.expose());
            // Asked first, so that who may not come in does not use it up.
            let welcome =
                clock::now() < code.expires && self.may_stay(person.id, who.source, false).await?.is_ok();
            if welcome && self.store.take_code(person.id, &hash).await? {
                (proved, method) = (true, Method::Code);
            }
        }
        let person = person.filter(|_| proved).map(|person| (person.id, person.login));
        self.admit(who, login, person, method, None).await
    }

    /// Proved or not: policy's word, and a line in the audit.
    async fn admit(
        &self,
        who: &Stranger,
        login: &str,
        person: Option<(PersonId, Login)>,
        method: Method,
        fingerprint: Option<&str>,
    ) -> Result<Option<Visitor>> {
        let mut event = login_event(who, login, method.as_str());
        if let Some(fingerprint) = fingerprint {
            event.detail.insert("fingerprint".into(), fingerprint.into());
        }
        let Some((person, login)) = person else {
            event.outcome = Some(Outcome::Failed("unauthenticated".into()));
            self.audit.finish(event).await;
            return Ok(None);
        };
        let policies = match self.may_stay(person, who.source, false).await? {
            Ok(policies) => policies,
            Err(policies) => {
                event.outcome = Some(Outcome::Denied);
                event.policies = policies;
                self.audit.finish(event).await;
                return Ok(None);
            }
        };
        event.phase = Phase::Begin;
        event.outcome = Some(Outcome::Allowed);
        event.policies = policies;
        self.audit.begin(event).await?;
        Ok(Some(Visitor {
            person,
            login,
            method,
            fingerprint: fingerprint.map(str::to_owned),
            connection: who.connection.clone(),
            source: who.source,
            second_factor: false,
        }))
    }

    /// May this person be here now? The policies that said so, either way.
    pub async fn may_stay(
        &self,
        person: PersonId,
        source: SocketAddr,
        second_factor: bool,
    ) -> error::Result<std::result::Result<Vec<String>, Vec<String>>> {
        let Some(actor) = self.store.actor(person).await? else { return Ok(Err(Vec::new())) };
        let context = ctx::context(source, second_factor);
        Ok(match self.policy().decide(&actor, Action::Login, Lab, context) {
            Decision::Allow(permit) => Ok(permit.policies().to_vec()),
            Decision::Deny(denial) => Err(denial.policies),
        })
    }

    /// Why who may not stay must go, as a stable word: `suspended`, or `not now` by another policy.
    pub async fn why_not_stay(&self, person: PersonId) -> &'static str {
        match self.store.actor(person).await {
            Ok(Some(actor)) if !actor.suspended => "not now",
            _ => "suspended",
        }
    }

    /// Somebody offered keys and went away, or ran out of time or tries.
    pub async fn login_given_up(&self, who: &Stranger, login: &str, offered: &[String], why: &str) {
        let mut event = login_event(who, login, "none");
        event.outcome = Some(Outcome::Failed(why.to_owned()));
        event.detail.insert("offered".into(), offered.into());
        self.audit.finish(event).await;
    }

    /// The end of a connection that had come in.
    pub async fn logout(&self, visitor: &Visitor, time: Duration, why: &str) {
        let mut event = visitor.event(Phase::Finish, "login");
        event.outcome = Some(Outcome::Done);
        event.detail.insert("seconds".into(), seconds(time).into());
        event.detail.insert("reason".into(), why.into());
        self.audit.finish(event).await;
    }
}

fn login_event(who: &Stranger, login: &str, method: &str) -> Event {
    let mut event = Event::note("login");
    event.connection = Some(who.connection.clone());
    event.actor = Some(login.to_owned());
    event.source = Some(who.source.to_string());
    event.action = Some(Action::Login.as_str());
    event.detail.insert("method".into(), method.into());
    event
}
