//! `session list|show|close` and `message`.

use super::*;

#[test]
fn a_professor_sees_who_has_what_open_and_a_student_only_their_own() {
    let house = house("");
    let mut shell = terminal(&house, "alumno1", &[]);
    shell.until("puerta> ");
    let forward = forwarding(house.ssh("alumno1"), "alumno1");
    let mut stream = through(&forward);
    stream.write_all(&[b'x'; 1000]).unwrap();
    stream.read_exact(&mut [0; 1000]).unwrap();
    let other = jump(&house, "alumno2");

    wait("bytes are counted", || {
        let open = open(&house, "alumno1", "forward");
        open.len() == 1 && open[0]["bytes_up"] == 1004 && open[0]["bytes_down"] == 1004
    });
    let forward_view = &open(&house, "alumno1", "forward")[0];
    assert_eq!((&forward_view["vm"], &forward_view["port"]), (&"web1.alumno1".into(), &7007.into()));
    let seen = sessions(&house, "profesor", "alumno1");
    assert_eq!(seen.len(), 2, "{seen:#?}");
    assert!(seen.iter().all(|one| one["method"] == "publickey"), "{seen:#?}");
    assert!(seen[0]["from"].as_str().unwrap().starts_with("127.0.0.1:"), "{seen:#?}");
    assert_eq!(open(&house, "alumno1", "shell").len(), 1);
    shell.send("whoami\r");
    shell.until("puerta> ");
    let bytes = |name: &str| open(&house, "alumno1", "shell")[0][name].as_u64().unwrap();
    assert!(bytes("bytes_up") == 7 && bytes("bytes_down") > 100, "{}", bytes("bytes_up"));
    let text = house.ok("profesor", &["session", "list"]);
    assert!(text.contains("forward web1.alumno1:7007") && text.contains("shell"), "{text}");

    // A student sees their own, and the other's reads as one that is not there.
    let own = json(&house, "alumno1", &["session", "list"]);
    assert!(own.as_array().unwrap().iter().all(|one| one["login"] == "alumno1"), "{own:#}");
    let foreign = sessions(&house, "profesor", "alumno2")[0]["session"].as_str().unwrap().to_owned();
    for verb in ["show", "close --yes", "watch"] {
        let words: Vec<_> = ["session"].into_iter().chain(verb.split(' ')).collect();
        let (verb, options) = (words[..2].to_vec(), words[2..].to_vec());
        let at = |id: &str| {
            let mut words = verb.clone();
            words.push(id);
            words.extend(&options);
            let mut ssh = house.ssh("alumno1");
            ssh.args(["-q", "-tt"]).arg(House::at("alumno1")).args(words);
            support::Said::from(ssh.stdin(Stdio::null()).output().unwrap())
        };
        let (theirs, none) = (at(&foreign), at("0123456789ab"));
        assert_eq!((theirs.code, none.code), (1, 1), "{theirs:?}");
        assert_eq!(theirs.out.replace(&foreign, "X"), none.out.replace("0123456789ab", "X"));
    }
    for words in [["session", "list", "--person", "alumno2"], ["session", "list", "--person", "nadie"]] {
        let said = house.run("alumno1", &words);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains("no puede"), "{said:?}");
    }
    for words in [["session", "list", "--course", "demo-2026"], ["session", "list", "--course", "otro-2026"]]
    {
        assert!(house.run("alumno1", &words).err.contains("no puede"), "{words:?}");
    }
    let of_course = json(&house, "profesor", &["session", "list", "--course", "demo-2026"]);
    assert_eq!(of_course.as_array().unwrap().len(), 3, "{of_course:#}");

    let shown = json(&house, "profesor", &["session", "show", &foreign]);
    assert_eq!(shown["open"][0]["kind"], "forward");
    // Not more than was asked for.
    let part = shown["open"][0]["id"].as_str().unwrap();
    let said = house.run("profesor", &["session", "close", part, "--yes"]);
    assert!(said.code == 1 && said.err.contains("solo se puede cerrar entera"), "{said:?}");
    for verb in [&["show"][..], &["close", "--yes"]] {
        let other = format!("{foreign}-99");
        let said = house.run("profesor", &[&["session", verb[0], &other], &verb[1..]].concat());
        assert!(said.code == 1 && said.err.contains("no hay ninguna sesión"), "{said:?}");
    }
    assert_eq!(sessions(&house, "profesor", "alumno2").len(), 1);
    // Closed is closed, and the client says why.
    house.ok("profesor", &["session", "close", &foreign, "--yes"]);
    let said = ended("a closed session", other);
    assert!(said.contains("profesor ha cerrado") && said.contains("Your teacher closed"), "{said}");
    wait("it is gone", || sessions(&house, "profesor", "alumno2").is_empty());
    assert_eq!(sessions(&house, "profesor", "alumno1").len(), 2);
    let audit = house.audit();
    let closed = audit.iter().find(|line| line["code"] == "session.close").unwrap();
    assert_eq!(closed["detail"]["person"], "alumno2", "{closed}");

    // The shell says why before the connection goes.
    let id = sessions(&house, "profesor", "alumno1")[0]["session"].as_str().unwrap().to_owned();
    house.ok("alumno1", &["session", "close", &id, "--yes"]);
    assert!(shell.end().out.contains("You closed this session from another one"));
}

#[test]
fn a_message_comes_above_the_line_that_is_typed() {
    let house = house("");
    let mut shell = terminal(&house, "alumno1", &[]);
    shell.until("puerta> ");
    shell.send("whoa");
    shell.until("whoa");
    let said = house.ok("profesor", &["message", "alumno1", "'quedan\x1b[2J diez'", "minutos"]);
    assert!(said.contains("un intérprete"), "{said}");
    // The line is drawn again behind it, and nothing of a stranger's drives the terminal.
    let shown = shell.until("puerta> whoa");
    assert!(shown.contains("** Message from profesor: quedan\\x1b[2J diez minutos\r\n"), "{shown:?}");
    shell.send("\x7fami\r");
    shell.until("alumno1");
    shell.until("puerta> ");

    // A course: who has a shell gets it, and who has not is named. An exec or a forward is no shell.
    let _forward = forwarding(house.ssh("alumno2"), "alumno2");
    let sent = json(&house, "profesor", &["message", "demo-2026", "hola a todos"]);
    assert_eq!(sent["reached"], serde_json::json!(["alumno1"]), "{sent:#}");
    assert_eq!(sent["without"], serde_json::json!(["alumno2"]), "{sent:#}");
    shell.until("Message from profesor: hola a todos");

    for words in [["message", "alumno2", "hola"], ["message", "nadie", "hola"], ["message", "demo-2026", "x"]]
    {
        let said = house.run("alumno1", &words);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains("no puede"), "{said:?}");
    }
    assert_eq!(house.run("profesor", &["message", "nadie", "hola"]).code, 1);
    assert_eq!(house.run("profesor", &["message", "alumno1"]).code, 1);
    assert_eq!(house.run("profesor", &["message", "alumno1", &"x".repeat(501)]).code, 1);
    let audit = house.audit();
    let lines: Vec<_> = audit.iter().filter(|line| line["code"] == "message").collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!(lines[1]["detail"]["text"], "hola a todos");
}

#[test]
fn a_message_comes_while_a_job_is_watched() {
    let house = house("");
    // Slower jobs, so that there is time to write.
    let config = std::fs::read_to_string(house.config()).unwrap();
    let mut house = house;
    std::fs::write(house.config(), config.replace("driver = \"sim\"", "driver = \"sim\"\ndelay_ms = 3000"))
        .unwrap();
    house.stop();
    house.start();
    let mut shell = terminal(&house, "alumno1", &[]);
    shell.until("puerta> ");
    shell.send("vm restart web1\r");
    shell.until("job ");
    house.ok("profesor", &["message", "alumno1", "espera"]);
    let before = shell.until("** Message from profesor: espera\r\n");
    assert!(!before.contains("puerta> "), "it came only at the prompt: {before:?}");
    shell.until("puerta> ");
}
