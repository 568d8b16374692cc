//! A forward into a simulated machine.

use super::{House, Killed, wait};
use std::io::{Read, Write};
use std::process::{ChildStdout, Stdio};

/// A forward that is open: the simulated machine says back what it hears.
pub struct Forward {
    /// The client.
    pub ssh: Killed,
    heard: ChildStdout,
}

impl Forward {
    /// Through `login`, to the port of the machine that says back what it hears.
    pub fn new(house: &House, login: &str, vm: &str) -> Self {
        let mut ssh = house.ssh(login);
        ssh.args(["-W", &format!("{vm}:7007")]).arg(House::at(login));
        let mut ssh = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let heard = ssh.stdout.take().unwrap();
        let mut forward = Self { ssh: Killed(ssh), heard };
        assert!(forward.echoes(), "{vm} does not answer");
        forward
    }

    /// Whether a word comes back.
    pub fn echoes(&mut self) -> bool {
        let mut heard = [0; 5];
        let typed = self.ssh.0.stdin.as_mut().unwrap().write_all(b"hola\n").is_ok();
        typed && self.heard.read_exact(&mut heard).is_ok() && &heard == b"hola\n"
    }

    /// Waits until it ends.
    pub fn ended(mut self) {
        wait("the forward ends", || self.ssh.0.try_wait().unwrap().is_some());
    }
}
