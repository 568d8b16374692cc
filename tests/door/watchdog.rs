//! The service manager's watchdog hears only of a door that works, and one that cannot is over.

use super::*;
use std::os::unix::net::UnixDatagram;
use std::process::Child;

/// A program that stops one thread of another, by the thread's name, until its own end.
const FREEZE: &str = "
import ctypes,glob,sys
pid,name=sys.argv[1:]
comm=[f for f in glob.glob(f'/proc/{pid}/task/*/comm') if open(f).read().strip()==name]
tid=int(comm[0].split('/')[4])
ptrace=ctypes.CDLL(None,use_errno=True).ptrace
ptrace.argtypes=[ctypes.c_long,ctypes.c_long,ctypes.c_void_p,ctypes.c_void_p]
for request in (0x4206,0x4207):
 if ptrace(request,tid,None,None): sys.exit(f'ptrace: {ctypes.get_errno()}')
print('stopped',flush=True)
sys.stdin.read()";

fn freeze(house: &House, thread: &str) -> Killed {
    let mut python = Command::new("python3");
    python.args(["-c", FREEZE, &house.pid().to_string(), thread]);
    let mut child = Killed(python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut said = [0; 7];
    child.0.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"stopped");
    child
}

#[test]
fn the_watchdog_hears_only_of_a_door_of_which_every_part_answers() {
    let mut house = House::founded("");
    let notify = house.dir.join("notify");
    let told = UnixDatagram::bind(&notify).unwrap();
    told.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let heard = || {
        let mut buffer = [0; 256];
        told.recv(&mut buffer).map(|n| String::from_utf8_lossy(&buffer[..n]).trim().to_owned()).ok()
    };
    house.start_with(&[("NOTIFY_SOCKET", text(&notify)), ("WATCHDOG_USEC", "2000000")]);
    assert_eq!(heard().as_deref(), Some("READY=1"));
    for (thread, part) in [("audit", "the audit's writer"), ("connections-0", "a thread of connections")] {
        for _ in 0..3 {
            assert_eq!(heard().as_deref(), Some("WATCHDOG=1"), "{thread}");
        }
        let before = house.log().len();
        let frozen = freeze(&house, thread);
        let silent = || {
            let log = house.log();
            let lines = log[before..].lines().filter(|line| line.contains("does not answer"));
            lines.filter(|line| line.contains(part)).count()
        };
        wait("it is noticed", || silent() >= 1);
        told.set_nonblocking(true).unwrap();
        while heard().is_some() {}
        wait("it is noticed again", || silent() >= 3);
        assert_eq!(heard(), None, "the manager hears that all is well while {thread} stands still");
        told.set_nonblocking(false).unwrap();
        drop(frozen);
    }
    assert_eq!(heard().as_deref(), Some("WATCHDOG=1"));
    assert_eq!(house.stop(), 0);
}

/// Opens a socket, has the program inherit it, says its port, and shuts it down when it is told to.
const LAUNCH: &str = "
import socket,subprocess,sys,os
s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(64)
print(s.getsockname()[1],flush=True)
s.fileno()==3 or os.dup2(s.fileno(),3)
word='export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\"'
p=subprocess.Popen(['sh','-c',word,'sh']+sys.argv[1:],pass_fds=[3])
sys.stdin.readline()
s.shutdown(socket.SHUT_RDWR)
sys.exit(p.wait(30))";

#[test]
fn a_door_that_cannot_accept_any_more_ends_and_says_why() {
    let house = House::founded("");
    let log = File::create(house.dir.join("log")).unwrap();
    let mut python = Command::new("python3");
    python.args(["-c", LAUNCH, env!("CARGO_BIN_EXE_puerta"), "--config", text(&house.config()), "serve"]);
    let spawned: Child = python.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let mut child = Killed(spawned);
    wait("it listens", || house.log().contains("listening"));
    drop(child.0.stdin.take());
    let mut ended = None;
    wait("it ends", || {
        ended = child.0.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(1), "{}", house.log());
    assert!(house.log().contains("puerta: cannot go on: accepting connections"), "{}", house.log());
    let audit = house.audit();
    let stop = lines(&audit, "stop", &[]);
    let reason = stop[0]["detail"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("accepting connections"), "{reason}");
}
