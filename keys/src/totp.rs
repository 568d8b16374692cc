//! Time-based verification codes (RFC 6238): the second factor that an app on a telephone shows.
//! HMAC-SHA-1, six digits, thirty seconds: what every such app does. The caller says what time it
//! is, and remembers which steps it took: none is to be right twice.

use crate::{NoRandomness, random};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use std::fmt;
use zeroize::Zeroizing;

/// Seconds that a code is shown.
const PERIOD: u64 = 30;
/// A clock may be this many steps off, and a person this slow.
const SLACK: u64 = 1;
/// Digits of a code.
const DIGITS: u32 = 6;
/// Bytes of a secret: as many as its hash has (RFC 4226, section 4, R6).
const LENGTH: usize = 20;

/// What puerta and the telephone share. Its `Debug` shows nothing; the text comes out only by
/// [`Shared::expose`].
pub struct Shared(Zeroizing<[u8; LENGTH]>);

impl Shared {
    /// A new one from the operating system's randomness.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        random(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// One that [`Shared::expose`] wrote; `None` when it is not.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE32_NOPAD.decode(text.as_bytes()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// Base32, 32 letters: what the store keeps and apps take.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&*self.0))
    }

    /// The address that apps read from a QR code. `issuer` and `account` are of letters, digits and
    /// `.-_@` only.
    pub fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let secret = self.expose();
        Zeroizing::new(format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", *secret))
    }

    /// The steps whose code is `code`, of those that may be typed at `now` (seconds since 1970): seldom more
    /// than one, none when it is wrong, too old or too new. Whether they were taken before, the caller knows.
    pub fn steps(&self, code: &str, now: u64) -> Vec<u64> {
        let Some(code) = digits(code) else { return Vec::new() };
        let newest = newest_step(now);
        // All are computed, whichever is right.
        let right = (newest.saturating_sub(2 * SLACK)..=newest).map(|step| (step, self.code(step)));
        right.filter(|(_, shown)| *shown == code).map(|(step, _)| step).collect()
    }

    /// The code of a step (RFC 4226, section 5.3).
    fn code(&self, step: u64) -> u32 {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&*self.0) else {
            // HMAC takes keys of every length.
            return u32::MAX;
        };
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash[hash.len() - 1] & 0xf);
        let word = [hash[at], hash[at + 1], hash[at + 2], hash[at + 3]];
        (u32::from_be_bytes(word) & 0x7fff_ffff) % 10_u32.pow(DIGITS)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared(..)")
    }
}

/// The last of the steps whose code may be typed at `now`, in seconds since 1970.
pub fn newest_step(now: u64) -> u64 {
    now / PERIOD + SLACK
}

/// Whether somebody typed what could be a code at all.
pub fn is_code(text: &str) -> bool {
    digits(text).is_some()
}

/// The number of what somebody typed: six digits, with spaces wherever; `None` for anything else.
fn digits(text: &str) -> Option<u32> {
    let (mut code, mut count) = (0, 0);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        count += 1;
        if count > DIGITS {
            return None;
        }
        code = code * 10 + c.to_digit(10)?;
    }
    (count == DIGITS).then_some(code)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What an app shows.
    fn shown(shared: &Shared, now: u64) -> String {
        format!("{:06}", shared.code(now / PERIOD))
    }

    fn rfc() -> Shared {
        Shared(Zeroizing::new(*b"12345678901234567890"))
    }

    /// RFC 6238, appendix B, SHA-1: its eight digits, of which we show the last six.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (now, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(shown(&rfc(), now), code[2..], "{now}");
            assert_eq!(rfc().steps(&code[2..], now), [now / 30]);
        }
    }

    #[test]
    fn typing_is_forgiven_and_nothing_else() {
        for same in ["287082", " 287 082\n", "2 8 7 0 8 2"] {
            assert!(is_code(same));
            assert_eq!(rfc().steps(same, 59), [1], "{same}");
        }
        for not in
            ["", "28708", "2870822", "0287082", "94287082", "287O82", "+287082", "-87082", "２８７０８２"]
        {
            assert!(!is_code(not));
            assert_eq!(rfc().steps(not, 59), [], "{not}");
        }
    }

    #[test]
    fn the_text_comes_back_and_is_not_shown() {
        let one = Shared::generate().unwrap();
        let text = one.expose();
        assert_eq!(text.len(), 32);
        assert_eq!(*Shared::parse(&text).unwrap().0, *one.0);
        assert_ne!(*Shared::generate().unwrap().0, *one.0);
        assert_eq!(format!("{one:?}"), "Shared(..)");
        for not in ["", "AAAA", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "11111111111111111111111111111111"] {
            assert!(Shared::parse(not).is_none(), "{not}");
        }
        assert_eq!(
            *rfc().uri("puerta", "profesor"),
            "otpauth://totp/puerta:profesor?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=puerta"
        );
    }

    proptest! {
        /// Whatever the secret and the moment: a code is right in its own step and one beside it, and nowhere
        /// else.
        #[test]
        fn only_the_codes_of_the_window_are_right(secret: [u8; 20], at in 100_u64..1 << 34, off in -5_i64..=5) {
            let shared = Shared(Zeroizing::new(secret));
            let step = at / 30;
            let code = shown(&shared, at);
            let now = at.saturating_add_signed(off * 30);
            let found = shared.steps(&code, now);
            // Two steps of one window may have the same code by chance.
            let same = (now / 30 - 1..=now / 30 + 1).filter(|other| shared.code(*other) == shared.code(step));
            prop_assert_eq!(&found, &same.collect::<Vec<_>>());
            prop_assert_eq!(found.contains(&step), off.abs() <= 1);
            prop_assert!(found.iter().all(|step| *step <= newest_step(now)));
        }

        /// Of all codes at most three are right.
        #[test]
        fn all_other_codes_are_wrong(secret: [u8; 20], at in 100_u64..1 << 34, from in 0_u32..999_900) {
            let shared = Shared(Zeroizing::new(secret));
            let window = [at - 30, at, at + 30].map(|now| shown(&shared, now));
            for code in (from..from + 100).map(|code| format!("{code:06}")) {
                prop_assert_eq!(!shared.steps(&code, at).is_empty(), window.contains(&code));
            }
        }
    }
}
