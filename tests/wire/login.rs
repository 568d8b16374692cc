//! Until somebody is let in: offered is not authenticated, and nothing but a login is heard.

use crate::canary::Canary;
use crate::client::{AUTH_FAILURE, AUTH_SUCCESS, Client, INFO_RESPONSE, Key, PK_OK, SERVICE_REQUEST};
use crate::packet::{Packet, Reader};
use crate::support::{House, records, wait};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// The logins that the audit lets in, with their fingerprints.
fn admitted(house: &House, login: &str) -> Vec<String> {
    let audit = house.audit();
    let of = audit
        .iter()
        .filter(|event| event["code"] == "login" && event["outcome"] == "allowed" && event["actor"] == login);
    of.map(|event| event["detail"]["fingerprint"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The connections that have lines in the audit. What the house notes of itself (a minute's signature) has
/// none, and an end that is written late is of one that has a beginning.
fn connections(house: &House) -> BTreeSet<String> {
    let audit = house.audit();
    audit.iter().filter_map(|event| event["connection"].as_str()).map(str::to_owned).collect()
}

/// Warpgate CVE-2023-43660, JumpServer CVE-2023-42818: an offered key is a question.
#[test]
fn a_key_query_is_not_a_login() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let key = Key::read(&house, "alumno1");
    let mut client = Client::knocking(house.port).unwrap();
    let before = admitted(&house, "alumno1").len();
    for _ in 0..3 {
        assert_eq!(client.probe("alumno1", &key).unwrap(), PK_OK);
    }
    client.is_a_stranger();
    // Nor does it help to name somebody else afterwards, or to claim the signature was there.
    let empty = Client::auth("alumno1", "publickey").bool(true).string("ssh-ed25519").string(key.blob());
    client.send(&empty.string("")).unwrap();
    let answer = client.receive();
    assert!(!matches!(answer.as_deref(), Ok([AUTH_SUCCESS, ..])), "{answer:?}");
    assert_eq!(admitted(&house, "alumno1").len(), before);
    canary.unharmed();
}

/// x/crypto CVE-2024-45337, russh bca12c7: what was probed and what signs are two things.
#[test]
fn probing_one_key_and_signing_with_another() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let (enrolled, strange) = (Key::read(&house, "alumno1"), Key::read(&house, "stranger"));
    // The enrolled one probed, the stranger's signs, under either name.
    let mut client = Client::knocking(house.port).unwrap();
    let session_id = client.session_id.clone();
    assert_eq!(client.probe("alumno1", &enrolled).unwrap(), PK_OK);
    assert_eq!(client.sign("alumno1", &strange).unwrap(), AUTH_FAILURE);
    assert_eq!(client.probe("alumno1", &enrolled).unwrap(), PK_OK);
    assert_eq!(client.sign_over("alumno1", &enrolled, &strange, &session_id).unwrap(), AUTH_FAILURE);
    assert_eq!(client.sign_over("alumno1", &strange, &enrolled, &session_id).unwrap(), AUTH_FAILURE);
    // Probed as one person, signed as another.
    assert_eq!(client.probe("alumno1", &enrolled).unwrap(), PK_OK);
    assert_eq!(client.sign("alumno2", &enrolled).unwrap(), AUTH_FAILURE);
    assert_eq!(client.sign("profesor", &enrolled).unwrap(), AUTH_FAILURE);
    client.is_a_stranger();
    // The stranger's probed and refused, the enrolled one signs: that is a login, as alumno1 and
    // with that key.
    let mut client = Client::knocking(house.port).unwrap();
    assert_eq!(client.probe("alumno1", &strange).unwrap(), AUTH_FAILURE);
    assert_eq!(client.sign("alumno1", &enrolled).unwrap(), AUTH_SUCCESS);
    assert!(client.exec(1, "whoami").unwrap().contains("alumno1"));
    canary.unharmed();
}

/// A signature is for one session and one request.
#[test]
fn a_signature_over_another_session_is_refused() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let key = Key::read(&house, "alumno1");
    let other = Client::knocking(house.port).unwrap().session_id;
    let mut client = Client::knocking(house.port).unwrap();
    for session_id in [&other[..], &[], &[0; 32]] {
        assert_eq!(client.sign_over("alumno1", &key, &key, session_id).unwrap(), AUTH_FAILURE);
    }
    client.is_a_stranger();
    canary.unharmed();
}

/// CVE-2026-46705: nothing of one person stays when the name changes.
#[test]
fn a_change_of_name_keeps_nothing() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let (one, two) = (Key::read(&house, "alumno1"), Key::read(&house, "alumno2"));
    let mut client = Client::knocking(house.port).unwrap();
    assert_eq!(client.probe("alumno1", &one).unwrap(), PK_OK);
    assert_eq!(client.probe("profesor", &one).unwrap(), AUTH_FAILURE);
    // Answers to a question that was asked to somebody else.
    client.send(&Client::auth("profesor", "keyboard-interactive").string("").string("")).unwrap();
    assert_eq!(client.receive().unwrap()[0], PK_OK, "the question");
    assert_eq!(client.password("alumno1", "wrong").unwrap(), AUTH_FAILURE);
    client.send(&Packet::new(INFO_RESPONSE).u32(1).string("wrong")).unwrap();
    assert_eq!(client.receive().unwrap()[0], AUTH_FAILURE);
    assert_eq!(client.sign("alumno1", &two).unwrap(), AUTH_FAILURE);
    assert_eq!(client.sign("alumno2", &two).unwrap(), AUTH_SUCCESS);
    assert!(client.exec(1, "whoami").unwrap().contains("alumno2"));
    // Once in, asking to be somebody else is nothing.
    let _ = client.send(&Client::auth("profesor", "none"));
    assert!(client.exec(2, "whoami").unwrap().contains("alumno2"));
    canary.unharmed();
}

/// CVE-2026-42189: a count of answers is not memory.
#[test]
fn answers_that_are_counted_and_not_there() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    for count in [1 << 28, u32::MAX, 0, 3] {
        let mut client = Client::knocking(house.port).unwrap();
        client.send(&Client::auth("alumno1", "keyboard-interactive").string("").string("")).unwrap();
        client.receive().unwrap();
        client.send(&Packet::new(INFO_RESPONSE).u32(count).string("x")).unwrap();
        match client.receive() {
            Ok(packet) => assert_eq!(packet[0], AUTH_FAILURE, "{count}"),
            Err(gone) => assert!(!gone.was_silent(), "{count}"),
        }
    }
    // An answer to no question.
    let mut client = Client::knocking(house.port).unwrap();
    client.send(&Packet::new(INFO_RESPONSE).u32(1).string("x")).unwrap();
    assert_eq!(client.receive().unwrap()[0], AUTH_FAILURE);
    canary.unharmed();
}

/// GHSA-g6xm and others: a connection has so many tries, by whatever method.
#[test]
fn fifty_wrong_passwords_are_not_tried() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::knocking(house.port).unwrap();
    let mut tries = 0;
    for n in 0..50 {
        let answer = if n % 2 == 0 {
            client.password("alumno1", "wrong")
        } else {
            client.send(&Client::auth("alumno1", "keyboard-interactive").string("").string("")).unwrap();
            let asked = client.receive().and_then(|_| {
                client.send(&Packet::new(INFO_RESPONSE).u32(1).string("wrong"))?;
                client.receive()
            });
            asked.map(|packet| packet[0])
        };
        match answer {
            Ok(code) => assert_eq!(code, AUTH_FAILURE),
            Err(_) => break,
        }
        tries += 1;
    }
    assert!((6..=10).contains(&tries), "{tries} tries");
    let verified = || {
        let audit = house.audit();
        let verified = audit.iter().filter(|event| {
            event["code"] == "login" && event["actor"] == "alumno1" && event["detail"]["method"] == "password"
        });
        verified.map(records::times).sum::<u64>()
    };
    wait("six were verified", || verified() >= 6);
    assert_eq!(verified(), 6);
    canary.unharmed();
}

/// Fifty at once, sent without waiting: the cap counts them all the same.
#[test]
fn pipelined_guesses_are_counted_too() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::knocking(house.port).unwrap();
    let guess = Client::auth("alumno1", "password").bool(false).string("wrong");
    client.send_all(std::iter::repeat_n(guess, 50)).unwrap();
    let mut answers = 0;
    while client.receive().is_ok() {
        answers += 1;
    }
    assert!(answers <= 12, "{answers}");
    // And refusals of every other kind: 30, then the end.
    let mut client = Client::knocking(house.port).unwrap();
    client.send_all(std::iter::repeat_n(Client::auth("alumno1", "none"), 50)).unwrap();
    let mut answers = 0;
    while client.receive().is_ok() {
        answers += 1;
    }
    assert!(answers <= 30, "{answers}");
    canary.unharmed();
}

/// Nothing but a login is heard before the login.
#[test]
fn requests_before_the_login_reach_nothing() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let known = connections(&house);
    // Before even asking for the service, a login is not heard either.
    let mut client = Client::keyed(house.port).unwrap();
    let key = Key::read(&house, "alumno1");
    let query = Client::auth("alumno1", "publickey").bool(false).string("ssh-ed25519").string(key.blob());
    client.unimplemented(&query);
    client.is_a_stranger();
    for message in [80, 81, 82, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 52, 60, 63, 192] {
        let mut client = Client::knocking(house.port).unwrap();
        client.unimplemented(&Packet::new(message).u32(0).string("exec").bool(true).string("whoami"));
    }
    let mut client = Client::knocking(house.port).unwrap();
    for _ in 0..2_000 {
        client.unimplemented(&Client::tcpip_packet(1, 1, b"web1", 22));
    }
    client.is_a_stranger();
    // And who does not read the answers is read no more.
    let mut client = Client::knocking(house.port).unwrap();
    client.stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let flood = std::iter::repeat_n(Client::tcpip_packet(1, 1, b"web1", 22), 2_000_000);
    assert!(client.send_all(flood).is_err(), "it is all taken");
    for service in ["ssh-connection", "", "ssh-userauth\0"] {
        let mut client = Client::keyed(house.port).unwrap();
        client.send(&Packet::new(SERVICE_REQUEST).string(service)).unwrap();
        assert!(client.receive_within(Duration::from_millis(200)).is_err(), "{service}");
    }
    assert_eq!(connections(&house), known, "strangers wrote into the audit");
    canary.unharmed();
}

/// Names that no person can have: refused, and shown as they are in the audit, not obeyed.
#[test]
fn hostile_names_are_refused_and_shown() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let long = "x".repeat(200_000);
    for name in
        ["", "alumno1\n", "ALUMNO1\0", "\x1b[2J\x1b[31mprofesor", "../../etc", "a'; drop table", &long]
    {
        let mut client = Client::knocking(house.port).unwrap();
        let answer = client.password(name, "wrong");
        assert_eq!(answer.unwrap(), AUTH_FAILURE, "{name:.20}");
        drop(client);
    }
    for bytes in [house.log().into_bytes(), std::fs::read(house.dir.join("state/audit.jsonl")).unwrap()] {
        assert!(!bytes.iter().any(|byte| (*byte < 32 && *byte != b'\n') || *byte == 127));
    }
    let shown = house.audit();
    let shown = shown.iter().filter_map(|event| event["actor"].as_str()).find(|name| name.contains("[2J"));
    assert_eq!(shown, Some("<U+001B>[2J<U+001B>[31mprofesor"));
    canary.unharmed();
}

/// Trying passwords does not keep the others out, and a known name costs what an unknown one does.
#[test]
fn guessing_does_not_stop_logins() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut guessers: Vec<Client> = (0..20).map(|_| Client::knocking(house.port).unwrap()).collect();
    for client in &mut guessers {
        client
            .send_all((0..6).map(|_| Client::auth("profesor", "password").bool(false).string("x")))
            .unwrap();
    }
    let begun = Instant::now();
    house.ok("alumno1", &["whoami"]);
    assert!(begun.elapsed() < Duration::from_secs(4), "a login took {:?}", begun.elapsed());
    drop(guessers);
    canary.unharmed();
}

/// The banner of a failure names only methods, whoever is asked for.
#[test]
fn who_exists_is_not_told() {
    let house = House::new("");
    let key = Key::read(&house, "stranger");
    let mut said = Vec::new();
    for login in ["alumno1", "nobody", "profesor", "root"] {
        let mut client = Client::knocking(house.port).unwrap();
        client.send(&Client::auth(login, "none")).unwrap();
        let none = client.receive().unwrap();
        let probed = client.probe(login, &key).unwrap();
        let methods = Reader(&none[1..]).text();
        said.push((methods, none[0], probed));
    }
    assert!(said.windows(2).all(|pair| pair[0] == pair[1]), "{said:?}");
}

/// An answer in Latin-1 is no password: the next question says why.
#[test]
fn an_answer_that_is_no_utf8_is_told() {
    let house = House::new("");
    let mut client = Client::knocking(house.port).unwrap();
    let ask = |client: &mut Client| {
        client.send(&Client::auth("alumno1", "keyboard-interactive").string("").string("")).unwrap();
        let asked = client.receive().unwrap();
        let mut reader = Reader(&asked[1..]);
        (reader.text(), reader.text()).1
    };
    assert_eq!(ask(&mut client), "");
    for answer in [&b"contrase\xf1a"[..], b"\xff"] {
        client.send(&Packet::new(INFO_RESPONSE).u32(1).string(answer)).unwrap();
        assert_eq!(client.receive().unwrap()[0], AUTH_FAILURE);
        let said = ask(&mut client);
        assert!(said.contains("no esta en UTF-8") && said.contains("not UTF-8"), "{said}");
    }
    client.send(&Packet::new(INFO_RESPONSE).u32(1).string("wrong")).unwrap();
    assert_eq!(client.receive().unwrap()[0], AUTH_FAILURE);
    assert!(!ask(&mut client).contains("UTF-8"), "and is said once");
}
