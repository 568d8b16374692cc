//! `puerta person totp-reset`: when nobody is left who can come in and do it.

use super::say;
use crate::config::Config;
use anyhow::{Context, bail};
use puerta_audit::{self as audit, Audit, Event};
use puerta_lab::names::Login;
use puerta_store::Store;
use std::process::ExitCode;

/// Takes a second factor away. While puerta runs it has the audit, and this is refused: what is not
/// written down does not happen.
pub(super) fn totp_reset(config: &Config, login: &str) -> anyhow::Result<ExitCode> {
    let login: Login = login.parse().with_context(|| format!("`{}`", login.escape_debug()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let audit = Audit::open(config.audit(), audit::system_clock).context("the audit log")?;
        let store = Store::open(&config.database()).await.context("the database")?;
        let person = store.person_by_login(&login).await?;
        let person = person.with_context(|| format!("there is no person `{login}`"))?;
        if store.second_factor(person.id).await?.is_none() {
            bail!("`{login}` has no second factor");
        }
        let event = Event::begin("person.totp-reset").with("login", login.as_str());
        audit.begin(event).await.context("the audit log")?;
        store.remove_second_factor(person.id).await?;
        audit.close().await;
        store.close().await;
        anyhow::Ok(())
    })?;
    say(&format!("`{login}` may log in without a second factor\n"))
}
