//! What of the audit comes piece by piece: lines as they are written, a whole check, an export. Bounded:
//! whoever makes the pieces waits for whoever takes them, and ends when nobody does.

use super::search;
use crate::app::ctx::{Ctx, Visitor};
use crate::app::error::{Error, Kind, Result};
use crate::app::open::{Standing, Subject};
use crate::app::presence::Counted;
use crate::app::reply::{AuditPage, AuditReply, AuditVerdict, BrokenView, Reply, SignedView};
use crate::app::{App, Outcome, clock};
use bytes::Bytes;
use puerta_audit::{self as audit, Check, ExportError, Filter, Phase, Query, Range, Verdict};
use puerta_lab::action::Action;
use puerta_policy::decide::{Decision, Lab};
use serde_json::Value;
use std::io::ErrorKind;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces that may wait.
const WAITING: usize = 32;

/// Pieces, until [`Piece::End`].
pub struct Live {
    /// They come here. Dropping it ends whoever makes them.
    pub pieces: Receiver<Piece>,
    /// Whether they may still be read.
    pub standing: Standing<Reading>,
}

/// The audit, while somebody reads it.
pub struct Reading(Action);

impl Subject for Reading {
    async fn holds(&self, app: &App, visitor: &Visitor) -> bool {
        match app.store.actor(visitor.person).await {
            Ok(Some(actor)) => {
                let judged = app.policy().decide(&actor, self.0, Lab, visitor.context());
                matches!(judged, Decision::Allow(_))
            }
            Ok(None) => false,
            // The store did not answer: nothing was decided, so nothing changes.
            Err(_) => true,
        }
    }
}

/// Wakes when something that decisions rest on changed.
type Changes = tokio::sync::watch::Receiver<u64>;

/// One of them.
#[derive(Debug)]
pub enum Piece {
    /// Lines that were there already.
    Lines(AuditPage),
    /// A new line.
    Line(Value),
    /// So many lines came faster than they were taken, and are left out.
    Missed(u64),
    /// Bytes for standard output, as they are.
    Bytes(Bytes),
    /// So many lines were read.
    Progress(u64),
    /// The end, and what it came to.
    End(Result<Option<Box<Reply>>>),
}

/// `changes` are from before it was judged.
fn live(action: Action, changes: Changes) -> (Sender<Piece>, Outcome) {
    let (give, pieces) = channel(WAITING);
    let standing = Standing::new(Reading(action), changes);
    (give, Outcome::Live(Live { pieces, standing }))
}

/// The last lines, and those that come.
pub(super) async fn tail(ctx: &Ctx<'_>, query: Query, changes: Changes) -> Result<Outcome> {
    // First heard, then looked: nothing is missed in between, and what is seen twice is left out.
    let mut followed = ctx.app.audit.follow();
    let lines = search(ctx, query.clone()).await?.lines;
    let mut last = lines.last().and_then(|line| line.get("seq")?.as_u64()).unwrap_or(0);
    let (give, outcome) = live(Action::AuditList, changes);
    let filter = Filter::new(&query);
    ctx.app.tasks.spawn(async move {
        let page = AuditPage { lines, page: 1, ..AuditPage::default() };
        let mut piece = Some(Piece::Lines(page));
        loop {
            if let Some(piece) = piece.take()
                && give.send(piece).await.is_err()
            {
                return;
            }
            tokio::select! {
                () = give.closed() => return,
                line = followed.recv() => match line {
                    Ok(line) => {
                        let found = filter.accept(line.as_bytes());
                        let seq = |line: &Value| line.get("seq").and_then(Value::as_u64).unwrap_or(u64::MAX);
                        let new = found.filter(|line| seq(line) > last);
                        last = new.as_ref().map_or(last, seq);
                        piece = new.map(Piece::Line);
                    }
                    Err(RecvError::Lagged(missed)) => piece = Some(Piece::Missed(missed)),
                    Err(RecvError::Closed) => {
                        let _ = give.send(Piece::End(Ok(None))).await;
                        return;
                    }
                },
            }
        }
    });
    Ok(outcome)
}

/// One of the few whole readings at once, and one of the person's.
fn reading(ctx: &Ctx<'_>) -> Result<(OwnedSemaphorePermit, Counted)> {
    let of_person = ctx.app.presence.reading(ctx.visitor.person)?;
    let busy = |_| Error::new(Kind::Limited, "error-audit-busy");
    Ok((Arc::clone(&ctx.app.readings).try_acquire_owned().map_err(busy)?, of_person))
}

pub(super) async fn verify(ctx: &Ctx<'_>, changes: Changes) -> Result<Outcome> {
    let held = reading(ctx)?;
    ctx.app.audit.flush().await?;
    let (give, outcome) = live(Action::AuditList, changes);
    let (path, key) = (ctx.app.config.audit(), ctx.app.audit.key().cloned());
    tokio::task::spawn_blocking(move || {
        let keys = key.as_ref().map(|key| key.public_keys());
        let mut progress = |lines| {
            // Nobody may be there to hear it.
            let _ = give.blocking_send(Piece::Progress(lines));
        };
        let check = Check { keys: keys.as_ref(), progress: Some(&mut progress) };
        let verdict = audit::verify(&path, check).map_err(|error| Error::internal(&error));
        let prints = || keys.as_ref().map(|keys| keys.fingerprints().join(", "));
        let view = |verdict| Reply::Audit(AuditReply::Verdict(view(verdict, prints())));
        let _ = give.blocking_send(Piece::End(verdict.map(|verdict| Some(Box::new(view(verdict))))));
        drop(held);
    });
    Ok(outcome)
}

fn view(verdict: Verdict, key: Option<String>) -> AuditVerdict {
    let name = |path: std::path::PathBuf| {
        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    AuditVerdict {
        lines: verdict.lines,
        files: verdict.files,
        first: verdict.first_seq,
        last: verdict.last_seq,
        head: verdict.head,
        removed: verdict.removed,
        unremembered: verdict.unremembered,
        signed: verdict.signed.map(|signed| SignedView { line: signed.seq, time: signed.time }),
        key,
        broken: verdict.broken.map(|broken| BrokenView {
            file: broken.file.map(name).unwrap_or_default(),
            line: broken.line,
            why: broken.why.to_string(),
            rest: verdict.rest.lines,
            intact: verdict.rest.intact,
        }),
    }
}

pub(super) async fn export(ctx: &Ctx<'_>, range: Range, changes: Changes) -> Result<Outcome> {
    let held = reading(ctx)?;
    let key = ctx.app.audit.key().cloned();
    let key = key.ok_or_else(|| Error::internal(&"the audit has no key"))?;
    // What is given out ends before a signature.
    let end = ctx.app.audit.seal().await?;
    let (give, outcome) = live(Action::AuditExport, changes);
    let path = ctx.app.config.audit();
    let (app, line) = (Arc::clone(ctx.app), ctx.line(Phase::Note, "audit.export"));
    tokio::task::spawn_blocking(move || {
        let mut bytes = 0;
        let mut out = |piece: &[u8]| {
            bytes += piece.len();
            let sent = give.blocking_send(Piece::Bytes(Bytes::copy_from_slice(piece)));
            sent.map_err(|_| ErrorKind::BrokenPipe.into())
        };
        let made = audit::export(&path, Range { end, ..range }, &key, clock::now().0, &mut out);
        let failure = match &made {
            Ok(()) => None,
            Err(ExportError::Io(error)) if error.kind() == ErrorKind::BrokenPipe => Some("gone".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        let mut event = line.with("bytes", bytes);
        event.action = Some(Action::AuditExport.as_str());
        event.outcome = Some(failure.map_or(audit::Outcome::Done, audit::Outcome::Failed));
        app.audit.finish_now(event);
        let _ = give.blocking_send(Piece::End(made.map(|()| None).map_err(|error| unmade(&error))));
        drop(held);
    });
    Ok(outcome)
}

fn unmade(error: &ExportError) -> Error {
    match error {
        ExportError::Broken { seq, why } => {
            tracing::error!(seq, %why, "the audit log is not what was written");
            Error::new(Kind::Unavailable, "error-audit-broken").with("line", seq)
        }
        ExportError::Unsigned => Error::new(Kind::Unavailable, "error-audit-unsigned"),
        other => Error::internal(other),
    }
}
