//! A whole plan: 8,192 seats, 60,000 machines. Prints what the lists cost
//! (`cargo nextest run -p puerta store::tests::scale --no-capture`).

use super::*;
use puerta_lab::model::{BackupId, JobId, PersonId, VmId};
use puerta_lab::network::{PortRange, Protocol, Traffic};
use std::collections::BTreeMap;
use std::time::Instant;

const SEATS: i64 = 8192;
const VMS: i64 = 60_000;
const PORTS: i64 = 15_000;
/// Somebody in the middle.
const PERSON: PersonId = PersonId(4321);
const SEAT: SeatId = SeatId(4321);

/// Fills the tables in one transaction. Seat 8192 is the first of the second version: a place
/// has 8191.
async fn fill(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) ";
    let statements = [
        (
            SEATS,
            "INSERT INTO persons (login, name, role, suspended, created)
                 SELECT 'alumno' || i, '', 'alumno', FALSE, 0 FROM n",
        ),
        (
            SEATS,
            "INSERT INTO authorized_keys (person, algorithm, fingerprint, comment, line, added)
                 SELECT i, 'ssh-ed25519', 'SHA256:' || i, '', 'ssh-ed25519 ' || i, 0 FROM n",
        ),
        (
            SEATS,
            "INSERT INTO seats (name, course, year, version, number, created)
                 SELECT 'alumno' || i, 1 + i / 8192, 2026, i / 8192, 1 + (i - 1) % 8191, 0 FROM n",
        ),
        (SEATS, "INSERT INTO members (seat, person) SELECT i, i FROM n"),
        (
            VMS,
            "INSERT INTO vms (seat, name, slot, vmid, template, node, cpus, memory_mib, disk_mib,
                                processes, phase, created)
               SELECT 1 + i % 8192, 'web' || (i / 8192), 2 + i / 8192,
                      (i % 8192) * 64 + 2 + i / 8192, 'debian-12', 'nodo01', 1, 256, 2048, 500,
                      'ready', i FROM n",
        ),
        (
            PORTS,
            "INSERT INTO publications (port, protocol, vm, vm_port, publisher, created)
               SELECT 49999 + i, 'tcp', i, 80, 'alumno' || i, 0 FROM n",
        ),
        (
            VMS,
            "INSERT INTO jobs (kind, vm, vm_name, seat, seat_name, state, started, finished, number)
               SELECT 'backup', i, 'web' || (i / 8192), 1 + i % 8192, 'alumno' || (1 + i % 8192),
                      'done', i, i, i FROM n",
        ),
        (
            VMS,
            "INSERT INTO backups (seat, name, vm, vm_name, size, sha256, created, took_ms)
               SELECT 1 + i % 8192, 'web-' || i, 1 + i, 'web' || (i / 8192), i, 'ab', i, i FROM n",
        ),
    ];
    for (count, statement) in statements {
        let statement = sqlx::AssertSqlSafe(format!("{numbers}{statement}"));
        let filled = sqlx::query(statement).bind(count).execute(&mut *tx);
        assert_eq!(filled.await.unwrap().rows_affected(), count as u64);
    }
    tx.commit().await.unwrap();
}

/// The fastest of `runs`: what it costs when nobody else uses the processor.
async fn cost<T, F: Future<Output = Result<T>>>(name: &str, runs: u32, call: impl Fn() -> F) -> Duration {
    let mut costs = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        call().await.unwrap();
        costs.push(start.elapsed());
    }
    costs.sort_unstable();
    let (best, median) = (costs[0], costs[costs.len() / 2]);
    println!("{name:<24} best {best:>10.1?}   median {median:>10.1?}");
    best
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_plan_stays_fast() {
    let (_folder, store) = empty().await;
    course(&store, "aso-2026").await;
    store.create_course(&"red-2026".parse().unwrap(), 2026, Some(1), PLAN, NOW).await.unwrap();
    let start = Instant::now();
    fill(&store).await;
    println!("filled in {:.1?}", start.elapsed());
    what_one_asks(&store).await;
    what_staff_asks(&store).await;
    what_is_published(&store).await;
    for name in ["new0", "new1", "new2"] {
        let new = vm(SEAT, name);
        let start = Instant::now();
        let (made, _) = store.create_vm(JobKind::new("create"), new, PLAN, ROOMY, NOW).await.unwrap();
        println!("create_vm {:.1?} {}", start.elapsed(), made.address());
    }
}

/// Of one person, one seat, one machine: at once, however full the plan is.
async fn what_one_asks(store: &Store) {
    let (seat, own, person) = (SEAT, [SEAT], PERSON);
    let seat_name = "alumno4321".parse().unwrap();
    let login: puerta_lab::names::Login = "alumno4321".parse().unwrap();
    let typed = (&login).into();
    let web1 = "web1".parse().unwrap();
    assert_eq!(store.vms_of(&own).await.unwrap().len(), 7);
    let vmid = store.vm(VmId(777)).await.unwrap().unwrap().vmid;
    let mut quick = Vec::new();
    macro_rules! quick {
        ($($call:expr),* $(,)?) => {$(
            let name = stringify!($call).trim_start_matches("store.");
            quick.push((name, cost(name, 100, || $call).await));
        )*};
    }
    quick!(
        store.actor(person),
        store.key_of(&typed, "SHA256:4321"),
        store.person_row(&login),
        store.credentials(person),
        store.seats_of(person),
        store.seat_by_name(&seat_name),
        store.members(seat),
        store.keys_of_seat(seat),
        store.vms_of(&own),
        store.vm_of_seat(&seat_name, &web1),
        store.vm_by_vmid(vmid),
        store.usage(seat),
        store.running_jobs(),
        store.running_job_of(VmId(777)),
        store.jobs_of(&own, 50),
        store.job(JobId(777)),
        store.backups_of(&own),
        store.backups_of_vm(VmId(777)),
        store.backup(BackupId(777)),
    );
    for (name, best) in quick {
        assert!(best < Duration::from_millis(2), "{name}: {best:?}");
    }
}

/// The lists of a whole lab.
async fn what_staff_asks(store: &Store) {
    let few: Vec<_> = (1..200).map(SeatId).collect();
    let all: Vec<_> = (1..=SEATS).map(SeatId).collect();
    assert_eq!(store.vms_of(&all).await.unwrap(), store.vms().await.unwrap());
    cost("jobs(50)", 20, || store.jobs(50)).await;
    cost("vms_of 199 seats", 5, || store.vms_of(&few)).await;
    cost("vms_of all seats", 2, || store.vms_of(&all)).await;
    cost("vms", 2, || store.vms()).await;
    cost("seats", 2, || store.seats()).await;
    cost("persons", 2, || store.persons()).await;
    cost("courses", 2, || store.courses()).await;
    cost("backups", 2, || store.backups()).await;
    cost("a write (set_suspended)", 50, || store.set_suspended(PERSON, true)).await;
}

/// The last port of all, and a reading of every counter.
async fn what_is_published(store: &Store) {
    cost("publications_in_force", 5, || store.publications_in_force()).await;
    let range = PortRange { first: 50_000, last: 65_000 };
    let new = NewPublication {
        vm: VmId(PORTS + 1),
        vm_port: 80,
        protocol: Protocol::Tcp,
        port: None,
        sources: None,
        person: Some(PERSON),
        publisher: "alumno1".into(),
    };
    let start = Instant::now();
    let last = store.publish(new.clone(), range, ROOMY, NOW).await.unwrap().apart().0;
    println!("publish the last of 15,001 {:.1?}", start.elapsed());
    assert_eq!(last.port, 65_000);
    let none = store.publish(NewPublication { vm: VmId(PORTS + 2), ..new }, range, ROOMY, NOW).await;
    assert!(matches!(none, Err(StoreError::PortsExhausted)), "{none:?}");
    let reading = |connections| {
        let traffic = Traffic { connections, bytes_in: 1000 * connections, bytes_out: 0 };
        (50_000..=65_000).map(|port| (port, traffic)).collect::<BTreeMap<u16, Traffic>>()
    };
    for connections in [1, 2] {
        let start = Instant::now();
        let added = store.add_traffic(&reading(connections), false).await.unwrap();
        println!("add_traffic of {} ports {:.1?}", added.len(), start.elapsed());
    }
    let quiet = reading(2);
    let quiet = cost("add_traffic, all quiet", 5, || store.add_traffic(&quiet, false)).await;
    assert!(quiet < Duration::from_secs(1), "{quiet:?}");
}
