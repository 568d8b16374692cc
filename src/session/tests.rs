//! The talk over queues: what a client says and reads, without a protocol and without a socket.
#![allow(clippy::panic)]

use super::queues::{Client, pair};
use super::wire::{Input, Tty};
use super::*;
use crate::app::console::Size;
use crate::app::ending::Reason;
use crate::app::presence::Present;
use crate::app::tests::{House, house};
use bytes::Bytes;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Pieces that a client may be behind, when nothing is said of it.
const WINDOW: usize = 64;

/// A house, and somebody who is in.
struct Open {
    house: House,
    ending: Ending,
    _present: Present,
}

async fn open(name: &str) -> Open {
    let house = house(&format!("session-{name}")).await;
    let present = house.app.presence.connection(&Arc::new(house.visitor.clone()), |_| ()).unwrap();
    Open { house, ending: Ending::default(), _present: present }
}

impl Open {
    fn talk(&self, tty: Option<Tty>, asked: Asked, window: usize) -> (Client, JoinHandle<()>) {
        let (wire, client) = pair(tty, window);
        let visitor = Arc::new(self.house.visitor.clone());
        let caller = Caller { visitor, ending: self.ending.clone(), sent: Some(Lang::En) };
        (client, tokio::spawn(run(Arc::clone(&self.house.app), caller, wire, asked)))
    }

    fn exec(&self, tty: Option<Tty>, line: &str) -> Client {
        self.talk(tty, Asked::Exec(line.as_bytes().to_vec()), WINDOW).0
    }

    /// `web1` runs.
    async fn web1(&self) {
        let (_, err, status) = self.exec(None, "vm create web1 --template mini").ends().await;
        assert_eq!(status, 0, "{err}");
    }
}

fn tty() -> Option<Tty> {
    Some(Tty { size: Size { columns: 80, rows: 24 }, term: "xterm".into() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_has_its_answer_and_its_status() {
    let open = open("line").await;
    let (out, err, status) = open.exec(None, "whoami").ends().await;
    assert!(out.contains("alumno1") && err.is_empty() && status == 0, "{out:?} {err:?}");
    let (out, err, status) = open.exec(None, "vm show nowhere").ends().await;
    assert!(out.is_empty() && err.contains("nowhere") && status != 0, "{out:?} {err:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_and_only_a_yes_is_one() {
    let open = open("question").await;
    open.web1().await;
    let mut client = open.exec(tty(), "vm delete web1");
    client.reads("[y/N]").await;
    client.types("n\r");
    let (out, _, status) = client.ends().await;
    assert!(out.contains("Nothing was done") && status == 1, "{out:?}");
    let (_, err, status) = open.exec(None, "vm delete web1").ends().await;
    assert!(err.contains("--yes") && status != 0, "nobody to ask: {err:?}");
    let mut client = open.exec(tty(), "vm delete web1");
    client.reads("[y/N]").await;
    client.types("y\r");
    let (out, _, status) = client.ends().await;
    assert_eq!(status, 0, "{out:?}");
    assert_eq!(open.house.app.facts(&open.house.visitor).await.unwrap().vms.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_leaves_a_job_to_itself() {
    let open = open("detach").await;
    let mut client = open.exec(tty(), "vm create web1 --template mini");
    client.types("\x03");
    let (out, _, status) = client.ends().await;
    assert!(out.contains("goes on by itself") && status == 0, "{out:?}");
    let (_, err, status) = open.exec(None, "job watch 1").ends().await;
    assert_eq!(status, 0, "{err:?}");
    assert_eq!(open.house.app.facts(&open.house.visitor).await.unwrap().vms.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_input_ends_a_pipe_and_the_last_line_need_not_end() {
    let open = open("pipe").await;
    let (mut client, _) = open.talk(None, Asked::Shell, WINDOW);
    client.types("whoami\nvm sh");
    client.types("ow nowhere");
    client.does(Input::Eof);
    let (out, err, status) = client.ends().await;
    assert!(out.contains("alumno1") && err.contains("nowhere") && status != 0, "{out:?} {err:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_closes_ends_what_is_written_to_it() {
    let open = open("closes").await;
    let (client, talk) = open.talk(tty(), Asked::Shell, 1);
    // Nobody reads: the welcome fills the window, and the prompt waits.
    while open.house.app.presence.all()[0].channels().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    client.does(Input::Closed);
    tokio::time::timeout(Duration::from_secs(5), talk).await.unwrap().unwrap();
    assert!(open.house.app.presence.all()[0].channels().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_connection_is_told_at_the_prompt() {
    let open = open("ending").await;
    let (mut client, _) = open.talk(tty(), Asked::Shell, WINDOW);
    client.reads("puerta> ").await;
    open.ending.end(Reason::ClosedByStaff);
    let (out, _, _) = client.ends().await;
    assert!(out.contains("Your teacher closed this session"), "{out:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_is_a_terminal_in_the_machine() {
    let open = open("console").await;
    open.web1().await;
    let mut client = open.exec(tty(), "vm console web1");
    client.reads("sim# ").await;
    client.does(Input::Resize(Size { columns: 132, rows: 43 }));
    client.types("stty size\r");
    client.reads("43 132\r\n").await;
    client.types("exit 7\r");
    assert_eq!(client.ends().await.2, 7);
    let mut client = open.exec(tty(), "vm console web1");
    client.reads("sim# ").await;
    client.types("\x1d");
    let (out, _, status) = client.ends().await;
    assert!(out.contains("You left the console of `web1`") && status == 0, "{out:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_reads_nothing_stops_its_client_until_they_leave() {
    let open = open("deaf").await;
    open.web1().await;
    let mut client = open.exec(tty(), "vm console web1");
    client.reads("sim# ").await;
    client.types("deaf\r");
    client.reads("deaf").await;
    // Whatever is typed, most of it is not taken: it is the client's to wait.
    for _ in 0..1000 {
        client.types(&"x".repeat(8 * 1024));
    }
    open.ending.end(Reason::Shutdown);
    let (out, _, _) = client.ends().await;
    assert!(out.contains("puerta restarts"), "{out:?}");
}

/// Where a terminal is set to Latin-1, each of our prompts says so, and nothing is done.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_utf8_is_said_at_every_prompt() {
    let open = open("latin").await;
    open.web1().await;
    let latin = |client: &Client| client.does(Input::Bytes(Bytes::from_static(b"contrase\xf1a-larga\r")));
    for (line, prompt) in
        [("passwd", ":"), ("key add", ":"), ("vm delete web1", "[y/N]"), ("totp add", "ode")]
    {
        let mut client = open.exec(tty(), line);
        client.reads(prompt).await;
        latin(&client);
        let said = client.reads("not UTF-8").await;
        assert!(said.contains("set your terminal to UTF-8"), "{line}: {said}");
        if line == "totp add" {
            client.reads("ode").await;
            client.does(Input::Interrupt);
        }
        let (_, _, status) = client.ends().await;
        assert_eq!(status, 1, "{line}");
    }
    assert_eq!(open.house.app.facts(&open.house.visitor).await.unwrap().vms.len(), 1);
    let mut shell = open.talk(tty(), Asked::Shell, WINDOW).0;
    shell.reads("puerta> ").await;
    latin(&shell);
    shell.reads("not UTF-8").await;
    shell.reads("puerta> ").await;
    shell.types("exit\r");
    shell.ends().await;
    for (line, asked) in
        [("key add", &b"ssh-ed25519 AAAA jos\xe9\n"[..]), ("policy check", b"forbid \xf1 and rest ..\n")]
    {
        let mut client = open.exec(None, line);
        client.does(Input::Bytes(Bytes::copy_from_slice(asked)));
        client.does(Input::Eof);
        let (_, err, status) = client.ends().await;
        assert!(err.contains("not UTF-8") && status == 1, "{line}: {err}");
    }
}
