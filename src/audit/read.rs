//! Questions to the log, answered from its end backwards.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::chain::MAX_LINE;
use super::timestamp;

const BLOCK: usize = 64 * 1024;
/// How far a clock may have been set back without a line being missed, in milliseconds.
const SLACK: i64 = 10 * 60 * 1000;

/// Which lines; every filter that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The login, exactly.
    pub actor: Option<String>,
    /// `web1.alumno1`, exactly.
    pub vm: Option<String>,
    /// The first letters of the action or of the event's code.
    pub action_prefix: Option<String>,
    /// Not before, milliseconds since 1970.
    pub since: Option<i64>,
    /// Not after, milliseconds since 1970.
    pub until: Option<i64>,
    /// At most this many, the newest.
    pub limit: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The lines, oldest first.
    pub lines: Vec<Value>,
    /// Lines on the way that are no entries.
    pub skipped: u64,
}

/// The newest `limit` lines that match. Reads backwards and stops as soon as it may, in memory for
/// one block and the answer. Does not check the chain: that is what `verify` is for.
pub fn search(path: &Path, query: &Query) -> io::Result<Found> {
    let mut found = Found::default();
    let filter = Filter::new(query);
    backwards(File::open(path)?, |line| {
        if found.lines.len() >= query.limit {
            return false;
        }
        match line.map(|line| (line, serde_json::from_slice::<Fields<'_>>(line))) {
            Some((line, Ok(fields))) => {
                if filter.is_past(&fields) {
                    return false;
                }
                if filter.matches(&fields) {
                    match serde_json::from_slice(line) {
                        Ok(value) => found.lines.push(value),
                        Err(_) => found.skipped += 1,
                    }
                }
            }
            Some((_, Err(_))) | None => found.skipped += 1,
        }
        true
    })?;
    found.lines.reverse();
    Ok(found)
}

/// Only what is asked for: most lines do not match, and are not worth a tree of values.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow)]
    actor: Option<Cow<'a, str>>,
    #[serde(borrow)]
    vm: Option<Cow<'a, str>>,
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
}

struct Filter<'a> {
    query: &'a Query,
    since: Option<String>,
    until: Option<String>,
    stop: Option<String>,
}

impl<'a> Filter<'a> {
    fn new(query: &'a Query) -> Self {
        // Times outside of the calendar: before or after every text.
        let text = |ms: i64| timestamp(ms).unwrap_or_else(|| if ms < 0 { "" } else { "~" }.to_owned());
        Self {
            query,
            since: query.since.map(text),
            until: query.until.map(text),
            stop: query.since.map(|ms| text(ms.saturating_sub(SLACK))),
        }
    }

    fn is_past(&self, fields: &Fields<'_>) -> bool {
        self.stop.as_ref().is_some_and(|stop| *fields.time < **stop)
    }

    fn matches(&self, fields: &Fields<'_>) -> bool {
        let is = |wanted: &Option<String>, found: &Option<Cow<'_, str>>| {
            wanted.as_ref().is_none_or(|wanted| found.as_deref() == Some(wanted))
        };
        is(&self.query.actor, &fields.actor)
            && is(&self.query.vm, &fields.vm)
            && self.query.action_prefix.as_ref().is_none_or(|prefix| {
                let action = fields.action.as_deref().unwrap_or_default();
                action.starts_with(prefix.as_str()) || fields.code.starts_with(prefix.as_str())
            })
            && self.since.as_ref().is_none_or(|since| *fields.time >= **since)
            && self.until.as_ref().is_none_or(|until| *fields.time <= **until)
    }
}

/// Calls `each` with every line, the last first, until it returns false; with `None` for a line
/// longer than [`MAX_LINE`]. What follows the last newline is being written just now, and is left.
fn backwards(mut file: File, mut each: impl FnMut(Option<&[u8]>) -> bool) -> io::Result<()> {
    let mut start = file.metadata()?.len();
    let mut block = vec![0; BLOCK];
    // The end of a line whose beginning is still to be read; `None` when it is too long to keep.
    let mut rest: Option<Vec<u8>> = Some(Vec::new());
    let mut whole = false;
    while start > 0 {
        let end = start;
        start = end.saturating_sub(BLOCK as u64);
        let size = usize::try_from(end - start).unwrap_or(BLOCK);
        let Some(block) = block.get_mut(..size) else {
            break;
        };
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(block)?;
        let mut pieces = block.rsplit(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            if let Some(kept) = &mut rest {
                // Quadratic at worst in MAX_LINE over BLOCK: at most two blocks share a line.
                kept.splice(..0, piece.iter().copied());
                if kept.len() >= MAX_LINE {
                    rest = None;
                }
            }
            if pieces.peek().is_none() {
                break; // the line goes on in the block before
            }
            if whole && !each(rest.as_deref()) {
                return Ok(());
            }
            whole = true;
            rest = Some(Vec::new());
        }
    }
    if whole {
        each(rest.as_deref());
    }
    Ok(())
}
