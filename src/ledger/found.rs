//! What a ledger says of itself: whose it is, its secret, its generation.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, OptionalExtension};

use super::book::{Fresh, Identity};
use super::chain;
use super::error::LedgerError;

/// Puts identity and secret into a new ledger.
pub(super) fn introduce(
    connection: &Connection,
    identity: &Identity,
    fresh: &Fresh,
) -> rusqlite::Result<()> {
    let entries = [
        ("uuid", fresh.uuid.clone()),
        ("secret", STANDARD.encode(fresh.secret)),
        ("pipeline", identity.pipeline.clone()),
        ("account", identity.account.clone()),
        ("generation", "0".to_owned()),
    ];
    for (key, value) in entries {
        connection.execute("INSERT INTO meta(k, v) VALUES (?1, ?2)", [key, &value])?;
    }
    chain::made(connection, &fresh.uuid)
}

/// Refuses a ledger of another pipeline or another account.
pub(super) fn belongs(
    connection: &Connection,
    identity: &Identity,
    file: &Path,
) -> Result<(), LedgerError> {
    let (pipeline, account) = (meta(connection, "pipeline")?, meta(connection, "account")?);
    if pipeline == identity.pipeline && account == identity.account {
        return Ok(());
    }
    let told = |pipeline: &str, account: &str| format!("`{pipeline}` into account `{account}`");
    Err(LedgerError::Elsewhere {
        file: file.to_owned(),
        found: told(&pipeline, &account),
        wanted: told(&identity.pipeline, &identity.account),
    })
}

/// The secret of the markers.
pub(super) fn secret(connection: &Connection, file: &Path) -> Result<[u8; 32], LedgerError> {
    let text = meta(connection, "secret")?;
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| LedgerError::Foreign {
        file: file.to_owned(),
        detail: "its secret is gone, so no record of it could be recognised; restore a copy"
            .to_owned(),
    })
}

/// Raises the generation: whoever wrote before can write no more.
pub(super) fn next_generation(connection: &Connection) -> rusqlite::Result<i64> {
    let transaction = connection.unchecked_transaction()?;
    let generation = transaction.query_row(
        "UPDATE meta SET v = v + 1 WHERE k = 'generation' RETURNING CAST(v AS INTEGER)",
        [],
        |row| row.get(0),
    )?;
    chain::opened(&transaction, generation)?;
    transaction.commit()?;
    Ok(generation)
}

/// The generation as it stands.
pub(super) fn generation(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT CAST(v AS INTEGER) FROM meta WHERE k = 'generation'")?
        .query_row([], |row| row.get(0))
}

/// Refuses to write for a process that lost its lock without noticing.
pub(super) fn fence(connection: &Connection, ours: i64) -> Result<(), LedgerError> {
    let now = generation(connection)?;
    if now == ours { Ok(()) } else { Err(LedgerError::Fenced { ours, now }) }
}

/// What stands under a word.
pub(super) fn meta(connection: &Connection, key: &str) -> rusqlite::Result<String> {
    let value = connection.query_row("SELECT v FROM meta WHERE k = ?1", [key], |row| row.get(0));
    Ok(value.optional()?.unwrap_or_default())
}
