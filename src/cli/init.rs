//! `puerta init`: make what is missing, change nothing that is there.

use super::founding::{self, Found};
use super::say;
use crate::app::clock;
use crate::config::Config;
use anyhow::{Context, bail};
use puerta_audit::{self as audit, Audit, Event};
use puerta_keys::AuthorizedKeyLine;
use puerta_lab::model::{Person, Role, Timestamp};
use puerta_lab::names::Login;
use puerta_store::{NewCode, NewKey, NewPerson};
use std::path::Path;
use std::process::ExitCode;

/// Every key with its meaning and its default, commented out.
const SAMPLE: &str = include_str!("puerta.toml");

/// Writes a commented configuration where there is none.
pub(super) fn prepare_config(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    std::fs::write(path, SAMPLE).with_context(|| format!("cannot write {}", path.display()))?;
    say(&format!("made {} (every key is explained in it)\n", path.display()))?;
    Ok(())
}

pub(super) fn run(config: &Config, admin: Option<&str>, key: Option<&Path>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let found = founding::make(config).await?;
        say(&format!("host key {}\n", found.host_key.fingerprint()))?;
        say(&format!("audit key {}\n", found.audit_key.fingerprint()))?;
        if let Some(login) = admin {
            add(config, &found, login, key).await?;
        }
        found.store.close().await;
        anyhow::Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn add(config: &Config, found: &Found, login: &str, key: Option<&Path>) -> anyhow::Result<()> {
    let store = &found.store;
    let login: Login = login.parse().with_context(|| format!("`{}`", login.escape_debug()))?;
    let key = key.map(read_key).transpose()?;
    if let Some(person) = store.person_by_login(&login).await? {
        return again(config, found, &person, key).await;
    }
    let code = if key.is_none() { Some(puerta_keys::code::generate()?) } else { None };
    let now = clock::now();
    let expires = Timestamp(now.0 + config.code_lifetime.as_millis() as i64);
    let stored = code.as_ref().map(|code| NewCode { hash: code.hash(), expires });
    let audit = begun(config, found, &login).await?;
    let person = NewPerson {
        login: login.clone(),
        name: String::new(),
        role: Role::Admin,
        course: None,
        key,
        code: stored,
    };
    // No puerta runs on this registry yet.
    drop(store.add_person(person, now).await?);
    audit.close().await;
    match code {
        Some(code) => say(&format!("`{login}` may log in once with the code {}\n", code.expose()))?,
        None => say(&format!("`{login}` may log in with the key\n"))?,
    };
    Ok(())
}

/// Asked for once more: who is there stays, and gets the key if it is not theirs yet.
async fn again(config: &Config, found: &Found, person: &Person, key: Option<NewKey>) -> anyhow::Result<()> {
    let login = &person.login;
    if person.role != Role::Admin {
        bail!("`{login}` is there already and is no admin ({}): choose another login", person.role.as_str());
    }
    let known = found.store.keys(person.id).await?;
    match key.filter(|key| known.iter().all(|known| known.fingerprint != key.fingerprint)) {
        None => say(&format!("`{login}` is there already\n"))?,
        Some(key) => {
            let audit = begun(config, found, login).await?;
            // No puerta runs on this registry: the audit is its own.
            drop(found.store.add_key(person.id, key, clock::now()).await?);
            audit.close().await;
            say(&format!("`{login}` is there already, and may log in with the key from now on\n"))?
        }
    };
    Ok(())
}

/// The audit, once it says who is let in.
async fn begun(config: &Config, found: &Found, login: &Login) -> anyhow::Result<Audit> {
    let settings = super::audit::settings(config, &found.audit_key);
    let audit = Audit::open_with(config.audit(), audit::system_clock, settings).context("the audit log")?;
    let event = Event::begin("person.init").with("login", login.as_str()).with("role", "admin");
    audit.begin(event).await.context("the audit log")?;
    Ok(audit)
}

fn read_key(path: &Path) -> anyhow::Result<NewKey> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let key = AuthorizedKeyLine::parse(&text).with_context(|| path.display().to_string())?;
    let AuthorizedKeyLine { algorithm, fingerprint, comment, line, .. } = key;
    Ok(NewKey { algorithm, fingerprint, comment, line })
}
