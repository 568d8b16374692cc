//! Archives as files: verified by reading them whole, published by rename, removed.

use crate::app::error::{Error, Kind, Result};
use sha2::{Digest, Sha256};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What verification found.
pub(super) struct Sum {
    /// Bytes of the archive.
    pub(super) size: u64,
    /// Lower-case hex.
    pub(super) sha256: String,
}

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

/// Makes the folder an archive goes to, readable by puerta alone.
pub(super) async fn prepare(archive: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let Some(dir) = archive.parent().map(Path::to_owned) else { return Ok(()) };
    let made = blocking(move || std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir));
    made.await?.map_err(|error| trouble(&error))
}

/// Reads an archive whole: every frame of it decodes, it unpacks to at most `max_unpacked` bytes,
/// and this is its sum. Stops in time even when the deadline drops the future: reads are bounded.
pub(super) async fn verify(archive: &Path, max_unpacked: u64) -> Result<Sum> {
    let archive = archive.to_owned();
    let read = blocking(move || {
        let file = Summing { file: std::fs::File::open(archive)?, hash: Sha256::new(), size: 0 };
        let mut decoder = zstd::stream::read::Decoder::new(file)?;
        let unpacked = io::copy(&mut (&mut decoder).take(max_unpacked + 1), &mut io::sink())?;
        let mut file = decoder.finish();
        // Whatever follows the last frame belongs to the sum too.
        io::copy(&mut file, &mut io::sink())?;
        let inner = file.into_inner();
        inner.file.sync_all()?;
        let sha256 = inner.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((unpacked, Sum { size: inner.size, sha256 }))
    });
    match read.await? {
        Ok((unpacked, _)) if unpacked > max_unpacked => {
            let reason = format!("> {} MiB", max_unpacked >> 20);
            Err(Error::new(Kind::Limited, "error-bounds").with("reason", reason))
        }
        Ok((0, _)) => Err(Error::new(Kind::Conflict, "error-bad-archive")),
        Ok((_, sum)) => Ok(sum),
        Err(error) => {
            tracing::warn!(%error, "an archive does not verify");
            Err(Error::new(Kind::Conflict, "error-bad-archive"))
        }
    }
}

struct Summing {
    file: std::fs::File,
    hash: Sha256,
    size: u64,
}

impl Read for Summing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.hash.update(&buffer[..n]);
        self.size += n as u64;
        Ok(n)
    }
}

/// Gives a verified archive its name, for good: renamed, and the folder written to disk.
pub(super) async fn publish(part: &Path, archive: &Path) -> Result<()> {
    let (part, archive) = (part.to_owned(), archive.to_owned());
    let renamed = blocking(move || {
        std::fs::rename(&part, &archive)?;
        match archive.parent() {
            Some(dir) => std::fs::File::open(dir)?.sync_all(),
            None => Ok(()),
        }
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
