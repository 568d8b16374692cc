//! The uses of the house, and the only place where policy, store, engine and audit meet.
//!
//! A use is one file: it reads facts from the store, asks policy for a permit (which writes the
//! audit's begin, and that may veto), acts with the permit, and answers with a [`reply::Reply`].

pub mod account;
mod after;
pub mod age;
mod archive;
pub mod at_all;
pub mod backup;
pub mod clock;
mod code;
pub mod command;
pub mod console;
pub mod core;
pub mod course;
pub mod ctx;
pub mod denials;
pub mod egress;
pub mod ending;
pub mod error;
pub mod factor;
mod find;
pub mod firewall;
pub mod forward;
pub mod ground;
pub mod handing;
mod host_keys;
mod isolation;
mod itself;
pub mod jobs;
mod known;
mod label;
pub mod leaving;
mod limits;
pub mod login;
mod many;
pub mod node;
mod nodes;
mod offer;
pub mod open;
mod pace;
pub mod person;
mod places;
pub mod policy;
pub mod port;
pub mod practice;
pub mod presence;
mod quota;
pub mod rebuild;
pub mod reply;
pub mod review;
pub mod room;
pub mod roster;
pub mod secret;
pub mod session;
pub(crate) mod shelf;
pub mod span;
pub mod status;
pub mod sums;
mod team;
pub mod template;
mod upkeep;
mod visiting;
pub mod vm;
mod weigh;

#[cfg(test)]
pub(crate) mod tests;

use crate::config::Config;
use command::Command;
use core::Core;
use ctx::{Ctx, Visitor};
use error::{Error, Result};
use jobs::{JobWatch, Jobs};
use presence::Presence;
use puerta_audit::{Audit, Phase};
use puerta_engine::Engine;
use puerta_firewall::client::Firewall;
use puerta_lab::model::PersonId;
use puerta_lab::plan::AddressPlan;
use puerta_policy::decide::Policy;
use puerta_store::Store;
use reply::Reply;
use std::sync::Arc;
use tokio::sync::watch;
use tracing::Instrument;

/// Everything the uses share.
pub struct App {
    /// The effective configuration.
    pub config: Config,
    /// The registry.
    pub store: Store,
    /// What runs the machines.
    pub engine: Arc<dyn Engine>,
    /// What opens ports and closes seats.
    pub firewall: Firewall,
    /// The log that professors trust.
    pub audit: Audit,
    /// Who is here.
    pub presence: Presence,
    /// What must go on.
    pub core: Core,
    ruling: policy::Ruling,
    denials: denials::Denials,
    pace: pace::Pace<PersonId>,
    room: room::Left,
    upkeep: upkeep::Upkeep,
    owed: handing::Owed,
    visits: visiting::Visits,
    logins: login::Logins,
    jobs: Jobs,
    asking: host_keys::Asking,
    wall: firewall::Wall,
    /// Where jobs run: away from the threads that carry connections.
    tasks: tokio::runtime::Handle,
    nodes: nodes::Nodes,
    /// Held by the one isolation check at a time.
    checking: Arc<tokio::sync::Mutex<()>>,
    /// Whole readings of the audit at once.
    readings: Arc<tokio::sync::Semaphore>,
}

/// What a command came to: an answer now, or a job to watch.
pub enum Outcome {
    /// Finished.
    Reply(Box<Reply>),
    /// It goes on whether somebody watches or not.
    Job(Box<JobWatch>),
    /// Many jobs under one parent, to watch.
    Batch(jobs::BatchWatch),
    /// A terminal in a machine, to be opened by whoever has a terminal.
    Console(Box<console::Entry>),
    /// A recording to play.
    Play(Box<console::Playing>),
    /// A console to look on at.
    Watch(Box<console::Watching>),
    /// It comes piece by piece, for as long as somebody watches.
    Live(review::Live),
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        Self::Reply(Box::new(reply))
    }
}

impl App {
    /// Puts the parts together. Jobs will run on the runtime that this is called on.
    pub fn new(
        config: Config,
        store: Store,
        engine: Arc<dyn Engine>,
        firewall: Firewall,
        audit: Audit,
        policy: Policy,
    ) -> std::result::Result<Arc<Self>, puerta_keys::password::HashError> {
        let logins = login::Logins::new(config.password_threads)?;
        let pace = pace::Pace::new(config.audit_log.acts_per_person);
        let presence = Presence::new(&config.ssh);
        Ok(Arc::new(Self {
            config,
            store,
            engine,
            firewall,
            audit,
            presence,
            core: Core::default(),
            ruling: policy::Ruling::new(policy),
            denials: denials::Denials::default(),
            pace,
            room: room::Left::default(),
            upkeep: upkeep::Upkeep::default(),
            owed: handing::Owed::default(),
            visits: visiting::Visits::default(),
            logins,
            jobs: Jobs::default(),
            asking: host_keys::Asking::default(),
            wall: firewall::Wall::default(),
            tasks: tokio::runtime::Handle::current(),
            nodes: nodes::Nodes::default(),
            checking: Arc::default(),
            readings: Arc::new(tokio::sync::Semaphore::new(review::READINGS)),
        }))
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        tracing::trace!(target: "puerta::asked", "policy");
        self.ruling.now()
    }

    /// Wakes at every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.upkeep.changes()
    }

    /// The lab's address plan.
    pub fn plan(&self) -> AddressPlan {
        AddressPlan { first_year: self.config.first_year }
    }

    /// Carries out one command. `words` is what was typed, for the audit (never a secret).
    pub async fn run(self: &Arc<Self>, visitor: &Visitor, command: Command, words: &str) -> Result<Outcome> {
        self.carry_out(visitor, command, words)
            .instrument(span::of(visitor.login.as_str(), &visitor.connection))
            .await
    }

    async fn carry_out(
        self: &Arc<Self>,
        visitor: &Visitor,
        command: Command,
        words: &str,
    ) -> Result<Outcome> {
        self.paced(visitor.person)?;
        let actor = self.store.actor(visitor.person).await?.ok_or_else(Error::denied)?;
        let line = visitor.event(Phase::Note, "command").with("words", words);
        let ctx = Ctx::new(self, visitor, actor, line);
        let result = match command {
            Command::Vm(command) => vm::run(&ctx, command).await,
            Command::Backup(command) => backup::run(&ctx, command).await.map(Outcome::from),
            Command::Template(command) => template::run(&ctx, command).await,
            Command::Quota(command) => quota::run(&ctx, command).await.map(Outcome::from),
            Command::Key(command) => account::keys(&ctx, command).await.map(Outcome::from),
            Command::Job(command) => jobs::run(&ctx, command).await,
            Command::Course(command) => course::run(&ctx, command).await.map(Outcome::from),
            Command::Person(command) => person::run(&ctx, command).await.map(Outcome::from),
            Command::Seat(command) => team::run(&ctx, command).await.map(Outcome::from),
            Command::Port(command) => port::run(&ctx, command).await.map(Outcome::from),
            Command::Egress(command) => egress::run(&ctx, command).await.map(Outcome::from),
            Command::Firewall(command) => firewall::run(&ctx, command).await.map(Outcome::from),
            Command::Node(command) => node::run(&ctx, command).await.map(Outcome::from),
            Command::Policy(command) => policy::run(&ctx, command).await.map(Outcome::from),
            Command::IsolationCheck(vms) => isolation::check(&ctx, &vms).await.map(Outcome::from),
            Command::Practice(command) => practice::run(&ctx, command).await,
            Command::Session(command) => session::run(&ctx, command).await,
            Command::Message(message) => session::message(&ctx, &message).await.map(Outcome::from),
            Command::Audit(command) => review::run(&ctx, command).await,
            Command::Passwd(password) => account::passwd(&ctx, &password).await.map(Outcome::from),
            Command::Totp(command) => factor::run(&ctx, command).await.map(Outcome::from),
            Command::Whoami => account::whoami(&ctx).await.map(Outcome::from),
            Command::KnownHosts(host) => known::hosts(&ctx, host.as_deref()).await.map(Outcome::from),
            Command::SshConfig { file } => known::config(&ctx, file).await.map(Outcome::from),
            Command::Lang { set, sent } => account::lang(&ctx, set, sent).await.map(Outcome::from),
        };
        let result = ctx.hinted(result).await;
        ctx.finish(result.as_ref().err()).await;
        result
    }
}
