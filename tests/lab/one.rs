//! One node, its unix socket, one student's day.

use crate::house::{Lab, Said, wait};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_day_with_one_node() {
    let lab = Lab::up("one", &[]);
    let lab = &lab;
    lab.step("what `up` printed works", || printed_lines(lab));
    lab.step("machines that are known", || crate::known::known(lab));
    lab.step("a practice", || crate::practice::practice(lab));
    lab.step("create", || create(lab));
    lab.step("ssh, scp, sftp, rsync, -L through -J", || through_the_door(lab));
    lab.step("asyncssh through the door", || crate::clients::asyncssh(lab));
    lab.step("a teacher helps", || crate::helping::by_a_teacher(lab));
    lab.step("a console where nothing else gets in", || crate::console::without_network(lab));
    lab.step("100 MB each way, exact", || much(lab));
    lab.step("nothing else is reached", || nothing_else(lab));
    lab.step("stop, start, restart", || life(lab));
    lab.step("backup and restore", || backup_and_restore(lab));
    lab.step("a backup under writes is a prefix", || under_writes(lab));
    lab.step("a damaged archive", || damaged(lab));
    lab.step("two backups in one second", || in_one_second(lab));
    lab.step("delete", || delete(lab));
    lab.step("the audit is whole", || {
        let config = lab.dir.join("puerta.toml");
        let program = env!("CARGO_BIN_EXE_puerta");
        let mut audit = std::process::Command::new(program);
        Said::of(audit.arg("--config").arg(config).args(["audit", "verify"])).well();
    });
}

/// The lines that the lab tells people to type, each of which must do what it says.
fn printed_lines(lab: &Lab) {
    let text = lab.lab("up", &[]).well();
    let config = format!("ssh -F {}/ssh_config", lab.dir.display());
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("s "));
    let mut typed = 0;
    for line in lines {
        let run = || {
            let mut shell = std::process::Command::new("sh");
            Said::of(shell.arg("-c").arg(format!("{config} -o BatchMode=yes {line}")))
        };
        // A machine that runs again has its sshd a moment later.
        let mut said = run();
        for _ in 0..20 {
            if !said.err.contains("nothing answers on port 22") {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(500));
            said = run();
        }
        assert_eq!(said.code, 0, "`{line}`: {said:?}");
        typed += 1;
    }
    assert!(typed > 5, "{text}");
    assert!(lab.inside("web1", "cat /www/index.html").well().contains("hola"), "the page is not back");
    lab.ok("alumno1", "vm delete web1 --yes");
    for backup in lab.backups("web1") {
        lab.ok("alumno1", &format!("backup delete {backup} --yes"));
    }
    let _ = std::fs::remove_file(lab.dir.join("known_machines"));
}

fn create(lab: &Lab) {
    let said = lab.ok("alumno1", "vm create web1 --template mini");
    // Seat 1 of the first course: slots 2, 3, ... of 10.0.0.64/26.
    let vm = lab.vm("web1").unwrap();
    assert_eq!(vm["address"], "10.0.0.66");
    assert_eq!(vm["state"], "running");
    assert!(said.contains("10.0.0.66"), "{said}");
    let inside = lab.inside("web1", "ip -4 -o addr show dev eth0; hostname; cat /root/.ssh/authorized_keys");
    let inside = inside.well();
    assert!(inside.contains("inet 10.0.0.66/32 "), "{inside}");
    assert!(inside.contains("\nweb1\n"), "{inside}");
    let key = std::fs::read_to_string(lab.dir.join("keys/alumno1.pub")).unwrap();
    let key: Vec<_> = key.split(' ').take(2).collect();
    assert!(inside.contains(&key.join(" ")), "{inside}");
    lab.run("alumno1", "vm create web1 --template mini").fails(1, "`web1`");
    assert_eq!(lab.instances().len(), 1);

    let instance = &lab.instances()[0];
    assert_eq!(instance["name"], "vm-66");
    let config = &instance["config"];
    for (key, value) in [
        ("limits.cpu", "1"),
        ("limits.memory", "256MiB"),
        ("limits.processes", "500"),
        ("security.guestapi", "false"),
        ("security.idmap.isolated", "true"),
        ("user.puerta.name", "web1"),
        ("user.puerta.seat", "alumno1"),
        ("user.puerta.template", "mini"),
    ] {
        assert_eq!(config[key], value, "{key}");
    }
    // And in force, not only written down.
    let pid = lab.query("/1.0/instances/vm-66/state?project=puerta")["pid"].to_string();
    assert_eq!(cgroup(&pid, "memory", "memory.limit_in_bytes", "memory.max"), (256 << 20).to_string());
    assert_eq!(cgroup(&pid, "pids", "pids.max", "pids.max"), "500");
    let cpus = cgroup(&pid, "cpuset", "cpuset.cpus", "cpuset.cpus.effective");
    assert!(cpus.parse::<u32>().is_ok(), "`{cpus}` is not one CPU");
}

/// A limit of a process, by its name in cgroups v1 or v2.
fn cgroup(pid: &str, controller: &str, v1: &str, v2: &str) -> String {
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let group = |controllers: &str| {
        let mut lines = groups.lines().map(|line| line.splitn(3, ':').collect::<Vec<_>>());
        lines.find(|parts| parts[1].split(',').any(|one| one == controllers)).map(|parts| parts[2].to_owned())
    };
    let root = Path::new("/sys/fs/cgroup");
    let file = match group(controller) {
        Some(path) => root.join(controller).join(path.trim_start_matches('/')).join(v1),
        None => root.join(group("").unwrap().trim_start_matches('/')).join(v2),
    };
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        .trim()
        .to_owned()
}

fn through_the_door(lab: &Lab) {
    let said = lab.inside("web1", "echo o; echo e >&2; exit 7");
    assert_eq!((said.code, said.out.as_str()), (7, "o\n"), "{said:?}");
    assert!(said.err.contains("e\n"), "{said:?}");
    // By every name of it, and by its address.
    for name in ["web1.alumno1", "web1.alumno1.virtuales", "10.0.0.66", "WEB1"] {
        lab.inside_new(name, "true").well();
    }
    let work = lab.dir.join("work");
    std::fs::create_dir_all(work.join("tree/deep")).unwrap();
    let text = "línea con ñ\n".repeat(5000);
    std::fs::write(work.join("tree/deep/a"), &text).unwrap();
    let local = work.to_str().unwrap();
    let jump = ["-o", "ProxyJump=alumno1@puerta"];
    Said::of(lab.client("scp").args(jump).args(["-r", &format!("{local}/tree"), "root@web1:/root/scp"]))
        .well();
    Said::of(lab.client("scp").args(jump).args(["root@web1:/root/scp/deep/a", &format!("{local}/b")])).well();
    assert_eq!(std::fs::read_to_string(work.join("b")).unwrap(), text);
    std::fs::write(work.join("batch"), format!("put {local}/b /root/c\nget /root/c {local}/c\nls /root\n"))
        .unwrap();
    Said::of(lab.client("sftp").args(jump).args(["-b", &format!("{local}/batch"), "root@web1"])).well();
    assert_eq!(std::fs::read_to_string(work.join("c")).unwrap(), text);
    let remote = format!("ssh -F {}/ssh_config -o BatchMode=yes -J alumno1@puerta", lab.dir.display());
    let mut rsync = std::process::Command::new("rsync");
    Said::of(rsync.args(["-a", "-e", &remote, &format!("{local}/tree/"), "root@web1:/root/rsync/"])).well();
    assert_eq!(lab.inside("web1", "cat /root/rsync/deep/a").well(), text);

    // A forward of the student's own to the machine's page: at the door itself, and from within.
    lab.inside("web1", "echo '<h1>hola</h1>' >/www/index.html").well();
    for (jump, target) in [(None, "web1:80"), (Some("alumno1@puerta"), "127.0.0.1:80")] {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut ssh = lab.client("ssh");
        ssh.args(["-N", "-o", "ExitOnForwardFailure=yes", "-L", &format!("127.0.0.1:{port}:{target}")]);
        match jump {
            Some(jump) => ssh.args(["-J", jump, "root@web1"]),
            None => ssh.arg("alumno1@puerta"),
        };
        let mut child = ssh.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait("the forward listens", Duration::from_secs(10), || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        let mut curl = std::process::Command::new("curl");
        let page =
            Said::of(curl.args(["-s", "--noproxy", "*", "-m", "10", &format!("http://127.0.0.1:{port}/")]));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(page.well(), "<h1>hola</h1>\n");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn much(lab: &Lab) {
    const MIB: usize = 1 << 20;
    let mut block = vec![0; MIB];
    let mut random = std::fs::File::open("/dev/urandom").unwrap();
    let mut ssh = lab.client("ssh");
    ssh.args(["-J", "alumno1@puerta", "root@web1", "cat >/root/100; sha256sum </root/100"]);
    let mut child = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut sum = Sha256::new();
    let mut input = child.stdin.take().unwrap();
    for _ in 0..100 {
        random.read_exact(&mut block).unwrap();
        sum.update(&block);
        input.write_all(&block).unwrap();
    }
    drop(input);
    let up = child.wait_with_output().unwrap();
    let sum = hex(&sum.finalize());
    assert_eq!(String::from_utf8_lossy(&up.stdout).split(' ').next().unwrap(), sum);

    let mut ssh = lab.client("ssh");
    ssh.args(["-J", "alumno1@puerta", "root@web1", "cat /root/100; rm /root/100"]);
    let down = ssh.stdin(Stdio::null()).stderr(Stdio::null()).output().unwrap();
    assert_eq!(down.stdout.len(), 100 * MIB);
    assert_eq!(hex(&Sha256::digest(&down.stdout)), sum);
}

fn nothing_else(lab: &Lab) {
    let knock =
        |login: &str, to: &str| Said::of(lab.client("ssh").args(["-W", to, &format!("{login}@puerta")]));
    // The machine of the other seat: its owner reaches it, nobody else does, by no name of it.
    assert!(knock("alumno1", "web1:22").out.starts_with("SSH-2.0"), "the owner");
    for to in ["web1:22", "web1.alumno1:22", "web1.alumno1.virtuales:22", "10.0.0.66:22", "10.0.0.66:80"] {
        let said = knock("alumno2", to);
        assert_eq!((said.code, said.out.as_str()), (255, ""), "alumno2 to {to}: {said:?}");
        assert!(said.err.contains("you have no machine"), "{said:?}");
    }
    let mine = knock("alumno2", "web9:22").err;
    assert_eq!(knock("alumno2", "web1.alumno1:22").err, mine, "hidden and absent differ");
    for to in
        ["10.0.0.65:8443", "10.0.0.1:22", "127.0.0.1:22", "169.254.169.254:80", "192.0.2.1:22", "[::1]:22"]
    {
        let said = knock("alumno1", to);
        assert_eq!((said.code, said.out.as_str()), (255, ""), "to {to}: {said:?}");
        assert!(said.took < Duration::from_secs(3), "to {to}: {said:?}");
    }
    lab.run("alumno2", "vm show web1.alumno1").fails(1, "web1");
}

fn host_key(lab: &Lab) -> String {
    let all = std::fs::read_to_string(lab.dir.join("known_machines")).unwrap();
    all.lines().find(|line| line.starts_with("web1 ")).unwrap().to_owned()
}

fn life(lab: &Lab) {
    let key = host_key(lab);
    lab.inside("web1", "echo aquí >/root/stays").well();
    let said = lab.ok("alumno1", "vm stop web1");
    assert!(said.contains("`web1` is stopped"), "{said}");
    assert_eq!(lab.state("web1"), "stopped");
    let refused = lab.inside("web1", "true").fails(255, "vm start web1");
    assert!(refused.err.contains("`web1` esta parada: arrancala"), "{refused:?}");
    assert!(refused.err.contains("`web1` is stopped"), "{refused:?}");
    assert!(refused.took < Duration::from_secs(3), "{refused:?}");
    lab.ok("alumno1", "vm stop web1");
    for verb in ["vm start web1", "vm start web1", "vm restart web1"] {
        lab.ok("alumno1", verb);
        assert_eq!(lab.state("web1"), "running");
        // The service comes a moment after the machine.
        wait("ssh answers", Duration::from_secs(10), || lab.inside("web1", "true").code == 0);
        // `accept-new` refuses another key.
        assert_eq!(lab.inside("web1", "cat /root/stays; hostname").well(), "aquí\nweb1\n");
    }
    assert_eq!(host_key(lab), key);
}

fn backup_and_restore(lab: &Lab) {
    let (key, before) = (host_key(lab), lab.vm("web1").unwrap());
    lab.inside("web1", "dd if=/dev/urandom of=/root/some bs=1M count=20 2>/dev/null; echo bueno >/www/index.html; chown 7:8 /www/index.html").well();
    // On a terminal: one line that is rewritten, and at the end name, size and time.
    let mut tty = lab.client("ssh");
    let said = Said::of(tty.args([
        "-tt",
        "-o",
        "SetEnv=LC_ALL=en_US.UTF-8",
        "alumno1@puerta",
        "vm backup web1 --yes",
    ]));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.matches("\r\x1b[K").count() >= 3, "{said:?}");
    assert!(said.out.contains("% ("), "{said:?}");
    let name = lab.backups("web1")[0].clone();
    let last = said.out.trim_end().rsplit('\n').next().unwrap().rsplit("\x1b[K").next().unwrap().trim();
    assert!(last.starts_with(&format!("backup `{name}` made: ")), "{last:?}");
    assert!(last.contains(" MiB in ") && last.ends_with('s'), "{last:?}");

    // Only puerta reads them, and the sum is right.
    let file = lab.archives().pop().unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    let sum = Said::of(std::process::Command::new("sha256sum").arg(&file)).well();
    let shown = lab.json("alumno1", &format!("backup show {name}"));
    assert_eq!(shown["sha256"], sum.split(' ').next().unwrap());
    assert_eq!(shown["size"], std::fs::metadata(&file).unwrap().len());

    lab.inside("web1", "rm -rf /www /root/some /etc/dropbear /usr/bin/rsync; echo malo >/root/malo").well();
    lab.run("alumno1", "vm restore web1").fails(1, "--yes");
    let said = lab.ok("alumno1", "vm restore web1 --yes");
    assert!(said.contains(&format!("`web1` is again as in `{name}`")), "{said}");
    wait("ssh answers", Duration::from_secs(10), || lab.inside("web1", "true").code == 0);
    let now = lab.inside("web1", "cat /www/index.html; stat -c %u:%g /www/index.html; ls /root/malo 2>&1; hostname; ip -4 -o addr show dev eth0");
    assert!(now.out.starts_with("bueno\n7:8\nls: /root/malo: No such file or directory\nweb1\n"), "{now:?}");
    assert!(now.out.contains("10.0.0.66/32"), "{now:?}");
    assert_eq!((host_key(lab), lab.vm("web1").unwrap()), (key, before));
    lab.nothing_half();

    lab.ok("alumno1", "vm backup web1 --yes");
    lab.ok("alumno1", "vm backup web1 --yes");
    let fourth = lab.ok("alumno1", "vm backup web1 --yes");
    assert!(fourth.contains(&format!("removed to make room for it: `{name}`")), "{fourth}");
    assert_eq!(lab.backups("web1").len(), 3);
    lab.run("alumno2", &format!("backup show {name}")).fails(1, "no backup");
    lab.nothing_half();
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn under_writes(lab: &Lab) {
    // Two files: every number goes into the first before it goes into the second.
    let writer =
        "n=0; while :; do n=$((n+1)); echo $n >>/root/first; echo $n >>/root/second; usleep 1000; done";
    lab.inside("web1", &format!("setsid sh -c '{writer}' >/dev/null 2>&1 </dev/null &")).well();
    std::thread::sleep(Duration::from_millis(300));
    lab.ok("alumno1", "vm backup web1 --yes");
    let after = lab.inside("web1", "wc -l </root/first").well();
    std::thread::sleep(Duration::from_millis(200));
    let later = lab.inside("web1", "wc -l </root/first").well();
    assert_ne!(after, later, "the writer does not go on");
    lab.ok("alumno1", "vm restore web1 --yes");
    wait("ssh answers", Duration::from_secs(10), || lab.inside("web1", "true").code == 0);
    let numbers = |file: &str| -> Vec<u64> {
        let text = lab.inside("web1", &format!("cat {file}")).well();
        text.lines().map(|line| line.parse().unwrap()).collect()
    };
    let (first, second) = (numbers("/root/first"), numbers("/root/second"));
    assert!(first.iter().copied().eq(1..=first.len() as u64), "first is not a prefix");
    assert!(second.iter().copied().eq(1..=second.len() as u64), "second is not a prefix");
    assert!(first.len() - second.len() <= 1 && first.len() > 10, "{} and {}", first.len(), second.len());
    lab.inside("web1", "rm /root/first /root/second").well();
}

fn damaged(lab: &Lab) {
    lab.inside("web1", "echo antes >/root/word").well();
    let newest = lab.backups("web1")[0].clone();
    let file = lab.archives().into_iter().find(|file| file.to_str().unwrap().contains(&newest)).unwrap();
    let good = std::fs::read(&file).unwrap();
    let half = good.len() / 2;
    let mut flipped = good.clone();
    flipped[half] ^= 0x10;
    for bad in [&flipped, &good[..half].to_vec(), &Vec::new()] {
        std::fs::write(&file, bad).unwrap();
        lab.run("alumno1", "vm restore web1 --yes").fails(1, "damaged");
        assert_eq!(lab.inside("web1", "cat /root/word").well(), "antes\n");
    }
    std::fs::write(&file, good).unwrap();
    lab.nothing_half();
}

fn in_one_second(lab: &Lab) {
    for _ in 0..3 {
        lab.ok("alumno1", "vm backup web1 --yes");
    }
    let names = lab.backups("web1");
    assert_eq!(names.len(), 3);
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for name in names {
        lab.ok("alumno1", &format!("vm restore web1 --backup {name} --yes"));
    }
    lab.nothing_half();
}

fn delete(lab: &Lab) {
    lab.run("alumno1", "vm delete web1").fails(1, "--yes");
    let said = lab.ok("alumno1", "vm delete web1 --yes");
    assert!(said.contains("3 backups of it stay"), "{said}");
    assert_eq!((lab.state("web1").as_str(), lab.instances().len()), ("none", 0));
    assert_eq!(lab.backups("web1").len(), 3);
    lab.inside("web1", "true").fails(255, "vm list");
    lab.nothing_half();
    // The slot, and with it the address, is free again.
    lab.ok("alumno1", "vm create otra --template mini");
    assert_eq!(lab.vm("otra").unwrap()["address"], "10.0.0.66");
    lab.inside("otra", "true").well();
    lab.nothing_half();
}
