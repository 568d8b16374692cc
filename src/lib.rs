//! puerta: the one door of a teaching lab.
#![forbid(unsafe_code)]
pub mod app;
pub mod engine;
pub mod store;
