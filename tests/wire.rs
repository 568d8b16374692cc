//! Attacks on the wire: a small SSH client that says what no honest one would, against the real
//! program. After each attack the process lives, its memory is bounded, and the people who were
//! there before go on (docs/cves.md names the advisories and these tests).
#![allow(unreachable_pub, reason = "the modules of a test binary")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

#[path = "wire/budgets.rs"]
mod budgets;
#[path = "wire/canary.rs"]
mod canary;
#[path = "wire/channels.rs"]
mod channels;
#[path = "wire/client.rs"]
mod client;
#[path = "wire/factor.rs"]
mod factor;
#[path = "wire/foreign.rs"]
mod foreign;
#[path = "wire/forwards.rs"]
mod forwards;
#[path = "wire/fuzz.rs"]
mod fuzz;
#[path = "wire/handshake.rs"]
mod handshake;
#[path = "wire/limits.rs"]
mod limits;
#[path = "wire/login.rs"]
mod login;
#[path = "wire/packet.rs"]
mod packet;
#[path = "wire/stalls.rs"]
mod stalls;
mod support;
