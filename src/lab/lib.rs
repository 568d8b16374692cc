//! The nouns of the lab, which the whole house speaks with: names, people, seats and machines, the address
//! plan, networks, destinations, quotas, what can be asked for, ready rules, and when a clock is believed.
//!
//! Pure values: no clock, files, network or async, and nothing of ours. Who may do what is `puerta-policy`'s.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod action;
pub mod course;
pub mod destination;
pub mod even;
pub mod job;
pub mod lang;
pub mod model;
mod moment;
pub mod names;
pub mod network;
mod nobodys;
pub mod plan;
pub mod practice;
pub mod quota;
pub mod rules;
