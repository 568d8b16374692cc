//! The key that the gateway proves itself with: Ed25519, in OpenSSH's private key format, not
//! encrypted (a daemon has nobody to ask for a passphrase; the file's mode protects it).

use std::fmt;

use ssh_key::LineEnding;
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{Algorithm, PrivateKey};
use zeroize::Zeroizing;

use crate::authorized::fingerprint;
use crate::text::shown;
use crate::{NoRandomness, random};

/// Why a text is not a host key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostKeyError {
    /// It needs a passphrase.
    #[error("the key is encrypted; remove its passphrase with `ssh-keygen -p -N ''`")]
    Encrypted,
    /// Another algorithm.
    #[error("the key is `{0}`, not `ssh-ed25519`; make one with `puerta init`")]
    NotEd25519(String),
    /// No private key in OpenSSH's format.
    #[error("this is not a private key in OpenSSH's format; make one with `puerta init`")]
    Malformed,
    /// No new key without randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// A host key and its texts. Its `Debug` shows the public half only.
#[derive(Clone)]
pub struct HostKey {
    key: PrivateKey,
    private_text: Zeroizing<String>,
    public_line: String,
}

impl HostKey {
    /// A new key; `comment` ends its public line, and is usually the host's name.
    pub fn generate(comment: &str) -> Result<Self, HostKeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        random(&mut *seed)?;
        let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed));
        let key = PrivateKey::new(pair, shown(comment, 100)).map_err(|_| HostKeyError::Malformed)?;
        Self::new(key)
    }

    /// The key in the text of a private key file.
    pub fn parse(text: &str) -> Result<Self, HostKeyError> {
        let key = PrivateKey::from_openssh(text.trim()).map_err(|_| HostKeyError::Malformed)?;
        Self::new(key)
    }

    fn new(key: PrivateKey) -> Result<Self, HostKeyError> {
        // An encrypted key still names its algorithm, but nothing more can be said of it.
        if key.is_encrypted() {
            return Err(HostKeyError::Encrypted);
        }
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(HostKeyError::NotEd25519(shown(key.algorithm().as_str(), 64)));
        }
        let private_text = key.to_openssh(LineEnding::LF).map_err(|_| HostKeyError::Malformed)?;
        let public_line = key.public_key().to_openssh().map_err(|_| HostKeyError::Malformed)?;
        Ok(Self { key, private_text, public_line: public_line.trim_end().to_owned() })
    }

    /// The private key file's text, to be kept with mode 0600.
    pub fn private_text(&self) -> &str {
        &self.private_text
    }

    /// `ssh-ed25519 AAAA... comment`, without a newline.
    pub fn public_line(&self) -> &str {
        &self.public_line
    }

    /// `SHA256:...`, what people compare at their first connection.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.key.public_key())
    }

    pub(crate) fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The key for the SSH server.
    pub fn into_key(self) -> PrivateKey {
        self.key
    }
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostKey").field(&self.public_line).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::authorized::AuthorizedKeyLine;

    #[test]
    fn a_new_key_comes_back_from_its_text() {
        let made = HostKey::generate("puerta\n").unwrap();
        assert!(made.private_text().starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
        assert!(made.private_text().ends_with("-----END OPENSSH PRIVATE KEY-----\n"));
        let read = HostKey::parse(made.private_text()).unwrap();
        assert_eq!(read.public_line(), made.public_line());
        assert!(made.public_line().ends_with(" puerta"), "{}", made.public_line());
        let line = AuthorizedKeyLine::parse(made.public_line()).unwrap();
        assert_eq!(line.fingerprint, read.fingerprint());
        assert_ne!(HostKey::generate("puerta").unwrap().fingerprint(), made.fingerprint());
        assert!(!format!("{made:?}").contains("PRIVATE"));
        assert_eq!(read.into_key().public_key().key_data(), line.key.key_data());
    }

    #[test]
    fn other_keys_are_named() {
        let error = |text: &str| HostKey::parse(text).unwrap_err();
        // Both were made for this test by ssh-keygen and are used nowhere else.
        assert_eq!(error(include_str!("host/encrypted.pem")), HostKeyError::Encrypted);
        assert_eq!(
            error(include_str!("host/ecdsa.pem")),
            HostKeyError::NotEd25519("ecdsa-sha2-nistp256".into())
        );
        assert_eq!(error(""), HostKeyError::Malformed);
        assert_eq!(error("ssh-ed25519 AAAA"), HostKeyError::Malformed);
    }
}
