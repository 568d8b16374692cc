//! The folder of all archives, as puerta made it: with a mark in it. Where a disk was unmounted a folder stays
//! that looks the same and is empty; what is not there must not be taken for what was removed.

use puerta_lab::model::{Backup, SeatId};
use puerta_lab::names::BackupName;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The mark: an empty file.
pub(crate) const MARK: &str = "puerta-backups";

/// Whether it is there, and ours.
pub(crate) fn there(shelf: &Path) -> bool {
    shelf.join(MARK).is_file()
}

/// Makes it, readable by puerta alone.
pub(super) fn make(shelf: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(shelf)?;
    File::create(shelf.join(MARK))?.sync_all()?;
    synced(shelf)?;
    shelf.parent().map_or(Ok(()), synced)
}

/// Makes a seat's folder in it.
pub(super) fn place(shelf: &Path, seat: SeatId) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(shelf.join(seat.to_string()))?;
    synced(shelf)
}

/// Whether it is ours, also one that an older puerta made: in that one something stands of what is known, and it gets
/// its mark.
///
/// # Errors
/// The mark cannot be written.
pub(crate) fn adopt(shelf: &Path, known: &[Backup]) -> io::Result<bool> {
    if !there(shelf) && known.iter().any(|backup| file(shelf, backup.seat, &backup.name).is_file()) {
        make(shelf)?;
    }
    Ok(there(shelf))
}

/// Where a seat's archive of that name stands.
pub(super) fn file(shelf: &Path, seat: SeatId, name: &BackupName) -> PathBuf {
    shelf.join(seat.to_string()).join(format!("{name}.tar.zst"))
}

/// A folder's names are on the disk.
pub(super) fn synced(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
