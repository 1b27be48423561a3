//! Rows that were remarked upon or kept out while they were read.

use rusqlite::{Connection, Row, params};

use crate::ground::Flag;

/// A remark on a place of a table; a row that was kept out has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: `contacts.csv line 17`, `/contacts page 3 row 12`.
    pub place: Box<str>,
    /// What: code, column, value and a sentence.
    pub flag: Flag,
}

/// Keeps faults of a sheet.
pub(super) fn keep(
    connection: &Connection,
    sheet: i64,
    faults: &[Fault],
) -> Result<(), rusqlite::Error> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO fault (sheet, place, code, field, column_name, value, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for Fault { place, flag } in faults {
        insert.execute(params![
            sheet,
            &**place,
            &*flag.code,
            &*flag.field,
            &*flag.column,
            &*flag.value,
            &*flag.detail
        ])?;
    }
    Ok(())
}

/// The faults of a sheet, in the order in which they were met.
pub(super) fn list(connection: &Connection, sheet: i64) -> Result<Vec<Fault>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT place, code, field, column_name, value, detail FROM fault
             WHERE sheet = ?1 ORDER BY number",
        )?
        .query_map([sheet], from_row)?
        .collect()
}

fn from_row(row: &Row<'_>) -> Result<Fault, rusqlite::Error> {
    let text = |position| row.get::<_, String>(position).map(String::into_boxed_str);
    Ok(Fault {
        place: text(0)?,
        flag: Flag {
            code: text(1)?,
            field: text(2)?,
            column: text(3)?,
            value: text(4)?,
            detail: text(5)?,
        },
    })
}
