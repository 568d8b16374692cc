//! Whatever becomes of standard error, the door serves: closed, full, its reader gone, a disk that fills and is
//! emptied again.

use super::*;
use std::net::TcpStream;

/// A house whose program is started by the test, with this for its standard error; it says all that it can.
fn serving(extra: &str, stderr: Stdio) -> (House, Killed) {
    let house = House::founded(extra);
    let mut serve = Command::new(env!("CARGO_BIN_EXE_puerta"));
    serve.args(["--config", text(&house.config()), "serve"]).env("RUST_LOG", "trace").stdin(Stdio::null());
    let child = Killed(serve.stdout(Stdio::null()).stderr(stderr).spawn().unwrap());
    // Both ends of a pipe that the test gave are the child's alone now.
    drop(serve);
    wait("puerta answers", || TcpStream::connect(("127.0.0.1", house.port)).is_ok());
    (house, child)
}

fn knock(house: &House) {
    drop(TcpStream::connect(("127.0.0.1", house.port)).unwrap());
}

/// Once the door has done with those who knocked.
fn comes_in(house: &House) {
    wait("somebody comes in", || house.run("profesor", &["whoami"]).code == 0);
}

/// With room for one connection (`FULL`), who came in keeps it, and everybody else is refused.
fn fills(house: &House) -> Killed {
    let come = || {
        let mut ssh = house.ssh("profesor");
        ssh.arg("-N").arg(House::at("profesor")).stdin(Stdio::null()).stderr(Stdio::null());
        Killed(ssh.spawn().unwrap())
    };
    let is_in = |line: &&Value| line["code"] == "login" && line["outcome"] == "allowed";
    let logins = || house.audit().iter().filter(is_in).count();
    let before = logins();
    let mut first = come();
    wait("somebody keeps the door", || {
        // Whoever knocked before may have had the one place still.
        if first.0.try_wait().unwrap().is_some() {
            first = come();
        }
        logins() > before
    });
    wait("the door is full", || is_refused(house));
    first
}

const FULL: &str = "[ssh]\nmax_connections = 1\n";

/// Somebody who is refused reads that; how it went.
fn is_refused(house: &House) -> bool {
    let mut said = Vec::new();
    let mut stream = TcpStream::connect(("127.0.0.1", house.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let _ = stream.read_to_end(&mut said);
    String::from_utf8_lossy(&said).contains("Too many connections")
}

#[test]
fn a_pipe_that_nobody_reads_keeps_nobody_waiting() {
    let (reader, writer) = std::io::pipe().unwrap();
    // A page: it is full soon.
    let room = rustix::pipe::fcntl_setpipe_size(&reader, 4096).unwrap();
    let (house, mut child) = serving("", writer.into());
    let waiting = || rustix::io::ioctl_fionread(&reader).unwrap();
    // So that the next line does not fit.
    wait("the pipe is full", || {
        (0..50).for_each(|_| knock(&house));
        waiting() as usize > room - 400
    });
    for _ in 0..5 {
        (0..50).for_each(|_| knock(&house));
        comes_in(&house);
    }
    // It does not keep the end waiting either.
    let pid = child.0.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    let mut ended = None;
    wait("it ends", || {
        ended = child.0.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(0));
    assert_eq!(lines(&house.audit(), "stop", &[]).len(), 1);
}

#[test]
fn a_reader_that_is_gone_is_no_panic() {
    let (reader, writer) = std::io::pipe().unwrap();
    let (house, _child) = serving(FULL, writer.into());
    drop(reader);
    drop(fills(&house));
    comes_in(&house);
}

#[test]
fn without_a_standard_error_it_serves() {
    let house = House::founded("");
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec 2>&-; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_puerta"), "--config"]);
    shell.arg(house.config()).arg("serve").stdin(Stdio::null()).stdout(Stdio::null());
    let _child = Killed(shell.spawn().unwrap());
    wait("puerta answers", || TcpStream::connect(("127.0.0.1", house.port)).is_ok());
    (0..50).for_each(|_| knock(&house));
    comes_in(&house);
}

/// A small file system of the test's own; unmounted when it goes.
struct Small(std::path::PathBuf);

impl Small {
    fn new(name: &str, size: &str) -> Self {
        let path = std::env::temp_dir().join(format!("puerta-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        let mount = said(Command::new("mount").args(["-t", "tmpfs", "-o", size, "none"]).arg(&path));
        assert_eq!(mount.code, 0, "{mount:?}");
        Self(path)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_disk_that_fills_and_is_emptied_gets_lines_again_and_how_many_are_missing() {
    let small = Small::new("log", "size=4m");
    let path = small.0.join("log");
    let log = File::options().create(true).append(true).open(&path).unwrap();
    // Where they are known, many that give up are no reason to refuse the next ones.
    let (house, _child) = serving("[firewall]\ncampus = [\"127.0.0.0/8\"]\n", log.into());
    let ballast = small.0.join("ballast");
    // All that is left of the disk, and then more lines than wait for it.
    let _ = std::fs::write(&ballast, vec![b'x'; 4 << 20]);
    let begun = Instant::now();
    for _ in 0..80 {
        (0..100).for_each(|_| knock(&house));
        if begun.elapsed() > Duration::from_secs(60) {
            break;
        }
    }
    comes_in(&house);
    std::fs::remove_file(&ballast).unwrap();
    let missing = || {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        text.split_once("lines of the log are missing here").map(|(_, rest)| rest.to_owned())
    };
    wait("the log says that lines are missing, and lines follow", || {
        comes_in(&house);
        missing().is_some_and(|rest| rest.lines().count() > 2)
    });
    let rest = missing().unwrap();
    let (_, count) = rest.lines().next().unwrap().rsplit_once("lines=").unwrap();
    assert!(count.parse::<u64>().unwrap() > 0, "{rest}");
}

#[test]
fn many_refusals_are_a_few_lines_and_none_is_missing_in_number() {
    let mut house = House::founded(FULL);
    house.start();
    let first = fills(&house);
    let before = told(&house).0;
    let refused = (0..200).filter(|_| is_refused(&house)).count();
    assert_eq!(refused, 200);
    drop(first);
    house.stop();
    let (told, lines) = told(&house);
    // Of those that were refused while the door was filled some are told only now.
    assert!((refused + before..refused + 100).contains(&told), "{}", house.log());
    assert!(lines < 20, "{}", house.log());
}

/// How many refusals the log says that there were, and in how many lines.
fn told(house: &House) -> (usize, usize) {
    let log = house.log();
    let count = |line: &str| match line.rsplit_once("count=") {
        Some((_, rest)) => rest.split(' ').next().unwrap().parse().unwrap(),
        None => 1,
    };
    let counts: Vec<usize> =
        log.lines().filter(|line| line.contains("refused: max_connections")).map(count).collect();
    (counts.iter().sum(), counts.len())
}
