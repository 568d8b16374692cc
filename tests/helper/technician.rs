//! `puerta firewall`, and a second puerta on the same host.

use super::{house, program};
use crate::support::{House, Said};
use crate::world::World;
use std::process::{Command, Stdio};

/// The technician's command, as root in the gateway.
pub(super) fn firewall(world: &World, house: &House, words: &[&str]) -> Said {
    let mut puerta = Command::new(program(house));
    puerta.arg("--config").arg(house.config()).arg("firewall").args(words);
    world.inside("", &puerta).stdin(Stdio::null()).output().unwrap().into()
}

fn nft(world: &World, words: &[&str]) -> String {
    let mut nft = Command::new("nft");
    let said: Said = world.inside("", nft.args(words)).output().unwrap().into();
    assert_eq!(said.code, 0, "{words:?}: {said:?}");
    said.out
}

#[test]
fn the_technician_looks_mends_and_takes_away() {
    let world = World::new("tech");
    let house = house("");
    let says = |words: &[&str], code: i32, part: &str| {
        let said = firewall(&world, &house, words);
        assert_eq!(said.code, code, "{words:?}: {said:?}");
        assert!((said.out.clone() + &said.err).contains(part), "{words:?}: {said:?}");
        said
    };
    says(&["check"], 1, "the kernel has something else");
    assert_eq!(says(&["show"], 0, "").out, "");
    says(&["plan"], 0, "create table inet puerta");
    assert_eq!(nft(&world, &["list", "ruleset"]), "", "a look changed something");
    says(&["apply"], 0, "there was nothing");
    says(&["apply"], 0, "there was nothing to do");
    says(&["check"], 0, "has what it should");
    assert_eq!(says(&["plan"], 0, "").out, "");
    says(&["show"], 0, "table inet puerta {");

    nft(&world, &["add", "chain", "inet", "puerta", "somebody"]);
    says(&["check"], 1, "the kernel has something else");
    says(&["apply"], 0, "somebody else had changed it");
    says(&["check"], 0, "has what it should");

    says(&["remove"], 1, "say `--yes`");
    says(&["check"], 0, "has what it should");
    nft(&world, &["add", "table", "inet", "foreign"]);
    says(&["remove", "--yes"], 0, "removed");
    assert_eq!(nft(&world, &["list", "tables"]).trim(), "table inet foreign");
}

#[test]
fn a_second_puerta_touches_nothing_and_does_not_start() {
    let world = World::new("two");
    let (first, second) = (house(""), house("log_group = 28\n"));
    assert_eq!(firewall(&world, &first, &["apply"]).code, 0);
    let before = nft(&world, &["-s", "list", "ruleset"]);
    for words in [&["apply"][..], &["check"], &["plan"], &["show"], &["remove", "--yes"]] {
        let said = firewall(&world, &second, words);
        assert_eq!(said.code, 1, "{words:?}: {said:?}");
        assert!(said.err.contains("belongs to another puerta"), "{words:?}: {said:?}");
    }
    let mut serve = Command::new(program(&second));
    serve.arg("--config").arg(second.config()).arg("serve");
    let said: Said = world.inside("", &serve).stdin(Stdio::null()).output().unwrap().into();
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("puerta: the firewall cannot be used: the table belongs to another"),
        "{said:?}"
    );
    assert_eq!(nft(&world, &["-s", "list", "ruleset"]), before);
}

#[test]
fn without_a_firewall_there_is_nothing_to_look_at() {
    let house = House::founded("");
    let said = house.puerta(&["firewall", "check"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("there is no firewall"), "{said:?}");
}
