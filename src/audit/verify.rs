//! Whether a log is what was written: its chain, its signatures, and what `audit.heads` remembers of
//! it. Streaming, in memory for one line and the heads. Exports are [`super::export`]'s.

mod checker;
mod lines;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use puerta_keys::audit::AuditPublicKeys;

use super::chain::Why;
use super::heads;
use super::place::Place;

pub(super) use checker::Checker;
pub(super) use lines::Lines;

/// The first line that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file that it is in; `None` when what was read has no name.
    pub file: Option<PathBuf>,
    /// Its number in the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: Why,
}

/// What comes after the first line that does not fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rest {
    /// Lines, that one included.
    pub lines: u64,
    /// Those of them whose hash is that of their text.
    pub intact: u64,
}

/// How far a log is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUpTo {
    /// The last line that a signature is for.
    pub seq: u64,
    /// When it was signed.
    pub time: String,
}

/// What a log is worth.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Files that were read.
    pub files: u64,
    /// Lines that fit, from the first on.
    pub lines: u64,
    /// Number of the first line; 0 when there is none.
    pub first_seq: u64,
    /// The first that does not fit.
    pub broken: Option<Broken>,
    /// What comes after it.
    pub rest: Rest,
    /// `seq` of the last line that fits; 0 when none does.
    pub last_seq: u64,
    /// `hash` of that line: it stands for the whole log up to it.
    pub head: String,
    /// How far signatures reach among the lines that fit; `None`: nothing is signed.
    pub signed: Option<SignedUpTo>,
    /// Whether signatures were checked at all: without a public key they are not.
    pub checked: bool,
    /// The last line that puerta removed by itself, when the log does not begin with line 1.
    pub removed: Option<u64>,
    /// It is signed, and nothing beside it remembers how far: an end that was cut off would not show.
    pub unremembered: bool,
}

/// How to check.
#[derive(Default)]
pub struct Check<'a> {
    /// The public keys of the audit; `None`: signatures are not checked.
    pub keys: Option<&'a AuditPublicKeys>,
    /// Hears how many lines were read, now and then.
    pub progress: Option<&'a mut dyn FnMut(u64)>,
}

/// Checks a whole log: `path` is its open file, whose closed segments and heads are beside it, or a
/// closed segment alone. An export is checked as one.
///
/// It may be written to meanwhile.
pub fn verify(path: &Path, check: Check<'_>) -> io::Result<Verdict> {
    if let Ok(file) = File::open(path)
        && super::export::is_export(&mut BufReader::new(file))?
    {
        return super::export::verify_export(File::open(path)?, path, check);
    }
    let alone = Place::of_segment(path);
    let place = alone.clone().unwrap_or_else(|| Place::new(path));
    // In this order: what was signed is in the files that are opened afterwards.
    let heads = heads::load(&place.heads())?;
    let files = if alone.is_some() { vec![(path.to_owned(), File::open(path)?)] } else { files(&place)? };
    // And what went for its age before they were opened is said here.
    let later = heads::load(&place.heads())?;
    let mut checker = Checker::new(check, &heads);
    let bad_head = checker.bad_head(&heads);
    if let Some((path, file)) = files.iter().find(|(_, file)| file.metadata().is_ok_and(|it| it.len() > 0)) {
        checker.begin(path, file, &later, alone.is_some())?;
    }
    let last = files.len().saturating_sub(1);
    for (at, (path, mut file)) in files.into_iter().enumerate() {
        io::Seek::rewind(&mut file)?;
        checker.file(Some(&path), file, at == last)?;
    }
    let mut verdict = checker.end(alone.is_some());
    verdict.unremembered = alone.is_none() && heads.is_empty() && verdict.signed.is_some();
    if let Some(line) = bad_head {
        verdict.broken.get_or_insert(Broken { file: Some(place.heads()), line, why: Why::Heads });
    }
    Ok(verdict)
}

/// Checks the lines of one whole log from its first on, and nothing beside them.
pub fn verify_reader(log: impl Read) -> io::Result<Verdict> {
    let mut checker = Checker::new(Check::default(), &[]);
    checker.file(None, log, false)?;
    Ok(checker.end(true))
}

/// The open file and the closed ones, oldest first, each once: the open one may be closed meanwhile.
fn files(place: &Place) -> io::Result<Vec<(PathBuf, File)>> {
    let open = match File::open(place.open()) {
        Ok(file) => Some(file),
        // Between two files, or a crash was.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !place.segments()?.is_empty() => None,
        Err(error) => return Err(error),
    };
    let inode = |file: &File| file.metadata().map(|it| (it.dev(), it.ino()));
    let mut files = Vec::new();
    for segment in place.segments()? {
        let file = match File::open(&segment.path) {
            Ok(file) => file,
            // It went for its age just now; if that was not puerta, the chain tells.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if let Some(open) = &open
            && inode(open)? == inode(&file)?
        {
            continue;
        }
        files.push((segment.path, file));
    }
    files.extend(open.map(|file| (place.open().to_owned(), file)));
    Ok(files)
}
