//! A registry that another program has: nothing is broken, and nobody reads that it is.

use super::*;

const LOCK: &str = "
import sqlite3,sys
d=sqlite3.connect(sys.argv[1],isolation_level=None)
d.execute('BEGIN EXCLUSIVE')
print('locked',flush=True)
sys.stdin.read()
d.execute('ROLLBACK')";

/// Locked until it is dropped.
fn locked(house: &House) -> Killed {
    let mut python = Command::new("python3");
    python.args(["-c", LOCK, text(&house.dir.join("state/puerta.sqlite"))]);
    let mut child = Killed(python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut said = [0; 6];
    child.0.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"locked");
    child
}

#[test]
fn a_registry_that_is_locked_is_unavailable_and_a_job_waits_for_it() {
    let house = House::new("delay_ms = 1500\n");
    let code = enrol(&house, "alumno3");
    let mut ssh = house.ssh("alumno1");
    ssh.arg(House::at("alumno1")).args(["vm", "create", "web1", "--template", "mini"]);
    let creating = ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait("it is being created", || house.ok("alumno1", &["job", "list", "--json"]).contains("\"running\""));
    let lock = locked(&house);
    wait("the job waits", || house.log().contains("waiting for the registry"));
    // Who has a key comes in, and reads what is there; what would be written is said not to be.
    let said = house.run("profesor", &["course", "create", "otro-2026", "--json"]);
    assert!(said.code == 2 && said.err.contains("\"unavailable\""), "{said:?}");
    let said = house.run("profesor", &["course", "create", "otro-2026"]);
    assert!(said.code == 2 && said.err.contains("ocupado con otra cosa"), "{said:?}");
    house.ok("alumno1", &["vm", "list"]);
    // A code would be used up: that cannot be written, which is no wrong code.
    let said = house.run_secret("keyboard-interactive", "alumno3", &code, &["whoami"]);
    assert!(said.code == 255 && said.err.contains("no puede mirar ahora"), "{said:?}");
    drop(lock);
    let created: Said = creating.wait_with_output().unwrap().into();
    assert_eq!(created.code, 0, "{created:?}\n{}", house.log());
    assert!(!house.log().contains("reference="), "something of ours failed: {}", house.log());
    house.ok("profesor", &["course", "create", "otro-2026"]);
    let said = house.run_secret("keyboard-interactive", "alumno3", &code, &["whoami"]);
    assert_eq!(said.code, 0, "{said:?}");
}
