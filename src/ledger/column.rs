//! Columns of the ledger as the values that they stand for; what does not read is a fault.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::de::DeserializeOwned;

use crate::ground::{CrmId, CrmRef, Entity, Outcome, SourceKey};

/// A word of a closed vocabulary.
pub(super) fn word<T>(
    row: &Row<'_>,
    index: usize,
    named: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    named(&text).ok_or_else(|| odd(index, format!("`{text}` is no word of this ledger").into()))
}

/// A kind of record.
pub(super) fn entity(row: &Row<'_>, index: usize) -> rusqlite::Result<Entity> {
    word(row, index, Entity::named)
}

/// An outcome.
pub(super) fn outcome(row: &Row<'_>, index: usize) -> rusqlite::Result<Outcome> {
    word(row, index, Outcome::named)
}

/// A source key in two columns.
pub(super) fn key(row: &Row<'_>, index: usize) -> rusqlite::Result<SourceKey> {
    let (object, id): (String, String) = (row.get(index)?, row.get(index + 1)?);
    Ok(SourceKey::new(&object, &id))
}

/// A record of the CRM in two columns.
pub(super) fn place(row: &Row<'_>, index: usize) -> rusqlite::Result<CrmRef> {
    Ok(CrmRef::new(entity(row, index)?, CrmId(row.get(index + 1)?)))
}

/// JSON; an image that does not read must never pass for an empty one.
pub(super) fn json<T: DeserializeOwned>(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(index)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| odd(index, error.into()))
}

/// A time.
pub(super) fn time(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    let text: String = row.get(index)?;
    text.parse().map_err(|error: jiff::Error| odd(index, error.into()))
}

/// A time that may be missing.
pub(super) fn time_if_any(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Timestamp>> {
    let text: Option<String> = row.get(index)?;
    text.map(|text| text.parse()).transpose().map_err(|error: jiff::Error| odd(index, error.into()))
}

/// A count.
pub(super) fn count(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(i64::unsigned_abs)
}

fn odd(index: usize, error: Box<dyn std::error::Error + Send + Sync + 'static>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, error)
}
