//! People.

use super::hidden::Named;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::action::Action;
use puerta_lab::model::Person;
use puerta_lab::names::Login;
use puerta_policy::decide::Permit;

/// There is nobody of that name.
pub(in crate::app) fn no_person(login: &Login) -> Error {
    Error::new(Kind::NotFound, "error-no-person").with("login", login)
}

/// The person, once policy allows `action` on them. Who may not reads that they may not, whether there is such a
/// person or not.
pub(in crate::app) async fn permit_person(
    ctx: &Ctx<'_>,
    login: &Login,
    action: Action,
) -> Result<Permit<Person>> {
    let named = Named {
        found: ctx.app.store.person_by_login(login).await?,
        nobodys: Person::nobody(login.clone()),
        subject: Some(login.to_string()),
        absent: no_person(login),
        unseen: Error::denied(),
    };
    let person = named.seen(ctx, action, action).await?;
    ctx.permit(action, person, None, Error::denied()).await
}
