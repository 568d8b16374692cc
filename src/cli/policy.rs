//! `puerta policy rule list|remove`: the way back when a ready rule keeps out who could turn it off.

use super::say;
use crate::config::Config;
use anyhow::{Context, bail};
use clap::Subcommand;
use puerta_audit::{self as audit, Audit, Event};
use puerta_lab::model::RuleId;
use puerta_store::Store;
use std::process::ExitCode;

/// `puerta policy VERB`.
#[derive(Subcommand)]
pub(super) enum Words {
    /// Ready rules
    Rule {
        #[command(subcommand)]
        verb: RuleVerb,
    },
}

/// `puerta policy rule VERB`.
#[derive(Subcommand)]
pub(super) enum RuleVerb {
    /// Those that are on
    List,
    /// Turn one off; puerta must not be running
    Remove {
        /// Its number
        rule: i64,
    },
}

pub(super) fn run(config: &Config, words: &Words) -> anyhow::Result<ExitCode> {
    let Words::Rule { verb } = words;
    if !config.database().exists() {
        bail!("there is no {}: `puerta init` makes it", config.database().display());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(async {
        let store = Store::open(&config.database()).await.context("the database")?;
        let done = match verb {
            RuleVerb::List => list(&store).await,
            RuleVerb::Remove { rule } => remove(config, &store, RuleId(*rule)).await,
        };
        store.close().await;
        done
    })?;
    say(&text)
}

async fn list(store: &Store) -> anyhow::Result<String> {
    let line = |ready: &puerta_lab::rules::ReadyRule| {
        let course = ready.rule.course().map(|course| format!(" course={course}")).unwrap_or_default();
        format!("{} {}{course} by={}\n", ready.id, ready.rule.kind(), ready.author)
    };
    Ok(store.rules().await?.iter().map(line).collect())
}

/// While puerta runs it has the audit, and this is refused: what is not written down does not happen.
async fn remove(config: &Config, store: &Store, rule: RuleId) -> anyhow::Result<String> {
    let audit = Audit::open(config.audit(), audit::system_clock).context("the audit log")?;
    let ready = store.rules().await?.into_iter().find(|ready| ready.id == rule);
    let ready = ready.with_context(|| format!("there is no rule {rule}"))?;
    let event = Event::begin("policy.rule-remove").with("rule", ready.policy_id());
    audit.begin(event).await.context("the audit log")?;
    store.remove_rule(rule).await?;
    audit.close().await;
    Ok(format!("`{}` is off\n", ready.policy_id()))
}
