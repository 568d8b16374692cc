//! Help and Tab with policies of one's own: they show what somebody may do at all.

use super::*;

const OWN: &str = r#"
@id("own-nodes")
permit (principal in Puerta::Role::"alumno", action == Puerta::Action::"node-list", resource);

@id("own-silence")
forbid (principal in Puerta::Role::"profesor", action == Puerta::Action::"message-send", resource);
"#;

#[test]
fn help_and_tab_show_the_verbs_that_a_policy_of_ones_own_allows() {
    let dir = std::env::temp_dir().join(format!("puerta-useful-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for (name, text) in puerta_policy::folder::BUILT_IN.into_iter().chain([("own.cedar", OWN)]) {
        std::fs::write(dir.join(name), text).unwrap();
    }
    let house = House::new(&format!("[policy]\ndir = {dir:?}\n"));
    let help = house.ok("alumno1", &["help"]);
    assert!(help.contains("\n  node list   "), "{help}");
    for others in ["drain", "course", "message", "vm move", "--all", "session watch"] {
        assert!(!help.contains(others), "{others}: {help}");
    }
    assert_eq!(help.matches("session list").count(), 1, "{help}");
    let family = house.ok("alumno1", &["help", "node"]);
    assert!(family.contains("node list") && !family.contains("node drain"), "{family}");
    house.ok("alumno1", &["node", "list"]);

    let help = house.ok("profesor", &["help"]);
    assert!(!help.contains("\n  message"), "{help}");
    for all in ["course create|list|enrol|code", "node list|drain|resume", "--all"] {
        assert!(help.contains(all), "{all}: {help}");
    }

    // Tab, twice: the only family that begins so, and its only verb.
    let told = house.ok("alumno1", &["node", "list", "--help"]);
    let mut student = shell(&house, "alumno1");
    student.send("no\t\t--help\r");
    let shown = student.until("puerta> ");
    assert!(shown.contains(told.lines().nth(2).unwrap()), "{shown:?}");
    let mut professor = shell(&house, "profesor");
    professor.send("mess\t\r");
    let shown = professor.until("puerta> ");
    assert!(shown.contains("`mess`"), "{shown:?}");

    // An exam neither takes a student's verbs out of help nor brings staff's in.
    let before = house.ok("alumno1", &["help"]);
    let (from, until) = (in_seconds(-60), in_seconds(3600));
    let rule = ["policy", "rule", "add", "exam", "--course", "demo-2026", "--verbs", "list"];
    house.ok("profesor", &[&rule[..], &["--from", &from, "--until", &until]].concat());
    assert_eq!(house.ok("alumno1", &["help"]), before);
    std::fs::remove_dir_all(&dir).unwrap();
}
