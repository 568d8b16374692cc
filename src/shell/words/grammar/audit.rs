//! `audit ...`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    List {
        #[command(flatten)]
        filter: AuditFilter,
        #[command(flatten)]
        pages: AuditPages,
    },
    Mine {
        #[command(flatten)]
        filter: AuditFilter,
        #[command(flatten)]
        pages: AuditPages,
    },
    Search {
        #[arg(required = true)]
        text: Vec<String>,
        #[command(flatten)]
        filter: AuditFilter,
        #[command(flatten)]
        pages: AuditPages,
    },
    Show {
        connection: String,
    },
    Tail {
        #[command(flatten)]
        filter: AuditFilter,
        #[arg(long, short = 'n', allow_negative_numbers = true)]
        lines: Option<String>,
        #[arg(long, short = 'f')]
        follow: bool,
    },
    Verify,
    Export {
        #[arg(long)]
        since: Option<String>,
        #[arg(long)]
        until: Option<String>,
    },
}

/// Which lines of the audit.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditFilter {
    #[arg(long)]
    pub(crate) person: Option<String>,
    #[arg(long)]
    pub(crate) seat: Option<String>,
    #[arg(long)]
    pub(crate) vm: Option<String>,
    #[arg(long)]
    pub(crate) action: Option<String>,
    #[arg(long)]
    pub(crate) outcome: Option<String>,
    #[arg(long)]
    pub(crate) from: Option<String>,
    #[arg(long)]
    pub(crate) connection: Option<String>,
}

/// Of which time, and which page of them.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditPages {
    #[arg(long)]
    pub(crate) since: Option<String>,
    #[arg(long)]
    pub(crate) until: Option<String>,
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) page: Option<String>,
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) limit: Option<String>,
    #[arg(long)]
    pub(crate) csv: bool,
}
