//! Bytes are exact and counted, who does not read holds nobody else up, and who was killed leaves nothing.

use super::*;

#[test]
fn bytes_are_exact_and_counted() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    // 100 MB up and down again, compared byte by byte, with half close at the end.
    let block: Vec<u8> = (0..1_000_003_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let rounds = 100;
    let mut tunnel = Tunnel::new(&house, "alumno1", &format!("web1:{ECHO}"));
    let mut heard = vec![0; block.len()];
    for round in 0..rounds {
        // A piece in the air at a time; both ways at full speed is a test of its own.
        for (sent, heard) in block.chunks(128 * 1024).zip(heard.chunks_mut(128 * 1024)) {
            tunnel.up.as_mut().unwrap().write_all(sent).unwrap();
            tunnel.down.read_exact(heard).unwrap();
        }
        assert!(heard == block, "round {round} differs");
    }
    // The end of standard input is a half close, and the echo ends too.
    drop(tunnel.up.take());
    assert_eq!(tunnel.down.read(&mut heard).unwrap(), 0);
    tunnel.ended(Duration::from_secs(5));
    wait("the end is written", || forwards(&house.audit(), "finish").len() == 1);
    let audit = house.audit();
    let finish = forwards(&audit, "finish")[0];
    let bytes = block.len() * rounds;
    assert_eq!(finish["detail"]["bytes_up"], bytes, "{finish}");
    assert_eq!(finish["detail"]["bytes_down"], bytes, "{finish}");
    assert_eq!(finish["outcome"], "done", "{finish}");
    assert_eq!(finish["vm"], "web1.alumno1");
    assert_eq!(finish["connection"], forwards(&audit, "begin")[0]["connection"]);

    // Half close with something still to come.
    let mut tunnel = Tunnel::new(&house, "alumno1", &format!("web1:{GREETING}"));
    drop(tunnel.up.take());
    let mut rest = Vec::new();
    tunnel.down.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"220 sim\r\n");
    tunnel.ended(Duration::from_secs(5));
}
/// Writes until nothing more is taken for a second; how much was.
fn fill(stream: &mut TcpStream) -> u64 {
    stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let piece = [b'x'; 64 * 1024];
    let mut taken = 0;
    while let Ok(n) = stream.write(&piece) {
        taken += n as u64;
        assert!(taken < 1 << 30, "nothing ever stalls");
    }
    taken
}

#[test]
fn a_stalled_machine_does_not_hold_its_neighbours() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let ports = Ports::new(&house, "alumno1", &[&format!("web1:{DEAF}"), &format!("web1:{ECHO}")]);
    let mut neighbour = ports.connect(1);
    let mut echo = move |within: Duration| {
        let begun = Instant::now();
        neighbour.write_all(b"?").unwrap();
        neighbour.read_exact(&mut [0]).unwrap();
        assert!(begun.elapsed() < within, "the neighbour waited {:?}", begun.elapsed());
    };
    echo(Duration::from_secs(2));
    let mut stalled = ports.connect(0);
    fill(&mut stalled);
    // As always, with something to spare for a busy host; and nothing is closed for being slow.
    for _ in 0..20 {
        echo(Duration::from_secs(5));
    }
    assert!(forwards(&house.audit(), "finish").is_empty());
    drop(stalled);
}

/// `cat < big > big` inside the machine: both directions full, and a client that reads.
#[test]
fn both_ways_at_full_speed() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let mut tunnel = Tunnel::new(&house, "alumno1", &format!("web1:{ECHO}"));
    let mut up = tunnel.up.take().unwrap();
    let bytes = 256 << 20;
    let writer = std::thread::spawn(move || {
        let piece = vec![b'y'; 1 << 20];
        for _ in 0..bytes / piece.len() {
            up.write_all(&piece).unwrap();
        }
    });
    let mut heard = Vec::new();
    tunnel.down.read_to_end(&mut heard).unwrap();
    writer.join().unwrap();
    assert_eq!(heard.len(), bytes);
    assert!(heard.iter().all(|byte| *byte == b'y'));
}

/// `cat` both ways, everything is full, and then the client stops for so long (`^Z`); every byte comes all the same.
fn both_ways_with_a_stop(stopped: Duration) {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let mut tunnel = Tunnel::new(&house, "alumno1", &format!("web1:{ECHO}"));
    tunnel.echoes("first");
    let mut up = tunnel.up.take().unwrap();
    let bytes = 64 << 20;
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let writer = std::thread::spawn(move || {
        let piece = vec![b'y'; 1 << 16];
        for _ in 0..bytes / piece.len() {
            up.write_all(&piece).unwrap();
            count.fetch_add(piece.len(), Ordering::Relaxed);
        }
    });
    // Nobody reads what comes back: it goes on until everything in between is full.
    let mut before = 0;
    wait("nothing moves any more", || {
        std::thread::sleep(Duration::from_secs(1));
        let now = sent.load(Ordering::Relaxed);
        std::mem::replace(&mut before, now) == now && now > 0
    });
    assert!(before < bytes, "nothing ever fills");
    let pid = rustix::process::Pid::from_child(&tunnel.child.0);
    let signal = |signal| rustix::process::kill_process(pid, signal).unwrap();
    signal(rustix::process::Signal::STOP);
    std::thread::sleep(stopped);
    signal(rustix::process::Signal::CONT);
    let mut heard = Vec::new();
    tunnel.down.read_to_end(&mut heard).unwrap();
    writer.join().unwrap();
    assert!(heard.len() == bytes && heard.iter().all(|byte| *byte == b'y'), "{} of {bytes}", heard.len());
}

#[test]
fn both_ways_and_a_client_that_stops() {
    both_ways_with_a_stop(Duration::from_secs(3));
}

#[test]
#[ignore = "a minute and more: contrib/check --all"]
fn both_ways_and_a_client_that_stops_for_a_minute() {
    both_ways_with_a_stop(Duration::from_secs(75));
}

/// A machine that takes its time is waited for.
#[test]
fn alone_a_slow_machine_is_waited_for() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let mut tunnel = Tunnel::new(&house, "alumno1", &format!("web1:{DEAF}"));
    let mut up = tunnel.up.take().unwrap();
    std::thread::spawn(move || while up.write_all(&[b'x'; 65536]).is_ok() {});
    std::thread::sleep(Duration::from_secs(5));
    assert!(tunnel.child.0.try_wait().unwrap().is_none(), "it was not waited for");
    assert!(forwards(&house.audit(), "finish").is_empty());
}

/// Ten clients of a kind are killed while everything stands still; nothing of them stays.
/// `kind` is a port of the machine, or `shell`.
fn killed_clients(kind: &str, writes: bool, reads: bool) {
    let house = House::new("[ssh]\nmax_forwards = 1000");
    vm_up(&house, "alumno1", "web1");
    let before = descriptors(&house);
    let mut children: Vec<Child> = Vec::new();
    for _ in 0..10 {
        let mut ssh = house.ssh("alumno1");
        if kind == "shell" {
            ssh.arg("-T");
        } else {
            ssh.args(["-W", &format!("web1:{kind}")]);
        }
        ssh.arg(House::at("alumno1")).stderr(Stdio::null());
        ssh.stdin(Stdio::piped()).stdout(if reads { Stdio::null() } else { Stdio::piped() });
        let mut child = ssh.spawn().unwrap();
        if writes && let Some(mut up) = child.stdin.take() {
            std::thread::spawn(move || while up.write_all(&b"help vm create\n".repeat(64)).is_ok() {});
        }
        children.push(child);
    }
    std::thread::sleep(Duration::from_secs(3));
    for child in &mut children {
        // A shell that neither reads nor stops talking is let go before it is killed.
        let ended = child.try_wait().unwrap().is_some();
        assert!(!ended || kind == "shell", "{kind}: it ended by itself");
        let _ = child.kill();
        child.wait().unwrap();
    }
    let begun = Instant::now();
    // The registry may have opened connections of its own: fewer than the clients were.
    wait(&format!("{kind}: nothing left of {before}"), || descriptors(&house) < before + 9);
    assert!(begun.elapsed() < Duration::from_secs(10), "{kind}: {:?}", begun.elapsed());
    house.ok("alumno1", &["vm", "list"]);
    wait("every forward has an end", || {
        let audit = house.audit();
        forwards(&audit, "begin").len() == forwards(&audit, "finish").len()
    });
}

#[test]
fn killed_clients_leave_nothing_when_they_did_not_read() {
    killed_clients("7010", false, false);
}

#[test]
fn killed_shells_leave_nothing() {
    killed_clients("shell", true, false);
}

#[test]
fn killed_clients_leave_nothing_when_nobody_read() {
    killed_clients("7007", true, false);
}

#[test]
fn killed_clients_leave_nothing_when_the_machine_did_not_read() {
    killed_clients("7008", true, true);
}
