//! The chain: every event of the ledger with the digest of its row, bound to all events before it.
//!
//! A row that was changed, taken out or put in behind our back no longer fits. The digests cover the
//! images of values, the chain itself holds none.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::entry::{EntryId, Intent};
use super::read::Provisioned;
use super::run::RunId;

/// A BLAKE3 hash.
pub(super) type Hash = [u8; 32];

/// The hash before the first event.
pub(super) const START: Hash = [0; 32];

/// What an announcement says, and no later settlement changes.
pub(super) const ANNOUNCED: &str = "
    SELECT id, run, object, key, aspect, deed, generation, entity, rev_before, before, after, hash,
           undoes, at FROM entry WHERE id = ?1";

/// What a settlement says.
pub(super) const SETTLED: &str =
    "SELECT id, outcome, crm, rev, detail, left_alone, settled FROM entry WHERE id = ?1";

/// What a run says from its beginning to its end.
pub(super) const BEGUN: &str =
    "SELECT id, kind, of, fingerprint, generation, started FROM run WHERE id = ?1";

/// How a run ended; once it is done, with the outcome of each of its records.
pub(super) const ENDED: &str = "
    SELECT '', '', state, ended, exit FROM run WHERE id = ?1
    UNION ALL
    SELECT * FROM (SELECT object, key, outcome, reason, flags FROM verdict
                   WHERE run = ?1 AND (SELECT state FROM run WHERE id = ?1) = 'done'
                   ORDER BY object, key)";

/// Whose a ledger is, and its secret.
pub(super) const MADE: &str = "
    SELECT k, v FROM meta WHERE k IN ('account', 'pipeline', 'secret', 'uuid') AND ?1 <> ''
    ORDER BY k";

/// Something beside the records.
pub(super) const PROVISIONED: &str = "
    SELECT kind, entity, name, crm, created, run FROM provision
    WHERE kind || '/' || entity || '/' || name = ?1";

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The ledger was made.
    Made,
    /// A process took it over.
    Opened,
    /// A run began.
    Begun,
    /// A run goes on.
    Resumed,
    /// A run ended, or stopped.
    Ended,
    /// An entry was announced.
    Announced,
    /// An entry was settled.
    Settled,
    /// Something beside the records was noted.
    Provisioned,
    /// The ledger took the place of one that was lost.
    Rebuilt,
}

impl Event {
    const ALL: [Self; 9] = [
        Self::Made,
        Self::Opened,
        Self::Begun,
        Self::Resumed,
        Self::Ended,
        Self::Announced,
        Self::Settled,
        Self::Provisioned,
        Self::Rebuilt,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Opened => "opened",
            Self::Begun => "begun",
            Self::Resumed => "resumed",
            Self::Ended => "ended",
            Self::Announced => "announced",
            Self::Settled => "settled",
            Self::Provisioned => "provisioned",
            Self::Rebuilt => "rebuilt",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// One event as it is written down.
#[derive(Debug)]
pub(super) struct Ring<'a> {
    pub(super) seq: i64,
    pub(super) event: Event,
    pub(super) of: &'a str,
    pub(super) detail: &'a str,
    pub(super) digest: &'a [u8],
}

impl Ring<'_> {
    /// The hash of the chain up to this event.
    pub(super) fn hash(&self, before: &Hash) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(before);
        hasher.update(&self.seq.to_le_bytes());
        for part in
            [self.event.name().as_bytes(), self.of.as_bytes(), self.detail.as_bytes(), self.digest]
        {
            measured(&mut hasher, part);
        }
        *hasher.finalize().as_bytes()
    }
}

/// The last event: its number and the chain's hash.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<(i64, Hash)> {
    let found = connection
        .prepare_cached("SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.unwrap_or((0, START)))
}

/// The digest of the row, or rows, that a query gives: every column by its type, length and bytes.
pub(super) fn digest(
    connection: &Connection,
    sql: &str,
    of: impl ToSql,
) -> rusqlite::Result<Option<Hash>> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params![of])?;
    let mut hasher = blake3::Hasher::new();
    let mut any = false;
    while let Some(row) = rows.next()? {
        any = true;
        for column in 0..columns {
            column_into(&mut hasher, row.get_ref(column)?);
        }
    }
    Ok(any.then(|| *hasher.finalize().as_bytes()))
}

/// The ledger was made.
pub(super) fn made(connection: &Connection, uuid: &str) -> rusqlite::Result<()> {
    add(connection, (Event::Made, uuid, ""), MADE)
}

/// A process took the ledger over.
pub(super) fn opened(connection: &Connection, generation: i64) -> rusqlite::Result<()> {
    bare(connection, (Event::Opened, &generation.to_string(), ""))
}

/// The ledger took the place of a lost one.
pub(super) fn rebuilt(connection: &Connection, lost: &str) -> rusqlite::Result<()> {
    bare(connection, (Event::Rebuilt, "", lost))
}

/// A run began.
pub(super) fn begun(
    connection: &Connection,
    RunId(run): RunId,
    kind: &str,
) -> rusqlite::Result<()> {
    add(connection, (Event::Begun, &run.to_string(), kind), BEGUN)
}

/// A run goes on.
pub(super) fn resumed(connection: &Connection, RunId(run): RunId) -> rusqlite::Result<()> {
    bare(connection, (Event::Resumed, &run.to_string(), ""))
}

/// A run ended; what is known of its records stands.
pub(super) fn ended(connection: &Connection, RunId(run): RunId) -> rusqlite::Result<()> {
    add(connection, (Event::Ended, &run.to_string(), ""), ENDED)
}

/// An entry was announced.
pub(super) fn announced(
    connection: &Connection,
    EntryId(entry): EntryId,
    intent: &Intent,
) -> rusqlite::Result<()> {
    let (deed, aspect) = (intent.deed.name(), intent.aspect.name());
    let mut detail = format!("{deed} {aspect} {}", intent.entity);
    if let Some(crm) = &intent.crm {
        detail.push(':');
        detail.push_str(&crm.0);
    }
    add(connection, (Event::Announced, &entry.to_string(), &detail), ANNOUNCED)
}

/// An entry was settled.
pub(super) fn settled(
    connection: &Connection,
    EntryId(entry): EntryId,
    outcome: &str,
) -> rusqlite::Result<()> {
    add(connection, (Event::Settled, &entry.to_string(), outcome), SETTLED)
}

/// Something beside the records was noted.
pub(super) fn provisioned(connection: &Connection, made: &Provisioned) -> rusqlite::Result<()> {
    let of = format!("{}/{}/{}", made.kind, made.entity, made.name);
    add(connection, (Event::Provisioned, &of, ""), PROVISIONED)
}

/// An event that speaks of a row.
fn add(connection: &Connection, told: (Event, &str, &str), row: &str) -> rusqlite::Result<()> {
    let digest = digest(connection, row, told.1)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    append(connection, told, &digest)
}

/// An event that speaks of no row.
fn bare(connection: &Connection, told: (Event, &str, &str)) -> rusqlite::Result<()> {
    append(connection, told, &[])
}

fn append(
    connection: &Connection,
    (event, of, detail): (Event, &str, &str),
    digest: &[u8],
) -> rusqlite::Result<()> {
    let (last, before) = last(connection)?;
    let ring = Ring { seq: last + 1, event, of, detail, digest };
    let hash = ring.hash(&before);
    connection
        .prepare_cached(
            "INSERT INTO chain(seq, event, ref, detail, digest, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![ring.seq, event.name(), of, detail, digest, hash])
        .map(drop)
}

fn column_into(hasher: &mut blake3::Hasher, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => {
            hasher.update(&[0]);
        }
        ValueRef::Integer(number) => {
            hasher.update(&[1]).update(&number.to_le_bytes());
        }
        ValueRef::Real(number) => {
            hasher.update(&[2]).update(&number.to_bits().to_le_bytes());
        }
        ValueRef::Text(text) => {
            hasher.update(&[3]);
            measured(hasher, text);
        }
        ValueRef::Blob(bytes) => {
            hasher.update(&[4]);
            measured(hasher, bytes);
        }
    }
}

/// Length first, so that no two lists of parts are the same bytes.
fn measured(hasher: &mut blake3::Hasher, part: &[u8]) {
    let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
    hasher.update(&length.to_le_bytes()).update(part);
}
