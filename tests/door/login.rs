//! Proving who one is: keys, agents, passwords, one-time codes.

use super::*;

#[test]
fn an_enrolled_key_opens_and_a_strange_one_does_not() {
    let house = House::new("");
    assert!(house.ok("alumno1", &["whoami"]).contains("alumno1"));
    for login in ["alumno1", "alumno10", "root", "nobody at all", "profesor"] {
        let said = said(house.ssh("stranger").args(["-l", login, "127.0.0.1", "whoami"]));
        assert_eq!(said.code, 255, "{login}: {said:?}");
        assert!(said.err.contains("Permission denied"), "{login}: {said:?}");
    }
    // Somebody else's key is a strange one.
    let said = said(house.ssh("alumno2").arg(House::at("alumno1")).arg("whoami"));
    assert_eq!(said.code, 255, "{said:?}");
}

#[test]
fn every_modern_kind_of_key_comes_in_and_sha1_does_not() {
    let house = House::new("");
    let kinds = [
        ("ed25519", "", "ssh-ed25519"),
        ("ecdsa", "256", "ecdsa-sha2-nistp256"),
        ("ecdsa", "384", "ecdsa-sha2-nistp384"),
        ("ecdsa", "521", "ecdsa-sha2-nistp521"),
        ("rsa", "3072", "rsa-sha2-256"),
        ("rsa", "3072", "rsa-sha2-512"),
    ];
    for (kind, bits, algorithm) in kinds {
        let name = format!("{kind}{bits}");
        if !house.key(&name).exists() {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", kind, "-N", "", "-f"]).arg(house.key(&name));
            if !bits.is_empty() {
                keygen.args(["-b", bits]);
            }
            assert_eq!(said(&mut keygen).code, 0);
            let line = std::fs::read_to_string(house.key(&name).with_extension("pub")).unwrap();
            let added = house.feed("alumno1", &["key", "add"], &line);
            assert_eq!(added.code, 0, "{name}: {added:?}");
        }
        let mut ssh = house.ssh(&name);
        let only = format!("PubkeyAcceptedAlgorithms={algorithm}");
        let said = said(ssh.args(["-o", &only]).arg(House::at("alumno1")).args(["whoami", "--json"]));
        assert_eq!(said.code, 0, "{algorithm}: {said:?}");
    }
    let mut ssh = house.ssh("rsa3072");
    let said = said(ssh.args(["-o", "PubkeyAcceptedAlgorithms=ssh-rsa"]).arg(House::at("alumno1")));
    assert_eq!(said.code, 255, "SHA-1: {said:?}");
    // SHA-1 and its friends are not even spoken.
    for (option, old) in [
        ("KexAlgorithms", "diffie-hellman-group14-sha1"),
        ("KexAlgorithms", "diffie-hellman-group1-sha1"),
        ("Ciphers", "aes128-cbc"),
        ("MACs", "hmac-sha1"),
    ] {
        let mut ssh = house.ssh("alumno1");
        // An authenticated cipher needs no MAC, so one is chosen that does.
        let cipher = if option == "MACs" { "aes128-ctr" } else { "aes128-gcm@openssh.com" };
        ssh.args(["-o", &format!("{option}={old}")]).args(["-o", &format!("Ciphers={cipher}")]);
        let said = self::said(ssh.arg(House::at("alumno1")).arg("whoami"));
        assert_eq!(said.code, 255, "{old}: {said:?}");
        assert!(said.err.contains("no matching"), "{old}: {said:?}");
    }
}

/// A query is not a login: `alumno1`'s key is offered without its private half, and only the
/// stranger's can sign.
#[test]
fn a_key_that_is_only_offered_is_nobody() {
    let house = House::new("");
    let public = house.key("alumno1").with_extension("pub");
    let only = house.dir.join("keys/onlypublic");
    std::fs::copy(&public, only.with_extension("pub")).unwrap();
    // The private file is another key: ssh asks with the public one and cannot sign for it.
    std::fs::copy(house.key("stranger"), &only).unwrap();
    std::fs::set_permissions(&only, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut ssh = house.keyless();
    ssh.args(["-o", "BatchMode=yes", "-v", "-i", text(&only), "-i", text(&house.key("stranger"))]);
    let said = said(ssh.arg(House::at("alumno1")).arg("whoami"));
    assert_eq!(said.code, 255, "{said:?}");
    assert!(said.err.contains("Server accepts key"), "the query was not asked: {said:?}");
    let audit = house.audit();
    let came = lines(&audit, "login", &[("/actor", "alumno1"), ("/phase", "begin")]);
    assert!(came.is_empty(), "{came:#?}");
}

#[test]
fn an_agent_full_of_keys_still_comes_in() {
    let house = House::new("");
    let socket = house.dir.join("agent");
    let mut agent = Command::new("ssh-agent");
    let _agent = Killed(agent.args(["-D", "-a", text(&socket)]).stdout(Stdio::null()).spawn().unwrap());
    wait("the agent answers", || socket.exists());
    for number in 1..=7 {
        house.make_key(&format!("other{number}"));
    }
    let names = (1..=7).map(|number| format!("other{number}")).chain(["alumno1".to_owned()]);
    let mut add = Command::new("ssh-add");
    add.arg("-q").args(names.map(|name| house.key(&name))).env("SSH_AUTH_SOCK", &socket);
    assert_eq!(said(&mut add).code, 0);
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", "none", "-o", "BatchMode=yes", "-p", &house.port.to_string()]);
    ssh.arg("-o").arg(format!("UserKnownHostsFile={}", text(&house.dir.join("known_hosts"))));
    let said = said(ssh.env("SSH_AUTH_SOCK", &socket).arg(House::at("alumno1")).arg("whoami"));
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn a_password_opens_by_both_methods_and_a_wrong_one_by_none() {
    let house = House::new("");
    set_password(&house, "alumno1");
    for method in ["password", "keyboard-interactive"] {
        let right = house.run_secret(method, "alumno1", PASSWORD, &["whoami"]);
        assert_eq!(right.code, 0, "{method}: {right:?}");
        assert!(right.out.contains("alumno1"), "{method}: {right:?}");
        for (login, secret) in [
            ("alumno1", "una mesa azul"),
            ("alumno1", ""),
            ("alumno2", PASSWORD),
            ("alumno2", ""),
            ("nadie", PASSWORD),
        ] {
            let wrong = house.run_secret(method, login, secret, &["whoami"]);
            assert_eq!(wrong.code, 255, "{method} {login} {secret:?}: {wrong:?}");
            assert!(wrong.err.contains("Permission denied"), "{method} {login} {secret:?}: {wrong:?}");
        }
    }
    let log = std::fs::read_to_string(house.dir.join("state/audit.jsonl")).unwrap() + &house.log();
    assert!(!log.contains(PASSWORD) && !log.contains("mesa"), "a password was written down");
}

#[test]
fn a_code_opens_once_and_leads_to_a_key() {
    let house = House::new("");
    let code = enrol(&house, "nuevo");
    let wrong = house.run_secret("keyboard-interactive", "alumno1", &code, &["whoami"]);
    assert_eq!(wrong.code, 255, "somebody else's code: {wrong:?}");
    let first = house.run_secret("keyboard-interactive", "nuevo", &code, &["whoami"]);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.err.contains("key add") && first.err.contains("passwd"), "what to do: {first:?}");
    let second = house.run_secret("keyboard-interactive", "nuevo", &code, &["whoami"]);
    assert_eq!(second.code, 255, "a code opened twice: {second:?}");

    // In one go: come in with the code, leave a key.
    let code = enrol(&house, "nueva");
    house.make_key("nueva");
    let key = std::fs::File::open(house.key("nueva").with_extension("pub")).unwrap();
    let mut ssh = house.ssh_secret("password", &code, 1);
    let added: Said = ssh.arg(House::at("nueva")).args(["key", "add"]).stdin(key).output().unwrap().into();
    assert_eq!(added.code, 0, "{added:?}");
    assert!(house.ok("nueva", &["whoami"]).contains("nueva"));

    // A code that has expired is no code.
    let code = enrol(&house, "tarde");
    sql(&house, "UPDATE credentials SET code_expires = 1");
    let late = house.run_secret("password", "tarde", &code, &["whoami"]);
    assert_eq!(late.code, 255, "an expired code opened: {late:?}");
    let audit = house.audit();
    let came = lines(&audit, "login", &[("/phase", "begin"), ("/detail/method", "one-time code")]);
    assert_eq!(came.len(), 2, "{came:#?}");
    let log = std::fs::read_to_string(house.dir.join("state/audit.jsonl")).unwrap() + &house.log();
    assert!(!log.contains(&code), "a code was written down");
}

#[test]
fn two_at_once_with_one_code_and_one_comes_in() {
    let house = House::new("");
    let code = enrol(&house, "nuevo");
    let tries: Vec<_> = (0..6)
        .map(|_| {
            let mut ssh = house.ssh_secret("password", &code, 1);
            ssh.arg(House::at("nuevo")).arg("whoami").stdin(Stdio::null()).stderr(Stdio::null());
            ssh.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let opened = tries.into_iter().map(|mut child| child.wait().unwrap()).filter(|end| end.success());
    assert_eq!(opened.count(), 1);
}

#[test]
fn who_exists_cannot_be_told_by_the_clock() {
    let house = House::new("");
    set_password(&house, "alumno1");
    let took = |login: &str| {
        let mut times: Vec<_> = (0..5)
            .map(|_| {
                let begun = Instant::now();
                let said = house.run_secret("password", login, "una mesa azul", &["whoami"]);
                assert_eq!(said.code, 255, "{said:?}");
                begun.elapsed()
            })
            .collect();
        times.sort();
        times[2].as_secs_f64()
    };
    let (known, keyed, unknown) = (took("alumno1"), took("alumno2"), took("nadie"));
    for (what, ratio) in [("no password", keyed / known), ("nobody", unknown / known)] {
        assert!((0.5..2.0).contains(&ratio), "{what}: {ratio} ({known}, {keyed}, {unknown})");
    }
}

#[test]
fn fifty_wrong_passwords_are_six() {
    let house = House::new("");
    let mut ssh = house.ssh_secret("password", "una mesa azul", 50);
    let said = said(ssh.arg(House::at("alumno1")).arg("whoami"));
    assert_eq!(said.code, 255, "{said:?}");
    wait("the audit has them", || {
        let audit = house.audit();
        let tries = lines(&audit, "login", &[("/actor", "alumno1"), ("/detail/method", "password")]);
        tries.iter().map(|line| records::times(line)).sum::<u64>() == 6
    });
    assert!(
        said.err.contains("Demasiadas contrase") && said.err.contains("Too many wrong passwords"),
        "{said:?}"
    );
}
