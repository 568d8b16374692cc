//! Which language a person reads. It comes from what their SSH client sends (`LANG`, `LC_*`); it
//! knows no sentence.

/// A language that every sentence exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Spanish.
    Es,
    /// English.
    En,
}

impl Lang {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::Es, Self::En];

    /// The tag of the language: `es`, `en`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::En => "en",
        }
    }

    /// The language of one locale name (`es_ES.UTF-8`, `en`, `C`); `None` when it says neither.
    pub fn from_locale(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "es" | "spanish" => Some(Self::Es),
            "en" | "english" => Some(Self::En),
            _ => None,
        }
    }

    /// The language that the variables ask for. The first one that is set and not empty decides
    /// (POSIX, "Environment Variables" 8.2: `LC_ALL`, then the category, then `LANG`); one that says
    /// `C` or a language we have not leaves the lab's `default`.
    pub fn from_env(
        lc_all: Option<&str>,
        lc_messages: Option<&str>,
        lang: Option<&str>,
        default: Self,
    ) -> Self {
        [lc_all, lc_messages, lang]
            .into_iter()
            .flatten()
            .find(|value| !value.is_empty())
            .and_then(Self::from_locale)
            .unwrap_or(default)
    }
}

impl std::str::FromStr for Lang {
    type Err = ();
    /// For configuration: `es` or `en`.
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|lang| lang.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::Lang::{self, En, Es};

    #[test]
    fn posix_precedence_and_the_labs_default() {
        let es = Some("es_ES.UTF-8");
        let en = Some("en_US.UTF-8");
        assert_eq!(Lang::from_env(es, en, en, En), Es);
        assert_eq!(Lang::from_env(None, en, es, Es), En);
        assert_eq!(Lang::from_env(Some(""), None, en, Es), En);
        assert_eq!(Lang::from_env(None, None, None, Es), Es);
        assert_eq!(Lang::from_env(Some("C"), None, en, Es), Es);
        assert_eq!(Lang::from_env(None, None, Some("POSIX"), En), En);
        assert_eq!(Lang::from_env(None, None, Some("de_DE"), Es), Es);
        assert_eq!(Lang::from_env(None, None, Some("est_EE"), En), En);
    }
}
