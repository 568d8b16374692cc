//! People.

use super::hidden::Named;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::action::Action;
use puerta_lab::model::Person;
use puerta_lab::names::{CampusName, Login};
use puerta_policy::decide::Permit;
use puerta_store::Store;

/// There is nobody of that name.
pub(in crate::app) fn no_person(login: impl ToString) -> Error {
    Error::new(Kind::NotFound, "error-no-person").with("login", login)
}

/// Whom somebody names: by login, or as their campus calls them.
pub(in crate::app) async fn person(store: &Store, typed: &CampusName) -> Result<Person> {
    store.person_typed(typed).await?.ok_or_else(|| no_person(typed))
}

/// What stands for a person where there is none: asked about alike, whatever it is called.
fn nobody(typed: &CampusName) -> Person {
    Person::nobody(typed.as_str().parse().unwrap_or_else(|_| Login::nobodys()))
}

/// The person, once policy allows `action` on them. Who may not reads that they may not, whether there is such a
/// person or not.
pub(in crate::app) async fn permit_person(
    ctx: &Ctx<'_>,
    typed: &CampusName,
    action: Action,
) -> Result<Permit<Person>> {
    let named = Named {
        found: ctx.app.store.person_typed(typed).await?,
        nobodys: nobody(typed),
        subject: Some(typed.to_string()),
        absent: no_person(typed),
        unseen: Error::denied(),
    };
    let person = named.seen(ctx, action, action).await?;
    ctx.permit(action, person, None, Error::denied()).await
}
