//! What was done, told: one record's story, and when something was settled last.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::column;
use super::entry::Deed;
use super::error::LedgerError;
use super::read::Reader;
use crate::ground::SourceKey;

/// A line of a record's story.
#[derive(Debug, Clone, serde::Serialize)]
pub struct StoryLine {
    /// When.
    pub at: String,
    /// In which run.
    pub run: i64,
    /// What.
    pub what: String,
}

impl Reader {
    /// When a deed of this sort was settled last with this detail.
    pub fn last_settled(&self, deed: Deed, detail: &str) -> Result<Option<Timestamp>, LedgerError> {
        self.with(|connection| {
            let sql = "SELECT settled FROM entry WHERE deed = ?1 AND detail = ?2
                       ORDER BY settled DESC LIMIT 1";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([deed.name(), detail], |row| column::time(row, 0)).optional()
        })
    }

    /// A record's story, run by run: its deeds, then the run's verdict.
    pub fn story(&self, key: &SourceKey) -> Result<Vec<StoryLine>, LedgerError> {
        self.with(|connection| {
            let sql = "
                SELECT e.at, e.run, e.deed || ' (' || e.aspect || ') of ' || e.entity
                       || coalesce(':' || e.crm, '') || ': '
                       || coalesce(e.outcome, 'open, nobody knows yet what became of it')
                       || coalesce(', ' || nullif(e.detail, ''), '')
                       || coalesce(', left alone: ' || e.left_alone, ''), 0, e.id
                  FROM entry AS e WHERE e.object = ?1 AND e.key = ?2
                UNION ALL
                SELECT coalesce(r.ended, r.started), v.run, v.outcome
                       || coalesce(': ' || nullif(v.reason, ''), ''), 1, 0
                  FROM verdict AS v JOIN run AS r ON r.id = v.run
                 WHERE v.object = ?1 AND v.key = ?2
                ORDER BY 2, 4, 5";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([&*key.object, &*key.id], |row| {
                Ok(StoryLine { at: row.get(0)?, run: row.get(1)?, what: row.get(2)? })
            })?;
            rows.collect()
        })
    }
}
