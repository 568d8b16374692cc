//! `puerta audit verify|key`: what the technician, or whoever has an export and the public key, checks
//! without a running puerta.

use super::{complain, host_key, say};
use crate::config::{self, Config};
use anyhow::Context;
use clap::Subcommand;
use puerta_audit::{self as audit, Check, Settings, Verdict};
use puerta_keys::audit::{AuditKey, AuditPublicKeys};
use puerta_keys::host::HostKey;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

const NAME: &str = "audit key";

#[derive(Subcommand)]
pub(super) enum Words {
    /// Check chain and signatures, and name the first line that does not fit
    Verify {
        /// The log, a closed segment of it, or an export; the configured log when not said
        file: Option<PathBuf>,
        /// The public key that signed it (`puerta audit key`); the one beside the log when not said
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Print the public key of the audit, and its fingerprint
    Key,
}

pub(super) fn run(config: &Config, words: &Words) -> anyhow::Result<ExitCode> {
    match words {
        Words::Verify { key, .. } => verify(&config.audit(), key.as_deref(), &public(&config.audit_key())),
        Words::Key => {
            let path = config.audit_key();
            let key = load_key(config)?;
            let key =
                key.with_context(|| format!("{} is not there: `puerta init` makes it", path.display()))?;
            say(&format!("{}\n{}\n", key.public_line(), key.fingerprint()))
        }
    }
}

/// The key that signs, after those whose public halves are in the file beside it; `None` when there is none.
pub(super) fn load_key(config: &Config) -> anyhow::Result<Option<Arc<AuditKey>>> {
    host_key::load(&config.audit_key(), NAME)?.map(|pair| with_older(config, pair)).transpose()
}

/// The same, made when there is none.
pub(super) fn load_or_make_key(config: &Config) -> anyhow::Result<Arc<AuditKey>> {
    with_older(config, host_key::load_or_make(&config.audit_key(), NAME, "puerta-audit")?)
}

fn with_older(config: &Config, pair: HostKey) -> anyhow::Result<Arc<AuditKey>> {
    let (key, beside) = (AuditKey::from(pair), public(&config.audit_key()));
    let key = if beside.exists() { key.after(read_keys(&beside)?) } else { key };
    Ok(Arc::new(key))
}

/// How the log is kept, with the key.
pub(super) fn settings(config: &Config, key: &Arc<AuditKey>) -> Settings {
    let config::Audit { sign_every, copy, syslog, .. } = config.audit_log.clone();
    let key = Some(Arc::clone(key));
    Settings { key, sign_every, copy, syslog, ..Settings::default() }
}

fn public(key: &Path) -> PathBuf {
    key.with_extension("pub")
}

/// A file that may be anywhere, without a configuration. The key is looked for where puerta keeps it.
pub(super) fn verify_file(file: &Path, key: Option<&Path>) -> anyhow::Result<ExitCode> {
    verify(file, key, &file.with_file_name("audit_ed25519_key.pub"))
}

fn verify(file: &Path, key: Option<&Path>, beside: &Path) -> anyhow::Result<ExitCode> {
    let key = key.or(Some(beside).filter(|path| path.exists()));
    let keys = key.map(read_keys).transpose()?;
    let check = Check { keys: keys.as_ref(), progress: None };
    let verdict = audit::verify(file, check).with_context(|| format!("cannot read {}", file.display()))?;
    let fingerprints = keys.map(|keys| keys.fingerprints().join(" or "));
    let said = words(file, &verdict, fingerprints.as_deref());
    let Some(broken) = &verdict.broken else { return say(&said) };
    let place = broken.file.as_deref().unwrap_or(file);
    complain(&format!("{}: line {}: {}", place.display(), broken.line, broken.why));
    say(&said)?;
    Ok(ExitCode::FAILURE)
}

fn read_keys(path: &Path) -> anyhow::Result<AuditPublicKeys> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    AuditPublicKeys::parse(&text).with_context(|| path.display().to_string())
}

/// What is good about it, and how far.
fn words(file: &Path, verdict: &Verdict, key: Option<&str>) -> String {
    let Verdict { lines, last_seq, rest, .. } = verdict;
    let files = if verdict.files > 1 { format!(" in {} files", verdict.files) } else { String::new() };
    let mut text = match verdict.broken {
        None => format!("{}: {lines} lines{files}, the chain is whole\n", file.display()),
        Some(_) => format!(
            "{}: {lines} lines{files} fit before it; of {} from there on, {} are intact by themselves\n",
            file.display(),
            rest.lines,
            rest.intact
        ),
    };
    if let Some(removed) = verdict.removed {
        text += &format!("lines up to {removed} were removed by puerta for their age; it signed for that\n");
    } else if verdict.first_seq > 1 {
        text += &format!("it begins with line {}; what was before is not in it\n", verdict.first_seq);
    }
    if verdict.unremembered {
        text += "there is no file of its heads beside it: an end that was cut off would not be found\n";
    }
    text += &match (&verdict.signed, key) {
        (_, None) => "signatures are not checked: no public key is known (say one with --key)\n".to_owned(),
        (None, Some(_)) => "not signed\n".to_owned(),
        (Some(signed), Some(key)) => {
            // The signature's own line comes after what it is for.
            let since = last_seq.saturating_sub(signed.seq + 1);
            let open =
                if since > 0 { format!("; the {since} after it are not signed yet") } else { String::new() };
            format!("signed up to line {} at {} with {key}{open}\n", signed.seq, signed.time)
        }
    };
    text
}
