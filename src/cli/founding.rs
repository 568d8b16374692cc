//! What belongs together in the state folder: the registry, the host key and the audit's key. `init` makes
//! them and writes down which they are (`lab.json`); everything else only takes what is there, and refuses
//! what is missing, emptied or another lab's: an unmounted disk looks like an empty lab.

use super::host_key;
use crate::app::shelf;
use crate::config::Config;
use anyhow::{Context, bail, ensure};
use puerta_keys::audit::AuditKey;
use puerta_keys::host::HostKey;
use puerta_store::{Store, StoreError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The marks of one lab.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Founding {
    /// The registry's own.
    pub(super) lab: String,
    /// Fingerprint of the host key.
    host_key: String,
    /// Fingerprint of the key that signs the audit.
    audit_key: String,
}

/// Everything that was found, and fits.
pub(super) struct Found {
    pub(super) host_key: HostKey,
    pub(super) audit_key: Arc<AuditKey>,
    pub(super) store: Store,
}

fn file(config: &Config) -> PathBuf {
    config.state_dir.join("lab.json")
}

impl Founding {
    /// What was written down; `None` when nothing was (a lab that an older puerta began).
    pub(super) fn read(config: &Config) -> anyhow::Result<Option<Self>> {
        let path = file(config);
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map(Some).with_context(|| path.display().to_string()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    async fn of(found: &Found) -> anyhow::Result<Self> {
        Ok(Self {
            lab: found.store.owner().await?,
            host_key: found.host_key.fingerprint(),
            audit_key: found.audit_key.fingerprint(),
        })
    }

    fn write(&self, config: &Config) -> anyhow::Result<()> {
        let path = file(config);
        let part = path.with_extension("part");
        let written = || -> anyhow::Result<()> {
            let mut options = std::fs::OpenOptions::new();
            let mut to = options.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            writeln!(to, "{}", serde_json::to_string_pretty(self)?)?;
            to.sync_all()?;
            std::fs::rename(&part, &path)?;
            Ok(std::fs::File::open(&config.state_dir)?.sync_all()?)
        };
        written().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Names the part that is not the one that was written down.
    fn same(&self, now: &Self, config: &Config) -> anyhow::Result<()> {
        let parts = [
            ("registry", &self.lab, &now.lab, config.database()),
            ("host key", &self.host_key, &now.host_key, config.host_key()),
            ("audit key", &self.audit_key, &now.audit_key, config.audit_key()),
        ];
        for (what, was, is, path) in parts {
            ensure!(
                was == is,
                "{}: this {what} ({is}) is not the one of this lab ({was}): put the right one back; if you \
                 replaced it on purpose, remove {} and run `puerta init`",
                path.display(),
                file(config).display()
            );
        }
        Ok(())
    }
}

/// The lab that is there, whole. It makes nothing.
pub(super) async fn find(config: &Config) -> anyhow::Result<Found> {
    let founding = Founding::read(config)?;
    let dir = &config.state_dir;
    ensure!(dir.is_dir(), "{}: this folder is not there: {MOUNT}; {BEGIN}", dir.display());
    let store = Store::open(&config.database()).await.map_err(|error| lost(config, error))?;
    let whole = whole(config, founding, store.clone()).await;
    if whole.is_err() {
        // It leaves nothing beside its file.
        store.close().await;
    }
    whole
}

async fn whole(config: &Config, founding: Option<Founding>, store: Store) -> anyhow::Result<Found> {
    let found = Found {
        store,
        host_key: host_key::load(&config.host_key(), "host key")?
            .with_context(|| gone(&config.host_key(), "host key", config))?,
        audit_key: super::audit::load_key(config)?
            .with_context(|| gone(&config.audit_key(), "audit key", config))?,
    };
    let archives = &config.backup.dir;
    let known = found.store.backups().await?;
    ensure!(
        known.is_empty() || shelf::adopt(archives, &known)?,
        "{}: the folder of the backups is not there, or none of them is in it: {MOUNT} If they were removed on \
         purpose, `touch {}`",
        archives.display(),
        archives.join(shelf::MARK).display()
    );
    match founding {
        Some(founding) => founding.same(&Founding::of(&found).await?, config)?,
        None => tracing::warn!(
            "{} is not there, so nobody can tell whether registry and keys are this lab's own: \
             run `puerta init`, which writes it",
            file(config).display()
        ),
    }
    Ok(found)
}

/// Makes what is missing of a lab that begins, or was cut in its beginning; of one that was there, nothing.
pub(super) async fn make(config: &Config) -> anyhow::Result<Found> {
    if Founding::read(config)?.is_some() {
        return find(config).await;
    }
    if !config.database().exists()
        && let Some(left) = remains(config)
    {
        bail!("{}", orphaned(config, &left));
    }
    folder(&config.state_dir)?;
    let found = Found {
        host_key: host_key::load_or_make(&config.host_key(), "host key", "puerta")?,
        audit_key: super::audit::load_or_make_key(config)?,
        store: Store::make(&config.database()).await.context("the registry")?,
    };
    Founding::of(&found).await?.write(config)?;
    Ok(found)
}

/// A folder closed to others.
fn folder(dir: &Path) -> anyhow::Result<()> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot make {}", dir.display()))
}

const MOUNT: &str = "is its file system mounted?";
const BEGIN: &str = "a new lab begins with `puerta init`";

/// What only a lab that had people leaves: its audit, and its archives.
fn remains(config: &Config) -> Option<PathBuf> {
    let audit = config.audit();
    let archives = || std::fs::read_dir(&config.backup.dir).ok()?.flatten().next().map(|entry| entry.path());
    if audit.exists() { Some(audit) } else { archives() }
}

fn orphaned(config: &Config, left: &Path) -> String {
    format!(
        "{}: the registry is not there, but {} is: a lab lost it. Put a copy of the registry back, or see what \
         `puerta rebuild` can make of engine, archives and audit",
        config.database().display(),
        left.display()
    )
}

fn lost(config: &Config, error: StoreError) -> anyhow::Error {
    let StoreError::Absent(path) = &error else { return anyhow::Error::new(error).context("the registry") };
    if let Some(copy) = rescued(config) {
        return anyhow::anyhow!(
            "{}: the registry is gone or empty. What was in it was rescued: `mv {} {}`",
            path.display(),
            copy.display(),
            path.display()
        );
    }
    match remains(config).or_else(|| Some(file(config)).filter(|file| file.exists())) {
        Some(left) => anyhow::anyhow!("{}", orphaned(config, &left)),
        None => anyhow::anyhow!("{}: the registry is not there: {MOUNT}; {BEGIN}", path.display()),
    }
}

/// The newest copy that a running puerta saved.
pub(super) fn rescued(config: &Config) -> Option<PathBuf> {
    let files = std::fs::read_dir(&config.state_dir).ok()?.flatten().map(|entry| entry.path());
    let ours = |path: &PathBuf| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with("rescued-") && name.ends_with(".sqlite"))
    };
    files.filter(ours).max()
}

fn gone(path: &Path, what: &str, config: &Config) -> String {
    format!(
        "{}: the {what} is not there: {MOUNT} Or put it back from a copy; to have another one, which everybody \
         will notice, remove {} and run `puerta init`",
        path.display(),
        file(config).display()
    )
}
