//! The union of two tables: rows that only the second has are added to the first, and what they
//! say differently about the same record is kept for the report.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StagingError;
use super::put::Desk;
use super::read::{self, ReadFault};
use super::sheet::Sheet;
use super::store::Staging;
use crate::ground::Record;

/// A column in which two rows of one record differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// The column.
    pub column: Box<str>,
    /// What the completed table says; it stays.
    pub kept: Box<str>,
    /// What the other one says.
    pub other: Box<str>,
}

/// A difference between two tables about one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedDifference {
    /// The record's key.
    pub key: Box<str>,
    /// Where the other row stood.
    pub place: Box<str>,
    /// The column and both values.
    pub differing: Differing,
}

/// What a union came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnionReport {
    /// Rows added, because only the other table had them.
    pub added: u64,
    /// Rows that both have.
    pub common: u64,
    /// Rows that both have and that differ.
    pub differing: u64,
}

impl Staging {
    /// Completes `into` by the rows of `from`; `compare` says how two rows of one record differ.
    /// Done once in a generation: asked again it only reports what it came to.
    pub fn complete(
        &mut self,
        into: &str,
        from: &str,
        compare: impl Fn(&Record, &Record) -> Vec<Differing>,
    ) -> Result<UnionReport, StagingError> {
        let mut target = self.writable(into)?.clone();
        let source = self.writable(from)?.clone();
        let done = join(&mut self.connection, &mut target, &source, compare);
        let report = done.map_err(|fault| fault.at(&self.path))?;
        self.sheets.insert(into.into(), target);
        Ok(report)
    }

    /// The differences that unions found in a table.
    pub fn differences(&self, table: &str) -> Result<Vec<StagedDifference>, StagingError> {
        let sheet = self.sheet(table)?;
        list(&self.connection, sheet.id).map_err(|error| self.fail(error))
    }
}

fn join(
    connection: &mut Connection,
    into: &mut Sheet,
    from: &Sheet,
    compare: impl Fn(&Record, &Record) -> Vec<Differing>,
) -> Result<UnionReport, ReadFault> {
    if let Some(report) = joined(connection, into.id, from.id)? {
        return Ok(report);
    }
    let transaction = connection.transaction()?;
    let mut report = UnionReport::default();
    let mut after = 0;
    loop {
        let batch = read::batch(&transaction, from, after)?;
        let Some(&(last, _)) = batch.last() else { break };
        after = last;
        for (_, record) in &batch {
            let Some(current) = read::get(&transaction, into, &record.key)? else {
                Desk::new(&transaction, into).put(record)?;
                report.added += 1;
                continue;
            };
            let differing = compare(&current, record);
            report.common += 1;
            report.differing += u64::from(!differing.is_empty());
            keep(&transaction, into.id, record, &differing)?;
        }
    }
    transaction.execute(
        "UPDATE sheet SET rows = rows + ?2 WHERE id = ?1",
        params![into.id, report.added.cast_signed()],
    )?;
    note(&transaction, (into.id, from.id), report)?;
    transaction.commit()?;
    Ok(report)
}

fn joined(
    connection: &Connection,
    into: i64,
    from: i64,
) -> Result<Option<UnionReport>, rusqlite::Error> {
    let number = |row: &rusqlite::Row<'_>, at| row.get::<_, i64>(at).map(i64::unsigned_abs);
    connection
        .query_row(
            "SELECT added, common, differing FROM joined WHERE into_sheet = ?1 AND from_sheet = ?2",
            [into, from],
            |row| {
                let (added, common) = (number(row, 0)?, number(row, 1)?);
                Ok(UnionReport { added, common, differing: number(row, 2)? })
            },
        )
        .optional()
}

fn note(
    connection: &Connection,
    (into, from): (i64, i64),
    report: UnionReport,
) -> Result<(), rusqlite::Error> {
    let [added, common, differing] =
        [report.added, report.common, report.differing].map(u64::cast_signed);
    connection
        .execute(
            "INSERT INTO joined (into_sheet, from_sheet, added, common, differing)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            [into, from, added, common, differing],
        )
        .map(drop)
}

fn keep(
    connection: &Connection,
    sheet: i64,
    record: &Record,
    differing: &[Differing],
) -> Result<(), rusqlite::Error> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO difference (sheet, key, place, column_name, kept, other)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for Differing { column, kept, other } in differing {
        insert.execute(params![
            sheet,
            &*record.key,
            &*record.place,
            &**column,
            &**kept,
            &**other
        ])?;
    }
    Ok(())
}

/// The differences kept for a sheet.
pub(super) fn list(
    connection: &Connection,
    sheet: i64,
) -> Result<Vec<StagedDifference>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT key, place, column_name, kept, other FROM difference
             WHERE sheet = ?1 ORDER BY number",
        )?
        .query_map([sheet], |row| {
            let text = |position| row.get::<_, String>(position).map(String::into_boxed_str);
            let differing = Differing { column: text(2)?, kept: text(3)?, other: text(4)? };
            Ok(StagedDifference { key: text(0)?, place: text(1)?, differing })
        })?
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::staging::sample::{Desk, page};

    fn by_name(current: &Record, other: &Record) -> Vec<Differing> {
        let text = |record: &Record| Box::from(record.get("name").as_str().unwrap_or_default());
        let (kept, other) = (text(current), text(other));
        if kept == other {
            return Vec::new();
        }
        vec![Differing { column: "name".into(), kept, other }]
    }

    #[test]
    fn rows_only_in_the_legacy_table_are_added_and_every_difference_is_kept() {
        let desk = Desk::new();
        let mut staging = desk.open();
        staging.begin().unwrap();
        let row = |id: &str, name: &str| json!({"id": id, "name": name});
        staging.put("contacts", &page(None, None, &[row("1", "Ann"), row("2", "Bob")])).unwrap();
        let legacy = [row("2", "Robert"), row("3", "Cy"), row("1", "Ann")];
        staging.put("groups", &page(None, None, &legacy)).unwrap();

        let report = staging.complete("contacts", "groups", by_name).unwrap();
        assert_eq!(report, UnionReport { added: 1, common: 2, differing: 1 });
        let again = staging.complete("contacts", "groups", |_, _| unreachable!()).unwrap();
        assert_eq!(again, report, "done once");

        assert_eq!(staging.keys("contacts").unwrap(), ["1", "2", "3"]);
        assert_eq!(staging.count("contacts").unwrap(), 3);
        let differences = staging.differences("contacts").unwrap();
        assert_eq!(differences.len(), 1);
        assert_eq!(&*differences[0].key, "2");
        assert_eq!(&*differences[0].differing.other, "Robert");
        assert_eq!(&*differences[0].place, "/t page 1 row 1");
    }
}
