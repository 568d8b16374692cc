//! Answers about sessions, messages and recordings.

use super::word::words;
use crate::app::ctx::Method;
use serde::Serialize;

/// `session ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum SessionReply {
    /// `session list`
    List(Vec<SessionView>),
    /// `session show`
    One(SessionView),
    /// A connection was told to end.
    Closed {
        /// Which.
        session: String,
        /// Whose.
        login: String,
    },
    /// `session recordings`
    Recordings(Vec<RecordingView>),
}

/// A live connection.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionView {
    /// Its id, as the audit has it.
    pub session: String,
    /// Who.
    pub login: String,
    /// Where from, `address:port`.
    pub from: String,
    /// When they came in.
    pub since: String,
    /// How.
    pub method: Method,
    /// What is open on it.
    pub open: Vec<OpenView>,
}

/// Something open on a connection.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenView {
    /// Its id; a console's is also its recording's.
    pub id: String,
    /// What.
    pub kind: OpenKind,
    /// The machine, `web1.alumno1`.
    pub vm: Option<String>,
    /// The machine's port.
    pub port: Option<u16>,
    /// Whether it is recorded.
    pub recorded: bool,
    /// Since when.
    pub since: String,
    /// Bytes from the client to the machine; of a forward or a console.
    pub bytes_up: u64,
    /// Bytes from the machine to the client.
    pub bytes_down: u64,
}

/// A message was put into shells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageView {
    /// To whom it was, as it was typed.
    pub to: String,
    /// Shells that got it.
    pub shells: u32,
    /// Whose they are.
    pub reached: Vec<String>,
    /// Who has none open.
    pub without: Vec<String>,
}

/// The recording of a console.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordingView {
    /// The console's id.
    pub id: String,
    /// Whose console it was.
    pub login: String,
    /// In which machine.
    pub vm: String,
    /// When it began.
    pub started: String,
    /// When it ended; none while it runs, or when puerta was killed meanwhile.
    pub finished: Option<String>,
    /// Bytes of its file.
    pub size: u64,
}

words! {
    /// What is open on a connection.
    OpenKind {
        /// A shell at a terminal.
        Shell = "shell",
        /// One command.
        Exec = "exec",
        /// Lines from standard input.
        Pipe = "pipe",
        /// A terminal in a machine.
        Console = "console",
        /// A way to a port of a machine.
        Forward = "forward",
    }
}
