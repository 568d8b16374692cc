//! A whole simulated engine.
