//! Watching a job: its steps while somebody looks, its answer at the end. Ctrl-C, a closed window
//! or a lost network end the watching, never the job.

use super::talk::{Heard, Talk};
use super::wire::{Gone, Input};
use crate::app::jobs::JobNow;
use crate::app::reply::{ProgressView, Step};
use crate::shell::line::{Editor, Event};
use crate::shell::{notice, render};
use std::time::{Duration, Instant};
use tokio::sync::watch::Receiver;

/// A line is not rewritten more often than eyes and slow networks follow.
const REDRAW: Duration = Duration::from_millis(100);
/// What Ctrl-C sends on a terminal.
const CTRL_C: u8 = 3;

pub(super) async fn watch(
    talk: &mut Talk,
    (job, mut now): (String, Receiver<JobNow>),
    json: bool,
    mut editor: Option<&mut Editor>,
) -> Result<u32, Gone> {
    let mut shown: Option<ProgressView> = None;
    let mut drawn = Instant::now();
    loop {
        let JobNow { progress, end } = now.borrow_and_update().clone();
        if let Some(end) = end {
            clear(talk, shown.is_some()).await?;
            return match end {
                Ok(reply) => talk.answer(&reply, json).await,
                Err(error) => talk.fail(&error, json).await,
            };
        }
        let same_step = shown.as_ref().is_some_and(|shown| shown.step == progress.step);
        if !json && progress.step != Step::Queue && !(same_step && drawn.elapsed() < REDRAW) {
            drawn = Instant::now();
            show(talk, &job, &progress, shown.as_ref()).await?;
            shown = Some(progress);
        }
        tokio::select! {
            changed = now.changed() => {
                // Without a sender the job ended in this very moment, and its end is in the value.
                if changed.is_err() && now.borrow().end.is_none() {
                    return Err(Gone);
                }
            }
            heard = talk.disturbance(json) => match heard {
                Heard::Notice(notice) => {
                    clear(talk, shown.take().is_some()).await?;
                    let text = notice::heard(talk.lang, &notice);
                    talk.io.out(&text).await?;
                }
                Heard::Ending(_) => {
                    clear(talk, shown.is_some()).await?;
                    return Ok(1);
                }
                Heard::Input(Input::Closed) => return Err(Gone),
                Heard::Input(input) if interrupts(talk, editor.as_deref_mut(), &input) => {
                    return detach(talk, &job, shown.is_some()).await;
                }
                Heard::Input(_) => {}
            },
        }
    }
}

/// Is it, or is there, a Ctrl-C? The rest of what was typed is typed ahead for the next prompt.
pub(super) fn interrupts(talk: &Talk, editor: Option<&mut Editor>, input: &Input) -> bool {
    match (input, editor) {
        (Input::Interrupt, _) => true,
        (Input::Bytes(bytes), Some(editor)) => {
            editor.feed(bytes, &|_| Vec::new()).contains(&Event::Interrupt)
        }
        (Input::Bytes(bytes), None) => talk.io.is_terminal() && bytes.contains(&CTRL_C),
        _ => false,
    }
}

async fn detach(talk: &mut Talk, job: &str, shown: bool) -> Result<u32, Gone> {
    clear(talk, shown).await?;
    let text = notice::job_detached(talk.lang, job);
    talk.io.err(&text).await?;
    Ok(0)
}

/// On a terminal one line that is rewritten; elsewhere a line a step on standard error, and no
/// escape codes.
async fn show(
    talk: &mut Talk,
    job: &str,
    now: &ProgressView,
    before: Option<&ProgressView>,
) -> Result<(), Gone> {
    let text = render::progress(job, now, talk.lang);
    let text = text.trim_end();
    match talk.io.width() {
        Some(width) => {
            let fits = render::cut(text, usize::from(width).saturating_sub(1));
            talk.io.out(&format!("\r\x1b[K{fits}")).await
        }
        None if before.is_none_or(|before| before.step != now.step) => {
            talk.io.err(&format!("{text}\n")).await
        }
        None => Ok(()),
    }
}

async fn clear(talk: &mut Talk, shown: bool) -> Result<(), Gone> {
    if shown && talk.io.is_terminal() { talk.io.out("\r\x1b[K").await } else { Ok(()) }
}
