//! The schema's names, and who stands for what in them: ids become Cedar's entities here and
//! nowhere else. It decides nothing.

use crate::cedar::{Facts, Fault};
use cedar_policy::{EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema};
use puerta_lab::action::Action;
use puerta_lab::model::{Role, SeatId};
use puerta_lab::names::CourseName;
use std::collections::{BTreeMap, HashSet};

/// The schema's names, parsed once.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "named by the sealed trait")]
pub struct Words {
    role: EntityTypeName,
    person: EntityTypeName,
    seat: EntityTypeName,
    course: EntityTypeName,
    vm: EntityTypeName,
    backup: EntityTypeName,
    publication: EntityTypeName,
    account: EntityTypeName,
    lab: EntityTypeName,
    actions: BTreeMap<Action, EntityUid>,
}

impl Words {
    /// Reads them; the message says which word the schema lacks.
    pub(crate) fn new(schema: &Schema) -> Result<Self, String> {
        let known: HashSet<&EntityTypeName> = schema.entity_types().collect();
        let name = |word: &str| {
            let name: EntityTypeName =
                format!("Puerta::{word}").parse().map_err(|error| format!("`{word}`: {error}"))?;
            match known.contains(&name) {
                true => Ok(name),
                false => Err(format!("the schema has no entity `{word}`")),
            }
        };
        let declared: HashSet<&EntityUid> = schema.actions().collect();
        let kind: EntityTypeName = "Puerta::Action".parse().map_err(|error| format!("`Action`: {error}"))?;
        let mut actions = BTreeMap::new();
        for action in Action::ALL {
            let uid = uid(&kind, action.as_str());
            if !declared.contains(&uid) {
                return Err(format!("the schema has no action `{}`", action.as_str()));
            }
            actions.insert(action, uid);
        }
        Ok(Self {
            role: name("Role")?,
            person: name("Person")?,
            seat: name("Seat")?,
            course: name("Course")?,
            vm: name("Vm")?,
            backup: name("Backup")?,
            publication: name("Publication")?,
            account: name("Account")?,
            lab: name("Lab")?,
            actions,
        })
    }

    /// The action. Its groups are in the schema, which brings them itself.
    pub(crate) fn action(&self, action: Action) -> Result<EntityUid, Fault> {
        self.actions.get(&action).cloned().ok_or(Fault::Request)
    }

    /// Who asks, inside their role, their seats and those seats' courses.
    pub(crate) fn principal(&self, facts: &mut Facts<'_>) -> Result<EntityUid, Fault> {
        let actor = facts.actor;
        let uid = match actor.person {
            Some(id) => self.person(id.0),
            None => uid(&self.person, "puerta"),
        };
        let seats = actor.seats.iter().map(|seat| self.seat(*seat));
        let courses = actor.courses.iter().map(|course| self.course(course));
        let parents = self.roles(actor.role).chain(seats).chain(courses);
        let attributes = self.traits(&actor.login, actor.role, actor.suspended);
        facts.entity(uid.clone(), attributes, parents)?;
        Ok(uid)
    }

    /// What is known about a person.
    pub(crate) fn traits(
        &self,
        login: &str,
        role: Role,
        suspended: bool,
    ) -> [(&'static str, RestrictedExpression); 3] {
        [
            ("login", RestrictedExpression::new_string(login.to_owned())),
            ("role", RestrictedExpression::new_entity_uid(self.role(role))),
            ("suspended", RestrictedExpression::new_bool(suspended)),
        ]
    }

    /// The roles a person is in: what holds for professors holds for admins.
    pub(crate) fn roles(&self, role: Role) -> impl Iterator<Item = EntityUid> {
        let also = (role == Role::Admin).then_some(Role::Profesor);
        [Some(role), also].into_iter().flatten().map(|role| self.role(role))
    }

    fn role(&self, role: Role) -> EntityUid {
        uid(&self.role, role.as_str())
    }
    /// A person.
    pub(crate) fn person(&self, id: i64) -> EntityUid {
        uid(&self.person, &id.to_string())
    }
    /// A seat.
    pub(crate) fn seat(&self, id: SeatId) -> EntityUid {
        uid(&self.seat, &id.to_string())
    }
    /// A course, by its name: policies are written with it.
    pub(crate) fn course(&self, name: &CourseName) -> EntityUid {
        uid(&self.course, name.as_str())
    }
    /// A machine.
    pub(crate) fn vm(&self, id: i64) -> EntityUid {
        uid(&self.vm, &id.to_string())
    }
    /// A backup.
    pub(crate) fn backup(&self, id: i64) -> EntityUid {
        uid(&self.backup, &id.to_string())
    }
    /// A published port.
    pub(crate) fn publication(&self, id: i64) -> EntityUid {
        uid(&self.publication, &id.to_string())
    }
    /// A person's keys and password.
    pub(crate) fn account(&self, owner: i64) -> EntityUid {
        uid(&self.account, &owner.to_string())
    }
    /// The lab.
    pub(crate) fn lab(&self) -> EntityUid {
        uid(&self.lab, "lab")
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}
