//! What is somebody else's, and what only some may have.

use super::*;

/// What `alumno1` hears about `alumno2`'s things while they exist, and when they do not.
#[test]
fn somebody_elses_is_as_absent_as_nothing() {
    let house = House::new("");
    vm_up(&house, "alumno2", "web2");
    house.ok("alumno2", &["vm", "backup", "web2"]);
    let backups = json(&house.run("alumno2", &["backup", "list", "--json"]));
    let backup = backups[0]["name"].as_str().unwrap().to_owned();
    let all: Vec<Vec<&str>> = vec![
        vec!["vm", "show", "web2"],
        vec!["vm", "show", "web2.alumno2"],
        vec!["vm", "show", "web2.alumno2.virtuales"],
        vec!["vm", "start", "web2.alumno2"],
        vec!["vm", "stop", "web2.alumno2"],
        vec!["vm", "stop", "web2.alumno2", "--force"],
        vec!["vm", "restart", "web2.alumno2"],
        vec!["vm", "delete", "web2.alumno2", "--yes"],
        vec!["vm", "backup", "web2.alumno2"],
        vec!["vm", "restore", "web2.alumno2", "--yes"],
        vec!["vm", "restore", "web2.alumno2", "--backup", &backup, "--yes"],
        vec!["vm", "list"],
        vec!["vm", "list", "--all"],
        vec!["vm", "list", "--seat", "alumno2"],
        vec!["backup", "list"],
        vec!["backup", "list", "web2"],
        vec!["backup", "list", "--all"],
        vec!["backup", "list", "--seat", "alumno2"],
        vec!["backup", "show", &backup],
        vec!["backup", "show", &backup, "--seat", "alumno2"],
        vec!["backup", "delete", &backup, "--seat", "alumno2", "--yes"],
        vec!["job", "list"],
        vec!["isolation", "check", "web2.alumno2"],
        vec!["known-hosts"],
        vec!["known-hosts", "web2.alumno2"],
        vec!["ssh-config"],
    ];
    let hear = |words: &Vec<&str>| {
        let plain = house.run("alumno1", words);
        let json = house.run("alumno1", &[words, &["--json"][..]].concat());
        (words.join(" "), plain.code, plain.out, plain.err, json.code, json.out, json.err)
    };
    let there: Vec<_> = all.iter().map(hear).collect();
    let denials = house.audit().iter().filter(|line| line["code"] == "denial").count();
    // Each of the attempts at what exists is in the audit, with the machine and who tried.
    let audit = house.audit();
    let attempts = |action: &str| {
        let is = |line: &&Value| line["code"] == "denial" && line["action"] == action;
        let found: Vec<_> = audit.iter().filter(is).collect();
        assert!(!found.is_empty(), "no denial of {action}");
        for line in found {
            assert_eq!((&line["actor"], &line["outcome"]), (&"alumno1".into(), &"denied".into()), "{line}");
            assert!(line["policies"].is_array() || line.get("policies").is_none(), "{line}");
        }
    };
    for action in ["vm-view", "vm-start", "vm-stop", "vm-delete", "vm-backup", "vm-restore", "backup-delete"]
    {
        attempts(action);
    }
    house.ok("alumno2", &["vm", "show", "web2"]);
    house.ok("alumno2", &["backup", "delete", &backup, "--yes"]);
    house.ok("alumno2", &["vm", "delete", "web2", "--yes"]);
    let gone: Vec<_> = all.iter().map(hear).collect();
    for (there, gone) in there.iter().zip(&gone) {
        assert_eq!(there, gone);
    }
    assert!(denials >= 17, "{denials}");
    // A seat, a person and a job that are somebody else's read as those that are not there.
    for (theirs, none) in [("alumno2", "nadie99"), ("profesor", "nadie98")] {
        for words in [
            &["vm", "list", "--seat", "X"][..],
            &["backup", "list", "--seat", "X"],
            &["vm", "create", "web1.X", "--template", "mini"],
            &["person", "show", "X"],
            &["person", "suspend", "X", "--yes"],
            &["person", "remove", "X", "--yes"],
        ] {
            let hear = |name: &str| {
                let words: Vec<_> = words.iter().map(|word| word.replace('X', name)).collect();
                let words: Vec<_> = words.iter().map(String::as_str).collect();
                let said = house.run("alumno1", &words);
                // A role in a hint is no name.
                let err = said.err.replace("eres profesor", "eres docente");
                (said.code, said.out.replace(name, "X"), err.replace(name, "X"))
            };
            assert_eq!(hear(theirs), hear(none), "{words:?}");
        }
    }
    let job = |number: &str| {
        let said = house.run("alumno1", &["job", "watch", number]);
        (said.code, said.out, said.err.replace(number, "N"))
    };
    assert_eq!(job("1"), job("77"));
    assert_eq!(job("1").0, 1);
}

#[test]
fn an_engine_without_nodes_and_programs_says_so() {
    let house = House::new("");
    let nodes = json(&house.run("profesor", &["node", "list", "--json"]));
    assert_eq!(nodes[0]["rules"], serde_json::json!({ "state": "unknown", "version": null }));
    let refused = |words: &[&str]| {
        let said = house.run("profesor", &[&["isolation", "check"], words, &["--json"]].concat());
        (said.code, json(&said)["error"]["id"].as_str().unwrap().to_owned())
    };
    assert_eq!(refused(&[]), (1, "error-isolation-seats".into()));
    vm_up(&house, "alumno1", "web1");
    vm_up(&house, "alumno2", "web1");
    assert_eq!(refused(&[]), (2, "error-isolation-engine".into()));
    assert_eq!(refused(&["web1.alumno1", "web1.alumno1"]), (1, "error-isolation-seats".into()));
    assert_eq!(refused(&["web1.alumno1", "web9.alumno2"]), (1, "error-no-vm".into()));
    house.ok("alumno2", &["vm", "stop", "web1"]);
    assert_eq!(refused(&["web1.alumno1", "web1.alumno2"]), (1, "error-isolation-stopped".into()));
    // Each machine that programs were to run in is in the audit, with who wanted it.
    let audit = house.audit();
    let begun = audit.iter().filter(|line| line["action"] == "isolation-check" && line["phase"] == "begin");
    let machines: Vec<_> = begun.map(|line| line["vm"].as_str().unwrap().to_owned()).collect();
    assert_eq!(machines, ["web1.alumno1", "web1.alumno2"]);
    let said = json(&house.run("alumno1", &["isolation", "check", "web1", "--json"]));
    assert_eq!(said["error"]["code"], "denied");
}

#[test]
fn alumno1_is_not_alumno10() {
    let house = House::new("");
    let key = std::fs::read_to_string(house.key("alumno2").with_extension("pub")).unwrap();
    let key = format!("'{}'", key.trim());
    house.ok("profesor", &["person", "add", "alumno10", "--course", "demo-2026", "--key", &key]);
    let mut ssh = house.ssh("alumno2");
    let made = said(ssh.arg(House::at("alumno10")).args(["vm", "create", "web1", "--template", "mini"]));
    assert_eq!(made.code, 0, "{made:?}");
    vm_up(&house, "alumno1", "web10");
    let list = house.ok("alumno1", &["vm", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list[0]["name"], "web10");
    assert_eq!(house.run("alumno1", &["vm", "show", "web1"]).code, 1);
    let seat = house.ok("profesor", &["vm", "list", "--seat", "alumno1"]);
    assert!(seat.contains("web10") && !seat.contains("alumno10"), "{seat}");
    let audit = house.ok("profesor", &["audit", "list", "--person", "alumno1", "--json"]);
    let audit: Value = serde_json::from_str(&audit).unwrap();
    assert!(audit.as_array().unwrap().iter().all(|line| line["actor"] == "alumno1"), "{audit}");
}

#[test]
fn quotas_hold_when_ten_race() {
    let house = House::new("[quota]\nmachines = 3\nmemory_mib = 1024\nbackups = 2");
    let create = |name: &str| {
        let mut ssh = house.ssh("alumno1");
        ssh.arg(House::at("alumno1")).args(["vm", "create", name, "--template", "mini", "--json"]);
        ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let racing: Vec<_> = (0..10).map(|n| create(&format!("web{n}"))).collect();
    let ends: Vec<Said> = racing.into_iter().map(|c| c.wait_with_output().unwrap().into()).collect();
    assert_eq!(ends.iter().filter(|end| end.code == 0).count(), 3, "{ends:#?}");
    for end in ends.iter().filter(|end| end.code != 0) {
        let error = &json(end)["error"];
        assert_eq!((&error["code"], &error["args"]["quota"]), (&"limited".into(), &"machines".into()));
        assert!(error["message"].as_str().unwrap().contains("3 de 3 máquinas"), "{error}");
    }
    let list: Value = serde_json::from_str(&house.ok("alumno1", &["vm", "list", "--json"])).unwrap();
    let vms = list.as_array().unwrap();
    assert_eq!(vms.len(), 3);
    let mut addresses: Vec<_> = vms.iter().map(|vm| vm["address"].to_string()).collect();
    addresses.dedup();
    assert_eq!(addresses.len(), 3, "{addresses:?}");
    // Memory: three machines have 768 of 1024 MiB. A machine makes room in number only.
    let name = vms[0]["name"].as_str().unwrap();
    house.ok("alumno1", &["vm", "delete", name, "--yes"]);
    let said =
        house.run("alumno1", &["vm", "create", "big", "--template", "mini", "--memory", "600M", "--json"]);
    assert_eq!(json(&said)["error"]["args"]["quota"], "memory", "{said:?}");
    let said =
        house.run("alumno1", &["vm", "create", "big", "--template", "mini", "--memory", "64G", "--json"]);
    assert_eq!(json(&said)["error"]["id"], "error-limits", "{said:?}");
    let web = vms[1]["name"].as_str().unwrap();
    let other = vms[2]["name"].as_str().unwrap();
    house.ok("alumno1", &["vm", "backup", web]);
    house.ok("alumno1", &["vm", "backup", other]);
    let said = house.run("alumno1", &["vm", "backup", web, "--json"]);
    assert_eq!(json(&said)["error"]["args"]["quota"], "backups", "{said:?}");
}
