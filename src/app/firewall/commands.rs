//! `firewall show|plan|apply|check`, for who may see and mend the rules.

use super::{desired, refused};
use crate::app::command::FirewallCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{FirewallDone, FirewallReply, FirewallView, FirewallWork, Reply};
use puerta_firewall::{Done, View, Why};
use puerta_lab::action::Action;
use puerta_policy::decide::Lab;

pub(in crate::app) async fn run(ctx: &Ctx<'_>, command: FirewallCommand) -> Result<Reply> {
    let action = match command {
        FirewallCommand::Apply => Action::FirewallApply,
        _ => Action::FirewallView,
    };
    let _lab = ctx.permit(action, Lab, None, Error::denied()).await?;
    match command {
        FirewallCommand::Show => Ok(Reply::Firewall(FirewallReply::Shown(view(look(ctx).await?)))),
        FirewallCommand::Plan => {
            let view = view(look(ctx).await?);
            Ok(Reply::Firewall(FirewallReply::Plan(FirewallView { listing: Vec::new(), ..view })))
        }
        FirewallCommand::Check => {
            let view = view(look(ctx).await?);
            if view.would.done != FirewallWork::Nothing {
                return Err(Error::new(Kind::Conflict, "error-firewall-differs"));
            }
            Ok(Reply::Firewall(FirewallReply::Checked { foreign: view.foreign }))
        }
        FirewallCommand::Apply => {
            let report = ctx.app.reconcile().await.map_err(|error| refused(&error))?;
            Ok(Reply::Firewall(FirewallReply::Applied { done: done(report.done), foreign: report.foreign }))
        }
    }
}

async fn look(ctx: &Ctx<'_>) -> Result<View> {
    // While somebody changes the rules, the registry and the kernel differ without meaning it.
    let _turn = ctx.app.wall.turn().await;
    let desired = desired(&ctx.app.store, &ctx.app.config, &ctx.app.policy()).await?;
    ctx.app.firewall.look(&desired).await.map_err(|error| refused(&error))
}

fn view(view: View) -> FirewallView {
    FirewallView {
        would: done(view.would),
        plan: view.plan,
        listing: view.listing.lines().map(str::to_owned).collect(),
        foreign: view.foreign,
    }
}

fn done(done: Done) -> FirewallDone {
    let word = |done| FirewallDone { done, added: 0, removed: 0 };
    match done {
        Done::Nothing => word(FirewallWork::Nothing),
        Done::Members { added, removed } => FirewallDone { done: FirewallWork::Members, added, removed },
        Done::Whole { why: Why::Absent } => word(FirewallWork::Absent),
        Done::Whole { why: Why::Changed } => word(FirewallWork::Changed),
        Done::Whole { why: Why::Drift } => word(FirewallWork::Drift),
    }
}
