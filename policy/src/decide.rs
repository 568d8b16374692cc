//! The decision: a typed request in, a [`Permit`] or a [`Denial`] out. Cedar answers; this file
//! asks it and keeps the names of the policies that decided. It knows no file and no clock.
//!
//! Nothing here fails open: whatever cannot be put to Cedar, and whatever Cedar cannot evaluate,
//! is a [`Denial`] whose policies say `error:...`.

pub use crate::folder::{PolicyError, Stated};
pub use crate::resource::{Forward, Lab, Own, Publish, Resource};

use crate::cedar::{Facts, Fault};
use crate::words::Words;
use cedar_policy::{Authorizer, Entities, PolicySet, Request, Response, Schema};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Seat, Timestamp, Vm};
use puerta_lab::names::CourseName;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddrV4};

/// What surrounds a request. The caller says what time it is.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Now.
    pub now: Timestamp,
    /// Where the client is; `None` for puerta itself.
    pub source: Option<IpAddr>,
    /// Whether the person proved a second factor when they came in; puerta itself has.
    pub second_factor: bool,
}

/// Proof that one act on one thing was judged and allowed. Only [`Policy::decide`] makes one.
///
/// Nothing else can, because nothing else sees its fields:
///
/// ```compile_fail,E0451
/// use puerta_policy::{action::Action, decide::{Lab, Permit}};
/// let forged = Permit { action: Action::Login, target: Lab, policies: Vec::new() };
/// ```
#[must_use]
#[derive(Debug, Clone)]
pub struct Permit<T> {
    action: Action,
    target: T,
    policies: Vec<String>,
}

impl<T> Permit<T> {
    /// What was allowed.
    pub fn action(&self) -> Action {
        self.action
    }
    /// On what.
    pub fn target(&self) -> &T {
        &self.target
    }
    /// Gives the permit up for what it was about.
    pub fn into_target(self) -> T {
        self.target
    }
    /// Ids of the policies that allowed it, in alphabetical order.
    pub fn policies(&self) -> &[String] {
        &self.policies
    }
}

impl Permit<Forward> {
    /// The address to dial: the judged machine's own, at the judged port. There is no other.
    pub fn address(&self) -> SocketAddrV4 {
        SocketAddrV4::new(self.target.vm.address(), self.target.port)
    }
}

impl Permit<Vm> {
    /// The same for the machine as the registry has it by now; `None` when it is another one, or another seat's.
    pub fn renewed(self, vm: Vm) -> Option<Self> {
        let same = vm.id == self.target.id && vm.seat == self.target.seat;
        same.then_some(Self { target: vm, ..self })
    }
}

impl Permit<Seat> {
    /// The permit to make a machine in a seat, as a permit for the machine that was made there.
    /// `None` when the act was another one or the machine is another seat's.
    pub fn machine(self, vm: Vm) -> Option<Permit<Vm>> {
        let judged = self.action == Action::VmCreate && vm.seat == self.target.id;
        judged.then_some(Permit { action: self.action, target: vm, policies: self.policies })
    }
}

/// A request that was judged and refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// What was refused.
    pub action: Action,
    /// Ids of the `forbid` policies that refused it, in alphabetical order; empty when simply
    /// nothing allowed it. `error:...` when it could not be judged: `error:clock`,
    /// `error:entities`, `error:request`, or `error:policy:ID` for a policy that failed.
    pub policies: Vec<String>,
}

/// The answer.
#[must_use]
#[derive(Debug, Clone)]
pub enum Decision<T> {
    /// Go on, with this in hand.
    Allow(Permit<T>),
    /// Do not.
    Deny(Denial),
}

impl<T> Decision<T> {
    /// The same as a `Result`, for `?`.
    pub fn into_result(self) -> Result<Permit<T>, Denial> {
        match self {
            Self::Allow(permit) => Ok(permit),
            Self::Deny(denial) => Err(denial),
        }
    }
}

/// A set of policies that parsed and validated against the schema. Made by
/// [`Policy::built_in`] and [`Policy::parse`].
#[derive(Debug)]
pub struct Policy {
    pub(crate) set: PolicySet,
    /// Those of the files alone, without ready rules, which hold for a while.
    pub(crate) lasting: PolicySet,
    pub(crate) schema: Schema,
    pub(crate) words: Words,
    /// Name and text of the files it was made of, without those of ready rules.
    pub(crate) files: Vec<(String, String)>,
    /// Where each policy stands, by its id.
    pub(crate) stated: BTreeMap<String, Stated>,
}

impl Policy {
    /// Judges one act.
    pub fn decide<T: Resource>(
        &self,
        actor: &Actor,
        action: Action,
        target: T,
        context: Context,
    ) -> Decision<T> {
        match self.explain(actor, action, &target, context) {
            Ok(policies) => Decision::Allow(Permit { action, target, policies }),
            Err(policies) => Decision::Deny(Denial { action, policies }),
        }
    }

    /// Whether a refusal has no other cause than that no second factor was proved. Asked of the policies
    /// themselves, so that it holds for every rule, and tells nothing of what is not theirs anyway.
    pub fn lacks_second_factor<T: Resource>(
        &self,
        actor: &Actor,
        action: Action,
        target: &T,
        context: Context,
    ) -> bool {
        let proved = Context { second_factor: true, ..context };
        !context.second_factor && self.explain(actor, action, target, proved).is_ok()
    }

    /// Ids of its policies, in alphabetical order.
    pub fn ids(&self) -> Vec<String> {
        self.stated.keys().cloned().collect()
    }

    /// Its policies as they were written, by id.
    pub fn stated(&self) -> &BTreeMap<String, Stated> {
        &self.stated
    }

    /// Ids of the policies of files that say the name of that course, in alphabetical order.
    pub fn naming(&self, course: &CourseName) -> Vec<String> {
        let course = self.words.course(course);
        let naming = self.lasting.policies().filter(|policy| policy.entity_literals().contains(&course));
        sorted(naming.map(|policy| policy.id().to_string()))
    }

    /// What it says, also to an act that nobody asks for now: the policies that allow it, or those of
    /// [`Denial::policies`]. There is no permit in it.
    pub fn explain<T: Resource>(
        &self,
        actor: &Actor,
        action: Action,
        target: &T,
        context: Context,
    ) -> Result<Vec<String>, Vec<String>> {
        self.explain_by(&self.set, actor, action, target, context)
    }

    /// The same by some of the policies.
    pub(crate) fn explain_by<T: Resource>(
        &self,
        set: &PolicySet,
        actor: &Actor,
        action: Action,
        target: &T,
        context: Context,
    ) -> Result<Vec<String>, Vec<String>> {
        let response = self
            .ask(set, actor, action, target, context)
            .map_err(|fault| vec![format!("error:{}", fault.code())])?;
        let errors = response.diagnostics().errors().map(|error| match error {
            cedar_policy::AuthorizationError::PolicyEvaluationError(error) => {
                format!("error:policy:{}", error.policy_id())
            }
        });
        let mut errors: Vec<String> = errors.collect();
        let reasons = response.diagnostics().reason().map(ToString::to_string);
        // Cedar skips a policy that fails: a `forbid` that fails would forbid nothing.
        match response.decision() {
            cedar_policy::Decision::Allow if errors.is_empty() => Ok(sorted(reasons)),
            cedar_policy::Decision::Allow => Err(sorted(errors)),
            cedar_policy::Decision::Deny => {
                errors.extend(reasons);
                Err(sorted(errors))
            }
        }
    }

    fn ask<T: Resource>(
        &self,
        set: &PolicySet,
        actor: &Actor,
        action: Action,
        target: &T,
        context: Context,
    ) -> Result<Response, Fault> {
        let words = &self.words;
        let mut facts = Facts::new(actor, context)?;
        let principal = words.principal(&mut facts)?;
        let resource = target.describe(words, &mut facts)?;
        let action = words.action(action)?;
        let context = facts.context()?;
        let request = Request::new(principal, action, resource, context, Some(&self.schema))
            .map_err(|_| Fault::Request)?;
        let entities =
            Entities::from_entities(facts.entities, Some(&self.schema)).map_err(|_| Fault::Entities)?;
        Ok(Authorizer::new().is_authorized(&request, set, &entities))
    }
}

fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names
}
