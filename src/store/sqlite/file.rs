//! The database's file, which only we may read, and whether it is still where it was opened. Knows nothing of
//! what is in it.

use crate::{Result, StoreError};
use rustix::fs::{Mode, OFlags};
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use tokio::sync::Mutex;

/// To close a database file drops every lock this process has on it (fcntl(2)), so a new one is closed before
/// another call sees it, and one that is there is not opened here.
static TURN: Mutex<()> = Mutex::const_new(());

/// Makes an empty file with mode 0600 before SQLite does, where there is none; `-wal` and `-shm` copy its mode.
pub(super) async fn make(path: &Path) -> Result<()> {
    let _turn = TURN.lock().await;
    let made = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await;
    match made {
        Ok(file) => drop(file.into_std().await),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(sqlx::Error::Io(error).into()),
    }
    Ok(())
}

/// Gives a finished file its name, for good.
pub(super) async fn published(part: &Path, path: &Path) -> Result<()> {
    let _turn = TURN.lock().await;
    let moved = async {
        tokio::fs::File::open(part).await?.sync_all().await?;
        tokio::fs::rename(part, path).await?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        tokio::fs::File::open(folder.unwrap_or(Path::new("."))).await?.sync_all().await
    };
    Ok(moved.await.map_err(sqlx::Error::Io)?)
}

/// The file must be there. One that others may read (a copy put back with `cp`) is closed to them: it holds
/// password hashes.
pub(super) async fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let _turn = TURN.lock().await;
    let metadata = match tokio::fs::metadata(path).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(StoreError::Absent(path.to_owned())),
        other => other.map_err(sqlx::Error::Io)?,
    };
    if !metadata.is_file() {
        return Err(sqlx::Error::Io(ErrorKind::IsADirectory.into()).into());
    }
    let mut permissions = metadata.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o600);
        tokio::fs::set_permissions(path, permissions).await.map_err(sqlx::Error::Io)?;
    }
    Ok(())
}

/// What became of a database's file while it was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// It is where it was.
    Firm,
    /// It was removed: what is in it is there until it is closed, and then it is gone.
    Removed,
    /// Its path leads to another file, or to none: it was moved, or its file system was unmounted.
    Elsewhere,
    /// It was cut to nothing.
    Emptied,
}

/// The file that was opened, whatever its path leads to later.
#[derive(Debug)]
pub(crate) struct Held {
    path: PathBuf,
    /// Opened as a place only (`O_PATH`): to close it drops no lock.
    place: OwnedFd,
}

impl Held {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let place = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        let place = place.map_err(|error| sqlx::Error::Io(error.into()))?;
        Ok(Self { path: path.to_owned(), place })
    }

    /// Looks at it. What cannot be looked at is not where it was.
    pub(crate) fn ground(&self) -> Ground {
        let Ok(held) = rustix::fs::fstat(&self.place) else { return Ground::Elsewhere };
        if held.st_nlink == 0 {
            return Ground::Removed;
        }
        match rustix::fs::stat(&self.path) {
            Ok(there) if (there.st_dev, there.st_ino) != (held.st_dev, held.st_ino) => Ground::Elsewhere,
            Ok(there) if there.st_size == 0 => Ground::Emptied,
            Ok(_) => Ground::Firm,
            Err(_) => Ground::Elsewhere,
        }
    }
}
