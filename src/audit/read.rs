//! Questions to the log, answered from its end backwards, over all its segments. Files and parts of
//! files whose time is not asked for are not read.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;

use super::chain::MAX_LINE;
use super::filter::{Filter, Match, Query};
use super::place::Place;
use super::timestamp;

const BLOCK: usize = 256 * 1024;
/// Bytes that are read through rather than halved again when a time is looked for.
const NEAR: u64 = 64 * 1024;
/// What is read before and after what is asked for, in milliseconds: lines may be out of order by as much.
const SLACK: i64 = 2 * super::BACK;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The lines, oldest first.
    pub lines: Vec<Value>,
    /// Lines on the way that are no entries.
    pub skipped: u64,
    /// Whether there are older ones that match.
    pub more: bool,
}

/// The newest `limit` lines that match, after `skip` newer ones. About somebody, each act is its newest line. Reads backwards and stops as soon as
/// it may, in memory for one block and the answer. Does not check the chain: `verify` is for that.
pub fn search(path: &Path, query: &Query) -> io::Result<Found> {
    let filter = Filter::new(query);
    let mut found = Found::default();
    let mut skip = query.skip;
    let mut acts = HashSet::new();
    for file in newest_first(&Place::new(path))? {
        let whole = !backwards(&file, span(&file, query.since, query.until)?, |line| {
            if let Some(act) = line.and_then(|line| filter.act(line))
                && !acts.insert(act)
            {
                // Its last line has been seen.
                return true;
            }
            match line.map_or(Match::NotAnEntry, |line| filter.look(line)) {
                Match::Yes(_) if skip > 0 => skip -= 1,
                Match::Yes(_) if found.lines.len() >= query.limit => {
                    found.more = true;
                    return false;
                }
                Match::Yes(value) => found.lines.push(value),
                Match::NotAnEntry => found.skipped += 1,
                Match::No => {}
            }
            // Without a place for it there is nothing to look for.
            query.limit > 0
        })?;
        if !whole {
            break;
        }
    }
    found.lines.reverse();
    Ok(found)
}

/// Every entry of the log, the oldest first, one after the other; what is no entry is left out. Does not check the
/// chain: `verify` is for that.
pub fn each(path: &Path, mut heard: impl FnMut(&Value)) -> io::Result<()> {
    for file in newest_first(&Place::new(path))?.into_iter().rev() {
        let mut lines = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            if (&mut lines).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if let Ok(value) = serde_json::from_slice(&line) {
                heard(&value);
            }
        }
    }
    Ok(())
}

/// The log's files, each once: the open one may get its closed name meanwhile.
pub(super) fn newest_first(place: &Place) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    let open = match File::open(place.open()) {
        Ok(file) => Some(file),
        // Between two files.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !place.segments()?.is_empty() => None,
        Err(error) => return Err(error),
    };
    let open_inode = open.as_ref().map(inode).transpose()?;
    files.extend(open);
    for segment in place.segments()?.into_iter().rev() {
        let file = match File::open(&segment.path) {
            Ok(file) => file,
            // It was removed for its age.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if Some(inode(&file)?) != open_inode {
            files.push(file);
        }
    }
    Ok(files)
}

fn inode(file: &File) -> io::Result<(u64, u64)> {
    file.metadata().map(|it| (it.dev(), it.ino()))
}

/// The part of a file that may hold lines of that time, from the beginning of a line to the end of one.
pub(super) fn span(file: &File, since: Option<i64>, until: Option<i64>) -> io::Result<(u64, u64)> {
    let length = file.metadata()?.len();
    let text = |ms: i64| timestamp(ms).unwrap_or_else(|| if ms < 0 { "" } else { "~" }.to_owned());
    let start = match since {
        Some(since) => seek(file, length, &text(since.saturating_sub(SLACK)))?.0,
        None => 0,
    };
    let end = match until {
        Some(until) => seek(file, length, &text(until.saturating_add(SLACK)))?.1,
        None => length,
    };
    Ok((start, end.max(start)))
}

/// Two beginnings of lines, near each other: lines before the first are older than `time`, those from
/// the second on are not.
fn seek(file: &File, length: u64, time: &str) -> io::Result<(u64, u64)> {
    let (mut low, mut high) = (0, length);
    while high - low > NEAR {
        let middle = low + (high - low) / 2;
        match line_after(file, middle, high)? {
            Some((start, at)) if *at < *time => low = start,
            Some((start, _)) if start < high => high = start,
            // No line begins there: what is left is one long one, or not of this format.
            _ => break,
        }
    }
    Ok((low, high))
}

/// Where the first line that begins behind `from` and before `to` does, and its time.
fn line_after(mut file: &File, from: u64, to: u64) -> io::Result<Option<(u64, String)>> {
    const TIME: &[u8] = b"\"time\":\"";
    let mut block = vec![0; MAX_LINE + 128];
    file.seek(SeekFrom::Start(from))?;
    let mut length = 0;
    while let Some(room) = block.get_mut(length..).filter(|room| !room.is_empty()) {
        match file.read(room)? {
            0 => break,
            read => length += read,
        }
    }
    block.truncate(length);
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\n', block.get(at..).unwrap_or_default()) {
        at += next + 1;
        let start = from + at as u64;
        if start >= to {
            break;
        }
        let line = block.get(at..).unwrap_or_default();
        let beginning = line.get(..64.min(line.len())).unwrap_or_default();
        if let Some(found) = memchr::memmem::find(beginning, TIME)
            && let Some(time) = line.get(found + TIME.len()..found + TIME.len() + 24)
        {
            return Ok(Some((start, String::from_utf8_lossy(time).into_owned())));
        }
    }
    Ok(None)
}

/// Calls `each` with every line between two offsets, the last first, until it returns false; with
/// `None` for a line longer than [`MAX_LINE`]. What follows the last newline is being written just
/// now, and is left. True when `each` had enough.
pub(super) fn backwards(
    mut file: &File,
    (first, end): (u64, u64),
    mut each: impl FnMut(Option<&[u8]>) -> bool,
) -> io::Result<bool> {
    let mut start = end;
    let mut block = vec![0; BLOCK];
    // The end of a line whose beginning is still to be read; `None` when it is too long to keep.
    let mut rest: Option<Vec<u8>> = Some(Vec::new());
    let mut whole = false;
    while start > first {
        let end = start;
        start = end.saturating_sub(BLOCK as u64).max(first);
        let size = usize::try_from(end - start).unwrap_or(BLOCK);
        let Some(block) = block.get_mut(..size) else {
            break;
        };
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(block)?;
        let mut left: &[u8] = block;
        while let Some(newline) = memchr::memrchr(b'\n', left) {
            let piece = left.get(newline + 1..).unwrap_or_default();
            let more = match &mut rest {
                // Nothing of it was in the block behind: it is taken where it lies.
                Some(kept) if kept.is_empty() => !whole || each((piece.len() < MAX_LINE).then_some(piece)),
                _ => {
                    join(&mut rest, piece);
                    !whole || each(rest.as_deref())
                }
            };
            if !more {
                return Ok(true);
            }
            whole = true;
            rest = Some(Vec::new());
            left = left.get(..newline).unwrap_or_default();
        }
        join(&mut rest, left);
    }
    Ok(whole && !each(rest.as_deref()))
}

/// Puts `piece` before what is kept of its line.
fn join(rest: &mut Option<Vec<u8>>, piece: &[u8]) {
    if let Some(kept) = rest {
        kept.splice(..0, piece.iter().copied());
        if kept.len() >= MAX_LINE {
            *rest = None;
        }
    }
}
