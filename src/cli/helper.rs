//! The firewall's helper: a second process of the same program, which holds CAP_NET_ADMIN so that the
//! one that speaks SSH does not. `firewall::helper` is what it does.

use super::firewall::{backend, site};
use super::starter::Starter;
use super::{log, privileges};
use crate::config::{Config, Driver};
use anyhow::{Context, bail};
use puerta_firewall::client::{Pipes, STARTING};
use puerta_firewall::pipe::Line;
use puerta_firewall::{FirewallError, helper};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// The verb that its starter calls it by.
pub(super) const VERB: &str = "firewall-helper";
/// More than a sentence.
const LONGEST: usize = 64 << 10;

/// Has the first one started, and waits until it is ready. To be called before there is a second thread.
pub(super) fn spawn(config: &Path) -> anyhow::Result<(Starter, Pipes)> {
    let starter = Starter::begin(config)?;
    let pipes = starter.start().context("the firewall's helper cannot be started")?;
    match first_line(&pipes.from) {
        Ok(Line::Start(Ok(()))) => Ok((starter, pipes)),
        Ok(Line::Start(Err(error))) => bail!("the firewall cannot be used: {error}"),
        Ok(_) => bail!("the firewall's helper said something else than that it is ready"),
        Err(error) => bail!("the firewall's helper did not start: {error:#}"),
    }
}

/// A byte at a time: what follows the line is for somebody else.
fn first_line(output: &OwnedFd) -> anyhow::Result<Line> {
    let patience = Timespec { tv_sec: STARTING.as_secs().cast_signed(), tv_nsec: 0 };
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') && line.len() < LONGEST {
        if poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&patience))? == 0 {
            bail!("it was not ready in time");
        }
        let mut byte = [0];
        if rustix::io::read(output, &mut byte)? == 0 {
            bail!("it ended");
        }
        line.extend(byte);
    }
    serde_json::from_slice(&line).context("it did not say that it is ready")
}

/// The helper itself.
pub(super) fn run(config: &Config, owner: Option<String>) -> anyhow::Result<ExitCode> {
    log::start();
    let kept = privileges::for_firewall(config.firewall.driver != Driver::Nftables);
    let backend = match kept {
        Ok(()) => backend(config),
        Err(missing) => Err(FirewallError::Permission(missing)),
    };
    deaf()?;
    log::flow().context("the log")?;
    helper::run(site(config), backend, owner)?;
    Ok(ExitCode::SUCCESS)
}

/// Signals to stop or to read again are for its parent: what it is doing is finished, and the end of
/// its input is its end. The handlers stay when the runtime that made them is gone.
pub(super) fn deaf() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
            drop(signal(kind)?);
        }
        Ok(())
    })
}
