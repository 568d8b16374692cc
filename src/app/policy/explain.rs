//! `policy explain`: names are found as the person would find them, by the functions that find them
//! when they ask, and policy says what it would say. No permit comes of it.

use super::zone;
use super::{files, ready};
use crate::app::command::{Named, Question};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{ExplainView, PlaceView, PolicyReply, Reply};
use crate::app::{App, clock, find};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Timestamp};
use puerta_lab::names::{CampusName, VmRef};
use puerta_lab::network::Protocol;
use puerta_policy::decide::{Context, Forward, Lab, Own, Policy, Publish, Resource};
use puerta_store::Store;
use std::sync::Arc;

/// What came of it, before it is told.
struct Verdict {
    /// What the target is, as the audit names it.
    subject: Option<String>,
    /// Policies that allow, or that do not; or why nobody was asked.
    said: Said,
}

enum Said {
    Judged { answer: std::result::Result<Vec<String>, Vec<String>>, with_factor: bool },
    Nowhere(&'static str),
}

struct Judge<'a> {
    app: &'a Arc<App>,
    policy: Arc<Policy>,
    actor: Actor,
    action: Action,
    context: Context,
}

pub(super) async fn run(ctx: &Ctx<'_>, question: Question) -> Result<Reply> {
    let Question { who, action, target, typed, at, from } = question;
    let zone = &ctx.app.config.timezone;
    let now = at.unwrap_or_else(clock::now);
    let source = from.unwrap_or_else(|| ctx.visitor.source.ip()).to_canonical();
    let actor = actor(&ctx.app.store, &who, action).await?;
    // puerta itself asks from nowhere, and needs no second factor.
    let itself = actor.person.is_none();
    let context = Context { now, source: (!itself).then_some(source), second_factor: itself };
    let policy = match at {
        Some(_) => policy_at(ctx.app, now).await?,
        None => ctx.app.policy(),
    };
    let judge = Judge { app: ctx.app, policy, actor, action, context };
    let verdict = judge.find_and_ask(target).await?;
    let mut view = judge.view(verdict);
    view.target = view.target.or(typed);
    view.at = zone::written(now, zone);
    view.from = context.source.map_or_else(|| "puerta".to_owned(), |source| source.to_string());
    Ok(Reply::Policy(PolicyReply::Explained(view)))
}

/// The person; or puerta itself, for what only it asks.
async fn actor(store: &Store, who: &CampusName, action: Action) -> Result<Actor> {
    let person = find::person(store, who).await?;
    if matches!(action, Action::CourseEgress | Action::CoursePublications) {
        return Ok(Actor::itself());
    }
    store.actor(person.id).await?.ok_or_else(|| find::no_person(who))
}

/// The policy as it will be, or was: a timetable is written out around the moment.
async fn policy_at(app: &App, at: Timestamp) -> Result<Arc<Policy>> {
    let rules = ready::rendered(&app.store.rules().await?, &app.config.timezone, at);
    let policy = files::with(&app.policy(), &rules);
    policy.map(Arc::new).map_err(|errors| Error::internal(&errors.join("; ")))
}

impl Judge<'_> {
    async fn find_and_ask(&self, target: Named) -> Result<Verdict> {
        match self.ask_about(target).await {
            Err(error) if error.kind == Kind::NotFound => Ok(nowhere("absent")),
            // Of a name: several of one's own machines, or seats, have it.
            Err(error) if error.kind == Kind::Usage => Ok(nowhere("ambiguous")),
            other => other,
        }
    }

    async fn ask_about(&self, target: Named) -> Result<Verdict> {
        let store = &self.app.store;
        let absent = || Error::new(Kind::NotFound, "error-not-found");
        match target {
            Named::Lab => Ok(self.ask(None, &Lab)),
            Named::Account(login) => {
                let person = match login {
                    None => self.actor.person.ok_or_else(absent)?,
                    Some(login) => store.person_by_login(&login).await?.ok_or_else(absent)?.id,
                };
                Ok(self.ask(None, &Own(person)))
            }
            Named::Person(login) => {
                let person = store.person_by_login(&login).await?.ok_or_else(absent)?;
                Ok(self.ask(Some(login.to_string()), &person))
            }
            Named::Course(name) => {
                let course = store.course(&name).await?.ok_or_else(absent)?;
                Ok(self.ask(Some(name.to_string()), &course))
            }
            Named::Seat(name) => {
                let seat = store.seat_by_name(&name).await?.ok_or_else(absent)?;
                Ok(self.ask(Some(name.to_string()), &seat))
            }
            Named::NewVm(name) => {
                let seat =
                    find::seat_for(store, &self.actor, name.seat.as_ref()).await?.ok_or_else(absent)?;
                Ok(self.ask(Some(format!("{}.{}", name.name, seat.name)), &seat))
            }
            Named::Vm(name) => {
                let vm = find::machine(store, &self.actor, &name).await?.ok_or_else(absent)?;
                Ok(self.ask(Some(find::subject(&vm)), &vm))
            }
            Named::Forward(destination) => {
                let destination = match destination {
                    Ok(destination) => destination,
                    Err(refusal) => return Ok(nowhere(refusal.code())),
                };
                let vm = find::destination(store, &self.actor, &destination).await?.ok_or_else(absent)?;
                let (subject, port) = (find::subject(&vm), destination.port());
                Ok(self.ask(Some(format!("{subject}:{port}")), &Forward { vm, port }))
            }
            Named::Publish(name, port) => self.publish(&name, port).await,
            Named::Publication(port) => {
                let publication = store.publication(port).await?.ok_or_else(absent)?;
                Ok(self.ask(Some(port.to_string()), &publication))
            }
            Named::Backup(name, seat) => {
                let backup =
                    find::backup(store, &self.actor, &name, seat.as_ref()).await?.ok_or_else(absent)?;
                Ok(self.ask(Some(format!("{name}.{}", backup.seat_name)), &backup))
            }
        }
    }

    /// For the campus, on a port that puerta would choose, as `port publish` does when nothing more is said.
    async fn publish(&self, name: &VmRef, vm_port: u16) -> Result<Verdict> {
        let vm =
            find::machine(&self.app.store, &self.actor, name).await?.ok_or_else(|| Error::no_vm(name))?;
        let subject = format!("{}:{vm_port}", find::subject(&vm));
        let protocol = Protocol::Tcp;
        let publish = Publish { vm, vm_port, protocol, port: None, sources: None, beyond_campus: false };
        Ok(self.ask(Some(subject), &publish))
    }

    fn ask<T: Resource>(&self, subject: Option<String>, target: &T) -> Verdict {
        let ask = |context| self.policy.explain(&self.actor, self.action, target, context);
        let answer = ask(self.context);
        let with_factor = answer.is_err() && ask(Context { second_factor: true, ..self.context }).is_ok();
        Verdict { subject, said: Said::Judged { answer, with_factor } }
    }

    fn view(&self, verdict: Verdict) -> ExplainView {
        let (allowed, reason, ids, second_factor_helps) = match verdict.said {
            Said::Nowhere(why) => (false, why, Vec::new(), false),
            Said::Judged { answer: Ok(ids), .. } => (true, "policies", ids, false),
            Said::Judged { answer: Err(ids), with_factor } => {
                let reason = if ids.is_empty() { "nothing" } else { "policies" };
                (false, reason, ids, with_factor)
            }
        };
        ExplainView {
            who: self.actor.login.clone(),
            verb: self.action.as_str(),
            target: verdict.subject,
            at: String::new(),
            from: String::new(),
            allowed,
            reason,
            policies: ids.into_iter().map(|id| self.place(id)).collect(),
            second_factor_helps,
        }
    }

    fn place(&self, id: String) -> PlaceView {
        let stated = self.policy.stated().get(&id);
        let place = stated.map(|stated| match stated.file.ends_with(".cedar") {
            true => format!("{}:{}", stated.file, stated.line),
            false => stated.file.clone(),
        });
        PlaceView { id, place }
    }
}

fn nowhere(why: &'static str) -> Verdict {
    Verdict { subject: None, said: Said::Nowhere(why) }
}
