//! A class from a spreadsheet, and teams, with the real program and OpenSSH on the simulated engine.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

#[path = "roster/before.rs"]
mod before;
#[path = "roster/campus.rs"]
mod campus;
#[path = "roster/class.rs"]
mod class;
#[path = "roster/leave.rs"]
mod leave;
#[path = "roster/remove.rs"]
mod remove;
#[path = "roster/teams.rs"]
mod teams;
#[path = "roster/trouble.rs"]
mod trouble;
#[path = "roster/written.rs"]
mod written;

use serde_json::Value;
use support::House;

const HEADER: &str = "username;firstname;lastname;email;group1;idnumber\r\n";

/// A class as Moodle and a spreadsheet leave it: BOM, semicolons, Windows line ends, accents.
fn class(numbers: impl IntoIterator<Item = u32>) -> String {
    let row = |n| format!("alu{n};Íñigo {n};Núñez Peña;alu{n}@upv.es;G{};2026{n}\r\n", n % 4);
    let rows: String = numbers.into_iter().map(row).collect();
    format!("\u{feff}{HEADER}{rows}")
}

/// Enrols a list into `demo-2026` and gives the answer as JSON.
fn enrol(house: &House, list: &str) -> Value {
    let said = house.feed("profesor", &["course", "enrol", "demo-2026", "--json"], list);
    assert_eq!(said.code, 0, "{said:?}");
    serde_json::from_str(&said.out).unwrap()
}

/// New, changed, back, archived, unchanged.
fn counts(view: &Value) -> [u64; 5] {
    ["new", "changed", "back", "archived", "unchanged"].map(|name| view[name].as_u64().unwrap())
}

/// Somebody's code.
fn code(view: &Value, login: &str) -> String {
    let people = view["people"].as_array().unwrap();
    let person = people.iter().find(|person| person["login"] == login).expect(login);
    person["code"].as_str().expect("a code").to_owned()
}

/// Lets somebody who came with a code come in by a key.
fn with_key(house: &House, login: &str, code: &str) {
    house.make_key(login);
    let key = std::fs::read_to_string(house.key(login).with_extension("pub")).unwrap();
    let said = house.run_secret("password", login, code, &["key", "add", key.trim()]);
    assert_eq!(said.code, 0, "{said:?}");
}
