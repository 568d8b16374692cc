//! `puerta firewall show|plan|apply|check|remove`: for the technician, as root on the host, whether
//! puerta runs or not.

use super::{complain, say};
use crate::app;
use crate::config::{Config, Driver};
use anyhow::{Context, bail};
use clap::Subcommand;
use ipnet::Ipv4Net;
use puerta_firewall::reconcile::Reconciler;
use puerta_firewall::{self as firewall, Backend, Done, FirewallError, Site, View, Why};
use puerta_store::Store;
use std::net::Ipv4Addr;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum Words {
    /// Print what the kernel has of puerta's
    Show,
    /// Print what would be changed, a line each
    Plan,
    /// Make the kernel have what the registry says
    Apply,
    /// Exit with 1 when the kernel has something else
    Check,
    /// Take away everything of puerta's, to uninstall it
    Remove {
        /// Yes, every publication and the isolation of seats
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(config: &Config, words: &Words) -> anyhow::Result<ExitCode> {
    if config.firewall.driver == Driver::Off {
        return Err(FirewallError::Off.into());
    }
    if let Words::Remove { yes: false } = words {
        bail!("this closes every publication and opens what was closed: say `--yes`");
    }
    let desired = desired(config)?;
    let mut reconciler = Reconciler::new(site(config), backend(config)?)?;
    match words {
        Words::Apply => {
            let report = reconciler.reconcile(&desired)?;
            foreign(&report.foreign);
            if let Done::Whole { .. } = report.done {
                // The counters that were read then are no more: nobody else can write it down.
                registry(config, async |store| Ok(app::firewall::count(store, &report).await.map(drop)?))?;
            }
            say(&sentence(&report.done))
        }
        Words::Show => say(&reconciler.look(&desired)?.listing),
        Words::Plan => {
            let view = reconciler.look(&desired)?;
            foreign(&view.foreign);
            say(&view.plan.iter().flat_map(|line| [line, "\n"]).collect::<String>())
        }
        Words::Check => check(&reconciler.look(&desired)?),
        Words::Remove { .. } => {
            // Not another puerta's: the look refuses.
            reconciler.look(&desired)?;
            reconciler.remove()?;
            say("removed\n")
        }
    }
}

fn check(view: &View) -> anyhow::Result<ExitCode> {
    foreign(&view.foreign);
    match view.would {
        Done::Nothing => say("the kernel has what it should\n"),
        _ => {
            complain("the kernel has something else: `puerta firewall plan` shows the difference");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn foreign(lines: &[String]) {
    lines.iter().for_each(|line| complain(&format!("may drop what puerta lets through: {line}")));
}

fn sentence(done: &Done) -> String {
    match done {
        Done::Nothing => "there was nothing to do\n".into(),
        Done::Members { added, removed } => format!("{added} added, {removed} removed\n"),
        Done::Whole { why: Why::Absent } => "written: there was nothing\n".into(),
        Done::Whole { why: Why::Changed } => "written anew: the configuration or an egress changed\n".into(),
        Done::Whole { why: Why::Drift } => "written anew: somebody else had changed it\n".into(),
    }
}

fn desired(config: &Config) -> anyhow::Result<firewall::Desired> {
    let refused = |errors: Vec<String>| anyhow::anyhow!("the policy: {}", errors.join("; "));
    let policy = app::policy::load(config.policy_dir.as_deref()).map_err(refused)?;
    registry(config, async |store| {
        let policy = app::policy::whole(&policy, store, config).await.map_err(refused)?;
        Ok(app::firewall::desired(store, config, &policy).await?)
    })
}

fn registry<T>(config: &Config, work: impl AsyncFnOnce(&Store) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let path = config.database();
    if !path.exists() {
        bail!("there is no {}: `puerta init` makes it", path.display());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open(&path).await.context("the database")?;
        let done = work(&store).await.context("the registry");
        store.close().await;
        done
    })
}

/// The configured language of rules.
pub(super) fn backend(config: &Config) -> firewall::Result<Box<dyn Backend>> {
    firewall::backend(config.firewall.driver.as_str())
}

/// What configuration says to the firewall.
pub(super) fn site(config: &Config) -> Site {
    let from = &config.firewall;
    let mut ssh_ports: Vec<u16> = config.ssh.listen.iter().map(std::net::SocketAddr::port).collect();
    ssh_ports.sort_unstable();
    ssh_ports.dedup();
    Site {
        outside: from.outside.clone(),
        inside: from.inside.clone(),
        lab: Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
        ssh_ports,
        admission: from.admission.clone(),
        campus: from.campus.clone(),
        dns: from.dns.clone(),
        machine_services: from.machine_services.clone(),
        ports: from.ports,
        log_group: from.log_group,
    }
}
