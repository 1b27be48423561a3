//! What was remarked while the source was read and is no record's own: footers, suspicious letters,
//! empty files, and rows lost to tables that no object reads.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::PlanError;
use super::held::LOST_ROWS;
use super::prepare::Desk;
use crate::ground::Flag;
use crate::spec::Pipeline;

/// A remark on a place of a table.
#[derive(Debug, Clone, Serialize)]
pub struct TableRemark {
    /// The table, as it is staged.
    pub table: String,
    /// Where: `contacts.csv line 17`.
    pub place: String,
    /// What.
    pub flag: Flag,
}

/// The name under which a table is staged: its own, or `source.table` when it completes another.
pub fn staged_name(pipeline: &Pipeline, table: usize) -> String {
    let table = &pipeline.tables[table];
    match table.completes {
        None => table.name.clone(),
        Some(_) => format!("{}.{}", pipeline.sources[table.source].name, table.name),
    }
}

/// All of them, table by table; a row that an object counts among its own is not among them.
pub(super) fn remarks(desk: &Desk) -> Result<Vec<TableRemark>, PlanError> {
    let pipeline = &desk.pipeline;
    let mut remarks = Vec::new();
    for table in 0..pipeline.tables.len() {
        let counted = pipeline.objects.iter().any(|object| object.table == table);
        let name = staged_name(pipeline, table);
        let faults = desk.rows.faults(&name)?;
        let own =
            faults.into_iter().filter(|fault| !(counted && LOST_ROWS.contains(&&*fault.flag.code)));
        remarks.extend(own.map(|fault| TableRemark {
            table: name.clone(),
            place: fault.place.to_string(),
            flag: fault.flag,
        }));
    }
    Ok(remarks)
}

/// Table and code to how many there are, with the first.
pub fn by_code(remarks: &[TableRemark]) -> BTreeMap<(&str, &str), (u64, &TableRemark)> {
    let mut sums = BTreeMap::new();
    for remark in remarks {
        let key = (remark.table.as_str(), &*remark.flag.code);
        sums.entry(key).or_insert((0, remark)).0 += 1;
    }
    sums
}
