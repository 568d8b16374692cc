//! What a person types becomes an [`app::Command`](crate::app::command::Command), and an
//! [`app::Reply`](crate::app::reply::Reply) becomes text in Spanish or English, or JSON.
//! The shell knows no channel, no clock and no store: the session brings the bytes, the
//! time and what policy says, and carries away text.
//!
//! [`words`] parses · [`render`] answers · [`notice`] says what nobody asked for · [`mod@line`] edits a
//! line on a terminal · [`complete`] is its Tab · [`useful`] knows whose words those are · [`tame`] makes a
//! machine's output harmless · [`mod@wrap`] breaks lines at words · [`text`] and `locales/` hold every sentence.

pub mod complete;
pub mod help;
pub mod here;
pub mod lang;
pub mod line;
pub mod notice;
pub mod printable;
pub mod render;
pub mod tame;
pub mod text;
pub mod useful;
pub mod words;
pub mod wrap;
