//! A sheet: a table in one generation of the extraction.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::cells::signed;
use crate::ground::{Column, Header};

/// A sheet as it is known in memory.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    /// Its number, which names its tables on disk.
    pub(super) id: i64,
    /// Its columns so far.
    pub(super) header: Arc<Header>,
    /// The columns whose values are indexed.
    pub(super) links: Vec<String>,
}

/// The sheets of a generation by table name.
pub(super) type Sheets = HashMap<String, Sheet>;

/// Makes the sheet of a table in a generation.
pub(super) fn create(
    connection: &Connection,
    generation: i64,
    table: &str,
    links: &[String],
) -> Result<(), rusqlite::Error> {
    let names = serde_json::Value::from(links).to_string();
    connection.execute(
        "INSERT INTO sheet (generation, name, links, state, detail, pages, rows)
         VALUES (?1, ?2, ?3, 'reading', '', 0, 0)",
        params![generation, table, names],
    )?;
    let id = connection.last_insert_rowid();
    connection.execute_batch(&format!(
        "CREATE TABLE row_{id} (seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
             place TEXT NOT NULL, source INTEGER NOT NULL, hash BLOB NOT NULL, cells TEXT NOT NULL);
         CREATE TABLE link_{id} (link INTEGER NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL,
             PRIMARY KEY (link, value, seq)) WITHOUT ROWID;"
    ))
}

/// Removes every sheet of a generation.
pub(super) fn drop_generation(
    connection: &Connection,
    generation: i64,
) -> Result<(), rusqlite::Error> {
    let ids: Vec<i64> = connection
        .prepare("SELECT id FROM sheet WHERE generation = ?1")?
        .query_map([generation], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in ids {
        connection.execute_batch(&format!(
            "DROP TABLE row_{id}; DROP TABLE link_{id};
             DELETE FROM header WHERE sheet = {id}; DELETE FROM page WHERE sheet = {id};
             DELETE FROM fault WHERE sheet = {id}; DELETE FROM difference WHERE sheet = {id};
             DELETE FROM joined WHERE {id} IN (into_sheet, from_sheet);
             DELETE FROM sheet WHERE id = {id};"
        ))?;
    }
    Ok(())
}

/// The sheets of a generation.
pub(super) fn load(connection: &Connection, generation: i64) -> Result<Sheets, rusqlite::Error> {
    let mut sheets = Sheets::new();
    let mut query =
        connection.prepare_cached("SELECT name, id, links FROM sheet WHERE generation = ?1")?;
    let mut rows = query.query([generation])?;
    while let Some(row) = rows.next()? {
        let (name, id, names): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        // Written by `create` alone; were it damaged, look-ups would scan instead of seek.
        let links = serde_json::from_str(&names).unwrap_or_default();
        sheets.insert(name, Sheet { id, header: Arc::new(header(connection, id)?), links });
    }
    Ok(sheets)
}

fn header(connection: &Connection, sheet: i64) -> Result<Header, rusqlite::Error> {
    let columns = connection
        .prepare_cached("SELECT name, shown FROM header WHERE sheet = ?1 ORDER BY position")?
        .query_map([sheet], |row| {
            let (name, shown): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(Column { name: name.into(), shown: shown.into() })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Header::new(columns))
}

impl Sheet {
    /// Makes room for the columns of `other`: where each of them stands in this sheet.
    pub(super) fn align(
        &mut self,
        connection: &Connection,
        other: &Header,
    ) -> Result<Vec<usize>, rusqlite::Error> {
        let mut positions = Vec::with_capacity(other.columns().len());
        for column in other.columns() {
            if let Some(position) = self.header.position(&column.name) {
                positions.push(position);
                continue;
            }
            let position = Arc::make_mut(&mut self.header).push(column.clone());
            connection
                .prepare_cached(
                    "INSERT INTO header (sheet, position, name, shown) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![self.id, signed(position), &*column.name, &*column.shown])?;
            positions.push(position);
        }
        Ok(positions)
    }
}
