//! What the house answers, by area as commands are. The shell turns these into text in the person's language, or
//! into JSON; field names here are the JSON's field names, times are RFC 3339 UTC, sizes are bytes unless the name
//! says MiB.

mod account;
mod audit;
mod backup;
mod factor;
mod isolation;
mod job;
mod known;
mod network;
mod node;
mod people;
mod policy;
mod practice;
mod roster;
mod session;
mod template;
mod vm;
mod word;

pub use account::{AccountReply, KeyReply, KeySessions, KeyView, LangView, WhoamiView, Why};
pub use audit::{AuditPage, AuditReply, AuditStory, AuditVerdict, BrokenView, SignedView};
pub use backup::{BackupReply, BackupView};
pub use factor::{FactorView, TotpReply, TotpView};
pub use isolation::{FlowView, IsolationView, Untried, UntriedView};
pub use job::{JobView, ProgressView, Step};
pub use known::{ConfigView, DOOR, HostKeyView, KnownHost, KnownReply};
pub use network::{
    EgressReply, EgressView, FirewallDone, FirewallReply, FirewallView, FirewallWork, PortReply, PortView,
    PublishedView,
};
pub use node::{DrainView, DrainedView, NodeReply, NodeStands, NodeView, PlacedView, RulesState, RulesView};
pub use people::{CourseReply, CourseStands, CourseView, PersonReply, PersonView, SeatReply, SeatView};
pub use policy::{CheckView, ExplainView, PlaceView, PolicyReply, PolicyView, RuleState, RuleView};
pub use practice::{BatchItem, BatchView, PartView, PracticeDetail, PracticeReply, PracticeView};
pub use roster::{Change, CodeView, CodedView, CodesView, EnrolView, EnrolWarning, EnrolledView};
pub use session::{MessageView, OpenKind, OpenView, RecordingView, SessionReply, SessionView};
pub use template::{
    QuotaLine, QuotaReply, QuotaSetView, QuotasView, TemplateDetail, TemplatePublished, TemplateReply,
    TemplateView, UnpublishedView, VersionView,
};
pub use vm::{UsageView, VisitView, VmReply, VmState, VmView};
pub use word::Scope;

use serde::Serialize;

/// The answer to one command that is finished. As JSON it is its area's.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// Of [`VmReply`].
    Vm(VmReply),
    /// Of [`BackupReply`].
    Backup(BackupReply),
    /// Of [`TemplateReply`].
    Template(TemplateReply),
    /// Of [`QuotaReply`].
    Quota(QuotaReply),
    /// Of [`KeyReply`].
    Key(KeyReply),
    /// Of [`AccountReply`].
    Account(AccountReply),
    /// Of [`CourseReply`].
    Course(CourseReply),
    /// Of [`PersonReply`].
    Person(PersonReply),
    /// Of [`TotpReply`].
    Totp(TotpReply),
    /// Of [`SeatReply`].
    Seat(SeatReply),
    /// Of [`PortReply`].
    Port(PortReply),
    /// Of [`EgressReply`].
    Egress(EgressReply),
    /// Of [`FirewallReply`].
    Firewall(FirewallReply),
    /// Of [`AuditReply`].
    Audit(AuditReply),
    /// Of [`NodeReply`].
    Node(NodeReply),
    /// Of [`SessionReply`].
    Session(SessionReply),
    /// Of [`PolicyReply`].
    Policy(PolicyReply),
    /// Of [`KnownReply`].
    Known(KnownReply),
    /// Of [`PracticeReply`].
    Practice(PracticeReply),
    /// What came of an act on many machines.
    Batch(BatchView),
    /// `job list`
    Jobs(Vec<JobView>),
    /// `isolation check`
    Isolation(IsolationView),
    /// A message was put into shells.
    Message(MessageView),
}

impl Reply {
    /// The exit status: 1 for a check that found something wrong.
    pub fn exit(&self) -> u32 {
        match self {
            Self::Isolation(view) if !view.good => 1,
            Self::Batch(view) if view.failed > 0 => 1,
            Self::Audit(AuditReply::Verdict(verdict)) if verdict.broken.is_some() => 1,
            Self::Policy(PolicyReply::Checked(view)) if !view.taken => 1,
            _ => 0,
        }
    }
}
