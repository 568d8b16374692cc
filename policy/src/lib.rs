//! Who may do what in puerta, and the nouns the whole house speaks with.
//!
//! Pure: no clock, no files, no network, no async. The caller passes `now` and the facts;
//! [`decide::Policy::decide`] answers with a [`decide::Permit`] or a [`decide::Denial`].
#![forbid(unsafe_code)]

pub mod action;
pub mod decide;
pub mod destination;
pub mod model;
pub mod names;
pub mod plan;
pub mod quota;
