//! What is answered about templates and quotas.

use super::Scope;
use crate::app::error::Error;
use puerta_lab::quota::Quota;
use serde::Serialize;

/// `template ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum TemplateReply {
    /// `template list`
    List(Vec<TemplateView>),
    /// `template show`
    One(TemplateDetail),
    /// A version was made.
    Published(TemplatePublished),
    /// Versions are not offered any more.
    Retired(Vec<VersionView>),
}

/// `quota ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum QuotaReply {
    /// `quota show`
    List(Vec<QuotasView>),
    /// A quota was set, or taken away.
    Set(QuotaSetView),
}

/// A template as people see it: the newest version, when it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateView {
    /// Its name.
    pub name: String,
    /// Its newest version; none: the engine has it from the technician.
    pub version: Option<u32>,
    /// The course that it is offered to; none: all.
    pub course: Option<String>,
    /// A line about it.
    pub description: String,
    /// Bytes of its image.
    pub size: u64,
    /// CPU cores of a machine of it, when nothing is asked for.
    pub cpus: u32,
    /// Memory.
    pub memory_mib: u32,
    /// Disk.
    pub disk_mib: u32,
    /// Ports that are published from the start, `80`, `53/udp`.
    pub ports: Vec<String>,
    /// Machines that were made from it, whatever the version.
    pub machines: u32,
}

/// Everything about a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateDetail {
    /// Its name.
    pub name: String,
    /// What the engine has under that name.
    pub own: Option<TemplateView>,
    /// Versions that were published, the newest first.
    pub versions: Vec<VersionView>,
}

/// One version of a published template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionView {
    /// The template's name.
    pub name: String,
    /// From 1.
    pub version: u32,
    /// The course that it is offered to; none: all, or one that is gone.
    pub course: Option<String>,
    /// A line about it.
    pub description: String,
    /// Bytes of its image.
    pub size: u64,
    /// CPU cores of a machine of it, when nothing is asked for.
    pub cpus: u32,
    /// Memory.
    pub memory_mib: u32,
    /// Disk.
    pub disk_mib: u32,
    /// Ports that are published from the start.
    pub ports: Vec<String>,
    /// Machines that were made from it.
    pub machines: u32,
    /// Login of who published it.
    pub publisher: String,
    /// The machine that it was made of.
    pub source: String,
    /// When.
    pub created: String,
    /// Since when it is not offered.
    pub retired: Option<String>,
    /// Whether its image is still there.
    pub image: bool,
}

/// A version that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplatePublished {
    /// The template's name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// The course that it is offered to.
    pub course: String,
    /// Bytes of its image.
    pub size: u64,
    /// How long it took.
    pub took_ms: u64,
}

/// A port that a template wants published, and is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnpublishedView {
    /// `80`, `53/udp`.
    pub service: String,
    /// A stable word for why.
    pub reason: &'static str,
    /// The same, as its sentence wants it.
    #[serde(skip)]
    pub error: Error,
}

/// What somebody has and may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotasView {
    /// A seat, a course or a role.
    pub place: Scope,
    /// Which.
    pub name: String,
    /// Each quota.
    pub quotas: Vec<QuotaLine>,
}

/// One quota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotaLine {
    /// Which. Memory and disk are MiB.
    pub quota: Quota,
    /// How much of it a seat uses; unknown for running machines when the engine does not answer.
    pub used: Option<u32>,
    /// How much there may be.
    pub limit: u32,
    /// Who says so.
    pub origin: Scope,
}

/// A quota that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotaSetView {
    /// Which.
    pub quota: Quota,
    /// A seat, a course or a role.
    pub place: Scope,
    /// Which.
    pub name: String,
    /// What is set there now; none: what others say holds.
    pub value: Option<u32>,
    /// What holds there now.
    pub limit: u32,
    /// Seats that already have more; what they have stays.
    pub over: Vec<String>,
}
