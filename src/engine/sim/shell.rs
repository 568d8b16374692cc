//! The shell in a simulated machine's terminal: it shows what is typed as a terminal does, says each
//! line back, and knows the few words that a test of terminals needs.

use super::{Inside, Size, TerminalWord};
use bytes::Bytes;

/// Before each line.
pub const PROMPT: &str = "sim# ";
/// What the word `hostile` says: a title, a clipboard, questions to the terminal; and then `done`.
pub const HOSTILE: &str =
    "\x1b]0;title\x07\x1b]52;c;cm0gLXJmIC8=\x07\x1b[6n\x1b[c\x1bP$q\"p\x1b\\\x1b[31mred\x1b[0m\r\ndone\r\n";
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;

struct Shell {
    inside: Inside,
    size: Size,
    line: Vec<u8>,
}

/// What became of something.
enum Next {
    On,
    Exit(i32),
}

/// Runs until `exit`, the end of its input, or the end of whoever looks.
pub(super) async fn run(inside: Inside, size: Size) {
    let mut shell = Shell { inside, size, line: Vec::new() };
    if let Some(status) = shell.live().await {
        // Whoever looked may be gone.
        let _ = shell.inside.end.send(Ok(status));
    }
}

impl Shell {
    /// The exit status; `None` when nobody looks any more.
    async fn live(&mut self) -> Option<i32> {
        self.say(PROMPT).await?;
        loop {
            match self.inside.input.recv().await? {
                TerminalWord::Resize(size) => self.size = size,
                TerminalWord::Bytes(bytes) => {
                    for byte in bytes {
                        if let Next::Exit(status) = self.key(byte).await? {
                            return Some(status);
                        }
                    }
                }
            }
        }
    }

    async fn say(&self, text: &str) -> Option<()> {
        self.inside.output.send(Bytes::copy_from_slice(text.as_bytes())).await.ok()
    }

    async fn key(&mut self, byte: u8) -> Option<Next> {
        match byte {
            CTRL_C => {
                self.line.clear();
                self.say(&format!("^C\r\n{PROMPT}")).await?;
            }
            CTRL_D if self.line.is_empty() => return Some(Next::Exit(0)),
            b'\r' => {
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                self.say("\r\n").await?;
                if let Some(status) = line.strip_prefix("exit") {
                    return Some(Next::Exit(status.trim().parse().unwrap_or(0)));
                }
                self.word(&line).await?;
                self.say(PROMPT).await?;
            }
            byte => {
                self.line.push(byte);
                self.inside.output.send(Bytes::copy_from_slice(&[byte])).await.ok()?;
            }
        }
        Some(Next::On)
    }

    async fn word(&mut self, line: &str) -> Option<()> {
        match line {
            "" => Some(()),
            "stty size" => self.say(&format!("{} {}\r\n", self.size.rows, self.size.columns)).await,
            // Reads nothing any more, until nobody looks.
            "deaf" => {
                self.inside.output.closed().await;
                None
            }
            "hostile" => self.say(HOSTILE).await,
            line if line.starts_with("sleep ") => self.until_interrupted(None).await,
            "flood" => self.until_interrupted(Some(&"0123456789abcdef".repeat(64))).await,
            line => self.say(&format!("{line}\r\n")).await,
        }
    }

    /// Runs, silent or saying one thing again and again, until Ctrl-C.
    async fn until_interrupted(&mut self, saying: Option<&str>) -> Option<()> {
        loop {
            let said = async {
                match saying {
                    Some(text) => self.inside.output.send(Bytes::copy_from_slice(text.as_bytes())).await.ok(),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                said = said => said?,
                word = self.inside.input.recv() => match word? {
                    TerminalWord::Resize(size) => self.size = size,
                    TerminalWord::Bytes(bytes) if bytes.contains(&CTRL_C) => return self.say("^C\r\n").await,
                    TerminalWord::Bytes(_) => {}
                },
            }
        }
    }
}
