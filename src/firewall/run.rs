//! The only file of puerta that starts a program: `nft`, `iptables-restore`, `ipset`, from the system's own
//! folders, with an empty environment, bounded in time and in what it may say.

use super::{FirewallError, Result, Step};
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Where programs are looked for; what started puerta has no say.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// More than 15,000 publications take a tenth of it.
const LISTING: u64 = 64 << 20;
/// More than a slow host needs for them, each with networks of its own.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of what it complains; the rest says the same of other lines.
const COMPLAINT: usize = 600;

/// Runs one program to its end and gives what it printed.
pub(super) fn run(step: &Step) -> Result<String> {
    let mut child = start(step)?;
    let (input, output, complaint) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        // A program that ends without reading everything says why on stderr: a broken pipe says less.
        scope.spawn(|| input.map(|mut pipe| pipe.write_all(step.input.as_bytes())));
        let output = scope.spawn(|| drain(output));
        let complaint = scope.spawn(|| drain(complaint));
        let status = wait(&mut child, step.program);
        let output = output.join().unwrap_or_default();
        let complaint = complaint.join().unwrap_or_default();
        match status? {
            status if !status.success() => Err(classify(step, status, &String::from_utf8_lossy(&complaint))),
            _ if output.len() as u64 > LISTING => other(step, "printed more than can be read"),
            _ => String::from_utf8(output).or_else(|_| other(step, "printed what is not UTF-8")),
        }
    })
}

fn start(step: &Step) -> Result<Child> {
    let path = FOLDERS.iter().map(|folder| format!("{folder}/{}", step.program));
    let Some(path) = path.into_iter().find(|path| std::path::Path::new(path).exists()) else {
        return Err(FirewallError::Missing(step.program.to_owned()));
    };
    Command::new(path)
        .args(&step.arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", FOLDERS.join(":"))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| FirewallError::Other(format!("`{}`: {error}", step.program)))
}

/// Reads to the end, keeps one byte more than may be.
fn drain(pipe: Option<impl Read>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = pipe.by_ref().take(LISTING + 1).read_to_end(&mut kept);
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
    }
    kept
}

fn wait(child: &mut Child, program: &str) -> Result<ExitStatus> {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_micros(500);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(pause),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(FirewallError::Other(format!("`{program}` did not end in time")));
            }
            Err(error) => return Err(FirewallError::Other(format!("`{program}`: {error}"))),
        }
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

fn other<T>(step: &Step, what: &str) -> Result<T> {
    Err(FirewallError::Other(format!("`{}` {what}", step.program)))
}

fn classify(step: &Step, status: ExitStatus, complaint: &str) -> FirewallError {
    let said: Vec<&str> = complaint.lines().map(str::trim).filter(|line| !line.is_empty()).take(4).collect();
    let said: String = said.join("; ").chars().take(COMPLAINT).collect();
    let said = said + &line_of(step, complaint);
    let text = match said.is_empty() {
        true => format!("`{}` ended with {status}", step.program),
        false => format!("`{}`: {said}", step.program),
    };
    let says = |words: &[&str]| words.iter().any(|word| complaint.contains(word));
    if says(&["Operation not permitted", "Permission denied", "you must be root", "open socket to ipset"]) {
        FirewallError::Permission(text)
    } else if says(&["not supported", "Protocol not supported", "can't initialize"]) {
        FirewallError::Kernel(text)
    } else {
        FirewallError::Other(text)
    }
}

/// What was fed on the line that a program complains of by its number, as `ipset` and `iptables-restore` do.
fn line_of(step: &Step, complaint: &str) -> String {
    let number = complaint.split_once("line ").map(|(_, rest)| rest);
    let number =
        number.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok());
    let line = number.and_then(|number| step.input.lines().nth(number.checked_sub(1)?));
    line.map(|line| format!(" (`{line}`)")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(program: &'static str, arguments: &[&str], input: &str) -> Step {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Step { program, arguments, input: input.to_owned() }
    }

    #[test]
    fn gives_what_was_printed_and_takes_what_is_fed() {
        let long = "a line\n".repeat(100_000);
        assert_eq!(run(&step("cat", &[], &long)).unwrap(), long);
    }

    #[test]
    fn knows_nothing_of_its_environment() {
        let printed = run(&step("env", &[], "")).unwrap();
        assert_eq!(printed.lines().count(), 2, "{printed}");
        assert!(printed.contains("LC_ALL=C\n"));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&step("no-such-program", &[], "")).unwrap_err();
        assert_eq!(error, FirewallError::Missing("no-such-program".into()));
    }

    #[test]
    fn what_went_wrong_is_told_apart() {
        let said = |words: &str| run(&step("sh", &["-c", &format!("echo '{words}' >&2; exit 1")], ""));
        assert!(matches!(said("Error: Operation not permitted"), Err(FirewallError::Permission(_))));
        assert!(matches!(said("Error: Operation not supported"), Err(FirewallError::Kernel(_))));
        assert!(matches!(said("Error: syntax"), Err(FirewallError::Other(text)) if text.contains("syntax")));
        assert!(matches!(run(&step("false", &[], "")), Err(FirewallError::Other(_))));
    }

    #[test]
    fn a_line_is_told_by_what_is_in_it() {
        let complaint = "echo 'Error in line 2: Kernel error received: set type not supported' >&2; exit 1";
        let error = run(&step("sh", &["-c", complaint], "one\ncreate two hash:net,net\n")).unwrap_err();
        assert!(
            matches!(error, FirewallError::Kernel(text) if text.ends_with("(`create two hash:net,net`)"))
        );
        let error = run(&step("sh", &["-c", "echo 'line 9 failed' >&2; exit 1"], "one\n")).unwrap_err();
        assert_eq!(error, FirewallError::Other("`sh`: line 9 failed".into()));
    }

    #[test]
    fn too_much_is_refused() {
        let error = run(&step("head", &["-c", "80000000", "/dev/zero"], "")).unwrap_err();
        assert_eq!(error, FirewallError::Other("`head` printed more than can be read".into()));
    }
}
