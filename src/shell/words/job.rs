//! `job ...`.

use super::grammar::Meant;
use super::values::{bad, number};
use crate::app::command::{Command, JobCommand};
use crate::app::error::Result;
use clap::Subcommand;
use puerta_lab::model::JobId;

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    List,
    Watch {
        #[arg(value_parser = job)]
        job: JobId,
    },
}

fn job(text: &str) -> Result<JobId> {
    number(text).map(JobId).ok_or_else(|| bad(text, "job"))
}

impl Job {
    pub(super) fn meant(self) -> Meant {
        Meant::command(Command::Job(match self {
            Self::List => JobCommand::List,
            Self::Watch { job } => JobCommand::Watch(job),
        }))
    }
}
