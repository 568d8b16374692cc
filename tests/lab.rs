//! puerta in its lab: real Incus, real `ssh`, `scp`, `sftp`, `rsync` and `curl`.
//!
//! Each test is one lab (`contrib/lab`, which wants root and network namespaces) and a list of named
//! steps; a step that fails names itself and shows the end of puerta's log. The labs are taken down
//! at the end, also after a panic, and what a killed run left is swept by the next.
//!
//! The template debian-12 takes 40 s to make the first time on a machine; it is kept for the next.
//!
//! Clients talk to 127.0.0.1 only; whatever has an address of the lab runs inside its namespaces.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "lab/clients.rs"]
mod clients;
#[path = "lab/console.rs"]
mod console;
#[path = "lab/debian.rs"]
mod debian;
#[path = "lab/helping.rs"]
mod helping;
#[path = "lab/house.rs"]
mod house;
#[path = "lab/isolation.rs"]
mod isolation;
#[path = "lab/itself.rs"]
mod itself;
#[path = "lab/killed.rs"]
mod killed;
#[path = "lab/known.rs"]
mod known;
#[path = "lab/nodes.rs"]
mod nodes;
#[path = "lab/one.rs"]
mod one;
#[path = "lab/packages.rs"]
mod packages;
#[path = "lab/practice.rs"]
mod practice;
#[path = "lab/published.rs"]
mod published;
#[path = "support/mod.rs"]
mod support;
#[path = "lab/template.rs"]
mod template;
#[path = "lab/three.rs"]
mod three;
#[path = "lab/trouble.rs"]
mod trouble;
