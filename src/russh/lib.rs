//! The released russh with the changes of `series/`: docs/adr/0010-changes-to-russh.md.
#![allow(
    warnings,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unimplemented,
    rustdoc::all
)]
include!(concat!(env!("OUT_DIR"), "/russh/lib_inner.rs"));
