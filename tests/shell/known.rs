//! The keys by which machines are known, and the configuration of a client that asks for them.

use super::*;

/// Names and key of each line.
fn known(house: &House, login: &str, host: &[&str]) -> Vec<(String, String)> {
    let said = house.ok(login, &[&["known-hosts"], host].concat());
    let line = |line: &str| line.split_once(' ').map(|(names, key)| (names.to_owned(), key.to_owned()));
    said.lines().map(|text| line(text).unwrap()).collect()
}

#[test]
fn a_machine_is_known_by_every_name_of_it_and_by_what_it_has_now() {
    let house = House::new("");
    assert_eq!(known(&house, "alumno1", &[]), []);
    vm_up(&house, "alumno1", "web1");
    let all = known(&house, "alumno1", &[]);
    let address = json(&house.run("alumno1", &["vm", "show", "web1", "--json"]))["address"].clone();
    let address = address.as_str().unwrap();
    let names = format!("web1,web1.virtuales,web1.alumno1,web1.alumno1.virtuales,{address}");
    assert_eq!(all[0].0, names);
    for host in ["web1", "web1.virtuales", "web1.alumno1", "web1.alumno1.virtuales", address] {
        assert_eq!(known(&house, "alumno1", &[host]), all, "{host}");
    }
    // As OpenSSH asks for a machine at another port, and in its own letters.
    for host in ["[web1]:2222", "WEB1"] {
        let (names, key) = known(&house, "alumno1", &[host]).remove(0);
        assert!(names.ends_with(&format!(",{}", host.to_ascii_lowercase())) || host == "WEB1", "{names}");
        assert_eq!(key, all[0].1);
    }
    // OpenSSH's own tools read it, and the fingerprint is the one that is shown.
    let file = house.dir.join("machines");
    std::fs::write(&file, house.ok("alumno1", &["known-hosts"])).unwrap();
    let found = said(Command::new("ssh-keygen").args(["-l", "-F", "web1", "-f", text(&file)]));
    assert_eq!(found.code, 0, "{found:?}");
    let shown = json(&house.run("alumno1", &["vm", "show", "web1", "--json"]));
    let fingerprint = shown["host_keys"][0]["fingerprint"].as_str().unwrap();
    assert!(found.out.contains(fingerprint), "{found:?}");
    assert!(house.ok("alumno1", &["vm", "show", "web1"]).contains(fingerprint));

    // Stopped, called otherwise: the same. Another one: another key.
    house.ok("alumno1", &["vm", "stop", "web1"]);
    assert_eq!(known(&house, "alumno1", &["web1"]), all);
    house.ok("alumno1", &["vm", "rename", "web1", "web2"]);
    assert_eq!(known(&house, "alumno1", &["web2"])[0].1, all[0].1);
    vm_up(&house, "alumno1", "web1");
    let (first, second) = (all[0].1.clone(), known(&house, "alumno1", &["web1"])[0].1.clone());
    assert_ne!(first, second);

    // Made again under its old name: its old key, for clients that keep what they have seen; or a new one.
    for (name, key) in [("web1", &second), ("web2", &first)] {
        house.ok("alumno1", &["vm", "delete", name, "--yes"]);
        vm_up(&house, "alumno1", name);
        assert_eq!(&known(&house, "alumno1", &[name])[0].1, key, "{name}");
    }
    house.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini", "--new-keys"]);
    let third = known(&house, "alumno1", &["web1"])[0].1.clone();
    assert!(![first, second].contains(&third));
    house.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
    vm_up(&house, "alumno1", "web1");
    assert_eq!(known(&house, "alumno1", &["web1"])[0].1, third, "the last one of that name");
}

#[test]
fn nobody_elses_keys_are_told_and_no_word_comes_through() {
    let house = House::new("");
    vm_up(&house, "alumno2", "web2");
    let hidden = house.run("alumno1", &["known-hosts", "web2.alumno2"]);
    let absent = house.run("alumno1", &["known-hosts", "web9.alumno2"]);
    assert_eq!((hidden.code, hidden.out.as_str()), (1, ""));
    assert_eq!(hidden.err.replace("web2", "web9"), absent.err);
    assert_eq!(known(&house, "profesor", &["web2.alumno2"]).len(), 1, "a professor helps");
    assert_eq!(known(&house, "profesor", &[]), [], "and has no machines");
    for none in ["*", "web1\nweb2", "'web1 ssh-ed25519 AAAA'", "[web1]:99999", "localhost", ""] {
        let said = house.run("alumno1", &["known-hosts", &format!("'{none}'")]);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{none}: {said:?}");
    }
}

#[test]
fn openssh_reads_the_configuration() {
    let house = House::new("[ssh]\npublic_name = \"puerta.uni.es:2222\"\n");
    // One of the name that puerta has in it does not lead the door through itself.
    for name in ["web1", "puerta"] {
        vm_up(&house, "alumno1", name);
    }
    let config = |login: &str, words: &[&str]| {
        let file = house.dir.join("config");
        std::fs::write(&file, house.ok(login, words)).unwrap();
        file
    };
    let read = |file: &std::path::Path, host: &str| {
        let said = said(Command::new("ssh").args(["-G", "-F", text(file), host]));
        assert_eq!(said.code, 0, "{said:?}");
        said.out
    };
    let has = |read: &str, line: &str| read.lines().any(|is| is == line);
    for (words, asks) in [(&["ssh-config"][..], true), (&["ssh-config", "--file"], false)] {
        let file = config("alumno1", words);
        let door = read(&file, "puerta");
        for line in ["hostname puerta.uni.es", "port 2222", "user alumno1"] {
            assert!(has(&door, line), "{line}: {door}");
        }
        assert!(!door.contains("proxyjump puerta"), "{door}");
        for host in ["web1", "web1.alumno1", "web7.alumno1.virtuales", "puerta.alumno1"] {
            let machine = read(&file, host);
            for line in ["user root", "proxyjump puerta", "stricthostkeychecking true"] {
                assert!(has(&machine, line), "{host}: {line}: {machine}");
            }
            assert_eq!(machine.contains("knownhostscommand"), asks, "{machine}");
        }
        for host in ["elsewhere.es", "web7", "web7.alumno1", "web1.alumno2", "web1.alumno2.virtuales"] {
            assert!(!read(&file, host).contains("proxyjump"), "{host}");
        }
    }
    // Who helps has all machines in it; a file of keys would have none of them.
    assert!(has(&read(&config("profesor", &["ssh-config"]), "web1.alumno1.virtuales"), "proxyjump puerta"));
    let alone = read(&config("profesor", &["ssh-config", "--file"]), "web1.alumno1.virtuales");
    assert!(!alone.contains("proxyjump"), "{alone}");
    json(&house.run("alumno1", &["ssh-config", "--json"]));
}
