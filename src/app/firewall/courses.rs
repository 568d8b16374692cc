//! What policy says to courses: whether their machines have egress, and their publications are open.
//! puerta itself asks, whenever it looks at the firewall.

use crate::app::clock;
use crate::store::{self, Store};
use puerta_policy::action::Action;
use puerta_policy::decide::{Context, Policy};
use puerta_policy::model::{Actor, Course};
use puerta_policy::names::CourseName;
use std::collections::BTreeSet;

/// Courses that policy closes now.
pub(super) struct Closed {
    /// To the outside.
    pub(super) egress: Vec<Course>,
    /// From the outside.
    pub(super) publications: BTreeSet<CourseName>,
}

fn allowed(policy: &Policy, action: Action, course: &Course) -> bool {
    let context = Context { now: clock::now(), source: None, second_factor: true };
    policy.explain(&Actor::itself(), action, course, context).is_ok()
}

/// Asks about every course that is not over.
pub(super) async fn closed(store: &Store, policy: &Policy) -> store::Result<Closed> {
    let mut closed = Closed { egress: Vec::new(), publications: BTreeSet::new() };
    for (course, _) in store.courses().await? {
        if course.closed.is_some() {
            continue;
        }
        if !allowed(policy, Action::CoursePublications, &course) {
            closed.publications.insert(course.name.clone());
        }
        if !allowed(policy, Action::CourseEgress, &course) {
            closed.egress.push(course);
        }
    }
    Ok(closed)
}

/// Whether a port of the course's machines may lead anywhere now.
pub(in crate::app) async fn may_publish(
    store: &Store,
    policy: &Policy,
    course: &CourseName,
) -> store::Result<bool> {
    let course = store.course(course).await?;
    Ok(course.is_none_or(|course| allowed(policy, Action::CoursePublications, &course)))
}
