//! A person at a terminal: a program on a pty (python3's), what it shows, and what is typed.

use super::Said;
use serde_json::json;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A program on a terminal of 80 columns.
pub struct Pty {
    child: Child,
    typed: Option<ChildStdin>,
    shown: Arc<Mutex<Vec<u8>>>,
    seen: usize,
}

impl Pty {
    /// Runs `command` on a terminal.
    pub fn new(command: &Command) -> Self {
        let mut python = Command::new("python3");
        python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/terminal.py"));
        python.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => python.env(name, value),
                None => python.env_remove(name),
            };
        }
        python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = python.spawn().expect("python3 is not installed");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut out, kept) = (child.stdout.take().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = out.read(&mut buffer) {
                kept.lock().unwrap().extend_from_slice(&buffer[..n]);
            }
        });
        Self { typed: child.stdin.take(), child, shown, seen: 0 }
    }

    /// Types.
    pub fn send(&mut self, text: &str) {
        self.tell(&json!({ "send": text }));
    }

    /// Makes the window another size.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        self.tell(&json!({ "size": [rows, columns] }));
    }

    fn tell(&mut self, what: &serde_json::Value) {
        writeln!(self.typed.as_mut().unwrap(), "{what}").unwrap();
    }

    /// Everything that was shown so far.
    pub fn all(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    /// Waits until `text` is shown after what was waited for before; what stands up to its end.
    pub fn until(&mut self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let now = self.shown.lock().unwrap()[self.seen..].to_vec();
            if let Some(at) = now.windows(text.len()).position(|window| window == text.as_bytes()) {
                let end = at + text.len();
                self.seen += end;
                return String::from_utf8_lossy(&now[..end]).into_owned();
            }
            let waited = begun.elapsed() < Duration::from_secs(15);
            assert!(waited, "{text:?} never came: {:?}", String::from_utf8_lossy(&now));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for its end: exit status, and everything that it showed.
    pub fn end(mut self) -> Said {
        let begun = Instant::now();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if begun.elapsed() > Duration::from_secs(15) => {
                    panic!("it does not end: {:?}", self.all());
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        std::thread::sleep(Duration::from_millis(20));
        Said { code: status.code().unwrap_or(-1), out: self.all(), err: String::new() }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Its terminal goes with it, and a program without a terminal hears a hang-up.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
