//! puerta
