//! What one request tells Cedar: entities built directly (no JSON), and the context. It decides
//! nothing, and what does not fit is a [`Fault`], never a default.

use crate::decide::Context;
use cedar_policy::{Entity, EntityUid, RestrictedExpression};
use puerta_lab::model::Actor;
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
        let now = context.now.written().ok_or(Fault::Clock)?;
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
