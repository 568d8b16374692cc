//! The languages of the sentences.

pub use puerta_lab::lang::Lang;
