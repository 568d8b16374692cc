//! Published ports: who has which number, and what went through it. A number is free again when its
//! row is deleted, or its machine's.

use super::rows::{self, Row};
use super::{Changed, Connection, Result, Store, StoreError, What, quotas, seats, vms};
use ipnet::Ipv4Net;
use puerta_lab::model::{PersonId, Phase, PublicationId, SeatId, Timestamp, Vm, VmId};
use puerta_lab::network::{PortRange, Protocol, Publication, Traffic, network_of};
use puerta_lab::plan::Vmid;
use puerta_lab::quota::Quotas;
use sqlx::Row as _;
use std::collections::BTreeMap;

/// A port to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPublication {
    /// The machine.
    pub vm: VmId,
    /// Its port.
    pub vm_port: u16,
    /// What it carries.
    pub protocol: Protocol,
    /// The wished port of puerta; the next free one when not said.
    pub port: Option<u16>,
    /// Who may reach it; `None` is the configuration's campus.
    pub sources: Option<Vec<Ipv4Net>>,
    /// Who publishes it.
    pub person: Option<PersonId>,
    /// Their login.
    pub publisher: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.port, p.protocol, p.vm, p.vm_port, p.sources, p.person, p.publisher, p.created,
                    p.connections, p.bytes_in, p.bytes_out, v.name AS vm_name, v.vmid, v.seat,
                    s.name AS seat_name, c.name AS course
             FROM publications p JOIN vms v ON v.id = p.vm JOIN seats s ON s.id = v.seat
             JOIN courses c ON c.id = s.course ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Publication> {
    Ok(Publication {
        id: PublicationId(rows::number(row, "id")?),
        port: rows::number(row, "port")?,
        protocol: rows::word(row, "protocol")?,
        vm: VmId(rows::number(row, "vm")?),
        vm_name: rows::word(row, "vm_name")?,
        vmid: rows::checked(row, "vmid", Vmid::from_stored)?,
        seat: SeatId(rows::number(row, "seat")?),
        seat_name: rows::word(row, "seat_name")?,
        course: rows::word(row, "course")?,
        vm_port: rows::number(row, "vm_port")?,
        sources: sources(row)?,
        person: row.try_get::<Option<i64>, _>("person")?.map(PersonId),
        publisher: rows::text(row, "publisher")?,
        created: rows::time(row, "created")?,
        traffic: traffic(row, ["connections", "bytes_in", "bytes_out"])?,
    })
}

fn sources(row: &Row) -> Result<Option<Vec<Ipv4Net>>> {
    let Some(text) = row.try_get::<Option<&str>, _>("sources")? else { return Ok(None) };
    let networks: Option<Vec<_>> = text.split(',').map(network_of).collect();
    networks.map(Some).ok_or_else(|| StoreError::Corrupt(format!("sources is `{text}`")))
}

fn traffic(row: &Row, columns: [&'static str; 3]) -> Result<Traffic> {
    Ok(Traffic {
        connections: rows::number(row, columns[0])?,
        bytes_in: rows::number(row, columns[1])?,
        bytes_out: rows::number(row, columns[2])?,
    })
}

impl Store {
    /// Gives a port of `range` to a port of a machine: the number, the machine's seat's quota and
    /// whether it is published already are judged and taken in one transaction.
    pub async fn publish(
        &self,
        new: NewPublication,
        range: PortRange,
        quotas: Quotas,
        now: Timestamp,
    ) -> Result<Changed<Publication>> {
        let mut tx = self.write().await?;
        let vm = vms::find(&mut tx, new.vm).await?.filter(|vm| vm.phase == Phase::Ready);
        let vm = vm.ok_or(StoreError::Gone)?;
        if let Some(port) = published(&mut tx, &new).await? {
            return Err(StoreError::Published { port });
        }
        let quotas = quotas::effective(&mut tx, vm.seat, quotas).await?.quotas;
        quotas.publication(vms::usage(&mut tx, vm.seat).await?)?;
        let port = take_port(&mut tx, new.port, range).await?;
        let id = insert(&mut tx, &new, port, now).await?;
        tx.commit().await?;
        let made = made(id, port, new, vm, now);
        Ok(Changed::new(made, What { publications: true, ..What::default() }))
    }

    /// Gives a port up; `false` when it was not there.
    pub async fn unpublish(&self, id: PublicationId) -> Result<Changed<bool>> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM publications WHERE id = $1").bind(id.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Changed::new(done.rows_affected() == 1, What { publications: true, ..What::default() }))
    }

    /// What a port of puerta leads to.
    pub async fn publication(&self, port: u16) -> Result<Option<Publication>> {
        let row = sqlx::query(select!("WHERE p.port = $1"))
            .bind(i64::from(port))
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// Those of machines of these seats, by port.
    pub async fn publications_of(&self, seats: &[SeatId]) -> Result<Vec<Publication>> {
        let rows = self.of_seats(select!("WHERE v.seat"), seats, "", None).await?;
        let mut all = rows::all(rows, read)?;
        all.sort_by_key(|publication| publication.port);
        Ok(all)
    }

    /// Every one, by port.
    pub async fn publications(&self) -> Result<Vec<Publication>> {
        let rows = sqlx::query(select!("ORDER BY p.port")).fetch_all(&self.readers).await?;
        rows::all(rows, read)
    }

    /// Those that are to lead somewhere now, by port: not those of a machine that is being removed, nor of
    /// an archived seat or one all of whose members are suspended or gone from the course's list. One
    /// without members is its professors', and stays.
    pub async fn publications_in_force(&self) -> Result<Vec<Publication>> {
        let rows = sqlx::query(concat!(
            select!(
                "WHERE v.phase <> 'deleting' AND v.seat NOT IN
                     (SELECT m.seat FROM members m JOIN persons o ON o.id = m.person
                      JOIN seats s ON s.id = m.seat GROUP BY m.seat
                      HAVING COUNT(CASE WHEN NOT o.suspended AND "
            ),
            seats::sits!(),
            " THEN 1 END) = 0) ORDER BY p.port"
        ))
        .fetch_all(&self.readers)
        .await?;
        rows::all(rows, read)
    }

    /// How many a machine has.
    pub async fn publications_count(&self, vm: VmId) -> Result<u32> {
        let row = sqlx::query("SELECT COUNT(*) AS ports FROM publications WHERE vm = $1")
            .bind(vm.0)
            .fetch_one(&self.readers)
            .await?;
        rows::number(&row, "ports")
    }

    /// Adds what went through since the last reading, and keeps the reading, in one transaction: what
    /// was counted is neither lost nor counted twice, whoever restarts in between. `anew`: the counters
    /// began again from nothing right after this reading. Gives what was added.
    pub async fn add_traffic(
        &self,
        readings: &BTreeMap<u16, Traffic>,
        anew: bool,
    ) -> Result<BTreeMap<u16, Traffic>> {
        let mut added = BTreeMap::new();
        if readings.is_empty() && !anew {
            return Ok(added);
        }
        let mut tx = self.write().await?;
        let rows = sqlx::query(
            "SELECT port, seen_connections, seen_bytes_in, seen_bytes_out FROM publications ORDER BY port",
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let port = rows::number(row, "port")?;
            let Some(now) = readings.get(&port) else { continue };
            let before = traffic(row, ["seen_connections", "seen_bytes_in", "seen_bytes_out"])?;
            if *now != before {
                let more = since(before, *now);
                add(&mut tx, port, more, *now).await?;
                added.insert(port, more);
            }
        }
        if anew {
            sqlx::query(
                "UPDATE publications SET seen_connections = 0, seen_bytes_in = 0, seen_bytes_out = 0",
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(added)
    }
}

/// What went through since `before`. A counter that went backwards was made anew, and all that it
/// shows came since.
fn since(before: Traffic, now: Traffic) -> Traffic {
    let anew = now.connections < before.connections
        || now.bytes_in < before.bytes_in
        || now.bytes_out < before.bytes_out;
    if anew {
        return now;
    }
    Traffic {
        connections: now.connections - before.connections,
        bytes_in: now.bytes_in - before.bytes_in,
        bytes_out: now.bytes_out - before.bytes_out,
    }
}

async fn add(connection: &mut Connection, port: u16, more: Traffic, seen: Traffic) -> Result<()> {
    sqlx::query(
        "UPDATE publications SET connections = connections + $1, bytes_in = bytes_in + $2,
                bytes_out = bytes_out + $3, seen_connections = $4, seen_bytes_in = $5, seen_bytes_out = $6
         WHERE port = $7",
    )
    .bind(rows::stored(more.connections)?)
    .bind(rows::stored(more.bytes_in)?)
    .bind(rows::stored(more.bytes_out)?)
    .bind(rows::stored(seen.connections)?)
    .bind(rows::stored(seen.bytes_in)?)
    .bind(rows::stored(seen.bytes_out)?)
    .bind(i64::from(port))
    .execute(connection)
    .await?;
    Ok(())
}

/// The port that leads to this port of the machine already.
async fn published(connection: &mut Connection, new: &NewPublication) -> Result<Option<u16>> {
    let row = sqlx::query("SELECT port FROM publications WHERE vm = $1 AND protocol = $2 AND vm_port = $3")
        .bind(new.vm.0)
        .bind(new.protocol.as_str())
        .bind(i64::from(new.vm_port))
        .fetch_optional(connection)
        .await?;
    rows::maybe(row, |row| rows::number(row, "port"))
}

/// The wished port when it is free, or the next free one.
async fn take_port(connection: &mut Connection, wished: Option<u16>, range: PortRange) -> Result<u16> {
    let rows = sqlx::query("SELECT port FROM publications ORDER BY port").fetch_all(&mut *connection).await?;
    let taken: Vec<u16> = rows::all(rows, |row| rows::number(row, "port"))?;
    let row = sqlx::query("SELECT last_port FROM lab").fetch_one(&mut *connection).await?;
    let last: Option<i64> = row.try_get("last_port")?;
    let next = range.next_free(&taken, last.and_then(|port| u16::try_from(port).ok()));
    if wished.is_some_and(|port| taken.binary_search(&port).is_ok()) {
        return Err(StoreError::Taken("port"));
    }
    let port = wished.or(next).ok_or(StoreError::PortsExhausted)?;
    // A wished port elsewhere moves nothing: what rests goes on resting.
    if next == Some(port) {
        sqlx::query("UPDATE lab SET last_port = $1").bind(i64::from(port)).execute(connection).await?;
    }
    Ok(port)
}

async fn insert(
    connection: &mut Connection,
    new: &NewPublication,
    port: u16,
    now: Timestamp,
) -> Result<PublicationId> {
    let sources = new.sources.as_ref().map(|networks| {
        let words: Vec<String> = networks.iter().map(ToString::to_string).collect();
        words.join(",")
    });
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO publications (port, protocol, vm, vm_port, sources, person, publisher, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    )
    .bind(i64::from(port))
    .bind(new.protocol.as_str())
    .bind(new.vm.0)
    .bind(i64::from(new.vm_port))
    .bind(sources)
    .bind(new.person.map(|person| person.0))
    .bind(&new.publisher)
    .bind(now.0)
    .fetch_one(connection)
    .await
    .map_err(StoreError::insert("port"))?;
    Ok(PublicationId(id))
}

fn made(id: PublicationId, port: u16, new: NewPublication, vm: Vm, now: Timestamp) -> Publication {
    Publication {
        id,
        port,
        protocol: new.protocol,
        vm: vm.id,
        vm_name: vm.name,
        vmid: vm.vmid,
        seat: vm.seat,
        seat_name: vm.seat_name,
        course: vm.course,
        vm_port: new.vm_port,
        sources: new.sources,
        person: new.person,
        publisher: new.publisher,
        created: now,
        traffic: Traffic::default(),
    }
}
