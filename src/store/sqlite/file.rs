//! The database's file, which only we may read. Knows nothing of what is in it.

use crate::Result;
use std::io::ErrorKind;
use std::path::Path;

/// Makes the file with mode 0600 before SQLite does; `-wal` and `-shm` copy its mode. One that
/// others may read (a copy put back with `cp`) is closed to them: it holds password hashes.
pub(super) async fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // To close a database file drops every lock this process has on it (fcntl(2)), so a new one is
    // closed before another call sees it, and one that is there is not opened here.
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let made = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await;
    match made {
        Ok(file) => drop(file.into_std().await),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(sqlx::Error::Io(error).into()),
    }
    let metadata = tokio::fs::metadata(path).await.map_err(sqlx::Error::Io)?;
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
