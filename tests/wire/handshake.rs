//! Before the keys: what is offered, and what a stranger can say in plain text.

use crate::canary::Canary;
use crate::client::{Client, KEX_INIT, KEXINIT, Offer, kexinit};
use crate::packet::Packet;
use crate::support::House;
use std::time::{Duration, Instant};

/// CVE-2023-48795 (Terrapin), CVE-2023-28113 and CVE-2026-46702, and no way to turn the MAC off.
#[test]
fn only_strict_modern_and_uncompressed_algorithms_are_offered() {
    let mut house = House::founded("");
    house.start();
    let mut client = Client::greeted(house.port).unwrap();
    let Offer(lists) = Offer::parse(&client.expect(KEXINIT).unwrap());
    let [kex, keys, ciphers_in, ciphers_out, macs_in, macs_out, zip_in, zip_out, ..] = &lists[..] else {
        panic!("{lists:?}")
    };
    assert!(kex.iter().any(|name| name == "kex-strict-s-v00@openssh.com"), "{kex:?}");
    let modern = [
        "mlkem768x25519-sha256",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "kex-strict-s-v00@openssh.com",
    ];
    for name in kex {
        assert!(modern.contains(&name.as_str()) || name == "ext-info-s", "{name}");
    }
    // Who has better takes better: P-256 is there for who has nothing else (docs/adr/0009).
    let mut exchanges = kex.iter().filter(|name| name.contains("25519") || name.contains("ecdh"));
    assert_eq!(exchanges.next_back().map(String::as_str), Some("ecdh-sha2-nistp256"));
    assert_eq!(keys, &["ssh-ed25519"]);
    for name in ciphers_in.iter().chain(ciphers_out) {
        let good = ["-gcm@openssh.com", "chacha20-poly1305@openssh.com", "-ctr"];
        assert!(good.iter().any(|end| name.ends_with(end)), "{name}");
    }
    for name in macs_in.iter().chain(macs_out) {
        assert!(name.starts_with("hmac-sha2-"), "{name}");
    }
    for list in [zip_in, zip_out] {
        assert_eq!(list, &["none"]);
    }
}

/// What is accepted for signatures: the server says so in EXT_INFO (RFC 8308), and means it.
#[test]
fn no_sha1_signature_is_accepted() {
    let house = House::new("");
    let mut client = Client::greeted(house.port).unwrap();
    client.exchange(&kexinit("curve25519-sha256,ext-info-c", "aes128-gcm@openssh.com")).unwrap();
    let mut client = Client::knocking(house.port).unwrap();
    for algorithm in ["ssh-rsa", "ssh-dss", "ssh-rsa-cert-v01@openssh.com"] {
        let blob = Packet::default().string(algorithm).string([1, 0, 1]).string([0x7f; 256]);
        let packet = Client::auth("alumno1", "publickey").bool(false).string(algorithm).string(&blob.0);
        if client.send(&packet).is_err() {
            break;
        }
        match client.receive() {
            Ok(answer) => assert_eq!(answer[0], crate::client::AUTH_FAILURE, "{algorithm}"),
            // A key that cannot be parsed ends the connection: refused as well.
            Err(gone) => {
                assert!(!gone.was_silent(), "{algorithm}");
                client = Client::knocking(house.port).unwrap();
            }
        }
    }
}

/// Algorithms that we do not offer, asked for alone: no handshake comes about.
#[test]
fn weak_algorithms_asked_for_are_not_negotiated() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    for (kex, cipher) in [
        ("diffie-hellman-group1-sha1", "aes128-ctr"),
        ("diffie-hellman-group14-sha1", "aes128-ctr"),
        ("diffie-hellman-group-exchange-sha256", "aes128-ctr"),
        // CVE-2002-20001: dear for us, free for a stranger.
        ("diffie-hellman-group16-sha512", "aes128-ctr"),
        ("none", "aes128-ctr"),
        ("curve25519-sha256", "none"),
        ("curve25519-sha256", "3des-cbc"),
        ("", ""),
    ] {
        let mut client = Client::greeted(house.port).unwrap();
        client.send(&kexinit(kex, cipher)).unwrap();
        client.ends();
    }
    canary.unharmed();
}

/// CVE-2024-43410: a length is believed only up to a packet's size.
#[test]
fn a_packet_length_is_not_believed() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    for length in [u32::MAX, i32::MAX as u32, 1 << 20, 0, 1, 7] {
        let mut client = Client::greeted(house.port).unwrap();
        client.write(&length.to_be_bytes()).unwrap();
        client.write(&[0; 64]).unwrap();
        let _ = client.stream.shutdown(std::net::Shutdown::Write);
        client.ends();
    }
    for length in [u32::MAX, 1 << 20] {
        let mut client = Client::keyed(house.port).unwrap();
        client.write(&length.to_be_bytes()).unwrap();
        client.write(&[0; 64]).unwrap();
        client.ends();
    }
    canary.unharmed();
}

/// CVE-2026-48108: lines before the version end somewhere, a line too.
#[test]
fn lines_before_the_version_are_bounded() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::dial(house.port);
    let _ = client.write(&b"hello\r\n".repeat(10_000));
    let _ = client.line();
    client.ends();
    let mut client = Client::dial(house.port);
    let _ = client.write(&[b'x'; 1 << 20]);
    let _ = client.line();
    client.ends();
    canary.unharmed();
}

/// CVE-2026-48108, the slow half; and a handshake that stops in the middle.
#[test]
fn the_slow_are_cut_at_the_grace_time() {
    let house = House::new("[ssh]\nlogin_grace_s = 5\n");
    let mut canary = Canary::new(&house);
    let begun = Instant::now();
    let mut silent = Client::dial(house.port);
    let greeted = Client::greeted(house.port).unwrap();
    let keyed = Client::keyed(house.port).unwrap();
    let mut trying = Client::knocking(house.port).unwrap();
    let mut drip = Client::dial(house.port);
    let mut cut = None;
    for byte in b"SSH-2.0-a_banner_that_comes_a_byte_a_second".iter().cycle() {
        if drip.write(&[*byte]).is_err() {
            cut = Some(begun.elapsed());
            break;
        }
        // Somebody who keeps the connection busy is not forgiven either.
        let _ = trying.send(&Packet::new(crate::client::IGNORE).string("still here"));
        std::thread::sleep(Duration::from_millis(250));
        assert!(begun.elapsed() < Duration::from_secs(12), "the drip goes on");
    }
    let cut = cut.unwrap();
    assert!(cut > Duration::from_secs(4) && cut < Duration::from_secs(9), "cut after {cut:?}");
    let _ = silent.line();
    for client in [silent, greeted, keyed, trying] {
        client.ends();
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
    canary.unharmed();
}

/// CVE-2026-48110: a list's length is not memory until it is there.
#[test]
fn name_lists_that_lie_cost_nothing() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    for length in [u32::MAX, 1 << 30, 1000] {
        for _ in 0..20 {
            let mut client = Client::greeted(house.port).unwrap();
            client
                .send(&Packet::new(KEXINIT).bytes(&[0; 16]).u32(length).bytes(b"curve25519-sha256"))
                .unwrap();
            client.ends();
        }
    }
    // And one that is as long as a packet may be: 80,000 names.
    for _ in 0..5 {
        let mut client = Client::greeted(house.port).unwrap();
        let _ = client.send(&kexinit(&"aa,".repeat(80_000), "aes128-ctr"));
        client.ends();
    }
    canary.unharmed();
}

/// CVE-2026-73430, and shares of a wrong size.
#[test]
fn a_curve25519_share_without_a_secret_is_refused() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let shares: [&[u8]; 5] = [&[0; 32], &[1], &[], &[9; 31], &[9; 100_000]];
    // 1, and the prime less one: points of small order, whose secret is zero as well.
    let mut one = [0; 32];
    one[0] = 1;
    let mut low = [0xff; 32];
    (low[0], low[31]) = (0xec, 0x7f);
    for share in shares.into_iter().chain([&one[..], &low[..]]) {
        for kex in ["curve25519-sha256", "mlkem768x25519-sha256"] {
            let mut client = Client::greeted(house.port).unwrap();
            client.send(&kexinit(kex, "aes128-gcm@openssh.com")).unwrap();
            client.send(&Packet::new(KEX_INIT).string(share)).unwrap();
            client.expect(KEXINIT).unwrap();
            let answer = client.receive();
            assert!(answer.is_err(), "{kex} with {} bytes: {answer:?}", share.len());
        }
    }
    // The hybrid with nothing but zeros in both halves.
    let mut client = Client::greeted(house.port).unwrap();
    client.send(&kexinit("mlkem768x25519-sha256", "aes128-gcm@openssh.com")).unwrap();
    client.send(&Packet::new(KEX_INIT).string([0; 1184 + 32])).unwrap();
    client.expect(KEXINIT).unwrap();
    assert!(client.receive().is_err());
    canary.unharmed();
}

/// Points that are not on P-256, or are none: a secret would tell of ours (invalid curve attacks).
#[test]
fn a_p256_share_that_is_no_point_is_refused() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let point = |x: u8, y: u8| [&[4][..], &[x; 32], &[y; 32]].concat();
    // Infinity, none, short, long, zeros, off the curve, beyond the prime, and an x that no point has.
    let mut compressed = vec![2];
    compressed.extend([0xff; 32]);
    let shares = [
        vec![0],
        vec![],
        vec![4; 64],
        vec![4; 100_000],
        point(0, 0),
        point(1, 1),
        point(0xff, 1),
        compressed,
    ];
    for share in shares {
        let mut client = Client::greeted(house.port).unwrap();
        client.send(&kexinit("ecdh-sha2-nistp256", "aes128-gcm@openssh.com")).unwrap();
        client.send(&Packet::new(KEX_INIT).string(&share)).unwrap();
        client.expect(KEXINIT).unwrap();
        let answer = client.receive();
        assert!(answer.is_err(), "{} bytes: {answer:?}", share.len());
    }
    canary.unharmed();
}

/// Strict key exchange: nothing may be slipped in before the keys.
#[test]
fn strict_key_exchange_takes_nothing_in_between() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let strict = kexinit("curve25519-sha256,kex-strict-c-v00@openssh.com", "aes128-gcm@openssh.com");
    let ignore = Packet::new(crate::client::IGNORE).string("x");
    let mut before = Client::greeted(house.port).unwrap();
    before.send_all([ignore.clone(), strict.clone()]).unwrap();
    before.send(&Packet::new(KEX_INIT).string([9; 32])).unwrap();
    before.ends();
    let mut between = Client::greeted(house.port).unwrap();
    between.send_all([strict, ignore]).unwrap();
    let _ = between.send(&Packet::new(KEX_INIT).string([9; 32]));
    between.ends();
    canary.unharmed();
}
