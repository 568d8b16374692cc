//! What can be asked of the house, with every name parsed. The shell makes these from words;
//! [`super::App::run`] carries them out. Nothing here knows how it was typed.

mod roster;

pub use roster::{Enrol, Form, SeatCommand};

mod template;

pub use template::{QuotaCommand, QuotaPlace, TemplateCommand};

mod session;

pub use session::{MessageCommand, SessionCommand};

mod audit;

pub use audit::{AuditCommand, AuditFilter, AuditOutcome, AuditPages, ConnectionId};

mod policy;

pub use policy::{Named, NewRule, PolicyCommand, Question, When};

use crate::app::secret::Secret;
use ipnet::Ipv4Net;
use puerta_lab::model::{JobId, Role};
use puerta_lab::names::{BackupName, CourseName, Login, NodeName, SeatName, TemplateRef, VmName, VmRef};
use puerta_lab::network::{Egress, Protocol};

/// One thing asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `vm ...`
    Vm(VmCommand),
    /// `backup ...`
    Backup(BackupCommand),
    /// `template ...`
    Template(TemplateCommand),
    /// `quota ...`
    Quota(QuotaCommand),
    /// `key ...`
    Key(KeyCommand),
    /// `job ...`
    Job(JobCommand),
    /// `course ...`
    Course(CourseCommand),
    /// `person ...`
    Person(PersonCommand),
    /// `seat ...`
    Seat(SeatCommand),
    /// `port ...`
    Port(PortCommand),
    /// `egress ...`
    Egress(EgressCommand),
    /// `firewall ...`
    Firewall(FirewallCommand),
    /// `policy ...`
    Policy(PolicyCommand),
    /// `session ...`
    Session(SessionCommand),
    /// `message ...`
    Message(MessageCommand),
    /// `audit ...`
    Audit(AuditCommand),
    /// `node ...`
    Node(NodeCommand),
    /// `isolation check`, with the machines that were named.
    IsolationCheck(Vec<VmRef>),
    /// `passwd`, with the new password as it was typed twice.
    Passwd(Secret),
    /// `totp ...`
    Totp(TotpCommand),
    /// `whoami`
    Whoami,
}

/// `vm VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VmCommand {
    /// One's own machines, or with `seat` (professor) that seat's, or with `all` everybody's.
    List {
        /// Everybody's.
        all: bool,
        /// Only this seat's.
        seat: Option<SeatName>,
    },
    /// A new machine.
    Create {
        /// Its name.
        vm: VmRef,
        /// What from; the only template there is when not said.
        template: Option<TemplateRef>,
        /// CPU cores; configuration's default when not said.
        cpus: Option<u32>,
        /// Memory, MiB.
        memory_mib: Option<u32>,
        /// Disk, MiB.
        disk_mib: Option<u32>,
    },
    /// Everything about one.
    Show(VmRef),
    /// Start.
    Start(VmRef),
    /// Stop; `force` pulls the plug.
    Stop {
        /// Which.
        vm: VmRef,
        /// Without asking it to shut down.
        force: bool,
    },
    /// Stop and start.
    Restart(VmRef),
    /// Remove.
    Delete(VmRef),
    /// A terminal in it.
    Console(VmRef),
    /// Make a backup.
    Backup(VmRef),
    /// Take it to another node.
    Move {
        /// Which.
        vm: VmRef,
        /// Where to.
        node: NodeName,
    },
    /// Put one back; the newest when not said.
    Restore {
        /// Which machine.
        vm: VmRef,
        /// Which backup.
        backup: Option<BackupName>,
    },
}

/// `backup VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupCommand {
    /// One's own, or one machine's.
    List {
        /// Only those of machines of this name.
        vm: Option<VmName>,
        /// Only this seat's (professor).
        seat: Option<SeatName>,
        /// Everybody's (professor).
        all: bool,
    },
    /// One of them; `seat` for another seat's (professor).
    Show {
        /// Which.
        backup: BackupName,
        /// Whose.
        seat: Option<SeatName>,
    },
    /// Remove one.
    Delete {
        /// Which.
        backup: BackupName,
        /// Whose.
        seat: Option<SeatName>,
    },
}

/// `key VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyCommand {
    /// One's own keys.
    List,
    /// One `authorized_keys` line, as it came.
    Add {
        /// The line.
        line: String,
    },
    /// By number in the list, or by fingerprint.
    Remove {
        /// Number or `SHA256:...`.
        key: String,
    },
}

/// `job VERB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobCommand {
    /// Those of the machines one sees, newest first.
    List,
    /// Follow one to its end.
    Watch(JobId),
}

/// `course VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CourseCommand {
    /// A new one.
    Create {
        /// Its name.
        name: CourseName,
        /// First calendar year of its academic year; from the name's `-YYYY`, or now's, when not said.
        year: Option<u16>,
        /// 0 or 1; the first that is free when not said.
        version: Option<u8>,
    },
    /// All.
    List,
    /// Its people from a list.
    Enrol(Enrol),
    /// New one-time codes for who has no other way in.
    Code {
        /// Whose.
        course: CourseName,
        /// How to write the answer.
        form: Form,
    },
}

/// `person VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonCommand {
    /// A new person, with a seat of their own in `course`.
    Add {
        /// What they log in with.
        login: Login,
        /// The course their seat is in.
        course: Option<CourseName>,
        /// Their name as people write it.
        name: Option<String>,
        /// What they are.
        role: Role,
        /// An `authorized_keys` line; without one they get a one-time code.
        key: Option<String>,
    },
    /// All.
    List,
    /// One.
    Show(Login),
    /// Close their door, or (`resume`) open it again.
    Suspend {
        /// Who.
        login: Login,
        /// Open it again.
        resume: bool,
    },
    /// A new one-time code, in place of a lost or used one.
    Code(Login),
    /// Remove them; refused while their seat has machines.
    Remove(Login),
    /// Take away the second factor that they lost.
    TotpReset(Login),
}

/// `totp VERB`, with what the terminal was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TotpCommand {
    /// A secret to put into an app.
    Offer,
    /// From now on, with a code as the proof that the app has it.
    Add {
        /// The secret that was offered.
        secret: Secret,
        /// What the app shows.
        code: Secret,
    },
    /// No more; with a code.
    Remove(Secret),
    /// New recovery codes; with a code.
    Codes(Secret),
}

/// `port VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortCommand {
    /// Those of one's own machines, or with `seat` (professor) that seat's, or with `all` everybody's.
    List {
        /// Everybody's.
        all: bool,
        /// Only this seat's.
        seat: Option<SeatName>,
    },
    /// Make a port of puerta lead to a machine.
    Publish {
        /// Which machine.
        vm: VmRef,
        /// Its port.
        vm_port: u16,
        /// What it carries.
        protocol: Protocol,
        /// The port of puerta; puerta chooses when not said.
        port: Option<u16>,
        /// Who may reach it; the configuration's campus when not said.
        sources: Option<Vec<Ipv4Net>>,
    },
    /// Give a port of puerta up.
    Unpublish(u16),
}

/// `egress VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EgressCommand {
    /// Every rule.
    List,
    /// Another rule.
    Set {
        /// What may be reached.
        egress: Egress,
        /// By whose machines.
        place: EgressPlace,
    },
    /// No rule of its own any more.
    Clear(EgressPlace),
}

/// Whose machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EgressPlace {
    /// A course's.
    Course(CourseName),
    /// A seat's.
    Seat(SeatName),
}

/// `firewall VERB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirewallCommand {
    /// The rules as the kernel has them.
    Show,
    /// What a reconcile would do.
    Plan,
    /// Reconcile now.
    Apply,
    /// Whether there is nothing to do.
    Check,
}

/// `node VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeCommand {
    /// All.
    List,
    /// Place no new machine there.
    Drain {
        /// Which.
        node: NodeName,
        /// Why, for whoever looks at the list.
        reason: Option<String>,
        /// Move those that are there away.
        empty: bool,
    },
    /// Place machines there again.
    Resume(NodeName),
}
