//! What OpenSSH bounds and russh does not: strangers, sources, descriptors, connections that come
//! and go.

use crate::canary::{Canary, rss};
use crate::client::Client;
use crate::support::{House, wait};
use std::process::Command;
use std::time::Duration;

/// Descriptors that the database's pool may have opened meanwhile.
const POOL: usize = 6;

/// sshd's MaxStartups: one too many is told so, those inside go on, and a place comes back.
#[test]
fn strangers_are_counted_and_told() {
    for setting in ["max_startups", "max_startups_per_source"] {
        let house = House::new(&format!("[ssh]\n{setting} = 10\n"));
        let mut canary = Canary::new(&house);
        wait("the first places are free", || Client::knocking(house.port).is_ok());
        let mut idle: Vec<Client> = Vec::new();
        wait("ten strangers", || {
            let mut client = Client::dial(house.port);
            if client.line().is_ok_and(|line| line.starts_with("SSH-2.0")) {
                idle.push(client);
            }
            idle.len() == 10
        });
        for _ in 0..20 {
            let mut client = Client::dial(house.port);
            let line = client.line().unwrap();
            assert!(line.contains("too many connections"), "{setting}: {line}");
            assert!(client.line().is_err(), "and is closed");
        }
        // A real client shows it, and does not hang.
        let said = house.run("alumno1", &["whoami"]);
        assert_eq!(said.code, 255, "{said:?}");
        drop(idle);
        wait("places come back", || house.run("alumno1", &["whoami"]).code == 0);
        canary.unharmed();
    }
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
    let line = Client::dial(house.port).line().unwrap();
    assert!(line.contains("too many connections"), "max_connections: {line}");
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
