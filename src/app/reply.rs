//! What the house answers. The shell turns these into text in the person's language, or into JSON;
//! field names here are the JSON's field names, times are RFC 3339 UTC, sizes are bytes unless the
//! name says MiB.

mod audit;
mod factor;
mod network;
mod node;
mod policy;
mod roster;
mod session;
mod template;

pub use session::{MessageView, OpenView, RecordingView, SessionView};

pub use audit::{AuditPage, AuditStory, AuditVerdict, BrokenView, SignedView};
pub use factor::{FactorView, TotpView};
pub use network::{EgressView, FirewallDone, FirewallView, PortView, PublishedView};
pub use node::{DrainView, DrainedView, NodeView, PlacedView, RulesView};
pub use policy::{CheckView, ExplainView, PlaceView, PolicyView, RuleView};
pub use roster::{CodeView, CodedView, CodesView, EnrolView, EnrolWarning, EnrolledView};
pub use template::{
    QuotaLine, QuotaSetView, QuotasView, TemplateDetail, TemplatePublished, TemplateView, UnpublishedView,
    VersionView,
};

use puerta_engine::Status;
use serde::Serialize;
use std::net::Ipv4Addr;

/// The answer to one command that is finished.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum Reply {
    /// `vm list`
    Vms(Vec<VmView>),
    /// `vm show`
    Vm(Box<VmView>),
    /// A machine was made and runs.
    VmCreated {
        /// It.
        #[serde(flatten)]
        vm: Box<VmView>,
        /// Ports of it that its template wants published, and are.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        ports: Vec<PublishedView>,
        /// Those that are not.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        unpublished: Vec<UnpublishedView>,
    },
    /// It runs.
    VmStarted(Box<VmView>),
    /// It is stopped; `forced` when it did not stop by itself.
    VmStopped(Box<VmView>),
    /// It was stopped and runs again.
    VmRestarted(Box<VmView>),
    /// It is gone; its backups stay.
    VmDeleted {
        /// Its name.
        vm: String,
        /// Backups of it that stay.
        backups_kept: u32,
        /// Published ports of it that were given up.
        ports_closed: u32,
    },
    /// It is on another node, and runs again if it ran.
    VmMoved {
        /// The machine.
        vm: Box<VmView>,
        /// The node it was on.
        from: String,
        /// Whether it was stopped for it, and started again.
        ran: bool,
    },
    /// A backup was made, and older ones made room.
    BackupMade {
        /// The new one.
        backup: BackupView,
        /// Names of those removed by `keep`.
        removed: Vec<String>,
    },
    /// A backup was put back and the machine runs as it did before.
    VmRestored {
        /// The machine.
        vm: Box<VmView>,
        /// The backup.
        backup: String,
    },
    /// `backup list`
    Backups(Vec<BackupView>),
    /// `backup show`
    Backup(BackupView),
    /// It is gone.
    BackupDeleted {
        /// Its name.
        backup: String,
    },
    /// `template list`
    Templates(Vec<TemplateView>),
    /// `template show`
    Template(TemplateDetail),
    /// A version was made.
    TemplatePublished(TemplatePublished),
    /// Versions are not offered any more.
    TemplateRetired(Vec<VersionView>),
    /// `quota show`
    Quotas(Vec<QuotasView>),
    /// A quota was set, or taken away.
    QuotaSet(QuotaSetView),
    /// `key list`
    Keys(Vec<KeyView>),
    /// A key was added.
    KeyAdded(KeyView),
    /// A key was removed.
    KeyRemoved(KeyView),
    /// `job list`
    Jobs(Vec<JobView>),
    /// The new password holds.
    PasswordSet,
    /// `whoami`
    Whoami(WhoamiView),
    /// `course list`
    Courses(Vec<CourseView>),
    /// A course was made.
    CourseCreated(CourseView),
    /// `person list`
    Persons(Vec<PersonView>),
    /// `person show`
    Person(PersonView),
    /// A person was added.
    PersonAdded {
        /// Who.
        person: PersonView,
        /// Their one-time code, shown this once; none when a key was given.
        code: Option<String>,
    },
    /// Their door is closed.
    PersonSuspended {
        /// Who.
        login: String,
        /// Live sessions that were ended.
        sessions_closed: u32,
    },
    /// Their door is open again.
    PersonResumed {
        /// Who.
        login: String,
    },
    /// They are gone.
    PersonRemoved {
        /// Who.
        login: String,
        /// Live sessions that were ended.
        sessions_closed: u32,
    },
    /// `course enrol`
    Enrolled(Box<EnrolView>),
    /// `course code`
    CodesMade(CodesView),
    /// Their second factor was taken away.
    PersonTotpReset {
        /// Whose.
        login: String,
    },
    /// A second factor to be put into an app; it is none yet.
    TotpOffered(TotpView),
    /// It is one now.
    TotpAdded {
        /// Its recovery codes, shown this once.
        codes: Vec<String>,
    },
    /// It is none any more.
    TotpRemoved,
    /// New recovery codes instead of the last.
    TotpCodes {
        /// They, shown this once.
        codes: Vec<String>,
    },
    /// `seat list`
    Seats(Vec<SeatView>),
    /// A team has a seat.
    TeamCreated(SeatView),
    /// A team has other members.
    TeamChanged(SeatView),
    /// `port list`
    Ports(Vec<PortView>),
    /// A port leads to a machine.
    PortPublished(PublishedView),
    /// It leads nowhere any more.
    PortUnpublished(PortView),
    /// `egress list`
    Egress(Vec<EgressView>),
    /// A rule of egress was set.
    EgressSet {
        /// Which.
        #[serde(flatten)]
        rule: EgressView,
        /// Whether a firewall heeds it.
        active: bool,
    },
    /// A rule of egress is no more.
    EgressCleared(EgressView),
    /// `firewall show`
    Firewall(FirewallView),
    /// `firewall plan`
    FirewallPlan(FirewallView),
    /// `firewall apply`
    FirewallApplied {
        /// What had to be done.
        #[serde(flatten)]
        done: FirewallDone,
        /// Foreign rules that may drop what ours let through.
        foreign: Vec<String>,
    },
    /// `firewall check`, and all is as it should be.
    FirewallChecked {
        /// Foreign rules that may drop what ours let through.
        foreign: Vec<String>,
    },
    /// `audit list`, `audit search`, `audit mine`, `audit tail`
    Audit(AuditPage),
    /// `audit show`
    AuditStory(AuditStory),
    /// `audit verify`
    AuditVerdict(AuditVerdict),
    /// `node list`
    Nodes(Vec<NodeView>),
    /// A node takes no new machines.
    NodeDrained(DrainView),
    /// It takes them again.
    NodeResumed {
        /// Which.
        node: String,
        /// Whether it had been drained.
        changed: bool,
    },
    /// `isolation check`
    Isolation(IsolationView),
    /// `session list`
    Sessions(Vec<SessionView>),
    /// `session show`
    Session(SessionView),
    /// A connection was told to end.
    SessionClosed {
        /// Which.
        session: String,
        /// Whose.
        login: String,
    },
    /// `session recordings`
    Recordings(Vec<RecordingView>),
    /// A message was put into shells.
    MessageSent(MessageView),
    /// `policy show`
    Policies(Vec<PolicyView>),
    /// `policy show ID`
    Policy(PolicyView),
    /// `policy check`
    PolicyChecked(CheckView),
    /// `policy explain`
    PolicyExplained(ExplainView),
    /// `policy rule list`
    Rules(Vec<RuleView>),
    /// A ready rule was turned on.
    RuleAdded(RuleView),
    /// It is off.
    RuleRemoved(RuleView),
}

impl Reply {
    /// The exit status: 1 for a check that found something wrong.
    pub fn exit(&self) -> u32 {
        match self {
            Self::Isolation(view) if !view.good => 1,
            Self::AuditVerdict(verdict) if verdict.broken.is_some() => 1,
            Self::PolicyChecked(view) if !view.taken => 1,
            _ => 0,
        }
    }
}

/// A machine as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VmView {
    /// Its name.
    pub name: String,
    /// Its seat's name.
    pub seat: String,
    /// Whether it runs, or what puerta does with it.
    pub state: VmState,
    /// Its address, also inside it.
    pub address: Ipv4Addr,
    /// What it was made from.
    pub template: String,
    /// Where it is.
    pub node: Option<String>,
    /// Why it is there, only in `vm show`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<PlacedView>,
    /// CPU cores it may use.
    pub cpus: u32,
    /// Memory it may use.
    pub memory_mib: u32,
    /// Disk it may use.
    pub disk_mib: u32,
    /// Processes it may have.
    pub processes: u32,
    /// Live figures, only in `vm show` of a running machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageView>,
    /// When it was made.
    pub created: String,
}

/// The state a person sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VmState {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
    /// It is being made.
    Creating,
    /// It is being removed.
    Deleting,
    /// A backup of it is being made.
    #[serde(rename = "backup")]
    BackingUp,
    /// A backup is being put back.
    Restoring,
    /// A template of it is being made.
    Publishing,
    /// It is on its way to another node.
    Moving,
    /// The engine is changing it.
    Busy,
    /// Its node or the engine does not answer; it may well be running.
    Unreachable,
    /// The registry knows it and the engine does not.
    Missing,
}

impl From<Status> for VmState {
    fn from(status: Status) -> Self {
        match status {
            Status::Running => Self::Running,
            Status::Stopped => Self::Stopped,
            Status::Busy => Self::Busy,
            Status::Unreachable => Self::Unreachable,
        }
    }
}

/// Live figures of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageView {
    /// Memory in use.
    pub memory_bytes: Option<u64>,
    /// Disk in use.
    pub disk_bytes: Option<u64>,
    /// Processes.
    pub processes: Option<u64>,
}

/// A backup as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackupView {
    /// Its name.
    pub name: String,
    /// The machine it is of.
    pub vm: String,
    /// The seat.
    pub seat: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
    /// When it was finished.
    pub created: String,
    /// How long it took.
    pub took_ms: u64,
}

/// A key as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyView {
    /// Its number in the list, from 1.
    pub number: u32,
    /// `ssh-ed25519`, ...
    pub algorithm: String,
    /// `SHA256:...`
    pub fingerprint: String,
    /// Its comment.
    pub comment: String,
    /// When it was added.
    pub added: String,
}

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobView {
    /// Its number.
    pub job: i64,
    /// `create`, `backup`, ...
    pub kind: &'static str,
    /// The machine, `web1`.
    pub vm: String,
    /// Its seat.
    pub seat: String,
    /// `running`, `done`, `failed`, `undone`.
    pub state: &'static str,
    /// Why, when it failed or was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub finished: Option<String>,
}

/// Who one is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhoamiView {
    /// Login.
    pub login: String,
    /// Name as people write it.
    pub name: String,
    /// `alumno`, ...
    pub role: &'static str,
    /// Names of their seats.
    pub seats: Vec<String>,
    /// How they came in: `publickey`, `password`, `one-time code`.
    pub method: String,
    /// The key's fingerprint, when it was a key.
    pub fingerprint: Option<String>,
    /// Their second factor, when they have one.
    pub second_factor: Option<FactorView>,
    /// Where from.
    pub source: String,
    /// What their seat may hold; the first of several.
    pub quotas: puerta_lab::quota::Quotas,
}

/// A course as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CourseView {
    /// Its name.
    pub name: String,
    /// First calendar year.
    pub year: u16,
    /// 0 or 1.
    pub version: u8,
    /// Seats in it.
    pub seats: u32,
    /// When it was made.
    pub created: String,
}

/// A person as professors see them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonView {
    /// Login.
    pub login: String,
    /// Name as people write it.
    pub name: String,
    /// `alumno`, ...
    pub role: &'static str,
    /// Whether their door is closed.
    pub suspended: bool,
    /// Names of their seats.
    pub seats: Vec<String>,
    /// Keys they have.
    pub keys: u32,
    /// Whether they have a password.
    pub password: bool,
    /// Where to write to them; may be empty.
    pub email: String,
    /// Their number at the school; may be empty.
    pub idnumber: String,
    /// Their groups in their courses.
    pub groups: Vec<String>,
    /// Whether their row is gone from every list: they do not come in.
    pub archived: bool,
    /// Whether they have a second factor.
    pub second_factor: bool,
    /// When they were added.
    pub created: String,
}

/// A seat as professors see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeatView {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// Its course.
    pub course: String,
    /// Its network, `10.48.15.192/26`.
    pub network: String,
    /// Logins of its members.
    pub members: Vec<String>,
    /// Its machines.
    pub machines: u32,
    /// Whether it is a team's.
    pub team: bool,
    /// The group that the course's list says; may be empty.
    pub group: String,
    /// Since when its row is gone from the course's list.
    pub archived: Option<String>,
}

/// What machines reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IsolationView {
    /// Whether everything is as it must be.
    pub good: bool,
    /// Flows that passed.
    pub open: u32,
    /// Flows that did not.
    pub closed: u32,
    /// Those that passed, and those that must and did not; wrong ones last.
    pub flows: Vec<FlowView>,
    /// What nobody knows.
    pub untried: Vec<UntriedView>,
}

/// One flow that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowView {
    /// The machine it began in, `web1.alumno1`.
    pub from: String,
    /// A machine, a node, or `puerta`.
    pub to: String,
    /// `own-same-node`, `own-other-node`, `other-same-node`, `other-other-node` (machines of one's own or
    /// another seat), `own-node`, `other-node`, `puerta`.
    pub relation: &'static str,
    /// `tcp 10.0.0.66:47001`; with a forged source `tcp 10.0.0.77 -> 10.0.0.66:47001`.
    pub flow: String,
    /// Whether it passed.
    pub open: bool,
    /// Whether it must.
    pub expected: bool,
}

/// Something that could not be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UntriedView {
    /// `tool` (missing in a machine), `machine` (it says nothing), `listener` (it does not listen), `node` (its
    /// address is not known), `relation` (no two such machines take part).
    pub why: &'static str,
    /// Which.
    pub what: String,
}

/// How far a job is, for somebody who watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgressView {
    /// The job's number.
    pub job: i64,
    /// A stable word for the step: `queue`, `create`, `keys`, `start`, `freeze`, `export`, `verify`,
    /// `import`, `publish`, `stop`, `swap`, `move`, `rollback`, `remove`.
    pub step: &'static str,
    /// Bytes done, when the step counts bytes.
    pub done: Option<u64>,
    /// Bytes in all, when known.
    pub total: Option<u64>,
}
