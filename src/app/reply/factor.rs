//! What the house answers about second factors.

use serde::Serialize;

/// `totp ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum TotpReply {
    /// A second factor to be put into an app; it is none yet.
    Offered(TotpView),
    /// It is one now.
    Added {
        /// Its recovery codes, shown this once.
        codes: Vec<String>,
    },
    /// It is none any more.
    #[serde(rename = "totp-removed")]
    Removed,
    /// New recovery codes instead of the last.
    Codes {
        /// They, shown this once.
        codes: Vec<String>,
    },
}

/// What goes into an app, shown this once and kept nowhere yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TotpView {
    /// The secret, base32, 32 letters.
    pub secret: String,
    /// The same as the address that apps read from a QR code.
    pub uri: String,
}

/// A person's second factor as they see it themself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactorView {
    /// Whether it was proved on this connection.
    pub proved: bool,
    /// When it was set up.
    pub added: String,
    /// Recovery codes that were not used yet.
    pub recovery_left: u32,
}
