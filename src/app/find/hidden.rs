//! What somebody may not see, and what is not there: one path for both. The registry is asked one question by what was
//! said, policy is asked about what was found or about something of nobody's in its place, the same line is
//! written, and the same words are read. Only that line's `meant` knows which of the two it was.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Result};
use puerta_lab::action::Action;
use puerta_policy::decide::{Decision, Permit, Resource};

/// Something that somebody named.
pub(in crate::app) struct Named<T> {
    /// What there is of that name.
    pub(in crate::app) found: Option<T>,
    /// What stands for it where there is nothing.
    pub(in crate::app) nobodys: T,
    /// As the audit names it.
    pub(in crate::app) subject: Option<String>,
    /// What who may see such things reads when there is none.
    pub(in crate::app) absent: Error,
    /// What who may not see it reads, whether it is there or not.
    pub(in crate::app) unseen: Error,
}

impl<T: Resource> Named<T> {
    /// The thing, if it is there and policy lets its `sees` be done to it; `action` is what is wanted of it.
    pub(in crate::app) async fn seen(self, ctx: &Ctx<'_>, sees: Action, action: Action) -> Result<T> {
        let Self { found, nobodys, subject, absent, unseen } = self;
        let there = found.is_some();
        match ctx.sees(sees, found.unwrap_or(nobodys)) {
            Decision::Allow(permit) if there => Ok(permit.into_target()),
            Decision::Allow(_) => Err(absent),
            Decision::Deny(denial) => {
                let target = subject.filter(|_| there);
                ctx.hidden(action, target, denial.policies).await;
                Err(unseen)
            }
        }
    }

    /// The same, and the permit for what is wanted of it.
    pub(in crate::app) async fn permit(
        self,
        ctx: &Ctx<'_>,
        sees: Action,
        action: Action,
    ) -> Result<Permit<T>> {
        let subject = self.subject.clone();
        let target = self.seen(ctx, sees, action).await?;
        ctx.permit(action, target, subject.as_deref(), Error::denied()).await
    }
}
