use super::*;
use proptest::prelude::*;

const THESIS: &str = r#"
[practice]
name = "tomcat"
title.es = "Tomcat y PostgreSQL detrás de un proxy"
title.en = "Tomcat and PostgreSQL behind a proxy"

[vm.proxy]
template = "debian-12"
publish = [80]
after = ["tomcat"]

[vm.tomcat]
template = "tomcat:2"
memory = "1GiB"
cpus = 2
after = ["db"]

[vm.db]
template = "debian-12"
disk = "4G"

[[check]]
kind = "published"
vm = "proxy"
port = 80
contains = "hola"
points = 3
wait = 60
text.es = "La página se ve desde fuera"

[[check]]
kind = "closed"
from = "proxy"
to = "db"
port = 5432

[[check]]
kind = "runs"
vm = "db"
command = ["systemctl", "is-active", "postgresql"]
contains = "active"
"#;

/// What is wrong, as `line key: what`.
fn wrong(text: &str) -> Vec<String> {
    let mistakes = text.parse::<Practice>().unwrap_err();
    let said = |Mistake { line, key, wrong }: &Mistake| {
        format!("{} {key}: {wrong:?}", line.map_or("-".to_owned(), |line| line.to_string()))
    };
    mistakes.iter().map(said).collect()
}

#[test]
fn the_thesis_own_is_read() {
    let practice: Practice = THESIS.parse().unwrap();
    assert_eq!(practice.name.as_str(), "tomcat");
    assert_eq!(practice.title.in_lang(Lang::En), Some("Tomcat and PostgreSQL behind a proxy"));
    let names: Vec<_> = practice.machines.iter().map(|machine| machine.name.as_str()).collect();
    assert_eq!(names, ["db", "tomcat", "proxy"], "each after those that it waits for");
    let tomcat = &practice.machines[1];
    assert_eq!(
        (tomcat.template.to_string().as_str(), tomcat.memory_mib, tomcat.cpus),
        ("tomcat:2", Some(1024), Some(2))
    );
    assert_eq!(practice.machines[2].publish.len(), 1);
    let kinds: Vec<_> = practice.checks.iter().map(|check| check.probe.kind()).collect();
    assert_eq!(kinds, ["published", "closed", "runs"]);
    let first = &practice.checks[0];
    assert_eq!((first.points, first.wait_s), (3, 60));
    // What a file says in one language who speaks the other reads too.
    assert_eq!(first.text.in_lang(Lang::En), Some("La página se ve desde fuera"));
    let http = Http { path: "/".into(), status: 200, contains: Some("hola".into()) };
    assert!(matches!(&first.probe, Probe::Published { http: Some(asked), .. } if *asked == http));
}

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let text = r#"
[practice]
name = "Tomcat"
titel = "x"
[vm.web]
memory = "much"
publish = [80, 70000]
after = ["db", "nobody"]
[vm.db]
template = "mini"
after = ["web"]
[vm.UP]
template = "mini"
[[check]]
kind = "published"
vm = "web"
[[check]]
kind = "looks-nice"
[[check]]
kind = "reaches"
from = "web"
to = "mail"
port = 0
path = "x"
"#;
    let told = wrong(text);
    let expected = [
        "3 practice.name: Name(",
        "4 practice.titel: Unknown",
        "5 vm.web.template: Missing",
        "6 vm.web.memory: Kind(\"size\")",
        "7 vm.web.publish: Range(1, 65535)",
        "12 vm.UP: Name(",
        "14 check.1.port: Missing",
        "18 check.2.kind: Choice(",
        "22 check.3.to: NoVm(\"mail\")",
        "23 check.3.port: Range(1, 65535)",
        "24 check.3.path: Unknown",
    ];
    for mistake in expected {
        assert!(told.iter().any(|told| told.starts_with(mistake)), "{mistake} in {told:#?}");
    }
}

#[test]
fn a_circle_an_absent_machine_and_too_many_are_refused() {
    let circle = "[practice]\nname='x'\n[vm.a]\ntemplate='mini'\nafter=['b']\n[vm.b]\ntemplate='mini'\nafter=['a']\n[vm.c]\ntemplate='mini'\nafter=['a']";
    assert_eq!(wrong(circle), ["3 vm: Circle([VmName(\"a\"), VmName(\"b\")])"]);
    let itself = "[practice]\nname='x'\n[vm.a]\ntemplate='mini'\nafter=['a']\n";
    assert!(wrong(itself)[0].contains("Circle"), "{:?}", wrong(itself));
    let absent = "[practice]\nname='x'\n[vm.a]\ntemplate='mini'\nafter=['z']\n";
    assert_eq!(wrong(absent), ["3 vm.a.after: NoVm(\"z\")"]);
    let many: String = (0..2000).map(|n| format!("[vm.a{n}]\ntemplate='m'\n")).collect();
    assert_eq!(wrong(&format!("[practice]\nname='x'\n{many}")), ["3 vm: Many(63)"]);
    assert_eq!(wrong(&"#".repeat(MOST_BYTES + 1)), ["- : Long(65536)"]);
    assert_eq!(wrong(""), ["- practice: Missing", "- vm: Missing"]);
    assert_eq!(wrong("[practice]\nname='x'\n[vm]\n"), ["3 vm: Missing"]);
    // One that is wrong is there all the same.
    let text = "[practice]\nname='x'\n[vm.a]\nmemory='x'\ntemplate='m'\n[vm.b]\nafter=['a']\n";
    assert_eq!(wrong(text), ["4 vm.a.memory: Kind(\"size\")", "6 vm.b.template: Missing"]);
    assert!(wrong("[practice\nname=").iter().any(|told| told.contains("Toml(")));
}

#[test]
fn no_control_character_is_in_what_people_read_and_no_nul_in_what_programs_do() {
    for (key, value) in [("title.es", r#""a\u001b[2J""#), ("title.en", "\"\"\"a\nb\"\"\"")] {
        let text = format!("[practice]\nname='x'\n{key}={value}\n[vm.a]\ntemplate='mini'\n");
        assert!(wrong(&text)[0].contains("Kind(\"text\")"), "{:?}", wrong(&text));
    }
    let run = r#"command=["a\u0000b"]"#;
    let text =
        format!("[practice]\nname='x'\n[vm.a]\ntemplate='mini'\n[[check]]\nkind='runs'\nvm='a'\n{run}\n");
    assert!(wrong(&text)[0].contains("check.1.command: Kind(\"text\")"), "{:?}", wrong(&text));
}

proptest! {
    /// Whatever a professor uploads is a practice or has its mistakes.
    #[test]
    fn any_file_is_one_or_is_told_why(bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0..THESIS.len(), cut in 0..40_usize) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Err(wrong) = text.parse::<Practice>() {
            prop_assert!(!wrong.is_empty());
        }
        let mut damaged = THESIS.as_bytes().to_vec();
        damaged.splice(at..(at + cut).min(THESIS.len()), bytes.into_iter().take(3));
        if let Err(wrong) = String::from_utf8_lossy(&damaged).parse::<Practice>() {
            prop_assert!(!wrong.is_empty());
        }
    }
}
