//! Where SSH servers of machines have their host keys, and what of those files is public. Their root wrote them, so
//! they may say anything: here they come to bytes, and whether these are a key is for who reads them.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A longer file is no host key of anybody's.
pub(crate) const LONGEST: usize = 16 << 10;

/// What a machine is known by, its private keys among it, for one that is made again in its place. It is for the driver
/// that read it, and nothing of it is shown.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKeys(Vec<(String, String)>);

impl fmt::Debug for HostKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostKeys({} files)", self.0.len())
    }
}

impl HostKeys {
    pub(crate) fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self(files.into_iter().map(|(name, content)| (name, BASE64.encode(&content))).collect())
    }

    /// The content of each of these files that it has.
    pub(crate) fn files(&self, names: &[&str]) -> Vec<(String, Vec<u8>)> {
        let known = self.0.iter().filter(|(name, _)| names.contains(&name.as_str()));
        let file = |(name, content): &(String, String)| {
            Some((name.clone(), BASE64.decode(content.as_bytes()).ok()?))
        };
        known.filter_map(file).collect()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What such a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line: type, base64, comment.
    Line,
    /// Dropbear has no file of its own for what is public; its private one begins with that.
    Dropbear,
}

/// The files, in the order in which clients ask for what is in them.
pub(crate) const FILES: [(&str, Form); 6] = [
    ("/etc/ssh/ssh_host_ed25519_key.pub", Form::Line),
    ("/etc/ssh/ssh_host_ecdsa_key.pub", Form::Line),
    ("/etc/ssh/ssh_host_rsa_key.pub", Form::Line),
    ("/etc/dropbear/dropbear_ed25519_host_key", Form::Dropbear),
    ("/etc/dropbear/dropbear_ecdsa_host_key", Form::Dropbear),
    ("/etc/dropbear/dropbear_rsa_host_key", Form::Dropbear),
];

/// Those and the private ones beside them.
pub(crate) fn names() -> Vec<&'static str> {
    let own = FILES.iter().map(|(name, _)| *name);
    own.clone().chain(own.filter_map(|name| name.strip_suffix(".pub"))).collect()
}

/// Those of the files that a server can go on with: a private key with its public one, each whole. A machine's root may have
/// written anything, and a server takes what is there for its keys, whatever it is.
pub(crate) fn whole(files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let of = |name: &str| files.iter().find(|(known, _)| known == name).map(|(_, content)| content);
    let pairs = FILES.iter().filter_map(|(name, form)| match form {
        Form::Dropbear => is_whole(of(name)?).then_some(vec![*name]),
        Form::Line => {
            let private = name.strip_suffix(".pub")?;
            let blob = form.public(of(name)?)?;
            let inside = unarmoured(of(private)?)?;
            inside.windows(blob.len()).any(|part| part == blob).then_some(vec![*name, private])
        }
    });
    let kept: Vec<&str> = pairs.flatten().collect();
    files.iter().filter(|(name, _)| kept.contains(&name.as_str())).cloned().collect()
}

/// What stands in the armour of OpenSSH's private keys (its PROTOCOL.key): the public key is in it as it is.
fn unarmoured(file: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(file).ok()?.trim();
    let body = text.strip_prefix("-----BEGIN OPENSSH PRIVATE KEY-----")?;
    let body = body.strip_suffix("-----END OPENSSH PRIVATE KEY-----")?;
    let body: String = body.split_whitespace().collect();
    BASE64.decode(body.as_bytes()).ok().filter(|bytes| bytes.starts_with(b"openssh-key-v1\0"))
}

/// Whether one of Dropbear's has all that belongs in it, and nothing behind.
fn is_whole(file: &[u8]) -> bool {
    let (mut strings, mut left) = (Vec::new(), file);
    while let Some((one, rest)) = string(left) {
        strings.push(one);
        left = rest;
    }
    left.is_empty()
        && match strings.as_slice() {
            [b"ssh-ed25519", halves] => halves.len() == 64,
            [b"ssh-rsa", numbers @ ..] => numbers.len() == 5,
            [_, _, _, _] => dropbear(file).is_some(),
            _ => false,
        }
}

impl Form {
    /// The public key in such a file, in SSH's own form (RFC 4253, section 6.6). Nothing private is in it.
    pub(crate) fn public(self, file: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Line => {
                let text = std::str::from_utf8(file).ok()?;
                BASE64.decode(text.split_whitespace().nth(1)?.as_bytes()).ok()
            }
            Self::Dropbear => dropbear(file),
        }
    }
}

/// Of Dropbear's file (`buf_put_priv_key` of its `signkey.c`): the public key, and the private numbers behind it; but with
/// Ed25519 both halves are one string, the public one last.
fn dropbear(file: &[u8]) -> Option<Vec<u8>> {
    let (kind, rest) = string(file)?;
    let strings = match kind {
        b"ssh-ed25519" => {
            let (halves, _) = string(rest)?;
            let public: &[u8; 32] = halves.get(32..)?.try_into().ok()?;
            return Some([&file[..4 + kind.len()], &32_u32.to_be_bytes(), public].concat());
        }
        // The curve and the point; the exponent and the modulus.
        b"ecdsa-sha2-nistp256" | b"ecdsa-sha2-nistp384" | b"ecdsa-sha2-nistp521" | b"ssh-rsa" => 2,
        _ => return None,
    };
    let mut left = rest;
    for _ in 0..strings {
        (_, left) = string(left)?;
    }
    file.get(..file.len() - left.len()).map(<[u8]>::to_vec)
}

/// A string of SSH's, and what follows it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put(parts: &[&[u8]]) -> Vec<u8> {
        parts.iter().flat_map(|part| [&(part.len() as u32).to_be_bytes(), *part].concat()).collect()
    }

    #[test]
    fn what_is_public_is_taken_and_nothing_else() {
        let line =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGoVIeLgdvWVrB4hXnYUEqvNmXDaSRlWrxQGu3ymG9cK root@web1\n";
        let blob = Form::Line.public(line.as_bytes()).unwrap();
        assert_eq!(&blob[..15], b"\0\0\0\x0bssh-ed25519");

        let halves = [[1; 32], [2; 32]].concat();
        let ed25519 = Form::Dropbear.public(&put(&[b"ssh-ed25519", &halves])).unwrap();
        assert_eq!(ed25519, put(&[b"ssh-ed25519", &[2; 32]]));
        let kind: &[u8] = b"ecdsa-sha2-nistp256";
        let ecdsa = Form::Dropbear.public(&put(&[kind, b"nistp256", b"point", b"secret"])).unwrap();
        assert_eq!(ecdsa, put(&[kind, b"nistp256", b"point"]));
        let rsa = Form::Dropbear.public(&put(&[b"ssh-rsa", b"e", b"n", b"d", b"p", b"q"])).unwrap();
        assert_eq!(rsa, put(&[b"ssh-rsa", b"e", b"n"]));
    }

    #[test]
    fn only_keys_that_a_server_can_go_on_with_are_kept() {
        let blob = put(&[b"ssh-ed25519", &[2; 32]]);
        let line = format!("ssh-ed25519 {} root@web1\n", BASE64.encode(&blob)).into_bytes();
        let inside = [b"openssh-key-v1\0".as_slice(), b"none", &blob, b"secret"].concat();
        let armour = |inside: &[u8]| {
            let body = BASE64.encode(inside);
            format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n")
                .into_bytes()
        };
        let private = "/etc/ssh/ssh_host_ed25519_key";
        let public = format!("{private}.pub");
        let bear = "/etc/dropbear/dropbear_ed25519_host_key";
        let halves = put(&[b"ssh-ed25519", &[[1; 32], [2; 32]].concat()]);
        let kept = |files: Vec<(&str, Vec<u8>)>| {
            let files = files.into_iter().map(|(name, content)| (name.to_owned(), content)).collect();
            whole(files).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let good = vec![(&*public, line.clone()), (private, armour(&inside)), (bear, halves.clone())];
        assert_eq!(kept(good), [&*public, private, bear]);
        for garbage in
            [b"".to_vec(), b"garbage".to_vec(), armour(b"garbage"), armour(b"openssh-key-v1\0other")]
        {
            assert!(kept(vec![(&*public, line.clone()), (private, garbage.clone())]).is_empty());
            assert!(kept(vec![(bear, garbage)]).is_empty());
        }
        assert!(kept(vec![(private, armour(&inside))]).is_empty() && kept(vec![(&*public, line)]).is_empty());
        assert!(kept(vec![(bear, [halves, vec![0]].concat())]).is_empty());
    }

    proptest! {
        /// A machine's root may write anything.
        #[test]
        fn whatever_is_there_is_a_key_or_nothing(file in prop::collection::vec(any::<u8>(), 0..300), cut in 0..90_usize) {
            for form in [Form::Line, Form::Dropbear] {
                let _ = form.public(&file);
            }
            let whole = put(&[b"ssh-ed25519", &[[1; 32], [2; 32]].concat()]);
            let cut = whole.get(..cut).unwrap_or(&whole);
            let found = Form::Dropbear.public(cut);
            prop_assert_eq!(found.is_some(), cut == whole);
        }
    }
}
