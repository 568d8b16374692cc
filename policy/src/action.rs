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
    /// Seeing the seats.
    SeatList,
    /// Reading the audit.
    AuditList,
    /// Seeing the nodes.
    NodeList,
    /// Running programs in one machine, to try what it can reach.
    IsolationCheck,
}

impl Action {
    /// Every action; the matrix walks it.
    pub const ALL: [Self; 30] = [
        Self::Login,
        Self::VmView,
        Self::VmCreate,
        Self::VmStart,
        Self::VmStop,
        Self::VmRestart,
        Self::VmDelete,
        Self::VmBackup,
        Self::VmRestore,
        Self::VmForward,
        Self::BackupView,
        Self::BackupDelete,
        Self::TemplateList,
        Self::KeyList,
        Self::KeyAdd,
        Self::KeyRemove,
        Self::Passwd,
        Self::Whoami,
        Self::CourseCreate,
        Self::CourseList,
        Self::PersonAdd,
        Self::PersonAddStaff,
        Self::PersonView,
        Self::PersonSuspend,
        Self::PersonCode,
        Self::PersonRemove,
        Self::SeatList,
        Self::AuditList,
        Self::NodeList,
        Self::IsolationCheck,
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
            Self::VmDelete => "vm-delete",
            Self::VmBackup => "vm-backup",
            Self::VmRestore => "vm-restore",
            Self::VmForward => "vm-forward",
            Self::BackupView => "backup-view",
            Self::BackupDelete => "backup-delete",
            Self::TemplateList => "template-list",
            Self::KeyList => "key-list",
            Self::KeyAdd => "key-add",
            Self::KeyRemove => "key-remove",
            Self::Passwd => "passwd",
            Self::Whoami => "whoami",
            Self::CourseCreate => "course-create",
            Self::CourseList => "course-list",
            Self::PersonAdd => "person-add",
            Self::PersonAddStaff => "person-add-staff",
            Self::PersonView => "person-view",
            Self::PersonSuspend => "person-suspend",
            Self::PersonCode => "person-code",
            Self::PersonRemove => "person-remove",
            Self::SeatList => "seat-list",
            Self::AuditList => "audit-list",
            Self::NodeList => "node-list",
            Self::IsolationCheck => "isolation-check",
        }
    }
}
