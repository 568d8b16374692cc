//! `policy ...`.

use super::Yes;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    Show {
        policy: Option<String>,
    },
    Check {
        #[arg(long)]
        folder: bool,
    },
    Explain {
        login: String,
        verb: String,
        #[arg(allow_negative_numbers = true)]
        target: Option<String>,
        #[arg(long)]
        at: Option<String>,
        #[arg(long)]
        from: Option<String>,
    },
    #[command(subcommand)]
    Rule(Rule),
}

/// `policy rule VERB`.
#[derive(Debug, Subcommand)]
pub(crate) enum Rule {
    List,
    #[command(subcommand)]
    Add(Ready),
    Remove {
        #[arg(allow_negative_numbers = true)]
        rule: String,
        #[command(flatten)]
        yes: Yes,
    },
}

/// `policy rule add KIND`.
#[derive(Debug, Subcommand)]
pub(crate) enum Ready {
    Exam {
        #[arg(long)]
        course: String,
        #[arg(long)]
        from: String,
        #[arg(long)]
        until: String,
        #[arg(long)]
        machines: Option<String>,
        #[arg(long)]
        verbs: Option<String>,
    },
    Timetable {
        #[arg(long)]
        course: String,
        #[arg(long)]
        open: String,
    },
    Campus {
        #[arg(long)]
        course: Option<String>,
        #[arg(long)]
        networks: Option<String>,
    },
    SecondFactor {
        #[arg(long)]
        role: Option<String>,
    },
}
