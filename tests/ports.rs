//! Published ports and egress as people use them, without a firewall: real `ssh` against the real
//! program. What a firewall makes of them is the lab's to show.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod support;
use serde_json::Value;
use std::process::Stdio;
use support::{House, Said, wait};

fn json(said: &Said) -> Value {
    let text = if said.code == 0 { &said.out } else { &said.err };
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

fn list(house: &House, login: &str, words: &[&str]) -> Vec<Value> {
    let words = [&["port", "list", "--json"], words].concat();
    json(&house.run(login, &words)).as_array().unwrap().clone()
}

/// The id of the error that this must end with.
#[track_caller]
fn refused(house: &House, login: &str, words: &[&str]) -> String {
    let said = house.run(login, &[words, &["--json"]].concat());
    assert!(said.code != 0, "{words:?}: {said:?}");
    json(&said)["error"]["id"].as_str().unwrap().to_owned()
}

fn machine(house: &House, login: &str, name: &str) {
    house.ok(login, &["vm", "create", name, "--template", "mini"]);
}

#[test]
fn a_page_is_published_listed_and_given_up() {
    let mut house = House::new("");
    machine(&house, "alumno1", "web1");
    machine(&house, "alumno2", "web1");
    let said = house.ok("alumno1", &["port", "publish", "web1", "80"]);
    let (route, rest) = said.split_once('\n').unwrap();
    assert_eq!(route, "puerta:50000 -> web1:80");
    assert!(rest.contains("sin cortafuegos") && rest.contains("no lleva a ninguna parte"), "{rest}");
    assert!(house.ok("alumno1", &["port", "list"]).contains("sin cortafuegos"));
    let mut english = house.ssh("alumno1");
    english.args(["-o", "SendEnv=LANG"]).env("LANG", "en_GB.UTF-8").arg(House::at("alumno1"));
    let english: Said = english.args(["port", "publish", "web1", "53", "--udp"]).output().unwrap().into();
    assert!(english.out.starts_with("puerta:50001/udp -> web1:53/udp\n"), "{english:?}");
    assert!(english.out.contains("leads nowhere yet"), "{english:?}");

    // It outlives a stop, a start and a restart of puerta.
    house.ok("alumno1", &["vm", "stop", "web1"]);
    house.ok("alumno1", &["vm", "start", "web1"]);
    house.stop();
    house.start();
    let ports = list(&house, "alumno1", &[]);
    assert_eq!(ports.len(), 2, "{ports:?}");
    let first = ports[0].as_object().unwrap();
    for (key, value) in [
        ("port", Value::from(50_000)),
        ("protocol", "tcp".into()),
        ("vm", "web1".into()),
        ("seat", "alumno1".into()),
        ("vm_port", 80.into()),
        ("from", Value::Null),
        ("publisher", "alumno1".into()),
        ("connections", 0.into()),
        ("bytes_in", 0.into()),
        ("bytes_out", 0.into()),
        ("counted", Value::Null),
    ] {
        assert_eq!(first[key], value, "{key}");
    }
    assert_eq!(refused(&house, "alumno1", &["port", "publish", "web1", "80"]), "error-port-published");

    // Nobody else's business: absent in every way.
    assert!(list(&house, "alumno2", &[]).is_empty());
    let absent = json(&house.run("alumno2", &["port", "unpublish", "50000", "--json"]));
    let nothing = json(&house.run("alumno2", &["port", "unpublish", "50777", "--json"]));
    let message = |error: &Value| error["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message(&absent).replace("50000", "N"), message(&nothing).replace("50777", "N"));
    assert_eq!(refused(&house, "alumno2", &["port", "list", "--all"]), "error-denied");
    assert_eq!(refused(&house, "alumno2", &["port", "list", "--seat", "alumno1"]), "error-no-seat");
    let words = ["port", "publish", "web1.alumno1", "81"];
    assert_eq!(refused(&house, "alumno2", &words), "error-no-vm");

    // A professor sees everybody's and may publish for a seat.
    house.ok("profesor", &["port", "publish", "web1.alumno2", "8080", "--port", "50500"]);
    let all: Vec<_> = list(&house, "profesor", &["--all"]).iter().map(|port| port["port"].clone()).collect();
    assert_eq!(all, [50_000, 50_001, 50_500]);
    let theirs = list(&house, "profesor", &["--seat", "alumno2"]);
    assert_eq!((theirs.len(), &theirs[0]["publisher"]), (1, &"profesor".into()));

    let gone = house.ok("alumno1", &["port", "unpublish", "50000"]);
    assert!(gone.contains("puerta:50000 -> web1:80"), "{gone}");
    assert_eq!(refused(&house, "alumno1", &["port", "unpublish", "50000"]), "error-no-port");
    let resting = house.ok("alumno1", &["port", "publish", "web1", "80"]);
    assert!(resting.starts_with("puerta:50002 "), "50000 rests: {resting}");
    // A machine takes its ports with it, and says so.
    let deleted = json(&house.run("alumno1", &["vm", "delete", "web1", "--yes", "--json"]));
    assert_eq!(deleted["ports_closed"], 2, "{deleted}");
    assert!(list(&house, "alumno1", &[]).is_empty());
    assert_eq!(list(&house, "profesor", &["--all"]).len(), 1);

    let audit = house.audit();
    let acts = |action: &str, outcome: &str| {
        audit.iter().filter(|line| line["action"] == action && line["outcome"] == outcome).count()
    };
    assert_eq!((acts("port-publish", "done"), acts("port-unpublish", "done")), (4, 1));
    // What is not there is refused and written down like what is another's.
    let denied = (acts("port-unpublish", "denied"), acts("port-publish", "denied"));
    assert!(denied.0 >= 1 && denied.1 >= 1, "{denied:?}");
    let begin = audit.iter().find(|line| line["action"] == "port-publish").unwrap();
    assert_eq!((&begin["vm"], &begin["policies"][0]), (&"web1.alumno1".into(), &"students-publish".into()));
}

#[test]
fn numbers_that_will_not_do_are_named() {
    let house =
        House::new("[firewall]\nfirst_port = 50100\nlast_port = 50101\ncampus = [\"192.0.2.0/24\"]\n");
    machine(&house, "alumno1", "web1");
    machine(&house, "alumno2", "web2");
    let publish = |login: &str, rest: &[&str]| refused(&house, login, &[&["port", "publish"], rest].concat());
    assert_eq!(publish("alumno1", &["web1", "80", "--port", "50102"]), "error-port-range");
    assert_eq!(publish("alumno1", &["web1", "80", "--port", "22"]), "error-port-range");
    assert_eq!(publish("alumno1", &["web1", "0"]), "error-value");
    assert_eq!(publish("alumno1", &["nothing", "80"]), "error-no-vm");
    // Wider than the campus is a professor's to open; narrower is anybody's.
    assert_eq!(publish("alumno1", &["web1", "80", "--from", "0.0.0.0/0"]), "error-beyond-campus");
    assert_eq!(
        publish("alumno1", &["web1", "80", "--from", "192.0.2.0/25,192.0.3.1"]),
        "error-beyond-campus"
    );
    assert_eq!(publish("alumno1", &["web2.alumno2", "80", "--from", "0.0.0.0/0"]), "error-no-vm");
    house.ok("alumno1", &["port", "publish", "web1", "80", "--from", "192.0.2.7,192.0.2.64/26"]);
    assert_eq!(publish("alumno2", &["web2", "80", "--port", "50100"]), "error-port-taken");
    house.ok("profesor", &["port", "publish", "web1.alumno1", "81", "--from", "203.0.113.0/24"]);
    assert_eq!(publish("alumno2", &["web2", "80"]), "error-ports-exhausted");
    let ports = list(&house, "alumno1", &[]);
    assert_eq!(ports[0]["from"], serde_json::json!(["192.0.2.7/32", "192.0.2.64/26"]));
    assert_eq!(ports[1]["from"], serde_json::json!(["203.0.113.0/24"]));
    // What is not said is the campus, as it is now.
    house.ok("alumno1", &["port", "unpublish", "50100"]);
    house.ok("alumno2", &["port", "publish", "web2", "80"]);
    assert_eq!(list(&house, "alumno2", &[])[0]["from"], serde_json::json!(["192.0.2.0/24"]));
}

#[test]
fn a_seats_quota_holds_when_eight_race() {
    let house = House::new("[quota]\npublications = 3\n");
    machine(&house, "alumno1", "web1");
    machine(&house, "alumno1", "web2");
    let publish = |n: usize| {
        let (vm, service) = (["web1", "web2"][n % 2], (80 + n).to_string());
        let mut ssh = house.ssh("alumno1");
        ssh.arg(House::at("alumno1")).args(["port", "publish", vm, &service, "--json"]);
        ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let racing: Vec<_> = (0..8).map(publish).collect();
    let ends: Vec<Said> = racing.into_iter().map(|c| c.wait_with_output().unwrap().into()).collect();
    let mut ports: Vec<_> =
        ends.iter().filter(|end| end.code == 0).map(|end| json(end)["port"].clone()).collect();
    ports.sort_by_key(Value::as_u64);
    assert_eq!(ports, [50_000, 50_001, 50_002], "{ends:#?}");
    for end in ends.iter().filter(|end| end.code != 0) {
        let error = &json(end)["error"];
        assert_eq!((&error["code"], &error["args"]["quota"]), (&"limited".into(), &"publications".into()));
        assert!(error["message"].as_str().unwrap().contains("3 de 3 puertos publicados"), "{error}");
    }
    // The quota is the seat's, whoever publishes; whoami says how large it is.
    let said = house.run("profesor", &["port", "publish", "web1.alumno1", "99", "--json"]);
    assert_eq!(json(&said)["error"]["args"]["quota"], "publications");
    assert!(house.ok("alumno1", &["whoami"]).contains("3 puertos publicados"));
}

#[test]
fn egress_and_the_firewall_are_for_professors() {
    let house = House::new("[firewall]\negress = \"deny\"\n");
    for words in [
        &["egress", "list"][..],
        &["egress", "set", "allow", "--seat", "alumno1"],
        &["egress", "clear", "--seat", "alumno1"],
        &["firewall", "show"],
        &["firewall", "plan"],
        &["firewall", "apply"],
        &["firewall", "check"],
    ] {
        assert_eq!(refused(&house, "alumno1", words), "error-denied", "{words:?}");
    }
    let help = house.ok("alumno1", &["help"]);
    assert!(
        help.contains("port publish") && !help.contains("egress") && !help.contains("firewall"),
        "{help}"
    );
    for words in [["firewall", "show"], ["firewall", "plan"], ["firewall", "apply"], ["firewall", "check"]] {
        let said = house.run("profesor", &words);
        assert!(said.code == 2 && said.err.contains("sin cortafuegos"), "{words:?}: {said:?}");
    }
    let rules = || json(&house.run("profesor", &["egress", "list", "--json"]));
    assert_eq!(rules(), serde_json::json!([{"place": "default", "name": null, "egress": "deny"}]));
    let set = house.ok("profesor", &["egress", "set", "192.0.2.7:443,192.0.2.0/25", "--seat", "alumno1"]);
    assert!(set.contains("`alumno1`") && set.contains("sin cortafuegos"), "{set}");
    house.ok("profesor", &["egress", "set", "allow", "--course", "demo-2026"]);
    let found = rules();
    assert_eq!(found[1], serde_json::json!({"place": "course", "name": "demo-2026", "egress": "allow"}));
    assert_eq!(found[2]["egress"], "192.0.2.0/25,192.0.2.7/32:443");
    house.ok("profesor", &["egress", "clear", "--seat", "alumno1"]);
    assert_eq!(refused(&house, "profesor", &["egress", "clear", "--seat", "alumno1"]), "error-no-egress");
    let words = ["egress", "set", "deny", "--course", "nothing"];
    assert_eq!(refused(&house, "profesor", &words), "error-no-course");
    assert_eq!(refused(&house, "profesor", &["egress", "set", "deny", "--seat", "nobody"]), "error-no-seat");
    assert_eq!(rules().as_array().unwrap().len(), 2);
}

#[test]
fn who_is_not_admitted_gets_not_a_byte() {
    use std::io::Read;
    let mut house = House::founded("[firewall]\nadmission = [\"127.0.0.5\", \"192.0.2.0/24\"]\n");
    house.start();
    let knock = || {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", house.port)).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
        let mut said = Vec::new();
        let end = stream.read_to_end(&mut said);
        assert!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
        match end {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
    };
    for _ in 0..20 {
        knock();
    }
    let mut ssh = house.ssh("profesor");
    ssh.args(["-b", "127.0.0.5"]).arg(House::at("profesor")).arg("whoami");
    let said: Said = ssh.stdin(Stdio::null()).output().unwrap().into();
    assert!(said.code == 0 && said.out.contains("127.0.0.5"), "{said:?}");
    let lines = |house: &House| {
        let audit = house.audit();
        let refused = audit.iter().filter(|line| line["code"] == "admission");
        refused.map(|line| line["detail"]["refused"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    wait("the first is written down", || !lines(&house).is_empty());
    assert_eq!(lines(&house).len(), 1, "the others wait for the minute");
    assert_eq!(house.stop(), 0);
    let lines = lines(&house);
    // `start` knocks too, until it is answered.
    assert!(lines.len() == 2 && lines.iter().sum::<u64>() >= 21, "{lines:?}");
}
