//! What OpenSSH bounds and russh does not: strangers, sources, descriptors, connections that come
//! and go.

use crate::canary::{Canary, rss};
use crate::client::Client;
use crate::support::{House, Killed, Said, wait};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Descriptors that the database's pool may have opened meanwhile.
const POOL: usize = 6;

/// Nobody is refused for those who stand there: the newcomer has the place of one of them.
#[test]
fn a_full_door_lets_in_who_comes() {
    for setting in ["max_startups", "max_startups_per_source"] {
        let house = House::new(&format!("[ssh]\n{setting} = 10\n"));
        let mut canary = Canary::new(&house);
        let idle: Vec<Client> = (0..30).map(|_| Client::dial(house.port)).collect();
        assert_eq!(house.run("alumno1", &["whoami"]).code, 0, "{setting}");
        let still = || idle.iter().filter(|one| !one.is_closed()).count();
        wait("only so many stand there", || still() <= 10);
        assert!(still() >= 9, "{setting}: {}", still());
        // Somebody who may be typing a password goes after those, and reads why.
        let talking: Vec<Client> = (0..11).map(|_| Client::knocking(house.port).unwrap()).collect();
        let mut talking = talking.into_iter();
        let said = talking.next().unwrap().ends().0;
        assert!(said.contains("vuelve a conectarte") && said.contains("connect again"), "{said}");
        canary.unharmed();
    }
}

/// Two addresses with a hundred sockets each, which they open again as often as they are closed: others
/// come in at once, for the whole time, whether they were known or not.
#[test]
fn two_addresses_do_not_shut_the_door() {
    let house = House::new("");
    let over = Arc::new(AtomicBool::new(false));
    let attack = |last: u8| {
        let (over, port) = (Arc::clone(&over), house.port);
        std::thread::spawn(move || {
            let dial = || Client::dial_from([127, 0, 0, last].into(), port);
            let mut idle: Vec<Client> = (0..100).map(|_| dial()).collect();
            let mut again = 0;
            while !over.load(Ordering::Relaxed) {
                for one in &mut idle {
                    if one.is_closed() {
                        *one = dial();
                        again += 1;
                    }
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            again
        })
    };
    let attacks = [attack(2), attack(3)];
    wait("the door is full", || house.sockets() > 200);
    let begun = Instant::now();
    for n in 0..60 {
        let from = if n % 2 == 0 { [127, 0, 0, 4] } else { [127, 0, 1, n] };
        let mut person = Client::dial_from(from.into(), house.port).come_in(&house, "alumno1").unwrap();
        assert!(person.exec(1, "whoami").unwrap().contains("alumno1"), "{n}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let mut ssh = house.ssh("alumno2");
    let said: Said = ssh.args(["-b", "127.0.0.5", &House::at("alumno2"), "whoami"]).output().unwrap().into();
    assert_eq!(said.code, 0, "{said:?}");
    over.store(true, Ordering::Relaxed);
    let again: usize = attacks.map(|attack| attack.join().unwrap()).iter().sum();
    assert!(again > 0, "nobody gave way");
    assert!(!house.log().contains("panicked"), "{}", house.log());
}

/// Twenty who give up are nothing. More, and fewer may stand there for a while: those beyond are told, with the
/// time it takes, by what OpenSSH shows; and where somebody came in before, a right key still does.
#[test]
fn a_penalty_is_told_and_ends_and_keeps_no_key_out() {
    let house = House::new("");
    let from = |last: u8| Client::dial_from([127, 0, 0, last].into(), house.port);
    let real = |last: u8| -> Said {
        let mut ssh = house.ssh("alumno1");
        ssh.args(["-b", &format!("127.0.0.{last}"), &House::at("alumno1"), "whoami"]).output().unwrap().into()
    };
    let penalised = || house.log().matches("went away without having logged in").count();
    for (n, last) in [2, 1].into_iter().enumerate() {
        wait("a penalty", || {
            from(last).knock().unwrap();
            penalised() > n
        });
    }
    let unknown: Vec<Client> = (0..25).map(|_| from(2)).collect();
    wait("as many stand there as may", || from(2).turned_away().0.contains("1 min"));
    let said = real(2);
    assert_eq!(said.code, 255, "{said:?}");
    assert!(said.err.contains("sin identificarse") && said.err.contains("without logging in"), "{said:?}");
    let known: Vec<Client> = (0..100).map(|_| from(1)).collect();
    assert_eq!(real(1).code, 0, "from a known place a right key comes in");
    assert_eq!(real(7).code, 0, "and from another");
    wait("it ends", || real(2).code == 0);
    drop((unknown, known));
}

/// Who has logged in is no stranger: a class behind one address is not locked out by itself.
#[test]
fn those_who_logged_in_do_not_count_as_strangers() {
    let house = House::new("[ssh]\nmax_startups_per_source = 3\nmax_connections = 12\n");
    let mut class: Vec<Client> = (0..10).map(|_| Client::login(&house, "alumno1")).collect();
    for (n, client) in class.iter_mut().enumerate() {
        assert!(client.exec(n as u32, "whoami").unwrap().contains("alumno1"));
    }
    let _more = (Client::login(&house, "alumno1"), Client::login(&house, "alumno1"));
    let said = Client::dial(house.port).turned_away().0;
    assert!(said.contains("Too many connections are open"), "max_connections: {said}");
    let said = house.run("alumno1", &["whoami"]);
    assert!(said.code == 255 && said.err.contains("Too many connections are open"), "{said:?}");
    drop(class);
    wait("places come back", || house.run("alumno1", &["whoami"]).code == 0);
}

/// One person does not take the door from the others; they are told, and it is in the audit.
#[test]
fn one_person_has_so_many_connections() {
    let house = House::new("[ssh]\nmax_connections_per_person = 5\n");
    let mut canary = Canary::new(&house);
    wait("the setup's connections end", || {
        house.audit().iter().filter(|event| event["code"] == "login" && event["phase"] == "finish").count()
            >= 3
    });
    let mut own: Vec<Client> = (0..5).map(|_| Client::login(&house, "alumno1")).collect();
    let sixth = Client::login(&house, "alumno1").ends();
    assert!(sixth.0.contains("too many connections open"), "{sixth:?}");
    for (n, client) in own.iter_mut().enumerate() {
        assert!(client.exec(n as u32, "whoami").unwrap().contains("alumno1"));
    }
    house.ok("profesor", &["whoami"]);
    drop(own);
    wait("places come back", || house.run("alumno1", &["whoami"]).code == 0);
    canary.unharmed();
    assert!(house.audit().iter().any(|event| event["detail"]["reason"] == "too many connections"));
}

/// Warpgate #1124: out of descriptors, the accept loop lives, and all works again afterwards.
#[test]
fn running_out_of_descriptors_is_survived() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let limit = format!("--nofile={}:{}", house.descriptors() + 24, house.descriptors() + 24);
    let prlimit = Command::new("prlimit").arg("--pid").arg(house.pid().to_string()).arg(limit).status();
    assert!(prlimit.expect("prlimit is not installed").success());
    let mut many: Vec<Client> = Vec::new();
    for _ in 0..60 {
        many.push(Client::dial(house.port));
    }
    wait("it is out of descriptors", || house.log().contains("accept failed"));
    drop(many);
    wait("logins work again", || house.run("alumno1", &["whoami"]).code == 0);
    canary.unharmed();
    let refused = house.log().lines().filter(|line| line.contains("accept failed")).count();
    assert!(refused < 100, "{refused} lines in the log");
}

/// 200 connections that come and go, in every stage: nothing of them stays.
#[test]
fn connections_that_come_and_go_leave_nothing() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    // A first round takes what is kept for good.
    let round = || {
        for n in 0..100 {
            match n % 5 {
                0 => drop(Client::dial(house.port)),
                1 => drop(Client::greeted(house.port).unwrap()),
                2 => drop(Client::keyed(house.port).unwrap()),
                3 => drop(Client::knocking(house.port).unwrap()),
                _ => {
                    let mut client = Client::login(&house, "alumno1");
                    client.session(1);
                }
            }
        }
    };
    let settled = house.descriptors();
    round();
    wait("descriptors come back", || house.descriptors() <= settled + POOL);
    let (memory, tasks) = (rss(&house), threads(&house));
    round();
    round();
    wait("descriptors come back", || house.descriptors() <= settled + POOL);
    let grown = rss(&house).saturating_sub(memory);
    assert!(grown < 8 << 20, "memory grew by {} KiB", grown / 1024);
    assert!(threads(&house) <= tasks + 8);
    canary.unharmed();
}

fn threads(house: &House) -> usize {
    std::fs::read_dir(format!("/proc/{}/task", house.pid())).unwrap().count()
}

/// A hundred wrong passwords cost the memory of one.
#[test]
fn wrong_passwords_cost_the_memory_of_one() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let guess = || {
        let mut client = Client::knocking(house.port).unwrap();
        client.password("alumno1", "wrong").unwrap();
    };
    guess();
    let before = rss(&house);
    for _ in 0..12 {
        guess();
    }
    let grown = rss(&house).saturating_sub(before);
    assert!(grown < 12 << 20, "memory grew by {} KiB", grown / 1024);
    canary.unharmed();
}

/// Told to stop while attacked: it does, in time, and every login has its end in the audit.
#[test]
fn a_stop_under_attack_is_a_stop() {
    let mut house = House::new("[ssh]\ndrain_s = 3\n");
    let strangers: Vec<Client> = (0..10).map(|_| Client::knocking(house.port).unwrap()).collect();
    let mut stalled = Client::login(&house, "alumno1");
    let mute = stalled.session_window(1, 0);
    stalled.send(&Client::request_packet(mute, "exec", false).string("help")).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let begun = std::time::Instant::now();
    assert_eq!(house.stop(), 0);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(!house.log().contains("panicked"), "{}", house.log());
    let audit = house.audit();
    let logins = |phase: &str| {
        audit.iter().filter(|event| event["code"] == "login" && event["phase"] == phase).count()
    };
    assert_eq!(logins("begin"), logins("finish"));
    drop((strangers, stalled));
}

/// The real client shows the words of each refusal, whatever it was asked to do.
#[test]
fn openssh_shows_why_it_was_refused() {
    let house = House::new("[ssh]\nmax_connections_per_person = 2\n");
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let said = |words: &[&str]| -> Said {
        let mut ssh = house.ssh("alumno1");
        ssh.args(words).stdin(std::process::Stdio::null()).output().unwrap().into()
    };
    let at = House::at("alumno1");
    let socket = house.dir.join("unix");
    let forward = format!("{}:/run/sock", socket.display());
    let mut ssh = house.ssh("alumno1");
    let ssh = ssh.args(["-N", "-L", &forward, &at]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut ssh = Killed(ssh);
    wait("ssh listens", || socket.exists());
    let mut stream = std::os::unix::net::UnixStream::connect(&socket).unwrap();
    assert_eq!(std::io::Read::read(&mut stream, &mut [0; 8]).unwrap_or(0), 0);
    let mut err = std::io::BufReader::new(ssh.0.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut err, &mut line).unwrap();
    assert!(line.contains("sockets de Unix") && line.contains("Unix sockets"), "-L p:/sock: {line}");
    drop(ssh);
    // Too many connections.
    wait("the others have ended", || house.run("alumno1", &["whoami"]).code == 0);
    let _two = (Client::login(&house, "alumno1"), Client::login(&house, "alumno1"));
    for words in [&[&*at, "whoami"][..], &["-tt", &at], &["-tt", &at, "whoami"], &["-W", "web1:22", &at]] {
        let said = said(words);
        assert_ne!(said.code, 0, "{words:?}");
        let all = said.out + &said.err;
        assert!(
            all.contains("demasiadas conexiones abiertas") && all.contains("too many connections open"),
            "{words:?}: {all}"
        );
    }
}
