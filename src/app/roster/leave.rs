//! Who a list leaves out, and whether so many may go: a list of one row is easily sent, and puts a class out.

use super::parse::List;
use super::wrong::{NAMED, Wrong};
use crate::app::App;
use crate::app::command::Enrol;
use crate::app::error::{Error, Kind};
use puerta_engine::Status;
use puerta_lab::model::{Person, Vm};
use puerta_lab::names::SeatName;
use puerta_store::{Enrolment, RosterPlan};
use std::sync::Arc;

/// Two that give a course up between two lists are everyday.
const EVERYDAY: u32 = 2;
/// More than this is much whatever the class: a tenth of three hundred is a class of its own.
const MUCH: u32 = 10;

/// More than two, and more than a tenth of the class or than ten.
pub(in crate::app) fn many(gone: u32, class: u32) -> bool {
    gone > EVERYDAY && gone > (class / 10).min(MUCH)
}

/// Whether the list may be taken: who goes is few, or their number was said.
pub(super) fn agreed(plan: &RosterPlan, asked: &Enrol) -> bool {
    let gone = plan.archived.len() as u32;
    let another = plan.people.iter().any(|entry| entry.what == Enrolment::Another);
    !asked.dry_run && !another && (!many(gone, plan.class) || asked.archive == Some(gone))
}

/// It may not, with who would go.
pub(super) fn refused(plan: &RosterPlan, asked: &Enrol, stops: u32) -> Error {
    let one = |(person, _): &(Person, SeatName)| {
        Error::new(Kind::Conflict, "error-archived-one")
            .with("login", &person.login)
            .with("name", &person.name)
    };
    let mut details: Vec<Error> = plan.archived.iter().take(NAMED).map(one).collect();
    let more = plan.archived.len().saturating_sub(NAMED);
    if more > 0 {
        details.push(Error::new(Kind::Conflict, "error-archived-more").with("count", more));
    }
    let error = Error::new(Kind::Conflict, "error-list-archives").with("course", &asked.course);
    let error = error.with("count", plan.archived.len()).with("class", plan.class).with("machines", stops);
    Error { details, ..error }
}

/// Refuses a list in which the campus calls somebody by another name than whoever has their login.
pub(super) fn nobody_else(plan: &RosterPlan, list: &List) -> Result<(), Error> {
    let mut wrong = Wrong::default();
    for (entry, row) in plan.people.iter().zip(&list.rows) {
        if let (Enrolment::Another, Some(campus)) = (entry.what, &row.campus) {
            let error = Error::new(Kind::Conflict, "error-row-another").with("value", campus);
            wrong.add(row.line, error.with("login", &entry.login));
        }
    }
    if wrong.count() == 0 { Ok(()) } else { Err(wrong.error("error-list-wrong")) }
}

/// How many of these machines run; all when nobody can tell.
pub(in crate::app) async fn running(app: &Arc<App>, vms: &[Vm]) -> u32 {
    let Some(seen) = app.seen(vms).await else { return vms.len() as u32 };
    let runs = |vm: &&Vm| seen.get(&vm.vmid).is_some_and(|instance| instance.status != Status::Stopped);
    vms.iter().filter(runs).count() as u32
}

#[cfg(test)]
mod tests {
    use super::many;

    #[test]
    fn a_few_may_go_without_a_question() {
        for (gone, class, asks) in [
            (0, 0, false),
            (1, 1, false),
            (2, 3, false),
            (3, 3, true),
            (3, 30, false),
            (4, 30, true),
            (29, 30, true),
            (10, 300, false),
            (11, 300, true),
        ] {
            assert_eq!(many(gone, class), asks, "{gone} of {class}");
        }
    }
}
