//! Machines. A slot is free again only when its machine's row is deleted.

use super::rows::{self, Row};
use super::{
    Changed, Connection, Result, Store, StoreError, What, jobs, leaving, nodes, quotas, seats, templates,
};
use puerta_lab::model::{
    BackupId, Job, JobKind, Limits, PersonId, Phase, Placed, SeatId, Timestamp, Vm, VmId,
};
use puerta_lab::names::{SeatName, TemplateRef, VmName};
use puerta_lab::plan::{AddressPlan, Slot, Vmid};
use puerta_lab::quota::{Quotas, Usage};
use sqlx::Row as _;
use std::collections::BTreeMap;

/// A machine to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVm {
    /// Whose.
    pub seat: SeatId,
    /// Its name in the seat.
    pub name: VmName,
    /// What it is made from.
    pub template: TemplateRef,
    /// What it may use.
    pub limits: Limits,
    /// The node, if it is chosen already.
    pub node: Option<String>,
    /// Why that one.
    pub placed: Option<Placed>,
    /// Who asked.
    pub person: Option<PersonId>,
    /// The backup that it is made of; otherwise it is made of its template.
    pub source: Option<Source>,
}

/// A backup that a machine is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Which.
    pub backup: BackupId,
    /// The machine that was, when it is that one again: the backups of that one are its own from now on.
    pub again: Option<VmId>,
}

macro_rules! select {
    ($rest:literal) => {
        select!("", $rest)
    };
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT v.id, v.seat, s.name AS seat_name, c.name AS course, v.name, v.slot, v.vmid, v.template, v.node,
                    v.cpus, v.memory_mib, v.disk_mib, v.processes, v.phase, v.created ",
            $more,
            " FROM vms v JOIN seats s ON s.id = v.seat JOIN courses c ON c.id = s.course ",
            $rest
        )
    };
}

pub(super) use select;

const PHASES: [(Phase, &str); 3] =
    [(Phase::Creating, "creating"), (Phase::Ready, "ready"), (Phase::Deleting, "deleting")];

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Creating => PHASES[0].1,
        Phase::Ready => PHASES[1].1,
        Phase::Deleting => PHASES[2].1,
    }
}

pub(super) fn read(row: &Row) -> Result<Vm> {
    let word: &str = row.try_get("phase")?;
    let phase = PHASES.into_iter().find(|(_, text)| *text == word);
    let (phase, _) = phase.ok_or_else(|| StoreError::Corrupt(format!("phase is `{word}`")))?;
    Ok(Vm {
        id: VmId(rows::number(row, "id")?),
        name: rows::word(row, "name")?,
        seat: SeatId(rows::number(row, "seat")?),
        seat_name: rows::word(row, "seat_name")?,
        course: rows::word(row, "course")?,
        slot: rows::checked(row, "slot", |n: u8| Slot::new(n).ok())?,
        vmid: rows::checked(row, "vmid", Vmid::from_stored)?,
        template: rows::word(row, "template")?,
        node: row.try_get("node")?,
        limits: Limits {
            cpus: rows::number(row, "cpus")?,
            memory_mib: rows::number(row, "memory_mib")?,
            disk_mib: rows::number(row, "disk_mib")?,
            processes: rows::number(row, "processes")?,
        },
        phase,
        created: rows::time(row, "created")?,
    })
}

impl Store {
    /// Takes a place for a new machine and starts the job that makes it: name, quota, slot and number
    /// are judged and taken in one transaction. `quotas` is the configuration's, for where nothing is
    /// set. `NotOffered` when the template is not there any more, `BackupGone` when the backup is not, and `Taken`
    /// when the machine that it would be again is there.
    pub async fn create_vm(
        &self,
        kind: JobKind,
        new: NewVm,
        plan: AddressPlan,
        quotas: Quotas,
        now: Timestamp,
    ) -> Result<(Vm, Job)> {
        let mut tx = self.write().await?;
        let made = make(&mut tx, kind, new, plan, quotas, now).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// One machine.
    pub async fn vm(&self, vm: VmId) -> Result<Option<Vm>> {
        find(&mut *self.readers.acquire().await?, vm).await
    }

    /// The machine of that name in the seat of that name: one question, whether there is such a seat or not.
    pub async fn vm_of_seat(&self, seat: &SeatName, name: &VmName) -> Result<Option<Vm>> {
        let row = sqlx::query(select!("WHERE s.name = $1 AND v.name = $2"))
            .bind(seat.as_str())
            .bind(name.as_str())
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// The machines of that name in these seats.
    pub async fn vms_called(&self, seats: &[SeatId], name: &VmName) -> Result<Vec<Vm>> {
        let mut vms = self.vms_of(seats).await?;
        vms.retain(|vm| vm.name == *name);
        Ok(vms)
    }

    /// The machine with that number, which is to say that address.
    pub async fn vm_by_vmid(&self, vmid: Vmid) -> Result<Option<Vm>> {
        let row = sqlx::query(select!("WHERE v.vmid = $1"))
            .bind(i64::from(vmid.get()))
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// Machines of these seats, by seat name, then by name.
    pub async fn vms_of(&self, seats: &[SeatId]) -> Result<Vec<Vm>> {
        let rows = self.of_seats(select!("WHERE v.seat"), seats, "", None).await?;
        let mut vms = rows::all(rows, read)?;
        vms.sort_by(|a, b| (&a.seat_name, &a.name).cmp(&(&b.seat_name, &b.name)));
        Ok(vms)
    }

    /// Every machine, by seat name, then by name.
    pub async fn vms(&self) -> Result<Vec<Vm>> {
        let rows = sqlx::query(select!("ORDER BY s.name, v.name")).fetch_all(&self.readers).await?;
        rows::all(rows, read)
    }

    /// Machines of each node, and the memory that they may use together, MiB.
    pub async fn node_loads(&self) -> Result<BTreeMap<String, (u32, u64)>> {
        let query = "SELECT node, COUNT(*) AS machines, CAST(SUM(memory_mib) AS BIGINT) AS memory_mib
                     FROM vms WHERE node IS NOT NULL GROUP BY node";
        let rows = sqlx::query(query).fetch_all(&self.readers).await?;
        let read = |row: &Row| {
            let load = (rows::number(row, "machines")?, rows::number(row, "memory_mib")?);
            Ok((rows::text(row, "node")?, load))
        };
        rows.iter().map(read).collect()
    }

    /// Moves a machine along in its life; `Gone` when it is not there.
    pub async fn set_phase(&self, vm: VmId, phase: Phase) -> Result<Changed<()>> {
        self.update("UPDATE vms SET phase = $1 WHERE id = $2", vm, phase_word(phase)).await?;
        let going = phase == Phase::Deleting;
        Ok(Changed::new((), What { machines: going, publications: going, ..What::default() }))
    }

    /// Gives a machine another name in its seat: `Gone`, `Busy` while a job has it, `Taken` when one there
    /// is called so. Its backups are of the machine by its new name and keep their own names; those of an
    /// earlier machine that was called so stay that one's, and jobs that ended have the name of their time.
    pub async fn rename_vm(&self, vm: VmId, name: &VmName) -> Result<Changed<Vm>> {
        let mut tx = self.write().await?;
        let old = find(&mut tx, vm).await?.ok_or(StoreError::Gone)?;
        jobs::free(&mut tx, vm).await?;
        if named(&mut tx, old.seat, name).await? {
            return Err(StoreError::Taken("vm"));
        }
        for statement in
            ["UPDATE vms SET name = $1 WHERE id = $2", "UPDATE backups SET vm_name = $1 WHERE vm = $2"]
        {
            sqlx::query(statement).bind(name.as_str()).bind(vm.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        let vm = Vm { name: name.clone(), ..old };
        Ok(Changed::new(vm, What { machines: true, ..What::default() }))
    }

    /// Writes down where a machine is; `Gone` when it is not there.
    pub async fn set_node(&self, vm: VmId, node: &str) -> Result<()> {
        self.update("UPDATE vms SET node = $1 WHERE id = $2", vm, node).await
    }

    async fn update(&self, statement: &'static str, vm: VmId, value: &str) -> Result<()> {
        let mut tx = self.write().await?;
        let done = sqlx::query(statement).bind(value).bind(vm.0).execute(&mut *tx).await?;
        tx.commit().await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Gone) }
    }

    /// What a seat holds now.
    pub async fn usage(&self, seat: SeatId) -> Result<Usage> {
        usage(&mut *self.readers.acquire().await?, seat).await
    }

    /// Removes a machine's row, and with it frees its slot; `false` when it was not there.
    pub async fn delete_vm(&self, vm: VmId) -> Result<Changed<bool>> {
        let mut tx = self.write().await?;
        let was_there = delete(&mut tx, vm).await?;
        tx.commit().await?;
        Ok(Changed::new(was_there, What { templates: true, ..What::default() }))
    }
}

/// The same inside the caller's transaction.
pub(super) async fn make(
    connection: &mut Connection,
    kind: JobKind,
    new: NewVm,
    plan: AddressPlan,
    quotas: Quotas,
    now: Timestamp,
) -> Result<(Vm, Job)> {
    let seat = seats::find(connection, new.seat).await?;
    let seat = seat.ok_or(StoreError::Gone)?;
    if leaving::is_leaving(connection, seat.id).await? {
        return Err(StoreError::Leaving);
    }
    if named(connection, seat.id, &new.name).await? {
        return Err(StoreError::Taken("vm"));
    }
    if new.source.is_none() && !templates::offered(connection, &new.template, seat.course).await? {
        return Err(StoreError::NotOffered);
    }
    let quotas = quotas::effective(connection, seat.id, quotas).await?.quotas;
    quotas.machine(usage(connection, seat.id).await?, new.limits)?;
    let slot = Slot::first_free(&slots(connection, seat.id).await?);
    let slot = slot.ok_or(StoreError::SlotsFull)?;
    let mut vm = Vm {
        id: VmId(0),
        name: new.name,
        seat: seat.id,
        seat_name: seat.name,
        course: seat.course_name,
        slot,
        vmid: plan.vmid(seat.edition, seat.number, slot)?,
        template: new.template,
        node: new.node,
        limits: new.limits,
        phase: Phase::Creating,
        created: now,
    };
    vm.id = insert(connection, &vm).await?;
    if let Some(placed) = new.placed {
        nodes::write_placed(connection, vm.id, placed).await?;
    }
    if let Some(was) = new.source.and_then(|source| source.again) {
        take_over(connection, was, &vm).await?;
    }
    let backup = new.source.map(|source| source.backup);
    let job = jobs::start(connection, kind, &vm, new.person, backup, now).await?;
    Ok((vm, job))
}

/// What a machine is made of from now on, and what it may use, inside the caller's transaction. Judged by quota is what it
/// may use more than before.
pub(super) async fn change(
    connection: &mut Connection,
    vm: VmId,
    template: &TemplateRef,
    limits: Limits,
    quotas: Quotas,
) -> Result<()> {
    let old = find(connection, vm).await?.filter(|old| old.phase == Phase::Ready).ok_or(StoreError::Gone)?;
    let seat = seats::find(connection, old.seat).await?.ok_or(StoreError::Gone)?;
    if leaving::is_leaving(connection, seat.id).await? {
        return Err(StoreError::Leaving);
    }
    if !templates::offered(connection, template, seat.course).await? {
        return Err(StoreError::NotOffered);
    }
    let quotas = quotas::effective(connection, old.seat, quotas).await?.quotas;
    quotas.larger(usage(connection, old.seat).await?, old.limits, limits)?;
    sqlx::query(
        "UPDATE vms SET template = $1, cpus = $2, memory_mib = $3, disk_mib = $4, processes = $5 WHERE id = $6",
    )
    .bind(template.to_string())
    .bind(i64::from(limits.cpus))
    .bind(i64::from(limits.memory_mib))
    .bind(i64::from(limits.disk_mib))
    .bind(i64::from(limits.processes))
    .bind(vm.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// One machine inside the caller's transaction.
pub(super) async fn find(connection: &mut Connection, vm: VmId) -> Result<Option<Vm>> {
    let row = sqlx::query(select!("WHERE v.id = $1")).bind(vm.0).fetch_optional(connection).await?;
    rows::maybe(row, read)
}

/// The backups of a machine that is gone are this one's.
async fn take_over(connection: &mut Connection, was: VmId, vm: &Vm) -> Result<()> {
    if find(connection, was).await?.is_some() {
        return Err(StoreError::Taken("vm"));
    }
    let query = sqlx::query("UPDATE backups SET vm = $1, vm_name = $2 WHERE vm = $3 AND seat = $4");
    let query = query.bind(vm.id.0).bind(vm.name.as_str()).bind(was.0).bind(vm.seat.0);
    query.execute(connection).await?;
    Ok(())
}

/// Whether a machine of the seat is called so, inside the caller's transaction.
async fn named(connection: &mut Connection, seat: SeatId, name: &VmName) -> Result<bool> {
    let query = sqlx::query("SELECT id FROM vms WHERE seat = $1 AND name = $2");
    Ok(query.bind(seat.0).bind(name.as_str()).fetch_optional(connection).await?.is_some())
}

/// What a seat holds, inside the caller's transaction.
pub(super) async fn usage(connection: &mut Connection, seat: SeatId) -> Result<Usage> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS machines,
                CAST(COALESCE(SUM(memory_mib), 0) AS BIGINT) AS memory_mib,
                CAST(COALESCE(SUM(cpus), 0) AS BIGINT) AS cpus,
                CAST(COALESCE(SUM(disk_mib), 0) AS BIGINT) AS disk_mib,
                (SELECT COUNT(*) FROM backups WHERE seat = $1)
                    + (SELECT COUNT(*) FROM jobs WHERE seat = $1 AND kind = 'backup' AND state = 'running')
                    AS backups,
                (SELECT COUNT(*) FROM publications p JOIN vms v ON v.id = p.vm WHERE v.seat = $1)
                    AS publications
         FROM vms WHERE seat = $1",
    )
    .bind(seat.0)
    .fetch_one(connection)
    .await?;
    Ok(Usage {
        machines: rows::number(&row, "machines")?,
        memory_mib: rows::number(&row, "memory_mib")?,
        cpus: rows::number(&row, "cpus")?,
        disk_mib: rows::number(&row, "disk_mib")?,
        backups: rows::number(&row, "backups")?,
        publications: rows::number(&row, "publications")?,
    })
}

/// Removes a machine's row inside the caller's transaction.
pub(super) async fn delete(connection: &mut Connection, vm: VmId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM vms WHERE id = $1").bind(vm.0).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

async fn slots(connection: &mut Connection, seat: SeatId) -> Result<Vec<Slot>> {
    let rows = sqlx::query("SELECT slot FROM vms WHERE seat = $1").bind(seat.0).fetch_all(connection).await?;
    rows::all(rows, |row| rows::checked(row, "slot", |n: u8| Slot::new(n).ok()))
}

async fn insert(connection: &mut Connection, vm: &Vm) -> Result<VmId> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO vms (seat, name, slot, vmid, template, node, cpus, memory_mib, disk_mib,
                          processes, phase, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id",
    )
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
    .bind(phase_word(vm.phase))
    .bind(vm.created.0)
    .fetch_one(connection)
    .await
    // Name and slot were seen free above: what is left is a number of before `first_year` changed.
    .map_err(StoreError::insert("vmid"))?;
    Ok(VmId(id))
}
