//! A teacher in a student's machine: with real `ssh`, their key inside from the connection's begin to its end.

use super::*;

fn json(house: &House, login: &str, words: &[&str]) -> Value {
    serde_json::from_str(&house.ok(login, &[words, &["--json"]].concat())).unwrap()
}

/// What listens on port 22 of a simulated machine; `None` where this test may not open such a port.
fn sshd(address: &str) -> Option<TcpListener> {
    let (_, rest) = address.split_once('.').unwrap();
    match TcpListener::bind((format!("127.{rest}"), 22)) {
        Ok(listener) => Some(listener),
        Err(error) => {
            eprintln!("not tried: port 22 of a loopback address: {error}");
            None
        }
    }
}

#[test]
fn a_teachers_key_comes_and_goes_with_their_connection() {
    let mut house = House::new("");
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let address = json(&house, "alumno1", &["vm", "show", "web1"])["address"].as_str().unwrap().to_owned();
    let Some(listener) = sshd(&address) else { return };
    let key = |login: &str| {
        let line = std::fs::read_to_string(house.key(login).with_extension("pub")).unwrap();
        line.trim().to_owned()
    };
    let (own, teachers) = (key("alumno1"), key("profesor"));
    let has = |keys: &[&String]| house.keys_inside(&address).iter().collect::<Vec<_>>() == keys;
    assert!(has(&[&own]));

    let first = Tunnel::new(&house, "profesor", "web1.alumno1:22");
    let (_served, _) = listener.accept().unwrap();
    assert!(has(&[&own, &teachers]), "in before the machine is dialled: {:?}", house.keys_inside(&address));
    let shown = json(&house, "alumno1", &["vm", "show", "web1"]);
    assert_eq!(shown["visitors"][0]["login"], "profesor", "{shown}");
    let second = Tunnel::new(&house, "profesor", "web1.alumno1:22");
    let (_served, _) = listener.accept().unwrap();
    drop(first);
    // The owner's own connection puts nothing in and takes nothing out.
    let third = Tunnel::new(&house, "alumno1", "web1:22");
    let (_served, _) = listener.accept().unwrap();
    assert!(has(&[&own, &teachers]));
    drop(third);
    drop(second);
    wait("the key is out", || has(&[&own]));
    let visit = |phase: &str| {
        let audit = house.audit();
        let is = |line: &&Value| line["code"] == "visit" && line["phase"] == phase;
        audit.iter().filter(is).cloned().collect::<Vec<_>>()
    };
    wait("the audit has both ends", || visit("finish").len() == 2);
    let begin = &visit("begin")[0];
    assert_eq!((&begin["actor"], &begin["vm"]), (&"profesor".into(), &"web1.alumno1".into()), "{begin}");
    assert_eq!(begin["action"], "vm-enter", "{begin}");
    let mine = json(&house, "alumno1", &["audit", "mine"]).to_string();
    assert!(mine.contains("vm-enter") && mine.contains("profesor"), "{mine}");

    // puerta is killed while they are in: the next one takes the key out.
    let _fourth = Tunnel::new(&house, "profesor", "web1.alumno1:22");
    let (_served, _) = listener.accept().unwrap();
    assert!(has(&[&own, &teachers]));
    drop(listener);
    house.kill9();
    house.start();
    wait("the key is out", || house.keys_inside(&address) == [own.clone()]);
}
