//! Whether the log is what was written: `audit verify` here and elsewhere, exports, and the key.

use super::*;

#[test]
fn an_export_is_checked_with_the_public_key_alone() {
    let mut house = lived_in("");
    let file = house.dir.join("export.jsonl");
    let mut ssh = house.ssh("profesor");
    ssh.arg(House::at("profesor")).args(["audit", "export", "--since", "2h"]);
    let status = ssh.stdin(Stdio::null()).stdout(std::fs::File::create(&file).unwrap()).status().unwrap();
    assert!(status.success());
    let public = house.dir.join("audit.pub");
    let said = house.puerta(&["audit", "key"]);
    assert_eq!(said.code, 0, "{said:?}");
    std::fs::write(&public, said.out.lines().next().unwrap()).unwrap();
    house.stop();

    // Offline: no configuration, no state.
    let check = |text: &str| -> Said {
        std::fs::write(house.dir.join("checked.jsonl"), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_puerta"));
        command.args(["--config", "/nonexistent", "audit", "verify"]).arg(house.dir.join("checked.jsonl"));
        command.arg("--key").arg(&public).output().unwrap().into()
    };
    let good = std::fs::read_to_string(&file).unwrap();
    let said = check(&good);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("the chain is whole") && said.out.contains("signed up to line"), "{said:?}");
    let lines: Vec<&str> = good.lines().collect();
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().join("\n") + "\n";
    for (edited, named) in [
        (good.replacen("alumno1", "alumno9", 1), ""),
        (without(5), "line 6:"),
        (lines[..lines.len() - 1].join("\n") + "\n", "the proof of the export should stand here"),
        (lines[..7].join("\n") + "\n", "line 8:"),
    ] {
        let said = check(&edited);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(named), "{named}: {said:?}");
    }
    let other = house.key("stranger").with_extension("pub");
    std::fs::copy(other, &public).unwrap();
    assert_eq!(check(&good).code, 1, "another key");
}

#[test]
fn professors_verify_too_and_a_broken_line_is_named_and_the_rest_counted() {
    let mut house = lived_in("");
    let said = house.run("profesor", &["audit", "verify"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("la auditoría es la que se escribió"), "{said:?}");
    house.stop();
    let path = house.dir.join("state/audit.jsonl");
    let good = std::fs::read_to_string(&path).unwrap();
    let total = good.lines().count();
    let third = good.lines().nth(2).unwrap();
    std::fs::write(&path, good.replacen(third, &third.replacen("20", "21", 1), 1)).unwrap();
    let said = verify(&house, &[]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("audit.jsonl: line 3: "), "{said:?}");
    let counted = format!("2 lines fit before it; of {} from there on, {} are intact", total - 2, total - 3);
    assert!(said.out.contains(&counted), "{said:?}");
    house.start();
    let said = house.run("profesor", &["audit", "verify", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let verdict: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&verdict["broken"]["line"], &verdict["broken"]["file"]), (&3.into(), &"audit.jsonl".into()));
    let said = house.run("profesor", &["audit", "export"]);
    assert_eq!(said.code, 2, "nobody signs for it: {said:?}");
    assert!(!said.out.contains("\"proof\""));
    // What is older than the line is not asked for.
    std::fs::write(
        &path,
        std::fs::read_to_string(&path).unwrap().lines().take(5).collect::<Vec<_>>().join("\n") + "\n",
    )
    .unwrap();
    house.kill9();
    assert!(verify(&house, &[]).err.contains("line 3"), "still the first");
}

#[test]
fn an_end_cut_off_is_found() {
    let mut house = lived_in("");
    house.stop();
    let path = house.dir.join("state/audit.jsonl");
    let good = std::fs::read_to_string(&path).unwrap();
    assert_eq!(verify(&house, &[]).code, 0);
    let cut: Vec<&str> = good.lines().collect();
    std::fs::write(&path, cut[..cut.len() - 4].join("\n") + "\n").unwrap();
    let said = verify(&house, &[]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("the end is cut off"), "{said:?}");
    // A restart writes on, and does not heal it.
    house.start();
    house.ok("alumno1", &["whoami"]);
    house.stop();
    let said = verify(&house, &[]);
    assert!(said.err.contains("the log was cut off and written anew"), "{said:?}");
}

#[test]
fn the_key_is_apart_and_private() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::founded("");
    let state = house.dir.join("state");
    let mode = std::fs::metadata(state.join("audit_ed25519_key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let public = |name: &str| std::fs::read_to_string(state.join(name)).unwrap();
    assert_ne!(public("audit_ed25519_key.pub"), public("ssh_host_ed25519_key.pub"));
    let said = house.puerta(&["audit", "key"]);
    assert!(said.out.starts_with(&public("audit_ed25519_key.pub")), "{said:?}");
    assert!(said.out.lines().nth(1).unwrap().starts_with("SHA256:"));
    std::fs::set_permissions(state.join("audit_ed25519_key"), std::fs::Permissions::from_mode(0o644))
        .unwrap();
    let said = house.puerta(&["serve"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("others may read it"), "{said:?}");
}

#[test]
fn a_key_that_was_replaced_still_vouches_for_what_it_signed() {
    let mut house = lived_in("");
    house.stop();
    let state = house.dir.join("state");
    let public = state.join("audit_ed25519_key.pub");
    let old = std::fs::read_to_string(&public).unwrap();
    std::fs::remove_file(state.join("audit_ed25519_key")).unwrap();
    std::fs::remove_file(&public).unwrap();
    // It may be lost by mistake, and is not made anew by a start.
    let said = house.puerta(&["serve"]);
    assert!(said.code == 1 && said.err.contains("the audit key is not there"), "{said:?}");
    std::fs::remove_file(state.join("lab.json")).unwrap();
    assert_eq!(house.puerta(&["init"]).code, 0);
    house.start();
    // Nobody said that there was another one.
    assert_eq!(house.run("profesor", &["audit", "export"]).code, 2);
    house.stop();
    let new = std::fs::read_to_string(&public).unwrap();
    assert_ne!(new, old);
    std::fs::write(&public, new + &old).unwrap();
    house.start();
    house.ok("profesor", &["audit", "verify"]);
    let file = house.dir.join("export.jsonl");
    std::fs::write(&file, house.ok("profesor", &["audit", "export"])).unwrap();
    let said = verify(&house, &[file.to_str().unwrap(), "--key", public.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{said:?}");
}
