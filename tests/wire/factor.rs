//! The second factor against a client that does everything in the wrong order: half a login is
//! nothing, and it is nobody else's half.

use crate::canary::Canary;
use crate::client::{AUTH_FAILURE, AUTH_SUCCESS, Client, Gone, INFO_RESPONSE, Key, PK_OK};
use crate::packet::{Packet, Reader};
use crate::support::{House, records, wait};

/// What the server answered to a request.
#[derive(Debug, PartialEq)]
enum Answer {
    In,
    /// Methods that go on, and whether what was proved counts.
    No(String, bool),
    /// A question, after what is said before it.
    Asks(String),
    /// No question, but why.
    Told(String),
}

const QUESTION: &str = "Codigo de verificacion / Verification code: ";
const ALL: &str = "publickey,password,keyboard-interactive";

/// No, and these methods go on.
fn no(methods: &str) -> Answer {
    Answer::No(sorted(methods), false)
}

fn half() -> Answer {
    Answer::No("keyboard-interactive".into(), true)
}

fn sorted(methods: &str) -> String {
    let mut methods: Vec<&str> = methods.split(',').collect();
    methods.sort_unstable();
    methods.join(",")
}

fn answer(client: &mut Client) -> Result<Answer, Gone> {
    let packet = client.receive()?;
    Ok(match packet[0] {
        AUTH_SUCCESS => Answer::In,
        AUTH_FAILURE => {
            let mut reader = Reader(&packet[1..]);
            let methods = reader.text();
            Answer::No(sorted(&methods), reader.take(1) == [1])
        }
        // Name, instruction, language, one prompt.
        PK_OK => {
            let mut reader = Reader(&packet[1..]);
            let (_, why, _, count) = (reader.text(), reader.text(), reader.text(), reader.u32());
            if count == 0 { Answer::Told(why) } else { Answer::Asks(why + &reader.text()) }
        }
        other => panic!("{other}"),
    })
}

fn sign(client: &mut Client, login: &str, key: &Key) -> Result<Answer, Gone> {
    client.send_signed(login, key)?;
    answer(client)
}

fn password(client: &mut Client, login: &str, password: &str) -> Result<Answer, Gone> {
    client.send(&Client::auth(login, "password").bool(false).string(password))?;
    answer(client)
}

fn ask(client: &mut Client, login: &str) -> Result<Answer, Gone> {
    client.send(&Client::auth(login, "keyboard-interactive").string("").string(""))?;
    answer(client)
}

fn say(client: &mut Client, text: &str) -> Result<Answer, Gone> {
    client.send(&Packet::new(INFO_RESPONSE).u32(1).string(text))?;
    answer(client)
}

fn asks_for_the_second(answer: &Answer) -> bool {
    matches!(answer, Answer::Asks(prompt) if prompt.contains("Verification code"))
}

/// The same, once the code before was wrong.
fn asks_again(answer: &Answer) -> bool {
    asks_for_the_second(answer)
        && matches!(answer, Answer::Asks(prompt) if prompt.contains("wrong or was used already"))
}

fn asks_for_the_first(answer: &Answer) -> bool {
    matches!(answer, Answer::Asks(prompt) if prompt.contains("Password or code"))
}

#[test]
fn half_a_login_is_asked_for_the_other_half() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut telephone = house.add_factor("profesor");
    let key = Key::read(&house, "profesor");
    let mut client = Client::knocking(house.port).unwrap();
    assert_eq!(sign(&mut client, "profesor", &key).unwrap(), half());
    client.is_a_stranger();

    let mut client = Client::knocking(house.port).unwrap();
    assert_eq!(sign(&mut client, "profesor", &key).unwrap(), half());
    assert_eq!(ask(&mut client, "profesor").unwrap(), Answer::Asks(QUESTION.into()));
    assert_eq!(say(&mut client, &telephone.wrong()).unwrap(), no("keyboard-interactive"));
    // An answer to no question.
    let code = telephone.shows(0);
    assert_eq!(say(&mut client, &code).unwrap(), no("keyboard-interactive"));
    assert!(asks_again(&ask(&mut client, "profesor").unwrap()));
    // The first factor once more: whoever that is starts afresh.
    assert_eq!(sign(&mut client, "profesor", &key).unwrap(), half());
    assert_eq!(ask(&mut client, "profesor").unwrap(), Answer::Asks(QUESTION.into()));
    assert_eq!(say(&mut client, &code).unwrap(), Answer::In);
    assert!(client.exec(1, "whoami --json").unwrap().contains("\"proved\":true"));

    // The same code once more, and the one before it: taken. Two after it: too new. The one after it, and
    // paper: not yet taken.
    for (code, right) in [
        (code, false),
        (telephone.shows(-1), false),
        (telephone.shows(2), false),
        (telephone.shows(1), true),
        (telephone.shows(1), false),
        (telephone.paper[0].clone(), true),
        (telephone.paper[0].clone(), false),
    ] {
        let mut client = Client::knocking(house.port).unwrap();
        assert_eq!(sign(&mut client, "profesor", &key).unwrap(), half());
        ask(&mut client, "profesor").unwrap();
        let came = say(&mut client, &code).unwrap();
        assert_eq!(came, if right { Answer::In } else { no("keyboard-interactive") }, "{code}");
    }
    telephone.paper.clear();
    canary.unharmed();
}

/// The second alone, or first, is an ordinary wrong password.
#[test]
fn the_second_factor_alone_is_nothing() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let telephone = house.add_factor("profesor");
    let key = Key::read(&house, "profesor");
    let mut client = Client::knocking(house.port).unwrap();
    assert!(asks_for_the_first(&ask(&mut client, "profesor").unwrap()));
    assert_eq!(say(&mut client, &telephone.shows(0)).unwrap(), no(ALL));
    // Whoever is asked again reads that it was wrong, and the prompt in letters that every window shows.
    let again = ask(&mut client, "profesor").unwrap();
    assert!(
        matches!(&again, Answer::Asks(said) if said.is_ascii() && said.contains("is not right")),
        "{again:?}"
    );
    assert_eq!(password(&mut client, "profesor", &telephone.paper[0]).unwrap(), no(ALL));
    // A key that is offered is not a first factor.
    assert_eq!(client.probe("profesor", &key).unwrap(), PK_OK);
    assert!(asks_for_the_first(&ask(&mut client, "profesor").unwrap()));
    assert_eq!(say(&mut client, &telephone.shows(0)).unwrap(), no(ALL));
    client.is_a_stranger();
    // Nothing of it was used up.
    let mut client = Client::knocking(house.port).unwrap();
    assert_eq!(sign(&mut client, "profesor", &key).unwrap(), half());
    ask(&mut client, "profesor").unwrap();
    assert_eq!(say(&mut client, &telephone.paper[0]).unwrap(), Answer::In);
    canary.unharmed();
}

/// CVE-2026-46705: what one name proved is nothing to another, nor to the first one when it comes back.
#[test]
fn half_a_login_does_not_change_its_name() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    house.make_key("admin2");
    house.ok("profesor", &["person", "add", "admin2", "--role", "admin", "--key", &public(&house, "admin2")]);
    let (one, two) = (house.add_factor("profesor"), house.add_factor("admin2"));
    let (key, other) = (Key::read(&house, "profesor"), Key::read(&house, "admin2"));

    // Key of A, code of B, in either name.
    let mut client = Client::knocking(house.port).unwrap();
    assert_eq!(sign(&mut client, "admin2", &other).unwrap(), half());
    assert!(asks_for_the_second(&ask(&mut client, "admin2").unwrap()));
    assert_eq!(say(&mut client, &one.paper[0]).unwrap(), no("keyboard-interactive"));
    assert!(asks_for_the_first(&ask(&mut client, "profesor").unwrap()));
    assert_eq!(say(&mut client, &one.paper[0]).unwrap(), no(ALL));
    // And back: the half is gone.
    assert!(asks_for_the_first(&ask(&mut client, "admin2").unwrap()));
    assert_eq!(say(&mut client, &two.paper[0]).unwrap(), no(ALL));
    client.is_a_stranger();

    // The question was for one name, the answer follows another one's first factor.
    let mut client = Client::knocking(house.port).unwrap();
    assert_eq!(sign(&mut client, "admin2", &other).unwrap(), half());
    assert!(asks_for_the_second(&ask(&mut client, "admin2").unwrap()));
    assert_eq!(sign(&mut client, "profesor", &key).unwrap(), half());
    // russh says once more what it said last, and asks nobody.
    assert_eq!(say(&mut client, &two.paper[0]).unwrap(), half());
    assert_eq!(say(&mut client, &one.paper[0]).unwrap(), half());
    client.is_a_stranger();

    // Another method in between starts over, in the same name too; so does a name that nobody has.
    for between in ["none", "password", "probe", "nobody"] {
        let mut client = Client::knocking(house.port).unwrap();
        assert_eq!(sign(&mut client, "admin2", &other).unwrap(), half());
        match between {
            "none" => client.send(&Client::auth("admin2", "none")).unwrap(),
            "password" => client.send(&Client::auth("admin2", "password").bool(false).string("x")).unwrap(),
            "probe" => assert_eq!(client.probe("admin2", &other).unwrap(), PK_OK),
            _ => client.send(&Client::auth("nobody", "none")).unwrap(),
        }
        if between != "probe" {
            assert_eq!(answer(&mut client).unwrap(), no(ALL), "{between}");
        }
        assert!(asks_for_the_first(&ask(&mut client, "admin2").unwrap()), "{between}");
        assert_eq!(say(&mut client, &two.paper[0]).unwrap(), no(ALL), "{between}");
    }
    // None of all that used a code up.
    let mut client = Client::knocking(house.port).unwrap();
    assert_eq!(sign(&mut client, "admin2", &other).unwrap(), half());
    ask(&mut client, "admin2").unwrap();
    assert_eq!(say(&mut client, &two.paper[0]).unwrap(), Answer::In);
    canary.unharmed();
}

/// Six tries a connection, whatever they are, and five wrong codes a person over all connections.
#[test]
fn endless_tries_end() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut telephone = house.add_factor("profesor");
    let key = Key::read(&house, "profesor");
    // Half a login, over and over: never wrong, and still an end.
    let mut client = Client::knocking(house.port).unwrap();
    let mut halves = 0;
    while let Ok(answer) = sign(&mut client, "profesor", &key) {
        halves += usize::from(answer == half());
        assert!(halves <= 6, "{halves}");
    }
    assert_eq!(halves, 6);
    // Many connections at once: five codes are looked at, and then none, not even the right one.
    let mut clients: Vec<Client> = (0..8).map(|_| Client::knocking(house.port).unwrap()).collect();
    for client in &mut clients {
        assert_eq!(sign(client, "profesor", &key).unwrap(), half());
        assert!(asks_for_the_second(&ask(client, "profesor").unwrap()));
    }
    for client in &mut clients {
        client.send(&Packet::new(INFO_RESPONSE).u32(1).string(telephone.wrong())).unwrap();
    }
    for client in &mut clients {
        assert_eq!(answer(client).unwrap(), no("keyboard-interactive"));
    }
    drop(clients);
    let looked_at = |outcome: &str| {
        let audit = house.audit();
        let of = audit.iter().filter(|event| {
            event["code"] == "login"
                && event["detail"]["method"] == "publickey+second factor"
                && event["outcome"] == "failed"
                && event["failure"] == outcome
        });
        of.map(records::times).sum::<u64>()
    };
    wait("each is in the audit", || (looked_at("unauthenticated"), looked_at("too many codes")) == (5, 3));
    let code = telephone.next_of_paper();
    let mut client = Client::knocking(house.port).unwrap();
    assert_eq!(sign(&mut client, "profesor", &key).unwrap(), half());
    let why = ask(&mut client, "profesor").unwrap();
    assert!(
        matches!(&why, Answer::Told(why) if why.contains("Too many wrong verification codes")),
        "{why:?}"
    );
    client.send(&Packet::new(INFO_RESPONSE).u32(1).string(code)).unwrap();
    let Gone(why) = client.ends();
    assert!(why.contains("Too many wrong verification codes"), "{why}");
    // Nobody else is locked out.
    canary.unharmed();
}

/// Whoever has no account, no factor or no first factor sees what everybody sees.
#[test]
fn who_has_a_second_factor_is_not_told() {
    let house = House::new("");
    house.add_factor("profesor");
    let stranger = Key::read(&house, "stranger");
    let mut said = Vec::new();
    for login in ["profesor", "alumno1", "nobody"] {
        let mut client = Client::knocking(house.port).unwrap();
        client.send(&Client::auth(login, "none")).unwrap();
        let mut heard = vec![answer(&mut client).unwrap()];
        heard.push(sign(&mut client, login, &stranger).unwrap());
        heard.push(password(&mut client, login, "wrong").unwrap());
        heard.push(ask(&mut client, login).unwrap());
        heard.push(say(&mut client, "123456").unwrap());
        said.push(heard);
    }
    assert!(said.windows(2).all(|pair| pair[0] == pair[1]), "{said:?}");
}

fn public(house: &House, name: &str) -> String {
    let key = std::fs::read_to_string(house.key(name).with_extension("pub")).unwrap();
    format!("'{}'", key.trim())
}
