//! At a terminal: the line editor, Ctrl-C, what is not shown.

use super::*;

#[test]
fn the_line_editor_helps() {
    let house = House::new("");
    vm_up(&house, "alumno1", "servidor1");
    vm_up(&house, "alumno2", "secreta2");
    let mut shell = shell(&house, "alumno1");
    // Tab: one's own machine, and nobody else's.
    shell.send("vm show serv\t\r");
    assert!(shell.until(PROMPT).contains("10."), "{:?}", shell.all());
    shell.send("vm show secr\t\r");
    assert!(shell.until(PROMPT).contains("`secr`"), "{:?}", shell.all());
    // Up twice: the line before the last.
    shell.send("\x1b[A\x1b[A\r");
    let again = shell.until(PROMPT);
    assert!(again.contains("vm show servidor1") && again.contains("10."), "{again:?}");
    // Ctrl-C drops the line, and nothing of it runs.
    shell.send("vm stop servidor1\x03");
    shell.until(PROMPT);
    assert!(house.ok("alumno1", &["vm", "show", "servidor1", "--json"]).contains("\"running\""));
    // Another width, in the middle of a line.
    shell.send("vm list --se");
    shell.resize(24, 40);
    std::thread::sleep(Duration::from_millis(200));
    shell.resize(10, 200);
    shell.send("\x15vm list\r");
    assert!(shell.until(PROMPT).contains("servidor1"));
    // Typed ahead: three lines in one go, all run, in order.
    shell.send("whoami\rvm show nada\rhelp\r");
    let all = shell.until(PROMPT) + &shell.until(PROMPT) + &shell.until(PROMPT);
    let at = |text: &str| all.find(text).unwrap_or_else(|| panic!("{text} not in {all:?}"));
    assert!(at("SHA256:") < at("`nada`"), "{all:?}");
    // Ctrl-D leaves with the last status.
    shell.send("\x04");
    let end = shell.end();
    assert_eq!(end.code, 0, "{end:?}");
}

#[test]
fn control_c_leaves_a_job_to_itself() {
    let house = House::new("delay_ms = 1500");
    let mut shell = shell(&house, "alumno1");
    let begun = Instant::now();
    shell.send("vm create web1 --template mini\r");
    shell.until("tarea 1: ");
    // Typed while it runs, for afterwards.
    shell.send("\x03whoami\r");
    shell.until("job watch 1");
    assert!(begun.elapsed() < Duration::from_millis(1400), "it did not leave at once");
    shell.until("SHA256:");
    shell.until(PROMPT);
    // A job survives a connection that is cut, too.
    drop(shell);
    let watched = house.run("alumno1", &["job", "watch", "1"]);
    assert_eq!(watched.code, 0, "{watched:?}");
    assert!(!watched.out.contains('\x1b') && !watched.err.contains('\x1b'), "{watched:?}");
    assert!(house.ok("alumno1", &["vm", "list"]).contains("web1"));
    // Two things at once on one machine: the second is told what holds it.
    let mut ssh = house.ssh("alumno1");
    ssh.arg(House::at("alumno1")).args(["vm", "restart", "web1"]).stdin(Stdio::null());
    let mut first = ssh.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait("the job runs", || house.ok("alumno1", &["job", "list", "--json"]).contains("\"running\""));
    let busy = house.run("alumno1", &["vm", "stop", "web1"]);
    assert_eq!(busy.code, 1);
    assert!(busy.err.contains("reinicio desde"), "{busy:?}");
    assert!(first.wait().unwrap().success());
}

#[test]
fn a_password_is_asked_for_twice_and_never_shown() {
    let house = House::new("");
    let change = |first: &str, second: &str| {
        let mut shell = shell(&house, "alumno1");
        shell.send("passwd\r");
        shell.until("Contraseña nueva: ");
        shell.send(&format!("{first}\r"));
        shell.until("Otra vez: ");
        shell.send(&format!("{second}\r"));
        shell.until(PROMPT);
        // Neither is it in the history.
        shell.send("\x1b[A\x1b[A\x03");
        shell.until(PROMPT);
        shell.send("exit\r");
        let end = shell.end();
        assert!(!end.out.contains(first) && !end.out.contains(second), "{end:?}");
        end
    };
    assert!(change("una mesa verde", "una mesa azul").out.contains("no coinciden"));
    assert_eq!(house.run_secret("password", "alumno1", "una mesa verde", &["whoami"]).code, 255);
    change("una mesa verde", "una mesa verde");
    assert_eq!(house.run_secret("password", "alumno1", "una mesa verde", &["whoami"]).code, 0);
    let without = house.run("alumno1", &["passwd"]);
    assert_eq!(without.code, 1);
    assert!(without.err.contains("ssh -t"), "{without:?}");
}
