//! The map of the house. `docs/architecture.md` walks through it.
//!
//! ```text
//! main -> cli                cli -> app, gateway, config, and the leaves that it puts together
//! gateway -> session, shell, app         session -> shell, app         shell -> app::{Command, Reply, Error}
//! app -> policy, keys, store, engine, firewall, audit, config
//! lab, store, engine, firewall, audit: crates below this folder; policy, keys: beside it
//! ```
//! What is no crate, `tests/arrows.rs` holds.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod app;
pub mod cli;
pub mod config;
pub mod gateway;
pub mod session;
pub mod shell;
