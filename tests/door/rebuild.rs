//! A registry that is lost altogether, and what engine, archives and audit still know.

use super::*;

fn lose(house: &House) {
    for name in ["puerta.sqlite", "puerta.sqlite-wal", "puerta.sqlite-shm"] {
        drop(std::fs::remove_file(house.dir.join("state").join(name)));
    }
}

#[test]
fn a_lost_registry_is_shown_and_then_made_again() {
    let mut house = House::new("");
    vm_up(&house, "alumno1", "web1");
    house.ok("alumno1", &["vm", "backup", "web1"]);
    let list = "username,firstname,lastname,email\nana,Ana,Gil,ana@uni.example\n";
    assert_eq!(house.feed("profesor", &["course", "enrol", "demo-2026"], list).code, 0);
    house.ok("profesor", &["seat", "create", "equipo1", "--course", "demo-2026", "--member", "ana"]);
    house.ok("profesor", &["person", "suspend", "alumno2", "--yes"]);
    let machine = |house: &House| -> Value {
        serde_json::from_str(&house.ok("alumno1", &["vm", "show", "web1", "--json"])).unwrap()
    };
    let before = machine(&house);
    house.stop();
    lose(&house);

    assert!(house.puerta(&["serve"]).err.contains("puerta rebuild"));
    let shown = house.puerta(&["rebuild"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    for words in [
        "course demo-2026",
        "seat alumno1: alumno1; machines: web1; backups: 1",
        "seat equipo1: ana",
        "person alumno2  with the key, suspended",
        "person profesor admin no key",
        "nothing was written",
    ] {
        assert!(shown.out.contains(words), "`{words}` is not in {}", shown.out);
    }
    assert!(!house.dir.join("state/puerta.sqlite").exists());

    let said = house.puerta(&["rebuild", "--yes"]);
    assert_eq!(said.code, 0, "{said:?}");
    let code =
        said.out.lines().find_map(|line| line.strip_prefix("`profesor` may log in once with the code "));
    let code = code.unwrap_or_else(|| panic!("{said:?}")).to_owned();
    assert_eq!(house.puerta(&["rebuild", "--yes"]).code, 1, "there is a registry now");

    house.start();
    let after = machine(&house);
    for fact in ["name", "seat", "address", "template", "node", "cpus", "memory_mib", "disk_mib", "state"] {
        assert_eq!(after[fact], before[fact], "{fact}");
    }
    assert!(house.ok("alumno1", &["backup", "list"]).contains("web1-"));
    house.ok("alumno1", &["vm", "restore", "web1", "--yes"]);
    assert_ne!(house.run("alumno2", &["whoami"]).code, 0, "suspended is suspended");
    let people = house.run_secret("keyboard-interactive", "profesor", &code, &["seat", "list"]);
    assert_eq!(people.code, 0, "{people:?}");
    assert!(people.out.contains("equipo1") && people.out.contains("ana"), "{people:?}");
}

#[test]
fn nothing_is_written_over_what_is_only_out_of_sight() {
    let mut house = House::new("");
    vm_up(&house, "alumno1", "web1");
    house.ok("alumno1", &["vm", "backup", "web1"]);
    house.ok("alumno1", &["vm", "rename", "web1", "db1"]);
    house.stop();
    lose(&house);

    // The archives' file system is not mounted.
    let (archives, away) = (house.dir.join("state/backups"), house.dir.join("away"));
    std::fs::rename(&archives, &away).unwrap();
    for words in [&["rebuild"][..], &["rebuild", "--yes"]] {
        let said = house.puerta(words);
        assert!(said.code != 0 && said.err.contains("--without-archives"), "{said:?}");
    }
    assert_eq!(house.puerta(&["rebuild", "--without-archives"]).code, 0);
    std::fs::rename(&away, &archives).unwrap();

    // A swap was cut between its two names.
    let world = house.dir.join("state/sim.json");
    let whole = std::fs::read_to_string(&world).unwrap();
    let name = whole.split('"').find(|word| word.starts_with("vm-")).unwrap();
    let cut = whole.replace(&format!("\"{name}\""), &format!("\"{name}-old\""));
    std::fs::write(&world, cut).unwrap();
    assert!(house.puerta(&["rebuild"]).out.contains(&format!("left out: {name}-old")));
    let said = house.puerta(&["rebuild", "--yes"]);
    assert!(said.code != 0 && said.err.contains(&format!("{name}-old")), "{said:?}");
    assert!(!house.dir.join("state/puerta.sqlite").exists());

    std::fs::write(&world, whole).unwrap();
    let said = house.puerta(&["rebuild", "--yes"]);
    assert!(said.code == 0 && said.out.contains("machines: db1; backups: 1"), "{said:?}");
}
