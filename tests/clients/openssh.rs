//! OpenSSH 9 and 10, and what VS Code does with it.

use super::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

/// The programs of one version: Debian's own, or unpacked beside.
struct OpenSsh<'a> {
    lab: &'a Lab,
    dir: PathBuf,
}

impl OpenSsh<'_> {
    fn program(&self, name: &str) -> Command {
        let mut command = self.lab.program(text(&self.dir.join(name)));
        command.arg("-F").arg(self.lab.config());
        if name != "ssh" {
            command.arg("-S").arg(self.dir.join("ssh"));
        }
        command
    }
}

fn everything(version: &str) {
    let lab = Lab::new();
    let open = OpenSsh { lab: &lab, dir: beside(&format!("openssh-{version}/usr/bin")) };
    let is = said(Command::new(open.dir.join("ssh")).arg("-V"));
    assert!(is.err.starts_with(&format!("OpenSSH_{version}.")), "{is:?}");

    lists_web1(&said(open.program("ssh").args(["puerta", "vm", "list", "--json"])));
    is_trial(&said(open.program("ssh").args(["-J", "puerta", "root@web1", TRIAL])));
    let there = format!("web1:{}", text(&lab.home.join("there")));
    good(open.program("scp").args(["-q", "in", &there]));
    good(open.program("scp").args(["-q", &there, "back"]));
    lab.is_back("scp");
    let batch = format!("put in {0}/there\nget {0}/there back\n", text(&lab.home));
    std::fs::write(lab.home.join("batch"), batch).unwrap();
    good(open.program("sftp").args(["-q", "-b", "batch", "web1"]));
    lab.is_back("sftp");

    // A password, then the code; the machine's key in between.
    let mut telephone = lab.with_factor();
    let answer = lab.home.join("answer");
    let script = "#!/bin/sh\ncase \"$1\" in *Verification*) echo \"$CODE\";; *) echo \"$PASSWORD\";; esac\n";
    std::fs::write(&answer, script).unwrap();
    std::fs::set_permissions(&answer, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = lab.ssh_config().replace(" User alumno1\n", " User alumno1\n PubkeyAuthentication no\n");
    std::fs::write(lab.config(), config).unwrap();
    let mut ssh = open.program("ssh");
    ssh.env("SSH_ASKPASS", answer).env("SSH_ASKPASS_REQUIRE", "force").env("PASSWORD", PASSWORD);
    is_trial(&said(ssh.env("CODE", telephone.next_of_paper()).args(["web1", TRIAL])));
}

#[test]
fn openssh_9() {
    everything("9");
}

#[test]
fn openssh_10() {
    everything("10");
}

/// VS Code's Remote-SSH: a shell without a terminal reads a script, says between marks what it found, and stays;
/// what the editor then needs goes through the dynamic forward of the same connection.
#[test]
fn the_sequence_of_vs_code() {
    let lab = Lab::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut ssh = lab.ssh();
    ssh.args(["-T", "-D", &format!("127.0.0.1:{port}"), "-o", "ConnectTimeout=15", "-J", "puerta"]);
    ssh.args(["root@web1", "sh"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = Killed(ssh.spawn().unwrap());
    let mut script = child.0.stdin.take().unwrap();
    let mut heard = BufReader::new(child.0.stdout.take().unwrap());
    let mut line = || {
        let mut line = String::new();
        heard.read_line(&mut line).unwrap();
        line
    };
    // Its own server in the machine: says a word to who comes, and hears one.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let listening = server.local_addr().unwrap().port();
    writeln!(script, "echo \"4f2a: running\"\nuname -s").unwrap();
    writeln!(script, "printf 'listeningOn==%s==\\n4f2a: end\\n' {listening}").unwrap();
    assert_eq!([line(), line()], ["4f2a: running\n", "Linux\n"]);
    assert_eq!([line(), line()], [format!("listeningOn=={listening}==\n"), "4f2a: end\n".to_owned()]);

    let echo = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut word = [0; 5];
        stream.read_exact(&mut word).unwrap();
        stream.write_all(&word).unwrap();
    });
    // SOCKS5 (RFC 1928) to the machine's own loopback.
    let mut socks = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socks.write_all(&[5, 1, 0]).unwrap();
    socks.read_exact(&mut [0; 2]).unwrap();
    let [high, low] = listening.to_be_bytes();
    socks.write_all(&[5, 1, 0, 1, 127, 0, 0, 1, high, low]).unwrap();
    let mut answer = [0; 10];
    socks.read_exact(&mut answer).unwrap();
    assert_eq!(answer[..2], [5, 0]);
    socks.write_all(b"hello").unwrap();
    let mut word = [0; 5];
    socks.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"hello");
    echo.join().unwrap();
    drop(socks);

    // The shell is still there, and ends with its own status.
    writeln!(script, "echo still; exit 3").unwrap();
    assert_eq!(line(), "still\n");
    assert_eq!(child.0.wait().unwrap().code(), Some(3));
}
