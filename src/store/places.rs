//! Places of the address plan, a year and a version each: courses share them, and each gives every seat
//! number once. A removed seat's number rests for as long as it can.

use super::rows;
use super::{Connection, Result, StoreError};
use puerta_lab::plan::{AddressPlan, Edition, SeatNumber};

/// Whether a seat is left in a place.
async fn has_room(connection: &mut Connection, place: Edition) -> Result<bool> {
    let given: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM seats WHERE year = $1 AND version = $2")
        .bind(i64::from(place.year))
        .bind(i64::from(place.version))
        .fetch_one(connection)
        .await?;
    Ok(given < i64::from(SeatNumber::MAX))
}

/// The first of some places that has room.
async fn first(
    connection: &mut Connection,
    places: impl Iterator<Item = Edition>,
) -> Result<Option<Edition>> {
    for place in places {
        if has_room(connection, place).await? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// A place with room for a course: the year's first, or the one that was chosen. `PlaceFull` says where
/// else there is some.
pub(super) async fn choose(
    connection: &mut Connection,
    plan: AddressPlan,
    year: u16,
    version: Option<u8>,
) -> Result<Edition> {
    let wanted = Edition { year, version: version.unwrap_or(0) };
    plan.check(wanted)?;
    let free = match version {
        Some(_) if has_room(connection, wanted).await? => return Ok(wanted),
        _ => first(connection, plan.editions_from(year)).await?,
    };
    match free {
        Some(free) if version.is_none() && free.year == year => Ok(free),
        free => Err(StoreError::PlaceFull { place: wanted, free }),
    }
}

/// One more than the highest number that the place ever gave. When that was the last, the lowest that is free.
pub(super) async fn next_number(connection: &mut Connection, place: Edition) -> Result<SeatNumber> {
    let number = match last(connection, place).await? {
        last if last < SeatNumber::MAX => last + 1,
        _ => lowest_free(connection, place).await?,
    };
    given(connection, place, SeatNumber::new(number)?).await
}

/// The place gave this number: it does not come again before all others did.
pub(super) async fn given(
    connection: &mut Connection,
    place: Edition,
    number: SeatNumber,
) -> Result<SeatNumber> {
    sqlx::query(
        "INSERT INTO places (year, version, last_seat) VALUES ($1, $2, $3)
         ON CONFLICT (year, version) DO UPDATE SET last_seat = excluded.last_seat
         WHERE places.last_seat < excluded.last_seat",
    )
    .bind(i64::from(place.year))
    .bind(i64::from(place.version))
    .bind(i64::from(number.get()))
    .execute(connection)
    .await?;
    Ok(number)
}

async fn last(connection: &mut Connection, place: Edition) -> Result<u16> {
    let row = sqlx::query("SELECT last_seat FROM places WHERE year = $1 AND version = $2")
        .bind(i64::from(place.year))
        .bind(i64::from(place.version))
        .fetch_optional(connection)
        .await?;
    Ok(rows::maybe(row, |row| rows::number(row, "last_seat"))?.unwrap_or(0))
}

async fn lowest_free(connection: &mut Connection, place: Edition) -> Result<u16> {
    let given: Vec<i64> =
        sqlx::query_scalar("SELECT number FROM seats WHERE year = $1 AND version = $2 ORDER BY number")
            .bind(i64::from(place.year))
            .bind(i64::from(place.version))
            .fetch_all(&mut *connection)
            .await?;
    let mut given = given.into_iter().peekable();
    let mut numbers = 1..=SeatNumber::MAX;
    match numbers.find(|number| given.next_if_eq(&i64::from(*number)).is_none()) {
        Some(number) => Ok(number),
        None => {
            let others = [0, 1].into_iter().map(|version| Edition { year: place.year, version });
            Err(StoreError::PlaceFull { place, free: first(connection, others).await? })
        }
    }
}
