//! One name, one machine: in the shell, in a forward, in Tab, and in what is said at the end.

use super::*;
use support::pty::Pty;

/// `alumno1` is alone in a seat and in two teams, `alumno2` in one.
fn teams() -> House {
    let house = House::new("");
    for (team, members) in [("equipo3", &["alumno1", "alumno2"][..]), ("equipo4", &["alumno1"])] {
        let members = members.iter().flat_map(|login| ["--member", login]);
        let words: Vec<_> =
            ["seat", "create", team, "--course", "demo-2026"].into_iter().chain(members).collect();
        house.ok("profesor", &words);
    }
    house
}

/// What `-W` to the machine's greeting port hears; which machine that was is in the audit.
fn through(house: &House, login: &str, to: &str) -> String {
    let mut ssh = house.ssh(login);
    ssh.args(["-W", &format!("{to}:7009")]).arg(House::at(login)).stdin(Stdio::null());
    drop(ssh.output().unwrap());
    let audit = house.audit();
    let last = audit.iter().rfind(|line| line["code"] == "forward").unwrap();
    last["vm"].as_str().unwrap().to_owned()
}

#[test]
fn ones_own_wins_and_teams_are_named() {
    let house = teams();
    // Without a seat said it is made in one's own.
    assert_eq!(vm_up(&house, "alumno1", "web1")["seat"], "alumno1");
    assert_eq!(vm_up(&house, "alumno1", "web1.equipo3")["seat"], "equipo3");
    for team in ["db.equipo3", "db.equipo4"] {
        vm_up(&house, "alumno1", team);
    }
    vm_up(&house, "alumno1", "sola.equipo4");
    assert_eq!(ask(&house, "alumno1", &["vm", "show", "web1"])["seat"], "alumno1");
    assert_eq!(through(&house, "alumno1", "web1"), "web1.alumno1");
    assert_eq!(through(&house, "alumno1", "web1.equipo3"), "web1.equipo3");
    assert_eq!(through(&house, "alumno2", "web1"), "web1.equipo3", "the only one of theirs");
    assert_eq!(through(&house, "alumno1", "sola"), "sola.equipo4");
    // Of two teams': the full names, in the shell and in the forward alike.
    let shell = house.run("alumno1", &["vm", "show", "db"]).err;
    let forward = refused(&house, "alumno1", "db:22");
    // What a forward is told is ASCII.
    assert!(shell.contains("hay varias máquinas `db`"), "{shell}");
    assert!(forward.contains("hay varias maquinas `db`"), "{forward}");
    for said in [&shell, &forward] {
        assert!(said.contains("`db.equipo3`, `db.equipo4`"), "{said}");
    }
    // The answer names it so that it can be typed, by who reads it.
    let stopped = house.ok("alumno1", &["vm", "restart", "web1.equipo3"]);
    assert!(stopped.contains("`web1.equipo3`"), "{stopped}");
    let own = house.ok("alumno1", &["vm", "restart", "web1"]);
    assert!(own.contains("`web1.alumno1`"), "two have this name: {own}");
    let alone = house.ok("alumno2", &["vm", "restart", "web1"]);
    assert!(alone.contains("`web1`"), "{alone}");
    let made = house.ok("profesor", &["vm", "create", "nueva.alumno2", "--template", "mini"]);
    assert!(made.contains("root@nueva.alumno2"), "{made}");
    let made = house.ok("alumno1", &["vm", "create", "nueva", "--template", "mini"]);
    assert!(made.contains("root@nueva`"), "{made}");
    // Tab offers what means one machine.
    let mut ssh = house.ssh("alumno1");
    let mut tab = Pty::new(ssh.arg("-tt").arg(House::at("alumno1")));
    tab.until("puerta> ");
    tab.send("vm show w\t\t");
    tab.until("web1.equipo3");
    assert!(tab.all().contains("web1.alumno1"), "{}", tab.all());
}

#[test]
fn jobs_are_counted_by_seat() {
    let house = teams();
    for name in ["uno", "dos", "tres"] {
        vm_up(&house, "alumno2", name);
    }
    vm_up(&house, "alumno2", "web1.equipo3");
    let jobs = |login: &str| -> Vec<String> {
        let list = ask(&house, login, &["job", "list"]);
        let one = |job: &Value| format!("{}.{}", job["job"], job["seat"].as_str().unwrap());
        list.as_array().unwrap().iter().map(one).collect()
    };
    vm_up(&house, "alumno1", "web1");
    assert_eq!(jobs("alumno1"), ["1.alumno1", "1.equipo3"]);
    assert_eq!(jobs("alumno2"), ["1.equipo3", "3.alumno2", "2.alumno2", "1.alumno2"]);
    let kind = |login: &str, job: &str| {
        let said = house.run(login, &["job", "watch", job, "--json"]);
        (said.code, json(&said)[0]["vm"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(kind("alumno1", "1"), (0, "web1".into()), "one's own wins");
    assert_eq!(kind("alumno1", "1.equipo3"), (0, "web1".into()));
    assert_eq!(kind("alumno2", "3"), (0, "tres".into()));
    assert_eq!(kind("profesor", "2.alumno2"), (0, "dos".into()));
    for job in ["1.alumno2", "2", "7.nadie9"] {
        let said = house.run("alumno1", &["job", "watch", job]);
        assert_eq!(said.code, 1);
        assert!(said.err.contains(&format!("no hay ninguna tarea {job}")), "{said:?}");
    }
    // In a list of several seats each stands as it is typed.
    assert!(house.ok("alumno1", &["job", "list"]).contains("1.equipo3"));
}
