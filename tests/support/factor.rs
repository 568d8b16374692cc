//! A person with a telephone: sets a second factor up at a terminal, and answers for it. The codes
//! are computed here once more (with ring), not by the code that is tested.

use super::pty::Pty;
use super::{House, Said};
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A telephone, and the codes on paper.
pub struct Telephone {
    /// As puerta showed it, base32.
    pub secret: String,
    key: Vec<u8>,
    /// Recovery codes that were not used yet.
    pub paper: Vec<String>,
}

/// The step that it is now; one that will last for some seconds.
fn step() -> u64 {
    loop {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        if seconds % 30 < 20 {
            return seconds / 30;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

impl Telephone {
    /// From the 32 letters of base32 that puerta shows.
    pub fn of(secret: &str) -> Self {
        let (mut key, mut bits, mut held) = (Vec::new(), 0, 0_u32);
        for letter in secret.bytes() {
            let digit = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == letter);
            held = held << 5 | digit.expect("base32") as u32;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                key.push((held >> bits) as u8);
            }
        }
        assert_eq!(key.len(), 20);
        Self { secret: secret.to_owned(), key, paper: Vec::new() }
    }

    /// What it shows now, or showed (`-1`) or will show (`1`) a period away.
    pub fn shows(&self, away: i64) -> String {
        let step = step().saturating_add_signed(away);
        let hash = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.key), &step.to_be_bytes());
        let hash = hash.as_ref();
        let at = usize::from(hash[19] & 15);
        let word = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", word % 1_000_000)
    }

    /// A code that is certainly wrong.
    pub fn wrong(&self) -> String {
        let right = [-2, -1, 0, 1, 2].map(|away| self.shows(away));
        (0..).map(|n| format!("{n:06}")).find(|code| !right.contains(code)).unwrap()
    }

    /// The next code from the paper.
    pub fn next_of_paper(&mut self) -> String {
        self.paper.pop().expect("there is one left")
    }
}

impl House {
    /// `totp add` at a terminal, confirmed with the code before this one, so that two more are good now.
    pub fn add_factor(&self, login: &str) -> Telephone {
        let mut ssh = self.ssh(login);
        ssh.args(["-tt", "-o", "SetEnv=LC_MESSAGES=en_US.UTF-8"]).arg(Self::at(login)).args(["totp", "add"]);
        let mut terminal = Pty::new(&ssh);
        terminal.until("secret=");
        let secret = terminal.until("&issuer=puerta");
        let mut telephone = Telephone::of(secret.trim_end_matches("&issuer=puerta"));
        terminal.until("Verification code: ");
        terminal.send(&format!("{}\r", telephone.shows(-1)));
        let said = terminal.until("leave and come in again");
        telephone.paper = said.split_whitespace().filter(|word| is_code(word)).map(str::to_owned).collect();
        assert_eq!(telephone.paper.len(), 10, "{said}");
        assert_eq!(terminal.end().code, 0);
        telephone
    }

    /// None of these words is in the log or in the audit; neither is one of them without its hyphens
    /// or spaces.
    pub fn nowhere_written(&self, secrets: &[String]) {
        // A time of the log may end like a code.
        let log: Vec<String> = self.log().lines().map(|line| line.chars().skip(27).collect()).collect();
        let mut audit = self.audit();
        for event in &mut audit {
            let event = event.as_object_mut().unwrap();
            event.retain(|key, _| !["time", "hash", "prev"].contains(&&**key));
        }
        let written = log.join("\n") + &serde_json::to_string(&audit).unwrap();
        let words: HashSet<&str> = written.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
        assert!(words.contains("profesor") && words.contains("totp"), "{written}");
        for secret in secrets {
            assert!(
                !words.contains(&**secret) && !words.contains(&*secret.replace('-', "")),
                "{secret}: {written}"
            );
            assert!(secret.len() < 10 || !written.contains(&**secret), "{secret}: {written}");
        }
    }

    /// An `ssh` that answers for a code with this one, and for everything else with `secret`, and is
    /// asked no more often than that takes.
    pub fn ssh_with(&self, login: &str, secret: &str, code: &str) -> Command {
        use std::os::unix::fs::PermissionsExt;
        let answer = self.dir.join("answer-code");
        let script =
            "#!/bin/sh\ncase \"$1\" in *Verification*) echo \"$CODE\";; *) echo \"$SECRET\";; esac\n";
        std::fs::write(&answer, script).unwrap();
        std::fs::set_permissions(&answer, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut ssh = self.keyless();
        ssh.args(["-o", "PasswordAuthentication=no", "-o"]);
        // OpenSSH counts a password and a code that are both asked for by keyboard-interactive as two tries.
        if secret.is_empty() {
            ssh.args(["NumberOfPasswordPrompts=1", "-i"]).arg(self.key(login));
        } else {
            ssh.args(["NumberOfPasswordPrompts=2", "-o", "PubkeyAuthentication=no"]);
        }
        ssh.env("SSH_ASKPASS", answer).env("SSH_ASKPASS_REQUIRE", "force");
        ssh.env("SECRET", secret).env("CODE", code);
        ssh
    }

    /// One command by key and code.
    pub fn run_with(&self, login: &str, code: &str, words: &[&str]) -> Said {
        let mut ssh = self.ssh_with(login, "", code);
        ssh.arg(Self::at(login)).args(words).stdin(Stdio::null());
        ssh.output().unwrap().into()
    }
}

fn is_code(word: &str) -> bool {
    word.len() == 14 && word.split('-').all(|group| group.len() == 4)
}
