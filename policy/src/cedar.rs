//! What one request tells Cedar: entities built directly (no JSON), and the context. It decides
//! nothing, and what does not fit is a [`Fault`], never a default.

use crate::decide::Context;
use crate::model::{Actor, Timestamp};
use cedar_policy::{Entity, EntityUid, RestrictedExpression};
use std::collections::{HashMap, HashSet};

/// What keeps a kind of target ours: outside this crate nobody can name it.
pub(crate) mod sealed {
    use super::{EntityUid, Facts, Fault};
    use crate::words::Words;

    /// Puts a target to Cedar.
    #[allow(unreachable_pub, reason = "a sealed trait is public and out of reach")]
    pub trait Sealed {
        /// Adds the target's entities to the facts and says which of them it is.
        #[doc(hidden)]
        fn describe(&self, words: &Words, facts: &mut Facts<'_>) -> Result<EntityUid, Fault>;
    }
}

/// Why a request could not be put to Cedar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(unreachable_pub, reason = "named by the sealed trait")]
pub enum Fault {
    /// `now` is before 1970 or after 9999.
    Clock,
    /// An entity does not come together, or two facts about one person differ.
    Entities,
    /// The action is not one for this kind of target, or the context does not fit the schema.
    Request,
}

impl Fault {
    /// Its stable word, after `error:`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Entities => "entities",
            Self::Request => "request",
        }
    }
}

/// What one request tells Cedar.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "named by the sealed trait")]
pub struct Facts<'a> {
    /// Who asks.
    pub(crate) actor: &'a Actor,
    /// Everything that is known about who and what.
    pub(crate) entities: Vec<Entity>,
    circumstances: Vec<(String, RestrictedExpression)>,
}

impl<'a> Facts<'a> {
    /// The facts that do not depend on the target.
    pub(crate) fn new(actor: &'a Actor, context: Context) -> Result<Self, Fault> {
        let now = datetime(context.now).ok_or(Fault::Clock)?;
        let mut circumstances = vec![
            ("now".into(), RestrictedExpression::new_datetime(now)),
            ("secondFactor".into(), RestrictedExpression::new_bool(context.second_factor)),
        ];
        if let Some(source) = context.source {
            // A client that came in over IPv4 on a dual-stack socket is an IPv4 client.
            let source = source.to_canonical().to_string();
            circumstances.push(("source".into(), RestrictedExpression::new_ip(source)));
        }
        Ok(Self { actor, entities: Vec::with_capacity(4), circumstances })
    }

    /// A number that belongs to the request: a port.
    pub(crate) fn number(&mut self, name: &str, number: u16) {
        let number = RestrictedExpression::new_long(number.into());
        self.circumstances.push((name.into(), number));
    }

    /// Something that is so, or not.
    pub(crate) fn truth(&mut self, name: &str, is: bool) {
        self.circumstances.push((name.into(), RestrictedExpression::new_bool(is)));
    }

    /// Adds one entity.
    pub(crate) fn entity<const N: usize>(
        &mut self,
        uid: EntityUid,
        attributes: [(&str, RestrictedExpression); N],
        parents: impl IntoIterator<Item = EntityUid>,
    ) -> Result<(), Fault> {
        let attributes: HashMap<_, _> =
            attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let parents: HashSet<_> = parents.into_iter().collect();
        let entity = Entity::new(uid, attributes, parents).map_err(|_| Fault::Entities)?;
        self.entities.push(entity);
        Ok(())
    }

    /// Gives up the circumstances as Cedar's context.
    pub(crate) fn context(&mut self) -> Result<cedar_policy::Context, Fault> {
        let pairs = std::mem::take(&mut self.circumstances);
        cedar_policy::Context::from_pairs(pairs).map_err(|_| Fault::Request)
    }
}

/// `2026-11-23T04:10:36.000Z`, or `None` outside the years 1970 to 9999.
pub(crate) fn datetime(now: Timestamp) -> Option<String> {
    const DAY: u64 = 86_400_000;
    const END: u64 = 253_402_300_800_000; // 10000-01-01
    let ms = u64::try_from(now.0).ok().filter(|ms| *ms < END)?;
    let (year, month, day) = date(ms / DAY);
    let (hour, minute) = (ms % DAY / 3_600_000, ms % 3_600_000 / 60_000);
    let (second, milli) = (ms % 60_000 / 1000, ms % 1000);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
}

/// The civil date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-compatible
/// low-level date algorithms", `civil_from_days`): years begin in March, eras have 400 years.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_cedar_reads_them() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_407_036_123, "2026-11-23T04:10:36.123Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(datetime(Timestamp(ms)).as_deref(), Some(text));
        }
        for ms in [i64::MIN, -1, 253_402_300_800_000, i64::MAX] {
            assert_eq!(datetime(Timestamp(ms)), None);
        }
    }
}
