//! One thing that is open on a connection: what it is, since when, and the bytes that went through.

use super::{Connection, Counted, Screen};
use crate::app::clock;
use puerta_lab::model::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use tokio::sync::mpsc;

/// Notices that a shell keeps while nobody can be shown them: a client that does not read, say.
const KEPT: usize = 16;

/// What is open.
#[derive(Debug, Clone)]
pub enum What {
    /// A shell at a terminal.
    Shell,
    /// One command.
    Exec {
        /// At a terminal: a console or a job there may last, and its person is told what a shell is told.
        terminal: bool,
    },
    /// Lines from standard input.
    Pipe,
    /// A terminal in a machine.
    Console(Arc<Screen>),
    /// A way to a port of a machine.
    Forward {
        /// `web1.alumno1`
        vm: String,
        /// Its port.
        port: u16,
    },
}

/// Something that a person at a terminal is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Somebody writes to them.
    Message {
        /// Who.
        from: String,
        /// What.
        text: String,
    },
    /// A forward of theirs was closed because it may no longer be.
    ForwardCut {
        /// To which machine.
        vm: String,
        /// To which port.
        port: u16,
    },
    /// The exam that they sit began.
    ExamBegins {
        /// Of which course.
        course: String,
        /// Until when, as the lab's clock says it.
        until: String,
        /// On which machines, for a sentence; `all` of the course's.
        machines: String,
    },
    /// It is over.
    ExamEnds {
        /// Of which course.
        course: String,
    },
}

/// Where a shell hears its notices.
pub type Notices = mpsc::Receiver<Notice>;

/// Bytes so far. Counted where they pass, read by whoever looks.
#[derive(Debug, Default)]
pub struct Traffic {
    /// From the client.
    pub up: AtomicU64,
    /// To the client.
    pub down: AtomicU64,
}

impl Traffic {
    /// Both, up and down.
    pub fn read(&self) -> (u64, u64) {
        (self.up.load(Ordering::Relaxed), self.down.load(Ordering::Relaxed))
    }
}

/// An open channel as others see it.
#[derive(Debug)]
pub struct Channel {
    /// Its number on its connection, from 1.
    pub number: u32,
    /// What it is.
    pub what: What,
    /// Since when.
    pub since: Timestamp,
    /// What went through.
    pub traffic: Traffic,
    notices: Option<mpsc::Sender<Notice>>,
}

impl Channel {
    /// Whether somebody is at a terminal there and takes the notice.
    pub(super) fn tell(&self, notice: &Notice) -> bool {
        self.notices.as_ref().is_some_and(|shell| shell.try_send(notice.clone()).is_ok())
    }
}

/// An open channel as its own task holds it; closing is dropping it.
#[derive(Debug)]
pub struct OpenChannel {
    connection: Arc<Connection>,
    channel: Arc<Channel>,
    notices: Option<Notices>,
    _counted: Option<Counted>,
}

impl OpenChannel {
    pub(super) fn new(connection: Arc<Connection>, what: What, counted: Option<Counted>) -> Self {
        let number = connection.next.fetch_add(1, Ordering::Relaxed);
        let hears = matches!(what, What::Shell | What::Exec { terminal: true });
        let (teller, notices) = hears.then(|| mpsc::channel(KEPT)).unzip();
        let since = clock::now();
        let channel = Arc::new(Channel { number, what, since, traffic: Traffic::default(), notices: teller });
        let mut channels = connection.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.insert(number, Arc::clone(&channel));
        drop(channels);
        Self { connection, channel, notices, _counted: counted }
    }

    /// Its number on its connection.
    pub fn number(&self) -> u32 {
        self.channel.number
    }

    /// Where its bytes are counted.
    pub fn traffic(&self) -> &Traffic {
        &self.channel.traffic
    }

    /// As others see it.
    pub fn channel(&self) -> Arc<Channel> {
        Arc::clone(&self.channel)
    }

    /// What its person is told, when they are at a terminal; to be taken once.
    pub fn notices(&mut self) -> Option<Notices> {
        self.notices.take()
    }
}

impl Drop for OpenChannel {
    fn drop(&mut self) {
        let mut channels = self.connection.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.remove(&self.channel.number);
    }
}
