//! Why policy keeps somebody out, or what it leaves them during an exam, as a sentence that says until when.
//! Only who proved who they are is told. What is said depends on the person and the rules, never on what they
//! asked for: a refusal says the same of what is hidden and of what is absent.

use super::zone;
use crate::app::ctx::Visitor;
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind, Result};
use crate::app::{App, clock};
use ipnet::IpNet;
use jiff::tz::TimeZone;
use puerta_lab::model::{Actor, PersonId, Role, Timestamp};
use puerta_lab::names::{CourseName, VmName};
use puerta_lab::rules::{ReadyRule, Rule};
use std::collections::BTreeSet;

/// Why; what can be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Barred {
    /// A teacher closed their door.
    Suspended,
    /// They are in no list any more.
    Archived,
    /// The courses that they sit in are archived.
    Courses(Vec<CourseName>),
    /// From there nobody of them comes in.
    Campus { course: Option<CourseName>, networks: Vec<IpNet> },
    /// Not at this hour; when it is one again, if that is soon.
    Timetable { course: CourseName, opens: Option<Timestamp> },
    /// A policy of a file, which has no words for people.
    Policy,
}

/// An exam as those who sit it read it.
pub(super) struct Exam<'a> {
    pub(super) course: &'a CourseName,
    pub(super) until: Timestamp,
    machines: &'a BTreeSet<VmName>,
}

impl<'a> Exam<'a> {
    /// The exam that a rule is, if it is one.
    pub(super) fn of(ready: &'a ReadyRule) -> Option<Self> {
        match &ready.rule {
            Rule::Exam { course, time, machines, .. } => Some(Self { course, until: time.until(), machines }),
            _ => None,
        }
    }

    /// `11:00`, or with its day when that is another one.
    pub(super) fn until(&self, zone: &TimeZone) -> String {
        zone::spoken(self.until, zone, clock::now())
    }

    /// `` `ux9`, `db1` ``, or `all` of the course's.
    pub(super) fn machines(&self) -> String {
        match self.machines.is_empty() {
            true => "all".to_owned(),
            false => self.machines.iter().map(|vm| format!("`{vm}`")).collect::<Vec<_>>().join(", "),
        }
    }

    /// Whether somebody sits it.
    pub(super) fn is_sat_by(&self, actor: &Actor) -> bool {
        actor.role == Role::Alumno && actor.courses.contains(self.course)
    }

    fn error(&self, zone: &TimeZone) -> Error {
        let error = Error::new(Kind::Denied, "error-exam").with("course", self.course);
        error.with("until", self.until(zone)).with("machines", self.machines())
    }
}

impl Barred {
    /// What a ready rule says to who is kept out by it.
    fn by(ready: &ReadyRule, zone: &TimeZone, now: Timestamp) -> Option<Self> {
        match &ready.rule {
            Rule::Campus { course, networks } => {
                Some(Self::Campus { course: course.clone(), networks: networks.clone() })
            }
            Rule::Timetable { course, .. } => {
                let opens = zone::windows(&ready.rule, zone, now).into_iter().map(|window| window.from());
                Some(Self::Timetable { course: course.clone(), opens: opens.filter(|at| *at > now).min() })
            }
            Rule::Exam { .. } | Rule::SecondFactor { .. } => None,
        }
    }

    fn error(self, zone: &TimeZone, now: Timestamp) -> Error {
        let denied = |id| Error::new(Kind::Denied, id);
        match self {
            Self::Suspended => denied("error-barred-suspended"),
            Self::Archived => denied("error-barred-archived"),
            Self::Courses(courses) => {
                let courses: Vec<String> = courses.iter().map(|course| format!("`{course}`")).collect();
                denied("error-barred-course").with("courses", courses.join(", "))
            }
            Self::Campus { course, networks } => {
                let networks: Vec<String> = networks.iter().map(|network| format!("`{network}`")).collect();
                let course = course.map_or_else(|| "all".to_owned(), |course| course.to_string());
                denied("error-barred-campus").with("name", course).with("networks", networks.join(", "))
            }
            Self::Timetable { course, opens: Some(at) } => {
                let error = denied("error-barred-timetable").with("course", course);
                error.with("at", zone::spoken(at, zone, now))
            }
            Self::Timetable { course, opens: None } => {
                denied("error-barred-timetable-shut").with("course", course)
            }
            Self::Policy => denied("error-barred-policy"),
        }
    }
}

impl App {
    /// Why these policies keep somebody out.
    pub(in crate::app) async fn barred(&self, person: PersonId, policies: &[String]) -> Result<Error> {
        let (zone, now) = (&self.config.timezone, clock::now());
        let why = match (self.store.actor(person).await?, self.store.person(person).await?) {
            (Some(actor), Some(person)) if actor.suspended && !person.suspended => {
                match self.store.archived_courses_of(person.id).await? {
                    none if none.is_empty() => Barred::Archived,
                    courses => Barred::Courses(courses),
                }
            }
            (Some(actor), _) if actor.suspended => Barred::Suspended,
            _ => {
                let rules = self.store.rules().await?;
                let decided = rules.iter().filter(|ready| policies.contains(&ready.policy_id()));
                let mut known = decided.filter_map(|ready| Barred::by(ready, zone, now));
                known.next().unwrap_or(Barred::Policy)
            }
        };
        Ok(why.error(zone, now))
    }

    /// The exam that somebody sits now: what they may do is little, and until when.
    pub(in crate::app) async fn exam_of(&self, actor: &Actor) -> Option<Error> {
        if actor.role != Role::Alumno || actor.courses.is_empty() {
            return None;
        }
        let rules = self.store.rules().await.ok()?;
        let now = clock::now();
        let begun = |ready: &&ReadyRule| match &ready.rule {
            Rule::Exam { time, .. } => time.contains(now),
            _ => false,
        };
        let mut exams = rules.iter().filter(begun).filter_map(Exam::of);
        exams.find(|exam| exam.is_sat_by(actor)).map(|exam| exam.error(&self.config.timezone))
    }

    /// The same of who is here.
    pub async fn exam(&self, visitor: &Visitor) -> Option<Error> {
        let actor = self.store.actor(visitor.person).await.ok()??;
        self.exam_of(&actor).await
    }

    /// What more there is to say of an end that policy willed.
    pub async fn says_more(&self, visitor: &Visitor, reason: Reason) -> Option<Error> {
        match reason {
            Reason::NotNow => {
                let stays = self.may_stay(visitor.person, visitor.source, visitor.second_factor).await;
                self.barred(visitor.person, &stays.ok()?.err()?).await.ok()
            }
            Reason::NoLongerAllowed => self.exam(visitor).await,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use puerta_lab::model::RuleId;
    use puerta_lab::rules::Window;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn ready(rule: Rule) -> ReadyRule {
        ReadyRule { id: RuleId(1), rule, author: "profesor".into(), created: Timestamp(0) }
    }

    #[test]
    fn a_timetable_says_when_it_opens_by_the_clock_on_the_wall() {
        let zone = TimeZone::get("Europe/Madrid").expect("tzdata is not installed");
        let open = "mon 08:00-09:00, mon 12:00-13:00".parse().unwrap();
        let rule = ready(Rule::Timetable { course: "ux-2026".parse().unwrap(), open });
        for (now, says) in [("2026-11-23T08:30:00Z", "12:00"), ("2026-11-23T12:00:00Z", "2026-11-30 08:00")] {
            let error = Barred::by(&rule, &zone, at(now)).unwrap().error(&zone, at(now));
            assert_eq!(error.args, [("course", "ux-2026".to_owned()), ("at", says.to_owned())]);
        }
    }

    #[test]
    fn an_exam_is_its_courses_students() {
        let time = Window::new(at("2026-11-23T08:00:00Z"), at("2026-11-23T10:00:00Z")).unwrap();
        let (course, verbs) = ("ux-2026".parse().unwrap(), "list".parse().unwrap());
        let machines = ["ux9", "db1"].map(|name| name.parse().unwrap()).into();
        let rule = ready(Rule::Exam { course, time, machines, verbs });
        let exam = Exam::of(&rule).unwrap();
        assert_eq!(exam.machines(), "`db1`, `ux9`");
        let mut actor =
            Actor { courses: vec!["ux-2026".parse().unwrap()], role: Role::Alumno, ..Actor::itself() };
        assert!(exam.is_sat_by(&actor));
        actor.role = Role::Profesor;
        assert!(!exam.is_sat_by(&actor));
        (actor.role, actor.courses) = (Role::Alumno, vec!["aso-2026".parse().unwrap()]);
        assert!(!exam.is_sat_by(&actor));
    }
}
