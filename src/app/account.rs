//! One's own account: `key ...`, `passwd`, `whoami`, `lang`.

use crate::app::command::KeyCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::presence::Connection;
use crate::app::reply::{
    AccountReply, FactorView, KeyReply, KeySessions, KeyView, LangView, Reply, WhoamiView, Why,
};
use crate::app::secret::Secret;
use crate::app::{App, clock};
use puerta_keys::authorized::{AuthorizedKeyLine, KeyError};
use puerta_keys::password::{self, Weak};
use puerta_lab::action::Action;
use puerta_lab::lang::Lang;
use puerta_lab::model::{AuthorizedKey, PersonId};
use puerta_policy::decide::{Lab, Own};
use puerta_store::{NewKey, StoreError};
use std::sync::Arc;

pub(super) async fn keys(ctx: &Ctx<'_>, command: KeyCommand) -> Result<Reply> {
    let store = &ctx.app.store;
    let person = ctx.visitor.person;
    match command {
        KeyCommand::List => {
            let _own = ctx.permit(Action::KeyList, Own(person), None, Error::denied()).await?;
            let keys = store.keys(person).await?;
            Ok(Reply::Key(KeyReply::List(keys.iter().enumerate().map(|(i, key)| view(i, key)).collect())))
        }
        KeyCommand::Add { line } => {
            let key = parse(&line)?;
            let _own = ctx.permit(Action::KeyAdd, Own(person), None, Error::denied()).await?;
            let fingerprint = key.fingerprint.clone();
            let added = match store.add_key(person, key, clock::now()).await {
                Err(StoreError::Taken(_)) => {
                    return Err(
                        Error::new(Kind::Conflict, "error-key-twice").with("fingerprint", fingerprint)
                    );
                }
                added => added?,
            };
            // Where it was removed before, nobody stays without it from now on.
            by_key(ctx, &added.value().fingerprint).iter().for_each(|one| one.stay_without_key(false));
            let added = ctx.app.after(added).await;
            let number = store.keys(person).await?.iter().position(|key| key.id == added.id);
            Ok(Reply::Key(KeyReply::Added(view(number.unwrap_or_default(), &added))))
        }
        KeyCommand::Remove { key } => {
            let keys = store.keys(person).await?;
            let number = key.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let found = match number {
                Some(index) => keys.get(index).map(|key| (index, key)),
                None => keys.iter().enumerate().find(|(_, known)| known.fingerprint == key),
            };
            let Some((index, found)) = found else {
                return Err(Error::new(Kind::NotFound, "error-no-key").with("key", key));
            };
            if keys.len() == 1 && store.credentials(person).await?.password.is_none() {
                return Err(Error::new(Kind::Conflict, "error-last-key"));
            }
            let _own = ctx.permit(Action::KeyRemove, Own(person), None, Error::denied()).await?;
            let opened = by_key(ctx, &found.fingerprint);
            let this = |one: &Connection| one.visitor.connection == ctx.visitor.connection;
            // Before it goes, so that nobody is judged in between.
            opened.iter().for_each(|one| one.stay_without_key(this(one)));
            let removed = store.remove_key(person, found.id).await;
            if removed.is_err() {
                opened.iter().for_each(|one| one.stay_without_key(false));
            }
            ctx.app.after(removed?).await;
            let stay = opened.iter().filter(|one| this(one)).count();
            let sessions = KeySessions { closed: (opened.len() - stay) as u32, this_stays: stay > 0 };
            Ok(Reply::Key(KeyReply::Removed { key: view(index, found), sessions }))
        }
    }
}

/// The person's connections that came in by a key. They end when it goes, but for the one where that is asked for:
/// they are at work in it.
fn by_key(ctx: &Ctx<'_>, fingerprint: &str) -> Vec<Arc<Connection>> {
    let all = ctx.app.presence.all().into_iter();
    all.filter(|one| one.visitor.person == ctx.visitor.person && one.came_by(fingerprint)).collect()
}

fn view(index: usize, key: &AuthorizedKey) -> KeyView {
    KeyView {
        number: index as u32 + 1,
        algorithm: key.algorithm.clone(),
        fingerprint: key.fingerprint.clone(),
        comment: key.comment.clone(),
        added: clock::rfc3339(key.added),
    }
}

/// One `authorized_keys` line, or what is wrong with it.
pub(super) fn parse(line: &str) -> Result<NewKey> {
    let key = AuthorizedKeyLine::parse(line).map_err(|error| {
        let usage = |id| Error::new(Kind::Usage, id);
        match error {
            KeyError::Empty => usage("error-key-empty"),
            KeyError::TooLong => usage("error-key-long"),
            KeyError::Private => usage("error-key-private"),
            KeyError::Options => usage("error-key-options"),
            KeyError::Several => usage("error-key-several"),
            KeyError::Certificate => usage("error-key-certificate"),
            KeyError::Unsupported(algorithm) => usage("error-key-type").with("algorithm", algorithm),
            KeyError::Weak { .. } | KeyError::TooBig { .. } | KeyError::Unsafe => usage("error-key-weak"),
            _ => usage("error-key-unreadable"),
        }
    })?;
    Ok(NewKey {
        algorithm: key.algorithm,
        fingerprint: key.fingerprint,
        comment: key.comment,
        line: key.line,
    })
}

pub(super) async fn passwd(ctx: &Ctx<'_>, new: &Secret) -> Result<Reply> {
    let person = ctx.visitor.person;
    password::check_quality(new.expose(), ctx.visitor.login.as_str()).map_err(|weak| match weak {
        Weak::Short => Error::new(Kind::Usage, "error-password-short").with("min", password::MIN_CHARS),
        Weak::Long => Error::new(Kind::Usage, "error-password-long").with("max", password::MAX_BYTES),
        Weak::ContainsLogin => Error::new(Kind::Usage, "error-password-login"),
        Weak::ControlCharacters => Error::new(Kind::Usage, "error-password-characters"),
    })?;
    let _own = ctx.permit(Action::Passwd, Own(person), None, Error::denied()).await?;
    let hash = ctx.app.logins.hash(new).await?;
    ctx.app.store.set_password(person, &hash).await?;
    Ok(Reply::Account(AccountReply::PasswordSet))
}

impl App {
    /// The language that somebody is spoken to in, whose client says `sent`. Without a registry it is what can be known.
    pub async fn lang(&self, person: PersonId, sent: Option<Lang>) -> LangView {
        self.tongue(self.store.lang(person).await.ok().flatten(), sent)
    }

    fn tongue(&self, set: Option<Lang>, sent: Option<Lang>) -> LangView {
        let lab = self.config.language;
        let (lang, why) = match (set, sent) {
            (Some(set), _) => (set, Why::Set),
            (None, Some(sent)) => (sent, Why::Sent),
            (None, None) => (lab, Why::Lab),
        };
        LangView { lang, why, sent, lab }
    }
}

/// Who one is says also which language one reads: the same is needed for it, and it is open when that is.
pub(super) async fn lang(ctx: &Ctx<'_>, set: Option<Lang>, sent: Option<Lang>) -> Result<Reply> {
    let _permit = ctx.permit(Action::Whoami, Lab, None, Error::denied()).await?;
    let (app, person) = (ctx.app, ctx.visitor.person);
    let view = match set {
        Some(lang) => {
            app.store.set_lang(person, lang).await?;
            app.tongue(set, sent)
        }
        None => app.tongue(app.store.lang(person).await?, sent),
    };
    Ok(Reply::Account(AccountReply::Lang(view)))
}

pub(super) async fn whoami(ctx: &Ctx<'_>) -> Result<Reply> {
    let _permit = ctx.permit(Action::Whoami, Lab, None, Error::denied()).await?;
    let store = &ctx.app.store;
    let visitor = ctx.visitor;
    let person = store.person(visitor.person).await?.ok_or_else(Error::denied)?;
    let seats = store.seats_of(visitor.person).await?;
    let factor = store.second_factor(visitor.person).await?.map(|factor| FactorView {
        proved: visitor.second_factor,
        added: clock::rfc3339(factor.added),
        recovery_left: factor.recovery_left,
    });
    Ok(Reply::Account(AccountReply::Whoami(Box::new(WhoamiView {
        login: person.login.to_string(),
        name: person.name,
        role: person.role.as_str(),
        seats: seats.into_iter().map(|seat| seat.name.to_string()).collect(),
        method: visitor.method,
        fingerprint: visitor.fingerprint.clone(),
        second_factor: factor,
        source: visitor.source.to_string(),
        quotas: ctx.app.quotas_for(visitor.person, person.role).await?,
        keep: ctx.app.config.backup.keep,
    }))))
}
