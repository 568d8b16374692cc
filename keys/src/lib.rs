//! Bytes in, verdicts out: the keys, passwords and codes that people prove themselves with, and
//! the keys that the gateway proves itself with and that the audit is signed with.
//!
//! Nothing here opens a file, waits, or knows a person, a store or a connection. Hashing a
//! password is meant to be slow: callers run [`password::Hasher`] on a blocking thread.
#![forbid(unsafe_code)]

pub mod audit;
pub mod authorized;
pub mod code;
pub mod host;
pub mod machine;
pub mod password;
pub mod totp;

mod text;

pub use authorized::{AuthorizedKeyLine, KeyError, acceptable, fingerprint};

/// The operating system gave no randomness; nothing secret can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes; nothing secret can be made without them")]
pub struct NoRandomness;

/// Fills `bytes` from the operating system's generator.
fn random(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(bytes).map_err(|_| NoRandomness)
}
