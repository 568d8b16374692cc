//! From what there is of a practice in a seat to what is to be done about it. Pure: it asks nobody.

use crate::app::many::{Seen, Stands};
use puerta_engine::Status;
use puerta_lab::model::{Job, Phase, PracticeId, Vm};
use puerta_lab::practice::{Machine, Practice};
use puerta_store::{Member, Practice as Kept};

/// What is done about one machine.
pub(super) enum Step<'a> {
    /// It is not there.
    Make(&'a Machine),
    /// It stands still.
    Start(&'a Vm),
    /// It is to be as new.
    Remake(&'a Machine, &'a Vm),
    /// Something else of theirs is called so.
    Taken(&'a Machine),
    /// A job has it that is in the way.
    Busy(&'a Job),
    /// It is half-made or half-gone, and nobody works at it.
    Unready(&'a Vm),
}

/// What is to be done, each machine behind those that start before it. `versions` are all of the practice; `anew`: what is
/// there is made again.
pub(super) fn missing<'a>(
    practice: &'a Practice,
    versions: &[PracticeId],
    there: &[Stands<'a>],
    anew: bool,
) -> Vec<Step<'a>> {
    let step = |machine: &'a Machine| {
        let is_it = |member: &Member| versions.contains(&member.practice) && member.role == machine.name;
        let own = there.iter().find(|one| one.member.is_some_and(is_it));
        match own {
            None if there.iter().any(|one| one.vm.name == machine.name) => Some(Step::Taken(machine)),
            None => Some(Step::Make(machine)),
            Some(Stands { job: Some((_, true)), .. }) if !anew => None,
            Some(Stands { job: Some((job, _)), .. }) => Some(Step::Busy(job)),
            Some(own) if own.vm.phase != Phase::Ready => Some(Step::Unready(own.vm)),
            // What the engine has lost has nothing in it to lose.
            Some(own) if anew || own.seen == Seen::Absent => Some(Step::Remake(machine, own.vm)),
            Some(own) if own.seen == Seen::Is(Status::Running) => None,
            // Of one that nobody can tell about the start says what is so.
            Some(own) => Some(Step::Start(own.vm)),
        }
    };
    practice.machines.iter().filter_map(step).collect()
}

/// The version that the seat has, or else the newest that is begun; `all` has the newest first. Anew it is that one, unless
/// there is none to begin any more.
pub(super) fn version<'a>(all: &[&'a Kept], there: &[Stands<'_>], anew: bool) -> Option<&'a Kept> {
    let has = |one: &&&Kept| there.iter().any(|it| it.member.is_some_and(|member| member.practice == one.id));
    let own = all.iter().find(has);
    let newest = all.iter().find(|one| one.retired.is_none());
    let wanted = if anew { newest.or(own) } else { own.or(newest) };
    wanted.copied()
}
