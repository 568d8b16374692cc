//! `person ...`: enrolling one, closing a door, opening it, taking somebody out.

use crate::app::command::PersonCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::find::{self, no_person, permit_person};
use crate::app::reply::{PersonReply, PersonView, Reply};
use crate::app::{App, account, clock, factor};
use puerta_lab::action::Action;
use puerta_lab::model::{Role, Timestamp};
use puerta_lab::names::{CourseName, Login};
use puerta_policy::decide::Lab;
use puerta_store::{Holding, NewCode, NewPerson, PersonRow, StoreError};
use unicode_normalization::UnicodeNormalization as _;

pub(super) async fn run(ctx: &Ctx<'_>, command: PersonCommand) -> Result<Reply> {
    let store = &ctx.app.store;
    match command {
        PersonCommand::Add { login, course, name, role, key } => {
            let new = NewcomerWords { login, course, name, role, key };
            add(ctx, new).await
        }
        PersonCommand::List => {
            let _lab = ctx.permit(Action::SeatList, Lab, None, Error::denied()).await?;
            Ok(Reply::Person(PersonReply::List(store.persons().await?.into_iter().map(view).collect())))
        }
        PersonCommand::Show(login) => {
            let _person = permit_person(ctx, &login, Action::PersonView).await?;
            let row = store.person_row(&login).await?.ok_or_else(|| no_person(&login))?;
            Ok(Reply::Person(PersonReply::One(view(row))))
        }
        PersonCommand::Code(login) => {
            let person = permit_person(ctx, &login, Action::PersonCode).await?.into_target();
            let (code, stored) = new_code(ctx.app)?;
            store.set_code(person.id, stored).await?;
            let row = store.person_row(&login).await?.ok_or_else(|| no_person(&login))?;
            Ok(Reply::Person(PersonReply::Added { person: view(row), code: Some(code) }))
        }
        PersonCommand::Suspend { login, resume } => suspend(ctx, &login, resume).await,
        PersonCommand::Remove { login, all } => remove(ctx, &login, all).await,
        PersonCommand::TotpReset(login) => {
            let person = permit_person(ctx, &login, Action::PersonSecondFactor).await?.into_target();
            factor::reset(ctx, person).await
        }
    }
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

/// A one-time code: its text, to be shown this once, and what the store keeps.
pub(super) fn new_code(app: &App) -> Result<(String, NewCode)> {
    let code = puerta_keys::code::generate().map_err(|error| Error::internal(&error))?;
    let expires = Timestamp(clock::now().0 + app.config.code_lifetime.as_millis() as i64);
    Ok((code.expose().to_owned(), NewCode { hash: code.hash(), expires }))
}

async fn suspend(ctx: &Ctx<'_>, login: &Login, resume: bool) -> Result<Reply> {
    let person = permit_person(ctx, login, Action::PersonSuspend).await?.into_target();
    let open = ctx.app.presence.connections(person.id);
    ctx.app.after(ctx.app.store.set_suspended(person.id, !resume).await?).await;
    let login = login.to_string();
    Ok(if resume {
        Reply::Person(PersonReply::Resumed { login })
    } else {
        Reply::Person(PersonReply::Suspended { login, sessions_closed: open })
    })
}

async fn remove(ctx: &Ctx<'_>, login: &Login, all: Option<u32>) -> Result<Reply> {
    let person = permit_person(ctx, login, Action::PersonRemove).await?.into_target();
    let open = ctx.app.presence.connections(person.id);
    let removed = ctx.app.store.remove_person(person.id, all, clock::now()).await;
    let removed = removed.map_err(|error| match error {
        StoreError::Holds(held) => find::holds("error-person-holds", held).with("login", login),
        other => other.into(),
    })?;
    // Whoever gets the number of a seat that went begins without its egress.
    let Holding { machines, backups } = ctx.app.after(removed).await;
    let login = login.to_string();
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
