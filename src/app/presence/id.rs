//! What names a connection, or one console of it, in `session ...` and in the audit.

use std::fmt;
use std::str::FromStr;

/// `6925d1f20003` is a connection; `6925d1f20003-2` what was opened on it second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionId {
    /// The connection's id.
    pub connection: String,
    /// A channel's number on it.
    pub channel: Option<u32>,
}

impl SessionId {
    /// One channel of a connection.
    pub fn of_channel(connection: &str, channel: u32) -> Self {
        Self { connection: connection.to_owned(), channel: Some(channel) }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.connection)?;
        self.channel.map_or(Ok(()), |channel| write!(f, "-{channel}"))
    }
}

impl FromStr for SessionId {
    type Err = ();

    /// Only what [`fmt::Display`] writes: it also names files.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (connection, channel) = match text.split_once('-') {
            None => (text, None),
            Some((connection, channel)) => (connection, Some(channel.parse().map_err(|_| ())?)),
        };
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let id = Self { connection: connection.to_owned(), channel };
        let plain = connection.len() == 12 && connection.bytes().all(hex) && id.to_string() == text;
        plain.then_some(id).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_spelling_is_one() {
        for text in ["6925d1f20003", "6925d1f20003-2"] {
            assert_eq!(text.parse::<SessionId>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "-",
            "6925d1f2000",
            "6925D1F20003",
            "6925d1f20003-",
            "6925d1f20003-02",
            "../../etc/x",
            "6925d1f2000/",
        ] {
            assert!(text.parse::<SessionId>().is_err(), "{text}");
        }
    }
}
