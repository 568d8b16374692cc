//! `totp ...` and `person totp-reset`: a second factor is set up, given up, or taken away from who
//! lost it. It exists only once a code of it was right; until then the person's session holds it.

use crate::app::command::TotpCommand;
use crate::app::ctx::{Ctx, Visitor};
use crate::app::error::{Cause, Error, Kind, Result};
use crate::app::login::Checked;
use crate::app::reply::{PersonReply, Reply, TotpReply, TotpView};
use crate::app::secret::Secret;
use crate::app::{App, clock};
use puerta_keys::code::{self, Code};
use puerta_keys::totp::Shared;
use puerta_lab::action::Action;
use puerta_lab::model::Person;
use puerta_policy::decide::Own;
use puerta_store::{NewFactor, StoreError};

/// What apps show beside the person's login.
const ISSUER: &str = "puerta";
/// Recovery codes that are given at once.
const RECOVERY: usize = 10;

pub(super) async fn run(ctx: &Ctx<'_>, command: TotpCommand) -> Result<Reply> {
    let person = ctx.visitor.person;
    let store = &ctx.app.store;
    let _own = ctx.permit(Action::SecondFactor, Own(person), None, Error::denied()).await?;
    let there = store.second_factor(person).await?.is_some();
    match command {
        TotpCommand::Offer => {
            absent(there)?;
            offer(ctx)
        }
        TotpCommand::Add { secret, code } => {
            absent(there)?;
            add(ctx, &secret, &code).await
        }
        TotpCommand::Remove(code) => {
            prove(ctx, there, &code).await?;
            store.remove_second_factor(person).await?;
            Ok(Reply::Totp(TotpReply::Removed))
        }
        TotpCommand::Codes(code) => {
            prove(ctx, there, &code).await?;
            let (codes, hashes) = recovery()?;
            store.set_recovery_codes(person, &hashes).await?;
            Ok(Reply::Totp(TotpReply::Codes { codes }))
        }
    }
}

fn absent(there: bool) -> Result<()> {
    if there { Err(Error::new(Kind::Conflict, "error-totp-twice")) } else { Ok(()) }
}

/// A new secret. Nothing is kept of it: it comes back with a code, or never.
fn offer(ctx: &Ctx<'_>) -> Result<Reply> {
    let shared = Shared::generate().map_err(|error| Error::internal(&error))?;
    let uri = shared.uri(ISSUER, ctx.visitor.login.as_str());
    Ok(Reply::Totp(TotpReply::Offered(TotpView {
        secret: shared.expose().to_string(),
        uri: uri.to_string(),
    })))
}

/// The code shows that the app has the secret, and that both clocks agree.
async fn add(ctx: &Ctx<'_>, secret: &Secret, code: &Secret) -> Result<Reply> {
    let now = clock::now();
    let shared = Shared::parse(secret.expose()).ok_or_else(|| Error::internal(&"not a secret of ours"))?;
    let seconds = u64::try_from(now.0 / 1000).unwrap_or_default();
    let step = *shared.steps(code.expose(), seconds).first().ok_or_else(wrong)?;
    let (codes, recovery) = recovery()?;
    let new = NewFactor { secret: secret.expose().to_owned(), step, recovery };
    ctx.app.store.add_second_factor(ctx.visitor.person, new, now).await.map_err(|error| match error {
        StoreError::Taken(_) => Error::new(Kind::Conflict, "error-totp-twice"),
        other => other.into(),
    })?;
    // What was guessed at an earlier one says nothing about this one.
    ctx.app.logins.forgive(ctx.visitor.person);
    Ok(Reply::Totp(TotpReply::Added { codes }))
}

fn wrong() -> Error {
    Error::new(Kind::Denied, "error-totp-code").because(Cause::WrongCode)
}

/// Who changes a second factor has it.
async fn prove(ctx: &Ctx<'_>, there: bool, code: &Secret) -> Result<()> {
    if !there {
        return Err(Error::new(Kind::NotFound, "error-totp-none"));
    }
    match ctx.app.check_factor(ctx.visitor.person, code).await? {
        Checked::Right(_) => Ok(()),
        Checked::Wrong => Err(wrong()),
        Checked::Closed { left } => {
            let minutes = left.as_secs() / 60 + 1;
            Err(Error::new(Kind::Limited, "error-totp-closed").with("minutes", minutes))
        }
    }
}

/// New recovery codes, to be shown this once, and what the store keeps.
fn recovery() -> Result<(Vec<String>, Vec<String>)> {
    let codes: std::result::Result<Vec<Code>, _> = (0..RECOVERY).map(|_| code::generate()).collect();
    let codes = codes.map_err(|error| Error::internal(&error))?;
    Ok(codes.iter().map(|code| (code.expose().to_owned(), code.hash())).unzip())
}

/// `person totp-reset`: they lost it. The next login is by their first factor alone.
pub(super) async fn reset(ctx: &Ctx<'_>, person: Person) -> Result<Reply> {
    let login = person.login.to_string();
    if person.id == ctx.visitor.person {
        // Who has it takes it away with a code.
        return Err(Error::new(Kind::Denied, "error-totp-self"));
    }
    if !ctx.app.store.remove_second_factor(person.id).await? {
        return Err(Error::new(Kind::NotFound, "error-totp-nobody").with("login", login));
    }
    ctx.app.logins.forgive(person.id);
    Ok(Reply::Person(PersonReply::TotpReset { login }))
}

impl App {
    /// Whether the visitor has a second factor now.
    pub async fn has_second_factor(&self, visitor: &Visitor) -> Result<bool> {
        Ok(self.store.second_factor(visitor.person).await?.is_some())
    }
}
