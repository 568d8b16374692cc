//! `audit list`.

use crate::app::command::AuditQuery;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::Reply;
use crate::app::{App, vm};
use crate::audit::{self, AuditUnavailable};
use puerta_policy::action::Action;
use puerta_policy::decide::Lab;

pub(super) async fn list(ctx: &Ctx<'_>, query: AuditQuery) -> Result<Reply> {
    let _lab = ctx.permit(Action::AuditList, Lab, None, Error::denied()).await?;
    let app: &App = ctx.app;
    let vm = match query.vm {
        // A machine that is gone is still in the log: its name with the seat is enough.
        Some(name) if name.seat.is_some() => Some(name.to_string()),
        Some(name) => Some(vm::subject(&vm::resolve(ctx, &name).await?)),
        None => None,
    };
    let query = audit::Query {
        actor: query.person.map(|login| login.to_string()),
        vm,
        action_prefix: query.action,
        since: query.since,
        until: query.until,
        limit: query.limit.unwrap_or(50).clamp(1, 1000) as usize,
        ..audit::Query::default()
    };
    app.audit.flush().await?;
    let path = app.config.audit();
    let searched = tokio::task::spawn_blocking(move || audit::search(&path, &query)).await;
    let lines =
        searched.map_err(|error| Error::internal(&error))?.map_err(|error| Error::internal(&error))?;
    Ok(Reply::Audit(lines.lines))
}

impl From<AuditUnavailable> for Error {
    fn from(error: AuditUnavailable) -> Self {
        tracing::error!(%error, "the audit cannot be written");
        Self::new(Kind::Unavailable, "error-audit-away")
    }
}
