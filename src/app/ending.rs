//! Why a connection ends, or something that is open on one: told once, heard by all. It does not know
//! what is said of it; that is the shell's.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long something that may no longer be waits for what is said of its connection.
const VERDICT: Duration = Duration::from_millis(200);

/// Why it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The person is suspended, or gone.
    Suspended,
    /// Policy does not let them in at this time, from there.
    NotNow,
    /// They proved who they are, and were told why they may not come in.
    KeptOut,
    /// puerta stops.
    Shutdown,
    /// They have as many connections as they may.
    TooManyConnections,
    /// What was open may no longer be.
    NoLongerAllowed,
    /// Somebody else closed it.
    ClosedByStaff,
    /// The key that they came in with was removed.
    KeyRemoved,
    /// They closed it, from another connection.
    ClosedByOneself,
    /// Second factors were guessed.
    TooManyCodes,
    /// Passwords, codes and halves of a login.
    TooManyTries,
    /// The audit could not be written.
    Unwritten,
    /// The registry does not answer.
    RegistryAway,
    /// The client is gone without a word.
    HangUp,
    /// No login in the time that there is for one.
    LoginGrace,
    /// More of what they asked for waits than may.
    TooMuchWaiting,
    /// Its place in the door went to another before it had logged in.
    Displaced,
    /// What spoke was no SSH client.
    NoHandshake,
    /// The client closed.
    Closed,
    /// The person left a console.
    Left,
    /// Nobody knows how a console's shell ended.
    Lost,
}

impl Reason {
    /// The audit's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::NotNow => "not now",
            Self::KeptOut => "kept out",
            Self::Shutdown => "shutdown",
            Self::TooManyConnections => "too many connections",
            Self::NoLongerAllowed => "no longer allowed",
            Self::ClosedByStaff => "closed by staff",
            Self::KeyRemoved => "key removed",
            Self::ClosedByOneself => "closed by oneself",
            Self::TooManyCodes => "too many codes",
            Self::TooManyTries => "too many tries",
            Self::Unwritten => "unwritten",
            Self::RegistryAway => "registry away",
            Self::HangUp => "hang-up",
            Self::LoginGrace => "login grace",
            Self::TooMuchWaiting => "too much waiting",
            Self::Displaced => "displaced",
            Self::NoHandshake => "no handshake",
            Self::Closed => "closed",
            Self::Left => "left",
            Self::Lost => "lost",
        }
    }
}

/// An end that many wait for.
#[derive(Debug, Clone)]
pub struct Ending(Arc<watch::Sender<Option<Reason>>>);

impl Default for Ending {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Ending {
    /// Says that it ends. The first reason stays.
    pub fn end(&self, reason: Reason) {
        self.0.send_if_modified(|now| {
            let first = now.is_none();
            if first {
                *now = Some(reason);
            }
            first
        });
    }

    /// The reason, once there is one.
    pub fn reason(&self) -> Option<Reason> {
        *self.0.borrow()
    }

    /// Waits for the end.
    pub async fn ended(&self) -> Reason {
        let mut now = self.0.subscribe();
        match now.wait_for(Option::is_some).await {
            Ok(reason) => reason.unwrap_or(Reason::Closed),
            Err(_) => Reason::Closed,
        }
    }

    /// Something below it may no longer be: whether that is because all of it ends, and why.
    pub async fn verdict(&self) -> Option<Reason> {
        tokio::time::timeout(VERDICT, self.ended()).await.ok()
    }
}
