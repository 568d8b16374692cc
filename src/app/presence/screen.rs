//! What others see of an open console. A slow onlooker loses frames and never slows it.

use puerta_engine::Size;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, mpsc};

/// Frames that a slow onlooker may be behind, and the largest frame: together a megabyte.
const BEHIND: usize = 64;
const LARGEST: usize = 16 * 1024;
/// Announcements that wait for the person.
const TOLD: usize = 8;

/// Something to see.
#[derive(Debug, Clone)]
pub enum Frame {
    /// What the machine said.
    Output(Arc<str>),
    /// The window has another size.
    Resize(Size),
}

/// What the person at the console is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announcement {
    /// This person looks on.
    Watched(String),
    /// And does not any more.
    Left(String),
}

/// An open console as others see it.
#[derive(Debug)]
pub struct Screen {
    /// `web1.alumno1`
    pub vm: String,
    /// Whether it is recorded.
    pub recorded: bool,
    size: Mutex<Size>,
    frames: broadcast::Sender<Frame>,
    told: mpsc::Sender<Announcement>,
}

impl Screen {
    pub(in crate::app) fn new(
        vm: &str,
        recorded: bool,
        size: Size,
    ) -> (Arc<Self>, mpsc::Receiver<Announcement>) {
        let (told, hears) = mpsc::channel(TOLD);
        let frames = broadcast::Sender::new(BEHIND);
        let screen = Self { vm: vm.to_owned(), recorded, size: Mutex::new(size), frames, told };
        (Arc::new(screen), hears)
    }

    pub(in crate::app) fn is_watched(&self) -> bool {
        self.frames.receiver_count() > 0
    }

    pub(in crate::app) fn show(&self, text: &str) {
        if !self.is_watched() {
            return;
        }
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(rest.floor_char_boundary(LARGEST));
            // The last onlooker may just have gone.
            let _ = self.frames.send(Frame::Output(piece.into()));
            rest = more;
        }
    }

    pub(in crate::app) fn resize(&self, size: Size) {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner) = size;
        let _ = self.frames.send(Frame::Resize(size));
    }

    pub(in crate::app) fn size(&self) -> Size {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::app) fn frames(&self) -> broadcast::Receiver<Frame> {
        self.frames.subscribe()
    }

    pub(in crate::app) fn teller(&self) -> mpsc::Sender<Announcement> {
        self.told.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_slow_loses_frames_and_holds_nobody_up() {
        let (screen, _told) = Screen::new("web1.alumno1", false, Size { columns: 80, rows: 24 });
        screen.show("nobody looks");
        let mut slow = screen.frames();
        let much = "é".repeat(LARGEST);
        for _ in 0..BEHIND {
            screen.show(&much);
        }
        let lagged = slow.try_recv();
        assert!(matches!(lagged, Err(broadcast::error::TryRecvError::Lagged(_))), "{lagged:?}");
        let mut kept = 0;
        while let Ok(Frame::Output(text)) = slow.try_recv() {
            kept += text.len();
        }
        assert!(kept <= BEHIND * LARGEST, "{kept}");
        drop(slow);
        assert!(!screen.is_watched());
    }
}
