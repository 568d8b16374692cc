//! Somebody who was there before the attack and must not notice it.

use crate::client::{Client, REQUEST};
use crate::packet::Packet;
use crate::support::House;

const MIB: usize = 1 << 20;

/// A shell of alumno2, opened before the attack, and what the process was then.
pub struct Canary<'a> {
    house: &'a House,
    client: Client,
    shell: u32,
    pid: u32,
    rss: usize,
}

impl<'a> Canary<'a> {
    pub fn new(house: &'a House) -> Self {
        let mut client = Client::login(house, "alumno2");
        let shell = client.session(7);
        client.send(&Packet::new(REQUEST).u32(shell).string("shell").bool(false)).unwrap();
        client.data(shell, b"whoami\n").unwrap();
        client.hear(7, "alumno2").unwrap();
        Self { house, client, shell, pid: house.pid(), rss: rss(house) }
    }

    /// The old session answers, a new one opens, it is the same process, and it did not grow by
    /// more than 64 MiB.
    pub fn unharmed(&mut self) {
        self.unharmed_within(64);
    }

    pub fn unharmed_within(&mut self, mib: usize) {
        let grown = rss(self.house).saturating_sub(self.rss);
        assert!(grown < mib * MIB, "memory grew by {} KiB", grown / 1024);
        self.client.data(self.shell, b"whoami\n").unwrap();
        self.client.hear(7, "alumno2").unwrap();
        assert!(self.house.ok("alumno1", &["whoami"]).contains("alumno1"));
        assert_eq!(self.house.pid(), self.pid);
        assert!(alive(self.pid), "the process ended");
        assert!(!self.house.log().contains("panicked"), "{}", self.house.log());
    }
}

fn alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// Resident memory, bytes.
pub fn rss(house: &House) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", house.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
