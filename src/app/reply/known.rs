//! What is answered about the keys by which machines are known.

use serde::Serialize;

/// How a client's configuration calls puerta: a machine of that name is in it by its full name alone.
pub const DOOR: &str = "puerta";

/// `known-hosts` and `ssh-config`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum KnownReply {
    /// `known-hosts`
    Hosts(Vec<KnownHost>),
    /// `ssh-config`
    Config(ConfigView),
}

/// A machine, and the keys of its SSH server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KnownHost {
    /// Its full name.
    pub vm: String,
    /// Every name by which whoever asks may dial it.
    pub names: Vec<String>,
    /// Its keys; none before its first start, or where the engine did not say.
    pub keys: Vec<HostKeyView>,
}

/// A host key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostKeyView {
    /// `ssh-ed25519`, ...
    pub algorithm: String,
    /// `SHA256:...`
    pub fingerprint: String,
    /// `type base64`
    pub line: String,
}

/// What a client's configuration says of this door.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfigView {
    /// How clients reach puerta.
    pub host: String,
    /// At which port.
    pub port: u16,
    /// Whose it is.
    pub login: String,
    /// Machines by the names that they have now, and patterns for those that come.
    pub hosts: Vec<String>,
    /// Keys from a file, for clients that cannot ask for them.
    pub file: bool,
}
