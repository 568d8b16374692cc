//! How much a channel's client may send ahead. A little at first, whoever it is; twice as much each time that it is used
//! up quickly, while its person has much more to spare, so that those who come later find some; less again when others
//! of theirs need it.

use crate::app::presence::Part;
use std::time::{Duration, Instant};

/// Bytes that every channel has: a line, a key, the beginning of a transfer.
pub(super) const FIRST: usize = 8 * 1024;
/// The most: what OpenSSH gives.
const MOST: usize = 2 * 1024 * 1024;
/// Bytes are given back when they are this part of the window.
const PART: usize = 4;
/// It grows when such a part was taken in this time: so it holds no more than some seconds of what really flows.
const QUICKLY: Duration = Duration::from_secs(1);
/// And while so many times its size is to spare.
const SPARE: usize = 8;

/// One channel's.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    /// Taken, and not given back yet.
    taken: usize,
    /// When something was given back last.
    given: Instant,
    part: Part,
}

impl Window {
    /// What russh announces.
    pub(super) fn new(part: Part) -> Self {
        Self { size: FIRST, taken: 0, given: Instant::now(), part }
    }

    /// So many more bytes were taken. What is to be given back now; 0 when it can wait.
    pub(super) fn taken(&mut self, bytes: usize) -> u32 {
        self.taken += bytes;
        if self.taken < self.size / PART {
            return 0;
        }
        let quickly = self.given.elapsed() < QUICKLY;
        self.given = Instant::now();
        // Only what is not given back can be kept.
        let next = self.next(quickly).max(self.size.saturating_sub(self.taken));
        let given = self.taken + next - self.size;
        self.taken = 0;
        self.size = next;
        self.part.set(next - FIRST);
        given as u32
    }

    fn next(&self, quickly: bool) -> usize {
        let free = self.part.free();
        if quickly && free >= self.size * SPARE {
            (self.size * 2).min(MOST)
        } else if free < self.size {
            (self.size / 2).max(FIRST)
        } else {
            self.size
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::presence::Promised;
    use proptest::prelude::*;

    fn grown(window: &mut Window) -> usize {
        for _ in 0..20 {
            let size = window.size;
            window.taken(size);
        }
        window.size
    }

    #[test]
    fn it_grows_to_what_openssh_gives_and_only_when_it_is_taken_from() {
        let promised = Promised::default();
        let mut window = Window::new(promised.part());
        assert_eq!((window.taken(100), window.size), (0, FIRST), "a line changes nothing");
        assert_eq!(window.taken(FIRST / 4 - 100) as usize, FIRST / 4 + FIRST);
        assert_eq!(grown(&mut window), MOST);
        drop(window);
        assert_eq!(promised.part().free(), 16 << 20, "given back");
    }

    #[test]
    fn what_is_typed_slowly_needs_no_more_and_who_comes_later_finds_some() {
        let promised = Promised::default();
        let mut window = Window::new(promised.part());
        for _ in 0..100 {
            window.given -= QUICKLY;
            window.taken(FIRST / 4);
        }
        assert_eq!(window.size, FIRST);
        let mut windows: Vec<_> = (0..8).map(|_| Window::new(promised.part())).collect();
        windows.iter_mut().for_each(|window| _ = grown(window));
        // They are idle now, and have what they have.
        assert!(grown(&mut window) >= 256 << 10, "{}", window.size);
    }

    #[test]
    fn a_hundred_channels_share_and_every_one_of_thousands_has_a_little() {
        let promised = Promised::default();
        let mut windows: Vec<_> = (0..100).map(|_| Window::new(promised.part())).collect();
        for _ in 0..50 {
            windows.iter_mut().for_each(|window| _ = grown(window));
        }
        let least = windows.iter().map(|window| window.size).min().unwrap();
        assert!(least >= 16 << 10, "{least}");
        let mut thousands: Vec<_> = (0..6000).map(|_| Window::new(promised.part())).collect();
        for _ in 0..3 {
            thousands.iter_mut().chain(&mut windows).for_each(|window| _ = grown(window));
        }
        let all: usize = thousands.iter().chain(&windows).map(|window| window.size).sum();
        assert!(all <= (6101 * FIRST) + (17 << 20), "{} MiB", all >> 20);
    }

    proptest! {
        /// Whatever is taken and by whom: what is promised is what was given less what was used, and it never goes
        /// beneath what every channel has.
        #[test]
        fn what_is_given_is_what_the_window_says(steps in prop::collection::vec((0..3_usize, 0..200_000_usize), 1..200)) {
            let promised = Promised::default();
            let mut windows: Vec<_> = (0..3).map(|_| (Window::new(promised.part()), FIRST)).collect();
            for (at, bytes) in steps {
                let (window, left) = &mut windows[at];
                let sent = bytes.min(*left);
                *left -= sent;
                *left += window.taken(sent) as usize;
                prop_assert_eq!(*left + window.taken, window.size);
                prop_assert!(window.size >= FIRST && window.size <= MOST);
                prop_assert!(*left > 0, "it stands still for ever");
            }
        }
    }
}
