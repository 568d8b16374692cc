//! Who may do what in puerta: Cedar's decisions about the nouns of `puerta-lab`, and the permits that come
//! of them.
//!
//! Pure: no clock, no files, no network, no async. The caller passes `now` and the facts;
//! [`decide::Policy::decide`] answers with a [`decide::Permit`] or a [`decide::Denial`].
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod decide;
pub mod folder;
mod nesting;
pub mod resource;
pub mod rules;

mod at_all;
mod cedar;
mod words;
