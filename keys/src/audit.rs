//! The key that the audit log is signed with: Ed25519, apart from the host key. Signatures are
//! SSHSIG (OpenSSH's PROTOCOL.sshsig), so `ssh-keygen -Y verify` checks them without puerta.

use ssh_key::{Algorithm, PublicKey};
use ssh_key::{HashAlg, LineEnding, SshSig};

use crate::authorized::fingerprint;
use crate::host::HostKey;
use crate::text::shown;

/// What the signatures are for, as `ssh-keygen -Y verify -n` wants it: one made for anything else
/// does not count, and one of these counts for nothing else.
pub const NAMESPACE: &str = "puerta-audit";

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----\n";
/// Base64 characters of a line of the armour.
const WIDTH: usize = 70;

/// The key could not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the audit key cannot sign: {0}")]
pub struct SignError(String);

/// Why a text is no list of public keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeysError {
    /// A line is something else.
    #[error("line {0} is not an `ssh-ed25519` public key")]
    Line(usize),
    /// There is none.
    #[error("there is no public key in it")]
    Empty,
}

/// A key that signs, and those that it took the place of.
#[derive(Debug, Clone)]
pub struct AuditKey {
    pair: HostKey,
    earlier: Vec<PublicKey>,
}

impl From<HostKey> for AuditKey {
    fn from(pair: HostKey) -> Self {
        Self { pair, earlier: Vec::new() }
    }
}

impl AuditKey {
    /// The signature over `text`: the base64 of an SSHSIG on one line, without its armour.
    pub fn sign(&self, text: &[u8]) -> Result<String, SignError> {
        let fail = |error: ssh_key::Error| SignError(error.to_string());
        let signed = self.pair.key().sign(NAMESPACE, HashAlg::Sha512, text).map_err(fail)?;
        let armoured = signed.to_pem(LineEnding::LF).map_err(fail)?;
        Ok(armoured.lines().filter(|line| !line.starts_with("-----")).collect())
    }

    /// `ssh-ed25519 AAAA... comment`, without a newline.
    pub fn public_line(&self) -> &str {
        self.pair.public_line()
    }

    /// `SHA256:...`
    pub fn fingerprint(&self) -> String {
        self.pair.fingerprint()
    }

    /// The same, after others: what those signed holds as well.
    #[must_use]
    pub fn after(self, earlier: AuditPublicKeys) -> Self {
        Self { earlier: earlier.0, ..self }
    }

    /// Its public half first, to check with.
    pub fn public_keys(&self) -> AuditPublicKeys {
        let own = self.pair.key().public_key();
        let earlier = self.earlier.iter().filter(|key| key.key_data() != own.key_data());
        AuditPublicKeys(std::iter::once(own).chain(earlier).cloned().collect())
    }
}

/// Public keys to check with: more than one when a key was replaced by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPublicKeys(Vec<PublicKey>);

impl AuditPublicKeys {
    /// The keys of a `.pub` file, one a line; blank lines and `#` comments between them.
    pub fn parse(text: &str) -> Result<Self, PublicKeysError> {
        let mut keys = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = PublicKey::from_openssh(line).ok();
            let key = key.filter(|key| key.algorithm() == Algorithm::Ed25519);
            keys.push(key.ok_or(PublicKeysError::Line(at + 1))?);
        }
        if keys.is_empty() { Err(PublicKeysError::Empty) } else { Ok(Self(keys)) }
    }

    /// The fingerprint of the key that made `signature` over `text`; `None` when none of these did.
    pub fn signer(&self, text: &[u8], signature: &str) -> Option<String> {
        let armoured = armour(signature);
        let signature = SshSig::from_pem(&armoured).ok()?;
        // One signature has one spelling: the library takes version 0 for 1, and more.
        if signature.version() != SshSig::VERSION || signature.to_pem(LineEnding::LF).ok()? != armoured {
            return None;
        }
        let made = |key: &&PublicKey| key.verify(NAMESPACE, text, &signature).is_ok();
        self.0.iter().find(made).map(fingerprint)
    }

    /// `SHA256:...` of each.
    pub fn fingerprints(&self) -> Vec<String> {
        self.0.iter().map(fingerprint).collect()
    }

    /// `ssh-ed25519 AAAA... comment` of each, their comments bounded.
    pub fn lines(&self) -> Vec<String> {
        let line = |key: &PublicKey| key.to_openssh().ok().map(|line| shown(line.trim_end(), 200));
        self.0.iter().filter_map(line).collect()
    }
}

/// A signature of [`AuditKey::sign`] as the file that `ssh-keygen -Y verify -s` reads.
pub fn armour(signature: &str) -> String {
    let mut text = BEGIN.to_owned();
    let mut rest = signature;
    while !rest.is_empty() {
        // What is not base64 may be anything, and is refused later: it is cut between characters.
        let end = rest.char_indices().nth(WIDTH).map_or(rest.len(), |(at, _)| at);
        let (line, after) = rest.split_at(end);
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text + END
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key() -> AuditKey {
        HostKey::generate("puerta-audit").unwrap().into()
    }

    #[test]
    fn a_signature_is_its_keys_and_its_texts() {
        let (ours, other) = (key(), key());
        let signature = ours.sign(b"head 7").unwrap();
        assert!(signature.len() < 400 && !signature.contains('\n'), "{signature}");
        let public = AuditPublicKeys::parse(ours.public_line()).unwrap();
        assert_eq!(public, ours.public_keys());
        assert_eq!(public.signer(b"head 7", &signature), Some(ours.fingerprint()));
        assert_eq!(public.signer(b"head 8", &signature), None);
        assert_eq!(other.public_keys().signer(b"head 7", &signature), None);
        let both = format!("# replaced\n{}\n\n{}\n", other.public_line(), ours.public_line());
        let both = AuditPublicKeys::parse(&both).unwrap();
        assert_eq!(both.signer(b"head 7", &signature), Some(ours.fingerprint()));
        assert_eq!(both.fingerprints().len(), 2);
        assert_eq!(both.lines()[1], ours.public_line());
        for bad in ["", "x", "AAAA", &signature[1..], &"ñ".repeat(300), "-----END SSH SIGNATURE-----"] {
            assert_eq!(public.signer(b"head 7", bad), None, "{bad}");
        }
        for at in 0..signature.len() {
            let mut changed = signature.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(public.signer(b"head 7", &changed), None, "{at}");
        }
    }

    #[test]
    fn a_signature_for_something_else_does_not_count() {
        let ours = key();
        let foreign = ours.pair.key().sign("file", HashAlg::Sha512, b"head 7").unwrap();
        let armoured = foreign.to_pem(LineEnding::LF).unwrap();
        let foreign: String = armoured.lines().filter(|line| !line.starts_with("-----")).collect();
        assert_eq!(ours.public_keys().signer(b"head 7", &foreign), None);
    }

    #[test]
    fn what_is_no_public_key_is_named() {
        assert_eq!(AuditPublicKeys::parse("\n# none\n"), Err(PublicKeysError::Empty));
        let text = format!("{}\nssh-rsa AAAA\n", key().public_line());
        assert_eq!(AuditPublicKeys::parse(&text), Err(PublicKeysError::Line(2)));
    }
}
