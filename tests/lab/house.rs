//! A whole lab for one test, and what a person or a technician does in it.

use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What a program said.
#[derive(Debug)]
pub(crate) struct Said {
    /// Exit status; 255 is ssh's own, -1 a signal.
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) took: Duration,
}

impl Said {
    /// Runs it to its end, with nothing on standard input.
    pub(crate) fn of(command: &mut Command) -> Self {
        let begun = Instant::now();
        let output = command.stdin(Stdio::null()).output();
        Self::from(output.unwrap_or_else(|error| panic!("{command:?} does not start: {error}")), begun)
    }

    fn from(output: Output, begun: Instant) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: begun.elapsed(),
        }
    }

    /// It must have gone well: its standard output.
    #[track_caller]
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// It must have ended with this status and said this on standard error.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, part: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(part), "expected `{part}`: {self:?}");
        self
    }
}

pub(crate) fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("contrib/lab")
}

/// The folder of a test's lab: always the same one of this checkout, so that what a killed run left is found.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = env!("CARGO_MANIFEST_DIR").bytes();
    let sum = path.fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("/tmp/pl-{sum:08x}-{name}").into()
}

/// A lab: puerta with its course, its students and its nodes.
pub(crate) struct Lab {
    pub(crate) dir: PathBuf,
    begun: Instant,
}

/// A machine runs a moment before its sshd does.
fn answered(ask: impl Fn() -> Said) -> Said {
    let begun = Instant::now();
    loop {
        let said = ask();
        if !said.err.contains("nothing answers on port 22") || begun.elapsed() > Duration::from_secs(10) {
            return said;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

impl Lab {
    /// A new one, ready.
    pub(crate) fn up(name: &str, words: &[&str]) -> Self {
        assert!(
            rustix::process::geteuid().is_root(),
            "this test starts a whole lab in network namespaces: run it as root, or leave it out with -E 'not binary(lab)'"
        );
        let lab = Self { dir: folder(name), begun: Instant::now() };
        lab.lab("down", &[]).well();
        let up = lab.lab("up", words);
        assert_eq!(up.code, 0, "contrib/lab does not start here: {}{}", up.out, up.err);
        eprintln!("{name}: up in {:.1} s", up.took.as_secs_f32());
        lab
    }

    /// One named part of a test, with its time.
    pub(crate) fn step(&self, name: &str, part: impl FnOnce()) {
        let begun = Instant::now();
        self.named(name, part);
        eprintln!("  {:5.1} s  {name}", begun.elapsed().as_secs_f32());
    }

    /// The same, silent when it goes well.
    pub(crate) fn named(&self, name: &str, part: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(part)) {
            eprintln!("FAILED: {name}\n--- the end of puerta.log\n{}---", self.log_end());
            resume_unwind(panic);
        }
    }

    fn log_end(&self) -> String {
        let text = std::fs::read_to_string(self.dir.join("puerta.log")).unwrap_or_default();
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        lines[lines.len().saturating_sub(40)..].concat()
    }

    /// `contrib/lab VERB --dir DIR WORDS...`
    pub(crate) fn lab(&self, verb: &str, words: &[&str]) -> Said {
        let mut command = Command::new(program());
        command.arg(verb).arg("--dir").arg(&self.dir).args(words);
        Said::of(command.env("PUERTA_BIN", env!("CARGO_BIN_EXE_puerta")))
    }

    pub(crate) fn env(&self) -> BTreeMap<String, String> {
        let text = self.lab("env", &[]).well();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// A program in a namespace of the lab.
    pub(crate) fn exec(&self, namespace: &str, words: &[&str]) -> Said {
        let mut command = Command::new(program());
        Said::of(command.arg("exec").arg("--dir").arg(&self.dir).args([namespace, "--"]).args(words))
    }

    /// Incus' own client at a node, as its administrator, in the project of puerta.
    pub(crate) fn incus(&self, words: &[&str]) -> String {
        self.exec("nodo01", &[&["incus", "--project", "puerta"], words].concat()).well()
    }

    pub(crate) fn query(&self, path: &str) -> Value {
        serde_json::from_str(&self.exec("nodo01", &["incus", "query", path]).well()).unwrap()
    }

    /// Every instance as the engine has it.
    pub(crate) fn instances(&self) -> Vec<Value> {
        let all = self.query("/1.0/instances?recursion=1&project=puerta");
        all.as_array().unwrap().clone()
    }

    /// A client that reads the lab's configuration and nothing of this host's, and speaks English.
    pub(crate) fn client(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.arg("-F").arg(self.dir.join("ssh_config"));
        command.args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=15"]);
        command.env_remove("SSH_AUTH_SOCK");
        command
    }

    pub(crate) fn verb(&self, login: &str, words: &str) -> Command {
        let mut command = self.client("ssh");
        command.args(["-o", "SetEnv=LC_ALL=en_US.UTF-8"]).arg(format!("{login}@puerta")).arg(words);
        command
    }

    /// `ssh LOGIN@puerta WORDS`
    pub(crate) fn run(&self, login: &str, words: &str) -> Said {
        Said::of(&mut self.verb(login, words))
    }

    /// The same, which must go well.
    #[track_caller]
    pub(crate) fn ok(&self, login: &str, words: &str) -> String {
        let said = self.run(login, words);
        assert_eq!(said.code, 0, "{login}: {words}: {said:?}");
        said.out
    }

    /// The same for a program.
    #[track_caller]
    pub(crate) fn json(&self, login: &str, words: &str) -> Value {
        serde_json::from_str(&self.ok(login, &format!("{words} --json"))).unwrap()
    }

    /// `ssh -J alumno1@puerta root@VM SCRIPT`
    pub(crate) fn inside(&self, vm: &str, script: &str) -> Said {
        answered(|| {
            Said::of(self.client("ssh").args(["-J", "alumno1@puerta", &format!("root@{vm}"), script]))
        })
    }

    /// The same for a machine whose host key is another one each time.
    pub(crate) fn inside_new(&self, vm: &str, script: &str) -> Said {
        answered(|| {
            let mut ssh = self.client("ssh");
            ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=accept-new"]);
            Said::of(ssh.args(["-J", "alumno1@puerta", &format!("root@{vm}"), script]))
        })
    }

    /// The machine by that name, as its student sees it.
    #[track_caller]
    pub(crate) fn vm(&self, name: &str) -> Option<Value> {
        let all = self.json("alumno1", "vm list");
        all.as_array().unwrap().iter().find(|vm| vm["name"] == name).cloned()
    }

    /// The state word of a machine.
    #[track_caller]
    pub(crate) fn state(&self, name: &str) -> String {
        self.vm(name).map_or("none".into(), |vm| vm["state"].as_str().unwrap().to_owned())
    }

    /// Names of a machine's backups, newest first.
    pub(crate) fn backups(&self, vm: &str) -> Vec<String> {
        let all = self.json("alumno1", "backup list");
        let ours = all.as_array().unwrap().iter().filter(|backup| backup["vm"] == vm);
        ours.map(|backup| backup["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The newest job.
    pub(crate) fn last_job(&self) -> Value {
        self.json("alumno1", "job list")[0].clone()
    }

    /// Until no job runs.
    #[track_caller]
    pub(crate) fn settled(&self) {
        wait("all jobs are settled", Duration::from_secs(60), || {
            let jobs = self.json("alumno1", "job list");
            jobs.as_array().unwrap().iter().all(|job| job["state"] != "running")
        });
    }

    /// The end of puerta without a word.
    pub(crate) fn kill9(&self) {
        let pid = std::fs::read_to_string(self.dir.join("puerta.pid")).unwrap();
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    /// Adds these lines to the end of puerta's configuration, and restarts it.
    pub(crate) fn configure(&self, original: &str, more: &str) {
        std::fs::write(self.dir.join("puerta.toml"), format!("{original}\n{more}\n")).unwrap();
        self.lab("restart", &[]).well();
    }

    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.dir.join("puerta.toml")).unwrap()
    }

    /// Where archives are, unless configured otherwise.
    pub(crate) fn archives(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let Ok(seats) = std::fs::read_dir(self.dir.join("state/backups")) else { return found };
        for seat in seats {
            // Beside the seats' folders stands the mark of all.
            let Ok(files) = std::fs::read_dir(seat.unwrap().path()) else { continue };
            // Beside them stands whose they are.
            found.extend(files.map(|file| file.unwrap().path()).filter(|file| !file.ends_with("seat.json")));
        }
        found
    }

    /// What must be true whenever no job runs: nothing half, in the engine or on the disk.
    #[track_caller]
    pub(crate) fn nothing_half(&self) {
        let listed = self.json("profesor", "vm list --all");
        let known = listed.as_array().unwrap().iter();
        let mut known: Vec<_> = known.map(|vm| vm["address"].as_str().unwrap().to_owned()).collect();
        let instances = self.instances();
        let mut real = Vec::new();
        for instance in &instances {
            let name = instance["name"].as_str().unwrap();
            assert_eq!(name.split('-').count(), 2, "`{name}` is half of something");
            let status = instance["status"].as_str().unwrap();
            assert!(["Running", "Stopped"].contains(&status), "`{name}` is {status}");
            real.push(instance["devices"]["eth0"]["ipv4.address"].as_str().unwrap().to_owned());
            // An export that was given up may still be at its end.
            wait("the engine keeps no backup", Duration::from_secs(30), || {
                self.query(&format!("/1.0/instances/{name}/backups?project=puerta")) == serde_json::json!([])
            });
        }
        known.sort();
        real.sort();
        assert_eq!(known, real, "the registry and the engine differ");
        // A cluster removes no image while a member is down.
        wait("no image is left but templates", Duration::from_secs(30), || {
            let images = self.query("/1.0/images?recursion=1&project=puerta");
            let template = |image: &Value| {
                ["puerta.template", "puerta.published"].iter().any(|key| image["properties"][key].is_string())
            };
            images.as_array().unwrap().iter().all(template)
        });
        let all = self.json("profesor", "backup list --all");
        let names = all.as_array().unwrap().iter().map(|backup| backup["name"].as_str().unwrap());
        let mut names: Vec<_> = names.map(|name| format!("{name}.tar.zst")).collect();
        let files = self.archives();
        let mut files: Vec<_> =
            files.iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        files.sort();
        assert_eq!(names, files, "listed backups and files differ");
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::env::var_os("PUERTA_TEST_KEEP").is_some() {
            return;
        }
        let down = self.lab("down", &[]);
        if down.code != 0 {
            eprintln!("contrib/lab down: {}", down.err);
        }
        eprintln!("{:.1} s in all", self.begun.elapsed().as_secs_f32());
    }
}

/// Waits for something to become true.
#[track_caller]
pub(crate) fn wait(what: &str, limit: Duration, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < limit, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
