//! One contract for everything that runs machines: the simulated engine, one real Incus by its
//! socket, and three of them by HTTPS with a restricted certificate.
//!
//! The real ones are started by the test itself (`contrib/lab`, which wants root and network
//! namespaces) and are gone after it. Clients of 10.x live inside the lab only, so the cluster's
//! half runs itself again inside the namespace of puerta.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "engine/bench.rs"]
mod bench;
#[path = "engine/contract.rs"]
mod contract;
#[path = "engine/incus.rs"]
mod incus;
#[path = "engine/judging.rs"]
mod judging;
#[path = "engine/lab.rs"]
mod lab;
#[path = "engine/replacing.rs"]
mod replacing;
#[path = "engine/sim.rs"]
mod sim;
