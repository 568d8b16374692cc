//! Everything that can be asked of puerta, as one list. A new verb is a line here, a line in the
//! Cedar schema and a line in the golden matrix; a test fails while one of them is missing.

/// One thing that somebody may ask for. Its Cedar id is [`Action::as_str`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Coming in at all.
    Login,
    /// Seeing one machine, in a list or alone.
    VmView,
    /// Making a machine in a seat.
    VmCreate,
    /// Starting one.
    VmStart,
    /// Stopping one.
    VmStop,
    /// Restarting one.
    VmRestart,
    /// Giving one another name.
    VmRename,
    /// Removing one.
    VmDelete,
    /// Making a backup of one.
    VmBackup,
    /// Putting a backup back.
    VmRestore,
    /// Reaching a port of one through puerta (direct-tcpip).
    VmForward,
    /// Seeing a seat's backups.
    BackupView,
    /// Removing a backup.
    BackupDelete,
    /// Having a backup stay until that is taken back.
    BackupProtect,
    /// Seeing the templates.
    TemplateList,
    /// Seeing one's own keys.
    KeyList,
    /// Adding a key of one's own.
    KeyAdd,
    /// Removing a key of one's own.
    KeyRemove,
    /// Setting one's own password.
    Passwd,
    /// Being told who one is.
    Whoami,
    /// Making a course.
    CourseCreate,
    /// Seeing the courses.
    CourseList,
    /// Renaming, closing, archiving and reopening a course, and saying its template.
    CourseEdit,
    /// Removing a course that has nothing any more.
    CourseRemove,
    /// Adding an alumno.
    PersonAdd,
    /// Adding a profesor or an admin.
    PersonAddStaff,
    /// Seeing the persons.
    PersonView,
    /// Suspending or resuming a person.
    PersonSuspend,
    /// Giving a person a new one-time code.
    PersonCode,
    /// Removing a person.
    PersonRemove,
    /// Putting right what is written of a person.
    PersonEdit,
    /// Seeing the seats.
    SeatList,
    /// Reading the audit.
    AuditList,
    /// Seeing one published port, in a list or alone.
    PortView,
    /// Publishing a port of a machine.
    PortPublish,
    /// Giving a published port up.
    PortUnpublish,
    /// Seeing what machines may reach outside.
    EgressView,
    /// Changing what machines may reach outside.
    EgressSet,
    /// Seeing the firewall's rules.
    FirewallView,
    /// Having the firewall's rules put right now.
    FirewallApply,
    /// Seeing the nodes.
    NodeList,
    /// Trying from inside machines what they can reach.
    IsolationCheck,
    /// Opening a terminal in one, through the engine.
    VmConsole,
    /// Having such a terminal recorded: allowed means that it is.
    VmConsoleRecord,
    /// Having one's own keys in somebody else's machine while one is in it by SSH.
    VmEnter,
    /// Moving one to another node.
    VmMove,
    /// Making a template of one.
    TemplatePublish,
    /// Taking a template out of the list.
    TemplateRetire,
    /// Enrolling a course's people from a list.
    CourseEnrol,
    /// Making a seat for a team.
    SeatCreate,
    /// Adding and dropping a seat's members.
    SeatEdit,
    /// Removing a seat, with all that it holds.
    SeatRemove,
    /// Seeing what roles, courses and seats may hold.
    QuotaView,
    /// Changing what roles, courses and seats may hold.
    QuotaSet,
    /// Seeing what a person has open.
    SessionView,
    /// Closing what a person has open.
    SessionClose,
    /// Looking on at a person's console while it runs.
    SessionWatch,
    /// Looking on without the person being told.
    SessionWatchUnannounced,
    /// Playing the recording of a person's console.
    SessionPlay,
    /// Writing to a person's open shells.
    MessageSend,
    /// Reading what the audit has about oneself and one's machines.
    AuditMine,
    /// Taking the audit away with its proof.
    AuditExport,
    /// Taking a node out of placement and putting it back.
    NodeDrain,
    /// Reading the policy, and asking what it would say.
    PolicyView,
    /// Turning ready rules on and off.
    PolicySet,
    /// Setting up one's own second factor.
    SecondFactor,
    /// Taking away a person's second factor that they lost.
    PersonSecondFactor,
    /// Publishing a practice for a course, and taking it away.
    PracticePublish,
    /// Egress of a course's machines: allowed means that it is open.
    CourseEgress,
    /// Publications of a course: allowed means that they are open.
    CoursePublications,
}

impl Action {
    /// Every action; the matrix walks it.
    pub const ALL: [Self; 70] = [
        Self::Login,
        Self::VmView,
        Self::VmCreate,
        Self::VmStart,
        Self::VmStop,
        Self::VmRestart,
        Self::VmRename,
        Self::VmDelete,
        Self::VmBackup,
        Self::VmRestore,
        Self::VmForward,
        Self::BackupView,
        Self::BackupDelete,
        Self::BackupProtect,
        Self::TemplateList,
        Self::KeyList,
        Self::KeyAdd,
        Self::KeyRemove,
        Self::Passwd,
        Self::Whoami,
        Self::CourseCreate,
        Self::CourseList,
        Self::CourseEdit,
        Self::CourseRemove,
        Self::PersonAdd,
        Self::PersonAddStaff,
        Self::PersonView,
        Self::PersonSuspend,
        Self::PersonCode,
        Self::PersonRemove,
        Self::PersonEdit,
        Self::SeatList,
        Self::AuditList,
        Self::PortView,
        Self::PortPublish,
        Self::PortUnpublish,
        Self::EgressView,
        Self::EgressSet,
        Self::FirewallView,
        Self::FirewallApply,
        Self::NodeList,
        Self::IsolationCheck,
        Self::VmConsole,
        Self::VmConsoleRecord,
        Self::VmEnter,
        Self::VmMove,
        Self::TemplatePublish,
        Self::TemplateRetire,
        Self::CourseEnrol,
        Self::SeatCreate,
        Self::SeatEdit,
        Self::SeatRemove,
        Self::QuotaView,
        Self::QuotaSet,
        Self::SessionView,
        Self::SessionClose,
        Self::SessionWatch,
        Self::SessionWatchUnannounced,
        Self::SessionPlay,
        Self::MessageSend,
        Self::AuditMine,
        Self::AuditExport,
        Self::NodeDrain,
        Self::PolicyView,
        Self::PolicySet,
        Self::SecondFactor,
        Self::PersonSecondFactor,
        Self::PracticePublish,
        Self::CourseEgress,
        Self::CoursePublications,
    ];

    /// The stable word that Cedar policies and the audit use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::VmView => "vm-view",
            Self::VmCreate => "vm-create",
            Self::VmStart => "vm-start",
            Self::VmStop => "vm-stop",
            Self::VmRestart => "vm-restart",
            Self::VmRename => "vm-rename",
            Self::VmDelete => "vm-delete",
            Self::VmBackup => "vm-backup",
            Self::VmRestore => "vm-restore",
            Self::VmForward => "vm-forward",
            Self::BackupView => "backup-view",
            Self::BackupDelete => "backup-delete",
            Self::BackupProtect => "backup-protect",
            Self::TemplateList => "template-list",
            Self::KeyList => "key-list",
            Self::KeyAdd => "key-add",
            Self::KeyRemove => "key-remove",
            Self::Passwd => "passwd",
            Self::Whoami => "whoami",
            Self::CourseCreate => "course-create",
            Self::CourseList => "course-list",
            Self::CourseEdit => "course-edit",
            Self::CourseRemove => "course-remove",
            Self::PersonAdd => "person-add",
            Self::PersonAddStaff => "person-add-staff",
            Self::PersonView => "person-view",
            Self::PersonSuspend => "person-suspend",
            Self::PersonCode => "person-code",
            Self::PersonRemove => "person-remove",
            Self::PersonEdit => "person-edit",
            Self::SeatList => "seat-list",
            Self::AuditList => "audit-list",
            Self::PortView => "port-view",
            Self::PortPublish => "port-publish",
            Self::PortUnpublish => "port-unpublish",
            Self::EgressView => "egress-view",
            Self::EgressSet => "egress-set",
            Self::FirewallView => "firewall-view",
            Self::FirewallApply => "firewall-apply",
            Self::NodeList => "node-list",
            Self::IsolationCheck => "isolation-check",
            Self::VmConsole => "vm-console",
            Self::VmConsoleRecord => "vm-console-record",
            Self::VmEnter => "vm-enter",
            Self::VmMove => "vm-move",
            Self::TemplatePublish => "template-publish",
            Self::TemplateRetire => "template-retire",
            Self::CourseEnrol => "course-enrol",
            Self::SeatCreate => "seat-create",
            Self::SeatEdit => "seat-edit",
            Self::SeatRemove => "seat-remove",
            Self::QuotaView => "quota-view",
            Self::QuotaSet => "quota-set",
            Self::SessionView => "session-view",
            Self::SessionClose => "session-close",
            Self::SessionWatch => "session-watch",
            Self::SessionWatchUnannounced => "session-watch-unannounced",
            Self::SessionPlay => "session-play",
            Self::MessageSend => "message-send",
            Self::AuditMine => "audit-mine",
            Self::AuditExport => "audit-export",
            Self::NodeDrain => "node-drain",
            Self::PolicyView => "policy-view",
            Self::PolicySet => "policy-set",
            Self::SecondFactor => "second-factor",
            Self::PersonSecondFactor => "person-second-factor",
            Self::PracticePublish => "practice-publish",
            Self::CourseEgress => "course-egress",
            Self::CoursePublications => "course-publications",
        }
    }

    /// The action that a word means: its own (`vm-forward`), or the part behind the family where only one
    /// action ends so (`forward`). Otherwise those that it may mean; none: it means nothing.
    pub fn named(word: &str) -> Result<Self, Vec<Self>> {
        if let Some(action) = Self::ALL.into_iter().find(|action| action.as_str() == word) {
            return Ok(action);
        }
        let short = |action: &Self| action.as_str().split_once('-').is_some_and(|(_, verb)| verb == word);
        let found: Vec<Self> = Self::ALL.into_iter().filter(short).collect();
        match found.as_slice() {
            [action] => Ok(*action),
            _ => Err(found),
        }
    }

    /// What it is done to.
    pub fn target(self) -> Target {
        match self {
            Self::Login
            | Self::TemplateList
            | Self::Whoami
            | Self::CourseCreate
            | Self::CourseList
            | Self::CourseEdit
            | Self::CourseRemove
            | Self::PersonAdd
            | Self::PersonAddStaff
            | Self::SeatList
            | Self::AuditList
            | Self::EgressView
            | Self::EgressSet
            | Self::FirewallView
            | Self::FirewallApply
            | Self::NodeList
            | Self::TemplateRetire
            | Self::CourseEnrol
            | Self::SeatCreate
            | Self::QuotaView
            | Self::QuotaSet
            | Self::AuditMine
            | Self::AuditExport
            | Self::NodeDrain
            | Self::PolicyView
            | Self::PolicySet => Target::Lab,
            Self::KeyList | Self::KeyAdd | Self::KeyRemove | Self::Passwd | Self::SecondFactor => {
                Target::Account
            }
            Self::PersonView
            | Self::PersonSuspend
            | Self::PersonCode
            | Self::PersonRemove
            | Self::PersonEdit
            | Self::PersonSecondFactor
            | Self::SessionView
            | Self::SessionClose
            | Self::SessionWatch
            | Self::SessionWatchUnannounced
            | Self::SessionPlay
            | Self::MessageSend => Target::Person,
            Self::PracticePublish | Self::CourseEgress | Self::CoursePublications => Target::Course,
            Self::VmCreate => Target::NewVm,
            Self::SeatEdit | Self::SeatRemove => Target::Seat,
            Self::VmView
            | Self::VmStart
            | Self::VmStop
            | Self::VmRestart
            | Self::VmRename
            | Self::VmDelete
            | Self::VmBackup
            | Self::VmRestore
            | Self::IsolationCheck
            | Self::VmConsole
            | Self::VmConsoleRecord
            | Self::VmEnter
            | Self::VmMove
            | Self::TemplatePublish => Target::Vm,
            Self::VmForward => Target::Forward,
            Self::PortPublish => Target::Publish,
            Self::PortView | Self::PortUnpublish => Target::Publication,
            Self::BackupView | Self::BackupDelete | Self::BackupProtect => Target::Backup,
        }
    }
}

/// A kind of target, by how people name one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The lab as a whole: nothing is named.
    Lab,
    /// An account: a login, or one's own.
    Account,
    /// A person: a login.
    Person,
    /// A course.
    Course,
    /// A seat.
    Seat,
    /// A machine that is to be, `web1` or `web1.alumno1`: policy judges its seat.
    NewVm,
    /// A machine.
    Vm,
    /// A destination: a machine or an address, and a port.
    Forward,
    /// A machine and its port that is to be published.
    Publish,
    /// A port of puerta that is published.
    Publication,
    /// A backup.
    Backup,
}
