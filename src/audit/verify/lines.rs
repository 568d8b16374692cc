//! The lines of a file, one at a time and one in memory. Knows their longest length, and nothing of what is in them.

use std::io::{self, BufRead, BufReader, Read};
use std::time::Duration;

use crate::chain::{MAX_LINE, Why};

/// The lines of a file, one in memory.
pub(crate) struct Lines<R> {
    log: BufReader<R>,
    line: Vec<u8>,
    /// Number of the line given last, from 1.
    pub(crate) number: u64,
    live: bool,
}

impl<R: Read> Lines<R> {
    /// `live`: the last line may be being written just now.
    pub(crate) fn new(log: R, live: bool) -> Self {
        let log = BufReader::with_capacity(256 * 1024, log);
        Self { log, line: Vec::with_capacity(MAX_LINE), number: 0, live }
    }

    /// The next line without its newline, or why it is none; of one that is too long nothing is kept.
    #[allow(clippy::should_implement_trait, reason = "it lends its line")]
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<&[u8], Why>>> {
        self.line.clear();
        // One byte more than allowed tells a line that is too long.
        let most = MAX_LINE as u64 + 1;
        let mut patience = if self.live { 20 } else { 0 };
        loop {
            let room = most - self.line.len() as u64;
            let read = (&mut self.log).take(room).read_until(b'\n', &mut self.line)?;
            let whole = self.line.last() == Some(&b'\n') || self.line.len() as u64 == most;
            if whole || self.line.is_empty() || (read == 0 && patience == 0) {
                break;
            }
            if read == 0 {
                patience -= 1;
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        if self.line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if self.line.len() > MAX_LINE {
            self.skip()?;
            return Ok(Some(Err(Why::TooLong)));
        }
        Ok(Some(self.line.strip_suffix(b"\n").ok_or(Why::Truncated)))
    }

    /// The rest of a line that is too long.
    fn skip(&mut self) -> io::Result<()> {
        while self.line.last() != Some(&b'\n') {
            self.line.clear();
            if (&mut self.log).take(MAX_LINE as u64).read_until(b'\n', &mut self.line)? == 0 {
                break;
            }
        }
        Ok(())
    }
}
