//! Backups as people have them: which one goes for a new one, and what stays.

use super::*;

fn back_up(house: &House, words: &[&str]) -> String {
    let made = json(&house.run("alumno1", &[&["vm", "backup", "web1", "--json"], words].concat()));
    made["backup"]["name"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

fn list(house: &House) -> Vec<Value> {
    json(&house.run("alumno1", &["backup", "list", "--json"])).as_array().unwrap().clone()
}

fn names(house: &House, mark: &str) -> Vec<String> {
    let all = list(house);
    let marked = all.iter().filter(|one| one[mark] == true);
    marked.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

fn error(said: &Said) -> (i32, Value) {
    (said.code, json(said)["error"]["id"].clone())
}

#[test]
fn the_oldest_goes_only_after_it_was_said() {
    let house = House::new("[backup]\nkeep = 2\n");
    vm_up(&house, "alumno1", "web1");
    let first = back_up(&house, &["--note", "'antes del examen'"]);
    let second = back_up(&house, &[]);
    let of_first = list(&house).into_iter().find(|one| one["name"] == *first).unwrap();
    assert_eq!((&of_first["note"], &of_first["goes_next"]), (&"antes del examen".into(), &true.into()));
    assert!(house.ok("alumno1", &["whoami"]).contains("de cada máquina, 2"));

    // Without a terminal it is named, and nothing is done.
    let refused = house.run("alumno1", &["vm", "backup", "web1"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains(&format!("`{first}`")) && refused.err.contains("--yes"), "{refused:?}");
    assert_eq!(list(&house).len(), 2);
    // At a terminal it is asked, with the name.
    let mut terminal = shell(&house, "alumno1");
    terminal.send("vm backup web1\r");
    let asked = terminal.until(&format!("`{first}`.")).replace("\r\n", " ");
    assert!(asked.contains(&format!("se borrará la más vieja: `{first}`.")), "{asked}");
    terminal.until("[s/N] ");
    terminal.send("n\r");
    terminal.until(PROMPT);
    assert_eq!(list(&house).len(), 2);
    terminal.send("vm backup web1\r");
    terminal.until("[s/N] ");
    terminal.send("s\r");
    terminal.until(&format!("se han borrado para dejarle sitio: `{first}`"));
    terminal.until(PROMPT);
    let kept: Vec<_> = list(&house).iter().map(|one| one["name"].clone()).collect();
    assert!(kept.len() == 2 && kept[1] == *second, "{kept:?}");

    // A protected one is not the one that goes, and does not go by itself either.
    house.ok("alumno1", &["backup", "protect", &second]);
    assert_eq!((names(&house, "protected"), names(&house, "goes_next").len()), (vec![second.clone()], 1));
    let delete = house.run("alumno1", &["backup", "delete", &second, "--yes", "--json"]);
    assert_eq!(error(&delete), (1, "error-backup-protected".into()));
    let third = names(&house, "goes_next").remove(0);
    let fourth = back_up(&house, &["--yes"]);
    assert_eq!(list(&house).len(), 2);
    assert!(list(&house).iter().all(|one| one["name"] != *third));
    // All of them are: refused, with what to type.
    house.ok("alumno1", &["backup", "protect", &fourth]);
    let full = house.run("alumno1", &["vm", "backup", "web1", "--yes"]);
    assert!(full.code == 1 && full.err.contains(&format!("`backup unprotect {second}`")), "{full:?}");
    house.ok("alumno1", &["backup", "unprotect", &second]);
    back_up(&house, &["--yes"]);
    // Another's cannot be protected, nor is it there.
    let other = house.run("alumno2", &["backup", "protect", &fourth, "--seat", "alumno1", "--json"]);
    assert_eq!(error(&other), (1, "error-no-backup".into()));
}

#[test]
fn a_new_machine_of_the_name_leaves_the_old_ones_backups() {
    let house = House::new("[backup]\nkeep = 1\n");
    vm_up(&house, "alumno1", "web1");
    let old = back_up(&house, &[]);
    let said = house.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
    assert!(said.contains("`vm restore web1`"), "{said}");
    vm_up(&house, "alumno1", "web1");
    let new = back_up(&house, &[]);
    let all = list(&house);
    let seen: Vec<_> =
        all.iter().map(|one| (one["name"].as_str().unwrap(), one["deleted"] == true)).collect();
    assert_eq!(seen, [(new.as_str(), false), (old.as_str(), true)], "nothing was asked, and nothing went");
    assert!(house.ok("alumno1", &["backup", "list"]).contains("web1, borrada: queda una copia"));
    // The one that is there stays as it is; a copy of the other comes beside it, by name of its backup.
    let no = house.run("alumno1", &["vm", "restore", "web1", "--json"]);
    assert_eq!(error(&no), (1, "error-need-yes".into()));
    house.ok("alumno1", &["vm", "restore", "web1", "--backup", &old, "--as", "web2"]);
    let web2 = json(&house.run("alumno1", &["vm", "show", "web2", "--json"]));
    assert_eq!((&web2["state"], &web2["template"]), (&"running".into(), &"mini".into()));
    house.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
    let back = house.ok("alumno1", &["vm", "restore", "web1"]);
    assert!(back.contains(&format!("`{new}`")), "the newest of them: {back}");
}

#[test]
fn what_is_brought_back_fits_into_the_quota_and_is_for_who_may_create() {
    let house = House::new("[quota]\nmachines = 1\n");
    vm_up(&house, "alumno1", "web1");
    let backup = back_up(&house, &[]);
    let full = house.run("alumno1", &["vm", "restore", "web1", "--as", "web2", "--json"]);
    assert_eq!(error(&full), (1, "error-quota".into()));
    house.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
    for words in [&["web1.alumno1"][..], &["web1.alumno1", "--as", "web2"], &["web9", "--backup", &backup]] {
        let no = house.run("alumno2", &[&["vm", "restore", "--json"], words].concat());
        assert_eq!(error(&no), (1, "error-no-vm".into()), "{words:?}");
    }
    let begin = "2026-01-01T00:00";
    let exam = [
        "policy",
        "rule",
        "add",
        "exam",
        "--course",
        "demo-2026",
        "--from",
        begin,
        "--until",
        "2036-01-01T00:00",
    ];
    house.ok("profesor", &exam);
    let no = house.run("alumno1", &["vm", "restore", "web1", "--json"]);
    assert_eq!(no.code, 1, "{no:?}");
    assert_eq!(json(&house.run("alumno1", &["vm", "list", "--json"])).as_array().unwrap().len(), 0);
    // A teacher may, also during the exam.
    house.ok("profesor", &["vm", "restore", "web1.alumno1"]);
}

/// Killed at any moment, it is there whole after the next start, or was never asked for.
#[test]
fn killed_while_it_is_made_again() {
    let mut house = House::new("");
    vm_up(&house, "alumno1", "web1");
    back_up(&house, &[]);
    house.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
    house.stop();
    let text = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), text.replace("listen = true\n", "listen = true\ndelay_ms = 150\n"))
        .unwrap();
    house.start();
    for pause in (0..8).map(|n| n * 90) {
        let mut restore = house.ssh("alumno1");
        restore.arg(House::at("alumno1")).args(["vm", "restore", "web1"]);
        let restore =
            Killed(restore.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        std::thread::sleep(Duration::from_millis(200 + pause));
        house.kill9();
        drop(restore);
        house.start();
        wait("the job is settled", || {
            let jobs = json(&house.run("alumno1", &["job", "list", "--json"]));
            jobs.as_array().unwrap().iter().all(|job| job["state"] != "running")
        });
        let vms = json(&house.run("alumno1", &["vm", "list", "--json"]));
        let states: Vec<_> = vms.as_array().unwrap().iter().map(|vm| vm["state"].clone()).collect();
        assert!(states.is_empty() || states == ["running"], "{pause}: {states:?}");
        assert_eq!(list(&house).len(), 1, "{pause}");
        if !states.is_empty() {
            house.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
        }
    }
}
