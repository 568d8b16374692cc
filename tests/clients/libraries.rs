//! Libraries, each by a small program of its own language that says the same lines.

use super::*;

/// What a program did on its way in and behind.
fn script(lab: &Lab, mut command: Command) -> Said {
    command.env("PORT", lab.house.port.to_string()).env("KEY", lab.house.key("alumno1"));
    command.env("KNOWN", lab.known()).env("DIR", &lab.home);
    command.env("TUNNEL", format!("ssh -F {} -W %h:%p puerta", text(&lab.config())));
    command.env("NODE_PATH", Path::new(REPO).join("target/clients/node/node_modules"));
    said(&mut command)
}

/// It came in, saw the machine in the list, went on to it, and was told the status there.
fn is_through(said: &Said) {
    let has = |line: &str| said.out.lines().any(|is| is == line);
    assert!(said.code == 0 && has("door 0 web1") && has("machine 7 hola"), "{said:?}");
}

/// By key, with a file there and back where it can; then by password, with a code where it can answer for one.
fn everything(command: impl Fn(&Lab) -> Command, version: &str, files: bool, proves: Proves) {
    let lab = Lab::new();
    let by_key = script(&lab, command(&lab));
    is_through(&by_key);
    assert!(by_key.out.lines().any(|line| line == format!("version {version}")), "{by_key:?}");
    if files {
        lab.is_back(version);
    }
    let mut proved = command(&lab);
    proved.env("PASSWORD", PASSWORD);
    match proves {
        Proves::Key => return,
        Proves::Password => lab.with_password(),
        Proves::PasswordAndCode => {
            let code = lab.with_factor().next_of_paper();
            proved.env("CODE", code);
        }
    }
    is_through(&script(&lab, proved));
}

/// What it can prove beside a key.
enum Proves {
    Key,
    Password,
    PasswordAndCode,
}

fn python(python: &Path, script: &str) -> impl Fn(&Lab) -> Command {
    let (python, script) = (text(python).to_owned(), format!("{REPO}/tests/clients/{script}_client.py"));
    move |lab| {
        let mut command = lab.program(&python);
        command.arg(&script);
        command
    }
}

fn venv() -> PathBuf {
    beside("python/bin/python")
}

/// Debian's. It asks for the service again before each try, which is not answered (docs/cves.md), so no more
/// than one: a password, and no code after it.
#[test]
fn paramiko_2() {
    everything(python(Path::new("/usr/bin/python3"), "paramiko"), "2.12.0", true, Proves::Password);
}

#[test]
fn paramiko_5() {
    everything(python(&venv(), "paramiko"), "5.1.0", true, Proves::Password);
}

#[test]
fn fabric() {
    everything(python(&venv(), "fabric"), "3.2.3", true, Proves::Key);
}

#[test]
fn asyncssh() {
    everything(python(&venv(), "asyncssh"), "2.24.1", true, Proves::PasswordAndCode);
}

#[test]
fn libssh() {
    everything(python(&venv(), "libssh"), "0.12.0", true, Proves::Password);
}

#[test]
fn libssh2() {
    everything(python(&venv(), "libssh2"), "1.11.1", false, Proves::Password);
}

#[test]
fn ssh2_of_npm() {
    beside("node/node_modules/ssh2/package.json");
    let node = |lab: &Lab| {
        let mut node = lab.program("node");
        node.arg(format!("{REPO}/tests/clients/ssh2_client.js"));
        node
    };
    everything(node, "1.17.0", true, Proves::PasswordAndCode);
}

/// No Curve25519 here: P-256 is for it (docs/adr/0009).
#[test]
fn net_ssh() {
    let ruby = |lab: &Lab| {
        let mut ruby = lab.program("ruby");
        ruby.arg(format!("{REPO}/tests/clients/net_ssh_client.rb"));
        ruby
    };
    everything(ruby, "7.0.1, ecdh-sha2-nistp256", true, Proves::PasswordAndCode);
}

/// Debian's sources, built here and without network.
#[test]
fn x_crypto_of_go() {
    let sources = Path::new("/usr/share/gocode/src/golang.org/x/crypto/ssh");
    if !sources.exists() {
        missing::<()>("golang-golang-x-crypto-dev");
    }
    let go = |lab: &Lab| {
        let built = lab.home.join("client");
        if !built.exists() {
            let mut go = lab.program("go");
            go.env("GO111MODULE", "off").env("GOPROXY", "off").env("GOPATH", "/usr/share/gocode");
            go.env("GOCACHE", Path::new(REPO).join("target/clients/go-cache")).arg("build").arg("-o");
            good(go.arg(&built).arg(format!("{REPO}/tests/clients/xcrypto_client.go")));
        }
        lab.program(text(&built))
    };
    everything(go, "x/crypto", true, Proves::PasswordAndCode);
}
