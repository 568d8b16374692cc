//! Minutes of everything at once, with a `kill -9` in each: what is left over is nothing. `contrib/check --all` runs it.

use super::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How long; `PUERTA_SOAK_MINUTES` says otherwise.
fn minutes() -> u64 {
    std::env::var("PUERTA_SOAK_MINUTES").map_or(10, |minutes| minutes.parse().expect("a number of minutes"))
}

/// What one student does again and again: look, work, forward with a client that is killed, leave in the middle.
fn work(house: &House, login: &str, turn: u64) -> bool {
    let machine = format!("m{}", turn % 3);
    match turn % 6 {
        0 => house.run(login, &["vm", "list", "--json"]).code == 0,
        1 => {
            let made = house.run(login, &["vm", "create", &machine, "--template", "mini"]);
            made.code == 0 || made.code == 1
        }
        2 => matches!(house.run(login, &["vm", "backup", &machine, "--yes"]).code, 0 | 1),
        3 => {
            let mut ssh = house.ssh(login);
            ssh.args(["-W", &format!("{machine}:7007")]).arg(House::at(login));
            let ssh = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut client = Killed(ssh);
            let sent = client.0.stdin.as_mut().unwrap().write_all(&[b'x'; 4096]).is_ok();
            let mut heard = [0; 64];
            sent && client.0.stdout.as_mut().unwrap().read_exact(&mut heard).is_ok()
        }
        4 => {
            let feed = house.feed(login, &[], "vm list\nvm show m0\naudit mine\nesto no existe\n");
            feed.code != 255
        }
        _ => matches!(house.run(login, &["vm", "delete", &machine, "--yes"]).code, 0 | 1),
    }
}

#[test]
#[ignore = "takes minutes: contrib/check --all"]
fn nothing_is_left_after_minutes_of_work_and_kills() {
    let mut house = House::new("[audit]\nacts_per_person_s = 1000000\n");
    let end = Instant::now() + Duration::from_secs(60 * minutes());
    let (mut rounds, done, failed) = (0, AtomicU64::new(0), AtomicU64::new(0));
    let memory = |house: &House| {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", house.pid())).unwrap();
        let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
        pss.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    while Instant::now() < end {
        rounds += 1;
        let sockets = house.sockets();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for (who, login) in ["alumno1", "alumno2", "alumno1", "alumno2"].into_iter().enumerate() {
                let (house, stop, done, failed) = (&house, &stop, &done, &failed);
                scope.spawn(move || {
                    for turn in who as u64.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let count = if work(house, login, turn) { done } else { failed };
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let round = Duration::from_secs(50).min(end.saturating_duration_since(Instant::now()));
            std::thread::sleep(round);
            stop.store(true, Ordering::Relaxed);
        });
        // Everybody left: what they had is given back, once their machines, which listen, are gone.
        for login in ["alumno1", "alumno2"] {
            for machine in ["m0", "m1", "m2"] {
                house.run(login, &["vm", "delete", machine, "--yes"]);
            }
        }
        wait("sockets are given back", || house.sockets() <= sockets);
        let pss = memory(&house);
        assert!(pss < 200 * 1024, "round {rounds}: {pss} KiB with nobody there");
        house.kill9();
        house.start();
        house.ok("alumno1", &["vm", "create", "m0", "--template", "mini"]);
        house.ok("alumno1", &["vm", "delete", "m0", "--yes"]);
        let verified = house.puerta(&["audit", "verify"]);
        assert_eq!(verified.code, 0, "round {rounds}: {verified:?}");
    }
    let (done, failed) = (done.into_inner(), failed.into_inner());
    eprintln!("{rounds} rounds, {done} things done, {failed} not");
    // A machine that a neighbour of the same login just deleted has nobody to forward to.
    assert!(done > 100 && failed * 2 < done, "{done} done, {failed} not");
}
