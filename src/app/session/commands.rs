//! `session list|show|close` and `message`.

use crate::app::command::{MessageCommand, SessionCommand};
use crate::app::ctx::Ctx;
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind, Result};
use crate::app::presence::{Channel, Connection, Notice, SessionId, What};
use crate::app::reply::{MessageView, OpenKind, OpenView, Reply, SessionReply, SessionView};
use crate::app::{Outcome, clock, console, find};
use puerta_audit::Phase;
use puerta_lab::action::Action;
use puerta_lab::model::{Person, PersonId};
use puerta_lab::names::{CampusName, CourseName};
use puerta_policy::decide::{Decision, Lab};
use std::collections::HashMap;
use std::sync::Arc;

/// A message's longest text, characters.
const LONGEST: usize = 500;

pub(crate) async fn run(ctx: &Ctx<'_>, command: SessionCommand) -> Result<Outcome> {
    match command {
        SessionCommand::List { person, course } => {
            list(ctx, person.as_ref(), course.as_ref()).await.map(Outcome::from)
        }
        SessionCommand::Show(id) => {
            let (connection, _) = judged(ctx, &id, Action::SessionView).await?;
            Ok(Reply::Session(SessionReply::One(view(&connection))).into())
        }
        SessionCommand::Close(id) => close(ctx, &id).await.map(Outcome::from),
        SessionCommand::Recordings { person } => {
            console::recordings(ctx, person.as_ref()).await.map(Outcome::from)
        }
        SessionCommand::Play { id, speed } => console::play(ctx, &id, speed).await,
        SessionCommand::Watch(id) => console::watch(ctx, &id).await,
    }
}

fn view(connection: &Connection) -> SessionView {
    let visitor = &connection.visitor;
    SessionView {
        session: visitor.connection.clone(),
        login: visitor.login.to_string(),
        from: visitor.source.to_string(),
        since: clock::rfc3339(connection.since),
        method: visitor.method,
        open: connection.channels().iter().map(|channel| open(&visitor.connection, channel)).collect(),
    }
}

fn open(connection: &str, channel: &Channel) -> OpenView {
    let (kind, vm, port, recorded) = match &channel.what {
        What::Shell => (OpenKind::Shell, None, None, false),
        What::Exec { .. } => (OpenKind::Exec, None, None, false),
        What::Pipe => (OpenKind::Pipe, None, None, false),
        What::Console(screen) => (OpenKind::Console, Some(screen.vm.clone()), None, screen.recorded),
        What::Forward { vm, port } => (OpenKind::Forward, Some(vm.clone()), Some(*port), false),
    };
    let (bytes_up, bytes_down) = channel.traffic.read();
    OpenView {
        id: SessionId::of_channel(connection, channel.number).to_string(),
        kind,
        vm,
        port,
        recorded,
        since: clock::rfc3339(channel.since),
        bytes_up,
        bytes_down,
    }
}

async fn list(ctx: &Ctx<'_>, of: Option<&CampusName>, course: Option<&CourseName>) -> Result<Reply> {
    let of = match of {
        Some(typed) => Some(find::permit_person(ctx, typed, Action::SessionView).await?.into_target()),
        None => None,
    };
    let people = match course {
        Some(course) => Some(people_of(ctx, course).await?),
        None => None,
    };
    let mut seen: HashMap<PersonId, bool> = HashMap::new();
    let mut views = Vec::new();
    for connection in ctx.app.presence.all() {
        let visitor = &connection.visitor;
        let wanted = of.as_ref().is_none_or(|person| visitor.person == person.id)
            && people.as_ref().is_none_or(|people| people.iter().any(|one| one.id == visitor.person));
        if !wanted {
            continue;
        }
        let may = match seen.get(&visitor.person) {
            Some(may) => *may,
            None => {
                let person = ctx.app.store.person(visitor.person).await?;
                let may = person.is_some_and(|person| {
                    matches!(ctx.decide(Action::SessionView, person), Decision::Allow(_))
                });
                seen.insert(visitor.person, may);
                may
            }
        };
        views.extend(may.then(|| view(&connection)));
    }
    Ok(Reply::Session(SessionReply::List(views)))
}

/// The people of a course. Who may not see courses learns nothing about which there are.
async fn people_of(ctx: &Ctx<'_>, course: &CourseName) -> Result<Vec<Person>> {
    let _lab = ctx.permit(Action::CourseList, Lab, None, Error::denied()).await?;
    let course = find::course(&ctx.app.store, course).await?;
    Ok(ctx.app.store.people_of_course(course.id).await?)
}

/// A live connection, once policy allows `action` on its person. One that is somebody else's reads
/// as one that is not there.
async fn judged(ctx: &Ctx<'_>, id: &SessionId, action: Action) -> Result<(Arc<Connection>, Person)> {
    let absent = || Error::new(Kind::NotFound, "error-no-session").with("session", id);
    let open = |connection: &Connection, number| {
        connection.channels().iter().any(|channel| channel.number == number)
    };
    let there = |one: &Arc<Connection>| id.channel.is_none_or(|number| open(one, number));
    let connection = ctx.app.presence.find(&id.connection).filter(there);
    let person = connection.as_ref().map_or(PersonId(0), |connection| connection.visitor.person);
    let found = ctx.app.store.person(person).await?;
    let named = find::Named {
        subject: found.as_ref().map(|person| person.login.to_string()),
        found,
        nobodys: Person::nobody(ctx.visitor.login.clone()),
        absent: absent(),
        unseen: absent(),
    };
    let person = named.seen(ctx, Action::SessionView, action).await?;
    let person = ctx.permit(action, person, None, Error::denied()).await?.into_target();
    Ok((connection.ok_or_else(absent)?, person))
}

async fn close(ctx: &Ctx<'_>, id: &SessionId) -> Result<Reply> {
    let (connection, person) = judged(ctx, id, Action::SessionClose).await?;
    let session = connection.visitor.connection.clone();
    if id.channel.is_some() {
        // Not more than was asked for.
        let error = Error::new(Kind::Usage, "error-session-part").with("part", id);
        return Err(error.with("session", session));
    }
    let line = ctx.line(Phase::Note, "session.close");
    let line = line.with("session", session.clone()).with("person", person.login.to_string());
    ctx.app.audit.begin(line).await?;
    let own = ctx.actor.person == Some(person.id);
    connection.end(if own { Reason::ClosedByOneself } else { Reason::ClosedByStaff });
    Ok(Reply::Session(SessionReply::Closed { session, login: person.login.to_string() }))
}

/// `message`.
pub(crate) async fn message(ctx: &Ctx<'_>, command: &MessageCommand) -> Result<Reply> {
    if command.text.chars().count() > LONGEST {
        return Err(Error::new(Kind::Usage, "error-message-long").with("max", LONGEST));
    }
    let people = audience(ctx, command).await?;
    let from = ctx.visitor.login.to_string();
    let notice = Notice::Message { from, text: command.text.clone() };
    let mut view =
        MessageView { to: command.to.clone(), shells: 0, reached: Vec::new(), without: Vec::new() };
    for person in people {
        let shells = ctx.app.presence.notify(person.id, &notice);
        view.shells += shells;
        let side = if shells > 0 { &mut view.reached } else { &mut view.without };
        side.push(person.login.to_string());
    }
    let line = ctx.line(Phase::Note, "message").with("to", command.to.clone());
    let line = line.with("text", command.text.clone()).with("shells", view.shells);
    ctx.app.audit.finish(line.with("reached", view.reached.clone())).await;
    Ok(Reply::Message(view))
}

/// Who gets it, each of them judged: a person if there is one of that name, or a course's people.
async fn audience(ctx: &Ctx<'_>, command: &MessageCommand) -> Result<Vec<Person>> {
    let store = &ctx.app.store;
    if let Some(login) = &command.person {
        match find::permit_person(ctx, login, Action::MessageSend).await {
            Ok(person) => return Ok(vec![person.into_target()]),
            // Then it may be a course's name.
            Err(nobody) if nobody.kind == Kind::NotFound && command.course.is_some() => {}
            Err(error) => return Err(error),
        }
    }
    let Some(name) = &command.course else { return Err(Error::denied()) };
    let nobody = || Error::new(Kind::NotFound, "error-message-nobody").with("name", name);
    // As in `people_of`: who may not look at courses learns nothing about which there are.
    let _lab = ctx.permit(Action::CourseList, Lab, None, Error::denied()).await?;
    let course = store.course(name).await?.ok_or_else(nobody)?;
    let mut people = store.people_of_course(course.id).await?;
    people.retain(|person| matches!(ctx.decide(Action::MessageSend, person.clone()), Decision::Allow(_)));
    // One of them stands for all in the audit: its line has the words that were typed.
    let first = people.first().cloned().ok_or_else(nobody)?;
    let _first = ctx.permit(Action::MessageSend, first, None, Error::denied()).await?;
    Ok(people)
}
