//! What seats may hold: what is set for the seat, else for its course, else for the highest role among
//! its members, else the configuration's, which the caller passes.

use super::rows::{self, Row};
use super::{Connection, Result, Store, StoreError, seats};
use puerta_lab::model::{CourseId, Role, SeatId};
use puerta_lab::quota::{Quota, Quotas};
use std::collections::BTreeMap;

/// What a quota is set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One seat.
    Seat(SeatId),
    /// Every seat of a course that has none of its own.
    Course(CourseId),
    /// Every seat whose members' highest role it is, where neither seat nor course say.
    Role(Role),
}

impl Scope {
    fn columns(self) -> (&'static str, String) {
        match self {
            Self::Seat(seat) => ("seat", seat.to_string()),
            Self::Course(course) => ("course", course.to_string()),
            Self::Role(role) => ("role", role.as_str().to_owned()),
        }
    }

    fn origin(self) -> Origin {
        match self {
            Self::Seat(_) => Origin::Seat,
            Self::Course(_) => Origin::Course,
            Self::Role(_) => Origin::Role,
        }
    }
}

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It is set for the seat.
    Seat,
    /// For its course.
    Course,
    /// For its members' role.
    Role,
    /// It is the configuration's.
    Default,
}

impl Origin {
    /// `seat`, `course`, `role`, `default`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seat => "seat",
            Self::Course => "course",
            Self::Role => "role",
            Self::Default => "default",
        }
    }
}

/// What holds for a seat, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The numbers.
    pub quotas: Quotas,
    origins: BTreeMap<Quota, Origin>,
}

impl Effective {
    /// Where the number of a quota comes from.
    pub fn origin(&self, quota: Quota) -> Origin {
        self.origins.get(&quota).copied().unwrap_or(Origin::Default)
    }
}

impl Store {
    /// What holds for a seat; `Gone` without it.
    pub async fn quotas_of(&self, seat: SeatId, defaults: Quotas) -> Result<Effective> {
        let mut tx = self.readers.begin().await?;
        effective(&mut tx, seat, defaults).await
    }

    /// What holds where these scopes say, the last one first.
    pub async fn quotas_at(&self, scopes: &[Scope], defaults: Quotas) -> Result<Effective> {
        let mut tx = self.readers.begin().await?;
        layered(&mut tx, scopes, defaults).await
    }

    /// Sets the quota of a scope, or with `None` takes it away; what was set before.
    pub async fn set_quota(&self, scope: Scope, quota: Quota, value: Option<u32>) -> Result<Option<u32>> {
        let mut tx = self.write().await?;
        let before = set(&mut tx, scope).await?.remove(&quota);
        let (kind, subject) = scope.columns();
        sqlx::query("DELETE FROM quotas WHERE scope = $1 AND subject = $2 AND name = $3")
            .bind(kind)
            .bind(&subject)
            .bind(quota.as_str())
            .execute(&mut *tx)
            .await?;
        if let Some(value) = value {
            sqlx::query("INSERT INTO quotas (scope, subject, name, value) VALUES ($1, $2, $3, $4)")
                .bind(kind)
                .bind(&subject)
                .bind(quota.as_str())
                .bind(i64::from(value))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(before)
    }
}

/// What is set for a scope.
async fn set(connection: &mut Connection, scope: Scope) -> Result<BTreeMap<Quota, u32>> {
    let (kind, subject) = scope.columns();
    let rows = sqlx::query("SELECT name, value FROM quotas WHERE scope = $1 AND subject = $2")
        .bind(kind)
        .bind(subject)
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| Ok((quota(row)?, rows::number(row, "value")?))).collect()
}

fn quota(row: &Row) -> Result<Quota> {
    let name = rows::text(row, "name")?;
    name.parse().map_err(|()| StoreError::Corrupt(format!("quota is `{name}`")))
}

/// What holds for a seat, inside the caller's transaction.
pub(super) async fn effective(
    connection: &mut Connection,
    seat: SeatId,
    defaults: Quotas,
) -> Result<Effective> {
    let found = seats::find(connection, seat).await?.ok_or(StoreError::Gone)?;
    let mut scopes = Vec::new();
    scopes.extend(highest_role(connection, seat).await?.map(Scope::Role));
    scopes.extend([Scope::Course(found.course), Scope::Seat(seat)]);
    layered(connection, &scopes, defaults).await
}

/// Later scopes cover earlier ones.
async fn layered(connection: &mut Connection, scopes: &[Scope], defaults: Quotas) -> Result<Effective> {
    let mut effective = Effective { quotas: defaults, origins: BTreeMap::new() };
    for scope in scopes {
        for (quota, value) in set(connection, *scope).await? {
            effective.quotas = effective.quotas.with(quota, value);
            effective.origins.insert(quota, scope.origin());
        }
    }
    Ok(effective)
}

/// The highest role among the members; `None` without members.
async fn highest_role(connection: &mut Connection, seat: SeatId) -> Result<Option<Role>> {
    let rows =
        sqlx::query("SELECT p.role FROM members m JOIN persons p ON p.id = m.person WHERE m.seat = $1")
            .bind(seat.0)
            .fetch_all(connection)
            .await?;
    let mut roles = Vec::new();
    for row in &rows {
        let word = rows::text(row, "role")?;
        roles.push(word.parse::<Role>().map_err(|()| StoreError::Corrupt(format!("role is `{word}`")))?);
    }
    // `Role::ALL` is in order.
    Ok(Role::ALL.into_iter().rev().find(|role| roles.contains(role)))
}
