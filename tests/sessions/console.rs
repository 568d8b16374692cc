//! `vm console`.

use super::*;

#[test]
fn a_console_is_a_terminal_in_the_machine() {
    let house = house("");
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    let head = console.until("sim# ");
    assert!(head.contains("Ctrl-]"), "{head}");
    console.send("hola\r");
    console.until("hola\r\nhola\r\n");
    // What puerta says of it is not the machine's word for it: the size is asked inside.
    console.send("stty size\r");
    console.until("24 80\r\n");
    console.resize(50, 132);
    wait("the size arrives", || {
        console.send("stty size\r");
        console.until("stty size\r\n");
        console.until("sim# ").contains("50 132")
    });
    console.send("sleep 100\r");
    console.until("sleep 100\r\n");
    console.send("\x03");
    console.until("^C\r\n");
    let open = open(&house, "alumno1", "console");
    assert_eq!(open[0]["vm"], "web1.alumno1");
    assert_eq!(open[0]["recorded"], false);
    assert!(open[0]["bytes_up"].as_u64().unwrap() > 10 && open[0]["bytes_down"].as_u64().unwrap() > 50);
    console.send("exit 7\r");
    assert_eq!(console.end().code, 7);
    let audit = house.audit();
    let lines: Vec<_> = audit.iter().filter(|line| line["code"] == "console").collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!((&lines[0]["phase"], &lines[1]["phase"]), (&"begin".into(), &"finish".into()));
    assert_eq!(lines[1]["vm"], "web1.alumno1");
    assert_eq!(lines[1]["detail"]["status"], 7);
    assert!(
        lines[1]["detail"]["bytes_down"].as_u64().unwrap() > 50 && lines[1]["detail"]["seconds"].is_number()
    );
}

#[test]
fn from_the_prompt_one_comes_back_to_the_prompt() {
    let house = house("");
    let mut shell = terminal(&house, "alumno1", &[]);
    shell.until("puerta> ");
    shell.send("console web1\r");
    shell.until("sim# ");
    shell.send("\x1d");
    shell.until("You left the console of `web1`");
    shell.until("puerta> ");
    shell.send("vm console web1\r");
    shell.until("sim# ");
    shell.send("exit 3\r");
    shell.until("puerta> ");
    shell.send("exit\r");
    assert_eq!(shell.end().code, 3);
}

#[test]
fn it_wants_a_terminal_and_a_machine_of_ones_own_that_runs() {
    let house = house("");
    let said = house.run("alumno1", &["vm", "console", "web1"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("ssh -t"), "{said:?}");
    let at = |login, vm| terminal(&house, login, &["vm", "console", vm]).end();
    for vm in ["web1.alumno2", "web9"] {
        let said = at("alumno1", vm);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.out.contains(&format!("no machine `{vm}`")), "{said:?}");
    }
    house.ok("alumno1", &["vm", "stop", "web1"]);
    let said = at("alumno1", "web1");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.out.contains("vm start web1"), "{said:?}");
    let audit = house.audit();
    let denied = audit.iter().filter(|line| line["code"] == "denial" && line["action"] == "vm-console");
    // What is not there is written down like what is not theirs.
    assert_eq!(denied.count(), 2);
}

#[test]
fn much_both_ways_neither_fills_memory_nor_stands_still() {
    let house = house("");
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    // The machine says all it can, and Ctrl-C still comes through.
    console.send("flood\r");
    console.until("0123456789abcdef0123456789abcdef");
    console.send("\x03");
    console.until("^C\r\n");
    console.until("sim# ");
    // A paste of many lines, echoed while it is typed.
    let pasted: String = (0..400).map(|number| format!("line {number}\r")).collect();
    console.send(&pasted);
    console.until("line 399\r\nline 399\r\n");
    console.send("exit\r");
    assert_eq!(console.end().code, 0);
}

/// Two sessions on one connection; the machine of one does not read what is pasted into it.
#[test]
fn a_machine_that_does_not_read_stops_no_neighbour() {
    let house = house("");
    let control = format!("ControlPath={}", house.dir.join("mux").display());
    let on = |master: &str, words: &[&str]| {
        let mut ssh = house.ssh("alumno1");
        ssh.env("LC_MESSAGES", "en_GB.UTF-8").args(["-o", "SendEnv=LC_MESSAGES", "-o", &control, "-o"]);
        ssh.arg(format!("ControlMaster={master}")).arg("-tt").arg(House::at("alumno1")).args(words);
        Pty::new(&ssh)
    };
    let mut shell = on("yes", &[]);
    shell.until("puerta> ");
    let mut console = on("no", &["vm", "console", "web1"]);
    console.until("sim# ");
    console.send("deaf\r");
    console.until("deaf\r\n");
    console.send(&"x".repeat(300_000));
    for _ in 0..5 {
        shell.send("whoami\r");
        shell.until("alumno1");
        shell.until("puerta> ");
    }
    // It is waited for: nothing is closed for being slow.
    let audit = house.audit();
    assert!(audit.iter().all(|line| line["code"] != "console" || line["phase"] != "finish"), "{audit:#?}");
}
