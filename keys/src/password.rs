//! Passwords: argon2id, and whether one is good enough to be chosen.
//!
//! [`Hasher::verify`] and [`Hasher::verify_dummy`] take tens of milliseconds and 19 MiB each, on
//! purpose; a thread that did keeps the memory. Callers run them on threads of their own behind a small semaphore, or strangers who guess
//! passwords stop everybody's logins.

use std::cell::RefCell;
use std::fmt;

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use crate::{NoRandomness, random};

/// KiB of memory for one hash (OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane).
pub const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
pub const PASSES: u32 = 2;
/// Lanes.
pub const LANES: u32 = 1;
/// Fewest characters of a password.
pub const MIN_CHARS: usize = 10;
/// Most bytes of a password.
pub const MAX_BYTES: usize = 256;

/// What a stored hash may ask for at most: a store that somebody wrote to must not make one login
/// take the machine's memory.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 16;

/// A password could not be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// No salt without randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The parameters are outside of what argon2 allows.
    #[error("argon2 refuses its parameters")]
    Parameters,
    /// argon2 itself failed, for instance for want of memory.
    #[error("the password could not be hashed")]
    Failed,
}

/// Why a password is not good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Fewer than [`MIN_CHARS`] characters.
    #[error("the password is shorter than 10 characters; choose a longer one")]
    Short,
    /// More than [`MAX_BYTES`] bytes.
    #[error("the password is longer than 256 bytes; choose a shorter one")]
    Long,
    /// The login is in it.
    #[error("the password contains the login; choose another")]
    ContainsLogin,
    /// Something in it cannot be typed again with certainty.
    #[error("the password has control characters; choose another")]
    ControlCharacters,
}

thread_local! {
    /// A thread's memory for hashes, kept: taken anew for each, the allocator came to hold six times
    /// as much in pieces after a few wrong passwords (measured).
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// Hashes and verifies passwords with explicit parameters.
#[derive(Clone)]
pub struct Hasher {
    params: Params,
    dummy: String,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("params", &self.params).finish_non_exhaustive()
    }
}

impl Hasher {
    /// With the parameters above.
    pub fn new() -> Result<Self, HashError> {
        Self::with_params(MEMORY_KIB, PASSES, LANES)
    }

    /// With other parameters, for machines that can afford more and for tests.
    pub fn with_params(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashError> {
        let params = Params::new(memory_kib, passes, lanes, Some(Params::DEFAULT_OUTPUT_LEN))
            .map_err(|_| HashError::Parameters)?;
        // A valid hash of nothing: 32 zero bytes are no password's output that anybody could find.
        let dummy = format!(
            "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${}${}",
            "A".repeat(22),
            "A".repeat(43),
        );
        Ok(Self { params, dummy })
    }

    /// The PHC string (`$argon2id$v=19$m=...`) of a password, with a fresh salt.
    pub fn hash(&self, password: &str) -> Result<String, HashError> {
        let mut salt = Zeroizing::new([0; 16]);
        random(&mut *salt)?;
        let salt = Salt::new(&*salt).map_err(|_| HashError::Failed)?;
        let mut output = Zeroizing::new([0; Params::DEFAULT_OUTPUT_LEN]);
        self.compute(&self.params, password, &salt, &mut *output)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: (&self.params).try_into().map_err(|_| HashError::Parameters)?,
            salt: Some(salt),
            hash: Some(Output::new(&*output).map_err(|_| HashError::Failed)?),
        };
        Ok(hash.to_string())
    }

    /// Whether `password` is the one that `phc` was made of. A string that is no hash, or asks for
    /// more than it may, costs the same as a wrong password and is false.
    pub fn verify(&self, password: &str, phc: &str) -> bool {
        match PasswordHash::new(phc) {
            Ok(hash) if self.bearable(&hash) => self.matches(password, &hash),
            _ => self.verify_dummy(password),
        }
    }

    /// False, after the time that [`Hasher::verify`] takes: for logins that do not exist or have no
    /// password, so that the clock does not tell who does.
    pub fn verify_dummy(&self, password: &str) -> bool {
        if let Ok(hash) = PasswordHash::new(&self.dummy) {
            let _ = std::hint::black_box(self.matches(password, &hash));
        }
        false
    }

    fn matches(&self, password: &str, hash: &PasswordHash) -> bool {
        let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return false };
        let Ok(params) = Params::try_from(hash) else { return false };
        let mut output = Zeroizing::new(vec![0; expected.len()]);
        let computed = self.compute(&params, password, salt, &mut output);
        // `Output` compares in constant time.
        computed.is_ok() && Output::new(&output).is_ok_and(|output| output == *expected)
    }

    fn compute(&self, params: &Params, password: &str, salt: &Salt, out: &mut [u8]) -> Result<(), HashError> {
        let params = Params::new(params.m_cost(), params.t_cost(), params.p_cost(), Some(out.len()))
            .map_err(|_| HashError::Parameters)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (blocks, ours) = (argon2.params().block_count(), self.params.block_count());
        MEMORY.with_borrow_mut(|memory| {
            if memory.len() < blocks {
                memory.resize(blocks, Block::default());
            }
            let used = memory.get_mut(..blocks).unwrap_or_default();
            let done = argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, used);
            memory.truncate(ours);
            memory.shrink_to(ours);
            done.map_err(|_| HashError::Failed)
        })
    }

    /// Whether `phc` was made with other parameters, and is to be made again at the next login.
    pub fn outdated(&self, phc: &str) -> bool {
        let Ok(hash) = PasswordHash::new(phc) else {
            return true;
        };
        let Ok(params) = Params::try_from(&hash) else {
            return true;
        };
        hash.algorithm.as_str() != Algorithm::Argon2id.as_str()
            || (params.m_cost(), params.t_cost(), params.p_cost())
                != (self.params.m_cost(), self.params.t_cost(), self.params.p_cost())
    }

    fn bearable(&self, hash: &PasswordHash) -> bool {
        hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
            && hash.version.is_none_or(|version| version == Version::V0x13.into())
            && Params::try_from(hash).is_ok_and(|params| {
                params.m_cost() <= MOST_MEMORY_KIB
                    && params.t_cost() <= MOST_PASSES
                    && params.p_cost() <= MOST_LANES
            })
    }
}

/// Whether somebody called `login` may choose this password.
pub fn check_quality(password: &str, login: &str) -> Result<(), Weak> {
    if password.chars().any(char::is_control) {
        return Err(Weak::ControlCharacters);
    }
    if password.len() > MAX_BYTES {
        return Err(Weak::Long);
    }
    if password.chars().count() < MIN_CHARS {
        return Err(Weak::Short);
    }
    // A login of one or two letters is in too many good passwords.
    if login.chars().count() >= 3 && Zeroizing::new(password.to_lowercase()).contains(&login.to_lowercase()) {
        return Err(Weak::ContainsLogin);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    /// Small, so that the tests of logic are quick.
    fn small() -> Hasher {
        Hasher::with_params(64, 1, 1).unwrap()
    }

    #[test]
    fn a_hash_verifies_its_password_only() {
        let hasher = Hasher::new().unwrap();
        let phc = hasher.hash("una clave larga ñ").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(hasher.verify("una clave larga ñ", &phc));
        assert!(!hasher.verify("una clave larga n", &phc));
        assert!(!hasher.verify("", &phc));
        assert_ne!(phc, hasher.hash("una clave larga ñ").unwrap(), "fresh salt");
        assert!(!hasher.outdated(&phc));
        assert!(small().outdated(&phc));
        assert!(small().verify("una clave larga ñ", &phc), "its own parameters count");
    }

    #[test]
    fn what_is_no_hash_is_false_and_terrible_ones_are_not_computed() {
        let hasher = small();
        let salt_and_output = format!("{}${}", "A".repeat(22), "A".repeat(43));
        let huge = format!("$argon2id$v=19$m=4194304,t=2,p=1${salt_and_output}");
        let long = format!("$argon2id$v=19$m=64,t=4000000,p=1${salt_and_output}");
        let other = format!("$argon2d$v=19$m=64,t=1,p=1${salt_and_output}");
        for phc in ["", "x", "$argon2id$", "$2b$12$abc", "!", &huge, &long, &other] {
            assert!(!hasher.verify("whatever", phc), "{phc}");
            assert!(!hasher.verify("", phc), "{phc}");
        }
        assert!(!hasher.verify_dummy(""));
        assert!(!hasher.verify("", &hasher.dummy));
        assert!(PasswordHash::new(&hasher.dummy).is_ok(), "or it would cost nothing");
    }

    #[test]
    fn strangers_and_members_cost_the_same() {
        let hasher = Hasher::new().unwrap();
        let phc = hasher.hash("una clave larga").unwrap();
        // Taken in turns, so that a busy moment of the machine falls on all three.
        let mut times: [Vec<Duration>; 3] = Default::default();
        for _ in 0..11 {
            let acts: [&dyn Fn() -> bool; 3] =
                [&|| hasher.verify("otra cosa", &phc), &|| hasher.verify_dummy("otra cosa"), &|| {
                    hasher.verify("otra cosa", "!")
                }];
            for (act, times) in acts.iter().zip(&mut times) {
                let start = Instant::now();
                assert!(!act());
                times.push(start.elapsed());
            }
        }
        let [wrong, nobody, broken] = times.map(|mut times| {
            times.sort();
            times[times.len() / 2]
        });
        eprintln!("wrong {wrong:?}, nobody {nobody:?}, no hash {broken:?}");
        for other in [nobody, broken] {
            let ratio = other.as_secs_f64() / wrong.as_secs_f64();
            assert!((0.5..2.0).contains(&ratio), "{ratio}");
        }
    }

    #[test]
    fn quality() {
        assert_eq!(check_quality("caballo correcto", "alumno1"), Ok(()));
        assert_eq!(check_quality("ññññññññññ", "alumno1"), Ok(()), "characters, not bytes");
        assert_eq!(check_quality("123456789", "alumno1"), Err(Weak::Short));
        assert_eq!(check_quality("", "alumno1"), Err(Weak::Short));
        assert_eq!(check_quality(&"x".repeat(256), "alumno1"), Ok(()));
        assert_eq!(check_quality(&"x".repeat(257), "alumno1"), Err(Weak::Long));
        assert_eq!(check_quality("mi-ALUMNO1-clave", "alumno1"), Err(Weak::ContainsLogin));
        assert_eq!(check_quality("profesor.garcia", "profesor.garcia"), Err(Weak::ContainsLogin));
        assert_eq!(check_quality("caballo\u{7}correcto", "alumno1"), Err(Weak::ControlCharacters));
        assert_eq!(check_quality("caballo correcto", "a"), Ok(()));
    }
}
