//! `policy show`, `check` and `explain`.

use super::support::{House, Said};
use super::{json, refused, shell, vm_up};
use puerta_lab::action::{Action, Target};
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;

/// What is said to an act: `allow` or `deny`, the reason, and the policies.
fn explained(house: &House, words: &[&str]) -> String {
    let view = json(house, "profesor", &[&["policy", "explain"], words].concat());
    let answer = if view["allowed"] == true { "allow" } else { "deny" };
    let policies = view["policies"].as_array().unwrap().iter().map(|policy| policy["id"].as_str().unwrap());
    let policies: Vec<&str> = policies.collect();
    format!("{answer} {} {}", view["reason"].as_str().unwrap(), policies.join(" ")).trim_end().to_owned()
}

#[test]
fn a_student_may_not_read_ask_or_set() {
    let house = House::new("");
    let rule = ["policy", "rule", "add"];
    for words in [
        &["policy", "show"][..],
        &["policy", "show", "suspended"],
        &["policy", "check", "--folder"],
        &["policy", "check"],
        &["policy", "explain", "alumno1", "login"],
        &["policy", "explain", "alumno2", "vm-start", "web1"],
        &["policy", "rule", "list"],
        &["policy", "rule", "remove", "1", "--yes"],
        &[&rule[..], &["second-factor"]].concat(),
        &[&rule[..], &["campus", "--networks", "127.0.0.0/8"]].concat(),
        &[&rule[..], &["timetable", "--course", "demo-2026", "--open", "'mon 08:00-09:00'"]].concat(),
    ] {
        assert_eq!(refused(&house, "alumno1", words), "error-denied", "{words:?}");
    }
    let said =
        house.feed("alumno1", &["policy", "check"], "@id(\"a\") permit (principal, action, resource);");
    assert_eq!((said.code, &*said.out), (1, ""), "{said:?}");
    assert_eq!(json(&house, "profesor", &["policy", "rule", "list"]), Value::Array(vec![]));
}

#[test]
fn the_policies_in_force_are_shown_with_where_they_come_from() {
    let house = House::new("");
    let all = json(&house, "profesor", &["policy", "show"]);
    assert_eq!(all.as_array().unwrap().len(), 26);
    let one = json(&house, "profesor", &["policy", "show", "suspended"]);
    assert_eq!((&one["file"], &one["effect"]), (&"limits.cedar".into(), &"forbid".into()));
    assert!(one["text"].as_str().unwrap().contains("principal.suspended"), "{one}");
    let text = house.ok("profesor", &["policy", "show"]);
    assert!(text.contains("// students.cedar:4\n@id(\"students-own-machines\")\npermit"), "{text}");
    assert_eq!(refused(&house, "profesor", &["policy", "show", "nothing"]), "error-no-policy");
    // What is shown can be sent back.
    let said = house.feed("profesor", &["policy", "check", "--json"], &text);
    let check: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &check["policies"]), (0, &26.into()), "{said:?}");
    assert_eq!(check["known"].as_array().unwrap().len(), 26);
}

#[test]
fn a_policy_is_checked_and_nothing_is_changed() {
    let house = House::new("");
    let good = "@id(\"a\")\nforbid (principal, action, resource);\n";
    let check = |text: &str| house.feed("profesor", &["policy", "check"], text);
    assert_eq!(check(good).code, 0);
    house.ok("alumno1", &["whoami"]);
    let bad =
        check("\n@id(\"a\") permit (principal, actn, resource);\npermit (principal, action, rsource);\n");
    assert_eq!(bad.code, 1, "{bad:?}");
    assert!(bad.out.contains("  -:2: ") && bad.out.contains("  -:3: "), "{bad:?}");
    // Without input it is about the folder, or what is built in; at a terminal too.
    let built_in = json(&house, "profesor", &["policy", "check"]);
    assert_eq!((&built_in["source"], &built_in["taken"]), (&"built-in".into(), &true.into()));
    let mut shell = shell(&house, "profesor");
    shell.send("policy check\r");
    let checked = shell.until("preparadas.").replace("\r\n", " ");
    assert!(checked.contains("26, con las reglas preparadas."), "{checked}");
    let long = check(&format!("//{}", "x".repeat(70_000)));
    assert!(long.code == 1 && long.err.contains("demasiado larga"), "{long:?}");
}

/// What a parser that calls itself would overflow its stack with, or never end on.
#[test]
fn a_policy_that_nests_without_end_is_refused_and_puerta_goes_on() {
    let house = House::new("");
    let pid = house.pid();
    let inside = |text: String| format!("@id(\"a\") permit (principal, action, resource) when {{ {text} }};");
    for text in [
        inside("(".repeat(50_000)),
        inside(format!("{}true{}", "(".repeat(20_000), ")".repeat(20_000))),
        inside(format!("{}true", "!".repeat(50_000))),
        inside(format!("1{}", " + 1".repeat(15_000))),
        inside(format!("true{}", " && true".repeat(7_000))),
        inside(format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000))),
        inside(format!("{}true", "if true then true else ".repeat(2_500))),
        "@id(\"a\") permit (principal, action, resource);".repeat(1_000),
    ] {
        let said = house.feed("profesor", &["policy", "check"], &text);
        assert_eq!(said.code, 1, "{}: {said:?}", &text[..60]);
    }
    assert!(house.ok("alumno1", &["whoami"]).contains("alumno1"));
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn a_folder_is_checked_as_it_is_now() {
    let dir = std::env::temp_dir().join(format!("puerta-policy-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for (name, text) in puerta_policy::folder::BUILT_IN {
        std::fs::write(dir.join(name), text).unwrap();
    }
    let house = House::new(&format!("[policy]\ndir = {dir:?}\n"));
    assert_eq!(json(&house, "profesor", &["policy", "check"])["source"], "folder");
    std::fs::write(dir.join("extra.cedar"), "\npermit (principal, action, resource);").unwrap();
    let said = house.run("profesor", &["policy", "check", "--folder"]);
    assert!(said.code == 1 && said.out.contains("extra.cedar:2: "), "{said:?}");
    assert_eq!(json(&house, "profesor", &["policy", "show"]).as_array().unwrap().len(), 26);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn an_act_is_explained_as_it_would_be_judged() {
    let house = House::new("");
    for login in ["alumno1", "alumno2"] {
        vm_up(&house, login, "web1");
    }
    let says = |words: &[&str], said: &str| assert_eq!(explained(&house, words), said, "{words:?}");
    says(&["alumno1", "forward", "web1:22"], "allow policies students-own-machines");
    says(&["alumno1", "forward", "web1.alumno1.virtuales:22"], "allow policies students-own-machines");
    says(&["alumno1", "forward", "web1.alumno2:22"], "deny nothing");
    says(&["alumno1", "forward", "web9:22"], "deny absent");
    says(&["alumno1", "forward", "nodo01:22"], "deny absent");
    says(&["alumno1", "forward", "127.0.0.1:22"], "deny outside-lab");
    says(&["alumno1", "forward", "10.1:22"], "deny address-spelling");
    says(&["alumno1", "forward", "localhost:22"], "deny localhost");
    says(&["alumno1", "forward", "web1:70000"], "deny port");
    says(&["profesor", "forward", "web1.alumno2:22"], "allow policies professors-every-machine");
    // A professor has no machine of that name.
    says(&["profesor", "forward", "web1:22"], "deny absent");
    says(&["alumno1", "vm-start", "web1"], "allow policies students-own-machines");
    says(&["alumno1", "vm-delete", "web1.alumno2"], "deny nothing");
    says(&["alumno1", "vm-create", "web2"], "allow policies students-own-seats");
    says(&["alumno1", "vm-create", "web2.alumno2"], "deny nothing");
    says(&["alumno1", "audit-list"], "deny nothing");
    says(&["alumno1", "key-add", "alumno2"], "deny nothing");
    says(&["profesor", "person-suspend", "alumno1"], "allow policies admins-staff professors-students");
    says(&["profesor", "person-suspend", "profesor"], "deny policies not-oneself");
    assert_eq!(refused(&house, "profesor", &["policy", "explain", "nobody", "login"]), "error-no-person");
    assert_eq!(refused(&house, "profesor", &["policy", "explain", "alumno1", "create"]), "error-policy-verb");
    assert_eq!(refused(&house, "profesor", &["policy", "explain", "alumno1", "fly"]), "error-policy-verb");
    for (verb, target, id) in [
        ("forward", "web1", "error-policy-target-port"),
        ("login", "web1", "error-policy-no-target"),
        ("port-view", "http", "error-value"),
        ("vm-start", "Web_1", "error-name-characters"),
    ] {
        assert_eq!(
            refused(&house, "profesor", &["policy", "explain", "alumno1", verb, target]),
            id,
            "{verb}"
        );
    }
    // Nothing was done, and what was asked is the professor's.
    house.ok("alumno2", &["vm", "show", "web1"]);
    let audit = house.audit();
    let deletes = |line: &&Value| line["action"] == "vm-delete";
    assert_eq!(audit.iter().filter(deletes).count(), 0);
    let asked = audit.iter().filter(|line| line["action"] == "policy-view" && line["phase"] == "begin");
    assert!(asked.clone().count() > 10 && asked.clone().all(|line| line["actor"] == "profesor"));
}

#[test]
fn every_action_is_explained() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let backup = json(&house, "alumno1", &["backup", "web1"]);
    let backup = backup["backup"]["name"].as_str().unwrap().to_owned();
    let port = json(&house, "alumno1", &["port", "publish", "web1", "80"])["port"].to_string();
    let line = |action: Action| {
        let target = match action.target() {
            Target::Lab | Target::Account => "",
            Target::Person => "alumno2",
            Target::Course => "demo-2026",
            Target::Seat => "alumno1",
            Target::NewVm | Target::Vm => "web1.alumno1",
            Target::Forward => "web1:22",
            Target::Publish => "web1.alumno1:80",
            Target::Publication => &port,
            Target::Backup => &format!("{backup}.alumno1"),
        };
        format!("policy explain alumno1 {} {target} --json\n", action.as_str())
    };
    let lines: String = Action::ALL.into_iter().map(line).collect();
    let mut pipe = house.ssh("profesor");
    pipe.arg("-T").arg(House::at("profesor")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut pipe = pipe.spawn().unwrap();
    pipe.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let said = Said::from(pipe.wait_with_output().unwrap());
    let answers: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), Action::ALL.len());
    for (action, answer) in Action::ALL.into_iter().zip(answers) {
        assert_eq!(answer["verb"], action.as_str());
        // It was found, and policy was asked.
        assert!(["policies", "nothing"].contains(&answer["reason"].as_str().unwrap()), "{answer}");
        let itself = matches!(action, Action::CourseEgress | Action::CoursePublications);
        assert_eq!(answer["who"], if itself { "puerta" } else { "alumno1" });
    }
}
