//! Three real nodes: a machine travels with all that is its own, a drained node gets nothing, and one
//! that dies is seen in time and holds up nobody.

use crate::house::{Lab, wait};
use crate::support::records;
use serde_json::Value;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What an Incus has that nobody configured; the lab's own tests are less patient.
const THRESHOLD: &str = "20";

#[test]
fn nodes() {
    let lab = Lab::up("nodes", &["--nodes", "3"]);
    let lab = &lab;
    lab.exec("nodo01", &["incus", "config", "set", "cluster.offline_threshold", THRESHOLD]).well();
    lab.step("a machine travels with all that is its own", || travels(lab));
    lab.step("killed in the middle, puerta or a daemon, it is there or here and as it was", || {
        for moment in 0..3 {
            killed(lab, moment);
        }
    });
    lab.step("a drained node gets nothing and is emptied", || drained(lab));
    lab.step("a daemon is killed", || {
        let back = || lab.lab("start", &["nodo03"]).well();
        gone(lab, true, || kill_daemon(lab, "nodo03"), back);
    });
    lab.step("a link is cut", || {
        let link = |state| lab.exec("switch", &["ip", "link", "set", "to-nodo03", state]).well();
        gone(lab, false, || drop(link("down")), || link("up"));
    });
    lab.nothing_half();
}

fn node_of(lab: &Lab, name: &str) -> String {
    lab.vm(name).unwrap()["node"].as_str().unwrap().to_owned()
}

/// Has the machine on that node, once a daemon that was started just now is ready for it.
fn bring(lab: &Lab, vm: &str, node: &str) {
    let to = format!("vm move {vm}.alumno1 {node} --yes");
    wait("it is brought there", Duration::from_secs(60), || {
        node_of(lab, vm) == node || lab.run("profesor", &to).code == 0
    });
}

fn node(lab: &Lab, name: &str) -> Value {
    let all = lab.json("profesor", "node list");
    all.as_array().unwrap().iter().find(|node| node["name"] == name).unwrap().clone()
}

fn page(lab: &Lab) -> bool {
    let page = ["curl", "-s", "-o", "/dev/null", "--max-time", "2", "http://192.0.2.1:50000/"];
    lab.exec("outside", &page).code == 0
}

fn travels(lab: &Lab) {
    lab.ok("alumno1", "vm create web1 --template mini");
    lab.ok("alumno1", "port publish web1 80");
    lab.inside("web1", "echo bueno >/root/word; chown 1000:100 /root/word").well();
    let keys = "cat /root/.ssh/authorized_keys; hostname; stat -c %u:%g /root/word";
    let (before, inside) = (lab.vm("web1").unwrap(), lab.inside("web1", keys).well());
    assert!(page(lab));
    let from = before["node"].as_str().unwrap();
    let to = if from == "nodo02" { "nodo03" } else { "nodo02" };
    let begun = Instant::now();
    let ran = lab.json("profesor", &format!("vm move web1.alumno1 {to} --yes"));
    assert_eq!((&ran["ran"], &ran["vm"]["node"]), (&true.into(), &to.into()));
    wait("its page is back", Duration::from_secs(20), || page(lab));
    eprintln!("           the page is back {:.1} s after the word", begun.elapsed().as_secs_f32());
    // The same host key: `known_hosts` is the one that has it already.
    assert_eq!(lab.inside("web1", keys).well(), inside);
    assert_eq!(lab.inside("web1", "cat /root/word").well(), "bueno\n");
    let after = lab.vm("web1").unwrap();
    for key in ["address", "state", "created", "cpus", "memory_mib"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    assert_eq!((node_of(lab, "web1").as_str(), after["state"].as_str()), (to, Some("running")));
    assert_eq!(lab.json("alumno1", "port list")[0]["port"], 50_000);
    lab.ok("alumno1", "vm stop web1");
    let stopped = lab.json("profesor", &format!("vm move web1.alumno1 {from} --yes"));
    assert_eq!((&stopped["ran"], lab.state("web1").as_str()), (&false.into(), "stopped"));
    lab.ok("alumno1", "vm start web1");
    assert_eq!(lab.inside("web1", "cat /root/word").well(), "bueno\n");
    lab.run("alumno1", &format!("vm move web1 {to} --yes")).fails(1, "may not do that");
    lab.nothing_half();
}

/// A daemon of Incus ends without a word; its machines go on.
fn kill_daemon(lab: &Lab, node: &str) {
    let pid = std::fs::read_to_string(lab.dir.join(format!("n{}.pid", &node[5..]))).unwrap();
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// `moment` 0 kills puerta, 1 the daemon that the machine goes to, 2 the one that it comes from.
fn killed(lab: &Lab, moment: usize) {
    lab.inside("web1", "test -s /root/much || dd if=/dev/urandom of=/root/much bs=1M count=64 2>/dev/null")
        .well();
    let content = lab.inside("web1", "md5sum </root/much; cat /root/word").well();
    bring(lab, "web1", "nodo02");
    let words = "vm move web1.alumno1 nodo03 --yes";
    let mut ssh = lab.verb("profesor", words);
    let ssh = ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    wait("a copy is being made", Duration::from_secs(30), || lab.instances().len() > 1);
    match moment {
        0 => {
            lab.kill9();
            lab.lab("start", &[]).well();
        }
        _ => {
            let victim = if moment == 1 { "nodo03" } else { "nodo02" };
            kill_daemon(lab, victim);
            lab.lab("start", &[victim]).well();
        }
    }
    ssh.unwrap().wait().unwrap();
    lab.settled();
    let job = lab.last_job();
    wait("it can be reached", Duration::from_secs(60), || lab.state("web1") == "running");
    let end = (job["state"].as_str().unwrap(), node_of(lab, "web1"));
    let there = end.1 == "nodo03";
    assert!(matches!(end.0, "done") == there && (there || end.1 == "nodo02"), "{moment}: {job} {end:?}");
    wait("ssh answers", Duration::from_secs(30), || lab.inside("web1", "true").code == 0);
    assert_eq!(lab.inside("web1", "md5sum </root/much; cat /root/word").well(), content, "{moment}");
    lab.nothing_half();
    // And nothing stands in the way of the next one.
    wait("the nodes are taken again", Duration::from_secs(60), || {
        ["nodo02", "nodo03"].iter().all(|name| node(lab, name)["state"] == "online")
    });
    wait("it goes there after all", Duration::from_secs(60), || {
        node_of(lab, "web1") == "nodo03" || lab.run("profesor", words).code == 0
    });
}

fn drained(lab: &Lab) {
    for name in ["web2", "web3"] {
        lab.ok("alumno1", &format!("vm create {name} --template mini"));
        bring(lab, name, "nodo02");
    }
    lab.ok("alumno1", "vm stop web3");
    lab.ok("profesor", "node drain nodo02 --reason prueba");
    for name in ["web4", "web5"] {
        lab.ok("alumno1", &format!("vm create {name} --template mini"));
        assert_ne!(node_of(lab, name), "nodo02");
        lab.ok("alumno1", &format!("vm delete {name} --yes"));
    }
    lab.ok("profesor", "node drain nodo02 --move --yes");
    wait("it is empty", Duration::from_secs(60), || {
        let node = node(lab, "nodo02");
        node["machines"] == 0 && node["drained"]["emptying"] == false
    });
    assert_eq!((lab.state("web2").as_str(), lab.state("web3").as_str()), ("running", "stopped"));
    let drained = node(lab, "nodo02");
    assert_eq!((&drained["state"], &drained["drained"]["reason"]), (&"drained".into(), &"prueba".into()));
    assert!(drained["memory_total"].as_u64().unwrap() > drained["memory_used"].as_u64().unwrap());
    assert!(drained["disk_total"].is_u64() && drained["load"][0].is_number(), "{drained}");
    lab.ok("profesor", "node resume nodo02");
    lab.ok("alumno1", "vm start web3");
    lab.nothing_half();
}

/// `nodo03` with `web1` on it goes and comes back; `web2` and everybody else do not notice. `alive`: only
/// the daemon went, and the way to its machines does not pass through that.
fn gone(lab: &Lab, alive: bool, go: impl FnOnce(), back: impl FnOnce() -> String) {
    bring(lab, "web1", "nodo03");
    bring(lab, "web2", "nodo01");
    bring(lab, "web3", "nodo02");
    let events = |what: &str| {
        let ours = |line: &&Value| line["code"] == "node" && line["detail"]["what"] == what;
        records::audit(&lab.dir.join("state")).iter().filter(ours).count()
    };
    let (went, came) = (events("gone"), events("back"));
    go();
    let begun = Instant::now();
    let (mut worst, mut count) = (Duration::ZERO, 0);
    while events("gone") == went {
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody sees that it is gone");
        let list = lab.run("alumno2", "vm list");
        assert_eq!(list.code, 0, "{list:?}");
        worst = worst.max(list.took);
        count += 1;
    }
    let seen = begun.elapsed();
    assert_eq!(lab.state("web1"), "unreachable");
    let refused = lab.run("alumno1", "vm stop web1").fails(2, "its node `nodo03` does not answer since");
    let inside = lab.inside("web1", "true");
    match alive {
        true => drop(inside.well()),
        false => drop(inside.fails(255, "its node `nodo03` does not answer since")),
    }
    let others = Instant::now();
    assert_eq!(lab.state("web2"), "running");
    lab.ok("alumno1", "vm restart web2");
    for name in ["b1", "b2", "b3"] {
        lab.ok("alumno2", &format!("vm create {name} --template mini"));
        let made = lab.json("alumno2", &format!("vm show {name}"));
        assert_ne!(made["node"], "nodo03");
        lab.ok("alumno2", &format!("vm delete {name} --yes"));
    }
    let others = others.elapsed();
    let down = node(lab, "nodo03");
    assert_eq!((&down["state"], &down["load"]), (&"offline".into(), &Value::Null));
    lab.run("profesor", "vm move web2.alumno1 nodo03 --yes").fails(2, "does not answer");
    back();
    wait("it is seen to be back", Duration::from_secs(60), || events("back") == came + 1);
    wait("its machine is too", Duration::from_secs(30), || lab.state("web1") == "running");
    wait("its machine obeys", Duration::from_secs(30), || lab.run("alumno1", "vm restart web1").code == 0);
    assert_eq!(events("gone"), went + 1, "once");
    eprintln!(
        "           seen after {:.1} s; {count} lists of somebody else meanwhile, the slowest {:.2} s; refused in {:.2} s; a restart and three machines made and removed in {:.1} s",
        seen.as_secs_f32(),
        worst.as_secs_f32(),
        refused.took.as_secs_f32(),
        others.as_secs_f32()
    );
}
