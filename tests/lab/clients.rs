//! A client that offers more algorithms than an old dropbear reads, against the dropbear of `mini`.

use crate::house::{Lab, Said};
use std::path::Path;
use std::process::Command;

/// asyncssh, by the program of tests/clients.rs: puerta, the machine behind it, a file there and back.
pub(crate) fn asyncssh(lab: &Lab) {
    let repo = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = repo.join("target/clients/python/bin/python");
    assert!(python.exists(), "asyncssh is not installed: run contrib/clients (contrib/check does)");
    let (env, work) = (lab.env(), lab.dir.join("asyncssh"));
    std::fs::create_dir(&work).unwrap();
    std::fs::write(work.join("in"), "línea con ñ\n".repeat(5000)).unwrap();
    // The same path on both sides, for the file.
    lab.inside("web1", &format!("mkdir -p {}", work.display())).well();
    let ask = "dropbearkey -y -f /etc/dropbear/dropbear_ed25519_host_key | grep ^ssh";
    let machine = lab.inside("web1", ask).well();
    let puerta = std::fs::read_to_string(&env["PUERTA_KNOWN_HOSTS"]).unwrap();
    std::fs::write(work.join("known"), format!("{puerta}\nweb1 {machine}")).unwrap();
    let mut python = Command::new(python);
    python.arg(repo.join("tests/clients/asyncssh_client.py")).env("PORT", &env["PUERTA_PORT"]);
    python.env("KEY", lab.dir.join("keys/alumno1")).env("KNOWN", work.join("known")).env("DIR", &work);
    let said = Said::of(&mut python).well();
    assert!(said.contains("door 0 web1\n") && said.contains("machine 7 hola\n"), "{said}");
    let read = |name: &str| std::fs::read(work.join(name)).unwrap();
    assert!(read("in") == read("back"));
}
