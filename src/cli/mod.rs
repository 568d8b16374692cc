//! What the technician types: `puerta init|serve|config|audit|firewall|person|policy|node`. Thin: it reads words and files,
//! puts the parts together, and says what happened.

mod audit;
mod firewall;
mod founding;
mod helper;
mod host_key;
mod init;
mod log;
mod node;
mod person;
mod policy;
mod privileges;
mod rebuild;
mod serve;
mod starter;
mod watchdog;

use crate::config::Config;
use anyhow::Context;
use clap::{Parser, Subcommand};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A daemon with bad configuration (sysexits(3) EX_USAGE).
const BAD_CONFIGURATION: u8 = 64;

/// The one door of a teaching lab.
#[derive(Parser)]
#[command(name = "puerta", version)]
struct Words {
    /// The configuration file
    #[arg(long, global = true, default_value = "/etc/puerta/puerta.toml")]
    config: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make what is missing: configuration, state folder, host key, database, the first professor
    Init {
        /// Login of a first person who may do everything
        #[arg(long)]
        admin: Option<String>,
        /// File with their public key; without it they get a one-time code
        #[arg(long, requires = "admin")]
        key: Option<PathBuf>,
    },
    /// Open the door
    Serve,
    /// Put a registry that was lost together again, from engine, archives and audit; shows it
    Rebuild {
        /// Write it
        #[arg(long)]
        yes: bool,
        /// There are no archives (any more)
        #[arg(long)]
        without_archives: bool,
    },
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        verb: ConfigVerb,
    },
    /// Look at the audit log
    Audit {
        #[command(subcommand)]
        verb: audit::Words,
    },
    /// Look at the firewall, or mend it
    Firewall {
        #[command(subcommand)]
        verb: firewall::Words,
    },
    #[command(name = starter::VERB, hide = true)]
    FirewallStarter,
    #[command(name = helper::VERB, hide = true)]
    FirewallHelper {
        #[arg(long)]
        owner: Option<String>,
    },
    /// Turn off a rule that keeps everybody out
    Policy {
        #[command(subcommand)]
        verb: policy::Words,
    },
    /// Help somebody in who cannot come in, while puerta is stopped
    Person {
        #[command(subcommand)]
        verb: PersonVerb,
    },
    /// What a node of the lab needs
    Node {
        #[command(subcommand)]
        verb: NodeVerb,
    },
}

#[derive(Subcommand)]
enum PersonVerb {
    /// Take away a second factor that was lost
    TotpReset {
        /// Whose
        login: String,
    },
}

#[derive(Subcommand)]
enum NodeVerb {
    /// Print the rules that keep seats apart, for contrib/node/install
    Rules,
}

#[derive(Subcommand)]
enum ConfigVerb {
    /// Report everything that is wrong with it
    Check,
    /// Print the effective values
    Show,
}

/// The program. The exit status: 0, 1 for what the caller can mend, 64 for a bad configuration.
pub fn run() -> ExitCode {
    let words = Words::parse();
    let code = carry_out(&words).unwrap_or_else(|error| {
        complain(&format!("{error:#}"));
        ExitCode::FAILURE
    });
    log::finish();
    code
}

fn carry_out(words: &Words) -> anyhow::Result<ExitCode> {
    if let Verb::Init { .. } = &words.verb {
        init::prepare_config(&words.config)?;
    }
    if let Verb::Audit { verb: audit::Words::Verify { file: Some(file), key } } = &words.verb {
        return audit::verify_file(file, key.as_deref());
    }
    let Some(config) = load(&words.config) else { return Ok(BAD_CONFIGURATION.into()) };
    match &words.verb {
        Verb::Init { admin, key } => init::run(&config, admin.as_deref(), key.as_deref()),
        Verb::Rebuild { yes, without_archives } => rebuild::run(&config, *yes, *without_archives),
        Verb::Serve => serve::run(&words.config, config),
        Verb::Config { verb: ConfigVerb::Check } => {
            if let Err(errors) = crate::app::policy::load(config.policy_dir.as_deref()) {
                errors.iter().for_each(|error| complain(error));
                return Ok(BAD_CONFIGURATION.into());
            }
            say(&format!("{}: good\n", words.config.display()))
        }
        Verb::Config { verb: ConfigVerb::Show } => say(&config.to_string()),
        Verb::Audit { verb } => audit::run(&config, verb),
        Verb::Firewall { verb } => firewall::run(&config, verb),
        Verb::Policy { verb } => policy::run(&config, verb),
        Verb::FirewallStarter => starter::run(&words.config, &config),
        Verb::FirewallHelper { owner } => helper::run(&config, owner.clone()),
        Verb::Person { verb: PersonVerb::TotpReset { login } } => person::totp_reset(&config, login),
        Verb::Node { verb: NodeVerb::Rules } => say(&node::rules(&config.engine)?),
    }
}

fn load(path: &Path) -> Option<Config> {
    match Config::load(path) {
        Ok(config) => Some(config),
        Err(errors) => {
            errors.iter().for_each(|error| complain(&format!("{}: {error}", path.display())));
            None
        }
    }
}

fn say(text: &str) -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")?;
    Ok(ExitCode::SUCCESS)
}

fn complain(text: &str) {
    log::say(&format!("puerta: {text}"));
}
