//! `job ...`.

use super::grammar::Meant;
use super::values::bad;
use super::whose::Whose;
use crate::app::command::{Command, JobCommand};
use crate::app::error::Result;
use clap::Subcommand;
use puerta_lab::job::{JobName, JobRefError};

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    List {
        #[command(flatten)]
        whose: Whose,
    },
    Watch {
        #[arg(value_parser = job)]
        job: JobName,
    },
}

fn job(text: &str) -> Result<JobName> {
    text.parse().map_err(|error| match error {
        JobRefError::Number => bad(text, "job"),
        JobRefError::Seat(error) => error.into(),
    })
}

impl Job {
    pub(super) fn meant(self) -> Result<Meant> {
        Ok(Meant::command(Command::Job(match self {
            Self::List { whose } => JobCommand::List(whose.chosen()?),
            Self::Watch { job } => JobCommand::Watch(job),
        })))
    }
}
