//! A shell at a terminal: a prompt, a line, its answer, and again.

use super::ask::{self, Read};
use super::line;
use super::talk::{Said, Talk};
use super::wire::Gone;
use crate::app::at_all::AtAll;
use crate::app::session::Facts;
use crate::shell::complete;
use crate::shell::{notice, words};

const PROMPT: &str = "puerta> ";

pub(super) async fn run(talk: &mut Talk) -> Result<u32, Gone> {
    let mut editor = ask::editor(talk);
    greet(talk).await?;
    let mut status = 0;
    loop {
        let (at_all, vms) = known(talk).await;
        let (may, lang) = (|action| at_all.allows(action), talk.lang);
        let complete = |before: &str| complete::candidates(before, &vms, &may, lang);
        let start = editor.start(PROMPT);
        let line = match ask::read(talk, &mut editor, start, &complete).await? {
            Read::Line(line) => line,
            Read::Foreign => {
                status = talk.fail(&words::not_utf8(), false).await?;
                continue;
            }
            Read::Interrupt => continue,
            Read::Eof | Read::Secret(_) => break,
            Read::Ending => return Ok(status),
        };
        match line::run(talk, &line, Some(&mut editor)).await? {
            Said::Status(now) => status = now,
            Said::Exit => break,
        }
        if talk.ending.reason().is_some() {
            return Ok(status);
        }
    }
    talk.io.out(&notice::goodbye(talk.lang)).await?;
    Ok(status)
}

async fn greet(talk: &mut Talk) -> Result<(), Gone> {
    let machines = match talk.app.facts(&talk.visitor).await {
        Ok(facts) => facts.vms.len() as u32,
        Err(_) => 0,
    };
    let quota = talk.app.machines_allowed(talk.visitor.person).await.unwrap_or_default();
    let welcome = notice::welcome(talk.lang, talk.visitor.login.as_str(), machines, quota);
    talk.io.out(&welcome).await?;
    if let Some(exam) = talk.app.exam(&talk.visitor).await {
        talk.fail(&exam, false).await?;
    }
    if let Some(mib) = talk.app.little_room(&talk.visitor).await {
        talk.io.out(&notice::little_room(talk.lang, mib)).await?;
    }
    talk.first_login().await
}

/// What completion knows; asked anew for every line, since machines come and go.
async fn known(talk: &Talk) -> (AtAll, Vec<String>) {
    let facts = talk.app.facts(&talk.visitor).await.ok();
    let vms = facts.as_ref().map_or_else(Vec::new, Facts::said);
    (talk.app.at_all(&talk.visitor, facts.map(|facts| facts.actor)), vms)
}
