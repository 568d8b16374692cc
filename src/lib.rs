//! puerta: the one door of a teaching lab.
#![forbid(unsafe_code)]
pub mod app;
pub mod config;
pub mod engine;
