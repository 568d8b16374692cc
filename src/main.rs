//! puerta
fn main() {}
