//! Nodes and moves as professors use them: real `ssh` against the real program, with the simulated
//! engine. What real Incus makes of them is the lab's to show.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod support;
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use support::{House, Said, wait};

fn json(said: &Said) -> Value {
    let text = if said.code == 0 { &said.out } else { &said.err };
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

fn ask(house: &House, login: &str, words: &str) -> Value {
    json(&house.run(login, &[words, "--json"]))
}

/// The id of the error that this must end with.
#[track_caller]
fn refused(house: &House, login: &str, words: &str) -> String {
    let said = house.run(login, &[words, "--json"]);
    assert!(said.code != 0, "{words:?}: {said:?}");
    json(&said)["error"]["id"].as_str().unwrap().to_owned()
}

fn create(house: &House, name: &str) -> String {
    house.ok("alumno1", &["vm", "create", name, "--template", "mini"]);
    at(house, name)
}

fn vm(house: &House, name: &str) -> Value {
    ask(house, "alumno1", &format!("vm show {name}"))
}

fn at(house: &House, name: &str) -> String {
    vm(house, name)["node"].as_str().unwrap().to_owned()
}

fn node(house: &House, name: &str) -> Value {
    let all = ask(house, "profesor", "node list");
    all.as_array().unwrap().iter().find(|node| node["name"] == name).unwrap().clone()
}

/// Names the nodes that are down from now on.
fn down(house: &House, nodes: &str) {
    std::fs::write(house.dir.join("state/sim.down"), nodes).unwrap();
}

/// Events of the audit about a node.
fn events(house: &House, what: &str) -> usize {
    let ours = |line: &&Value| line["code"] == "node" && line["detail"]["what"] == what;
    house.audit().iter().filter(ours).count()
}

#[test]
fn a_machine_goes_to_another_node_and_stays_what_it_was() {
    let house = House::new("");
    let first = create(&house, "web1");
    house.ok("alumno1", &["port", "publish", "web1", "80"]);
    let before = vm(&house, "web1");
    assert_eq!((&before["placed"]["chosen"], &before["placed"]["nodes"]), (&"round-robin".into(), &3.into()));
    let target = if first == "sim02" { "sim03" } else { "sim02" };

    // It interrupts: without a terminal it wants a --yes, and nothing happened until then.
    let to = format!("vm move web1.alumno1 {target}");
    assert_eq!(refused(&house, "profesor", &to), "error-need-yes");
    assert_eq!(at(&house, "web1"), first);
    let moved = ask(&house, "profesor", &format!("{to} --yes"));
    assert_eq!(
        (&moved["vm"]["node"], &moved["from"], &moved["ran"]),
        (&target.into(), &first.clone().into(), &true.into())
    );
    let after = vm(&house, "web1");
    for key in ["address", "state", "seat", "template", "memory_mib", "created"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    assert_eq!((&after["node"], &after["placed"]["chosen"]), (&target.into(), &"moved".into()));
    let ports = ask(&house, "alumno1", "port list");
    assert_eq!((ports.as_array().unwrap().len(), &ports[0]["port"]), (1, &50_000.into()));
    assert_eq!(ask(&house, "alumno1", "job list")[0]["kind"], "move");

    // A stopped one stays stopped, and says so.
    house.ok("alumno1", &["vm", "stop", "web1"]);
    let said = house.ok("profesor", &["vm", "move", "web1.alumno1", &first, "--yes"]);
    assert!(said.contains("parada como estaba"), "{said}");
    assert_eq!((vm(&house, "web1")["state"].clone(), at(&house, "web1")), ("stopped".into(), first.clone()));

    // What cannot be changes nothing.
    for (words, id) in [
        (format!("vm move web1.alumno1 {first} --yes"), "error-vm-there"),
        ("vm move web1.alumno1 sim09 --yes".into(), "error-no-node"),
        ("vm move web9.alumno1 sim02 --yes".into(), "error-no-vm"),
        ("node drain sim09".into(), "error-no-node"),
        ("node resume sim09".into(), "error-no-node"),
    ] {
        assert_eq!(refused(&house, "profesor", &words), id, "{words}");
    }
    // And nobody else: who sees the machine reads that the verb is not theirs, and others that there is none.
    let words = format!("vm move web1 {target} --yes");
    assert_eq!(refused(&house, "alumno1", &words), "error-denied");
    let words = format!("vm move web1.alumno1 {target} --yes");
    assert_eq!(refused(&house, "alumno2", &words), "error-no-vm");
    for words in ["node list", "node drain sim02", "node resume sim02"] {
        assert_eq!(refused(&house, "alumno1", words), "error-denied", "{words}");
    }
    let help = house.ok("alumno1", &["help", "vm"]);
    assert!(!help.contains("vm move"), "{help}");
    assert_eq!(at(&house, "web1"), first);
}

#[test]
fn a_drained_node_gets_nothing_and_loses_what_it_has() {
    let house = House::new("");
    let nodes: Vec<_> = ["web1", "web2", "web3"].iter().map(|name| create(&house, name)).collect();
    assert_eq!(nodes.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{nodes:?}");
    let stopped = ["web1", "web2", "web3"][nodes.iter().position(|node| node == "sim02").unwrap()];
    house.ok("alumno1", &["vm", "stop", stopped]);

    let said = house.ok("profesor", &["node", "drain", "sim02", "--reason", "disco"]);
    assert!(said.contains("`sim02` queda apartado") && said.contains("su máquina sigue"), "{said}");
    let again = ask(&house, "profesor", "node drain sim02");
    assert_eq!(
        (&again["changed"], &again["machines"], &again["moving"]),
        (&false.into(), &1.into(), &false.into())
    );
    let drained = node(&house, "sim02");
    assert_eq!((&drained["state"], &drained["drained"]["by"]), (&"drained".into(), &"profesor".into()));
    assert_eq!(drained["drained"]["reason"], "disco");
    for name in ["web4", "web5", "web6"] {
        assert_ne!(create(&house, name), "sim02");
    }
    assert_eq!(refused(&house, "profesor", "vm move web4.alumno1 sim02 --yes"), "error-node-drained");
    // What is there can be used.
    house.ok("alumno1", &["vm", "start", stopped]);
    house.ok("alumno1", &["vm", "stop", stopped]);

    assert_eq!(refused(&house, "profesor", "node drain sim02 --move"), "error-need-yes");
    let moving = ask(&house, "profesor", "node drain sim02 --move --yes");
    assert_eq!((&moving["changed"], &moving["moving"]), (&false.into(), &true.into()));
    wait("the node is empty", || events(&house, "emptied") == 1);
    assert_eq!(node(&house, "sim02")["machines"], 0);
    assert_eq!(node(&house, "sim02")["drained"]["emptying"], false);
    let left = vm(&house, stopped);
    assert_eq!((&left["state"], left["node"] != "sim02"), (&"stopped".into(), true));

    // All of them: nobody can make one, and is told so.
    for name in ["sim01", "sim03"] {
        house.ok("profesor", &["node", "drain", name]);
    }
    house.ok("alumno1", &["vm", "delete", "web6", "--yes"]);
    assert_eq!(refused(&house, "alumno1", "vm create web6 --template mini"), "error-no-node-free");
    assert_eq!(ask(&house, "profesor", "node resume sim02")["changed"], true);
    assert_eq!(ask(&house, "profesor", "node resume sim02")["changed"], false);
    assert_eq!(create(&house, "web6"), "sim02");
}

#[test]
fn least_load_goes_where_memory_is_and_says_so() {
    let mut house = House::founded("");
    let config = std::fs::read_to_string(house.config()).unwrap();
    let config = config.replace("driver = \"sim\"", "driver = \"sim\"\nplacement = \"least-load\"");
    std::fs::write(house.config(), config).unwrap();
    house.start();
    house.ok("profesor", &["course", "create", "demo-2026"]);
    let key = std::fs::read_to_string(house.key("alumno1").with_extension("pub")).unwrap();
    let key = format!("'{}'", key.trim());
    house.ok("profesor", &["person", "add", "alumno1", "--course", "demo-2026", "--key", &key]);
    house.ok("alumno1", &["vm", "create", "big", "--template", "mini", "--memory", "2048"]);
    assert_eq!(at(&house, "big"), "sim01");
    let nodes: Vec<_> = ["web1", "web2", "web3", "web4"].iter().map(|name| create(&house, name)).collect();
    assert_eq!(nodes, ["sim02", "sim03", "sim02", "sim03"]);
    let placed = &vm(&house, "web1")["placed"];
    assert_eq!((&placed["chosen"], &placed["nodes"]), (&"least-load".into(), &3.into()));
    assert!(placed["free_mib"].as_u64().unwrap() > 10_000, "{placed}");
    let text = house.ok("alumno1", &["vm", "show", "web1"]);
    assert!(text.contains("era el nodo con más memoria libre (15 GiB) de 3"), "{text}");
}

#[test]
fn a_node_that_is_gone_is_seen_and_holds_up_nobody() {
    let mut house = House::new("");
    let lost = ["web1", "web2", "web3"].into_iter().find(|name| create(&house, name) == "sim02");
    let lost = lost.expect("each node has its turn");
    house.ok("alumno1", &["vm", "backup", lost]);

    down(&house, "sim02\n");
    wait("it is noticed", || events(&house, "gone") == 1);
    let gone = node(&house, "sim02");
    assert_eq!(
        (&gone["state"], &gone["load"], &gone["running"]),
        (&"offline".into(), &Value::Null, &Value::Null)
    );
    assert_eq!(vm(&house, lost)["state"], "unreachable");
    for words in ["vm start", "vm stop", "vm restart", "vm backup", "vm restore --yes", "vm delete --yes"] {
        assert_eq!(refused(&house, "alumno1", &format!("{words} {lost}")), "error-vm-node-silent", "{words}");
    }
    assert_eq!(
        refused(&house, "profesor", &format!("vm move {lost}.alumno1 sim01 --yes")),
        "error-vm-node-silent"
    );
    assert_ne!(create(&house, "other"), "sim02");
    assert_eq!(refused(&house, "profesor", "vm move other.alumno1 sim02 --yes"), "error-node-silent");
    // Its machine's network may still be there; what is not says why.
    let mut forward = house.ssh("alumno1");
    let forward: Said =
        forward.args(["-W", &format!("{lost}:9")]).arg(House::at("alumno1")).output().unwrap().into();
    assert!(forward.err.contains("su nodo `sim02` no responde desde"), "{forward:?}");
    assert!(forward.err.contains("its node `sim02` does not answer since"), "{forward:?}");
    // A restart does not make it news again.
    house.stop();
    house.start();
    assert_eq!(vm(&house, lost)["state"], "unreachable");
    down(&house, "");
    wait("it is back", || events(&house, "back") == 1);
    assert_eq!(vm(&house, lost)["state"], "running");
    house.ok("alumno1", &["vm", "restart", lost]);
    assert_eq!((events(&house, "gone"), events(&house, "back")), (1, 1));
}

#[test]
fn killed_in_the_middle_of_a_move_it_is_finished_or_undone() {
    let mut house = House::new("");
    let mut from = create(&house, "web1");
    let config = std::fs::read_to_string(house.config()).unwrap();
    let slow = config.replace("listen = true", "listen = true\ndelay_ms = 300");
    std::fs::write(house.config(), slow).unwrap();
    house.stop();
    house.start();
    let mut ends = Vec::new();
    // Before it is touched, while it stops, while it moves, while it starts.
    for moment in [0, 60, 250, 450, 650, 850] {
        let to = if from == "sim01" { "sim02" } else { "sim01" };
        let mut ssh = house.ssh("profesor");
        ssh.arg(House::at("profesor")).args(["vm", "move", "web1.alumno1", to, "--yes"]);
        let mut ssh = ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait("the move is begun", || ask(&house, "alumno1", "job list")[0]["state"] == "running");
        std::thread::sleep(Duration::from_millis(moment));
        house.kill9();
        ssh.wait().unwrap();
        house.start();
        wait("it is settled", || ask(&house, "alumno1", "job list")[0]["state"] != "running");
        let job = ask(&house, "alumno1", "job list")[0].clone();
        let now = vm(&house, "web1");
        let end = (job["state"].as_str().unwrap(), now["node"].as_str().unwrap());
        assert!(end == ("done", to) || end == ("undone", &from), "{moment} ms: {job} {now}");
        assert_eq!(now["state"], "running", "{moment} ms: as it was");
        from = now["node"].as_str().unwrap().to_owned();
        ends.push(job["state"].as_str().unwrap().to_owned());
    }
    assert!(ends.iter().any(|end| end == "done"), "{ends:?}");
}

#[test]
fn killed_while_a_node_is_emptied_it_goes_on() {
    let mut house = House::new("");
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), config.replace("listen = true", "listen = true\ndelay_ms = 200")).unwrap();
    for name in ["sim01", "sim03"] {
        house.ok("profesor", &["node", "drain", name]);
    }
    for name in ["web1", "web2", "web3"] {
        assert_eq!(create(&house, name), "sim02");
    }
    for name in ["sim01", "sim03"] {
        house.ok("profesor", &["node", "resume", name]);
    }
    house.stop();
    house.start();
    house.ok("profesor", &["node", "drain", "sim02", "--move", "--yes"]);
    wait("the first one moves", || ask(&house, "alumno1", "job list")[0]["kind"] == "move");
    house.kill9();
    house.start();
    wait("the node is empty", || events(&house, "emptied") == 1);
    for name in ["web1", "web2", "web3"] {
        let vm = vm(&house, name);
        assert!(vm["state"] == "running" && vm["node"] != "sim02", "{vm}");
    }
    // Who puts it back stops that.
    house.ok("profesor", &["node", "resume", "sim02"]);
    assert_eq!(node(&house, "sim02")["state"], "online");
}
