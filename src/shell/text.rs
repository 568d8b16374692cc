//! Every sentence of the shell, by id, in both languages (Fluent, `locales/{es,en}/*.ftl`). They are
//! compiled in. It knows no command and no reply.

use crate::shell::here;
use crate::shell::lang::Lang;
use crate::shell::printable::printable;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use puerta_lab::quota::Quota;
use std::sync::LazyLock;

macro_rules! locale {
    ($lang:literal) => {
        [
            include_str!(concat!("locales/", $lang, "/errors.ftl")),
            include_str!(concat!("locales/", $lang, "/help.ftl")),
            include_str!(concat!("locales/", $lang, "/notices.ftl")),
            include_str!(concat!("locales/", $lang, "/replies.ftl")),
            include_str!(concat!("locales/", $lang, "/vm.ftl")),
            include_str!(concat!("locales/", $lang, "/course.ftl")),
            include_str!(concat!("locales/", $lang, "/roster.ftl")),
            include_str!(concat!("locales/", $lang, "/template.ftl")),
            include_str!(concat!("locales/", $lang, "/session.ftl")),
            include_str!(concat!("locales/", $lang, "/audit.ftl")),
            include_str!(concat!("locales/", $lang, "/node.ftl")),
            include_str!(concat!("locales/", $lang, "/policy.ftl")),
            include_str!(concat!("locales/", $lang, "/practice.ftl")),
            include_str!(concat!("locales/", $lang, "/factor.ftl")),
        ]
    };
}

static ES: [&str; 14] = locale!("es");
static EN: [&str; 14] = locale!("en");
static TEXTS: LazyLock<Texts> = LazyLock::new(Texts::compiled_in);

/// Both languages' sentences.
pub struct Texts {
    es: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
}

/// The sentences of the house.
pub fn texts() -> &'static Texts {
    &TEXTS
}

/// The sentence `id` of the house; short for [`Texts::text`].
pub fn text(lang: Lang, id: &str, args: &[(&str, &str)]) -> String {
    TEXTS.text(lang, id, args)
}

/// The Fluent sources of a language, for the tests that compare them.
pub fn sources(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::Es => &ES,
        Lang::En => &EN,
    }
}

/// What a quota is called, as one types it.
pub fn of_quota(quota: Quota, lang: Lang) -> String {
    text(lang, &format!("quota-{}", quota.as_str()), &[])
}

impl Texts {
    /// What does not parse is left out here and fails a test (below); the other sentences
    /// go on working.
    fn compiled_in() -> Self {
        let bundle = |lang: Lang| {
            let id = lang.as_str().parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![id]);
            // Isolating marks are for mixed directions; terminals show them as rubbish.
            bundle.set_use_isolating(false);
            for source in sources(lang) {
                let resource = match FluentResource::try_new((*source).to_owned()) {
                    Ok(resource) | Err((resource, _)) => resource,
                };
                _ = bundle.add_resource(resource);
            }
            bundle
        };
        Self { es: bundle(Lang::Es), en: bundle(Lang::En) }
    }

    fn bundle(&self, lang: Lang) -> &FluentBundle<FluentResource> {
        match lang {
            Lang::Es => &self.es,
            Lang::En => &self.en,
        }
    }

    /// Whether there is such a sentence.
    pub fn has(&self, lang: Lang, id: &str) -> bool {
        self.bundle(lang).has_message(id)
    }

    /// The sentence, with its arguments made [`printable`]; a missing id gives the id itself.
    pub fn text(&self, lang: Lang, id: &str, args: &[(&str, &str)]) -> String {
        self.checked(lang, id, args).0
    }

    /// The same, and what is wrong with it: a missing id, a missing argument (for the tests).
    pub fn checked(&self, lang: Lang, id: &str, args: &[(&str, &str)]) -> (String, Vec<String>) {
        let bundle = self.bundle(lang);
        let message = bundle.get_message(id);
        let Some(pattern) = message.and_then(|message| message.value()) else {
            return (id.to_owned(), vec![format!("no sentence {id}")]);
        };
        let mut fluent = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            fluent.set(*name, argument(value));
        }
        for (name, value) in here::named(lang) {
            fluent.set(name, FluentValue::from(value));
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&fluent), &mut errors);
        let wrong = errors.iter().map(|error| format!("{id}: {error}"));
        (text.into_owned(), wrong.collect())
    }
}

/// A whole number is passed as one, so that plurals can choose; anything else is text.
fn argument(value: &str) -> FluentValue<'static> {
    match value.parse::<i32>() {
        Ok(number) if number.to_string() == value => FluentValue::from(number),
        _ => FluentValue::from(printable(value).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Among others, a line of a text that begins with `[` or `.` ends it: write `{"["}`.
    #[test]
    fn every_sentence_is_well_written() {
        for lang in Lang::ALL {
            for source in sources(lang) {
                if let Err((_, errors)) = FluentResource::try_new((*source).to_owned()) {
                    let at = errors.iter().filter_map(|error| source.get(error.pos.start..));
                    let at: Vec<&str> = at.filter_map(|rest| rest.lines().next()).collect();
                    panic!("{lang:?}: {errors:?} at {at:?}");
                }
            }
        }
    }
}
