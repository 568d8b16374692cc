//! Public keys as people paste them: one line of `authorized_keys` or of a `.pub` file
//! (sshd(8), AUTHORIZED_KEYS FILE FORMAT), or what PuTTYgen saves (RFC 4716).
//!
//! The same judgement, [`acceptable`], holds when a key is added and at every login, so a rule that
//! becomes stricter also reaches the keys that are already in the store.

use ssh_encoding::{Base64Reader, Decode, Reader};
use ssh_key::public::{Ed25519PublicKey, KeyData, RsaPublicKey};
use ssh_key::{HashAlg, PublicKey};

use crate::text::shown;

/// The longest text that is looked at. An 8192-bit RSA line has about 1,500 bytes.
pub const MAX_TEXT: usize = 16 * 1024;
/// The longest comment that is kept, in characters.
pub const MAX_COMMENT: usize = 100;
/// The shortest RSA modulus, in bits (NIST SP 800-131A; OpenSSH's `RequiredRSASize` says less).
pub const MIN_RSA_BITS: u32 = 2048;
/// The longest RSA modulus, in bits: the `rsa` crate verifies none above, and the work grows.
pub const MAX_RSA_BITS: u32 = 8192;

/// Key types that may log in. All of them are verified by russh, which was checked for the `sk-`
/// types: it verifies the signature of the security key, but does not ask whether a finger touched
/// it (the user-presence flag of PROTOCOL.u2f).
const TYPES: [&str; 7] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
];

/// Why a text is not a public key that may log in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing, or only comments.
    #[error("there is no key in the text; paste the one line of your `.pub` file")]
    Empty,
    /// More than [`MAX_TEXT`].
    #[error("the text is too long for a public key; paste the one line of your `.pub` file")]
    TooLong,
    /// The private half: the person should think of it as lost.
    #[error(
        "this is a private key, which nobody else may ever see; paste the line of the `.pub` file, \
         and if the private key went through other hands make a new pair"
    )]
    Private,
    /// `command="..."`, `from="..."` and the like.
    #[error("options before a key are not taken; paste the key from its type (`ssh-...`) on")]
    Options,
    /// Several keys at once.
    #[error("the text has more than one key; add them one at a time")]
    Several,
    /// A certificate where a key is wanted.
    #[error("this is a certificate; paste the public key itself")]
    Certificate,
    /// A type that is not taken: `ssh-dss`, or one that nobody knows.
    #[error("keys of type `{0}` are not taken; make one with `ssh-keygen -t ed25519`")]
    Unsupported(String),
    /// RSA with too short a modulus.
    #[error("the RSA key has {bits} bits, fewer than 2048; make a new one with `ssh-keygen -t ed25519`")]
    Weak {
        /// Bits of its modulus, exactly.
        bits: u32,
    },
    /// RSA with too long a modulus.
    #[error("the RSA key has {bits} bits, more than 8192; make a new one with `ssh-keygen -t ed25519`")]
    TooBig {
        /// Bits of its modulus, exactly.
        bits: u32,
    },
    /// A key that anybody could sign for: an Edwards point of small order, or an RSA exponent
    /// that is even or 1.
    #[error("the numbers in the key are unsafe; make a new one with `ssh-keygen -t ed25519`")]
    Unsafe,
    /// Cut, changed on its way, or no key at all.
    #[error("this is not a whole public key; copy the line of the `.pub` file again, unbroken")]
    Malformed,
}

/// One public key, judged, and the text that the store keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedKeyLine {
    /// Its type: `ssh-ed25519`.
    pub algorithm: String,
    /// `SHA256:...` as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// What follows the key in the line, fit to be shown, at most [`MAX_COMMENT`] characters.
    pub comment: String,
    /// `type base64 comment`, normalised.
    pub line: String,
    /// The key, without a comment.
    pub key: PublicKey,
}

impl AuthorizedKeyLine {
    /// Reads one key out of `text`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        // Before the length: somebody who pasted a private key must hear of it.
        if is_private(text) {
            return Err(KeyError::Private);
        }
        if text.len() > MAX_TEXT {
            return Err(KeyError::TooLong);
        }
        let mut lines = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let first = lines.next().ok_or(KeyError::Empty)?;
        if first.starts_with(RFC4716_BEGIN) {
            return parse_rfc4716(lines);
        }
        if let Some(second) = lines.next() {
            let more = lines.chain([second]).any(|line| names_a_key(line) || line.starts_with(RFC4716_BEGIN));
            return Err(if more { KeyError::Several } else { KeyError::Malformed });
        }
        parse_line(first)
    }

    fn new(key_data: KeyData, comment: &str) -> Result<Self, KeyError> {
        let key = PublicKey::from(key_data);
        acceptable(&key)?;
        let comment = shown(comment, MAX_COMMENT);
        let bare = key.to_openssh().map_err(|_| KeyError::Malformed)?;
        let bare = bare.trim_end();
        Ok(Self {
            algorithm: key.algorithm().as_str().to_owned(),
            fingerprint: fingerprint(&key),
            line: if comment.is_empty() { bare.to_owned() } else { format!("{bare} {comment}") },
            comment,
            key,
        })
    }
}

/// `SHA256:` and the unpadded base64 of the key's hash, as OpenSSH prints it.
pub fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Whether a key may log in at all, whoever it belongs to.
pub fn acceptable(key: &PublicKey) -> Result<(), KeyError> {
    match key.key_data() {
        KeyData::Ed25519(point) => sound_point(point),
        KeyData::SkEd25519(sk) => sound_point(sk.public_key()),
        KeyData::Ecdsa(_) | KeyData::SkEcdsaSha2NistP256(_) => Ok(()),
        KeyData::Rsa(rsa) => sound_rsa(rsa),
        KeyData::Certificate(_) => Err(KeyError::Certificate),
        other => Err(KeyError::Unsupported(shown(other.algorithm().as_str(), 64))),
    }
}

/// The y coordinates of the eight points of small order, with the spellings that are not reduced.
/// russh verifies Ed25519 by the lax equation, under which anybody can sign for such a "key"
/// (Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs, 2020).
const SMALL_ORDER: [[u8; 32]; 7] = {
    const fn low(first: u8) -> [u8; 32] {
        let mut y = [0; 32];
        y[0] = first;
        y
    }
    // 2^255 - 19 - 1, and so on: only the first byte differs.
    const fn high(first: u8) -> [u8; 32] {
        let mut y = [0xff; 32];
        y[0] = first;
        y[31] = 0x7f;
        y
    }
    [
        low(0),
        low(1),
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
        high(0xec),
        high(0xed),
        high(0xee),
    ]
};

fn sound_point(point: &Ed25519PublicKey) -> Result<(), KeyError> {
    let mut y = point.0;
    y[31] &= 0x7f; // the top bit is the sign of x
    if SMALL_ORDER.contains(&y) { Err(KeyError::Unsafe) } else { Ok(()) }
}

fn sound_rsa(rsa: &RsaPublicKey) -> Result<(), KeyError> {
    let n = rsa.n().as_positive_bytes().ok_or(KeyError::Malformed)?;
    let e = rsa.e().as_positive_bytes().ok_or(KeyError::Malformed)?;
    // `RsaPublicKey::key_size` counts whole bytes and calls 2041 bits 2048.
    let bits = bit_length(n);
    if bits < MIN_RSA_BITS {
        return Err(KeyError::Weak { bits });
    }
    if bits > MAX_RSA_BITS {
        return Err(KeyError::TooBig { bits });
    }
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    // At most 33 bits is what the `rsa` crate verifies with.
    if odd(n) && odd(e) && (2..=33).contains(&bit_length(e)) { Ok(()) } else { Err(KeyError::Unsafe) }
}

fn bit_length(number: &[u8]) -> u32 {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    match number.get(zeros..) {
        Some([first, rest @ ..]) => {
            u32::try_from(rest.len()).unwrap_or(u32::MAX / 16) * 8 + (8 - first.leading_zeros())
        }
        _ => 0,
    }
}

fn parse_line(line: &str) -> Result<AuthorizedKeyLine, KeyError> {
    let (kind, rest) = first_word(line);
    if !TYPES.contains(&kind) {
        return Err(strange_type(kind, rest));
    }
    let (base64, comment) = first_word(rest);
    let key = decode(base64)?;
    if key.algorithm().as_str() != kind {
        return Err(if matches!(key, KeyData::Certificate(_)) {
            KeyError::Certificate
        } else {
            KeyError::Malformed
        });
    }
    AuthorizedKeyLine::new(key, comment)
}

/// What to say of a line whose first word is not a type that is taken.
fn strange_type(kind: &str, rest: &str) -> KeyError {
    let (blob, _) = first_word(rest);
    if kind.contains("-cert-v0") {
        KeyError::Certificate
    } else if rest.split_whitespace().any(is_type) {
        KeyError::Options
    } else if is_type(kind) || blob.starts_with("AAAA") {
        KeyError::Unsupported(shown(kind, 64))
    } else {
        KeyError::Malformed
    }
}

/// `---- BEGIN SSH2 PUBLIC KEY ----`: headers, base64 in lines, an end mark.
fn parse_rfc4716<'a>(mut lines: impl Iterator<Item = &'a str>) -> Result<AuthorizedKeyLine, KeyError> {
    let mut comment = String::new();
    let mut base64 = String::new();
    loop {
        let line = lines.next().ok_or(KeyError::Malformed)?;
        if line.starts_with(RFC4716_END) {
            break;
        }
        // RFC 4716, 3.3: a colon makes a header, a backslash at the end continues it.
        let Some((tag, value)) = line.split_once(':') else {
            base64.push_str(line);
            continue;
        };
        let mut value = value.trim().to_owned();
        while value.ends_with('\\') {
            value.pop();
            value.push_str(lines.next().ok_or(KeyError::Malformed)?);
        }
        if tag.eq_ignore_ascii_case("comment") {
            comment = value;
        }
    }
    if lines.next().is_some() {
        return Err(KeyError::Several);
    }
    let unquoted = comment.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    AuthorizedKeyLine::new(decode(&base64)?, unquoted.unwrap_or(&comment))
}

const RFC4716_BEGIN: &str = "---- BEGIN SSH2 PUBLIC KEY";
const RFC4716_END: &str = "---- END SSH2 PUBLIC KEY";

fn decode(base64: &str) -> Result<KeyData, KeyError> {
    let mut reader = Base64Reader::new(base64.as_bytes()).map_err(|_| KeyError::Malformed)?;
    let key = KeyData::decode(&mut reader).map_err(|_| KeyError::Malformed)?;
    reader.finish(key).map_err(|_| KeyError::Malformed)
}

/// OpenSSH's and PEM's armour, and the first line of a `.ppk`.
fn is_private(text: &str) -> bool {
    text.contains("PRIVATE KEY-") || text.contains("PuTTY-User-Key-File")
}

fn names_a_key(line: &str) -> bool {
    line.split_whitespace().any(is_type)
}

/// Looks like the name of a key type, taken or not.
fn is_type(word: &str) -> bool {
    TYPES.contains(&word) || word == "ssh-dss" || word.contains("-cert-v0")
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests;
