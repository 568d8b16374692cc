//! Who starts the firewall's helper, as often as it takes. The door gives up what a helper needs before it hears
//! anybody, so it could not start a second one when the first hangs: this small process keeps it, hears the door
//! on a socket, and knows two orders. It reads nothing else and opens nothing.

use super::{helper, log, privileges};
use crate::config::{Config, Driver};
use anyhow::Context;
use puerta_firewall::client::Pipes;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// The verb that `serve` calls it by.
pub(super) const VERB: &str = "firewall-starter";
/// How long a helper may take to finish what it does when the door is gone.
const FINISHING: Duration = Duration::from_secs(60);

/// An order, one a message.
const START: &[u8] = b"start";
/// Followed by the owner.
const OWNER: &[u8] = b"owner ";
/// More than any order.
const LONGEST: usize = 64;

/// The door's side.
pub(super) struct Starter {
    socket: OwnedFd,
    /// It ends when the socket does.
    _process: Child,
}

impl Starter {
    /// Starts it. To be called before there is a second thread.
    pub(super) fn begin(config: &Path) -> anyhow::Result<Self> {
        let (socket, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        let mut command = puerta(config, VERB);
        // A Ctrl-C at the terminal is for its parent, whose end is its end.
        command.process_group(0).stdin(theirs).stdout(Stdio::null());
        let process = command.spawn().context("who starts the firewall's helper cannot be started")?;
        Ok(Self { socket, _process: process })
    }

    /// Asks for a new helper; an old one is ended whatever it does. The pipes lead to the new one.
    pub(super) fn start(&self) -> io::Result<Pipes> {
        let ((stdin, to), (from, stdout)) = (io::pipe()?, io::pipe()?);
        let theirs = [stdin.as_fd(), stdout.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut with = SendAncillaryBuffer::new(&mut space);
        if !with.push(SendAncillaryMessage::ScmRights(&theirs)) {
            return Err(io::Error::other("two descriptors are too many"));
        }
        sendmsg(&self.socket, &[IoSlice::new(START)], &mut with, SendFlags::NOSIGNAL)?;
        Ok(Pipes { to: to.into(), from: from.into() })
    }

    /// Whose rules every later helper may change; heard once.
    pub(super) fn owned_by(&self, owner: &str) -> io::Result<()> {
        let order = [OWNER, owner.as_bytes()].concat();
        let mut nothing = SendAncillaryBuffer::default();
        sendmsg(&self.socket, &[IoSlice::new(&order)], &mut nothing, SendFlags::NOSIGNAL)?;
        Ok(())
    }
}

/// This program again, with nothing of what our own start handed over: sockets, their names, the manager's.
fn puerta(config: &Path, verb: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("puerta").arg("--config").arg(config).arg(verb);
    command.env_clear().envs(std::env::var_os("RUST_LOG").map(|filter| ("RUST_LOG", filter)));
    command
}

/// The process itself.
pub(super) fn run(file: &Path, config: &Config) -> anyhow::Result<ExitCode> {
    log::start();
    // What is missing the helper finds too, and says it where it is heard.
    let _ = privileges::for_firewall(config.firewall.driver != Driver::Nftables);
    helper::deaf()?;
    log::flow().context("the log")?;
    let (mut current, mut owner) = (None, None);
    while let Some(order) = hear()? {
        match order {
            Order::Start(stdin, stdout) => {
                end(current.take(), Duration::ZERO);
                let mut command = puerta(file, helper::VERB);
                command.args(owner.iter().flat_map(|owner: &String| ["--owner", owner]));
                match command.stdin(stdin).stdout(stdout).spawn() {
                    Ok(child) => current = Some(child),
                    Err(error) => tracing::error!(%error, "the firewall's helper cannot be started"),
                }
            }
            Order::Owner(name) => drop(owner.get_or_insert(name)),
        }
    }
    end(current, FINISHING);
    Ok(ExitCode::SUCCESS)
}

enum Order {
    Start(OwnedFd, OwnedFd),
    Owner(String),
}

/// The next order; `None`: the door is gone.
fn hear() -> anyhow::Result<Option<Order>> {
    let mut bytes = [0; LONGEST];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    loop {
        let mut with = RecvAncillaryBuffer::new(&mut space);
        let mut into = [IoSliceMut::new(&mut bytes)];
        let heard = match recvmsg(io::stdin(), &mut into, &mut with, RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => continue,
            heard => heard?.bytes,
        };
        let order = bytes.get(..heard).unwrap_or_default();
        let mut given = with.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(given) => Some(given),
            _ => None,
        });
        let mut given = given.next().into_iter().flatten();
        return Ok(match (order, given.next(), given.next()) {
            ([], ..) => None,
            (START, Some(stdin), Some(stdout)) => Some(Order::Start(stdin, stdout)),
            (order, ..) => match order.strip_prefix(OWNER) {
                Some(owner) if owner.iter().all(u8::is_ascii_hexdigit) => {
                    Some(Order::Owner(String::from_utf8_lossy(owner).into_owned()))
                }
                _ => anyhow::bail!("not an order"),
            },
        });
    }
}

/// Waits for a helper's end, and makes it one.
fn end(child: Option<Child>, patience: Duration) {
    let Some(mut child) = child else { return };
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(10));
    }
    // One that has ended already keeps its own status.
    let _ = child.kill();
    match child.wait() {
        Ok(status) if status.success() => {}
        Ok(status) => tracing::warn!(%status, "the firewall's helper ended"),
        Err(error) => tracing::warn!(%error, "nobody knows how the firewall's helper ended"),
    }
}
