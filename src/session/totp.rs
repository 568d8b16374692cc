//! `totp ...` at a terminal: it shows what goes into the app and asks for codes.

use super::ask::{Read, ask};
use super::talk::Talk;
use super::wire::Gone;
use crate::app::Outcome;
use crate::app::command::{Command, TotpCommand};
use crate::app::error::{Cause, Error, Kind};
use crate::app::reply::{Reply, TotpReply};
use crate::app::secret::Secret;
use crate::shell::line::Editor;
use crate::shell::notice;
use crate::shell::words::{self, TotpVerb};
use std::sync::Arc;

/// Codes that may be typed before the secret that was shown is forgotten.
const TRIES: u32 = 3;

/// The whole talk; its exit status.
pub(super) async fn run(
    talk: &mut Talk,
    verb: TotpVerb,
    line: &str,
    json: bool,
    mut editor: Option<&mut Editor>,
) -> Result<u32, Gone> {
    if !talk.io.is_terminal() {
        return talk.fail(&Error::new(Kind::Usage, "error-totp-terminal"), json).await;
    }
    let app = Arc::clone(&talk.app);
    let mut secret = Secret::new("");
    let asks = match verb {
        TotpVerb::Add => match app.run(&talk.visitor, Command::Totp(TotpCommand::Offer), line).await {
            Ok(Outcome::Reply(offered)) => {
                if let Reply::Totp(TotpReply::Offered(view)) = &*offered {
                    secret = Secret::new(&*view.secret);
                }
                // What is shown to be answered is no answer: it is text, whatever the answer will be.
                talk.answer(&offered, false).await?;
                true
            }
            Ok(_) => false,
            Err(error) => return talk.fail(&error, json).await,
        },
        // Who has none is told so and not asked.
        TotpVerb::Remove | TotpVerb::Codes => app.has_second_factor(&talk.visitor).await.unwrap_or(true),
    };
    let mut tries = if matches!(verb, TotpVerb::Add) { TRIES } else { 1 };
    loop {
        let mut code = Secret::new("");
        if asks {
            let prompt = notice::code_prompt(talk.lang);
            match ask(talk, editor.as_deref_mut(), |editor| editor.start_answer(&prompt)).await? {
                Read::Line(line) => code = Secret::new(line),
                // It is no code, and no try: they are asked again.
                Read::Foreign => {
                    talk.fail(&words::not_utf8(), json).await?;
                    continue;
                }
                _ => {
                    talk.io.out(&notice::left_alone(talk.lang)).await?;
                    return Ok(1);
                }
            }
        }
        tries -= 1;
        let command = match verb {
            TotpVerb::Add => TotpCommand::Add { secret: secret.clone(), code },
            TotpVerb::Remove => TotpCommand::Remove(code),
            TotpVerb::Codes => TotpCommand::Codes(code),
        };
        match app.run(&talk.visitor, Command::Totp(command), line).await {
            Ok(Outcome::Reply(reply)) => return talk.answer(&reply, json).await,
            Ok(_) => return Ok(0),
            Err(error) => {
                let status = talk.fail(&error, json).await?;
                if error.cause != Some(Cause::WrongCode) || tries == 0 {
                    return Ok(status);
                }
            }
        }
    }
}
