//! `person ...`: enrolling one, closing a door, opening it, taking somebody out.

mod edit;

use crate::app::code::new_code;
use crate::app::command::PersonCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::find::{self, no_person, permit_person};
use crate::app::reply::{PersonReply, PersonView, Reply};
use crate::app::{account, clock, factor};
use puerta_lab::action::Action;
use puerta_lab::model::{Person, Role};
use puerta_lab::names::{CampusName, CourseName, Login};
use puerta_policy::decide::Lab;
use puerta_store::{Holding, NewPerson, PersonRow, StoreError};
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization as _;

pub(super) async fn run(ctx: &Ctx<'_>, command: PersonCommand) -> Result<Reply> {
    let store = &ctx.app.store;
    match command {
        PersonCommand::Add { login, course, name, role, key } => {
            let new = NewcomerWords { login, course, name, role, key };
            add(ctx, new).await
        }
        PersonCommand::List { course } => list(ctx, course.as_ref()).await,
        PersonCommand::Show(login) => {
            let person = permit_person(ctx, &login, Action::PersonView).await?.into_target();
            Ok(Reply::Person(PersonReply::One(seen(ctx, &person).await?)))
        }
        PersonCommand::Edit { login, change } => edit::run(ctx, &login, change).await,
        PersonCommand::Code(login) => {
            let person = permit_person(ctx, &login, Action::PersonCode).await?.into_target();
            let (code, stored) = new_code(ctx.app)?;
            store.set_code(person.id, stored).await?;
            let person = seen(ctx, &person).await?;
            Ok(Reply::Person(PersonReply::Added { person, code: Some(code) }))
        }
        PersonCommand::Suspend { login, resume } => suspend(ctx, &login, resume).await,
        PersonCommand::Remove { login, all } => remove(ctx, &login, all).await,
        PersonCommand::TotpReset(login) => {
            let person = permit_person(ctx, &login, Action::PersonSecondFactor).await?.into_target();
            factor::reset(ctx, person).await
        }
    }
}

/// Everybody, or who has a seat in the course.
async fn list(ctx: &Ctx<'_>, course: Option<&CourseName>) -> Result<Reply> {
    let _lab = ctx.permit(Action::SeatList, Lab, None, Error::denied()).await?;
    let store = &ctx.app.store;
    let mut all = store.persons().await?;
    if let Some(name) = course {
        let course = find::course(store, name).await?;
        let of: HashSet<_> = store.people_of_course(course.id).await?.iter().map(|one| one.id).collect();
        all.retain(|row| of.contains(&row.person.id));
    }
    Ok(Reply::Person(PersonReply::List(all.into_iter().map(view).collect())))
}

/// A person as they are now.
async fn seen(ctx: &Ctx<'_>, person: &Person) -> Result<PersonView> {
    let row = ctx.app.store.person_row(&person.login).await?;
    Ok(view(row.ok_or_else(|| no_person(&person.login))?))
}

struct NewcomerWords {
    login: Login,
    course: Option<CourseName>,
    name: Option<String>,
    role: Role,
    key: Option<String>,
}

async fn add(ctx: &Ctx<'_>, new: NewcomerWords) -> Result<Reply> {
    let store = &ctx.app.store;
    let action = if new.role == Role::Alumno { Action::PersonAdd } else { Action::PersonAddStaff };
    let _lab = ctx.permit(action, Lab, None, Error::denied()).await?;
    let key = new.key.as_deref().map(account::parse).transpose()?;
    let course = match &new.course {
        Some(name) => Some(find::course(store, name).await?),
        None => None,
    };
    let now = clock::now();
    // Somebody who is there already gets only a seat: what opens their door stays as it is.
    let known = store.person_by_login(&new.login).await?.is_some();
    if known && key.is_some() {
        return Err(Error::new(Kind::Conflict, "error-person-known").with("login", &new.login));
    }
    let (code, stored) = if known || key.is_some() {
        (None, None)
    } else {
        let (code, stored) = new_code(ctx.app)?;
        (Some(code), Some(stored))
    };
    let person = NewPerson {
        login: new.login.clone(),
        name: new.name.unwrap_or_default().nfc().collect(),
        role: new.role,
        course: course.map(|course| course.id),
        key,
        code: stored,
    };
    let added = store.add_person(person, now).await.map_err(|error| match error {
        StoreError::Taken(_) => Error::new(Kind::Conflict, "error-login-exists").with("login", &new.login),
        other => other.into(),
    })?;
    ctx.app.after(added).await;
    let row = store.person_row(&new.login).await?.ok_or_else(|| no_person(&new.login))?;
    Ok(Reply::Person(PersonReply::Added { person: view(row), code }))
}

async fn suspend(ctx: &Ctx<'_>, login: &CampusName, resume: bool) -> Result<Reply> {
    let person = permit_person(ctx, login, Action::PersonSuspend).await?.into_target();
    let open = ctx.app.presence.connections(person.id);
    ctx.app.after(ctx.app.store.set_suspended(person.id, !resume).await?).await;
    let login = person.login.to_string();
    Ok(if resume {
        Reply::Person(PersonReply::Resumed { login })
    } else {
        Reply::Person(PersonReply::Suspended { login, sessions_closed: open })
    })
}

async fn remove(ctx: &Ctx<'_>, login: &CampusName, all: Option<u32>) -> Result<Reply> {
    let person = permit_person(ctx, login, Action::PersonRemove).await?.into_target();
    let open = ctx.app.presence.connections(person.id);
    let removed = ctx.app.store.remove_person(person.id, all, clock::now()).await;
    let removed = removed.map_err(|error| match error {
        StoreError::Holds(held) => find::holds("error-person-holds", held).with("login", &person.login),
        other => other.into(),
    })?;
    // Whoever gets the number of a seat that went begins without its egress.
    let Holding { machines, backups } = ctx.app.after(removed).await;
    let login = person.login.to_string();
    Ok(Reply::Person(PersonReply::Removed { login, sessions_closed: open, machines, backups }))
}

fn view(row: PersonRow) -> PersonView {
    PersonView {
        login: row.person.login.to_string(),
        name: row.person.name,
        role: row.person.role.as_str(),
        suspended: row.person.suspended,
        seats: row.seats.iter().map(ToString::to_string).collect(),
        keys: row.keys,
        password: row.password,
        campus: row.campus.map(|campus| campus.to_string()),
        email: row.email,
        idnumber: row.idnumber,
        groups: row.groups,
        archived: row.archived,
        second_factor: row.second_factor,
        created: clock::rfc3339(row.person.created),
    }
}
