//! Three nodes: a cluster over HTTPS, with a certificate that opens one project.

use crate::house::{Lab, wait};
use std::time::Duration;

#[test]
fn three_nodes() {
    let lab = Lab::up("three", &["--nodes", "3"]);
    let lab = &lab;
    lab.step("machines go round the nodes", || {
        let mut nodes = Vec::new();
        for name in ["web1", "web2", "web3"] {
            lab.ok("alumno1", &format!("vm create {name} --template mini"));
            nodes.push(lab.vm(name).unwrap()["node"].as_str().unwrap().to_owned());
            assert_eq!(lab.inside(name, "hostname").well().trim(), name);
        }
        nodes.sort();
        assert_eq!(nodes, ["nodo01", "nodo02", "nodo03"]);
        assert_eq!(lab.env()["PUERTA_NODES"], "3");
    });
    lab.step("the certificate opens one project only", || {
        let dir = lab.dir.display();
        let ask = |path: &str| {
            let curl = [
                "curl", "-s", "-k", "-m", "10", "--cert", &format!("{dir}/puerta.crt"), "--key",
                &format!("{dir}/puerta.key"), &format!("https://10.0.0.65:8443{path}"),
            ];
            lab.exec("puerta", &curl).well()
        };
        assert!(ask("/1.0/instances?project=puerta").contains("vm-"));
        let other = ask("/1.0/instances/vm-66?project=default");
        assert!(other.contains("\"error_code\":403") || other.contains("\"error_code\":404"), "{other}");
        for (path, body) in [
            ("/1.0/instances?project=default", r#"{"name":"x","source":{"type":"none"}}"#),
            ("/1.0/projects", r#"{"name":"x"}"#),
            ("/1.0/storage-pools", r#"{"name":"x","driver":"dir"}"#),
        ] {
            let dir = lab.dir.display();
            let script = format!(
                "curl -s -k -m 10 --cert {dir}/puerta.crt --key {dir}/puerta.key -d '{body}' 'https://10.0.0.65:8443{path}'"
            );
            let said = lab.exec("puerta", &["sh", "-c", &script]).well();
            assert!(said.contains("\"error_code\":403"), "{path}: {said}");
        }
    });
    lab.step("backup and restore on each node", || {
        for name in ["web1", "web2", "web3"] {
            let before = lab.vm(name).unwrap();
            lab.inside(name, "echo bueno >/root/word").well();
            lab.ok("alumno1", &format!("vm backup {name}"));
            lab.inside(name, "echo malo >/root/word").well();
            lab.ok("alumno1", &format!("vm restore {name} --yes"));
            wait("ssh answers", Duration::from_secs(10), || lab.inside(name, "true").code == 0);
            assert_eq!(lab.inside(name, "cat /root/word").well(), "bueno\n");
            assert_eq!(lab.vm(name).unwrap(), before);
        }
        lab.nothing_half();
    });
    lab.step("the daemon of one node is away", || one_away(lab, "nodo03"));
    lab.step("the first server of the list is away", || one_away(lab, "nodo01"));
    lab.step("killed in the middle, in a cluster", || killed(lab));
}

fn one_away(lab: &Lab, node: &str) {
    let on = |node: &str| {
        let all = lab.json("alumno1", "vm list");
        let names = all.as_array().unwrap().iter().filter(|vm| vm["node"] == node);
        names.map(|vm| vm["name"].as_str().unwrap().to_owned()).next().unwrap()
    };
    let lost = on(node);
    let other = on("nodo02");
    lab.lab("stop", &[node]).well();
    // The cluster needs some seconds until it believes it.
    wait("the list says so", Duration::from_secs(60), || lab.state(&lost) == "unreachable");
    assert_eq!(lab.state(&other), "running");
    // Until then Incus still sends it copies of images.
    wait("the cluster believes it", Duration::from_secs(60), || {
        let list = lab.exec("nodo02", &["incus", "cluster", "list", "-f", "csv"]).well();
        list.lines().any(|line| line.starts_with(node) && line.contains("OFFLINE"))
    });
    // Machines go on without the daemon, and the way to them is puerta's own.
    lab.inside(&lost, "true").well();
    let said = lab.run("alumno1", &format!("vm stop {lost}"));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("does not answer"), "{said:?}");
    lab.ok("alumno1", &format!("vm stop {other}"));
    lab.ok("alumno1", &format!("vm start {other}"));
    lab.ok("alumno1", &format!("vm backup {other}"));
    lab.ok("alumno1", &format!("vm restore {other} --yes"));
    lab.ok("alumno1", "vm create extra --template mini");
    assert_ne!(lab.vm("extra").unwrap()["node"], node);
    lab.inside_new("extra", "true").well();
    lab.ok("alumno1", "vm delete extra --yes");
    lab.lab("start", &[node]).well();
    wait("it is back", Duration::from_secs(60), || lab.state(&lost) == "running");
    wait("its machine obeys", Duration::from_secs(30), || {
        lab.run("alumno1", &format!("vm restart {lost}")).code == 0
    });
    lab.settled();
    lab.nothing_half();
}

fn killed(lab: &Lab) {
    lab.inside("web2", "dd if=/dev/urandom of=/root/much bs=1M count=24 2>/dev/null").well();
    for (act, delay) in [
        ("vm backup web2 --yes", 300),
        ("vm restore web2 --yes", 1000),
        ("vm restore web2 --yes", 1500),
        ("vm restore web2 --yes", 2000),
    ] {
        lab.named(&format!("{act}, {delay} ms"), || {
            let mut ssh = lab.verb("alumno1", act);
            let mut ssh = ssh.stderr(std::process::Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(delay));
            lab.kill9();
            let _ = ssh.wait();
            lab.lab("start", &[]).well();
            lab.settled();
            lab.nothing_half();
            wait("ssh answers", Duration::from_secs(10), || lab.inside("web2", "true").code == 0);
            assert_eq!(lab.inside("web2", "cat /root/word").well(), "bueno\n");
        });
    }
    lab.ok("alumno1", "vm backup web2 --yes");
}
