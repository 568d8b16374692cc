//! One-time codes: what a professor prints on paper and a student types once.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{NoRandomness, random};

/// No 0, O, 1, I or L: nobody has to guess what the paper says.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// 31^12 is more than 2^59.
const LENGTH: usize = 12;

/// A fresh code. Its `Debug` shows nothing; the text comes out only by [`Code::expose`].
pub struct Code(Zeroizing<String>);

impl Code {
    /// `XXXX-XXXX-XXXX`, as it is printed.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the store keeps of it: see [`hash`].
    pub fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// A code from the operating system's randomness.
pub fn generate() -> Result<Code, NoRandomness> {
    let mut text = Zeroizing::new(String::with_capacity(LENGTH + 2));
    let mut bytes = Zeroizing::new([0u8; 32]);
    let mut drawn = 0;
    while drawn < LENGTH {
        random(&mut *bytes)?;
        // 248 is 8 * 31: above it the remainder would favour the first letters.
        for byte in bytes.iter().filter(|byte| **byte < 248).take(LENGTH - drawn) {
            if drawn > 0 && drawn.is_multiple_of(4) {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(byte % 31)]));
            drawn += 1;
        }
    }
    Ok(Code(text))
}

/// The twelve letters of what somebody typed, whatever its case, spaces and dashes; `None` when it
/// cannot be a code.
pub fn normalise(text: &str) -> Option<Zeroizing<String>> {
    let mut letters = Zeroizing::new(String::with_capacity(LENGTH));
    for c in text.chars() {
        // Word processors turn hyphens into longer dashes.
        if c.is_whitespace() || matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}') {
            continue;
        }
        let upper = u8::try_from(c).ok()?.to_ascii_uppercase();
        if letters.len() == LENGTH || !ALPHABET.contains(&upper) {
            return None;
        }
        letters.push(char::from(upper));
    }
    (letters.len() == LENGTH).then_some(letters)
}

/// SHA-256 of a code in hex: what the store keeps and looks codes up by.
///
/// A fast hash is right here, and a slow one would only be a way to keep the gateway busy: the code
/// is 59 random bits, not something a person thought of, so whoever steals the hashes still has
/// 2^58 trials before them for each, and codes die in days. For the same reason there is no salt:
/// no two codes are alike. Comparing hashes gives nothing away by its timing, because nobody can
/// choose the first bytes of a hash, so the equality of the store's index is enough.
///
/// What is no code at all gets a hash too, which no code has.
pub fn hash(text: &str) -> String {
    let mut hasher = Sha256::new();
    match normalise(text) {
        Some(letters) => {
            hasher.update(b"puerta one-time code v1\0");
            hasher.update(letters.as_bytes());
        }
        None => {
            hasher.update(b"puerta no code v1\0");
            hasher.update(text.as_bytes());
        }
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn codes_have_the_printed_form_and_differ() {
        let mut seen = HashSet::new();
        for _ in 0..1000 {
            let code = generate().unwrap();
            let text = code.expose();
            assert_eq!(text.len(), 14);
            for (at, c) in text.chars().enumerate() {
                assert_eq!(c == '-', at == 4 || at == 9, "{text}");
                assert!(!"01OIL".contains(c), "{text}");
            }
            assert!(normalise(text).is_some(), "{text}");
            assert!(seen.insert(text.to_owned()));
            assert_eq!(format!("{code:?}"), "Code(..)");
        }
    }

    #[test]
    fn every_letter_is_as_likely() {
        let mut counts: HashMap<char, u32> = HashMap::new();
        for _ in 0..5000 {
            for c in generate().unwrap().expose().chars().filter(|c| *c != '-') {
                *counts.entry(c).or_default() += 1;
            }
        }
        assert_eq!(counts.len(), 31);
        // 60,000 draws, 1935 expected, standard deviation 43: seven of them.
        assert!(counts.values().all(|n| (1630..2240).contains(n)), "{counts:?}");
        assert!((31f64).log2() * 12.0 >= 58.0);
    }

    #[test]
    fn typing_is_forgiven_and_nothing_else() {
        for same in
            ["ABCD-EFGH-JK23", "abcdefghjk23", " abcd efgh jk23\n", "ABCD–EFGH—JK23", "a-b-c-d-efghjk23"]
        {
            assert_eq!(&*normalise(same).unwrap().clone(), "ABCDEFGHJK23", "{same}");
            assert_eq!(hash(same), hash("ABCDEFGHJK23"));
        }
        for not in
            ["", "ABCD-EFGH-JK2", "ABCD-EFGH-JK234", "ABCD-EFGH-JK20", "ÁBCD-EFGH-JK23", "ABCD.EFGH.JK23"]
        {
            assert!(normalise(not).is_none(), "{not}");
        }
    }

    #[test]
    fn the_hash_is_stable() {
        // printf 'puerta one-time code v1\0ABCDEFGHJK23' | sha256sum
        assert_eq!(
            hash("ABCD-EFGH-JK23"),
            "ffc5e153ecb9c58825be32c7ba1fb3781d1247294073661e426dc96f5ff7c1e0"
        );
        assert_ne!(hash(""), hash("x"));
        assert_eq!(hash("x").len(), 64);
    }
}
