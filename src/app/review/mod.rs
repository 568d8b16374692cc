//! `audit ...`: reading what was written.

mod live;

pub use live::{Live, Piece, Reading};

use crate::app::command::{AuditCommand, AuditFilter, AuditPages, ConnectionId};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{AuditPage, AuditReply, AuditStory, Reply};
use crate::app::{Outcome, find};
use puerta_audit::{self as audit, Found, Query};
use puerta_lab::action::Action;
use puerta_policy::decide::Lab;

/// Whole readings of the log (verify, export) at once: each keeps a processor busy.
pub(super) const READINGS: usize = 2;
/// Lines of a page when nobody says how many, and the most.
const PAGE: (u32, u32) = (50, 1000);
/// Lines of `audit tail` when nobody says how many.
const TAIL: u32 = 10;
/// Lines of one connection that are shown.
const STORY: usize = 10_000;

pub(super) async fn run(ctx: &Ctx<'_>, command: AuditCommand) -> Result<Outcome> {
    // Heard from before it is judged: what changes in between is not missed.
    let changes = ctx.app.changes();
    in_the_calendar(&command)?;
    match command {
        AuditCommand::List(pages) => {
            permit(ctx, Action::AuditList).await?;
            list(ctx, pages).await.map(Outcome::from)
        }
        AuditCommand::Mine { pages, all } => mine(ctx, pages, all).await.map(Outcome::from),
        AuditCommand::Show(connection) => show(ctx, &connection).await.map(Outcome::from),
        AuditCommand::Tail { filter, lines, follow } => {
            permit(ctx, Action::AuditList).await?;
            let query = Query { limit: lines.unwrap_or(TAIL) as usize, ..query(ctx, filter).await? };
            if follow {
                return live::tail(ctx, query, changes).await;
            }
            let found = search(ctx, query).await?;
            let page = AuditPage { lines: found.lines, page: 1, ..AuditPage::default() };
            Ok(Reply::Audit(AuditReply::Page(page)).into())
        }
        AuditCommand::Verify => {
            permit(ctx, Action::AuditList).await?;
            live::verify(ctx, changes).await
        }
        AuditCommand::Export { since, until } => {
            permit(ctx, Action::AuditExport).await?;
            live::export(ctx, audit::Range { since, until, ..audit::Range::default() }, changes).await
        }
    }
}

/// A moment that no calendar has is a mistake of whoever wrote it, however it came about.
fn in_the_calendar(command: &AuditCommand) -> Result<()> {
    let moments = match command {
        AuditCommand::List(pages) | AuditCommand::Mine { pages, .. } => [pages.since, pages.until],
        AuditCommand::Export { since, until } => [*since, *until],
        _ => [None, None],
    };
    match moments.into_iter().flatten().all(|moment| audit::timestamp(moment).is_some()) {
        true => Ok(()),
        false => Err(Error::new(Kind::Usage, "error-moment")),
    }
}

async fn permit(ctx: &Ctx<'_>, action: Action) -> Result<()> {
    ctx.permit(action, Lab, None, Error::denied()).await.map(drop)
}

async fn list(ctx: &Ctx<'_>, pages: AuditPages) -> Result<Reply> {
    let query = query(ctx, pages.filter.clone()).await?;
    page(ctx, &pages, query).await.map(|page| Reply::Audit(AuditReply::Page(page)))
}

/// What a person did, and what was done to machines of their seats. Of others' lines they see who did
/// what to which machine and how it came out, and not where that person was or what else they typed. What they may
/// not see of a line finds none either ([`audit::About`]).
async fn mine(ctx: &Ctx<'_>, pages: AuditPages, all: bool) -> Result<Reply> {
    permit(ctx, Action::AuditMine).await?;
    let store = &ctx.app.store;
    let login = ctx.visitor.login.clone();
    let seats = store.seats_of(ctx.visitor.person).await?;
    // Names come back: what is older than they are is somebody else's.
    let row = store.person_row(&login).await?.ok_or_else(Error::denied)?;
    let since = Some(pages.since.unwrap_or(i64::MIN).max(row.person.created.0));
    let pages = AuditPages { since, ..pages };
    let about = audit::About {
        actor: login.to_string(),
        seats: seats.iter().map(|seat| seat.name.to_string()).collect(),
        all,
    };
    let query = Query { about: Some(about), ..query(ctx, pages.filter.clone()).await? };
    page(ctx, &pages, query).await.map(|page| Reply::Audit(AuditReply::Page(page)))
}

async fn show(ctx: &Ctx<'_>, connection: &ConnectionId) -> Result<Reply> {
    permit(ctx, Action::AuditList).await?;
    let query = Query { connection: Some(connection.as_str().to_owned()), limit: STORY, ..Query::default() };
    let Found { lines, more, .. } = search(ctx, query).await?;
    let connection = connection.as_str().to_owned();
    if lines.is_empty() {
        return Err(Error::new(Kind::NotFound, "error-no-connection").with("connection", connection));
    }
    Ok(Reply::Audit(AuditReply::Story(AuditStory { connection, lines, more })))
}

async fn page(ctx: &Ctx<'_>, pages: &AuditPages, query: Query) -> Result<AuditPage> {
    let page = pages.page.unwrap_or(1).max(1);
    let limit = pages.limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
    let query = Query {
        since: pages.since,
        until: pages.until,
        skip: (page as usize - 1).saturating_mul(limit as usize),
        limit: limit as usize,
        ..query
    };
    let found = search(ctx, query).await?;
    // The last line need not have the latest time: the clock may have been set back.
    let newest = found.lines.iter().filter_map(|line| line.get("time")?.as_str()).max().map(str::to_owned);
    let until = match pages.until {
        Some(until) => audit::timestamp(until),
        None => newest,
    };
    Ok(AuditPage { lines: found.lines, page, more: found.more, until, csv: pages.csv })
}

async fn query(ctx: &Ctx<'_>, filter: AuditFilter) -> Result<Query> {
    let vm = match filter.vm {
        // A machine that is gone is still in the log: its name with the seat is enough.
        Some(name) if name.seat.is_some() => Some(name.to_string()),
        Some(name) => {
            let found = find::machine(&ctx.app.store, &ctx.actor, &name).await?;
            Some(find::subject(&found.ok_or_else(|| Error::no_vm(&name))?))
        }
        None => None,
    };
    let actor = match filter.person {
        // Who is gone is still in the log, by their login.
        Some(typed) => Some(match ctx.app.store.person_typed(&typed).await? {
            Some(person) => person.login.to_string(),
            None => typed.to_string(),
        }),
        None => None,
    };
    Ok(Query {
        actor,
        vm,
        seat: filter.seat.map(|seat| seat.to_string()),
        connection: filter.connection.map(|connection| connection.as_str().to_owned()),
        action_prefix: filter.action,
        outcome: filter.outcome.map(|outcome| outcome.as_str().to_owned()),
        network: filter.network,
        text: filter.text,
        ..Query::default()
    })
}

async fn search(ctx: &Ctx<'_>, query: Query) -> Result<Found> {
    // Held until it is done, also when whoever asked has gone.
    let held = ctx.app.presence.reading(ctx.visitor.person)?;
    ctx.app.audit.flush().await?;
    let path = ctx.app.config.audit();
    let searched = tokio::task::spawn_blocking(move || {
        let _held = held;
        audit::search(&path, &query)
    })
    .await;
    searched.map_err(|error| Error::internal(&error))?.map_err(|error| Error::internal(&error))
}
