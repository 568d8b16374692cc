//! The map of the house. `docs/architecture.md` walks through it.
//!
//! ```text
//! main -> cli                            cli -> app, gateway, store, engine, firewall, audit, config
//! gateway -> session, app, shell         session -> shell, app         shell -> app::{Command, Reply, Error}
//! app -> policy, keys, store, engine, firewall, audit, config
//! store, audit, engine, firewall, config -> policy (nouns only); they do not know each other
//! ```
//! `tests/arrows.rs` holds the `use crate::` lines against this table.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod app;
pub mod cli;
pub mod config;
pub mod gateway;
pub mod session;
pub mod shell;
