//! Ready rules of the policy.

use super::rows::{self, Row};
use super::{Connection, Result, Store, StoreError};
use puerta_lab::model::{CourseId, RuleId, Timestamp};
use puerta_lab::names::CourseName;
use puerta_lab::rules::{ReadyRule, Rule};
use serde_json::{Value, json};

fn read(row: &Row) -> Result<ReadyRule> {
    let parameters = rows::text(row, "parameters")?;
    let corrupt = |error: serde_json::Error| StoreError::Corrupt(format!("a rule's parameters: {error}"));
    let parameters: Value = serde_json::from_str(&parameters).map_err(corrupt)?;
    let rule = json!({ "kind": rows::text(row, "kind")?, "parameters": parameters });
    Ok(ReadyRule {
        id: RuleId(rows::number(row, "id")?),
        rule: serde_json::from_value(rule).map_err(corrupt)?,
        author: rows::text(row, "author")?,
        created: rows::time(row, "created")?,
    })
}

/// As they are kept.
fn parameters(rule: &Rule) -> Result<String> {
    let written = serde_json::to_value(rule).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(written["parameters"].to_string())
}

impl Store {
    /// Every ready rule, the oldest first.
    pub async fn rules(&self) -> Result<Vec<ReadyRule>> {
        let rows = sqlx::query("SELECT id, kind, parameters, author, created FROM rules ORDER BY id")
            .fetch_all(&self.readers)
            .await?;
        rows::all(rows, read)
    }

    /// Turns one on. Its course, where it has one, must be there.
    pub async fn add_rule(&self, rule: &Rule, author: &str, now: Timestamp) -> Result<ReadyRule> {
        let parameters = parameters(rule)?;
        let mut tx = self.write().await?;
        let course: Option<i64> = match rule.course() {
            Some(name) => {
                let found = sqlx::query_scalar("SELECT id FROM courses WHERE name = $1").bind(name.as_str());
                Some(found.fetch_optional(&mut *tx).await?.ok_or(StoreError::Gone)?)
            }
            None => None,
        };
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO rules (kind, course, parameters, author, created) VALUES ($1, $2, $3, $4, $5)
             RETURNING id",
        )
        .bind(rule.kind())
        .bind(course)
        .bind(parameters)
        .bind(author)
        .bind(now.0)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(ReadyRule { id: RuleId(id), rule: rule.clone(), author: author.to_owned(), created: now })
    }

    /// Turns one off; `false` when it was not there.
    pub async fn remove_rule(&self, id: RuleId) -> Result<bool> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM rules WHERE id = $1").bind(id.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

/// The rules of a course say its new name; those.
pub(super) async fn follow(
    connection: &mut Connection,
    course: CourseId,
    name: &CourseName,
) -> Result<Vec<RuleId>> {
    let rows =
        sqlx::query("SELECT id, kind, parameters, author, created FROM rules WHERE course = $1 ORDER BY id")
            .bind(course.0)
            .fetch_all(&mut *connection)
            .await?;
    let mut followed = Vec::new();
    for ready in rows::all(rows, read)? {
        sqlx::query("UPDATE rules SET parameters = $1 WHERE id = $2")
            .bind(parameters(&ready.rule.of(name.clone()))?)
            .bind(ready.id.0)
            .execute(&mut *connection)
            .await?;
        followed.push(ready.id);
    }
    Ok(followed)
}
