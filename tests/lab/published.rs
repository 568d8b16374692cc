//! Published ports and what machines may reach, on three nodes, with the client outside in its own
//! namespace and nobody but puerta writing rules.

use crate::house::{Lab, Said, wait};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The outside client, and puerta's address there.
const CLIENT: &str = "192.0.2.2";
const PUERTA: &str = "192.0.2.1";

#[test]
fn published_ports() {
    let lab = Lab::up("published", &["--nodes", "3"]);
    let lab = &lab;
    lab.step("a page is published", || a_page(lab));
    lab.step("UDP", || udp(lab));
    lab.step("the number stays", || the_number_stays(lab));
    lab.step("who may reach it", || who_may(lab));
    lab.step("what is not published is closed", || closed(lab));
    lab.step("unpublished, it ends at once", || ends_at_once(lab));
    lab.step("what machines may reach", || egress(lab));
    lab.step("drift is mended", || drift(lab));
    lab.step("what went through is counted and audited", || counted(lab));
    lab.step("a removed machine closes its ports", || removed(lab));
}

/// `curl` in the outside client's namespace.
fn curl(lab: &Lab, port: u16, more: &[&str]) -> Said {
    let url = format!("http://{PUERTA}:{port}/");
    lab.exec("outside", &[&["curl", "-sS", "-m", "3"], more, &[&url]].concat())
}

fn page(lab: &Lab, port: u16) -> String {
    curl(lab, port, &[]).well()
}

fn port_of(lab: &Lab, vm: &str) -> u16 {
    let all = lab.json("alumno1", "port list");
    let one = all.as_array().unwrap().iter().find(|one| one["vm"] == vm && one["protocol"] == "tcp");
    one.unwrap()["port"].as_u64().unwrap() as u16
}

fn a_page(lab: &Lab) {
    for name in ["web1", "web2"] {
        lab.ok("alumno1", &format!("vm create {name} --template mini"));
        let said = lab.ok("alumno1", &format!("port publish {name} 80"));
        let port = port_of(lab, name);
        assert!(said.contains(&format!("puerta:{port} -> {name}:80")), "{said}");
        assert!(page(lab, port).contains(&format!("<h1>{name}</h1>")));
        // No source NAT inwards: the machine's own log has the client's address.
        let log = lab.inside(name, "cat /var/log/httpd.log").well();
        assert!(log.contains(CLIENT), "{log}");
    }
    assert_ne!(port_of(lab, "web1"), port_of(lab, "web2"));
    lab.run("alumno1", "port publish web1 80").fails(1, "50000");
    assert!(lab.json("alumno2", "port list").as_array().unwrap().is_empty());
    assert_eq!(lab.json("profesor", "port list --all").as_array().unwrap().len(), 2);
}

/// Nothing in the machine listens to UDP: its own answer, that the port is closed, comes back to the client.
fn udp(lab: &Lab) {
    let script = format!(
        "import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.settimeout(1)\ns.connect(('{PUERTA}',50555))\n\
         try:\n s.send(b'ping')\n s.recv(9)\nexcept ConnectionRefusedError: print('the machine')\nexcept TimeoutError: print('nobody')"
    );
    let answers = || lab.exec("outside", &["python3", "-c", &script]).well();
    assert_eq!(answers().trim(), "nobody");
    let said = lab.ok("alumno1", "port publish web1 5353 --udp --port 50555");
    assert!(said.contains("puerta:50555/udp -> web1:5353/udp"), "{said}");
    assert_eq!(answers().trim(), "the machine");
    lab.ok("alumno1", "port unpublish 50555");
    assert_eq!(answers().trim(), "nobody");
}

fn the_number_stays(lab: &Lab) {
    let port = port_of(lab, "web1");
    lab.ok("alumno1", "vm backup web1 --yes");
    lab.ok("alumno1", "vm stop web1");
    curl(lab, port, &[]).fails(28, "");
    lab.ok("alumno1", "vm start web1");
    wait("the page is back", Duration::from_secs(10), || curl(lab, port, &[]).code == 0);
    lab.ok("alumno1", "vm restore web1 --yes");
    wait("the page is back", Duration::from_secs(10), || curl(lab, port, &[]).code == 0);
    // Without puerta the rules go on.
    lab.lab("stop", &[]).well();
    assert!(page(lab, port).contains("web1"));
    lab.lab("start", &[]).well();
    lab.kill9();
    assert!(page(lab, port).contains("web1"));
    // A host that was rebooted has no rules.
    lab.exec("puerta", &["nft", "flush", "ruleset"]).well();
    lab.lab("restart", &[]).well();
    assert!(page(lab, port).contains("web1"));
    assert_eq!(port_of(lab, "web1"), port);
}

fn who_may(lab: &Lab) {
    let port = port_of(lab, "web2");
    lab.ok("alumno1", &format!("port unpublish {port}"));
    lab.ok("alumno1", "port publish web2 80 --port 50100 --from 192.0.2.64/26,203.0.113.0/24");
    curl(lab, 50100, &[]).fails(28, "");
    lab.ok("alumno1", "port unpublish 50100");
    lab.ok("alumno1", "port publish web2 80 --port 50100 --from 192.0.2.0/26");
    assert!(page(lab, 50100).contains("web2"));
    lab.run("alumno2", "port unpublish 50100").fails(1, "50100");
    lab.ok("alumno2", "vm create web1 --template mini");
    lab.run("alumno2", "port publish web1 80 --port 50100").fails(1, "50100");
    lab.run("alumno2", "port publish web1 80 --port 22").fails(1, "50000");
    for vm_port in 81..=84 {
        lab.ok("alumno2", &format!("port publish web1 {vm_port}"));
    }
    lab.run("alumno2", "port publish web1 85").fails(1, "4");
}

fn closed(lab: &Lab) {
    let address = lab.vm("web1").unwrap()["address"].as_str().unwrap().to_owned();
    curl(lab, 50_999, &[]).fails(28, "");
    lab.exec("outside", &["ip", "route", "replace", "10.0.0.0/8", "via", PUERTA]).well();
    let direct = format!("http://{address}/");
    assert_eq!(lab.exec("outside", &["curl", "-sS", "-m", "2", &direct]).code, 28);
    lab.exec("outside", &["ip", "route", "del", "10.0.0.0/8"]).well();
    // puerta's own door, from a machine.
    assert_ne!(lab.inside("web1", "nc -w 2 10.0.0.1 22 </dev/null").code, 0);
}

fn ends_at_once(lab: &Lab) {
    let port = port_of(lab, "web1");
    lab.inside("web1", "dd if=/dev/zero of=/www/much bs=1M count=20 2>/dev/null").well();
    let url = format!("http://{PUERTA}:{port}/much");
    let mut slow = background(
        lab,
        &[
            "curl",
            "-s",
            "-m",
            "60",
            "--limit-rate",
            "200k",
            "--speed-limit",
            "1",
            "--speed-time",
            "4",
            "-o",
            "/dev/null",
            &url,
        ],
    );
    std::thread::sleep(Duration::from_secs(1));
    assert!(slow.try_wait().unwrap().is_none());
    lab.ok("alumno1", &format!("port unpublish {port}"));
    // curl's own patience with a connection that carries nothing, not its time limit.
    assert_eq!(slow.wait().unwrap().code(), Some(28));
    curl(lab, port, &[]).fails(28, "");
    lab.ok("alumno1", &format!("port publish web1 80 --port {port}"));
    assert!(page(lab, port).contains("web1"));
}

fn background(lab: &Lab, words: &[&str]) -> Child {
    let mut command = Command::new(crate::house::program());
    command.arg("exec").arg("--dir").arg(&lab.dir).args(["outside", "--"]).args(words);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn egress(lab: &Lab) {
    let mut server = background(
        lab,
        &["python3", "-m", "http.server", "8000", "--directory", "/usr/share/common-licenses"],
    );
    let get = || {
        let ask = format!("printf 'GET /GPL-3 HTTP/1.0\\r\\n\\r\\n' | nc -w 2 {CLIENT} 8000 | grep -q GNU");
        lab.inside("web1", &format!("timeout 3 sh -c \"{}\"", ask.replace('"', "\\\""))).code
    };
    wait("the server outside", Duration::from_secs(10), || get() == 0);
    lab.ok("profesor", "egress set deny --seat alumno1");
    assert_ne!(get(), 0);
    lab.ok("profesor", &format!("egress set {CLIENT}:8000 --seat alumno1"));
    assert_eq!(get(), 0);
    lab.ok("profesor", &format!("egress set {CLIENT}:8001 --seat alumno1"));
    assert_ne!(get(), 0);
    lab.ok("profesor", "egress clear --seat alumno1");
    lab.ok("profesor", "egress set deny --course demo-2026");
    assert_ne!(get(), 0);
    lab.ok("profesor", "egress clear --course demo-2026");
    assert_eq!(get(), 0);
    lab.run("alumno1", "egress set allow --seat alumno1").fails(1, "");
    server.kill().unwrap();
    server.wait().unwrap();
}

fn drift(lab: &Lab) {
    let port = port_of(lab, "web1");
    assert_eq!(lab.run("profesor", "firewall check").code, 0);
    lab.exec("puerta", &["nft", "flush", "chain", "inet", "puerta", "publications"]).well();
    assert_eq!(lab.run("profesor", "firewall check").code, 1);
    lab.ok("profesor", "firewall apply");
    assert_eq!(lab.run("profesor", "firewall check").code, 0);
    lab.exec("puerta", &["nft", "delete", "table", "inet", "puerta"]).well();
    assert_ne!(curl(lab, port, &["-m", "1"]).code, 0);
    lab.ok("profesor", "firewall apply");
    assert_eq!(curl(lab, port, &[]).code, 0);
    let lines = lab.json("profesor", "audit list --action firewall --limit 1000");
    assert!(lines.to_string().contains("drift"), "{lines}");
    lab.run("alumno1", "firewall show").fails(1, "");
}

fn counted(lab: &Lab) {
    let port = port_of(lab, "web1");
    let of = |lab: &Lab| -> Value {
        let all = lab.json("alumno1", "port list");
        all.as_array().unwrap().iter().find(|one| one["port"] == port).unwrap().clone()
    };
    lab.ok("profesor", "firewall apply");
    let before = of(lab);
    for _ in 0..10 {
        page(lab, port);
    }
    lab.ok("profesor", "firewall apply");
    lab.lab("restart", &[]).well();
    let after = of(lab);
    let more = |key: &str| after[key].as_u64().unwrap() - before[key].as_u64().unwrap();
    assert_eq!(more("connections"), 10);
    assert!(more("bytes_in") > 10 * 60 && more("bytes_out") > 10 * 60, "{before} {after}");
    let lines = lab.json("profesor", "audit list --action publication --limit 1000");
    assert!(lines.to_string().contains(CLIENT) && lines.to_string().contains("web1.alumno1"), "{lines}");
}

fn removed(lab: &Lab) {
    let port = port_of(lab, "web1");
    lab.ok("alumno1", "vm delete web1 --yes");
    let all = lab.json("alumno1", "port list");
    assert!(all.as_array().unwrap().iter().all(|one| one["vm"] != "web1"));
    curl(lab, port, &[]).fails(28, "");
}
