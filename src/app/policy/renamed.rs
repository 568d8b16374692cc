//! A course gets another name. Policies say its name: ready rules follow, and what a file says is not puerta's to
//! change, so that it is named and the course keeps its name.

use super::files;
use super::ready::{refused, rendered};
use crate::app::error::{Error, Kind, Result};
use crate::app::{App, clock, find};
use puerta_lab::model::{Course, RuleId};
use puerta_lab::names::CourseName;
use puerta_lab::rules::ReadyRule;
use puerta_policy::decide::Policy;
use puerta_store::StoreError;
use std::sync::Arc;

impl App {
    /// Renames it, in registry and policy; the policies that followed.
    pub(in crate::app) async fn rename_course(
        self: &Arc<Self>,
        course: &Course,
        name: &CourseName,
    ) -> Result<Vec<String>> {
        let turn = self.ruling.turn().await;
        let policy = self.policy();
        let naming = policy.naming(&course.name);
        if !naming.is_empty() && *name != course.name {
            return Err(in_the_way(&policy, course, &naming));
        }
        let rules = self.store.rules().await?;
        // Until the registry has the new name, and until that is in force, both are ruled alike.
        let both: Vec<ReadyRule> = rules.iter().flat_map(|ready| twins(ready, course, name)).collect();
        let rules = rendered(&both, &self.config.timezone, clock::now());
        let held = turn.replace(files::with(&policy, &rules).map_err(|errors| refused(&errors))?);
        let renamed = self.store.rename_course(course.id, name).await;
        let ruled = self.rule_now(&turn).await;
        drop(turn);
        self.after(held).await;
        match ruled {
            Ok(ruled) => self.after(ruled).await,
            Err(errors) => {
                tracing::error!(?errors, "the rules of a renamed course are not written out anew yet")
            }
        }
        let renamed = renamed.map_err(|error| match error {
            StoreError::Taken(_) => find::course_taken(name),
            StoreError::Gone => Error::new(Kind::NotFound, "error-no-course").with("course", &course.name),
            other => other.into(),
        })?;
        let followed = self.after(renamed).await;
        if let Err(error) = self.label_archives().await {
            tracing::warn!(?error, "archives say the old name of their course still");
        }
        let followed = both.iter().filter(|ready| followed.contains(&ready.id));
        Ok(followed.map(ReadyRule::policy_id).collect())
    }
}

/// A rule, and where it is the course's the same about the new name, with an id that no rule has.
fn twins(ready: &ReadyRule, course: &Course, name: &CourseName) -> Vec<ReadyRule> {
    let mut both = vec![ready.clone()];
    if ready.rule.course() == Some(&course.name) {
        let rule = ready.rule.clone().of(name.clone());
        both.push(ReadyRule { id: RuleId(-ready.id.0), rule, ..ready.clone() });
    }
    both
}

fn in_the_way(policy: &Policy, course: &Course, naming: &[String]) -> Error {
    let place = |id: &String| match policy.stated().get(id) {
        Some(stated) => format!("`{id}` ({}:{})", stated.file, stated.line),
        None => format!("`{id}`"),
    };
    let policies: Vec<String> = naming.iter().map(place).collect();
    let error = Error::new(Kind::Conflict, "error-course-in-policy").with("course", &course.name);
    error.with("policies", policies.join(", "))
}
