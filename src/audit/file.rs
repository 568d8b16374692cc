//! The log as a file: its lock, its end, and what a crash left of its last line. Knows lines, not
//! events.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::chain::{Entry, Head, MAX_LINE};

const BLOCK: usize = 64 * 1024;

/// Why a log cannot be written to.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("`{}` is in use by another puerta; stop that one, or give this one its own log", path.display())]
    Locked {
        /// The log.
        path: PathBuf,
    },
    /// Its last whole line is not what was written: no crash does that.
    #[error(
        "the last line of `{}` is not a whole entry; look at it with `puerta audit verify`, then move the log away to \
         begin another",
        path.display()
    )]
    Damaged {
        /// The log.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("`{}` cannot be opened: {source}", path.display())]
    Io {
        /// The log, or the file beside it for what was torn.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// An open, locked log and the head of its chain.
pub(super) struct LogFile {
    path: PathBuf,
    file: Arc<File>,
    /// The last line in the file.
    pub(super) head: Head,
    /// Where the last good line ends, when bytes after it could not be removed yet.
    stump: Option<u64>,
}

/// What [`LogFile::open`] had to do.
pub(super) struct Recovered {
    /// Bytes of a torn line that were moved away.
    pub(super) bytes: u64,
}

impl LogFile {
    /// Opens or creates the log; a torn last line goes to `<path>.torn`.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<Recovered>), OpenError> {
        let fail = |source| OpenError::Io { path: path.to_owned(), source };
        let fresh = !path.exists();
        let file = options().open(path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked { path: path.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
        if fresh {
            sync_folder(path).map_err(fail)?;
        }
        let length = file.metadata().map_err(fail)?.len();
        let end = end_of_last_line(&file, length).map_err(fail)?;
        let recovered = if end < length {
            cut_off(&file, end, length, path)?;
            Some(Recovered { bytes: length - end })
        } else {
            None
        };
        let head = head_at(&file, end).map_err(fail)?;
        let head = head.ok_or_else(|| OpenError::Damaged { path: path.to_owned() })?;
        Ok((Self { path: path.to_owned(), file: Arc::new(file), head, stump: None }, recovered))
    }

    /// The open file, for the thread that syncs it.
    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Whether the path still leads to this file. If somebody moved it away, lines written to it
    /// would be lost to those who look for them.
    pub(super) fn in_place(&self) -> bool {
        let same = |here: std::fs::Metadata, there: std::fs::Metadata| {
            (here.dev(), here.ino()) == (there.dev(), there.ino())
        };
        match (self.file.metadata(), std::fs::metadata(&self.path)) {
            (Ok(here), Ok(there)) => same(here, there),
            (_, Err(error)) => error.kind() != io::ErrorKind::NotFound,
            _ => true,
        }
    }

    /// Writes whole lines, all or none.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Some(end) = self.stump {
            self.file.set_len(end)?;
            self.stump = None;
        }
        let end = self.file.metadata()?.len();
        let Err(error) = (&*self.file).write_all(lines) else {
            return Ok(());
        };
        // The disk filled up on the way: half a line must not stay.
        if self.file.metadata().is_ok_and(|now| now.len() > end) && self.file.set_len(end).is_err() {
            self.stump = Some(end);
        }
        Err(error)
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    options
}

/// A new name is on the disk only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Just behind the last newline; 0 without any.
fn end_of_last_line(mut file: &File, length: u64) -> io::Result<u64> {
    let mut block = vec![0; BLOCK];
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(BLOCK as u64);
        let size = usize::try_from(end - start).unwrap_or(BLOCK);
        let Some(block) = block.get_mut(..size) else {
            break;
        };
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// The head of a log whose last line ends at `end`; `None` when that is no entry.
fn head_at(mut file: &File, end: u64) -> io::Result<Option<Head>> {
    if end == 0 {
        return Ok(Some(Head::start()));
    }
    let start = end.saturating_sub(MAX_LINE as u64);
    let mut tail = vec![0; usize::try_from(end - start).unwrap_or(MAX_LINE)];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut tail)?;
    tail.pop(); // its newline
    let line = tail.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(Entry::parse(line).filter(Entry::is_intact).map(|entry| entry.head()))
}

/// Moves everything from `end` on to `<path>.torn`, where somebody may look at it.
fn cut_off(mut file: &File, end: u64, length: u64, path: &Path) -> Result<(), OpenError> {
    let mut torn_path = path.as_os_str().to_owned();
    torn_path.push(".torn");
    let fail = |source| OpenError::Io { path: PathBuf::from(&torn_path), source };
    let mut torn = options().open(&torn_path).map_err(fail)?;
    file.seek(SeekFrom::Start(end)).map_err(fail)?;
    io::copy(&mut file.take(length - end), &mut torn).map_err(fail)?;
    torn.write_all(b"\n").map_err(fail)?;
    torn.sync_all().map_err(fail)?;
    let fail = |source| OpenError::Io { path: path.to_owned(), source };
    file.set_len(end).map_err(fail)?;
    file.sync_all().map_err(fail)
}
