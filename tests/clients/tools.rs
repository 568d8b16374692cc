//! What carries files and orders over `ssh`, or through a port that `ssh -L` opens.

use super::*;
use std::net::TcpListener;

#[test]
fn rsync_and_git() {
    let lab = Lab::new();
    let ssh = format!("ssh -F {}", text(&lab.config()));
    let there = format!("web1:{}", text(&lab.home.join("there")));
    good(lab.program("rsync").args(["-a", "-e", &ssh, "in", &there]));
    good(lab.program("rsync").args(["-a", "-e", &ssh, &there, "back"]));
    lab.is_back("rsync");

    let bare = lab.home.join("bare.git");
    good(lab.program("git").args(["init", "-q", "--bare", text(&bare)]));
    let git = |dir: &str, words: &[&str]| {
        let mut git = lab.program("git");
        git.env("GIT_SSH_COMMAND", &ssh).args(["-c", "user.name=Ana", "-c", "user.email=ana@uni.example"]);
        good(git.args(["-C", dir]).args(words));
    };
    let url = format!("ssh://web1{}", text(&bare));
    git(".", &["clone", "-q", &url, "one"]);
    std::fs::copy(lab.home.join("in"), lab.home.join("one/in")).unwrap();
    git("one", &["add", "in"]);
    git("one", &["commit", "-q", "-m", "in"]);
    git("one", &["push", "-q", "origin", "HEAD:refs/heads/main"]);
    git(".", &["clone", "-q", "-b", "main", &url, "two"]);
    std::fs::copy(lab.home.join("one/in"), lab.home.join("there")).unwrap();
    std::fs::copy(lab.home.join("two/in"), lab.home.join("back")).unwrap();
    lab.is_back("git");
}

/// As in docs/clients.md: an inventory of one line.
#[test]
fn ansible_through_a_jump() {
    let lab = Lab::new();
    let words = format!("-F {} -J puerta", text(&lab.config()));
    let inventory = format!(
        "web1 ansible_user=root ansible_python_interpreter=/usr/bin/python3 ansible_ssh_common_args='{words}'\n"
    );
    std::fs::write(lab.home.join("inventory"), inventory).unwrap();
    let there = lab.home.join("there");
    let book = format!(
        "- hosts: web1\n  gather_facts: false\n  tasks:\n    - copy: {{ src: in, dest: {0} }}\n    \
         - fetch: {{ src: {0}, dest: back, flat: true }}\n    - raw: {TRIAL}\n      register: said\n      \
         failed_when: said.rc != 7 or 'hola' not in said.stdout\n",
        text(&there)
    );
    std::fs::write(lab.home.join("book.yml"), book).unwrap();
    let mut ansible = lab.program("ansible-playbook");
    // Its sockets' names must stay short.
    ansible.env("ANSIBLE_SSH_CONTROL_PATH_DIR", lab.home.join("c")).env("LC_ALL", "C.UTF-8");
    let said = good(ansible.args(["-i", "inventory", "book.yml"]));
    assert!(said.out.contains("failed=0") && said.out.contains("unreachable=0"), "{said:?}");
    lab.is_back("ansible");
}

#[test]
fn sshfs() {
    if !Path::new("/dev/fuse").exists() {
        missing::<()>("/dev/fuse");
    }
    let lab = Lab::new();
    let (mount, far) = (lab.home.join("mount"), lab.home.join("far"));
    for dir in [&mount, &far] {
        std::fs::create_dir(dir).unwrap();
    }
    let mut sshfs = lab.program("sshfs");
    good(sshfs.arg("-F").arg(lab.config()).arg(format!("web1:{}", text(&far))).arg(&mount));
    let copied = std::fs::copy(lab.home.join("in"), mount.join("file"));
    let read = std::fs::copy(mount.join("file"), lab.home.join("back"));
    good(lab.program("fusermount3").arg("-u").arg(&mount));
    assert!(copied.is_ok() && read.is_ok(), "{copied:?} {read:?}");
    std::fs::rename(far.join("file"), lab.home.join("there")).unwrap();
    lab.is_back("sshfs");
}

/// `ssh -N -L PORT:web1:22`, for who cannot jump; the machine's key is known at that port too.
fn carried(lab: &mut Lab) -> (Killed, u16) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut ssh = lab.ssh();
    ssh.args(["-N", "-o", "ExitOnForwardFailure=yes", "-L", &format!("127.0.0.1:{port}:web1:22"), "puerta"]);
    let carrier = Killed(ssh.spawn().unwrap());
    wait("the port is carried", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let machine = lab.public("keys/machine.pub");
    lab.know(&format!("[127.0.0.1]:{port} {machine}"));
    (carrier, port)
}

/// Go's x/crypto in one, libssh2 in the other.
#[test]
fn rclone_and_curl_through_a_port() {
    let mut lab = Lab::new();
    let (_carrier, port) = carried(&mut lab);
    let (key, there) = (lab.house.key("alumno1"), lab.home.join("there"));
    let remote = format!(
        "[web1]\ntype = sftp\nhost = 127.0.0.1\nport = {port}\nuser = root\nkey_file = {}\n\
         known_hosts_file = {}\n",
        text(&key),
        text(&lab.known())
    );
    std::fs::write(lab.home.join("rclone.conf"), remote).unwrap();
    let far = format!("web1:{}", text(&there));
    let rclone = |from: &str, to: &str| {
        let mut rclone = lab.program("rclone");
        good(rclone.args(["--config", "rclone.conf", "--retries", "1", "copyto", from, to]));
    };
    rclone("in", &far);
    rclone(&far, "back");
    lab.is_back("rclone");

    let far = format!("sftp://127.0.0.1:{port}{}", text(&there));
    let curl = |words: &[&str]| {
        let mut curl = lab.program("curl");
        curl.args(["-sS", "-u", "root:", "--key", text(&key), "--pubkey"]).arg(key.with_extension("pub"));
        good(curl.args(words));
    };
    curl(&["-T", "in", &far]);
    curl(&["-o", "back", &far]);
    lab.is_back("curl");
}
