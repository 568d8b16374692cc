//! The firewall's helper: a second process of the same program, which holds CAP_NET_ADMIN so that the
//! one that speaks SSH does not. `firewall::helper` is what it does.

use super::firewall::{backend, site};
use super::privileges;
use crate::config::{Config, Driver};
use anyhow::{Context, bail};
use puerta_firewall::pipe::Line;
use puerta_firewall::{FirewallError, helper};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use tokio::signal::unix::{SignalKind, signal};

/// The verb that `serve` calls it by.
pub(super) const VERB: &str = "firewall-helper";
/// More than it takes to try the rules on a busy host.
const PATIENCE: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };
/// More than a sentence.
const LONGEST: usize = 64 << 10;

/// Starts it and waits until it is ready. To be called before there is a second thread.
pub(super) fn spawn(config: &Path) -> anyhow::Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("puerta").arg("--config").arg(config).arg(VERB);
    // Nothing of what our own start handed over is its: sockets, their names, the manager's socket.
    command.env_clear().envs(std::env::var_os("RUST_LOG").map(|filter| ("RUST_LOG", filter)));
    // A Ctrl-C at the terminal is for its parent, whose end is its end.
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().context("the firewall's helper cannot be started")?;
    let started = child.stdout.as_mut().context("no pipe").and_then(first_line);
    match started {
        Ok(Line::Start(Ok(()))) => Ok(child),
        Ok(Line::Start(Err(error))) => {
            let _ = child.wait();
            bail!("the firewall cannot be used: {error}")
        }
        Ok(_) => bail!("the firewall's helper said something else than that it is ready"),
        Err(error) => {
            let _ = child.kill();
            let status = child.wait().map(|status| status.to_string()).unwrap_or_default();
            bail!("the firewall's helper did not start: {error:#} ({status})")
        }
    }
}

/// A byte at a time: what follows the line is for somebody else.
fn first_line(output: &mut ChildStdout) -> anyhow::Result<Line> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') && line.len() < LONGEST {
        if poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&PATIENCE))? == 0 {
            bail!("it was not ready in time");
        }
        let mut byte = [0];
        output.read_exact(&mut byte).context("it ended")?;
        line.extend(byte);
    }
    serde_json::from_slice(&line).context("it did not say that it is ready")
}

/// The helper itself.
pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    super::serve::log();
    let kept = privileges::for_firewall(config.firewall.driver != Driver::Nftables);
    let backend = match kept {
        Ok(()) => backend(config),
        Err(missing) => Err(FirewallError::Permission(missing)),
    };
    deaf()?;
    helper::run(site(config), backend)?;
    Ok(ExitCode::SUCCESS)
}

/// Signals to stop or to read again are for its parent: what it is doing is finished, and the end of
/// its input is its end. The handlers stay when the runtime that made them is gone.
fn deaf() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
            drop(signal(kind)?);
        }
        Ok(())
    })
}
