//! `policy ...`: what is in force, whether other files would be taken, what it would say, and the
//! ready rules.

mod barred;
mod clock;
mod exam;
mod explain;
mod files;
mod ready;
mod reload;
mod renamed;
mod ruling;
mod zone;

pub use clock::mind;
pub use files::load;
pub use ready::whole;
pub(super) use ruling::Ruling;

use crate::app::command::PolicyCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{CheckView, PolicyReply, PolicyView, Reply};
use puerta_lab::action::Action;
use puerta_policy::decide::{Lab, Policy, Stated};

pub(super) async fn run(ctx: &Ctx<'_>, command: PolicyCommand) -> Result<Reply> {
    let action = match command {
        PolicyCommand::RuleAdd(_) | PolicyCommand::RuleRemove(_) => Action::PolicySet,
        _ => Action::PolicyView,
    };
    let _lab = ctx.permit(action, Lab, None, Error::denied()).await?;
    match command {
        PolicyCommand::Show(None) => {
            let policy = ctx.app.policy();
            let all = policy.stated().iter().map(|(id, stated)| view(id, stated));
            Ok(Reply::Policy(PolicyReply::List(all.collect())))
        }
        PolicyCommand::Show(Some(id)) => match ctx.app.policy().stated().get(&id) {
            Some(stated) => Ok(Reply::Policy(PolicyReply::One(view(&id, stated)))),
            None => Err(Error::new(Kind::NotFound, "error-no-policy").with("policy", id)),
        },
        PolicyCommand::Check(Some(text)) => check_input(ctx, text).await,
        PolicyCommand::Check(None) => check_folder(ctx).await,
        PolicyCommand::Explain(question) => explain::run(ctx, *question).await,
        PolicyCommand::RuleList => ready::list(ctx).await,
        PolicyCommand::RuleAdd(rule) => ready::add(ctx, rule).await,
        PolicyCommand::RuleRemove(id) => ready::remove(ctx, id).await,
    }
}

fn view(id: &str, stated: &Stated) -> PolicyView {
    PolicyView {
        id: id.to_owned(),
        effect: if stated.forbids { "forbid" } else { "permit" },
        file: stated.file.clone(),
        line: stated.line,
        text: stated.text.clone(),
    }
}

/// One file as somebody sent it, by itself: whether what it leaves out is elsewhere is not judged.
async fn check_input(ctx: &Ctx<'_>, text: String) -> Result<Reply> {
    let files = vec![("-".to_owned(), text)];
    let parsed = tokio::task::spawn_blocking(move || Policy::parse(&files));
    let parsed = parsed.await.map_err(|panic| Error::internal(&panic))?;
    let parsed = parsed.map_err(|errors| errors.iter().map(ToString::to_string).collect());
    Ok(Reply::Policy(PolicyReply::Checked(checked(ctx, "input", parsed))))
}

/// The configured folder as it is now, with the ready rules.
async fn check_folder(ctx: &Ctx<'_>) -> Result<Reply> {
    let dir = ctx.app.config.policy_dir.as_deref();
    let rules = ctx.app.rendered_rules().await?;
    let parsed = files::load(dir).and_then(|policy| files::with(&policy, &rules));
    let source = if dir.is_some() { "folder" } else { "built-in" };
    Ok(Reply::Policy(PolicyReply::Checked(checked(ctx, source, parsed))))
}

fn checked(
    ctx: &Ctx<'_>,
    source: &'static str,
    parsed: std::result::Result<Policy, Vec<String>>,
) -> CheckView {
    let policy = ctx.app.policy();
    let known = |id: &String| source == "input" && policy.stated().contains_key(id);
    match parsed {
        Ok(parsed) => {
            let ids = parsed.ids();
            let policies = ids.len();
            let known = ids.into_iter().filter(known).collect();
            CheckView { source, taken: true, policies, known, errors: Vec::new() }
        }
        Err(errors) => CheckView { source, taken: false, policies: 0, known: Vec::new(), errors },
    }
}
