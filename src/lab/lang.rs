//! Which language a person reads: what they set, or what their SSH client sends (`LANG`, `LC_*`), or the lab's. It knows
//! no sentence.

use serde::Serialize;

/// A language that every sentence exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
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
        match language.to_lowercase().as_str() {
            "es" | "spanish" | "español" | "castellano" => Some(Self::Es),
            "en" | "english" | "inglés" => Some(Self::En),
            _ => None,
        }
    }

    /// The language that the variables ask for. The first one that is set and not empty decides
    /// (POSIX, "Environment Variables" 8.2: `LC_ALL`, then the category, then `LANG`); one that says
    /// `C` or a language we have not asks for none.
    pub fn from_env(lc_all: Option<&str>, lc_messages: Option<&str>, lang: Option<&str>) -> Option<Self> {
        let mut set = [lc_all, lc_messages, lang].into_iter().flatten().filter(|value| !value.is_empty());
        set.next().and_then(Self::from_locale)
    }
}

impl std::str::FromStr for Lang {
    type Err = ();
    /// For configuration and the registry: `es` or `en`.
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|lang| lang.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::Lang::{self, En, Es};

    #[test]
    fn posix_precedence() {
        let es = Some("es_ES.UTF-8");
        let en = Some("en_US.UTF-8");
        assert_eq!(Lang::from_env(es, en, en), Some(Es));
        assert_eq!(Lang::from_env(None, en, es), Some(En));
        assert_eq!(Lang::from_env(Some(""), None, en), Some(En));
        for neither in ["C", "POSIX", "de_DE", "est_EE", ""] {
            assert_eq!(Lang::from_env(Some(neither), None, None), None, "{neither}");
        }
        assert_eq!(Lang::from_env(Some("C"), None, en), None);
    }
}
