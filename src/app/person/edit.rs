//! `person edit`: what is written of somebody, put right. A list that says otherwise changes it again.

use super::seen;
use crate::app::command::{Column, PersonChange};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::find::permit_person;
use crate::app::reply::{PersonReply, Reply};
use crate::app::roster;
use puerta_lab::action::Action;
use puerta_lab::names::CampusName;
use puerta_store::{PersonEdit, StoreError};

pub(super) async fn run(ctx: &Ctx<'_>, login: &CampusName, change: PersonChange) -> Result<Reply> {
    let PersonChange { name, email, idnumber, campus } = change;
    if name.is_none() && email.is_none() && idnumber.is_none() && campus.is_none() {
        return Err(Error::new(Kind::Usage, "error-edit-nothing"));
    }
    let fit = |column, value: Option<String>| value.map(|text| roster::fit(column, &text)).transpose();
    let (name, email) = (fit(Column::Firstname, name)?, fit(Column::Email, email)?);
    let idnumber = fit(Column::Idnumber, idnumber)?;
    let person = permit_person(ctx, login, Action::PersonEdit).await?.into_target();
    // A name of the campus that is their login is none of its own.
    let campus = campus.map(|campus| campus.filter(|campus| campus.as_str() != person.login.as_str()));
    if let Some(campus) = campus.iter().flatten().find(|campus| !campus.as_str().contains(['.', '@'])) {
        return Err(Error::new(Kind::Usage, "error-campus-login").with("campus", campus));
    }
    let taken = campus.iter().flatten().map(ToString::to_string).next().unwrap_or_default();
    let edited = ctx.app.store.edit_person(person.id, PersonEdit { name, email, idnumber, campus }).await;
    let edited = edited.map_err(|error| match error {
        StoreError::Taken(_) => Error::new(Kind::Conflict, "error-campus-taken").with("campus", taken),
        StoreError::Gone => crate::app::find::no_person(&person.login),
        other => other.into(),
    })?;
    ctx.app.after(edited).await;
    Ok(Reply::Person(PersonReply::One(seen(ctx, &person).await?)))
}
