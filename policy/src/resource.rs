//! What can be acted on: the kinds of target that [`Policy::decide`](crate::decide::Policy::decide)
//! takes, and how each is put to Cedar. It decides nothing.
//!
//! [`Resource`] is sealed: another crate cannot teach policy a new kind of thing.

use crate::cedar::sealed::Sealed;
use crate::cedar::{Facts, Fault};
use crate::words::Words;
use cedar_policy::{EntityUid, RestrictedExpression};
use ipnet::Ipv4Net;
use puerta_lab::model::{Backup, Course, Person, PersonId, Seat, SeatId, Vm};
use puerta_lab::names::{CourseName, SeatName};
use puerta_lab::network::{Protocol, Publication};

/// Something that can be acted on.
pub trait Resource: Sealed + Clone + Send + Sync {}

/// The lab as a whole: coming in, the templates, courses, seats, the audit, enrolling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lab;

/// A person's own account: keys and password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own(pub PersonId);

/// A port of a machine, reached through puerta. The address is the machine's; see
/// [`Permit::address`](crate::decide::Permit::address).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    /// The machine.
    pub vm: Vm,
    /// Its port.
    pub port: u16,
}

/// A port of a machine that is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The machine.
    pub vm: Vm,
    /// Its port.
    pub vm_port: u16,
    /// What it carries.
    pub protocol: Protocol,
    /// The port of puerta; `None`: puerta chooses.
    pub port: Option<u16>,
    /// Who may reach it; `None` is the configuration's campus.
    pub sources: Option<Vec<Ipv4Net>>,
    /// Whether `sources` goes beyond that campus.
    pub beyond_campus: bool,
}

impl Resource for Lab {}
impl Sealed for Lab {
    fn describe(&self, words: &Words, _: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        Ok(words.lab())
    }
}

impl Resource for Own {}
impl Sealed for Own {
    fn describe(&self, words: &Words, facts: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        let uid = words.account(self.0.0);
        let owner = RestrictedExpression::new_entity_uid(words.person(self.0.0));
        facts.entity(uid.clone(), [("owner", owner)], [])?;
        Ok(uid)
    }
}

impl Resource for Person {}
impl Sealed for Person {
    fn describe(&self, words: &Words, facts: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        let uid = words.person(self.id.0);
        let actor = facts.actor;
        if actor.person == Some(self.id) {
            // The actor is in the facts already; the two must agree.
            let known = (actor.login.as_str(), actor.role, actor.suspended);
            let agrees = known == (self.login.as_str(), self.role, self.suspended);
            return agrees.then_some(uid).ok_or(Fault::Entities);
        }
        let attributes = words.traits(self.login.as_str(), self.role, self.suspended);
        facts.entity(uid.clone(), attributes, words.roles(self.role))?;
        Ok(uid)
    }
}

impl Resource for Seat {}
impl Sealed for Seat {
    fn describe(&self, words: &Words, facts: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        seat(self.id, &self.name, &self.course_name, words, facts)
    }
}

impl Resource for Course {}
impl Sealed for Course {
    fn describe(&self, words: &Words, _: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        Ok(words.course(&self.name))
    }
}

impl Resource for Vm {}
impl Sealed for Vm {
    fn describe(&self, words: &Words, facts: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        let uid = words.vm(self.id.0);
        let seat = seat(self.seat, &self.seat_name, &self.course, words, facts)?;
        let attributes = [
            ("name", text(self.name.as_str())),
            ("seat", RestrictedExpression::new_entity_uid(seat.clone())),
            ("template", text(self.template.name.as_str())),
        ];
        facts.entity(uid.clone(), attributes, [seat])?;
        Ok(uid)
    }
}

impl Resource for Forward {}
impl Sealed for Forward {
    fn describe(&self, words: &Words, facts: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        facts.number("port", self.port);
        self.vm.describe(words, facts)
    }
}

impl Resource for Publish {}
impl Sealed for Publish {
    fn describe(&self, words: &Words, facts: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        facts.number("port", self.port.unwrap_or(0));
        facts.number("vmPort", self.vm_port);
        facts.truth("beyondCampus", self.beyond_campus);
        self.vm.describe(words, facts)
    }
}

impl Resource for Publication {}
impl Sealed for Publication {
    fn describe(&self, words: &Words, facts: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        let uid = words.publication(self.id.0);
        let seat = seat(self.seat, &self.seat_name, &self.course, words, facts)?;
        let attributes = [
            ("port", RestrictedExpression::new_long(self.port.into())),
            ("seat", RestrictedExpression::new_entity_uid(seat.clone())),
            ("vm", text(self.vm_name.as_str())),
            ("vmPort", RestrictedExpression::new_long(self.vm_port.into())),
        ];
        facts.entity(uid.clone(), attributes, [seat])?;
        Ok(uid)
    }
}

impl Resource for Backup {}
impl Sealed for Backup {
    fn describe(&self, words: &Words, facts: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        let uid = words.backup(self.id.0);
        let seat = seat(self.seat, &self.seat_name, &self.course, words, facts)?;
        let attributes = [
            ("name", text(self.name.as_str())),
            ("seat", RestrictedExpression::new_entity_uid(seat.clone())),
            ("vm", text(self.vm_name.as_str())),
        ];
        facts.entity(uid.clone(), attributes, [seat])?;
        Ok(uid)
    }
}

fn seat(
    id: SeatId,
    name: &SeatName,
    course: &CourseName,
    words: &Words,
    facts: &mut Facts<'_>,
) -> Result<EntityUid, Fault> {
    let (uid, course) = (words.seat(id), words.course(course));
    let attributes =
        [("name", text(name.as_str())), ("course", RestrictedExpression::new_entity_uid(course.clone()))];
    facts.entity(uid.clone(), attributes, [course])?;
    Ok(uid)
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}
