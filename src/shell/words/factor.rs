//! `totp`, from clap's words to what the terminal is asked.

use super::grammar;

/// What is done with one's own second factor. Each wants a code, so none is a command yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotpVerb {
    /// Set it up.
    Add,
    /// Give it up.
    Remove,
    /// New recovery codes.
    Codes,
}

pub(super) fn totp(verb: &grammar::Totp) -> TotpVerb {
    match verb {
        grammar::Totp::Add => TotpVerb::Add,
        grammar::Totp::Remove => TotpVerb::Remove,
        grammar::Totp::Codes => TotpVerb::Codes,
    }
}
