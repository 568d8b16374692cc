//! Who somebody is, one request after the other: what was offered, asked and half proved on one
//! connection, and what the protocol answers. Whether a proof is right is `app::login`'s to say.

use super::Handler;
use crate::app::ctx::Visitor;
use crate::app::ending::Reason;
use crate::app::error::{Cause, Error, Result};
use crate::app::login::{First, KeptOut, Proved, Second};
use crate::app::secret::Secret;
use crate::gateway::inbox::Word;
use crate::gateway::{MAX_TRIES, conn};
use crate::shell::notice;
use crate::shell::wrap::wrap;
use puerta_keys::authorized;
use russh::keys::{Algorithm, PublicKey};
use russh::server::Auth;
use russh::{MethodKind, MethodSet};
use std::borrow::Cow;
use std::string::FromUtf8Error;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// So much is kept of the name that somebody types, which may have a packet's length: nobody has as long a one.
const MAX_NAME: usize = 128;
/// Offered fingerprints that the audit keeps of somebody who did not come in.
const OFFERS_KEPT: usize = 10;
/// How long somebody who is kept out has to open something on which it can be said.
const TELLING: Duration = Duration::from_secs(10);
/// Nobody has said yet how wide their window is.
const USUAL: u16 = 80;
/// The questions, in both languages: before the login nobody has said which one they speak, nor which letters
/// their window shows.
const PASSWORD: &str = "Contrasena o codigo / Password or code: ";
const CODE: &str = "Codigo de verificacion / Verification code: ";

/// A first factor that was right, of somebody who has a second one.
pub(super) struct Half {
    /// The name it was proved in.
    login: String,
    first: First,
    /// The last code was wrong: the next question says so.
    missed: bool,
}

impl Handler {
    /// Somebody is in.
    fn come_in(&mut self, visitor: Visitor) -> Auth {
        let (visitor, ending) = (Arc::new(visitor), self.conn.ending.clone());
        let end = move |why| ending.end(why);
        self.present = self.gateway.app.presence.connection(&visitor, end);
        if self.present.is_none() {
            // They are in, so that they can be told; and out again.
            self.conn.ending.end(Reason::TooManyConnections);
        }
        // Set once: a second success on one connection is impossible (RFC 4252 5.1).
        if self.conn.visitor.set(visitor).is_ok() { Auth::Accept } else { reject() }
    }

    /// Somebody proved who they are and may not come in. They are in, so that they can be told; and out again.
    fn keep_out(&mut self, kept: KeptOut) -> Auth {
        let ending = self.conn.ending.clone();
        tokio::spawn(async move {
            // A client that opens nothing is told by the end of its connection.
            tokio::time::sleep(TELLING).await;
            ending.end(Reason::KeptOut);
        });
        if self.conn.kept_out.set(Arc::new(kept)).is_ok() { Auth::Accept } else { reject() }
    }

    /// A first factor was judged.
    fn settle(&mut self, user: &str, proved: Result<Proved>) -> Auth {
        match proved {
            Ok(Proved::In(visitor)) => self.come_in(visitor),
            Ok(Proved::KeptOut(kept)) => self.keep_out(kept),
            Ok(Proved::Half(first)) => {
                self.half = Some(Half { login: user.to_owned(), first, missed: false });
                second_wanted(true)
            }
            Ok(Proved::No) => reject(),
            Err(error) => {
                self.undecided(&error);
                reject()
            }
        }
    }

    /// Who they are cannot be found out, or not be written down: they are told that, and not that they are nobody.
    fn undecided(&self, error: &Error) {
        let what = format_args!("{error} {} {}", self.conn.id, self.conn.peer);
        self.gateway.refusals.refused("a login could not be decided", what);
        match error.cause {
            Some(Cause::AuditAway) => self.conn.ending.end(Reason::Unwritten),
            Some(Cause::RegistryAway) => self.conn.ending.end(Reason::RegistryAway),
            _ => {}
        }
    }

    /// One more try; `false` when there are none left.
    fn try_again(&mut self) -> bool {
        self.tries += 1;
        if self.tries > MAX_TRIES {
            self.conn.ending.end(Reason::TooManyTries);
        }
        self.tries <= MAX_TRIES
    }

    pub(super) async fn password(&mut self, user: &str, password: &str) -> Auth {
        if !self.try_again() {
            return reject();
        }
        user.clone_into(&mut self.login);
        let who = conn::stranger(&self.conn);
        let proved = self.gateway.app.login_password(&who, user, &Secret::new(password)).await;
        self.missed = matches!(proved, Ok(Proved::No));
        self.settle(user, proved)
    }

    async fn second(&mut self, code: &str) -> Auth {
        if !self.try_again() {
            return second_wanted(false);
        }
        let Some(half) = &mut self.half else { return reject() };
        let who = conn::stranger(&self.conn);
        match self.gateway.app.login_second(&who, &half.first, &Secret::new(code)).await {
            Ok(Second::In(visitor)) => self.come_in(visitor),
            Ok(Second::KeptOut(kept)) => self.keep_out(kept),
            Ok(Second::No) => {
                half.missed = true;
                second_wanted(false)
            }
            Ok(Second::Closed) => {
                self.conn.ending.end(Reason::TooManyCodes);
                second_wanted(false)
            }
            Err(error) => {
                self.undecided(&error);
                second_wanted(false)
            }
        }
    }

    /// Another name or another method: what was proved and what was asked are nothing to it.
    pub(super) fn start_over(&mut self) {
        self.asked = None;
        if let Some(half) = self.half.take() {
            self.given_up(half.first, "started over");
        }
    }

    fn given_up(&self, first: First, why: &'static str) {
        let (gateway, conn) = (Arc::clone(&self.gateway), Arc::clone(&self.conn));
        tokio::spawn(async move {
            gateway.app.second_given_up(&conn::stranger(&conn), &first, why).await;
        });
    }

    /// A key without a signature: only whether it is worth one.
    pub(super) async fn offer(&mut self, user: &str, key: &PublicKey, algorithm: &Algorithm) -> Auth {
        self.start_over();
        let fingerprint = authorized::fingerprint(key);
        match self.gateway.app.knows_key(user, &fingerprint).await {
            Ok(true) if usable(key, algorithm) => return Auth::Accept,
            Ok(_) => {}
            Err(error) => self.undecided(&error),
        }
        self.refused(user, fingerprint);
        reject()
    }

    /// What should have been a key is none.
    pub(super) fn no_key(&mut self, user: &str) {
        self.start_over();
        self.refused(user, "unreadable".to_owned());
    }

    fn refused(&mut self, user: &str, offered: String) {
        user.clone_into(&mut self.login);
        if self.offered.len() < OFFERS_KEPT && !self.offered.contains(&offered) {
            self.offered.push(offered);
        }
    }

    /// A key whose signature was verified.
    pub(super) async fn signed(&mut self, user: &str, key: &PublicKey, algorithm: &Algorithm) -> Auth {
        self.start_over();
        if !usable(key, algorithm) {
            return reject();
        }
        let who = conn::stranger(&self.conn);
        let proved = self.gateway.app.login_key(&who, user, &authorized::fingerprint(key)).await;
        // russh does not count what was right: half a login can be had as often as one likes.
        if matches!(proved, Ok(Proved::Half(_))) && !self.try_again() {
            return reject();
        }
        self.settle(user, proved)
    }

    /// The question of keyboard-interactive: for the second factor when there is a half in this
    /// name, for the first when not.
    pub(super) fn ask(&mut self, user: &str) -> Auth {
        if self.half.as_ref().is_some_and(|half| half.login != user) {
            self.start_over();
        }
        self.asked = Some(user.to_owned());
        // A code works once: who sees it typed has nothing of it. PuTTY answers whatever is not
        // shown with the password of its command line.
        let foreign = std::mem::take(&mut self.foreign).then(notice::not_utf8);
        match &self.half {
            Some(half) if self.gateway.app.second_closed(&half.first) => told(Reason::TooManyCodes),
            Some(half) => question(CODE, true, foreign.or_else(|| half.missed.then(notice::wrong_code))),
            None => question(PASSWORD, false, foreign.or_else(|| self.missed.then(notice::wrong_password))),
        }
    }

    /// What could not be decided is said where there is a place for words: a client that asks once gives up before
    /// it hears why the connection ends.
    fn said(&self, judged: Auth) -> Auth {
        match self.conn.ending.reason() {
            Some(why @ (Reason::RegistryAway | Reason::Unwritten)) => told(why),
            _ => judged,
        }
    }

    /// Its answer, which counts for the name that was asked, once.
    pub(super) async fn answered(
        &mut self,
        user: &str,
        answer: std::result::Result<Option<String>, FromUtf8Error>,
    ) -> Auth {
        let asked = self.asked.take().as_deref() == Some(user);
        let Ok(answer) = answer else { return self.unreadable() };
        match (answer, &self.half) {
            (code, Some(_)) if asked => {
                let judged = self.second(&code.unwrap_or_default()).await;
                self.said(judged)
            }
            (Some(password), None) if asked => {
                let judged = self.password(user, &password).await;
                self.said(judged)
            }
            (_, Some(_)) => second_wanted(false),
            (_, None) => reject(),
        }
    }
}

impl Handler {
    /// The answer is no password and no code of anybody's. It is a try as any other.
    pub(super) fn unreadable(&mut self) -> Auth {
        self.foreign = true;
        self.try_again();
        if self.half.is_some() { second_wanted(false) } else { reject() }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // Nothing more comes on any channel.
        for inbox in self.inboxes.values().filter_map(Weak::upgrade) {
            // The end is always heard.
            let _ = inbox.say(Word::Close);
        }
        if self.conn.is_known() {
            return;
        }
        if let Some(half) = self.half.take() {
            return self.given_up(half.first, self.conn.ending.reason().map_or("given up", Reason::as_str));
        }
        if self.offered.is_empty() && self.tries == 0 {
            return;
        }
        let (gateway, conn) = (Arc::clone(&self.gateway), Arc::clone(&self.conn));
        let (login, offered) = (std::mem::take(&mut self.login), std::mem::take(&mut self.offered));
        tokio::spawn(async move {
            let why = conn.ending.reason().map_or("given up", Reason::as_str);
            gateway.app.login_given_up(&conn::stranger(&conn), &login, &offered, why).await;
        });
    }
}

/// What is heard of a name. One that is longer is nobody's, and so is its beginning.
pub(super) fn named(user: &str) -> &str {
    &user[..user.floor_char_boundary(MAX_NAME)]
}

/// No, and every method stays open: one wrong answer is not a reason to lock the door.
pub(super) fn reject() -> Auth {
    let methods = [MethodKind::PublicKey, MethodKind::KeyboardInteractive, MethodKind::Password];
    Auth::Reject { proceed_with_methods: Some(MethodSet::from(&methods[..])), partial_success: false }
}

/// Right so far, or a wrong code after that: only the second factor is heard now.
fn second_wanted(partial_success: bool) -> Auth {
    let methods = MethodSet::from(&[MethodKind::KeyboardInteractive][..]);
    Auth::Reject { proceed_with_methods: Some(methods), partial_success }
}

/// One question, and what is said before it.
fn question(prompt: &'static str, echo: bool, said: Option<String>) -> Auth {
    Auth::Partial {
        name: Cow::Borrowed(""),
        instructions: Cow::Owned(wrap(&said.unwrap_or_default(), USUAL)),
        prompts: Cow::Owned(vec![(Cow::Borrowed(prompt), echo)]),
    }
}

/// No question, but why there is none (RFC 4256 3.2 lets a client show it and answer nothing).
fn told(why: Reason) -> Auth {
    Auth::Partial {
        name: Cow::Borrowed(""),
        instructions: Cow::Owned(wrap(&notice::farewell(why), USUAL)),
        prompts: Cow::Borrowed(&[]),
    }
}

/// SHA-1 signatures and weak keys are no keys.
fn usable(key: &PublicKey, algorithm: &Algorithm) -> bool {
    !matches!(algorithm, Algorithm::Rsa { hash: None } | Algorithm::Dsa)
        && authorized::acceptable(key).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use puerta_lab::names::CampusName;

    #[test]
    fn of_a_name_that_is_nobodys_only_the_beginning_is_heard() {
        assert_eq!(named("alumno1"), "alumno1");
        let long = "a".repeat(250_000);
        assert_eq!(named(&long).len(), MAX_NAME);
        assert!(named(&long).parse::<CampusName>().is_err(), "it is no other's name");
        assert_eq!(named(&"ñ".repeat(100)).len(), MAX_NAME);
        assert_eq!(named(&format!("a{}", "ñ".repeat(100))).len(), MAX_NAME - 1, "no half letters");
    }
}
