//! Room on the disk that is kept for what must be written when there is no other: how what has begun ends. A file
//! beside the log that is nothing but room: given back when the disk is full, and made again when there is enough.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

use super::place::Place;

/// Bytes: the ends of some twenty thousand things that are open.
const SIZE: u64 = 8 << 20;
/// On a small file system this part of it, at most.
const PART: u64 = 32;
/// Between two tries to make it again.
const AGAIN: Duration = Duration::from_millis(500);

pub(super) struct Reserve {
    path: PathBuf,
    kept: bool,
    /// It was there, and was given back.
    given: bool,
    tried: Option<Instant>,
    /// Why it is not there.
    trouble: String,
}

/// What a file system has, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// For us to write.
    pub free: u64,
    /// Altogether.
    pub total: u64,
}

impl Room {
    /// Of the file system that holds the log.
    pub(super) fn around(place: &Place) -> io::Result<Self> {
        let stat = statvfs(place.folder())?;
        Ok(Self { free: stat.f_bavail * stat.f_frsize, total: stat.f_blocks * stat.f_frsize })
    }
}

impl Reserve {
    /// Not made yet.
    pub(super) fn new(place: &Place) -> Self {
        Self { path: place.reserve(), kept: false, given: false, tried: None, trouble: String::new() }
    }

    /// Whether it is there; made, when it is time to try.
    pub(super) fn keep(&mut self, place: &Place) -> bool {
        if !self.kept && self.tried.is_none_or(|tried| tried.elapsed() >= AGAIN) {
            self.tried = Some(Instant::now());
            self.kept = match self.make(place) {
                Ok(()) => {
                    if std::mem::take(&mut self.given) {
                        tracing::info!("there is room for the audit again");
                    }
                    true
                }
                Err(error) => {
                    self.trouble = error.to_string();
                    drop(std::fs::remove_file(&self.path));
                    false
                }
            };
        }
        self.kept
    }

    /// Why it is not there.
    pub(super) fn trouble(&self) -> &str {
        &self.trouble
    }

    fn make(&self, place: &Place) -> io::Result<()> {
        let size = SIZE.min(Room::around(place)?.total / PART);
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.path)?;
        if file.metadata()?.len() > size {
            file.set_len(size)?;
        }
        match fallocate(&file, FallocateFlags::empty(), 0, size.max(1)) {
            Err(Errno::OPNOTSUPP) => fill(&file, size),
            made => Ok(made?),
        }
    }

    /// Gives it back, once; `false`: there was none.
    pub(super) fn give(&mut self) -> bool {
        self.tried = Some(Instant::now());
        if std::mem::take(&mut self.kept) {
            self.given = std::fs::remove_file(&self.path).is_ok();
            self.trouble = "the disk is full".to_owned();
            tracing::error!(
                "the audit's disk is full: nothing begins, and the reserve is for how things end"
            );
            return self.given;
        }
        false
    }
}

/// Where a file system cannot promise room, it is taken.
fn fill(mut file: &File, size: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(0).take(size), &mut file).map(drop)
}
