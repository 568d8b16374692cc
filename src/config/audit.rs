//! `[audit]`: how the log is signed, kept, and written down elsewhere too.

use super::reader::Reader;
use std::path::PathBuf;
use std::time::Duration;

/// `[audit]`.
#[derive(Debug, Clone)]
pub struct Audit {
    /// How long lines may stay unsigned.
    pub sign_every: Duration,
    /// Closed segments older than this many days go; `None`: never.
    pub keep_days: Option<u32>,
    /// A second file for every line.
    pub copy: Option<PathBuf>,
    /// The socket of syslog, for every line.
    pub syslog: Option<PathBuf>,
    /// What one person may do a second for long, of what is written down.
    pub acts_per_person: u32,
}

/// Reads the table.
pub(super) fn read(r: &mut Reader) -> Audit {
    let mut path = |key| {
        let path = r.optional("audit", key).map(PathBuf::from);
        if path.as_ref().is_some_and(|path| !path.is_absolute()) {
            r.wrong("audit", key, "must be an absolute path");
        }
        path
    };
    let (copy, syslog) = (path("copy"), path("syslog"));
    let keep_days = r.integer("audit", "keep_days", 0, 0, 36_500) as u32;
    Audit {
        sign_every: r.seconds("audit", "sign_every_s", 60, 1, 86_400),
        keep_days: (keep_days > 0).then_some(keep_days),
        copy,
        syslog,
        acts_per_person: r.integer("audit", "acts_per_person_s", 20, 1, 1_000_000) as u32,
    }
}
