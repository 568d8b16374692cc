//! Seats kept apart on three real nodes: by the rules that a node carries, as seen by the engine's own
//! kernels (`node list`) and from inside machines (`isolation check`).

use crate::house::{Lab, Said, wait};
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

#[test]
fn isolation() {
    let lab = Lab::up("isolation", &["--nodes", "3"]);
    let lab = &lab;
    lab.step("every node carries the rules before its first machine", || {
        assert_eq!(rules(lab), ["nodo01 current 1", "nodo02 current 1", "nodo03 current 1"]);
        let nodes = lab.json("profesor", "node list");
        assert_eq!(nodes[0]["address"], "10.0.0.65");
        lab.run("alumno1", "node list").fails(1, "");
        lab.run("alumno1", "isolation check").fails(1, "");
    });
    lab.step("without machines of two seats it says what it needs", || {
        lab.run("profesor", "isolation check").fails(1, "of two seats");
        lab.ok("alumno1", "vm create web1 --template mini");
        lab.run("profesor", "isolation check").fails(1, "of two seats");
        lab.run("profesor", "isolation check web1.alumno2").fails(1, "web1.alumno2");
    });
    lab.step("machines of two seats", || machines(lab));
    lab.step("with the rules everything is closed", || {
        // Of a busy engine a machine may not take part in one run, which says so.
        let mut seen = Value::Null;
        wait("every machine takes part", Duration::from_secs(90), || {
            seen = check(lab, 0);
            seen["untried"] == Value::Array(vec![])
        });
        // Own machines, by TCP, UDP and ICMP, and nothing else.
        let (near, far) = (passed(&seen, "own-same-node"), passed(&seen, "own-other-node"));
        assert!(near >= 2 * 3 && far >= 6 * 3, "{seen}");
        assert_eq!(seen["open"], near + far, "{seen}");
        assert!(seen["closed"].as_u64().unwrap() > 150, "{seen}");
        let said = lab.ok("profesor", "isolation check web1.alumno1 web1.alumno2");
        assert!(said.contains("closed: 0 flows pass and must"), "{said}");
    });
    lab.step("it leaves nothing in the machines", || nothing_left(lab));
    lab.step("a node without its rules", || {
        let lost = node_of(lab, "alumno1", "web1");
        lab.exec(&lost, &["nft", "delete", "table", "inet", "puerta_node"]).well();
        assert!(rules(lab).contains(&format!("{lost} none null")), "{:?}", rules(lab));
        assert!(lab.ok("profesor", "node list").contains("contrib/node/install"));
        let seen = check(lab, 1);
        for relation in ["other-same-node", "own-node"] {
            assert!(passed(&seen, relation) > 0, "{relation}: {seen}");
        }
        // Other nodes still have theirs: what crosses is closed.
        assert_eq!(passed(&seen, "other-other-node") + passed(&seen, "other-node"), 0, "{seen}");
        nothing_left(lab);
        forged(lab, &lost);
        // As a start of the node does, here with its machines running.
        lab.lab("restart", &[&lost]).well();
        wait("the engine is back", Duration::from_secs(60), || lab.run("profesor", "node list").code == 0);
        assert!(rules(lab).contains(&format!("{lost} current 1")), "{:?}", rules(lab));
    });
    lab.step("forged sources, with Incus' own rules away", || without_incus(lab));
    lab.step("rules of another version", || {
        let text = std::fs::read_to_string(lab.dir.join("rules.nft")).unwrap();
        let file = lab.dir.join("other.nft");
        std::fs::write(&file, text.replace("udp dport 64001", "udp dport 64009")).unwrap();
        lab.exec("nodo03", &["nft", "-f", file.to_str().unwrap()]).well();
        assert_eq!(rules(lab)[2], "nodo03 none null");
        // Another firewall that prohibits everything is not taken for ours.
        let other = "add table inet other; add chain inet other input { type filter hook input priority -20; }; \
            add rule inet other input ip saddr 10.0.0.1 udp dport 64000-64999 reject with icmp type admin-prohibited";
        lab.exec("nodo03", &["nft", other]).well();
        assert_eq!(rules(lab)[2], "nodo03 unknown null");
        lab.exec("nodo03", &["nft", "delete table inet other"]).well();
        lab.exec("nodo03", &["ip", "link", "set", "eth0", "down"]).well();
        assert_eq!(rules(lab)[2], "nodo03 unknown null");
        lab.exec("nodo03", &["ip", "link", "set", "eth0", "up"]).well();
    });
}

/// `NODE STATE VERSION` of each node.
fn rules(lab: &Lab) -> Vec<String> {
    let nodes = lab.json("profesor", "node list");
    let nodes = nodes.as_array().unwrap().iter();
    nodes
        .map(|node| {
            let rules = &node["rules"];
            format!("{} {} {}", text(&node["name"]), text(&rules["state"]), rules["version"])
        })
        .collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Four of each seat: they go round the nodes, so two of each share one.
fn machines(lab: &Lab) {
    for login in ["alumno1", "alumno2"] {
        for name in ["web1", "web2", "web3", "web4"] {
            if login != "alumno1" || name != "web1" {
                lab.ok(login, &format!("vm create {name} --template mini"));
            }
        }
    }
    let all = lab.json("profesor", "vm list --all");
    assert_eq!(all.as_array().unwrap().len(), 8);
}

fn node_of(lab: &Lab, login: &str, name: &str) -> String {
    text(&lab.json(login, &format!("vm show {name}"))["node"]).to_owned()
}

/// The answer of `isolation check`, which must end so; with the flows that are not as they must be on a failure.
#[track_caller]
fn check(lab: &Lab, status: i32) -> Value {
    let said = lab.run("profesor", "isolation check --json");
    assert_eq!(said.code, status, "{said:?}");
    assert!(said.took < Duration::from_secs(25), "{:?}", said.took);
    serde_json::from_str(&said.out).unwrap()
}

fn passed(seen: &Value, relation: &str) -> usize {
    let flows = seen["flows"].as_array().unwrap().iter();
    flows.filter(|flow| flow["relation"] == relation && flow["open"] == true).count()
}

fn nothing_left(lab: &Lab) {
    for name in ["web1", "web2", "web3", "web4"] {
        let seen = lab.inside(name, "ip addr; ip route; netstat -tln; ps").well();
        for word in ["47001", "198.51.100", "nc -ll", "isolation"] {
            assert!(!seen.contains(word), "{name}: {seen}");
        }
        assert_eq!(seen.matches("inet 10.").count(), 1, "{name}: {seen}");
    }
    // Nor beside their file systems, where every backup would take it along.
    let volumes =
        "ls -d \"$1\"/n?/storage-pools/default/containers/*/* | sed 's|.*/||' | sort -u | tr '\\n' ' '";
    let found = Said::of(Command::new("sh").args(["-c", volumes, "sh", lab.dir.to_str().unwrap()])).well();
    assert_eq!(found, "backup.yaml metadata.yaml rootfs ");
}

/// Its own rules are away; Incus' hold still.
fn forged(lab: &Lab, node: &str) {
    let seen = check(lab, 1);
    let flows = seen["flows"].as_array().unwrap().iter();
    let forged = flows.filter(|flow| text(&flow["flow"]).contains(" -> ")).count();
    assert_eq!(forged, 0, "{node}: {seen}");
}

/// Incus drops forged sources by rules of its own. Without those the rules of the node do; and with neither
/// the check sees it, or it would see nothing at all.
fn without_incus(lab: &Lab) {
    let nodes = ["nodo01", "nodo02", "nodo03"];
    for node in nodes {
        let script =
            "nft flush table inet incus; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done";
        lab.exec(node, &["sh", "-c", script]).well();
    }
    check(lab, 0);
    assert_eq!(as_puerta(lab), 0, "a machine was believed to be puerta");
    for node in nodes {
        lab.exec(node, &["nft", "delete", "table", "inet", "puerta_node"]).well();
    }
    assert_eq!(as_puerta(lab), 20, "these packets never arrive, rules or not");
    let seen = check(lab, 1);
    let flows = seen["flows"].as_array().unwrap().iter();
    let forged = flows.filter(|flow| text(&flow["flow"]).contains(" -> "));
    for relation in ["other-same-node", "other-other-node"] {
        assert!(forged.clone().any(|flow| flow["relation"] == relation), "{relation}: {seen}");
    }
    for node in nodes {
        lab.exec(node, &["nft", "-f", lab.dir.join("rules.nft").to_str().unwrap()]).well();
    }
    check(lab, 0);
}

/// Datagrams of web1.alumno1 that say they come from puerta, to web1.alumno2 on another node: how many
/// arrive. They are made with a raw socket in the machine's network; taking puerta's address as its own would cut off
/// who is in it.
fn as_puerta(lab: &Lab) -> u32 {
    const RAW: &str = "
import socket, struct
to = socket.inet_aton('10.0.0.130')
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
udp = struct.pack('!HHHH', 4000, 47009, 8, 0)
for _ in range(20):
    raw.sendto(struct.pack('!BBHHHBBH4s4s', 0x45, 0, 28, 0, 0, 64, 17, 0, socket.inet_aton('10.0.0.1'), to) + udp, ('10.0.0.130', 0))
";
    let arrived = || {
        let said = lab.exec(
            "nodo01",
            &["incus", "--project", "puerta", "exec", "vm-130", "--", "cat", "/proc/net/snmp"],
        );
        let said = said.well();
        let line = said.lines().rfind(|line| line.starts_with("Udp:")).unwrap();
        line.split(' ').nth(2).unwrap().parse::<u32>().unwrap()
    };
    let info = lab.query("/1.0/instances/vm-66/state?project=puerta");
    let before = arrived();
    let mut inside = Command::new("nsenter");
    inside.args(["-t", &info["pid"].to_string(), "--net", "python3", "-c", RAW]);
    Said::of(&mut inside).well();
    std::thread::sleep(Duration::from_millis(300));
    arrived() - before
}

/// `contrib/node/install` and `remove` in a file system and a network of their own: on one without systemd, as they are
/// here, and on one with it, as far as a stub shows.
#[test]
fn isolation_is_installed_and_removed() {
    const SCRIPT: &str = r#"
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
own=/mnt
mount -t tmpfs none "$own"
for place in /etc /usr/local/lib /run; do
    mkdir -p "$own$place/upper" "$own$place/work"
    mount -t overlay none -o "lowerdir=$place,upperdir=$own$place/upper,workdir=$own$place/work" "$place"
done
rm -rf /run/systemd/system /etc/puerta-node /usr/local/lib/puerta-node
stands() { nft list table inet puerta_node 2>/dev/null | grep -q 'rules, version 1'; }

"$PUERTA" node rules --config "$CONFIG" | "$NODE/install" - | grep -q 'at every boot'
stands
nft flush ruleset
/usr/local/lib/puerta-node/start
stands
! echo nonsense | "$NODE/install" - 2>/dev/null
! { cat /etc/puerta-node/rules.nft; echo nonsense; } | "$NODE/install" - 2>/dev/null
stands
[ "$(ls /etc/puerta-node)" = rules.nft ]

mkdir -p /run/systemd/system "$own/bin"
printf '#!/bin/sh\necho "$@" >>%s/calls\n' "$own" >"$own/bin/systemctl"
chmod +x "$own/bin/systemctl"
export PATH="$own/bin:$PATH"
cp /etc/puerta-node/rules.nft "$own/rules"
"$NODE/install" "$own/rules"
grep -q '^Requires=puerta-node.service' /etc/systemd/system/incus.service.d/puerta-node.conf
grep -q 'Before=.*incus.service' /etc/systemd/system/puerta-node.service
grep -q 'reload-or-restart puerta-node.service' "$own/calls"
"$NODE/remove"
! stands
[ -z "$(find /etc/systemd /etc/puerta-node /usr/local/lib/puerta-node -name '*puerta*' 2>/dev/null)" ]
"$NODE/remove"
"#;
    let config = std::env::temp_dir().join(format!("puerta-node-{}.toml", std::process::id()));
    std::fs::write(
        &config,
        "state_dir = \"/nonexistent\"\n[engine]\ndriver = \"incus\"\nsocket = \"/nonexistent\"\n",
    )
    .unwrap();
    let mut own = Command::new("unshare");
    own.args(["--mount", "--net", "--propagation", "private", "bash", "-c", SCRIPT]);
    own.env("PUERTA", env!("CARGO_BIN_EXE_puerta")).env("CONFIG", &config);
    let said = Said::of(own.env("NODE", concat!(env!("CARGO_MANIFEST_DIR"), "/contrib/node")));
    std::fs::remove_file(config).unwrap();
    said.well();
}
