//! Is the ledger what it was? Everything in it that decides on a write, against the chain and
//! against itself.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, Row, params};
use serde_json::Value;

use super::anchor::{self, Standing};
use super::chain::{self, Event, Hash, Ring};
use super::entry::{Aspect, Deed, Origin};
use super::error::LedgerError;
use super::replay::{Done, Sum, replay};
use super::{column, found, schema, writer};

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// What decides on a write.
    Deeds,
    /// The outcomes of the records of past runs as well.
    All,
}

/// A check that came to its end: what is wrong, or nothing.
type Found = rusqlite::Result<Option<String>>;

/// Refuses a ledger that is not what it was, or not the latest.
pub(super) fn trusted(
    folder: &Path,
    (connection, file): (&Connection, &Path),
) -> Result<(), LedgerError> {
    let doubt = |what| Err(LedgerError::Doubtful { file: file.to_owned(), what });
    if let Some(what) = sound(connection, Depth::Deeds).map_err(|error| unreadable(file, &error))? {
        return doubt(what);
    }
    match anchored(folder, (connection, file))? {
        Some(what) => doubt(what.to_owned()),
        None => Ok(()),
    }
}

/// Refuses a folder whose ledger is gone.
pub(super) fn never_there(folder: &Path, file: &Path) -> Result<(), LedgerError> {
    match anchor::judge(None, anchor::read(folder)?.as_ref()).told() {
        Some(what) => Err(LedgerError::Doubtful { file: file.to_owned(), what: what.to_owned() }),
        None => Ok(()),
    }
}

/// What is wrong between a ledger and its anchor.
pub(super) fn anchored(
    folder: &Path,
    (connection, file): (&Connection, &Path),
) -> Result<Option<&'static str>, LedgerError> {
    let anchor = anchor::read(folder)?;
    let standing = standing(connection, anchor.as_ref().map(|head| head.seq));
    let standing = standing.map_err(|error| unreadable(file, &error))?;
    Ok(anchor::judge(Some(&standing), anchor.as_ref()).told())
}

/// What is wrong in a ledger, whatever its anchor says; the first thing that was found.
pub(super) fn sound(connection: &Connection, depth: Depth) -> Found {
    let checks: [&dyn Fn() -> Found; 6] = [
        &|| declared(connection),
        &|| whole(connection),
        &|| identity(connection),
        &|| events(connection, depth),
        &|| sums(connection),
        &|| one_to_one(connection),
    ];
    for check in checks {
        if let Some(what) = check()? {
            return Ok(Some(what));
        }
    }
    Ok(None)
}

/// A ledger that cannot even be read is in doubt, like one that reads wrong.
fn unreadable(file: &Path, error: &rusqlite::Error) -> LedgerError {
    LedgerError::Doubtful { file: file.to_owned(), what: format!("it does not read ({error})") }
}

fn standing(connection: &Connection, at: Option<i64>) -> rusqlite::Result<Standing> {
    let uuid = found::meta(connection, "uuid")?;
    let head = writer::head(connection, anchor::ledger_of(&uuid))?;
    let hash = |seq: i64| -> rusqlite::Result<Option<Hash>> {
        let sql = "SELECT hash FROM chain WHERE seq = ?1";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([seq])?;
        rows.next()?.map(|row| row.get(0)).transpose()
    };
    let there = at.map_or(Ok(None), hash)?;
    let runs: i64 = connection.query_row("SELECT count(*) FROM run", [], |row| row.get(0))?;
    Ok(Standing { head, begun: runs > 0, there })
}

/// The tables, triggers and indexes are those that the laws are made of.
fn declared(connection: &Connection) -> Found {
    let same = schema::declared(connection)? == schema::as_made()?;
    Ok((!same).then(|| "its tables are not declared as they were".to_owned()))
}

/// What the database says of its own pages and references.
fn whole(connection: &Connection) -> Found {
    let text: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if text != "ok" {
        return Ok(Some(format!("the database is damaged ({text})")));
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let broken = statement.exists([])?;
    Ok(broken.then(|| "a row refers to one that is not there".to_owned()))
}

fn identity(connection: &Connection) -> Found {
    let sql = "SELECT ref FROM chain WHERE event = 'opened' ORDER BY seq DESC LIMIT 1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let told: String = rows.next()?.map_or(Ok("0".to_owned()), |row| row.get(0))?;
    let generation = found::meta(connection, "generation")?;
    Ok((told != generation)
        .then(|| format!("its generation is {generation}, the chain says {told}")))
}

/// What the walk along the chain has seen.
#[derive(Default)]
struct Seen {
    made: u64,
    begun: u64,
    announced: u64,
    settled: u64,
    /// The entry that was announced last: they are numbered in that order.
    entry: i64,
    /// Run to the digest of its end, as long as it was not gone on with.
    ended: BTreeMap<String, Vec<u8>>,
    provisioned: BTreeMap<String, Vec<u8>>,
}

/// The chain holds together, and every row is as it says.
fn events(connection: &Connection, depth: Depth) -> Found {
    let sql = "SELECT seq, event, ref, detail, digest, hash FROM chain ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let (mut next, mut before, mut seen) = (1, chain::START, Seen::default());
    while let Some(row) = rows.next()? {
        let event: Event = column::word(row, 1, Event::named)?;
        let (of, detail): (String, String) = (row.get(2)?, row.get(3)?);
        let digest: Vec<u8> = row.get(4)?;
        let ring = Ring { seq: row.get(0)?, event, of: &of, detail: &detail, digest: &digest };
        let hash: Vec<u8> = row.get(5)?;
        before = ring.hash(&before);
        if ring.seq != next || hash != before {
            return Ok(Some(format!("its chain is broken at event {next}")));
        }
        next += 1;
        if let Some(what) = fits(connection, &ring, &mut seen)? {
            return Ok(Some(format!("{what} (event {})", ring.seq)));
        }
    }
    complete(connection, &seen, depth)
}

/// Whether the row that an event speaks of is as it was then.
fn fits(connection: &Connection, ring: &Ring<'_>, seen: &mut Seen) -> Found {
    let (of, digest) = (ring.of.to_owned(), ring.digest.to_vec());
    let row = match ring.event {
        Event::Made => {
            seen.made += 1;
            chain::MADE
        }
        Event::Begun => {
            seen.begun += 1;
            chain::BEGUN
        }
        Event::Announced => {
            seen.announced += 1;
            let entry = ring.of.parse().unwrap_or_default();
            if entry <= std::mem::replace(&mut seen.entry, entry) {
                return Ok(Some(format!("entry {of} was announced out of order")));
            }
            if let Some(what) = detail(connection, ring)? {
                return Ok(Some(what));
            }
            chain::ANNOUNCED
        }
        Event::Settled => {
            seen.settled += 1;
            chain::SETTLED
        }
        Event::Resumed => {
            seen.ended.remove(&of);
            return Ok(None);
        }
        Event::Ended => {
            seen.ended.insert(of, digest);
            return Ok(None);
        }
        Event::Provisioned => {
            seen.provisioned.insert(of, digest);
            return Ok(None);
        }
        Event::Opened | Event::Rebuilt => return Ok(None),
    };
    let now = chain::digest(connection, row, ring.of)?;
    let same = now.is_some_and(|now| now[..] == *ring.digest);
    Ok((!same).then(|| format!("what was {} as {of} is not as it was", ring.event.name())))
}

/// The record that an announcement names: it is filled in later for a create.
fn detail(connection: &Connection, ring: &Ring<'_>) -> Found {
    let sql = "SELECT deed || ' ' || aspect || ' ' || entity, ':' || crm FROM entry WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([ring.of])?;
    let Some(row) = rows.next()? else {
        return Ok(Some(format!("entry {} is gone", ring.of)));
    };
    let (deed, crm): (String, Option<String>) = (row.get(0)?, row.get(1)?);
    let rest = ring.detail.strip_prefix(&deed);
    let same = rest.is_some_and(|rest| rest.is_empty() || Some(rest) == crm.as_deref());
    Ok((!same).then(|| format!("entry {} names another record than was announced", ring.of)))
}

/// Nothing is there that the chain does not tell, and what may change is as it was told last.
fn complete(connection: &Connection, seen: &Seen, depth: Depth) -> Found {
    let counts = [
        ("SELECT 1", seen.made),
        ("SELECT count(*) FROM run", seen.begun),
        ("SELECT count(*) FROM entry", seen.announced),
        ("SELECT count(*) FROM entry WHERE outcome IS NOT NULL", seen.settled),
        ("SELECT count(*) FROM provision", seen.provisioned.len() as u64),
    ];
    for (sql, told) in counts {
        let there = connection.query_row(sql, [], |row| column::count(row, 0))?;
        if there != told {
            return Ok(Some(format!(
                "there are {there} rows where the chain tells of {told}: {sql}"
            )));
        }
    }
    let ended = seen.ended.iter().filter(|_| depth == Depth::All);
    let rows = seen.provisioned.iter().map(|told| (told, chain::PROVISIONED));
    for ((of, digest), row) in rows.chain(ended.map(|told| (told, chain::ENDED))) {
        if chain::digest(connection, row, of)?.is_none_or(|now| now[..] != **digest) {
            return Ok(Some(format!("what is known of {of} is not what was noted last")));
        }
    }
    Ok(None)
}

/// Links and hashes are the sum of the entries.
fn sums(connection: &Connection) -> Found {
    let sql = "SELECT object, key, id, deed, aspect, entity, crm, rev, after, hash, undoes
               FROM entry WHERE outcome = 'done' ORDER BY object, key, id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let (mut of, mut deeds) = ((String::new(), String::new()), Vec::new());
    let mut there = (0, 0);
    while let Some(row) = rows.next()? {
        let key = (row.get(0)?, row.get(1)?);
        if key != of {
            if let Some(what) = adds_up(connection, &of, (&deeds, &mut there))? {
                return Ok(Some(what));
            }
            deeds.clear();
            of = key;
        }
        deeds.push(done(row)?);
    }
    if let Some(what) = adds_up(connection, &of, (&deeds, &mut there))? {
        return Ok(Some(what));
    }
    let count = |sql| connection.query_row(sql, [], |row| column::count(row, 0));
    let kept = (count("SELECT count(*) FROM link")?, count("SELECT count(*) FROM hash")?);
    Ok((kept != there)
        .then(|| format!("its links and hashes are {kept:?}, the entries come to {there:?}")))
}

fn done(row: &Row<'_>) -> rusqlite::Result<Done> {
    Ok(Done {
        id: row.get(2)?,
        deed: column::word(row, 3, Deed::named)?,
        aspect: column::word(row, 4, Aspect::named)?,
        entity: column::entity(row, 5)?,
        crm: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
        rev: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        after: row.get(8)?,
        hash: row.get(9)?,
        undoes: row.get(10)?,
    })
}

fn adds_up(
    connection: &Connection,
    (object, key): &(String, String),
    (deeds, there): (&[Done], &mut (u64, u64)),
) -> Found {
    let expected = replay(deeds);
    if let Some(sum) = &expected {
        there.0 += 1;
        there.1 += sum.hashes.len() as u64;
    }
    let kept = kept(connection, (object, key))?;
    let same = match (&expected, &kept) {
        (Some(expected), Some(kept)) => alike(expected, kept),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    Ok((!same).then(|| format!("the link of {object}:{key} is not what its entries come to")))
}

/// Texts of JSON may differ in their order and say the same.
fn alike(one: &Sum, other: &Sum) -> bool {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let after = one.after == other.after || json(&one.after) == json(&other.after);
    after && Sum { after: other.after.clone(), ..one.clone() } == *other
}

fn kept(connection: &Connection, of: (&str, &str)) -> rusqlite::Result<Option<Sum>> {
    let sql = "SELECT entity, crm, rev, origin, after FROM link WHERE object = ?1 AND key = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![of.0, of.1])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut sum = Sum {
        entity: column::entity(row, 0)?,
        crm: row.get(1)?,
        rev: row.get(2)?,
        origin: column::word(row, 3, Origin::named)?,
        after: row.get(4)?,
        hashes: BTreeMap::new(),
    };
    let sql = "SELECT aspect, hash FROM hash WHERE object = ?1 AND key = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let hashes = statement.query_map(params![of.0, of.1], |row| {
        Ok((column::word(row, 0, Aspect::named)?, row.get(1)?))
    })?;
    sum.hashes = hashes.collect::<Result<_, _>>()?;
    Ok(Some(sum))
}

/// No record has two open deeds, and none of the CRM two owners.
fn one_to_one(connection: &Connection) -> Found {
    let twice = |sql: &str| connection.prepare(sql)?.exists([]);
    if twice("SELECT 1 FROM entry WHERE outcome IS NULL GROUP BY object, key HAVING count(*) > 1")?
    {
        return Ok(Some("a record has two open entries".to_owned()));
    }
    Ok(twice("SELECT 1 FROM link GROUP BY entity, crm HAVING count(*) > 1")?
        .then(|| "a record of the CRM stands for two source records".to_owned()))
}
