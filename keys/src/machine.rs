//! Host keys of machines, as clients are told of them. Each comes out of a machine, whose root may have put anything
//! there: what is no key, or one by which anybody could pass for the machine, is none.

use crate::authorized::{acceptable, fingerprint};
use ssh_key::PublicKey;

/// A public host key, and how people and clients read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineKey {
    /// Its type: `ssh-ed25519`.
    pub algorithm: String,
    /// `SHA256:...` as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// `type base64`, as it stands in a `known_hosts` file (sshd(8)) behind the names.
    pub line: String,
}

impl MachineKey {
    /// Reads one in SSH's own form (RFC 4253, section 6.6).
    pub fn parse(blob: &[u8]) -> Option<Self> {
        let key = PublicKey::from_bytes(blob).ok()?;
        acceptable(&key).ok()?;
        Some(Self {
            algorithm: key.algorithm().as_str().to_owned(),
            fingerprint: fingerprint(&key),
            line: key.to_openssh().ok()?.trim_end().to_owned(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_and_what_is_none_is_not() {
        let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGoVIeLgdvWVrB4hXnYUEqvNmXDaSRlWrxQGu3ymG9cK";
        let blob = PublicKey::from_openssh(line).unwrap().to_bytes().unwrap();
        let key = MachineKey::parse(&blob).unwrap();
        assert_eq!((&*key.algorithm, &*key.line), ("ssh-ed25519", line));
        assert!(key.fingerprint.starts_with("SHA256:"));
        for none in [&blob[1..], &blob[..blob.len() - 1], &[&blob[..], b"more"].concat(), b""] {
            assert_eq!(MachineKey::parse(none), None);
        }
        // Anybody could sign for the point of order one.
        let mut small = blob.clone();
        small.truncate(blob.len() - 32);
        small.extend([[1].as_slice(), &[0; 31]].concat());
        assert_eq!(MachineKey::parse(&small), None);
    }
}
