//! What is written of people, by which name they are called, and lists of one course.

use super::support::House;
use super::{HEADER, enrol};
use serde_json::Value;

fn json(house: &House, words: &[&str]) -> Value {
    serde_json::from_str(&house.ok("profesor", &[words, &["--json"]].concat())).unwrap()
}

fn names(list: &Value, of: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[of].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_written_of_somebody_is_put_right() {
    let house = House::new("");
    let edited = json(
        &house,
        &[
            "person",
            "edit",
            "alumno1",
            "--name",
            "'Íñigo  Núñez'",
            "--email",
            "i@uni.es",
            "--campus",
            "i.nunez@uni.es",
        ],
    );
    let value = |name: &str| edited[name].clone();
    assert_eq!((value("email"), value("campus")), ("i@uni.es".into(), "i.nunez@uni.es".into()), "{edited}");
    // What was not said stays, and nothing is nothing any more.
    let cleared = json(&house, &["person", "edit", "i.nunez@uni.es", "--email", "''"]);
    assert_eq!(cleared["email"], "", "{cleared}");
    assert_eq!(cleared["name"], edited["name"]);
    for (words, why) in [
        (&["person", "edit", "alumno1"][..], "--name"),
        (&["person", "edit", "alumno1", "--email", "nowhere"], "correo"),
        (&["person", "edit", "alumno2", "--campus", "i.nunez@uni.es"], "i.nunez@uni.es"),
        (&["person", "edit", "alumno2", "--campus", "alumno9"], "alumno9"),
        (&["person", "edit", "nadie", "--name", "X"], "nadie"),
    ] {
        let said = house.run("profesor", words);
        assert!(said.code == 1 && said.err.contains(why), "{words:?}: {said:?}");
    }
    assert_eq!(house.run("alumno1", &["person", "edit", "alumno1", "--name", "X"]).code, 1);
    assert_eq!(house.run("profesor", &["person", "edit", "profesor", "--name", "X"]).code, 0, "an admin");
}

#[test]
fn people_are_named_as_their_campus_calls_them() {
    let house = House::new("");
    enrol(
        &house,
        &format!("{HEADER}jose.nunez;José;Núñez;j@uni.es;G1;1\r\nana@uni.es;Ana;Gil;a@uni.es;G1;2\r\n"),
    );
    let shown = json(&house, &["person", "show", "jose.nunez"]);
    assert_eq!(shown["login"], "jose-nunez", "{shown}");
    let team = ["seat", "create", "equipo3", "--course", "demo-2026", "--member", "jose.nunez"];
    let made = json(&house, &team);
    assert_eq!(made["members"], serde_json::json!(["jose-nunez"]), "{made}");
    json(&house, &["seat", "add", "equipo3", "ana@uni.es"]);
    json(&house, &["seat", "drop", "equipo3", "ana@uni.es", "--yes"]);
    json(&house, &["person", "code", "ana@uni.es"]);
    json(&house, &["person", "suspend", "ana@uni.es", "--yes"]);
    json(&house, &["session", "list", "--person", "ana@uni.es"]);
    json(&house, &["audit", "list", "--person", "ana@uni.es"]);
    house.ok("profesor", &["policy", "explain", "ana@uni.es", "vm-create", "web1"]);
    let removed = json(&house, &["person", "remove", "ana@uni.es", "--yes"]);
    assert_eq!(removed["login"], "ana", "{removed}");
    let gone = house.run("profesor", &["person", "show", "ana@uni.es"]);
    assert!(gone.code == 1 && gone.err.contains("ana@uni.es"), "{gone:?}");
}

#[test]
fn lists_are_of_one_course_where_it_is_said() {
    let house = House::new("");
    house.ok("profesor", &["course", "create", "otro-2026"]);
    house.ok("profesor", &["person", "add", "eva", "--course", "otro-2026"]);
    for (seat, vm) in [("alumno1", "web1"), ("eva", "web2")] {
        house.ok("profesor", &["vm", "create", &format!("{vm}.{seat}"), "--template", "mini"]);
        house.ok("profesor", &["vm", "backup", &format!("{vm}.{seat}")]);
        house.ok("profesor", &["port", "publish", &format!("{vm}.{seat}"), "80"]);
    }
    let of = |course: &str, words: &[&str], field: &str| {
        names(&json(&house, &[words, &["--course", course]].concat()), field)
    };
    for (words, field, demo, other) in [
        (&["vm", "list"][..], "name", &["web1"][..], &["web2"][..]),
        (&["backup", "list"], "vm", &["web1"], &["web2"]),
        (&["port", "list"], "vm", &["web1"], &["web2"]),
        (&["job", "list"], "vm", &["web1", "web1"], &["web2", "web2"]),
        (&["person", "list"], "login", &["alumno1", "alumno2"], &["eva"]),
        (&["seat", "list"], "name", &["alumno1", "alumno2"], &["eva"]),
    ] {
        assert_eq!(
            (of("demo-2026", words, field), of("otro-2026", words, field)),
            (
                demo.iter().map(|one| (*one).to_owned()).collect(),
                other.iter().map(|one| (*one).to_owned()).collect()
            ),
            "{words:?}"
        );
        let none = house.run("profesor", &[words, &["--course", "no-2026"]].concat());
        assert!(none.code == 1 && none.err.contains("no-2026"), "{none:?}");
        // Who may not look learns nothing of which there are.
        let heard = ["otro-2026", "no-2026"]
            .map(|course| house.run("alumno1", &[words, &["--course", course]].concat()).err);
        assert_eq!(heard[0].replace("otro", "no"), heard[1], "{words:?}");
    }
    assert_eq!(names(&json(&house, &["job", "list", "--seat", "eva"]), "vm"), ["web2", "web2"]);
    assert_eq!(json(&house, &["job", "list", "--all"]).as_array().unwrap().len(), 4);
    let two = house.run("profesor", &["vm", "list", "--all", "--course", "demo-2026"]);
    assert!(two.code == 1 && two.err.contains("--seat"), "{two:?}");
}
