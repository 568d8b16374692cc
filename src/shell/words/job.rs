//! `job ...`.

use super::grammar::Meant;
use super::values::bad;
use crate::app::command::{Command, JobCommand};
use crate::app::error::Result;
use clap::Subcommand;
use puerta_lab::job::{JobRef, JobRefError};

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    List,
    Watch {
        #[arg(value_parser = job)]
        job: JobRef,
    },
}

fn job(text: &str) -> Result<JobRef> {
    text.parse().map_err(|error| match error {
        JobRefError::Number => bad(text, "job"),
        JobRefError::Seat(error) => error.into(),
    })
}

impl Job {
    pub(super) fn meant(self) -> Meant {
        Meant::command(Command::Job(match self {
            Self::List => JobCommand::List,
            Self::Watch { job } => JobCommand::Watch(job),
        }))
    }
}
