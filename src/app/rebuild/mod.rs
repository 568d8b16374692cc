//! A registry that was lost, as far as others know of it: the engine its machines, the archives whose they are, the
//! audit who there was. It is put together and shown; writing it is somebody else's, who was shown it. Nothing here
//! changes engine, archives or audit.

mod archives;
mod called;
mod machines;
mod story;
#[cfg(test)]
mod tests;

use crate::app::command::Command;
use crate::app::{account, clock};
use crate::config::Config;
use archives::Archives;
use puerta_audit as audit;
use puerta_engine::{Engine, Instance};
use puerta_lab::model::{Role, SeatId};
use puerta_lab::names::{CourseName, Login, SeatName, TemplateRef};
use puerta_lab::plan::{AddressPlan, Edition, SeatNumber};
use puerta_store::{Anew, AnewCourse, AnewPerson, AnewSeat, AnewVm, NewCode};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use story::{Place, Story, ToldCourse};

/// What is known, and what is not.
#[derive(Debug, Default)]
pub struct Known {
    /// What can be written.
    pub anew: Anew,
    /// Lines of the audit that were heard.
    pub lines: u64,
    /// What is left out, and why: sentences.
    pub left: Vec<String>,
    /// Machines that are not there as long as nobody helps: it must not be written without them. Sentences.
    pub cut: Vec<String>,
    /// Staff without a key, with a new one-time code for each.
    pub codes: Vec<(Login, String)>,
}

/// A seat on its way into the registry.
#[derive(Debug, Default)]
struct Seat {
    id: Option<SeatId>,
    place: Place,
    number: Option<(Edition, SeatNumber)>,
}

/// Puts it together. `parse` knows the shell's words; `lab` is the lab's mark, where it is known; `tell` is called
/// with each archive that is read. There are none only where somebody says so: `bare`. A failure is a sentence.
pub async fn look(
    config: &Config,
    engine: &dyn Engine,
    (lab, bare): (Option<String>, bool),
    parse: &dyn Fn(&str) -> Option<Command>,
    tell: &dyn Fn(&str),
) -> Result<Known, String> {
    let mut story = Story::default();
    let log = config.audit();
    match audit::each(&log, |line| story.hear(line, parse)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        heard => heard.map_err(|error| format!("{}: {error}", log.display()))?,
    }
    let instances = engine.list().await.map_err(|error| format!("the engine: {error}"))?;
    let published = engine.published().await.map_err(|error| format!("the engine: {error}"))?;
    let archives = archives::find(config, engine, tell).await;
    let mut archives = archives.map_err(|error| format!("{}: {error}", config.backup.dir.display()))?;
    if archives.highest == 0 {
        let none = "no archives are there: is its file system mounted? Where there never were any, or they are lost \
                    too, say --without-archives";
        if !bare {
            return Err(format!("{}: {none}", config.backup.dir.display()));
        }
        // Each seat was a line at least: beyond them no folder that comes back is another's.
        archives.highest = i64::try_from(story.lines).unwrap_or(0);
    }
    Ok(Gathering::new(config, lab, story).with(&instances, archives).templates(published).known())
}

/// Everything that is known, on its way together.
struct Gathering<'a> {
    config: &'a Config,
    plan: AddressPlan,
    story: Story,
    seats: BTreeMap<SeatName, Seat>,
    known: Known,
}

impl<'a> Gathering<'a> {
    fn new(config: &'a Config, lab: Option<String>, mut story: Story) -> Self {
        let told = std::mem::take(&mut story.seats);
        let seats = told.into_iter().map(|(name, place)| (name, Seat { place, ..Seat::default() })).collect();
        let mut known = Known { lines: story.lines, ..Known::default() };
        known.anew.lab = lab;
        if story.lost > 0 {
            known.left.push(format!("{} commands of the audit are not understood any more", story.lost));
        }
        Self { config, plan: AddressPlan { first_year: config.first_year }, story, seats, known }
    }

    fn with(mut self, instances: &[Instance], mut archives: Archives) -> Self {
        let called = std::mem::take(&mut self.story.called);
        let (machines, told) = self.machines(instances, &called);
        self.own_folders(&mut archives);
        self.number(archives.highest);
        for (seat, vm) in machines {
            let Some(seat) = self.seats.get(&seat).and_then(|seat| seat.id) else { continue };
            for backup in archives.backups.iter_mut().filter(|backup| backup.seat == seat) {
                // It is of who was called so when it was begun.
                let begun = archives::made_of(&backup.name).map(|(_, begun)| begun);
                let then = match (told.get(&vm.id), begun) {
                    (Some(machine), Some(begun)) => machine.called_at(begun),
                    _ => Some(&vm.name),
                };
                if then == Some(&backup.vm_name) {
                    backup.vm = Some(vm.id);
                }
            }
            self.known.anew.vms.push(AnewVm { seat, ..vm });
        }
        self.known.anew.backups = archives.backups;
        self.known.left.extend(archives.left);
        self
    }

    /// A seat's folder: of several with its name, and of one that was somebody's before them, the one in the network
    /// of its machines; without machines the youngest. The archives in others are of seats that are gone.
    fn own_folders(&mut self, archives: &mut Archives) {
        archives.folders.sort_by_key(|folder| std::cmp::Reverse(folder.id.0));
        let mut given: HashSet<_> = self.seats.values().filter_map(|seat| seat.number).collect();
        let mut gone = BTreeSet::new();
        for folder in &archives.folders {
            let place = (folder.edition, folder.number);
            let known = self.seats.get(&folder.seat).map(|seat| (seat.id, seat.number));
            let own = match known.unwrap_or_default() {
                (Some(_), _) => false,
                (None, Some(number)) => number == place,
                (None, None) => !given.contains(&place),
            };
            if !own {
                let (id, name) = (folder.id, &folder.seat);
                self.known.left.push(format!("the archives in folder {id}: of a seat {name} that is gone"));
                gone.insert(id);
                continue;
            }
            given.insert(place);
            let seat = self.seats.entry(folder.seat.clone()).or_default();
            seat.id = Some(folder.id);
            seat.number = Some(place);
            // What it says itself is more than what was heard, but for a course that has another name since.
            let heard = |course: &CourseName| self.story.courses.contains_key(course);
            if heard(&folder.course) || !seat.place.course.as_ref().is_some_and(heard) {
                seat.place.course = Some(folder.course.clone());
            }
        }
        archives.backups.retain(|backup| !gone.contains(&backup.seat));
    }

    /// Versions that somebody made once: of images, of machines, and as many as the audit tells of.
    fn templates(mut self, published: Vec<TemplateRef>) -> Self {
        let anew = &mut self.known.anew;
        anew.templates = std::mem::take(&mut self.story.published);
        for template in published.iter().chain(anew.vms.iter().map(|vm| &vm.template)) {
            if let Some(version) = template.version {
                let last = anew.templates.entry(template.name.clone()).or_default();
                *last = version.max(*last);
            }
        }
        for (name, version) in &anew.templates {
            let say =
                format!("the published template {name}, of which {version} was the last: publish it again");
            self.known.left.push(say);
        }
        self
    }

    /// An id for each seat, beyond those of every folder of archives.
    fn number(&mut self, highest: i64) {
        let mut last = highest;
        for seat in self.seats.values_mut() {
            seat.id.get_or_insert_with(|| {
                last += 1;
                SeatId(last)
            });
        }
        self.known.anew.last_seat = last;
    }

    fn known(mut self) -> Known {
        self.courses();
        let courses = &self.known.anew.courses;
        for (name, seat) in std::mem::take(&mut self.seats) {
            let Seat { id: Some(id), place, number } = seat else { continue };
            let Place { course: Some(course), team, archived, roster, members } = place else { continue };
            // A course is in one place: whoever sits elsewhere sits in another one.
            let place = courses.get(&course).map(|course| course.edition);
            let fits = number.filter(|(edition, _)| place == Some(*edition));
            let number = fits.map(|(_, number)| number);
            let members: Vec<Login> = members.into_iter().collect();
            self.known.anew.seats.push(AnewSeat {
                id,
                name,
                course,
                number,
                team,
                roster,
                archived,
                members,
            });
        }
        let made: BTreeSet<SeatId> = self.known.anew.seats.iter().map(|seat| seat.id).collect();
        self.known.anew.vms.retain(|vm| made.contains(&vm.seat));
        self.known.anew.backups.retain(|backup| made.contains(&backup.seat));
        self.people();
        self.known
    }

    /// Each course's place, by where its seats are, else by what was said when it was made.
    fn courses(&mut self) {
        let Self { seats, story, known, .. } = self;
        let now = clock::academic_year(clock::now());
        for (name, ToldCourse { year, version, state }) in &story.courses {
            let seats = seats.values().filter(|seat| seat.place.course.as_ref() == Some(name));
            let seen = seats.filter_map(|seat| seat.number).map(|(edition, _)| edition).next();
            let year = year.or_else(|| name.year()).unwrap_or(now);
            let said = Edition { year, version: version.unwrap_or(0) };
            let edition = seen.unwrap_or(said);
            known.anew.courses.insert(name.clone(), AnewCourse { edition, state: *state });
        }
        for (name, seat) in seats.iter_mut() {
            let edition = seat.number.map_or(Edition { year: now, version: 0 }, |(edition, _)| edition);
            let course = seat.place.course.clone().filter(|course| {
                let there = known.anew.courses.entry(course.clone()).or_insert(AnewCourse::open(edition));
                seat.number.is_none() || there.edition == edition
            });
            let invented =
                || format!("rebuilt-{}-{}", edition.year, edition.version).parse::<CourseName>().ok();
            seat.place.course = course.or_else(|| {
                known.left.push(format!("nobody knows the course of seat {name}"));
                invented()
            });
            if let Some(course) = &seat.place.course {
                known.anew.courses.entry(course.clone()).or_insert(AnewCourse::open(edition));
            }
        }
    }

    fn people(&mut self) {
        let Self { story, known, .. } = self;
        for seat in &mut known.anew.seats {
            if seat.members.is_empty() && !seat.team {
                let own = seat.name.as_str().parse().ok().filter(|login| story.people.contains_key(login));
                seat.members.extend(own);
                if seat.members.is_empty() {
                    // A name makes nobody somebody. As a team's it can be given members.
                    seat.team = true;
                    let name = &seat.name;
                    let say =
                        format!("nobody knows who sits in seat {name}: `seat add {name} LOGIN` says it");
                    known.left.push(say);
                }
            }
            // Who sits somewhere is somebody, whoever else was told of.
            for login in &seat.members {
                story.people.entry(login.clone()).or_default();
            }
        }
        for (login, told) in std::mem::take(&mut self.story.people) {
            let keys = if told.second { Vec::new() } else { told.keys };
            let keys: Vec<_> = keys.iter().filter_map(|line| account::parse(line).ok()).collect();
            let code = (told.role != Role::Alumno && keys.is_empty()).then(|| self.code(&login)).flatten();
            let (name, role, suspended) = (told.name, told.role, told.suspended);
            self.known.anew.people.push(AnewPerson { login, name, role, suspended, keys, code });
        }
    }

    fn code(&mut self, login: &Login) -> Option<NewCode> {
        let code = puerta_keys::code::generate().ok()?;
        let mut expires = clock::now();
        expires.0 += self.config.code_lifetime.as_millis() as i64;
        self.known.codes.push((login.clone(), code.expose().to_owned()));
        Some(NewCode { hash: code.hash(), expires })
    }
}
