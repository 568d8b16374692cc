//! Archives as files: where they are, published by rename, removed. What is in them, the engine knows.

use crate::app::error::{Error, Kind, Result};
use crate::app::label::{self, Label};
use crate::app::{App, clock, shelf};
use puerta_lab::model::{Job, SeatId};
use puerta_lab::names::BackupName;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn trouble(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::StorageFull || error.kind() == io::ErrorKind::QuotaExceeded {
        Error::new(Kind::Unavailable, "error-no-space")
    } else {
        Error::internal(error)
    }
}

/// Bounds a long call in time.
pub(super) async fn deadline<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(limit, work).await.map_err(|_| {
        Error::new(Kind::Limited, "error-bounds").with("reason", format!("> {} s", limit.as_secs()))
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<io::Result<T>> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal(&error))
}

/// Makes the folder of a seat's archives, readable by puerta alone. The folder of them all is made for the first
/// one alone: where others should be, it is missing, or its file system is.
pub(super) async fn prepare(app: &App, seat: SeatId) -> Result<()> {
    let shelf = app.config.backup.dir.clone();
    let had = app.store.has_backups().await?;
    let made = blocking(move || {
        if !shelf::there(&shelf) {
            if had {
                return Ok(false);
            }
            shelf::make(&shelf)?;
        }
        shelf::place(&shelf, seat).map(|()| true)
    });
    if !made.await?.map_err(|error| trouble(&error))? {
        return Err(away());
    }
    app.label(seat).await
}

fn away() -> Error {
    Error::new(Kind::Unavailable, "error-archives-away")
}

/// Gives a verified archive its name, for good: renamed, and the folder written to disk.
pub(super) async fn publish(part: &Path, archive: &Path) -> Result<()> {
    let (part, archive) = (part.to_owned(), archive.to_owned());
    let renamed = blocking(move || {
        std::fs::rename(&part, &archive)?;
        archive.parent().map_or(Ok(()), shelf::synced)
    });
    renamed.await?.map_err(|error| trouble(&error))
}

/// Removes a file; absent is success.
pub(super) async fn remove(file: &Path) -> Result<()> {
    let file: PathBuf = file.to_owned();
    match blocking(move || std::fs::remove_file(file)).await? {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(trouble(&error)),
        _ => Ok(()),
    }
}

/// Removes the folder of a seat that goes, with all that is still in it. One that is away is waited for.
pub(super) async fn forget(app: &App, seat: SeatId) -> Result<()> {
    let (all, folder) = (app.config.backup.dir.clone(), app.config.backup.dir.join(seat.to_string()));
    if !blocking(move || Ok(all.is_dir())).await?.unwrap_or(false) && app.store.has_backups().await? {
        return Err(Error::new(Kind::Unavailable, "error-archives-away"));
    }
    match blocking(move || std::fs::remove_dir_all(folder)).await? {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(trouble(&error)),
        _ => Ok(()),
    }
}

impl App {
    /// Writes beside the archives of a seat whose they are, where it does not stand there yet.
    async fn label(&self, seat: SeatId) -> Result<()> {
        let Some(seat) = self.store.seat(seat).await? else { return Ok(()) };
        let folder = self.config.backup.dir.join(seat.id.to_string());
        let label = Label::of(&seat);
        blocking(move || label.write(&folder)).await?.map_err(|error| trouble(&error))
    }

    /// The same for the archives that an older puerta left, and for those whose course is called otherwise now. A
    /// label without archives, of a seat that is gone, goes.
    pub async fn label_archives(&self) -> Result<()> {
        let seats: BTreeSet<SeatId> =
            self.store.backups().await?.into_iter().map(|backup| backup.seat).collect();
        for seat in seats {
            // A folder that is not there has nothing to say.
            if self.config.backup.dir.join(seat.to_string()).is_dir() {
                self.label(seat).await?;
            }
        }
        let all = self.config.backup.dir.clone();
        for seat in blocking(move || label::bare(&all)).await?.map_err(|error| trouble(&error))? {
            // Asked afterwards: a number is never another seat's.
            if self.store.seat(seat).await?.is_none() {
                let folder = self.config.backup.dir.join(seat.to_string());
                blocking(move || label::remove(&folder)).await?.map_err(|error| trouble(&error))?;
            }
        }
        Ok(())
    }

    /// Where a seat's archive of that name is kept.
    pub(super) fn archive(&self, seat: SeatId, name: &BackupName) -> PathBuf {
        shelf::file(&self.config.backup.dir, seat, name)
    }

    /// The folder of the archives is there: what is not in it is not anywhere.
    pub(super) async fn archives_there(&self) -> Result<()> {
        let shelf = self.config.backup.dir.clone();
        if blocking(move || Ok(shelf::there(&shelf))).await?.unwrap_or(false) { Ok(()) } else { Err(away()) }
    }

    /// Where a job writes before its archive has a name.
    pub(super) fn part(&self, job: &Job) -> PathBuf {
        self.config.backup.dir.join(job.seat.to_string()).join(format!(".part-{}", job.id))
    }

    /// The name a backup job's archive gets.
    pub(super) async fn name_for(&self, job: &Job) -> Result<BackupName> {
        let [usual, numbered] = names_of(job)?;
        Ok(match self.store.backup_by_name(job.seat, &usual).await? {
            None => usual,
            Some(_) => numbered,
        })
    }
}

/// The names that the archive of a job may have: the machine's and when the job began; or, when one of the same
/// second has that already, also behind a clock that went back, with the job's number, which no other job of
/// the seat has and which tells nothing of other seats.
pub(super) fn names_of(job: &Job) -> Result<[BackupName; 2]> {
    let usual = format!("{}-{}", job.vm_name, clock::stamp(job.started));
    Ok([usual.parse()?, format!("{usual}-{}", job.number).parse()?])
}
