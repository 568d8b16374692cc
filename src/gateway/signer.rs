//! Who signs the exchange of keys. It is asked and waited for, so that its key may lie somewhere else.

use russh::keys::ssh_key::Signature;
use russh::keys::{PrivateKey, PublicKey, signature};
use signature::Signer as _;

/// Signs with a key that lies here.
pub(super) struct Signer(PrivateKey);

impl Signer {
    pub(super) fn new(key: PrivateKey) -> Self {
        Self(key)
    }

    /// What clients know us by.
    pub(super) fn public_key(&self) -> PublicKey {
        self.0.public_key().clone()
    }

    /// A signature of this hash, in the protocol's encoding.
    pub(super) async fn sign(&self, hash: &[u8]) -> Result<Vec<u8>, russh::Error> {
        let signature: Signature = self.0.try_sign(hash).map_err(russh::keys::ssh_key::Error::from)?;
        Ok(Vec::try_from(signature)?)
    }
}
