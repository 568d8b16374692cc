//! A key of ours as a file (the host key, the audit's): made by `init`, refused when others may read it.

use anyhow::{Context, bail};
use puerta_keys::host::HostKey;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The key at `path`; a new one with that comment when there is none. `what` names it.
pub(super) fn load_or_make(path: &Path, what: &str, comment: &str) -> anyhow::Result<HostKey> {
    load(path, what)?.map_or_else(|| make(path, what, comment), Ok)
}

/// The key at `path`; `None` when there is none.
pub(super) fn load(path: &Path, what: &str) -> anyhow::Result<Option<HostKey>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let mode = std::fs::metadata(path)?.permissions().mode();
            if mode & 0o077 != 0 {
                bail!("{}: others may read it (mode {:04o}); chmod 0600 it", path.display(), mode & 0o7777);
            }
            let key = HostKey::parse(&text);
            key.map(Some).with_context(|| format!("{}: no usable {what}", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Written beside its name and renamed: a crash leaves no half key. The private half comes last: it
/// is what the next start looks for.
fn make(path: &Path, what: &str, comment: &str) -> anyhow::Result<HostKey> {
    let key = HostKey::generate(comment)?;
    write(&path.with_extension("pub"), key.public_line(), 0o644)?;
    write(path, key.private_text(), 0o600)?;
    tracing::info!(path = %path.display(), fingerprint = key.fingerprint(), "made the {what}");
    Ok(key)
}

fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let part = path.with_extension("part");
    let written = || -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(mode).open(&part)?;
        file.set_permissions(std::fs::Permissions::from_mode(mode))?;
        writeln!(file, "{}", text.trim_end())?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}
