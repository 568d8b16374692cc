//! A registry that is filled at once with what is known of one that was lost.

use super::keys::{self, NewKey};
use super::persons::{self, NewCode, NewPerson};
use super::{Connection, Result, Store, StoreError, database, places};
use puerta_lab::model::{CourseId, CourseState, Limits, PersonId, Role, SeatId, Timestamp, VmId};
use puerta_lab::names::{BackupName, CourseName, Login, SeatName, TemplateName, TemplateRef, VmName};
use puerta_lab::plan::{Edition, SeatNumber, Slot, Vmid};
use std::collections::BTreeMap;

/// A course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnewCourse {
    /// Its place.
    pub edition: Edition,
    /// How it stands.
    pub state: CourseState,
}

impl AnewCourse {
    /// One of which nobody said otherwise.
    pub fn open(edition: Edition) -> Self {
        Self { edition, state: CourseState::Open }
    }
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewPerson {
    /// What they log in with.
    pub login: Login,
    /// Their name; may be empty.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Whether they may not come in.
    pub suspended: bool,
    /// Their keys.
    pub keys: Vec<NewKey>,
    /// A one-time code.
    pub code: Option<NewCode>,
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewSeat {
    /// The id that its archives are under.
    pub id: SeatId,
    /// Its name.
    pub name: SeatName,
    /// The course it is in.
    pub course: CourseName,
    /// Its number; one that is free, where nobody knows it.
    pub number: Option<SeatNumber>,
    /// Not one person's own.
    pub team: bool,
    /// It is a row of the course's list, or was.
    pub roster: bool,
    /// Nobody's now.
    pub archived: bool,
    /// Who sits there.
    pub members: Vec<Login>,
}

/// A machine that the engine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewVm {
    /// Its id, as the engine was told it.
    pub id: VmId,
    /// Whose.
    pub seat: SeatId,
    /// Its name.
    pub name: VmName,
    /// Its place in the seat.
    pub slot: Slot,
    /// Its number.
    pub vmid: Vmid,
    /// What it was made from.
    pub template: TemplateRef,
    /// Where it is.
    pub node: String,
    /// What it may use.
    pub limits: Limits,
}

/// An archive that was read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnewBackup {
    /// Whose.
    pub seat: SeatId,
    /// Its name.
    pub name: BackupName,
    /// The machine it was made of, if it is there.
    pub vm: Option<VmId>,
    /// What that was called.
    pub vm_name: VmName,
    /// Bytes of it.
    pub size: u64,
    /// Its SHA-256, in lower-case hex.
    pub sha256: String,
    /// When it was finished.
    pub created: Timestamp,
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anew {
    /// The mark of the lab, where it is known.
    pub lab: Option<String>,
    /// Courses.
    pub courses: BTreeMap<CourseName, AnewCourse>,
    /// People.
    pub people: Vec<AnewPerson>,
    /// Seats.
    pub seats: Vec<AnewSeat>,
    /// Machines.
    pub vms: Vec<AnewVm>,
    /// Archives, the oldest first. They are protected: nothing goes before somebody has looked.
    pub backups: Vec<AnewBackup>,
    /// Of each published template the last version that is known: the next one is beyond it.
    pub templates: BTreeMap<TemplateName, u32>,
    /// The highest id that a seat ever had, as far as is known: the next ones are beyond it.
    pub last_seat: i64,
    /// The same of machines.
    pub last_vm: i64,
}

impl Store {
    /// Writes all of it into a registry that has nothing, or nothing at all.
    pub async fn fill(&self, anew: &Anew, now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        if let Some(lab) = &anew.lab {
            sqlx::query("UPDATE lab SET owner = $1").bind(lab).execute(&mut *tx).await?;
        }
        let courses = courses(&mut tx, anew, now).await?;
        let people = people(&mut tx, anew, now).await?;
        // Those whose number is known come first: the others get what is left.
        let (known, unknown): (Vec<_>, Vec<_>) = anew.seats.iter().partition(|seat| seat.number.is_some());
        for seat in known.into_iter().chain(unknown) {
            sit(&mut tx, seat, (&courses, &people), now).await?;
        }
        for vm in &anew.vms {
            machine(&mut tx, vm, now).await?;
        }
        for backup in &anew.backups {
            archive(&mut tx, backup).await?;
        }
        for (name, version) in &anew.templates {
            version_given(&mut tx, name, *version, now).await?;
        }
        database::beyond(&mut tx, "seats", anew.last_seat).await?;
        database::beyond(&mut tx, "vms", anew.last_vm).await?;
        tx.commit().await?;
        Ok(())
    }
}

type Courses<'a> = BTreeMap<&'a CourseName, (CourseId, Edition)>;
type People<'a> = BTreeMap<&'a Login, PersonId>;

async fn courses<'a>(tx: &mut Connection, anew: &'a Anew, now: Timestamp) -> Result<Courses<'a>> {
    let mut made = BTreeMap::new();
    for (name, AnewCourse { edition, state }) in &anew.courses {
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO courses (name, year, version, created, closed, archived)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        )
        .bind(name.as_str())
        .bind(i64::from(edition.year))
        .bind(i64::from(edition.version))
        .bind(now.0)
        .bind(state.since().map(|since| since.0))
        .bind(matches!(state, CourseState::Archived(_)))
        .fetch_one(&mut *tx)
        .await?;
        made.insert(name, (CourseId(id), *edition));
    }
    Ok(made)
}

async fn people<'a>(tx: &mut Connection, anew: &'a Anew, now: Timestamp) -> Result<People<'a>> {
    let mut made = BTreeMap::new();
    for person in &anew.people {
        let new = NewPerson {
            login: person.login.clone(),
            name: person.name.clone(),
            role: person.role,
            course: None,
            key: None,
            code: person.code.clone(),
        };
        let id = persons::insert(tx, &new, now).await?.id;
        for key in &person.keys {
            keys::add(tx, id, key.clone(), now).await?;
        }
        if person.suspended {
            let suspended = sqlx::query("UPDATE persons SET suspended = TRUE WHERE id = $1").bind(id.0);
            suspended.execute(&mut *tx).await?;
        }
        made.insert(&person.login, id);
    }
    Ok(made)
}

async fn sit(
    tx: &mut Connection,
    seat: &AnewSeat,
    (courses, people): (&Courses<'_>, &People<'_>),
    now: Timestamp,
) -> Result<()> {
    let (course, edition) = *courses.get(&seat.course).ok_or(StoreError::Gone)?;
    let number = match seat.number {
        Some(number) => places::given(tx, edition, number).await?,
        None => places::next_number(tx, edition).await?,
    };
    sqlx::query(
        "INSERT INTO seats (id, name, course, year, version, number, created, team, roster, archived)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(seat.id.0)
    .bind(seat.name.as_str())
    .bind(course.0)
    .bind(i64::from(edition.year))
    .bind(i64::from(edition.version))
    .bind(i64::from(number.get()))
    .bind(now.0)
    .bind(seat.team)
    .bind(seat.roster)
    .bind(seat.archived.then_some(now.0))
    .execute(&mut *tx)
    .await
    .map_err(StoreError::insert("seat"))?;
    for person in seat.members.iter().filter_map(|login| people.get(login)) {
        super::seats::join(tx, seat.id, *person).await?;
    }
    Ok(())
}

async fn machine(tx: &mut Connection, vm: &AnewVm, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO vms (id, seat, name, slot, vmid, template, node, cpus, memory_mib, disk_mib, processes, phase,
                          created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'ready', $12)",
    )
    .bind(vm.id.0)
    .bind(vm.seat.0)
    .bind(vm.name.as_str())
    .bind(i64::from(vm.slot.get()))
    .bind(i64::from(vm.vmid.get()))
    .bind(vm.template.to_string())
    .bind(&vm.node)
    .bind(i64::from(vm.limits.cpus))
    .bind(i64::from(vm.limits.memory_mib))
    .bind(i64::from(vm.limits.disk_mib))
    .bind(i64::from(vm.limits.processes))
    .bind(now.0)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::insert("vm"))?;
    // Who helped there nobody knows: a visit that is over, so that keys are written without theirs.
    sqlx::query(
        "INSERT INTO visits (id, vm, person, login, connection, begun) VALUES ($1, $2, 0, 'unknown', '', $3)",
    )
    .bind(format!("rebuilt-{}", vm.id))
    .bind(vm.id.0)
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// Taken out, and as if its image were gone: it is offered to nobody, and what of it is there is nobody's to remove.
async fn version_given(tx: &mut Connection, name: &TemplateName, version: u32, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO templates (name, version, description, publisher, source, cpus, memory_mib, disk_mib, ports,
                                created, retired, removed)
         VALUES ($1, $2, '', '', '', 0, 0, 0, '', $3, $3, $3)",
    )
    .bind(name.as_str())
    .bind(i64::from(version))
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// Of a machine that is there, or of one that is gone, whose id nobody has: one for each name.
async fn archive(tx: &mut Connection, backup: &AnewBackup) -> Result<()> {
    sqlx::query(
        "INSERT INTO backups (seat, name, vm_name, size, sha256, created, took_ms, protected, vm, template, vmid,
                              cpus, memory_mib, disk_mib, processes)
         SELECT $1, $2, $3, $4, $5, $6, 0, TRUE, COALESCE(v.id,
                    (SELECT MIN(vm) FROM backups WHERE seat = $1 AND vm_name = $3 AND vm < 0),
                    (SELECT -1 - COUNT(*) FROM backups)),
                v.template, v.vmid, v.cpus, v.memory_mib, v.disk_mib, v.processes
         FROM (SELECT 1 AS one) LEFT JOIN vms v ON v.id = $7",
    )
    .bind(backup.seat.0)
    .bind(backup.name.as_str())
    .bind(backup.vm_name.as_str())
    .bind(backup.size as i64)
    .bind(&backup.sha256)
    .bind(backup.created.0)
    .bind(backup.vm.map(|vm| vm.0))
    .execute(tx)
    .await
    .map_err(StoreError::insert("backup"))?;
    Ok(())
}
