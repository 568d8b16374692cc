//! Who sits an exam and has a shell open is told when it begins, and when it is over.

use super::barred::Exam;
use crate::app::presence::Notice;
use crate::app::{App, clock};
use puerta_lab::model::Timestamp;
use puerta_lab::rules::{ReadyRule, Rule};
use std::collections::BTreeSet;

/// What becomes of an exam between two moments, of which the first was looked at already.
fn becomes(ready: &ReadyRule, after: Timestamp, now: Timestamp) -> Option<bool> {
    let Rule::Exam { time, .. } = &ready.rule else { return None };
    let passed = |edge: Timestamp| after < edge && edge <= now;
    // One that was over before anybody looked is over.
    match (passed(time.from()), passed(time.until())) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

impl App {
    /// Time has passed.
    pub(super) async fn exams_between(&self, after: Timestamp, now: Timestamp) {
        let Ok(rules) = self.store.rules().await else { return };
        for ready in &rules {
            if let Some(begins) = becomes(ready, after, now) {
                self.tell_exam(ready, begins).await;
            }
        }
    }

    /// An exam that lasts now was turned on, or off.
    pub(super) async fn exam_turned(&self, ready: &ReadyRule, on: bool) {
        if matches!(ready.rule, Rule::Exam { time, .. } if time.contains(clock::now())) {
            self.tell_exam(ready, on).await;
        }
    }

    async fn tell_exam(&self, ready: &ReadyRule, begins: bool) {
        let Some(exam) = Exam::of(ready) else { return };
        let course = exam.course.to_string();
        let notice = if begins {
            let until = exam.until(&self.config.timezone);
            Notice::ExamBegins { course, until, machines: exam.machines() }
        } else {
            Notice::ExamEnds { course }
        };
        let here: BTreeSet<_> = self.presence.all().iter().map(|one| one.visitor.person).collect();
        for person in here {
            if let Ok(Some(actor)) = self.store.actor(person).await
                && exam.is_sat_by(&actor)
            {
                self.presence.notify(person, &notice);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use puerta_lab::model::RuleId;
    use puerta_lab::rules::Window;

    #[test]
    fn it_is_told_once_and_not_what_nobody_saw() {
        let time = Window::new(Timestamp(10), Timestamp(20)).unwrap();
        let (course, verbs) = ("ux-2026".parse().unwrap(), "list".parse().unwrap());
        let rule = Rule::Exam { course, time, machines: BTreeSet::new(), verbs };
        let ready = ReadyRule { id: RuleId(1), rule, author: "profesor".into(), created: Timestamp(0) };
        for (after, now, told) in [
            (0, 9, None),
            (0, 10, Some(true)),
            (10, 11, None),
            (11, 20, Some(false)),
            (20, 30, None),
            (0, 30, None),
            // The clock was set back.
            (15, 5, None),
        ] {
            assert_eq!(becomes(&ready, Timestamp(after), Timestamp(now)), told, "{after} to {now}");
        }
    }
}
