//! What the audit tells of a registry that is lost: who there was, in which course and seat, and what was taken from
//! whom since. Its lines are heard in their order. Where it is not certain that somebody may still have something
//! (a key among several that was removed by its number), they have it no more.

use super::called::Called;
use crate::app::clock;
use crate::app::command::{
    Command, CourseCommand, KeyCommand, PersonCommand, SeatCommand, TemplateCommand, VmCommand,
};
use crate::app::roster;
use puerta_lab::action::Action;
use puerta_lab::model::{CourseState, Role, Timestamp};
use puerta_lab::names::{CourseName, Login, SeatName, TemplateName, VmName};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) suspended: bool,
    /// They had to do with a second factor.
    pub(super) second: bool,
    /// Lines of `authorized_keys`, as they were typed.
    pub(super) keys: Vec<String>,
}

impl Default for Told {
    fn default() -> Self {
        Self { role: Role::Alumno, name: String::new(), suspended: false, second: false, keys: Vec::new() }
    }
}

/// A course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToldCourse {
    /// What was said of it.
    pub(super) year: Option<u16>,
    /// The same.
    pub(super) version: Option<u8>,
    pub(super) state: CourseState,
}

/// A seat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) course: Option<CourseName>,
    pub(super) team: bool,
    pub(super) archived: bool,
    /// It was a row of a list.
    pub(super) roster: bool,
    pub(super) members: BTreeSet<Login>,
}

/// Everything that was told.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) people: BTreeMap<Login, Told>,
    pub(super) courses: BTreeMap<CourseName, ToldCourse>,
    pub(super) seats: BTreeMap<SeatName, Place>,
    /// How many versions of each template were published.
    pub(super) published: BTreeMap<TemplateName, u32>,
    /// Machines.
    pub(super) called: Called,
    /// Lines that were heard.
    pub(super) lines: u64,
    /// Commands that changed something and are not understood any more.
    pub(super) lost: u64,
}

fn text<'a>(line: &'a Value, pointer: &str) -> Option<&'a str> {
    line.pointer(pointer)?.as_str()
}

fn name<T: std::str::FromStr>(line: &Value, pointer: &str) -> Option<T> {
    text(line, pointer)?.parse().ok()
}

/// The machine that a line is about.
fn machine(line: &Value) -> Option<(VmName, SeatName)> {
    let (name, seat) = text(line, "/vm")?.split_once('.')?;
    Some((name.parse().ok()?, seat.parse().ok()?))
}

fn time(line: &Value) -> Timestamp {
    text(line, "/time").and_then(clock::of_rfc3339).unwrap_or(Timestamp(0))
}

impl Story {
    /// The next line of the audit. `parse` knows the shell's words.
    pub(super) fn hear(&mut self, line: &Value, parse: &dyn Fn(&str) -> Option<Command>) {
        self.lines += 1;
        match (text(line, "/code"), text(line, "/phase"), text(line, "/outcome")) {
            (Some("person.init"), ..) => {
                if let Some(login) = name(line, "/detail/login") {
                    self.person(&login).role = Role::Admin;
                }
            }
            (Some("login"), Some("begin"), Some("allowed")) => {
                if let Some(login) = name(line, "/actor") {
                    self.person(&login);
                }
            }
            (Some("seat"), Some("note"), _) => drop(self.moved(line)),
            (Some("command"), Some("finish"), Some("done")) => self.done(line, parse),
            (Some("job"), Some("finish"), Some("done")) => {
                if let (Some(kind), Some(vm)) = (text(line, "/detail/kind"), machine(line)) {
                    self.called.done(kind, vm, time(line));
                }
                let words =
                    text(line, "/detail/words").filter(|_| text(line, "/detail/kind") == Some("publish"));
                if let Some(Command::Template(TemplateCommand::Publish { name, .. })) = words.and_then(parse)
                {
                    *self.published.entry(name).or_default() += 1;
                }
            }
            _ => {}
        }
    }

    fn person(&mut self, login: &Login) -> &mut Told {
        self.people.entry(login.clone()).or_default()
    }

    /// A row of a list that came, went or came back.
    fn moved(&mut self, line: &Value) -> Option<()> {
        let (login, seat): (Login, SeatName) = (name(line, "/detail/person")?, name(line, "/detail/seat")?);
        let course: Option<CourseName> = name(line, "/detail/course");
        self.person(&login);
        let place = self.seats.entry(seat).or_default();
        place.course = course.or_else(|| place.course.take());
        place.archived = text(line, "/detail/what") == Some("archived");
        place.roster = true;
        place.members.insert(login);
        Some(())
    }

    fn done(&mut self, line: &Value, parse: &dyn Fn(&str) -> Option<Command>) {
        const CHANGES: [&str; 5] = ["course-", "person-", "seat-", "key-", "vm-rename"];
        let action = text(line, "/action").unwrap_or_default();
        if action == Action::SecondFactor.as_str() {
            // Their secret is lost: a key alone must not open what two things opened.
            if let Some(login) = name(line, "/actor") {
                self.person(&login).second = true;
            }
            return;
        }
        if !CHANGES.iter().any(|change| action.starts_with(change)) {
            return;
        }
        let (actor, words) = (name(line, "/actor"), text(line, "/detail/words").unwrap_or_default());
        match (parse(words), actor) {
            (Some(Command::Vm(VmCommand::Rename { name, .. })), Some(_)) => {
                if let Some(vm) = machine(line) {
                    self.called.renamed(vm, name, time(line));
                }
            }
            (Some(command), Some(actor)) => self.changed(&actor, command),
            _ => self.lost += 1,
        }
    }

    fn changed(&mut self, actor: &Login, command: Command) {
        match command {
            Command::Course(command) => self.of_course(command),
            Command::Person(command) => self.of_person(command),
            Command::Seat(SeatCommand::Create { team, course, members }) => {
                // A login without members gets a seat of their own.
                let known = |login: &Login| members.is_empty() && self.people.contains_key(login);
                match team.as_str().parse().ok().filter(known) {
                    Some(owner) => self.own(owner, course),
                    None => {
                        let members = members.iter().filter_map(roster::login_of).collect();
                        let place = Place { course: Some(course), team: true, members, ..Place::default() };
                        self.seats.insert(team, place);
                    }
                }
            }
            Command::Seat(SeatCommand::Add { seat, members }) => {
                self.seats
                    .entry(seat)
                    .or_default()
                    .members
                    .extend(members.iter().filter_map(roster::login_of));
            }
            Command::Seat(SeatCommand::Drop { seat, member }) => {
                if let Some(member) = roster::login_of(&member) {
                    self.seats.entry(seat).or_default().members.remove(&member);
                }
            }
            Command::Seat(SeatCommand::Archive { seat, back, .. }) => {
                self.seats.entry(seat).or_default().archived = !back;
            }
            // What of it is still there brings it back.
            Command::Seat(SeatCommand::Remove { seat, .. }) => drop(self.seats.remove(&seat)),
            Command::Key(KeyCommand::Add { line }) if !line.is_empty() => {
                self.person(actor).keys.push(line);
            }
            // Which one it was nobody can tell from a number.
            Command::Key(KeyCommand::Remove { .. }) => self.person(actor).keys.clear(),
            _ => {}
        }
    }

    fn of_course(&mut self, command: CourseCommand) {
        match command {
            CourseCommand::Create { name, year, version } => {
                self.courses.insert(name, ToldCourse { year, version, state: CourseState::Open });
            }
            CourseCommand::Rename { course, name } => {
                if let Some(told) = self.courses.remove(&course) {
                    self.courses.insert(name.clone(), told);
                }
                let seats = self.seats.values_mut().filter(|seat| seat.course.as_ref() == Some(&course));
                seats.for_each(|seat| seat.course = Some(name.clone()));
            }
            CourseCommand::Close(course) => self.stands(&course, CourseState::Closed(clock::now())),
            CourseCommand::Archive { course, .. } => {
                self.stands(&course, CourseState::Archived(clock::now()));
            }
            CourseCommand::Reopen { course, .. } => self.stands(&course, CourseState::Open),
            CourseCommand::Remove(course) => {
                self.courses.remove(&course);
                self.seats.retain(|_, seat| seat.course.as_ref() != Some(&course));
            }
            _ => {}
        }
    }

    fn stands(&mut self, course: &CourseName, state: CourseState) {
        if let Some(told) = self.courses.get_mut(course) {
            told.state = state;
        }
    }

    fn of_person(&mut self, command: PersonCommand) {
        match command {
            PersonCommand::Add { login, course, name, role, key } => {
                // Somebody who is there already gets only a seat.
                self.people.entry(login.clone()).or_insert_with(|| Told {
                    role,
                    name: name.unwrap_or_default(),
                    suspended: false,
                    second: false,
                    keys: key.into_iter().collect(),
                });
                if let Some(course) = course {
                    self.own(login, course);
                }
            }
            PersonCommand::Suspend { login, resume } => {
                if let Some(login) = roster::login_of(&login) {
                    self.person(&login).suspended = !resume;
                }
            }
            PersonCommand::Remove { login, .. } => {
                let Some(login) = roster::login_of(&login) else { return };
                self.people.remove(&login);
                // A seat goes with the only one who sat there.
                self.seats.retain(|_, place| !place.members.remove(&login) || !place.members.is_empty());
            }
            _ => {}
        }
    }

    /// A seat of their own.
    fn own(&mut self, login: Login, course: CourseName) {
        if let Some(seat) = self.own_seat(&login, &course) {
            let place = self.seats.entry(seat).or_default();
            place.course = Some(course);
            place.members.insert(login);
        }
    }

    /// The login, or `LOGIN-COURSE` when another course has a seat of that name: as the registry names it.
    fn own_seat(&self, login: &Login, course: &CourseName) -> Option<SeatName> {
        let short: SeatName = login.as_str().parse().ok()?;
        match self.seats.get(&short) {
            Some(place) if place.course.as_ref() != Some(course) => format!("{login}-{course}").parse().ok(),
            _ => Some(short),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn heard(lines: &[Value], parse: &dyn Fn(&str) -> Option<Command>) -> Story {
        let mut story = Story::default();
        lines.iter().for_each(|line| story.hear(line, parse));
        story
    }

    fn did(actor: &str, action: &str, words: &str) -> Value {
        json!({"code": "command", "phase": "finish", "outcome": "done", "actor": actor, "action": action,
               "detail": {"words": words}})
    }

    fn login(name: &str) -> Login {
        name.parse().unwrap()
    }

    #[test]
    fn who_was_suspended_or_lost_a_key_stays_so() {
        let parse = |words: &str| {
            Some(match words {
                "add" => Command::Person(PersonCommand::Add {
                    login: login("ana"),
                    course: Some("aso-2026".parse().unwrap()),
                    name: None,
                    role: Role::Alumno,
                    key: Some("ssh-ed25519 one".into()),
                }),
                "suspend" => {
                    Command::Person(PersonCommand::Suspend { login: "ana".parse().unwrap(), resume: false })
                }
                "key" => Command::Key(KeyCommand::Remove { key: "1".into() }),
                _ => return None,
            })
        };
        let story = heard(
            &[
                did("profesor", "person-add", "add"),
                did("ana", "key-remove", "key"),
                did("profesor", "person-suspend", "suspend"),
                did("profesor", "person-add", "no longer a word"),
                did("ana", "vm-create", "not of the registry"),
            ],
            &parse,
        );
        let ana = &story.people[&login("ana")];
        assert!(ana.suspended && ana.keys.is_empty(), "{ana:?}");
        assert_eq!((story.lines, story.lost), (5, 1));
        let seat = &story.seats[&"ana".parse::<SeatName>().unwrap()];
        assert_eq!(seat.course.as_ref().unwrap().as_str(), "aso-2026");
    }

    #[test]
    fn a_course_is_known_by_its_last_name_and_state() {
        let course = |name: &str| -> CourseName { name.parse().unwrap() };
        let parse = |words: &str| {
            Some(Command::Course(match words {
                "create" => {
                    CourseCommand::Create { name: course("aso-2026"), year: Some(2026), version: None }
                }
                "other" => CourseCommand::Create { name: course("ux-2026"), year: None, version: None },
                "rename" => CourseCommand::Rename { course: course("aso-2026"), name: course("aso-a") },
                "archive" => CourseCommand::Archive { course: course("aso-a"), agreed: Some(30) },
                _ => CourseCommand::Remove(course("ux-2026")),
            }))
        };
        let sits = |seat: &str, course: &str| {
            json!({"code": "seat", "phase": "note", "outcome": "done",
                   "detail": {"what": "new", "course": course, "seat": seat, "person": seat}})
        };
        let did = |action, words| did("profesor", action, words);
        let lines = [
            did("course-create", "create"),
            did("course-create", "other"),
            sits("ana", "aso-2026"),
            sits("bea", "ux-2026"),
            did("course-edit", "rename"),
            did("course-edit", "archive"),
            did("course-remove", "remove"),
        ];
        let story = heard(&lines, &parse);
        let told: Vec<_> =
            story.courses.iter().map(|(name, told)| (name.as_str(), told.state.as_str())).collect();
        assert_eq!(told, [("aso-a", "archived")]);
        let seats: Vec<_> =
            story.seats.iter().map(|(name, seat)| (name.as_str(), seat.course.clone())).collect();
        assert_eq!(seats, [("ana", Some(course("aso-a")))]);
    }

    #[test]
    fn a_list_tells_who_came_and_who_went() {
        let note = |what: &str, person: &str| {
            json!({"code": "seat", "phase": "note", "outcome": "done",
                   "detail": {"what": what, "course": "aso-2026", "seat": person, "person": person}})
        };
        let story = heard(&[note("new", "ana"), note("new", "bea"), note("archived", "bea")], &|_| None);
        let archived: Vec<_> = story.seats.values().map(|place| place.archived).collect();
        assert_eq!(archived, [false, true]);
        assert_eq!(story.people.len(), 2);
    }
}
