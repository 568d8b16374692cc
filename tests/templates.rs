//! Templates and quotas as people use them: real `ssh` against the real program, on simulated machines.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod support;
use serde_json::Value;
use std::process::Stdio;
use support::{House, Said, wait};

fn json(said: &Said) -> Value {
    let text = if said.code == 0 { &said.out } else { &said.err };
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

fn ask(house: &House, login: &str, words: &[&str]) -> Value {
    serde_json::from_str(&house.ok(login, &[words, &["--json"]].concat())).unwrap()
}

/// The error that this must end with.
#[track_caller]
fn refused(house: &House, login: &str, words: &[&str]) -> Value {
    let said = house.run(login, &[words, &["--json"]].concat());
    assert!(said.code != 0, "{words:?}: {said:?}");
    json(&said)["error"].clone()
}

/// A house where `profesor` has a seat, and in it a stopped `web1`.
fn staffed(extra: &str) -> House {
    let house = House::new(extra);
    house.ok("profesor", &["person", "add", "profesor", "--course", "demo-2026"]);
    house.ok("profesor", &["vm", "create", "web1", "--template", "mini"]);
    house.ok("profesor", &["vm", "stop", "web1"]);
    house
}

const PUBLISH: [&str; 5] = ["template", "publish", "web1", "--name", "tomcat"];

fn version(house: &House, version: &str) -> Value {
    ask(house, "profesor", &["template", "show", version])["versions"][0].clone()
}

#[test]
fn a_template_is_published_used_and_retired() {
    let mut house = staffed("");
    house.ok("profesor", &["vm", "start", "web1"]);
    assert_eq!(refused(&house, "profesor", &PUBLISH)["id"], "error-template-running");
    house.ok("profesor", &["vm", "stop", "web1"]);
    let own = ["template", "publish", "web1", "--name", "mini"];
    assert_eq!(refused(&house, "profesor", &own)["id"], "error-template-own");
    let more = ["--memory", "300M", "--ports", "8080,53/udp", "--description", "'Tomcat, con ñ'"];
    let said = house.ok("profesor", &[&PUBLISH[..], &more].concat());
    assert!(said.starts_with("`tomcat:1` está publicada"), "{said}");
    let made = ask(&house, "profesor", &PUBLISH);
    assert_eq!((&made["name"], &made["version"]), (&"tomcat".into(), &2.into()));

    // Everybody sees the newest, beside the engine's own.
    let list = ask(&house, "alumno1", &["template", "list"]);
    let names: Vec<_> = list.as_array().unwrap().iter().map(|one| (&one["name"], &one["version"])).collect();
    let (null, two) = (Value::Null, Value::from(2));
    assert_eq!(names, [(&"debian-12".into(), &null), (&"mini".into(), &null), (&"tomcat".into(), &two)]);
    // Limits that nobody said are the machine's own.
    assert_eq!((&list[2]["memory_mib"], &list[2]["machines"]), (&256.into(), &0.into()));
    // Of machines they count those that are theirs.
    assert_eq!(list[1]["machines"], 0);

    // The newest, or the one that is named; limits and ports are its own unless something is asked for.
    house.ok("alumno2", &["vm", "create", "b", "--template", "tomcat"]);
    let made = ask(&house, "alumno1", &["vm", "create", "a", "--template", "tomcat:1"]);
    assert_eq!((&made["template"], &made["memory_mib"]), (&"tomcat:1".into(), &300.into()));
    let ports = made["ports"].as_array().unwrap().iter();
    let ports: Vec<_> = ports.map(|port| (&port["port"], &port["vm_port"], &port["protocol"])).collect();
    let wanted = [(50_000.into(), 8080.into(), "tcp".into()), (50_001.into(), 53.into(), "udp".into())];
    assert_eq!(ports, wanted.each_ref().map(|(a, b, c): &(Value, Value, Value)| (a, b, c)));
    assert_eq!(ask(&house, "alumno1", &["port", "list"]).as_array().unwrap().len(), 2);
    let small = ["vm", "create", "c", "--template", "tomcat:1", "--memory", "200M"];
    assert_eq!(ask(&house, "alumno1", &small)["memory_mib"], 200);
    let none = refused(&house, "alumno1", &["vm", "create", "d", "--template", "tomcat:3"]);
    assert_eq!(
        (&none["id"], &none["args"]["known"]),
        (&"error-no-template".into(), &"debian-12, mini, tomcat".into())
    );
    assert_eq!(ask(&house, "alumno1", &["vm", "list"])[0]["template"], "tomcat:1");

    // Retired, it is offered no more; in use, it stays, also through a restart.
    let retire = ["template", "retire", "tomcat:1"];
    assert_eq!(refused(&house, "profesor", &retire)["id"], "error-need-yes");
    let said = house.ok("profesor", &[&retire[..], &["--yes"]].concat());
    assert!(said.contains("`tomcat:1` ya no se ofrece") && said.contains("2 máquinas"), "{said}");
    let again = refused(&house, "profesor", &[&retire[..], &["--yes"]].concat());
    assert_eq!(again["id"], "error-template-retired");
    let gone = refused(&house, "alumno1", &["vm", "create", "d", "--template", "tomcat:1"]);
    assert_eq!(gone["id"], "error-template-retired");
    house.stop();
    house.start();
    house.ok("alumno1", &["vm", "delete", "a", "--yes"]);
    assert_eq!(version(&house, "tomcat:1")["image"], true);
    house.ok("alumno1", &["vm", "delete", "c", "--yes"]);
    wait("the image is gone", || version(&house, "tomcat:1")["image"] == false);
    assert_eq!(version(&house, "tomcat:2")["image"], true);
    house.ok("profesor", &["template", "retire", "tomcat", "--yes"]);
    assert_eq!(ask(&house, "alumno1", &["template", "list"]).as_array().unwrap().len(), 2);
    let own = refused(&house, "profesor", &["template", "retire", "mini", "--yes"]);
    assert_eq!(own["id"], "error-template-engine");
    assert_eq!(
        refused(&house, "profesor", &["template", "retire", "nope", "--yes"])["id"],
        "error-unknown-template"
    );
    assert_eq!(ask(&house, "profesor", &PUBLISH)["version"], 3, "numbers are never given again");
}

#[test]
fn students_use_templates_and_make_none() {
    let house = staffed("");
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    house.ok("alumno1", &["vm", "stop", "web1"]);
    assert_eq!(refused(&house, "alumno1", &PUBLISH)["id"], "error-denied");
    // Another seat's machine is not even there; a professor sees it, and makes no template of it.
    let other = |vm| ["template", "publish", vm, "--name", "x"];
    assert_eq!(refused(&house, "alumno2", &other("web1.alumno1"))["id"], "error-no-vm");
    assert_eq!(refused(&house, "alumno2", &other("web1.profesor"))["id"], "error-no-vm");
    assert_eq!(refused(&house, "profesor", &other("web1.alumno1"))["id"], "error-denied");
    house.ok("profesor", &PUBLISH);
    assert_eq!(refused(&house, "alumno1", &["template", "retire", "tomcat", "--yes"])["id"], "error-denied");
    assert!(house.ok("alumno1", &["template", "show", "tomcat"]).contains("tomcat:1"));
    let denials = house.audit().into_iter().filter(|line| line["code"] == "denial");
    let actions: Vec<_> = denials.map(|line| line["action"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actions.iter().filter(|action| *action == "template-publish").count(), 4, "{actions:?}");
    assert_eq!(actions.iter().filter(|action| *action == "template-retire").count(), 1, "{actions:?}");
}

#[test]
fn ports_are_published_as_far_as_the_quota_goes() {
    let house = staffed("[quota]\npublications = 1\n");
    house.ok("profesor", &[&PUBLISH[..], &["--ports", "80,8080"]].concat());
    let said = house.ok("alumno1", &["vm", "create", "a", "--template", "tomcat"]);
    assert!(said.contains("puerta:50000 -> a:80\n"), "{said}");
    assert!(said.contains("el puerto 8080") && said.contains("1 de 1 puertos publicados"), "{said}");
    let made = ask(&house, "alumno1", &["vm", "create", "b", "--template", "tomcat"]);
    let reasons: Vec<_> = made["unpublished"].as_array().unwrap().iter().map(|one| &one["reason"]).collect();
    assert_eq!(reasons, ["error-quota", "error-quota"]);
}

/// Killed at any moment, there is a whole version or none, and the machine can be used.
#[test]
fn a_killed_puerta_leaves_no_half_template() {
    let mut house = staffed("delay_ms = 400\n");
    for after in [100, 500, 1000, 1300] {
        let mut publish = house.ssh("profesor");
        publish.arg(House::at("profesor")).args(PUBLISH).stdin(Stdio::null());
        let publish = publish.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut publish = support::Killed(publish);
        std::thread::sleep(std::time::Duration::from_millis(after));
        house.kill9();
        publish.0.wait().unwrap();
        house.start();
        wait("the job is settled", || {
            let jobs = ask(&house, "profesor", &["job", "list"]);
            jobs.as_array().unwrap().iter().all(|job| job["state"] != "running")
        });
        let listed = ask(&house, "profesor", &["template", "list"]);
        let versions = listed.as_array().unwrap().iter().filter_map(|one| one["version"].as_u64());
        let listed: Vec<_> = versions.collect();
        // What the engine remembers.
        let images = || {
            let lines = support::records::lines(&house.dir.join("state/sim.json"));
            let mut images = std::collections::BTreeSet::new();
            for line in lines.iter().filter(|line| line["template"].is_string()) {
                let name = line["template"].as_str().unwrap().to_owned();
                if line["image"].is_null() {
                    images.remove(&name)
                } else {
                    images.insert(name)
                };
            }
            images
        };
        wait("no image is left over", || images().len() == listed.len());
        let parts = std::fs::read_dir(house.dir.join("state/backups")).into_iter().flatten().flatten();
        let archives = |seat: std::fs::DirEntry| {
            let files = std::fs::read_dir(seat.path()).into_iter().flatten().flatten();
            files.filter(|file| file.file_name() != "seat.json").count()
        };
        let left: usize = parts.map(archives).sum();
        assert_eq!(left, 0, "an archive was left");
        if !listed.is_empty() {
            house.ok("profesor", &["template", "retire", "tomcat", "--yes"]);
            wait("its image goes", || images().is_empty());
        }
    }
    house.ok("profesor", &PUBLISH);
}

/// Killed while it makes a machine, it makes it after all, with the ports that its template wants.
#[test]
fn a_machine_that_is_carried_on_gets_its_ports() {
    let mut house = staffed("delay_ms = 400\n");
    house.ok("profesor", &[&PUBLISH[..], &["--ports", "8080"]].concat());
    let mut create = house.ssh("alumno1");
    create.arg(House::at("alumno1")).args(["vm", "create", "a", "--template", "tomcat"]).stdin(Stdio::null());
    let mut create = support::Killed(create.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    wait("it is being made", || {
        let all = ask(&house, "alumno1", &["vm", "list"]);
        all.as_array().unwrap().iter().any(|vm| vm["state"] == "creating")
    });
    house.kill9();
    create.0.wait().unwrap();
    house.start();
    wait("its port is published", || {
        let ports = ask(&house, "alumno1", &["port", "list"]);
        ports.as_array().unwrap().iter().any(|port| port["vm"] == "a" && port["vm_port"] == 8080)
    });
    let ports = ask(&house, "alumno1", &["port", "list"]);
    assert_eq!(ports[0]["publisher"], "alumno1");
    assert_eq!(ask(&house, "alumno1", &["vm", "list"])[0]["state"], "running");
}

/// Ten of the same at once.
fn ten(house: &House, words: impl Fn(usize) -> Vec<String>) -> Vec<Said> {
    let racing = (0..10).map(|n| {
        let mut ssh = house.ssh("alumno1");
        ssh.arg(House::at("alumno1")).args(words(n)).arg("--json");
        ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    });
    let racing: Vec<_> = racing.collect();
    racing.into_iter().map(|one| one.wait_with_output().unwrap().into()).collect()
}

#[track_caller]
fn won(ends: &[Said], quota: &str) -> usize {
    for lost in ends.iter().filter(|end| end.code != 0) {
        let error = &json(lost)["error"];
        assert_eq!((&error["code"], &error["args"]["quota"]), (&"limited".into(), &quota.into()), "{lost:?}");
        assert!(error["message"].as_str().unwrap().contains("quota set"), "{error}");
    }
    ends.iter().filter(|end| end.code == 0).count()
}

#[test]
fn what_was_set_holds_when_ten_race() {
    let house = House::new("delay_ms = 100\n[quota]\nmachines = 10\n");
    let words = |line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    house.ok("profesor", &["quota", "set", "running", "2", "--course", "demo-2026"]);
    let create = |n| words(format!("vm create web{n} --template mini"));
    assert_eq!(won(&ten(&house, create), "running"), 2);
    // Ten stopped ones, of which two may be started.
    house.ok("profesor", &["quota", "set", "running", "10", "--seat", "alumno1"]);
    let there = ask(&house, "alumno1", &["vm", "list"]);
    let there: Vec<_> = there.as_array().unwrap().iter().map(|vm| vm["name"].clone()).collect();
    for n in 0..10 {
        let name = format!("web{n}");
        if !there.contains(&Value::from(&*name)) {
            house.ok("alumno1", &["vm", "create", &name, "--template", "mini"]);
        }
        house.ok("alumno1", &["vm", "stop", &name]);
    }
    house.ok("profesor", &["quota", "set", "running", "default", "--seat", "alumno1"]);
    let start = |n| words(format!("vm start web{n}"));
    assert_eq!(won(&ten(&house, start), "running"), 2);
    let all = ask(&house, "alumno1", &["vm", "list"]);
    let running = all.as_array().unwrap().iter().filter(|vm| vm["state"] == "running");
    let running: Vec<_> = running.map(|vm| vm["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(running.len(), 2);
    // One that runs may be started and restarted again, whatever the number is now.
    house.ok("profesor", &["quota", "set", "running", "1", "--seat", "alumno1"]);
    house.ok("alumno1", &["vm", "restart", &running[0]]);
    let said = refused(&house, "alumno1", &["vm", "create", "more", "--template", "mini"]);
    assert_eq!(said["args"]["quota"], "machines");
    // Machines and memory, by seat and by role.
    for n in 0..10 {
        house.ok("alumno1", &["vm", "delete", &format!("web{n}"), "--yes"]);
    }
    house.ok("profesor", &["quota", "set", "running", "10", "--seat", "alumno1"]);
    house.ok("profesor", &["quota", "set", "machines", "4", "--seat", "alumno1"]);
    assert_eq!(won(&ten(&house, create), "machines"), 4);
    let said = house.ok("profesor", &["quota", "set", "machines", "1", "--seat", "alumno1"]);
    assert!(said.contains("ya lo pasan") && said.contains("`alumno1`"), "{said}");
    assert_eq!(ask(&house, "alumno1", &["vm", "list"]).as_array().unwrap().len(), 4);
    for vm in ask(&house, "alumno1", &["vm", "list"]).as_array().unwrap() {
        house.ok("alumno1", &["vm", "delete", vm["name"].as_str().unwrap(), "--yes"]);
    }
    house.ok("profesor", &["quota", "set", "machines", "default", "--seat", "alumno1"]);
    house.ok("profesor", &["quota", "set", "memory", "1G", "--role", "alumno"]);
    assert_eq!(won(&ten(&house, create), "memory"), 4);
}

#[test]
fn quotas_are_shown_and_set_by_who_may() {
    let house = staffed("[quota]\nmachines = 5\n");
    let line = |login: &str, words: &[&str], quota: &str| {
        let view = ask(&house, login, &[&["quota", "show"], words].concat())[0].clone();
        let all = view["quotas"].as_array().unwrap().clone();
        let line = all.into_iter().find(|line| line["quota"] == quota).unwrap();
        (line["used"].clone(), line["limit"].clone(), line["origin"].clone())
    };
    let own = |quota| line("profesor", &[], quota);
    assert_eq!(own("machines"), (1.into(), 5.into(), "default".into()));
    assert_eq!(own("running"), (0.into(), 5.into(), "default".into()));
    assert_eq!(own("memory").0, 256);
    house.ok("profesor", &["quota", "set", "machines", "3", "--course", "demo-2026"]);
    house.ok("profesor", &["quota", "set", "machines", "9", "--role", "admin"]);
    assert_eq!(line("alumno1", &[], "machines"), (0.into(), 3.into(), "course".into()));
    assert_eq!(line("profesor", &["--role", "admin"], "machines"), (Value::Null, 9.into(), "role".into()));
    assert_eq!(line("profesor", &["--course", "demo-2026"], "machines").1, 3);
    assert_eq!(line("profesor", &["--seat", "alumno2"], "machines").2, "course");
    assert_eq!(ask(&house, "alumno1", &["whoami"])["quotas"]["machines"], 3);
    let welcome = support::pty::Pty::new(house.ssh("alumno1").arg("-tt").arg(House::at("alumno1")));
    let mut welcome = welcome;
    welcome.until("0 de 3 máquinas");

    // A student looks at their own, and no further, and changes nothing.
    for words in [
        &["quota", "show", "--seat", "alumno2"][..],
        &["quota", "set", "machines", "60", "--seat", "alumno1"],
    ] {
        assert_eq!(refused(&house, "alumno1", words)["id"], "error-denied");
    }
    for (words, id) in [
        (&["quota", "set", "machines", "3"][..], "error-quota-place"),
        (&["quota", "set", "machines", "3", "--seat", "a", "--role", "alumno"], "error-quota-place"),
        (&["quota", "set", "cows", "3", "--role", "alumno"], "error-value"),
        (&["quota", "set", "machines", "-3", "--role", "alumno"], "error-value"),
        (&["quota", "set", "memory", "lots", "--role", "alumno"], "error-value"),
        (&["quota", "set", "machines", "3", "--role", "rector"], "error-value"),
        (&["quota", "set", "machines", "3", "--seat", "nobody"], "error-no-seat"),
        (&["quota", "set", "machines", "3", "--course", "nothing"], "error-no-course"),
        (&["quota", "set", "running", "default", "--course", "demo-2026"], "error-quota-unset"),
    ] {
        assert_eq!(refused(&house, "profesor", words)["id"], id, "{words:?}");
    }
}
