//! The fixtures were made with OpenSSH 9.2 (`ssh-keygen -t ...`, `-e`, `-lf`); the two `sk-` keys
//! are the examples of the ssh-key crate.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use ssh_encoding::{Base64Writer, Encode, Mpint};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/", $name))
    };
}

const ED25519: &str = fixture!("ed25519.pub");

fn base64(text: &str) -> &str {
    text.split_whitespace().nth(1).unwrap()
}

#[test]
fn what_openssh_makes_is_taken_and_has_its_fingerprint() {
    for (line, fingerprint, algorithm) in [
        (ED25519, fixture!("ed25519.sha256"), "ssh-ed25519"),
        (fixture!("ecdsab256.pub"), fixture!("ecdsab256.sha256"), "ecdsa-sha2-nistp256"),
        (fixture!("ecdsab384.pub"), fixture!("ecdsab384.sha256"), "ecdsa-sha2-nistp384"),
        (fixture!("ecdsab521.pub"), fixture!("ecdsab521.sha256"), "ecdsa-sha2-nistp521"),
        (fixture!("rsab2048.pub"), fixture!("rsab2048.sha256"), "ssh-rsa"),
        (fixture!("sk-ed25519.pub"), fixture!("sk-ed25519.sha256"), "sk-ssh-ed25519@openssh.com"),
        (fixture!("sk-ecdsa.pub"), fixture!("sk-ecdsa.sha256"), "sk-ecdsa-sha2-nistp256@openssh.com"),
    ] {
        let parsed = AuthorizedKeyLine::parse(line).unwrap();
        assert_eq!(parsed.fingerprint, fingerprint.trim());
        assert_eq!(parsed.algorithm, algorithm);
        assert_eq!(parsed.line, line.trim_end(), "normalised is what OpenSSH writes");
        assert_eq!(fingerprint.trim(), super::fingerprint(&parsed.key));
        assert_eq!(acceptable(&parsed.key), Ok(()));
        assert_eq!(AuthorizedKeyLine::parse(&parsed.line).unwrap(), parsed, "{line}");
    }
}

#[test]
fn space_and_comments_around_are_forgiven() {
    let wanted = AuthorizedKeyLine::parse(ED25519).unwrap();
    assert_eq!(wanted.comment, "alumno1@aula");
    for text in [
        format!("  {ED25519}"),
        format!("\u{feff}{ED25519}\r\n\r\n"),
        format!("# my key\n\n{ED25519}# end\n"),
        ED25519.replace(' ', "\t"),
        ED25519.replace(' ', "   "),
    ] {
        assert_eq!(AuthorizedKeyLine::parse(&text).unwrap(), wanted, "{text:?}");
    }
}

#[test]
fn comments_cannot_hurt() {
    let line = |comment: &str| {
        AuthorizedKeyLine::parse(&format!("ssh-ed25519 {} {comment}", base64(ED25519))).unwrap()
    };
    assert_eq!(line("").comment, "");
    assert_eq!(line("").line, format!("ssh-ed25519 {}", base64(ED25519)));
    assert_eq!(line("María de los Ángeles").comment, "María de los Ángeles");
    assert_eq!(line("a\u{1b}[2J\u{202e}b\u{9b}c\0").comment, "a[2Jbc");
    let unseen =
        "a\u{ad}\u{34f}\u{115f}\u{1160}\u{17b4}\u{180b}\u{180e}\u{2800}\u{3164}\u{fe0f}\u{ffa0}\u{1bca0}b";
    assert_eq!(line(unseen).comment, "ab");
    assert_eq!(line("a\u{1d173}\u{e0100}\u{e01ef}b").comment, "ab");
    assert_eq!(line(&"ñ".repeat(500)).comment.chars().count(), MAX_COMMENT);
    assert!(line("x\u{2028}y").line.ends_with(" xy"));
}

#[test]
fn putty_saves_another_form() {
    let wanted = AuthorizedKeyLine::parse(fixture!("rsab2048.pub")).unwrap();
    let exported = AuthorizedKeyLine::parse(fixture!("rsab2048.rfc4716")).unwrap();
    assert_eq!(exported.key, wanted.key);
    assert!(exported.comment.starts_with("2048-bit RSA"), "{}", exported.comment);

    let blob = base64(ED25519);
    let putty = |headers: &str, tail: &str| {
        let (one, two) = blob.split_at(64);
        AuthorizedKeyLine::parse(&format!(
            "---- BEGIN SSH2 PUBLIC KEY ----\r\n{headers}{one}\r\n{two}\r\n{tail}"
        ))
    };
    let end = "---- END SSH2 PUBLIC KEY ----\r\n";
    assert_eq!(putty("Comment: \"ed25519-key-20261101\"\r\n", end).unwrap().comment, "ed25519-key-20261101");
    assert_eq!(putty("Subject: me\r\ncomment: a\\\r\nb\r\n", end).unwrap().comment, "ab");
    assert_eq!(putty("", end).unwrap().line, format!("ssh-ed25519 {blob}"));
    assert_eq!(putty("", ""), Err(KeyError::Malformed), "no end");
    assert_eq!(putty("", &format!("{end}{ED25519}")), Err(KeyError::Several));
    assert_eq!(putty("Comment: a\\", ""), Err(KeyError::Malformed));
}

#[test]
fn each_refusal_has_its_reason() {
    let blob = base64(ED25519);
    for (text, wanted) in [
        ("", KeyError::Empty),
        (" \n# only a comment\n\n", KeyError::Empty),
        (fixture!("cert.pub"), KeyError::Certificate),
        (fixture!("dsa.pub"), KeyError::Unsupported("ssh-dss".into())),
        (fixture!("rsab1024.pub"), KeyError::Weak { bits: 1024 }),
        (include_str!("../host/ecdsa.pem"), KeyError::Private),
        ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", KeyError::Private),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", KeyError::Private),
        ("hello", KeyError::Malformed),
        ("hello world", KeyError::Malformed),
        ("ssh-ed25519", KeyError::Malformed),
        ("ssh-ed25519 AAAA", KeyError::Malformed),
        ("ssh-ed25519 ñ", KeyError::Malformed),
        ("https://github.com/alumno1.keys", KeyError::Malformed),
        ("ssh-foo AAAAB3NzaC1yc2E", KeyError::Unsupported("ssh-foo".into())),
    ] {
        assert_eq!(AuthorizedKeyLine::parse(text), Err(wanted), "{text}");
    }
    for (text, wanted) in [
        (format!("command=\"rm -rf /\" {ED25519}"), KeyError::Options),
        (format!("no-pty,from=\"10.0.0.1\" {ED25519}"), KeyError::Options),
        (format!("{ED25519}{}", fixture!("rsab2048.pub")), KeyError::Several),
        (format!("{ED25519}no-pty {ED25519}"), KeyError::Several),
        (format!("ssh-ed25519 {}\n{}", &blob[..40], &blob[40..]), KeyError::Malformed),
        (format!("ssh-rsa {blob}"), KeyError::Malformed),
        (format!("ssh-ed25519 {}", base64(fixture!("cert.pub"))), KeyError::Certificate),
        (format!("ssh-ed25519 {}", &blob[..64]), KeyError::Malformed),
        (format!("ssh-ed25519 {blob}AAAA"), KeyError::Malformed),
        (format!("{ED25519}{}", " ".repeat(MAX_TEXT)), KeyError::TooLong),
        (format!("{}-----BEGIN OPENSSH PRIVATE KEY-----", " ".repeat(MAX_TEXT)), KeyError::Private),
    ] {
        assert_eq!(AuthorizedKeyLine::parse(&text), Err(wanted), "{text}");
    }
}

#[test]
fn a_hostile_type_is_not_echoed_raw() {
    let error = AuthorizedKeyLine::parse("ssh-\u{1b}[2Jx AAAA").unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
}

fn rsa(bits: u32, exponent: u64) -> Result<AuthorizedKeyLine, KeyError> {
    let mut modulus = vec![0u8; bits.div_ceil(8) as usize];
    modulus[0] = 1 << ((bits - 1) % 8);
    *modulus.last_mut().unwrap() |= 1;
    let n = Mpint::from_positive_bytes(&modulus);
    let e = Mpint::from_positive_bytes(&exponent.to_be_bytes());
    let key = PublicKey::from(KeyData::Rsa(RsaPublicKey::new(e, n).unwrap()));
    AuthorizedKeyLine::parse(&key.to_openssh().unwrap())
}

#[test]
fn rsa_is_measured_in_bits() {
    for (bits, wanted) in [
        (2047, Err(KeyError::Weak { bits: 2047 })),
        (2041, Err(KeyError::Weak { bits: 2041 })),
        (2048, Ok(())),
        (4096, Ok(())),
        (8192, Ok(())),
        (8193, Err(KeyError::TooBig { bits: 8193 })),
    ] {
        assert_eq!(rsa(bits, 65537).map(drop), wanted, "{bits}");
    }
    for exponent in [1, 2, 65536, 1 << 33, (1 << 34) + 1] {
        assert_eq!(rsa(2048, exponent).map(drop), Err(KeyError::Unsafe), "{exponent}");
    }
    assert_eq!(rsa(2048, 3).map(drop), Ok(()));
}

#[test]
fn points_of_small_order_are_nobodys_key() {
    for y in SMALL_ORDER {
        for sign in [0, 0x80] {
            let mut point = y;
            point[31] |= sign;
            let key = PublicKey::from(KeyData::Ed25519(Ed25519PublicKey(point)));
            assert_eq!(acceptable(&key), Err(KeyError::Unsafe));
            assert_eq!(AuthorizedKeyLine::parse(&key.to_openssh().unwrap()), Err(KeyError::Unsafe));
        }
    }
}

/// A blob that claims a name of four gigabytes must not be believed.
#[test]
fn lengths_are_not_believed() {
    let mut out = [0u8; 64];
    let mut writer = Base64Writer::new(&mut out).unwrap();
    u32::MAX.encode(&mut writer).unwrap();
    0u64.encode(&mut writer).unwrap();
    let blob = writer.finish().unwrap();
    assert_eq!(AuthorizedKeyLine::parse(&format!("ssh-rsa {blob}")), Err(KeyError::Malformed));
}
