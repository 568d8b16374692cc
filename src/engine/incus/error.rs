//! From what Incus writes to what we mean. Incus has few codes and many sentences, so the table
//! below reads sentences; each was seen on a real server.

use super::spoiled::unsavable;
use crate::EngineError;
use std::io;

/// A part of a sentence in lower case, and what the whole means.
type Row = (&'static str, fn(String) -> EngineError);

/// Kinds of sentences, in the order in which they are tried.
const TABLE: &[Row] = &[
    ("in use on parent network", |_| EngineError::AddressInUse),
    ("failed adding host route", |_| EngineError::AddressInUse),
    ("renaming of running instance", |_| EngineError::Running),
    ("disk quota exceeded", |_| EngineError::DiskFull),
    ("no space left on device", |_| EngineError::NoSpace),
    ("image not provided for instance creation", |_| EngineError::NoTemplate),
    ("image not found", |_| EngineError::NoTemplate),
    ("image alias not found", |_| EngineError::NoTemplate),
    ("unique constraint failed: instances.", |_| EngineError::Exists),
    ("entry for instance", |_| EngineError::Exists),
    ("instance already exists", |_| EngineError::Exists),
    ("\" already in use", |_| EngineError::Exists),
    ("does not have permissions", EngineError::Refused),
    ("not authorized", EngineError::Refused),
    ("certificate is restricted", EngineError::Refused),
    ("is forbidden", EngineError::Refused),
    ("reached maximum", EngineError::Refused),
    ("peer node ", EngineError::Away),
    ("failed to notify peer", EngineError::Away),
    ("unable to connect to", EngineError::Away),
    ("missing event connection", EngineError::Away),
    ("server isn't ready yet", EngineError::Away),
    ("no available cowsql leader", EngineError::Away),
    ("connection refused", EngineError::Away),
    ("no route to host", EngineError::Away),
    ("i/o timeout", EngineError::Away),
    ("daemon is shutting down", EngineError::Away),
    ("failed to begin transaction", EngineError::Away),
    ("instance not found", |_| EngineError::NotFound),
    ("instance snapshot not found", |_| EngineError::NotFound),
    ("instance backup not found", |_| EngineError::NotFound),
];

/// What an error answer means.
pub(super) fn classify(code: u16, text: &str) -> EngineError {
    // Of the whole: it names files, and those may be long.
    if let Some(spoiled) = unsavable(text) {
        return EngineError::Spoiled(spoiled);
    }
    let text = clean(text);
    let lower = text.to_lowercase();
    if let Some((_, make)) = TABLE.iter().find(|(part, _)| lower.contains(part)) {
        return make(text);
    }
    match code {
        401 | 403 => EngineError::Refused(text),
        502..=504 => EngineError::Away(text),
        _ => EngineError::Other(text),
    }
}

/// The same for an import: what is left over there is the archive's fault when tar or its reader says so.
pub(super) fn classify_import(error: EngineError) -> EngineError {
    const SIGNS: &[&str] =
        &["index", "tar", "unpack", "eof", "archive", "compress", "backup", "yaml", "config"];
    match error {
        EngineError::Other(text) if SIGNS.iter().any(|sign| text.to_lowercase().contains(sign)) => {
            EngineError::BadArchive(text)
        }
        error => error,
    }
}

/// Text of another program, fit for one line of a log: short, without control characters.
pub(super) fn clean(text: &str) -> String {
    const LONGEST: usize = 300;
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut cut: String = printable.take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        cut.push('…');
    }
    cut
}

/// What is wrong with a file of ours.
pub(super) fn local(error: &io::Error) -> EngineError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            EngineError::NoSpace
        }
        _ => EngineError::Other(format!("the archive's file: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_were_seen() {
        let kind = |code, text| match classify(code, text) {
            EngineError::Refused(_) => EngineError::Refused(String::new()),
            EngineError::Away(_) => EngineError::Away(String::new()),
            EngineError::Other(_) => EngineError::Other(String::new()),
            other => other,
        };
        let (refused, away, other) = (
            EngineError::Refused(String::new()),
            EngineError::Away(String::new()),
            EngineError::Other(String::new()),
        );
        for (code, text, meaning) in [
            (
                500,
                "Failed creating instance record: UNIQUE constraint failed: instances.project_id, instances.name",
                EngineError::Exists,
            ),
            (500, r#"Entry for instance "vm-200-new" already exists"#, EngineError::Exists),
            (400, r#"Name "vm-200-new" already in use"#, EngineError::Exists),
            (
                500,
                r#"Failed to start device "eth0": Failed adding host route "10.48.15.195/32": Failed to run: ip -4 route add: exit status 2 (RTNETLINK answers: File exists)"#,
                EngineError::AddressInUse,
            ),
            (
                500,
                r#"Failed to start device "eth0": IP address "10.48.15.195" in use on parent network "eth0""#,
                EngineError::AddressInUse,
            ),
            (400, "Renaming of running instance not allowed", EngineError::Running),
            (500, "Image not provided for instance creation", EngineError::NoTemplate),
            (404, "Storage pool not found", other.clone()),
            (404, r#"Cluster member "nodo09" not found"#, other.clone()),
            (404, "Instance not found", EngineError::NotFound),
            (404, "Instance backup not found", EngineError::NotFound),
            (500, "Missing event connection with target cluster member", away.clone()),
            (500, "Server isn't ready yet", away.clone()),
            (500, "peer node 10.0.0.193:8443 is down", away.clone()),
            (500, "dial tcp 10.0.0.129:8443: connect: connection refused", away.clone()),
            (503, "no available cowsql leader server found", away.clone()),
            (503, "anything", away),
            (
                500,
                "Failed to write backup file: open /x/backup.yaml: disk quota exceeded",
                EngineError::DiskFull,
            ),
            (500, "write /x/backups/a: no space left on device", EngineError::NoSpace),
            (403, "not authorized", refused.clone()),
            (500, r#"User does not have permissions for project "default""#, refused.clone()),
            (
                500,
                r#"Setting "volatile.uuid" on container "vm-200-new" in project "puerta" is forbidden"#,
                refused.clone(),
            ),
            (500, "The instance is already running", other.clone()),
            (403, "anything", refused),
            (500, "Unknown configuration key", other),
        ] {
            assert_eq!(kind(code, text), meaning, "{text}");
        }
    }

    #[test]
    fn text_is_cut_and_stripped() {
        assert_eq!(clean("a\n\u{1b}[31mb"), "a  [31mb");
        assert_eq!(clean(&"x".repeat(1000)).chars().count(), 301);
    }
}
