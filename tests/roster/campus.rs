//! Lists as a campus really has them, and the names that it calls people by.

use super::support::{House, Said};
use super::{code, counts};
use serde_json::Value;

const LIST: &str = "Nombre;Apellido(s);Número de ID;Dirección de correo;Usuario UPV\r\n\
                    José;Núñez;2026;jose@uni.es;jose.nunez\r\nAna;Gil;2027;ana@uni.es;ana@uni.es\r\n";

#[test]
fn a_campus_name_becomes_a_login_and_either_comes_in() {
    let house = House::new("");
    let latin: Vec<u8> = LIST.chars().map(|c| c as u8).collect();
    let enrol = |more: &[&str]| {
        let words = [&["course", "enrol", "demo-2026", "--map", "'Usuario UPV=username'"], more].concat();
        house.feed("profesor", &words, &latin)
    };
    let preview = enrol(&["--dry-run"]);
    assert_eq!(preview.code, 0, "{preview:?}");
    for text in ["jose-nunez", "jose.nunez", "ana@uni.es", "José Núñez", "se ha leído como windows-1252"]
    {
        assert!(preview.out.contains(text), "{text}: {}", preview.out);
    }
    let view: Value = serde_json::from_str(&enrol(&["--json"]).out).unwrap();
    assert_eq!(counts(&view)[0], 2);
    assert_eq!(counts(&serde_json::from_str(&enrol(&["--json"]).out).unwrap()), [0, 0, 0, 0, 2]);
    assert!(house.ok("profesor", &["person", "show", "jose-nunez"]).contains("jose.nunez"));

    // By a code under one name, by a key under both.
    let code = code(&view, "jose-nunez");
    house.make_key("jose-nunez");
    let key = std::fs::read_to_string(house.key("jose-nunez").with_extension("pub")).unwrap();
    let said = house.run_secret("password", "jose.nunez", &code, &["key", "add", key.trim()]);
    assert_eq!(said.code, 0, "{said:?}");
    for typed in ["jose-nunez", "jose.nunez"] {
        let mut ssh = house.ssh("jose-nunez");
        ssh.arg(House::at(typed)).args(["whoami", "--json"]);
        let said: Said = ssh.output().unwrap().into();
        let who: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(who["login"], "jose-nunez", "{typed}");
    }
    for other in ["Jose.Nunez", "jose.nunez@uni.es", "jose..nunez", "jose.nune"] {
        let mut ssh = house.ssh("jose-nunez");
        let said: Said = ssh.arg(House::at(other)).arg("whoami").output().unwrap().into();
        assert_eq!(said.code, 255, "{other} {said:?}");
    }
    // One person is one actor, whatever they type.
    let audit = house.audit();
    let came =
        |line: &&Value| line["code"] == "login" && line["phase"] == "begin" && line["actor"] == "jose-nunez";
    assert_eq!(audit.iter().filter(came).count(), 3, "{audit:#?}");

    let words = ["course", "enrol", "demo-2026", "--add"];
    let other =
        house.feed("profesor", &words, "username,firstname,lastname,email\nana@alumni.es,Ana,Ros,a@b.es\n");
    assert!(
        other.code == 1 && other.err.contains("línea 2, `ana@alumni.es`: se queda en `ana`"),
        "{other:?}"
    );
    assert!(house.ok("profesor", &["person", "show", "ana"]).contains("Ana Gil"));
}

#[test]
fn csv_opens_by_a_double_click() {
    let house = House::new("");
    let list = "sep=;\r\nusername;firstname;lastname;email\r\nana;Ana;Gil;a@b.es\r\n";
    let csv = house.feed("profesor", &["course", "enrol", "demo-2026", "--csv"], list);
    assert!(
        csv.out.starts_with("\u{feff}login;name;email;code;expires\r\nana;\"Ana Gil\";a@b.es;"),
        "{csv:?}"
    );
    let mut english = house.ssh("profesor");
    english.args([
        "-o",
        "SetEnv=LC_ALL=en_US.UTF-8",
        &House::at("profesor"),
        "course",
        "code",
        "demo-2026",
        "--csv",
    ]);
    let english: Said = english.output().unwrap().into();
    assert!(english.out.starts_with("\u{feff}login,name,"), "{english:?}");
    let audit = house.ok("profesor", &["audit", "list", "--csv"]);
    assert!(audit.starts_with("\u{feff}seq;time;"), "{audit}");
}
