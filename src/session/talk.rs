//! Somebody who talks with the house over a wire: who they are, what they hear and what they read. It
//! knows no verb.

use super::io::Io;
use super::wire::{Gone, Input, Stream};
use crate::app::App;
use crate::app::ctx::{Method, Visitor};
use crate::app::ending::{Ending, Reason};
use crate::app::error::Error;
use crate::app::presence::{Notice, Notices};
use crate::app::reply::{AccountReply, Reply};
use crate::shell::here::addressed;
use crate::shell::lang::Lang;
use crate::shell::notice;
use crate::shell::render::{self, Style};
use std::sync::Arc;

/// A talk.
pub(super) struct Talk {
    pub(super) app: Arc<App>,
    pub(super) visitor: Arc<Visitor>,
    /// The end of the whole connection.
    pub(super) ending: Ending,
    pub(super) io: Io,
    pub(super) lang: Lang,
    /// What the client says of it.
    pub(super) sent: Option<Lang>,
    /// What the person is told, when this is their shell.
    pub(super) notices: Option<Notices>,
}

/// What came while somebody waited.
pub(super) enum Heard {
    /// The client did something.
    Input(Input),
    /// The person is to be told something.
    Notice(Notice),
    /// The connection ends; the person is told why when the talk does.
    Ending(Reason),
}

/// What of the client is of interest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ear {
    /// All of it, one thing after another.
    All,
    /// What ends or interrupts somebody who waits for something else.
    Disturbance,
    /// That it closed; the rest waits.
    Closed,
}

/// What a line came to.
pub(super) enum Said {
    /// Done, with this exit status.
    Status(u32),
    /// The person leaves.
    Exit,
}

impl Talk {
    /// The next thing that comes. It may be dropped at any moment, and nothing is lost.
    pub(super) async fn next(&mut self, ear: Ear) -> Heard {
        self.hear(ear, true).await
    }

    /// The same for who may be in the middle of JSON: notices wait for its end.
    pub(super) async fn disturbance(&mut self, json: bool) -> Heard {
        self.hear(Ear::Disturbance, !json).await
    }

    async fn hear(&mut self, ear: Ear, notices: bool) -> Heard {
        let Self { io, ending, notices: told, .. } = self;
        let input = async {
            match ear {
                Ear::All => io.next().await,
                Ear::Disturbance => io.disturbance().await,
                Ear::Closed => io.closed().await,
            }
        };
        tokio::select! {
            input = input => Heard::Input(input),
            notice = heard(told), if notices => Heard::Notice(notice),
            reason = ending.ended() => Heard::Ending(reason),
        }
    }

    /// Tells a notice on a line of its own, in the middle of whatever is shown.
    pub(super) async fn tell(&mut self, notice: &Notice) -> Result<(), Gone> {
        let text = format!("\n{}", notice::heard(self.lang, notice));
        self.io.out(&text).await
    }

    /// Text of ours on standard output, to this person.
    pub(super) async fn out(&mut self, text: &str) -> Result<(), Gone> {
        self.io.out(&addressed(text, self.visitor.login.as_str())).await
    }

    /// Shows an answer.
    pub(super) async fn answer(&mut self, reply: &Reply, json: bool) -> Result<u32, Gone> {
        if let Reply::Account(AccountReply::Lang(view)) = reply {
            self.lang = view.lang;
        }
        let style = Style { json, width: self.io.width() };
        let text = addressed(&render::reply(reply, self.lang, style), self.visitor.login.as_str());
        match render::is_file(reply, json) {
            true => self.io.file(Stream::Out, &text).await?,
            false => self.io.out(&text).await?,
        }
        let aside = render::aside(reply, self.lang, json);
        if !aside.is_empty() {
            self.io.err(&aside).await?;
        }
        Ok(reply.exit())
    }

    /// Shows an error; the exit status is its kind's.
    pub(super) async fn fail(&mut self, error: &Error, json: bool) -> Result<u32, Gone> {
        let text = render::error(error, self.lang, json);
        let text = addressed(&text, self.visitor.login.as_str());
        match json {
            true => self.io.file(Stream::Err, &text).await?,
            false => self.io.err(&text).await?,
        }
        Ok(error.kind.exit())
    }

    /// What may no longer be says so, unless the whole connection ends: that says more.
    pub(super) async fn revoked(&mut self, json: bool) -> Result<u32, Gone> {
        match self.ending.verdict().await {
            Some(_) => Ok(1),
            None => {
                let exam = self.app.exam(&self.visitor).await;
                self.fail(&exam.unwrap_or_else(Error::denied), json).await
            }
        }
    }

    /// Why the connection ends.
    pub(super) async fn closing(&mut self, reason: Reason) -> Result<(), Gone> {
        self.io.err(&notice::closing(self.lang, reason)).await?;
        match self.app.says_more(&self.visitor, reason).await {
            Some(more) => self.fail(&more, false).await.map(drop),
            None => Ok(()),
        }
    }

    /// Who came in with a one-time code is told what to do: it will not open again.
    pub(super) async fn first_login(&mut self) -> Result<(), Gone> {
        if self.visitor.method != Method::Code {
            return Ok(());
        }
        let text = notice::first_login(self.lang, self.visitor.login.as_str());
        self.io.err(&text).await
    }
}

/// The next thing that the person is told; never, when nobody is at a terminal.
async fn heard(notices: &mut Option<Notices>) -> Notice {
    let notice = match notices {
        Some(notices) => notices.recv().await,
        None => None,
    };
    match notice {
        Some(notice) => notice,
        None => std::future::pending().await,
    }
}
