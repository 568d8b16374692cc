//! A policy folder: taken whole, or refused with everything that is wrong with it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod lab;

use lab::*;
use puerta_policy::decide::Policy;
use puerta_policy::folder::BUILT_IN;

const GOOD: &str = r#"@id("good") permit (principal, action, resource);"#;

fn errors(extra: &[(&str, &str)]) -> Vec<String> {
    let errors = Policy::parse(&files(extra, false)).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn refused(text: &str, place: &str, word: &str) {
    let errors = errors(&[("a.cedar", text)]);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].starts_with(&format!("{place}: ")), "{errors:#?}");
    assert!(errors[0].contains(word), "{errors:#?}");
}

#[test]
fn the_built_in_policies_are_the_files() {
    let ids = Policy::built_in().unwrap().ids();
    assert_eq!(ids.len(), 26);
    assert!(ids.is_sorted());
    let shown = |id: &String| {
        let annotation = format!("@id(\"{id}\")");
        BUILT_IN.iter().any(|(_, text)| text.contains(&annotation))
    };
    assert!(ids.iter().all(shown));
}

#[test]
fn the_examples_in_the_comments_work() {
    let (_, limits) = BUILT_IN[3];
    let (_, examples) = limits.split_once("// Examples.").unwrap();
    let code =
        |line: &&str| ["// @id", "// forbid", "// when", "// unless"].iter().any(|p| line.starts_with(p));
    let lines = examples.lines().filter(code).map(|line| &line[3..]);
    let text = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(policy_with(&text).ids().len(), 26 + text.matches("@id").count());
    assert_eq!(text.matches("@id").count(), 2);
}

#[test]
fn nothing_is_no_policy() {
    for texts in [&[][..], &[("a.cedar", "")], &[("a.cedar", "// soon\n"), ("b.cedar", "\n")]] {
        let errors = errors(texts);
        assert_eq!(errors, ["*.cedar: no policy at all: nobody could even come in"]);
    }
    // A file of comments beside others is fine.
    let files = files(&[("a.cedar", "// soon\n"), ("b.cedar", GOOD)], false);
    assert_eq!(Policy::parse(&files).unwrap().ids(), ["good"]);
}

#[test]
fn what_does_not_parse_names_its_line() {
    refused("\n\npermit (principal, action, resource)\n", "a.cedar:3", "unexpected end of input");
    refused("\n@id(\"a\")\npermit (principal, acton, resource);", "a.cedar:3", "acton");
    refused("{\"not\": \"cedar\"}", "a.cedar:1", "unexpected token");
    refused("\0", "a.cedar:1", "");
    refused(&format!("{GOOD}\r\n\r\nallow (principal, action, resource);"), "a.cedar:3", "allow");
}

#[test]
fn what_the_schema_does_not_know_names_its_line() {
    for (condition, word) in [
        ("principal in Puerta::Role::\"profesro\"", "profesro"),
        ("principal in Puerta::Rol::\"alumno\"", "Rol"),
        ("principal.nickname == \"x\"", "nickname"),
        ("principal.login == 3", "types"),
        ("context.source.isLoopback()", "source"),
        ("action in Puerta::Action::\"machines\"", "machines"),
        ("context.now < datetime(\"tomorrow\")", "tomorrow"),
        ("ip(principal.login).isLoopback()", "literal"),
    ] {
        let text = format!("@id(\"a\") permit (principal, action, resource)\nwhen {{\n {condition} }};");
        let errors = errors(&[("a.cedar", &text)]);
        assert!(errors.iter().all(|error| error.starts_with("a.cedar:3: ")), "{errors:#?}");
        assert!(errors.iter().any(|error| error.contains(word)), "{errors:#?}");
    }
    // In the scope, and what can never apply: a `forbid` like this would forbid nothing.
    refused(
        "\n@id(\"a\")\nforbid (principal, action == Puerta::Action::\"log-in\", resource);",
        "a.cedar:3",
        "log-in",
    );
    refused("\n@id(\"a\")\nforbid (principal, action, resource) when { false };", "a.cedar:2", "impossible");
    let text =
        "\n@id(\"a\") forbid (principal, action == Puerta::Action::\"login\", resource is Puerta::Vm);";
    let errors = errors(&[("a.cedar", text)]);
    assert!(errors.iter().all(|error| error.starts_with("a.cedar:2: ")), "{errors:#?}");
    assert!(errors.iter().any(|error| error.contains("applicable action")), "{errors:#?}");
}

#[test]
fn ids_are_there_well_written_and_unique() {
    refused("\npermit (principal, action, resource);", "a.cedar:2", "@id");
    refused("\n@id permit (principal, action, resource);", "a.cedar:2", "@id");
    for id in ["A", "error:x", "a b", "a\\n", "ñ", "1a", &"a".repeat(65)] {
        let text = format!("@id(\"{id}\") permit (principal, action, resource);");
        refused(&text, "a.cedar:1", "not a policy id");
    }
    refused(&format!("{GOOD}\n{GOOD}"), "a.cedar:2", "`good` is taken by a.cedar:1");
    let errors = errors(&[("a.cedar", GOOD), ("b.cedar", &format!("//\n{GOOD}"))]);
    assert_eq!(errors, ["b.cedar:2: the id `good` is taken by a.cedar:1"]);
}

#[test]
fn templates_are_refused() {
    refused("\n@id(\"a\")\npermit (principal == ?principal, action, resource);", "a.cedar:2", "template");
}

#[test]
fn every_mistake_is_told_at_once() {
    let errors = errors(&[
        (
            "a.cedar",
            "permit (principal, action, resource)\nwhen { principal.a == 1 };\n\npermit (principal, action, resource)\nwhen { principal.b == 1 };",
        ),
        ("b.cedar", "permit (principl, action, resource);\npermit (principal, actn, resource);"),
        ("c.cedar", GOOD),
        ("d.cedar", GOOD),
    ]);
    let places: Vec<_> = errors.iter().map(|error| error.split_once(": ").unwrap().0).collect();
    let expected =
        ["a.cedar:1", "a.cedar:2", "a.cedar:4", "a.cedar:5", "b.cedar:1", "b.cedar:2", "d.cedar:1"];
    assert_eq!(places, expected, "{errors:#?}");
}

#[test]
fn files_from_windows_are_read() {
    let text = format!("\u{feff}// política\r\n{GOOD}\r\n");
    let files = files(&[("a.cedar", &text)], false);
    assert_eq!(Policy::parse(&files).unwrap().ids(), ["good"]);
    refused("\u{feff}// í\r\npermit (principal, action, resource);\r\n", "a.cedar:2", "@id");
}
