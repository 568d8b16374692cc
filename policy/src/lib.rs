//! Who may do what in puerta, and the nouns the whole house speaks with.
//!
//! Pure: no clock, no files, no network, no async. The caller passes `now` and the facts;
//! [`decide::Policy::decide`] answers with a [`decide::Permit`] or a [`decide::Denial`].
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod action;
pub mod decide;
pub mod destination;
pub mod folder;
pub mod model;
pub mod names;
mod nesting;
pub mod network;
pub mod plan;
pub mod quota;
pub mod resource;
pub mod rules;

mod cedar;
mod words;
