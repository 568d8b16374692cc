//! From columns to values. Everything was checked before it was written, so a value that does not
//! parse is a damaged or foreign database: `Corrupt`, with the column's name.

use super::{Db, Result, Store, StoreError};
use puerta_lab::model::{SeatId, Timestamp};
use puerta_lab::plan::Edition;
use sqlx::{QueryBuilder, Row as _};
use std::fmt::Display;
use std::str::FromStr;

pub(super) use super::Row;

fn corrupt(column: &str, value: impl Display) -> StoreError {
    StoreError::Corrupt(format!("{column} is `{value}`"))
}

/// A word or a name.
pub(super) fn word<T: FromStr>(row: &Row, column: &'static str) -> Result<T> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| corrupt(column, text))
}

/// A name of a left join.
pub(super) fn maybe_word<T: FromStr>(row: &Row, column: &'static str) -> Result<Option<T>> {
    match row.try_get::<Option<&str>, _>(column)? {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| corrupt(column, text)),
    }
}

/// A text as it is.
pub(super) fn text(row: &Row, column: &'static str) -> Result<String> {
    Ok(row.try_get(column)?)
}

/// A number in its range.
pub(super) fn number<T: TryFrom<i64>>(row: &Row, column: &'static str) -> Result<T> {
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|_| corrupt(column, number))
}

/// A number that must pass its type's own check.
pub(super) fn checked<N: TryFrom<i64> + Copy + Display, T>(
    row: &Row,
    column: &'static str,
    check: impl Fn(N) -> Option<T>,
) -> Result<T> {
    let value: N = number(row, column)?;
    check(value).ok_or_else(|| corrupt(column, value))
}

/// A moment.
pub(super) fn time(row: &Row, column: &'static str) -> Result<Timestamp> {
    Ok(Timestamp(row.try_get(column)?))
}

/// A moment that may not have come.
pub(super) fn maybe_time(row: &Row, column: &'static str) -> Result<Option<Timestamp>> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp))
}

/// `year` and `version`.
pub(super) fn edition(row: &Row) -> Result<Edition> {
    Ok(Edition { year: number(row, "year")?, version: number(row, "version")? })
}

/// Every row as its noun.
pub(super) fn all<T>(rows: Vec<Row>, read: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(read).collect()
}

/// The row as its noun, if there was one.
pub(super) fn maybe<T>(row: Option<Row>, read: impl Fn(&Row) -> Result<T>) -> Result<Option<T>> {
    row.as_ref().map(read).transpose()
}

/// A count or size on its way into a column.
pub(super) fn stored(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| corrupt("a number", number))
}

impl Store {
    /// Rows of `head` (which ends before `IN`) for these seats, each piece in the order of `tail`
    /// and at most `limit` long. Databases limit the values of one statement, so many seats are asked
    /// for in pieces, in one snapshot; the caller sorts.
    pub(super) async fn of_seats(
        &self,
        head: &'static str,
        seats: &[SeatId],
        tail: &'static str,
        limit: Option<u32>,
    ) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        if seats.is_empty() {
            return Ok(rows);
        }
        let mut seats: Vec<i64> = seats.iter().map(|seat| seat.0).collect();
        seats.sort_unstable();
        seats.dedup();
        let mut tx = self.readers.begin().await?;
        for piece in seats.chunks(500) {
            let mut query = QueryBuilder::<Db>::new(head);
            query.push(" IN (");
            let mut list = query.separated(", ");
            for seat in piece {
                list.push_bind(*seat);
            }
            query.push(") ").push(tail);
            if let Some(limit) = limit {
                query.push(" LIMIT ").push_bind(i64::from(limit));
            }
            rows.extend(query.build().fetch_all(&mut *tx).await?);
        }
        Ok(rows)
    }
}
