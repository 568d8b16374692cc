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

/// Debian's.
#[test]
fn paramiko_2() {
    let debian = Path::new("/usr/bin/python3");
    everything(python(debian, "paramiko"), "2.12.0", true, Proves::Password);
    one_try_after_another(debian);
}

#[test]
fn paramiko_5() {
    everything(python(&venv(), "paramiko"), "5.1.0", true, Proves::Password);
    one_try_after_another(&venv());
}

/// It asks for the service again before each try: wrong keys before the right one, a password, a second factor, and
/// an agent of eight keys of which the last one is ours.
fn one_try_after_another(python: &Path) {
    let lab = Lab::new();
    lab.with_password();
    let agent = Agent::new(&lab, 7);
    let run = |code: Option<String>| {
        let mut command = lab.program(text(python));
        command.arg(format!("{REPO}/tests/clients/paramiko_tries.py"));
        command.env("WRONG", lab.house.key("stranger")).env("PASSWORD", PASSWORD);
        command.env("SSH_AUTH_SOCK", &agent.socket);
        if let Some(code) = code {
            command.env("CODE", code);
        }
        let said = script(&lab, command);
        assert_eq!(said.code, 0, "{said:?}");
        said.out.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let no = "AuthenticationException";
    let expected = [
        format!("keys {no} in alumno1"),
        format!("password {no} {no} in alumno1"),
        "none BadAuthenticationType in alumno1".to_owned(),
        "agent 8 True".to_owned(),
    ];
    assert_eq!(run(None), expected);
    let code = lab.with_factor().next_of_paper();
    assert_eq!(run(Some(code)), [format!("factor {no} then keyboard-interactive in alumno1")]);
}

/// An agent that offers so many keys of nobody before `alumno1`'s.
struct Agent {
    _agent: Killed,
    socket: PathBuf,
}

impl Agent {
    fn new(lab: &Lab, others: usize) -> Self {
        let socket = lab.home.join("agent");
        let mut agent = lab.program("ssh-agent");
        let agent = Killed(agent.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap());
        wait("the agent is there", || socket.exists());
        let add = |key: &Path| {
            let mut add = lab.program("ssh-add");
            good(add.env("SSH_AUTH_SOCK", &socket).arg("-q").arg(key));
        };
        for number in 0..others {
            let name = format!("other{number}");
            lab.house.make_key(&name);
            add(&lab.house.key(&name));
        }
        add(&lab.house.key("alumno1"));
        Self { _agent: agent, socket }
    }
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
