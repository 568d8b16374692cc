//! A wrong list does not put a class out, and who comes back gets their machines as they were.

use super::support::{House, wait};
use super::{class, code, counts, enrol, with_key};
use serde_json::Value;

fn running(house: &House) -> usize {
    let list: Value =
        serde_json::from_str(&house.ok("profesor", &["vm", "list", "--all", "--json"])).unwrap();
    list.as_array().unwrap().iter().filter(|vm| vm["state"] == "running").count()
}

#[test]
fn a_list_of_one_row_archives_nobody_without_the_number() {
    let house = House::new("");
    let view = enrol(&house, &class(1..=6));
    for (login, machines) in [("alu1", ["web1", "web2"]), ("alu2", ["web1", "web2"])] {
        with_key(&house, login, &code(&view, login));
        for name in machines {
            house.ok(login, &["vm", "create", name, "--template", "mini"]);
        }
    }
    house.ok("alu2", &["stop", "web2"]);
    let course = |more: &[&str], list: &str| {
        house.feed("profesor", &[&["course", "enrol", "demo-2026"], more].concat(), list)
    };
    let preview = course(&["--dry-run"], &class(6..=6));
    assert_eq!(preview.code, 0, "{preview:?}");
    for text in ["alu1 ", "alu5 ", "archivados 5", "se paran 3 máquinas encendidas", "`--archive 5`"] {
        assert!(preview.out.contains(text), "{text}: {}", preview.out);
    }
    for number in [&[][..], &["--archive", "4"], &["--archive", "6"]] {
        let refused = course(number, &class(6..=6));
        assert_eq!((refused.code, &*refused.out), (1, ""), "{number:?} {refused:?}");
        for text in ["a 5 de 6 personas de `demo-2026` y pararía 3 máquinas", "`--archive 5`", "`--add`"] {
            assert!(refused.err.contains(text), "{text}: {}", refused.err);
        }
        assert!(
            refused.err.contains("`alu1` (Íñigo 1 Núñez Peña)") && refused.err.contains("`alu5`"),
            "{refused:?}"
        );
    }
    let both = course(&["--add", "--archive", "5"], &class(6..=6));
    assert!(both.code == 1 && both.err.contains("uno de los dos"), "{both:?}");
    let added = course(&["--add", "--json"], &class(7..=7));
    assert_eq!(counts(&serde_json::from_str(&added.out).unwrap()), [1, 0, 0, 0, 0], "{added:?}");
    house.ok("alu1", &["whoami"]);
    assert_eq!(running(&house), 3);

    // With the number it is done; it comes back stopped, which is said, or as it was, when asked to.
    let gone = course(&["--archive", "6"], &class(6..=6));
    assert!(gone.code == 0 && gone.out.contains("archivados 6"), "{gone:?}");
    wait("its machines are stopped", || running(&house) == 0);
    let back = course(&[], &class(1..=7));
    for text in [
        "vuelven 6",
        "3 máquinas que se pararon al archivar siguen paradas",
        "`vm start web1.alu1`",
        "--start`",
    ] {
        assert!(back.out.contains(text), "{text}: {}", back.out);
    }
    assert!(!back.out.contains("web2.alu2"), "it was stopped before: {}", back.out);
    house.ok("alu1", &["start", "web1"]);
    let start = course(&["--start"], &class(1..=7));
    assert!(start.code == 0 && start.out.contains("que se pararon al archivar"), "{start:?}");
    wait("what ran before runs again", || running(&house) == 3);
    assert!(house.ok("alu2", &["vm", "show", "web2", "--json"]).contains("\"stopped\""));
    wait("nothing is left to be started", || !course(&[], &class(1..=7)).out.contains("siguen paradas"));
}

#[test]
fn what_was_asked_to_start_starts_also_after_a_kill() {
    let mut house = House::new("");
    let view = enrol(&house, &class(1..=2));
    with_key(&house, "alu1", &code(&view, "alu1"));
    house.ok("alu1", &["vm", "create", "web1", "--template", "mini"]);
    enrol(&house, &class(2..=2));
    wait("it is stopped", || running(&house) == 0);
    let words = ["course", "enrol", "demo-2026", "--start"];
    assert_eq!(house.feed("profesor", &words, &class(1..=2)).code, 0);
    house.kill9();
    house.start();
    wait("it runs", || running(&house) == 1);
}
