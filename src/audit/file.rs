//! The open file of a log: its lock, its end, and what a crash left of its last line. Knows lines,
//! not events.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::chain::{Entry, Head, MAX_LINE};
use super::place::Place;
use super::proof::is_signature;

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
        "the last line of `{}` is not a whole entry; look at it with `puerta audit verify`, then move the log away, with \
         its segments and its `.heads`, to begin another",
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
    /// The last line, in this file or in the segment before.
    pub(super) head: Head,
    /// What is in it; `None`: no line yet.
    pub(super) content: Option<Content>,
    /// Where the last good line ends, when bytes after it could not be removed yet.
    stump: Option<u64>,
}

/// What a file of a log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    /// Number of its first line.
    pub(super) first: u64,
    /// When its first line was written.
    pub(super) began: String,
    /// The latest time in it, as far as is known: of its first line, its last, or one written since.
    pub(super) latest: String,
    /// Bytes.
    pub(super) size: u64,
    /// Whether its last line is a signature.
    pub(super) signed: bool,
}

/// What [`LogFile::open`] had to do.
pub(super) struct Recovered {
    /// Bytes of a torn line that were moved away.
    pub(super) bytes: u64,
}

impl LogFile {
    /// Opens or creates the log's open file; a torn last line goes to `<path>.torn`. An empty file goes
    /// on from the last closed segment.
    pub(super) fn open(place: &Place) -> Result<(Self, Option<Recovered>), OpenError> {
        let path = place.open();
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
        let (head, content) = if end == 0 {
            (before(place)?, None)
        } else {
            let (head, content) = content_of(path, &file, end)?;
            (head, Some(content))
        };
        Ok((Self { path: path.to_owned(), file: Arc::new(file), head, content, stump: None }, recovered))
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

    /// The last line is a signature.
    pub(super) fn mark_signed(&mut self) {
        if let Some(content) = &mut self.content {
            content.signed = true;
        }
    }

    /// Writes whole lines, all or none; `head` is the head after them, `time` when they were made.
    pub(super) fn append(&mut self, lines: &[u8], head: Head, time: &str) -> io::Result<()> {
        self.write(lines)?;
        let first = self.head.seq + 1;
        let (began, latest) = (time.to_owned(), time.to_owned());
        let fresh = || Content { first, began, latest, size: 0, signed: false };
        let content = self.content.get_or_insert_with(fresh);
        content.size += lines.len() as u64;
        content.signed = false;
        if *content.latest < *time {
            time.clone_into(&mut content.latest);
        }
        self.head = head;
        Ok(())
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
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
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Just behind the last newline; 0 without any.
pub(super) fn end_of_last_line(mut file: &File, length: u64) -> io::Result<u64> {
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

/// The head that an empty open file goes on from: the end of the last closed segment.
fn before(place: &Place) -> Result<Head, OpenError> {
    let fail = |source| OpenError::Io { path: place.folder().to_owned(), source };
    let Some(last) = place.segments().map_err(fail)?.pop() else { return Ok(Head::start()) };
    let fail = |source| OpenError::Io { path: last.path.clone(), source };
    let file = File::open(&last.path).map_err(fail)?;
    let length = file.metadata().map_err(fail)?.len();
    Ok(content_of(&last.path, &file, length)?.0)
}

/// The head of a file whose last line ends at `end`, and what it holds.
fn content_of(path: &Path, file: &File, end: u64) -> Result<(Head, Content), OpenError> {
    let fail = |source| OpenError::Io { path: path.to_owned(), source };
    let damaged = || OpenError::Damaged { path: path.to_owned() };
    let first = first_line(file).map_err(fail)?;
    let first = Entry::parse(&first).ok_or_else(damaged)?;
    let last = last_line(file, end).map_err(fail)?;
    let last = Entry::parse(&last).filter(Entry::is_intact).ok_or_else(damaged)?;
    let content = Content {
        first: first.seq,
        began: first.time.to_owned(),
        latest: first.time.max(last.time).to_owned(),
        size: end,
        signed: is_signature(&last),
    };
    Ok((last.head(), content))
}

/// The first line of a file, without its newline; of a longer one the beginning.
pub(super) fn first_line(mut file: &File) -> io::Result<Vec<u8>> {
    let mut line = vec![0; MAX_LINE];
    file.seek(SeekFrom::Start(0))?;
    let mut length = 0;
    while let Some(room) = line.get_mut(length..).filter(|room| !room.is_empty()) {
        let read = file.read(room)?;
        let end = room.iter().take(read).position(|byte| *byte == b'\n');
        length += end.unwrap_or(read);
        if read == 0 || end.is_some() {
            break;
        }
    }
    line.truncate(length);
    Ok(line)
}

/// The line that ends at `end`, without its newline.
pub(super) fn last_line(mut file: &File, end: u64) -> io::Result<Vec<u8>> {
    let start = end.saturating_sub(MAX_LINE as u64);
    let mut tail = vec![0; usize::try_from(end - start).unwrap_or(MAX_LINE)];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut tail)?;
    tail.pop(); // its newline
    Ok(tail.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().to_vec())
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
