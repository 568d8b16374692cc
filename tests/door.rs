//! Who comes in, and who does not: real `ssh` against the real program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

mod support;
use support::House;

#[test]
fn an_enrolled_key_opens_and_a_strange_one_does_not() {
    let house = House::new("");
    assert!(house.ok("alumno1", &["whoami"]).contains("alumno1"));
    let mut ssh = house.ssh("stranger");
    let said: support::Said = ssh.arg(House::at("alumno1")).arg("whoami").output().unwrap().into();
    assert_eq!(said.code, 255, "{said:?}");
    assert!(said.err.contains("Permission denied"), "{said:?}");
}
