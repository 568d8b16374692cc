//! Where policy wants a second factor.

use crate::support::pty::Pty;
use crate::support::{self, House, Said};
use crate::{ECHO, english};
use serde_json::Value;
use std::io::{Read, Write};
use std::process::Stdio;

/// As docs/operations.md has it.
const RULE: &str = r#"
@id("second-factor")
forbid (principal, action, resource)
when {
  !context.secondFactor &&
  (principal in Puerta::Role::"profesor" || principal in Puerta::Role::"admin")
}
unless {
  action in [Puerta::Action::"account", Puerta::Action::"login", Puerta::Action::"whoami"]
};
"#;

#[test]
fn where_policy_wants_it_every_refusal_says_what_to_do() {
    let dir = std::env::temp_dir().join(format!("puerta-factor-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/policy/cedar")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), dir.join(file.file_name())).unwrap();
    }
    let house = House::new(&format!("[policy]\ndir = {dir:?}"));
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    std::fs::write(dir.join("second-factor.cedar"), RULE).unwrap();
    house.signal("HUP");
    support::wait("the rule holds", || house.run("profesor", &["person", "list"]).code == 1);

    let page = include_str!("../../docs/operations.md");
    assert!(page.contains(RULE.trim()), "the page has another rule");
    let hint = |said: &Said| said.code == 1 && said.err.contains("hace falta un segundo factor");
    for words in [
        &["person", "list"][..],
        &["vm", "list"],
        &["vm", "list", "--all"],
        &["vm", "show", "web1.alumno1"],
        &["vm", "create", "web2"],
        &["port", "publish", "web1.alumno1", "80"],
        &["person", "totp-reset", "alumno1", "--yes"],
        &["audit", "list"],
    ] {
        let said = house.run("profesor", words);
        // Machines of their own they have none, with a second factor or without: an empty list is true.
        assert!(
            hint(&said) || words == ["vm", "list"] || words == ["vm", "create", "web2"],
            "{words:?}: {said:?}"
        );
    }
    let error = house.run("profesor", &["person", "list", "--json"]).err;
    let error: Value = serde_json::from_str(&error).unwrap();
    assert_eq!(
        (&error["error"]["id"], &error["error"]["code"]),
        (&"error-second-factor-needed".into(), &"denied".into())
    );
    // What is not there reads like what is not for them without it.
    assert!(hint(&house.run("profesor", &["vm", "show", "nope.alumno1"])));
    let mut shell = english(house.ssh("profesor"));
    shell.arg("-tt").arg(House::at("profesor"));
    let mut shell = Pty::new(&shell);
    shell.until("puerta> ");
    shell.send("vm list --all\r");
    shell.until("this needs a second factor");
    shell.until("puerta> ");
    shell.send("whoami\r");
    shell.until("second factor  no");
    shell.send("exit\r");
    shell.end();
    let echo = format!("web1.alumno1:{ECHO}");
    let mut forward = house.ssh("profesor");
    let said: Said = forward.args(["-W", &echo]).arg(House::at("profesor")).output().unwrap().into();
    assert_eq!(said.code, 255);
    assert!(said.err.contains("this needs a second factor") && said.err.contains("totp add"), "{said:?}");
    // Students are none of its business, and learn nothing by it.
    house.ok("alumno1", &["vm", "show", "web1"]);
    let other = house.run("alumno2", &["vm", "show", "web1.alumno1"]);
    assert!(other.err.contains("web1.alumno1") && !other.err.contains("factor"), "{other:?}");

    // Set up, and proved from the next login on.
    let mut telephone = house.add_factor("profesor");
    assert_eq!(house.run_with("profesor", &telephone.next_of_paper(), &["person", "list"]).code, 0);
    let said = house.run_with("profesor", &telephone.next_of_paper(), &["vm", "list", "--all"]);
    assert!(said.out.contains("web1"), "{said:?}");
    let mut ssh = house.ssh_with("profesor", "", &telephone.next_of_paper());
    ssh.args(["-W", &echo]).arg(House::at("profesor")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut tunnel = ssh.spawn().unwrap();
    tunnel.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let mut heard = [0; 6];
    tunnel.stdout.take().unwrap().read_exact(&mut heard).unwrap();
    drop(support::Killed(tunnel));
    std::fs::remove_dir_all(&dir).unwrap();
}
