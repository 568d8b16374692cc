//! A real engine for one test: `contrib/lab`, engine only.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

pub(crate) struct Lab {
    dir: PathBuf,
    keep: bool,
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("contrib/lab")
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"))
}

impl Lab {
    /// A new one. The folder is always the same one of this checkout and test, so that what a
    /// killed run left is cleaned by the next.
    pub(crate) fn up(name: &str, nodes: u32) -> Self {
        assert!(
            rustix::process::geteuid().is_root(),
            "this test starts a real Incus in network namespaces: run it as root, or leave it out with -E 'not binary(engine)'"
        );
        let checkout = env!("CARGO_MANIFEST_DIR")
            .bytes()
            .fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        let lab = Self { dir: format!("/tmp/pe-{checkout:08x}-{name}").into(), keep: false };
        lab.lab(&["down"], &[]);
        let nodes = nodes.to_string();
        let up = lab.lab(&["up", "--engine-only", "--nodes", &nodes], &[]);
        assert!(
            up.status.success(),
            "contrib/lab does not start here:\n{}{}",
            String::from_utf8_lossy(&up.stdout),
            String::from_utf8_lossy(&up.stderr)
        );
        lab
    }

    /// The lab of the outer process; it will take it down.
    pub(crate) fn of(dir: PathBuf) -> Self {
        Self { dir, keep: true }
    }

    pub(crate) fn dir(&self) -> &PathBuf {
        &self.dir
    }

    fn lab(&self, words: &[&str], rest: &[&str]) -> Output {
        run(Command::new(program()).args(words).arg("--dir").arg(&self.dir).args(rest))
    }

    /// `start`, `stop`... of one node's daemon.
    pub(crate) fn node(&self, verb: &str, node: &str) {
        let output = self.lab(&[verb], &[node]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The daemon's end without a word.
    pub(crate) fn kill(&self, node: u32) {
        let pid = std::fs::read_to_string(self.dir.join(format!("n{node}.pid"))).unwrap();
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    pub(crate) fn env(&self) -> BTreeMap<String, String> {
        let output = self.lab(&["env"], &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// A program in a namespace of the lab.
    pub(crate) fn exec(&self, namespace: &str, words: &[&str]) -> Output {
        run(Command::new(program())
            .arg("exec")
            .arg("--dir")
            .arg(&self.dir)
            .args([namespace, "--"])
            .args(words)
            .stdin(std::process::Stdio::null()))
    }

    /// The same, which must go well.
    pub(crate) fn sh(&self, namespace: &str, words: &[&str]) -> String {
        let output = self.exec(namespace, words);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if !self.keep {
            let down = self.lab(&["down"], &[]);
            if !down.status.success() {
                eprintln!("{}", String::from_utf8_lossy(&down.stderr));
            }
        }
    }
}
