//! Ready rules: turned on and off in the registry, written out as Cedar, and put in force together
//! with the files. A set that is refused leaves registry and policy as they were.

use super::files;
use super::ruling::RulingTurn;
use super::zone;
use crate::app::command::NewRule;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{PolicyReply, Reply, RuleState, RuleView};
use crate::app::{App, clock};
use crate::config::Config;
use ipnet::IpNet;
use jiff::tz::TimeZone;
use puerta_lab::model::{RuleId, Timestamp};
use puerta_lab::names::{CourseName, VmName};
use puerta_lab::rules::{ReadyRule, Rule, Window};
use puerta_policy::decide::Policy;
use puerta_policy::rules::cedar;
use puerta_store::{Changed, Store, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Name and Cedar text of each rule, as of `now`. An exam that is over says nothing any more.
pub(in crate::app) fn rendered(
    rules: &[ReadyRule],
    zone: &TimeZone,
    now: Timestamp,
) -> Vec<(String, String)> {
    let one = |ready: &ReadyRule| (ready.policy_id(), cedar(ready, &zone::windows(&ready.rule, zone, now)));
    let over = |ready: &&ReadyRule| matches!(ready.rule, Rule::Exam { time, .. } if time.until() <= now);
    rules.iter().filter(|ready| !over(ready)).map(one).collect()
}

/// The policy with the ready rules of the registry, for who needs it without an [`App`].
pub async fn whole(
    policy: &Policy,
    store: &Store,
    config: &Config,
) -> std::result::Result<Policy, Vec<String>> {
    let rules = store.rules().await.map_err(|error| vec![error.to_string()])?;
    files::with(policy, &rendered(&rules, &config.timezone, clock::now()))
}

impl App {
    /// The ready rules as they are written out now.
    pub(in crate::app) async fn rendered_rules(&self) -> Result<Vec<(String, String)>> {
        let all = self.store.rules().await?;
        Ok(rendered(&all, &self.config.timezone, clock::now()))
    }

    /// Puts the ready rules of the registry in force with the files that are; or says what is wrong
    /// with them, and what was in force stays.
    pub async fn rule_anew(&self) -> std::result::Result<Changed<()>, Vec<String>> {
        self.rule_now(&self.ruling.turn().await).await
    }

    pub(super) async fn rule_now(
        &self,
        turn: &RulingTurn<'_>,
    ) -> std::result::Result<Changed<()>, Vec<String>> {
        let rules = self.rendered_rules().await.map_err(|error| vec![format!("{error:?}")])?;
        Ok(turn.replace(files::with(&self.policy(), &rules)?))
    }
}

pub(super) async fn list(ctx: &Ctx<'_>) -> Result<Reply> {
    let mut views = Vec::new();
    for ready in ctx.app.store.rules().await? {
        views.push(view(ctx.app, &ready).await?);
    }
    Ok(Reply::Policy(PolicyReply::Rules(views)))
}

pub(super) async fn add(ctx: &Ctx<'_>, new: NewRule) -> Result<Reply> {
    let rule = settled(ctx, new)?;
    let (app, author) = (Arc::clone(ctx.app), ctx.actor.login.clone());
    // Begun, it is finished: registry, policy and firewall go together.
    let work = ctx.app.tasks.spawn(async move { put_in(&app, &rule, &author).await });
    let ready = work.await.map_err(|panic| Error::internal(&panic))??;
    Ok(Reply::Policy(PolicyReply::RuleAdded(view(ctx.app, &ready).await?)))
}

pub(super) async fn remove(ctx: &Ctx<'_>, id: RuleId) -> Result<Reply> {
    let absent = || Error::new(Kind::NotFound, "error-no-rule").with("rule", id);
    let all = ctx.app.store.rules().await?;
    let ready = all.into_iter().find(|ready| ready.id == id).ok_or_else(absent)?;
    let app = Arc::clone(ctx.app);
    let gone = ready.clone();
    let work = ctx.app.tasks.spawn(async move { take_out(&app, &gone).await });
    match work.await.map_err(|panic| Error::internal(&panic))?? {
        true => Ok(Reply::Policy(PolicyReply::RuleRemoved(view(ctx.app, &ready).await?))),
        false => Err(absent()),
    }
}

async fn put_in(app: &Arc<App>, rule: &Rule, author: &str) -> Result<ReadyRule> {
    let turn = app.ruling.turn().await;
    let added = app.store.add_rule(rule, author, clock::now()).await;
    let ready = added.map_err(|error| match (error, rule.course()) {
        (StoreError::Gone, Some(course)) => {
            Error::new(Kind::NotFound, "error-no-course").with("course", course)
        }
        (other, _) => other.into(),
    })?;
    let ruled = match app.rule_now(&turn).await {
        Ok(ruled) => ruled,
        Err(errors) => {
            app.store.remove_rule(ready.id).await?;
            return Err(refused(&errors));
        }
    };
    drop(turn);
    app.exam_turned(&ready, true).await;
    app.after(ruled).await;
    Ok(ready)
}

async fn take_out(app: &Arc<App>, ready: &ReadyRule) -> Result<bool> {
    let turn = app.ruling.turn().await;
    let done = app.store.remove_rule(ready.id).await?;
    let ruled = app.rule_now(&turn).await.map_err(|errors| refused(&errors))?;
    drop(turn);
    if done {
        app.exam_turned(ready, false).await;
    }
    app.after(ruled).await;
    Ok(done)
}

pub(super) fn refused(errors: &[String]) -> Error {
    Error::new(Kind::Conflict, "error-policy-refused").with("reason", errors.join("; "))
}

/// What was asked for, with the configuration's part in it, and its moments.
fn settled(ctx: &Ctx<'_>, new: NewRule) -> Result<Rule> {
    Ok(match new {
        NewRule::Exam { course, from, until, machines, verbs } => {
            let time = Window::new(from, until).map_err(|_| Error::new(Kind::Usage, "error-rule-window"))?;
            if time.until() <= clock::now() {
                let at = zone::written(time.until(), &ctx.app.config.timezone);
                return Err(Error::new(Kind::Usage, "error-rule-past").with("at", at));
            }
            Rule::Exam { course, time, machines, verbs }
        }
        NewRule::Timetable { course, open } => Rule::Timetable { course, open },
        NewRule::Campus { course, networks } => {
            let campus =
                || ctx.app.config.firewall.campus.iter().map(|network| IpNet::V4(*network)).collect();
            let networks: Vec<IpNet> = networks.unwrap_or_else(campus);
            if networks.is_empty() {
                return Err(Error::new(Kind::Usage, "error-rule-no-campus"));
            }
            Rule::Campus { course, networks }
        }
        NewRule::SecondFactor { role } => Rule::SecondFactor { role },
    })
}

async fn view(app: &App, ready: &ReadyRule) -> Result<RuleView> {
    let (now, zone) = (clock::now(), &app.config.timezone);
    let common = RuleView {
        id: ready.id.0,
        policy: ready.policy_id(),
        kind: ready.rule.kind(),
        state: state(&ready.rule, zone, now),
        course: ready.rule.course().map(ToString::to_string),
        author: ready.author.clone(),
        created: clock::rfc3339(ready.created),
        from: None,
        until: None,
        machines: Vec::new(),
        nobodys: Vec::new(),
        verbs: None,
        open: None,
        zone: None,
        networks: Vec::new(),
        role: None,
    };
    let zone_name = zone.iana_name().map(str::to_owned);
    Ok(match &ready.rule {
        Rule::Exam { course, time, machines, verbs } => RuleView {
            from: Some(zone::written(time.from(), zone)),
            until: Some(zone::written(time.until(), zone)),
            machines: machines.iter().map(ToString::to_string).collect(),
            nobodys: nobodys(app, course, machines).await?,
            verbs: Some(verbs.to_string()),
            zone: zone_name,
            ..common
        },
        Rule::Timetable { open, .. } => RuleView { open: Some(open.to_string()), zone: zone_name, ..common },
        Rule::Campus { networks, .. } => {
            RuleView { networks: networks.iter().map(ToString::to_string).collect(), ..common }
        }
        Rule::SecondFactor { role } => RuleView { role: Some(role.as_str()), ..common },
    })
}

/// Names of machines that nobody of the course has: to come, or mistyped.
async fn nobodys(app: &App, course: &CourseName, names: &BTreeSet<VmName>) -> Result<Vec<String>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let vms = app.store.vms().await?;
    let has = |name: &VmName| vms.iter().any(|vm| vm.course == *course && vm.name == *name);
    Ok(names.iter().filter(|name| !has(name)).map(ToString::to_string).collect())
}

fn state(rule: &Rule, zone: &TimeZone, now: Timestamp) -> RuleState {
    let inside = zone::windows(rule, zone, now).iter().any(|window| window.contains(now));
    match rule {
        Rule::Exam { time, .. } if time.until() <= now => RuleState::Over,
        Rule::Exam { .. } if !inside => RuleState::Off,
        Rule::Timetable { .. } if inside => RuleState::Off,
        _ => RuleState::On,
    }
}
