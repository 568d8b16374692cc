//! What goes wrong in the parts, as what a person can do about it.

use super::{Cause, Error, Kind};
use puerta_audit::AuditUnavailable;
use puerta_engine::EngineError;
use puerta_lab::names::{NameError, Rule};
use puerta_lab::quota::QuotaExceeded;
use puerta_store::{StoreError, Trouble};

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        let (id, max) = match error.rule {
            Rule::Empty => ("error-name-empty", None),
            Rule::TooLong(max) => ("error-name-long", Some(max)),
            Rule::Start => ("error-name-start", None),
            Rule::Characters => ("error-name-characters", None),
            Rule::End => ("error-name-end", None),
        };
        let error = Self::new(Kind::Usage, id).with("kind", error.kind);
        match max {
            Some(max) => error.with("max", max),
            None => error,
        }
    }
}

impl From<QuotaExceeded> for Error {
    fn from(quota: QuotaExceeded) -> Self {
        Self::new(Kind::Limited, "error-quota")
            .with("quota", quota.quota.as_str())
            .with("limit", quota.limit)
            .with("used", quota.used)
            .with("wanted", quota.wanted)
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        let unavailable = |id| Self::new(Kind::Unavailable, id);
        match error {
            EngineError::Away(cause) => {
                tracing::warn!(cause, "the engine does not answer");
                unavailable("error-engine-away")
            }
            EngineError::NoTemplate => unavailable("error-template-missing"),
            EngineError::NoSpace => unavailable("error-no-space"),
            EngineError::AddressInUse => unavailable("error-address-held"),
            EngineError::DiskFull => Self::new(Kind::Limited, "error-disk-full"),
            EngineError::Bounds(reason) => Self::new(Kind::Limited, "error-bounds").with("reason", reason),
            EngineError::BadArchive(cause) => {
                tracing::warn!(cause, "an archive is not usable");
                Self::new(Kind::Conflict, "error-bad-archive")
            }
            EngineError::Spoiled(spoiled) => spoiled.into(),
            other => Self::internal(&other),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Quota(quota) => quota.into(),
            StoreError::KeysFull { max } => Self::new(Kind::Limited, "error-keys-full").with("max", max),
            StoreError::SlotsFull => Self::new(Kind::Limited, "error-slots-full"),
            StoreError::PlaceFull { place, free } => {
                let id = if free.is_some() { "error-place-full" } else { "error-year-full" };
                let error =
                    Self::new(Kind::Limited, id).with("year", place.year).with("version", place.version);
                match free {
                    None => error,
                    Some(free) => error.with("freeyear", free.year).with("freeversion", free.version),
                }
            }
            StoreError::NotOpen { course, state } => {
                let error = Self::new(Kind::Conflict, "error-course-closed").with("course", course);
                error.with("state", state.as_str())
            }
            StoreError::Away { trouble, error } => {
                tracing::warn!(?trouble, %error, "the registry does not answer");
                Self::new(Kind::Unavailable, registry(trouble)).because(Cause::RegistryAway)
            }
            other => Self::internal(&other),
        }
    }
}

fn registry(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Busy => "error-registry-busy",
        Trouble::Full => "error-registry-full",
        Trouble::ReadOnly => "error-registry-read-only",
        Trouble::Disk => "error-registry-disk",
    }
}

impl From<AuditUnavailable> for Error {
    fn from(error: AuditUnavailable) -> Self {
        tracing::error!(%error, "the audit cannot be written");
        Self::new(Kind::Unavailable, "error-audit-away").because(Cause::AuditAway)
    }
}
