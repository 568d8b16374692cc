//! How long a decision takes: `cargo test --release -p puerta-policy --test speed -- --nocapture`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic and print")]

mod lab;

use lab::*;
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Role, SeatId};
use puerta_policy::decide::{Forward, Policy};
use std::hint::black_box;
use std::time::Instant;

#[test]
fn a_decision_is_fast_enough_to_be_taken_again() {
    let policy = Policy::built_in().unwrap();
    let student = actor(Role::Alumno);
    let seats = (1..=50).map(SeatId).collect();
    let professor = Actor { seats, ..actor(Role::Profesor) };
    let rounds = if cfg!(debug_assertions) { 200 } else { 20_000 };
    for (name, who) in [("alumno, 1 seat", &student), ("profesor, 50 seats", &professor)] {
        let start = Instant::now();
        for _ in 0..rounds {
            let target = Forward { vm: vm(OWN), port: 22 };
            let _ = black_box(policy.decide(black_box(who), Action::VmForward, target, NOW));
        }
        let each = start.elapsed() / rounds;
        println!("vm-forward, {name}: {} µs", each.as_nanos() as f64 / 1000.0);
        assert!(each.as_millis() < 50);
    }
}
