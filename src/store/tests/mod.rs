//! The store against a real database file, one behaviour a test.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::cloned_ref_to_slice_refs)] // an array reads better beside the others

mod age;
mod backups;
mod courses;
mod credentials;
mod factors;
mod host_keys;
mod leaving;
mod machines;
mod network;
mod nodes;
mod people;
mod registry;
mod roster;
mod scale;
mod seam;
mod templates;
mod visits;

use super::*;
use puerta_lab::even::{Evenness, Old, Seen};
use puerta_lab::model::{
    Backup, Course, CourseId, Job, JobKind, JobState, Limits, Person, Role, Seat, SeatId, Timestamp, Vm,
};
use puerta_lab::plan::AddressPlan;
use puerta_lab::quota::Quotas;
use sqlx::Connection as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const PLAN: AddressPlan = AddressPlan { first_year: 2020 };
const NOW: Timestamp = Timestamp(1_795_000_000_000);
const ROOMY: Quotas = Quotas {
    machines: 63,
    running: 63,
    memory_mib: 1 << 20,
    cpus: 1000,
    disk_mib: 1 << 30,
    backups: 10,
    publications: 4,
};

fn at(later: i64) -> Timestamp {
    Timestamp(NOW.0 + later)
}

/// What is of before that, at the beginning of the year 2100.
fn old(before: Timestamp) -> Old {
    let now = Timestamp(4_102_444_800_000);
    let (clock, _) = Evenness::begin(Some(Seen { wall: now, even: i64::MAX }), now, Duration::ZERO);
    clock.believed().unwrap().old(Duration::from_millis(now.0.abs_diff(before.0)))
}

/// A folder of its own that goes away with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("puerta-store-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
    fn file(&self) -> PathBuf {
        self.0.join("puerta.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// An empty store.
async fn empty() -> (Folder, Store) {
    let folder = Folder::new();
    let store = Store::make(&folder.file()).await.unwrap();
    (folder, store)
}

/// A store with course `aso-2026` and `alumno1` in it.
async fn one() -> (Folder, Store, Course, Person, Seat) {
    let (folder, store) = empty().await;
    let course = course(&store, "aso-2026").await;
    let (person, seat) = add(&store, "alumno1", Some(course.id)).await;
    (folder, store, course, person, seat.unwrap())
}

async fn course(store: &Store, name: &str) -> Course {
    let name = name.parse().unwrap();
    let made = store.create_course(&name, 2026, None, PLAN, NOW);
    made.await.unwrap()
}

fn person(login: &str, course: Option<CourseId>) -> NewPerson {
    NewPerson {
        login: login.parse().unwrap(),
        name: format!("Ñandú {login}"),
        role: Role::Alumno,
        course,
        key: None,
        code: None,
    }
}

async fn add(store: &Store, login: &str, course: Option<CourseId>) -> (Person, Option<Seat>) {
    store.add_person(person(login, course), NOW).await.unwrap().apart().0
}

fn key(word: &str) -> NewKey {
    NewKey {
        algorithm: "ssh-ed25519".into(),
        fingerprint: format!("SHA256:{word}"),
        comment: "de casa".into(),
        line: format!("ssh-ed25519 {word} de casa"),
    }
}

fn vm(seat: SeatId, name: &str) -> NewVm {
    NewVm {
        seat,
        name: name.parse().unwrap(),
        template: "debian-12".parse().unwrap(),
        limits: Limits { cpus: 1, memory_mib: 256, disk_mib: 2048, processes: 500 },
        node: None,
        placed: None,
        person: None,
        source: None,
    }
}

async fn create(store: &Store, seat: SeatId, name: &str) -> (Vm, Job) {
    let made = store.create_vm(JobKind::new("create"), vm(seat, name), PLAN, ROOMY, NOW);
    made.await.unwrap()
}

/// A machine whose create job is done.
async fn ready(store: &Store, seat: SeatId, name: &str) -> Vm {
    let (vm, job) = create(store, seat, name).await;
    let done = store.finish_job(job.id, &JobState::Done, NOW);
    drop(done.await.unwrap());
    vm
}

async fn back_up(store: &Store, vm: &Vm, name: &str, now: Timestamp) -> Backup {
    let job = store.start_job(JobKind::new("backup"), vm.id, None, None, now);
    let job = job.await.unwrap();
    let done = store.finish_backup(job.id, backup(vm, name), now);
    done.await.unwrap()
}

fn backup(vm: &Vm, name: &str) -> NewBackup {
    NewBackup {
        name: name.parse().unwrap(),
        vm: vm.id,
        note: String::new(),
        size: 801 << 20,
        sha256: "ab".repeat(32),
        took_ms: 188_000,
    }
}
