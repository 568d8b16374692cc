//! The uses of the house, and the only place where policy, store, engine and audit meet.

pub mod command;
pub mod error;
pub mod reply;
pub mod secret;
