//! Keys of the client.

use super::*;

/// An ed25519 key.
pub struct Key(pub(super) Ed25519KeyPair);

impl Key {
    /// From the house's folder, as ssh-keygen wrote it without a passphrase.
    pub fn read(house: &House, name: &str) -> Self {
        let text = std::fs::read_to_string(house.key(name)).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let bytes = base64(&body);
        // PROTOCOL.key: magic, cipher, kdf, its options, one key; then the private part.
        let mut reader = Reader(&bytes[15..]);
        assert_eq!(reader.text(), "none");
        let _ = (reader.string(), reader.string(), reader.u32(), reader.string());
        let mut private = Reader(reader.string());
        let _ = (private.take(8), private.string(), private.string());
        Self(Ed25519KeyPair::from_seed_unchecked(&private.string()[..32]).unwrap())
    }

    /// As it goes on the wire.
    pub fn blob(&self) -> Vec<u8> {
        Packet::default().string("ssh-ed25519").string(self.0.public_key().as_ref()).0
    }
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0, 0_u32);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        held = held << 6 | u32::from(digit(byte));
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}
