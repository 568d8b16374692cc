//! The nouns of PRODUCT.md as values. The store gives these, never rows.

pub use crate::course::{Course, CourseState};
use crate::names::{BackupName, CourseName, Login, SeatName, TemplateRef, VmName};
use crate::plan::{Edition, SeatNumber, Slot, Vmid};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::net::Ipv4Addr;

macro_rules! id {
    ($($(#[$doc:meta])* $type:ident),*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $type(pub i64);
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
id!(
    /// A person, for good: never given to another.
    PersonId,
    /// A seat, for good.
    SeatId,
    /// A course, for good.
    CourseId,
    /// A machine, for good: a new machine in an old slot has another id.
    VmId,
    /// A backup, for good.
    BackupId,
    /// A job, for good.
    JobId,
    /// An authorized key, for good.
    KeyId,
    /// A publication, for good.
    PublicationId,
    /// A ready rule, for good.
    RuleId,
    /// A version of a practice, for good.
    PracticeId,
    /// A parent of jobs, for good.
    BatchId
);

/// A moment: milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// What a person is in the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A student.
    Alumno,
    /// Runs courses, sees every machine, reviews the audit.
    Profesor,
    /// A professor who may also add professors.
    Admin,
}

impl Role {
    /// Every role, for matrices and parsers.
    pub const ALL: [Self; 3] = [Self::Alumno, Self::Profesor, Self::Admin];
    /// `alumno`, `profesor`, `admin`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alumno => "alumno",
            Self::Profesor => "profesor",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(())
    }
}

/// Somebody who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// What they log in with.
    pub login: Login,
    /// Their name as people write it; may be empty.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// A suspended person does not log in.
    pub suspended: bool,
    /// When they were added.
    pub created: Timestamp,
}

/// The unit of ownership: seats, not persons, own machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its id.
    pub id: SeatId,
    /// Its name: a login, or a team's name.
    pub name: SeatName,
    /// Its number in its place of the plan.
    pub number: SeatNumber,
    /// The course it belongs to.
    pub course: CourseId,
    /// That course's name.
    pub course_name: CourseName,
    /// That course's place in the plan.
    pub edition: Edition,
}

/// What a machine is, in the registry's eyes. Whether it runs is the engine's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// A job is making it.
    Creating,
    /// It exists.
    Ready,
    /// A job is removing it.
    Deleting,
}

/// What a machine may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// CPU cores.
    pub cpus: u32,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// Root disk, MiB; enforced where the pool can.
    pub disk_mib: u32,
    /// Processes and threads.
    pub processes: u32,
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vm {
    /// Its id.
    pub id: VmId,
    /// Its name in its seat.
    pub name: VmName,
    /// Who owns it.
    pub seat: SeatId,
    /// The owner's name.
    pub seat_name: SeatName,
    /// The course that the seat belongs to.
    pub course: CourseName,
    /// Its place in the seat.
    pub slot: Slot,
    /// Its number; the low 24 bits of its address.
    pub vmid: Vmid,
    /// What it was made from.
    pub template: TemplateRef,
    /// The node it was placed on, once known.
    pub node: Option<String>,
    /// What it may use.
    pub limits: Limits,
    /// Where it is in its life.
    pub phase: Phase,
    /// When it was asked for.
    pub created: Timestamp,
}

impl Vm {
    /// The address of the plan, the only one that is ever dialled.
    pub fn address(&self) -> Ipv4Addr {
        self.vmid.address()
    }
}

/// A finished, verified archive of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its id.
    pub id: BackupId,
    /// Its name.
    pub name: BackupName,
    /// The seat that owns it.
    pub seat: SeatId,
    /// That seat's name.
    pub seat_name: SeatName,
    /// The course that the seat belongs to.
    pub course: CourseName,
    /// The machine it was made of. Backups outlive their machine, and a later one of that name is another.
    pub vm: VmId,
    /// That machine's name.
    pub vm_name: VmName,
    /// What that machine was; unknown of backups that are older than the question.
    pub was: Option<Was>,
    /// Whether it stays until somebody says otherwise.
    pub protected: bool,
    /// What somebody wrote about it; may be empty.
    pub note: String,
    /// Bytes of the archive.
    pub size: u64,
    /// SHA-256 of the archive, lower-case hex.
    pub sha256: String,
    /// When it was finished.
    pub created: Timestamp,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// What a machine was when a backup of it was made: what making it again takes, beside the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Was {
    /// What it had been made from.
    pub template: TemplateRef,
    /// Its number, which is to say its address.
    pub vmid: Vmid,
    /// What it might use.
    pub limits: Limits,
}

/// What a job does, as the registry keeps it: the word of `vm WORD`. What that means is known to the one file of
/// that kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct JobKind(Cow<'static, str>);

impl JobKind {
    /// The kind of that word.
    pub const fn new(word: &'static str) -> Self {
        Self(Cow::Borrowed(word))
    }

    /// A word that was kept; it may be a kind of another puerta.
    pub fn from_stored(word: String) -> Self {
        Self(Cow::Owned(word))
    }

    /// Its word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What chose a machine's node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// The nodes take turns.
    Turn,
    /// It had the most memory free.
    Least,
    /// Somebody moved it there.
    Moved,
}

impl Chosen {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Turn, Self::Least, Self::Moved];
    /// Its stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Turn => "round-robin",
            Self::Least => "least-load",
            Self::Moved => "moved",
        }
    }
}

/// Why a machine is on its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// What chose it.
    pub chosen: Chosen,
    /// Nodes there were to choose from.
    pub nodes: u32,
    /// Memory that was free there beside what its machines may use, when that was known.
    pub free_mib: Option<u32>,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// It runs, or waits for its engine.
    Running,
    /// It did what was asked.
    Done,
    /// It ended and changed nothing that lasts; the text says why (for the log and the owner).
    Failed(String),
    /// A restart found it half done and put the old state back.
    Undone(String),
}

/// Work that outlives the connection that asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id, which students never see: it tells how much everybody does.
    pub id: JobId,
    /// Its number in its seat, from 1, as people say it.
    pub number: u32,
    /// What it does.
    pub kind: JobKind,
    /// The machine it holds.
    pub vm: VmId,
    /// That machine's name.
    pub vm_name: VmName,
    /// The machine's seat.
    pub seat: SeatId,
    /// That seat's name.
    pub seat_name: SeatName,
    /// Who asked; `None` for puerta itself.
    pub person: Option<PersonId>,
    /// For a restore: which backup.
    pub backup: Option<BackupId>,
    /// Its parent, when it was asked for together with others.
    pub batch: Option<BatchId>,
    /// How it stands.
    pub state: JobState,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

/// A public key that opens a person's door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedKey {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub person: PersonId,
    /// `ssh-ed25519`, ...
    pub algorithm: String,
    /// `SHA256:...`.
    pub fingerprint: String,
    /// The comment, printable characters only.
    pub comment: String,
    /// One line of `authorized_keys`: algorithm, base64, comment.
    pub line: String,
    /// When it was added.
    pub added: Timestamp,
}

/// A person as policy sees them: who, what, and the seats they are a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person; `None` is puerta itself finishing a job, or the technician at the host.
    pub person: Option<PersonId>,
    /// Their login, for records (`puerta` for puerta itself).
    pub login: String,
    /// Their role.
    pub role: Role,
    /// Seats they are a member of: their own in name order, then those of teams.
    pub seats: Vec<SeatId>,
    /// Which of them are teams'.
    pub teams: Vec<SeatId>,
    /// The courses of those seats, each once.
    pub courses: Vec<CourseName>,
    /// A suspended person may do nothing.
    pub suspended: bool,
}

impl Actor {
    /// Of several things that one short name may mean, the one that it means: that of their own seat, or else of the
    /// only team that has one. `Err` has all that it may mean.
    pub fn means<T>(&self, found: Vec<T>, seat: impl Fn(&T) -> SeatId) -> Result<Option<T>, Vec<T>> {
        let (teams, mut own): (Vec<T>, Vec<T>) =
            found.into_iter().partition(|one| self.teams.contains(&seat(one)));
        if own.is_empty() {
            own = teams;
        }
        match own.len() {
            0 | 1 => Ok(own.pop()),
            _ => Err(own),
        }
    }

    /// puerta itself: finishes jobs that were permitted before a restart.
    pub fn itself() -> Self {
        Self {
            person: None,
            login: "puerta".into(),
            role: Role::Admin,
            seats: Vec::new(),
            teams: Vec::new(),
            courses: Vec::new(),
            suspended: false,
        }
    }
}
