//! The promises of the ledger, each with its sentence and the question that would find it broken.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::Connection;
use serde::Serialize;
use serde_json::Value;

use super::chain::Event;
use super::check::{self, Depth};
use super::error::LedgerError;
use super::read::Reader;
use super::{column, schema};

/// How many breaches of a promise are named.
const EXAMPLES: usize = 5;

/// What came of looking whether a promise is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The promise's number, such as `I3`.
    pub code: &'static str,
    /// What is promised.
    pub says: &'static str,
    /// How many cases were looked at.
    pub checked: u64,
    /// How many of them break it.
    pub broken: u64,
    /// The first of these.
    pub examples: Vec<String>,
}

impl Finding {
    /// A promise of which these cases break it.
    pub fn of(code: &'static str, says: &'static str, checked: u64, broken: Vec<String>) -> Self {
        let count = broken.len() as u64;
        let examples = broken.into_iter().take(EXAMPLES).collect();
        Self { code, says, checked, broken: count, examples }
    }

    /// Whether the promise is kept.
    pub const fn holds(&self) -> bool {
        self.broken == 0
    }
}

/// A promise that one question answers.
struct Asked {
    code: &'static str,
    says: &'static str,
    /// How many cases there are.
    count: &'static str,
    /// The cases that break it, as text.
    broken: &'static str,
}

const ASKED: [Asked; 8] = [
    Asked {
        code: "I1",
        says: "every deed was announced by the process that then held the ledger",
        count: "SELECT count(*) FROM entry",
        broken: "SELECT 'entry ' || e.id || ' has generation ' || e.generation
            FROM entry AS e JOIN run AS r ON r.id = e.run
            WHERE e.generation < r.generation OR e.generation >
              (SELECT CAST(v AS INTEGER) FROM meta WHERE k = 'generation')",
    },
    Asked {
        code: "I2",
        says: "a deed without an answer counts as not applied only for a reason that is written down",
        count: "SELECT count(*) FROM entry WHERE outcome = 'not_applied'",
        broken: "SELECT 'entry ' || id || ' of ' || object || ':' || key FROM entry
            WHERE outcome = 'not_applied' AND coalesce(detail, '') = ''",
    },
    Asked {
        code: "I3",
        says: "a record has at most one open deed",
        count: "SELECT count(*) FROM entry WHERE outcome IS NULL",
        broken: "SELECT object || ':' || key FROM entry WHERE outcome IS NULL
            GROUP BY object, key HAVING count(*) > 1",
    },
    Asked {
        code: "I4",
        says: "a record of the CRM stands for at most one source record",
        count: "SELECT count(*) FROM link",
        broken: "SELECT entity || ':' || crm FROM link GROUP BY entity, crm HAVING count(*) > 1",
    },
    Asked {
        code: "I7",
        says: "every record that a finished run made has the outcome that says so, and no other has",
        count: "SELECT count(*) FROM verdict AS v JOIN run AS r ON r.id = v.run
            WHERE r.state = 'done'",
        broken: "SELECT v.object || ':' || v.key || ' in run ' || v.run
            FROM verdict AS v JOIN run AS r ON r.id = v.run
            WHERE r.state = 'done' AND v.outcome = 'created' AND NOT EXISTS (
              SELECT 1 FROM entry AS e WHERE e.object = v.object AND e.key = v.key
                AND e.run = v.run AND e.deed = 'create' AND e.outcome = 'done')
            UNION ALL
            SELECT e.object || ':' || e.key || ' in run ' || e.run
            FROM entry AS e JOIN run AS r ON r.id = e.run
            WHERE r.state = 'done' AND e.deed = 'create' AND e.outcome = 'done' AND NOT EXISTS (
              SELECT 1 FROM verdict AS v WHERE v.run = e.run AND v.object = e.object
                AND v.key = e.key AND v.outcome IN ('created', 'failed'))",
    },
    Asked {
        code: "I9",
        says: "every change of a record names the revision that was read before it",
        count: "SELECT count(*) FROM entry WHERE deed IN ('fill', 'edit', 'delete', 'restore', 'sweep')",
        broken: "SELECT 'entry ' || id || ' of ' || object || ':' || key FROM entry
            WHERE deed IN ('fill', 'edit', 'delete', 'restore', 'sweep') AND outcome = 'done'
              AND detail <> 'nothing to do' AND coalesce(rev_before, '') = ''",
    },
    Asked {
        code: "I11",
        says: "only records that we made were deleted",
        count: "SELECT count(*) FROM entry WHERE deed IN ('delete', 'sweep') AND outcome = 'done'",
        broken: "SELECT 'entry ' || d.id || ' of ' || d.object || ':' || d.key FROM entry AS d
            LEFT JOIN entry AS m ON m.id = d.undoes
            WHERE d.deed = 'delete' AND d.outcome = 'done'
              AND (m.deed IS NULL OR m.deed NOT IN ('create', 'adopt') OR m.crm IS NOT d.crm
                   OR m.object <> d.object OR m.key <> d.key)
            UNION ALL
            SELECT 'entry ' || s.id || ' of ' || s.object || ':' || s.key FROM entry AS s
            WHERE s.deed = 'sweep' AND s.outcome = 'done' AND (
              EXISTS (SELECT 1 FROM entry AS k WHERE k.object = s.object AND k.key = s.key
                AND k.crm = s.crm AND k.deed <> 'sweep' AND k.outcome = 'done')
              OR NOT EXISTS (SELECT 1 FROM entry AS c WHERE c.object = s.object
                AND c.key = s.key AND c.deed = 'create' AND c.id < s.id))",
    },
    Asked {
        code: "I13",
        says: "no deed was taken back twice",
        count: "SELECT count(*) FROM entry WHERE undoes IS NOT NULL AND outcome = 'done'",
        broken: "SELECT 'entry ' || undoes FROM entry WHERE undoes IS NOT NULL AND outcome = 'done'
            GROUP BY undoes HAVING count(*) > 1",
    },
];

/// Fields that name other records.
const LINKS: [&str; 5] = ["accounts", "contacts", "leads", "participants", "entity"];

/// Looks whether the ledger in a folder keeps its promises; `None` when there is none.
///
/// A ledger that does not even read is an error.
pub fn invariants(folder: &Path) -> Result<Option<Vec<Finding>>, LedgerError> {
    let file = folder.join("ledger.db");
    let Some(connection) = schema::open_for_reading(&file)? else {
        return check::never_there(folder, &file).map(|()| None);
    };
    let unread = |error: rusqlite::Error| {
        let what = format!("it does not read ({error})");
        LedgerError::Doubtful { file: file.clone(), what }
    };
    let mut findings = vec![chain(folder, (&connection, &file))?];
    for asked in &ASKED {
        findings.push(asked.look(&connection).map_err(unread)?);
    }
    findings.push(parents(&connection).map_err(unread)?);
    findings.sort_by_key(|finding| finding.code[1..].parse::<u32>().unwrap_or_default());
    Ok(Some(findings))
}

impl Reader {
    /// How far the ledger has come, for whoever keeps that outside of it: the number of its last
    /// event, and the hash of the chain in hex.
    pub fn head(&self) -> Result<(i64, String), LedgerError> {
        self.with(|connection| {
            let (seq, hash) = super::chain::last(connection)?;
            Ok((seq, blake3::Hash::from_bytes(hash).to_hex().to_string()))
        })
    }
}

impl Asked {
    fn look(&self, connection: &Connection) -> rusqlite::Result<Finding> {
        let checked = connection.query_row(self.count, [], |row| column::count(row, 0))?;
        let mut statement = connection.prepare(self.broken)?;
        let broken = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(Finding::of(self.code, self.says, checked, broken))
    }
}

/// The ledger is what it was, and the latest.
fn chain(folder: &Path, (connection, file): (&Connection, &Path)) -> Result<Finding, LedgerError> {
    let unread = |error: rusqlite::Error| format!("it does not read ({error})");
    let events = connection
        .query_row("SELECT coalesce(max(seq), 0) FROM chain", [], |row| column::count(row, 0));
    let mut broken: Vec<String> = Vec::new();
    broken.extend(check::sound(connection, Depth::All).unwrap_or_else(|error| Some(unread(error))));
    broken.extend(check::anchored(folder, (connection, file))?.map(str::to_owned));
    let says = "the ledger is as it was written, and it is the latest";
    Ok(Finding::of("I18", says, events.unwrap_or_default(), broken))
}

/// What is sent names only records that are there by then.
///
/// One walk along the chain: a record of ours counts as there from the event that settled it.
fn parents(connection: &Connection) -> rusqlite::Result<Finding> {
    let sql = "SELECT c.event, e.deed, e.outcome, e.entity || ':' || e.crm, e.after,
                      'entry ' || e.id || ' of ' || e.object || ':' || e.key
               FROM chain AS c JOIN entry AS e ON e.id = CAST(c.ref AS INTEGER)
               WHERE c.event IN ('announced', 'settled') ORDER BY c.seq";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let (mut there, mut early) = (HashMap::<String, bool>::new(), Vec::new());
    let mut checked = 0;
    while let Some(row) = rows.next()? {
        let event = column::word(row, 0, Event::named)?;
        let (deed, outcome): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        if event == Event::Settled {
            let at: Option<String> = row.get(3)?;
            if let Some(at) = at.filter(|_| outcome.as_deref() == Some("done")) {
                let made = deed == "create";
                *there.entry(at).or_default() |= made;
            }
        } else if ["create", "fill", "edit"].contains(&deed.as_str()) {
            checked += 1;
            let who: String = row.get(5)?;
            let named = column::json::<Value>(row, 4)?.map(|after| links(&after));
            let missing = named.into_iter().flatten().filter(|at| !there.contains_key(at));
            early.extend(missing.map(|at| (who.clone(), at)));
        }
    }
    // A record that is in the CRM from elsewhere is no record of ours that came too late.
    let broken = early.into_iter().filter(|(_, at)| there.get(at) == Some(&true));
    let broken = broken.map(|(who, at)| format!("{who} names {at}, which came later")).collect();
    Ok(Finding::of("I8", "what is sent names only records that are there by then", checked, broken))
}

fn links(after: &Value) -> Vec<String> {
    let named = LINKS.iter().filter_map(|path| after.get(path));
    let one_by_one =
        named.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
    one_by_one.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}
