//! Lost telephones and guessed codes.

use crate::proved;
use crate::support::House;

#[test]
fn a_lost_telephone_is_taken_away_by_another_or_by_the_technician() {
    let mut house = House::new("");
    house.make_key("admin2");
    let line = std::fs::read_to_string(house.key("admin2").with_extension("pub")).unwrap();
    house.ok(
        "profesor",
        &["person", "add", "admin2", "--role", "admin", "--key", &format!("'{}'", line.trim())],
    );
    house.add_factor("profesor");
    let reset = ["person", "totp-reset", "profesor", "--yes"];
    // Whoever may not is told nothing: a student, and a professor about an admin.
    house.make_key("profesor2");
    let line = std::fs::read_to_string(house.key("profesor2").with_extension("pub")).unwrap();
    let key = format!("'{}'", line.trim());
    house.ok("admin2", &["person", "add", "profesor2", "--role", "profesor", "--key", &key]);
    for other in ["alumno1", "profesor2"] {
        let denied = house.run(other, &reset);
        assert_eq!((denied.code, house.run("profesor", &["whoami"]).code), (1, 255), "{denied:?}");
        assert!(!denied.err.contains("factor"), "{denied:?}");
    }
    let asked = house.run("admin2", &reset[..3]);
    assert!(asked.code == 1 && asked.err.contains("--yes"), "{asked:?}");
    assert!(house.run("admin2", &["person", "totp-reset", "admin2", "--yes"]).err.contains("totp remove"));
    assert!(house.ok("admin2", &["person", "show", "profesor", "--json"]).contains("\"second_factor\":true"));
    house.ok("admin2", &reset);
    assert!(
        house.ok("admin2", &["person", "show", "profesor", "--json"]).contains("\"second_factor\":false")
    );
    assert_eq!(house.run("admin2", &reset).code, 1);
    house.ok("profesor", &["whoami"]);

    // Nobody is left who could: at the host, while puerta is stopped.
    house.add_factor("profesor");
    let busy = house.puerta(&["person", "totp-reset", "profesor"]);
    assert_eq!(busy.code, 1, "{busy:?}");
    assert_eq!(house.run("profesor", &["whoami"]).code, 255);
    assert_eq!(house.stop(), 0);
    for wrong in ["nobody", "alumno1", "A b"] {
        assert_eq!(house.puerta(&["person", "totp-reset", wrong]).code, 1);
    }
    let said = house.puerta(&["person", "totp-reset", "profesor"]);
    assert_eq!(said.code, 0, "{said:?}");
    house.start();
    house.ok("profesor", &["whoami"]);
    let audit = house.audit();
    let by_host = audit.iter().filter(|event| event["code"] == "person.totp-reset");
    assert_eq!(
        by_host.map(|event| event["detail"]["login"].as_str().unwrap()).collect::<Vec<_>>(),
        ["profesor"]
    );
    assert_eq!(house.puerta(&["audit", "verify"]).code, 0);
}

/// Five wrong codes: their second factor is closed for a while, and theirs alone.
#[test]
fn guessing_closes_it_and_an_admin_opens_it() {
    let house = House::new("");
    house.make_key("admin2");
    let line = std::fs::read_to_string(house.key("admin2").with_extension("pub")).unwrap();
    house.ok(
        "profesor",
        &["person", "add", "admin2", "--role", "admin", "--key", &format!("'{}'", line.trim())],
    );
    let mut telephone = house.add_factor("profesor");
    let mut other = house.add_factor("admin2");
    // What is no code is no guess: a program without a terminal answers with nothing.
    for nothing in ["", "", "", "", "", "hola"] {
        assert_eq!(house.run_with("profesor", nothing, &["whoami"]).code, 255);
    }
    let code = telephone.next_of_paper();
    assert!(proved(&house.run_with("profesor", &code, &["whoami", "--json"])));
    for _ in 0..5 {
        let said = house.run_with("profesor", &telephone.wrong(), &["whoami"]);
        assert!(said.err.contains("Permission denied"), "{said:?}");
    }
    let said = house.run_with("profesor", &telephone.next_of_paper(), &["whoami"]);
    assert!(said.code == 255 && said.err.contains("Too many wrong verification codes"), "{said:?}");
    assert!(said.err.contains("Demasiados codigos"), "{said:?}");
    assert!(house.puerta(&["audit", "verify"]).code == 0);
    assert!(proved(&house.run_with("admin2", &other.next_of_paper(), &["whoami", "--json"])));
    let reset = ["person", "totp-reset", "profesor", "--yes"];
    assert_eq!(house.run_with("admin2", &other.next_of_paper(), &reset).code, 0);
    house.ok("profesor", &["whoami"]);
    let mut telephone = house.add_factor("profesor");
    assert!(proved(&house.run_with("profesor", &telephone.next_of_paper(), &["whoami", "--json"])));
}
