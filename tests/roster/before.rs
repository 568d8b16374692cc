//! What a teacher prepares before the first class, for people who have never been here.

use super::support::{House, wait};
use super::{class, code, enrol, with_key};
use serde_json::Value;

#[test]
fn machines_are_there_before_their_people_and_take_their_keys_as_they_come() {
    let house = House::new("");
    let view = enrol(&house, &class(1..=2));
    let made = house.ok("profesor", &["vm", "create", "web1.alu1", "--template", "mini"]);
    assert!(made.contains("nadie de `alu1` tiene clave") && made.contains("key add"), "{made}");
    let made = house.ok("profesor", &["vm", "create", "web2.alu1", "--template", "mini", "--json"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["keyless"], true, "{made}");
    house.ok("profesor", &["vm", "stop", "web2.alu1"]);
    let address = |vm: &str| {
        let shown = house.ok("profesor", &["vm", "show", vm, "--json"]);
        serde_json::from_str::<Value>(&shown).unwrap()["address"].as_str().unwrap().to_owned()
    };
    let (one, two) = (address("web1.alu1"), address("web2.alu1"));
    assert!(house.keys_inside(&one).is_empty());

    with_key(&house, "alu1", &code(&view, "alu1"));
    let key = std::fs::read_to_string(house.key("alu1").with_extension("pub")).unwrap();
    for machine in [one, two] {
        wait("the key is in", || house.keys_inside(&machine) == [key.trim()]);
    }
    // With one it is as ever.
    let made = house.ok("alu1", &["vm", "create", "web3", "--template", "mini", "--json"]);
    assert!(!made.contains("keyless"), "{made}");
}
