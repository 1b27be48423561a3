//! What becomes of every column of the source: mapped, key, archived, ignored by name, or nothing.

use std::collections::BTreeMap;

use super::error::PlanError;
use super::gate::Gate;
use super::prepare::Desk;
use crate::ground::{Record, counted, is_blank};
use crate::spec::{ColumnUse, ColumnUses, Pipeline};
use serde::Serialize;

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disposition {
    /// Its table.
    pub table: String,
    /// The column, as rules would name it.
    pub column: String,
    /// Its header, as it stands in the source.
    pub shown: String,
    /// How many rows hold something there.
    pub rows: u64,
    /// The strongest of what the spec does with it.
    pub way: Disposed,
    /// The fields, archives and objects that name it, as `people.email` or `events.csv`.
    pub to: Vec<String>,
}

impl Disposition {
    /// The word for people; a column that nobody decided about but that is empty is no question.
    pub const fn status(&self) -> &'static str {
        match (self.way, self.rows) {
            (Disposed::Unmapped | Disposed::NotLookedUp, 0) => "empty",
            (way, _) => way.name(),
        }
    }
}

/// What the spec does with a column; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposed {
    /// Fields are made of it.
    Mapped,
    /// It is the key of its table.
    Key,
    /// It leads to rows of another table.
    Link,
    /// It decides about rows.
    Rule,
    /// An archive keeps it.
    Archived,
    /// It is ignored, by its name or with all the rest.
    Ignored,
    /// It stands in a table of which no object is made, and nothing looks it up there.
    NotLookedUp,
    /// Nothing in the spec names it: it is left behind, and somebody has to decide about it.
    Unmapped,
}

impl Disposed {
    /// The word for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::Key => "key",
            Self::Link => "link",
            Self::Rule => "rule",
            Self::Archived => "archived",
            Self::Ignored => "ignored",
            Self::NotLookedUp => "left behind",
            Self::Unmapped => "unmapped",
        }
    }
}

/// The columns of every table that is read, table by table, each in the order of its header.
pub(super) fn find(desk: &Desk) -> Result<Vec<Disposition>, PlanError> {
    let pipeline: &Pipeline = &desk.pipeline;
    let mut found = Vec::new();
    for (position, table) in pipeline.tables.iter().enumerate() {
        if table.completes.is_some() {
            continue;
        }
        let uses = ColumnUses::of(pipeline, position);
        let is_own = pipeline.objects.iter().any(|object| object.table == position);
        let unnamed = if is_own { Disposed::Unmapped } else { Disposed::NotLookedUp };
        let mut columns = Columns::default();
        for row in desk.rows.rows(&table.name)? {
            columns.count(&*row?);
        }
        let named = |(column, (shown, rows)): (String, (String, u64))| {
            let uses = uses.column(&column);
            let way = uses.first().map_or(unnamed, |used| way(used));
            let to = uses.iter().filter_map(|used| to(pipeline, used)).collect();
            Disposition { table: table.name.clone(), column, shown, rows, way, to }
        };
        found.extend(columns.into_sorted().into_iter().map(named));
    }
    Ok(found)
}

/// A refusal when something is left behind that nobody decided about.
pub fn undecided(columns: &[Disposition]) -> Option<Gate> {
    let left: Vec<_> = unmapped(columns).collect();
    let (first, rest) = (left.iter().take(12), left.len().saturating_sub(12));
    let told = |one: &&Disposition| {
        format!("{}.{} ({})", one.table, one.column, counted(one.rows, "row", "rows"))
    };
    let mut names: Vec<_> = first.map(told).collect();
    if rest > 0 {
        names.push(format!("and {rest} more"));
    }
    (!names.is_empty()).then(|| Gate {
        code: "unmapped_columns",
        message: format!("nothing maps {}", names.join(", ")),
        hint: "map them, keep them in an archive, or name them under `ignore`: what is left behind is to be decided by somebody"
            .into(),
    })
}

/// The columns that hold something and that nothing names.
pub fn unmapped(columns: &[Disposition]) -> impl Iterator<Item = &Disposition> {
    columns.iter().filter(|one| one.way == Disposed::Unmapped && one.rows > 0)
}

const fn way(used: &ColumnUse) -> Disposed {
    match used {
        ColumnUse::Mapped(..) => Disposed::Mapped,
        ColumnUse::Key => Disposed::Key,
        ColumnUse::Link => Disposed::Link,
        ColumnUse::Rule => Disposed::Rule,
        ColumnUse::Archived(_) => Disposed::Archived,
        ColumnUse::Ignored(_) | ColumnUse::IgnoredRest(_) => Disposed::Ignored,
    }
}

fn to(pipeline: &Pipeline, used: &ColumnUse) -> Option<String> {
    Some(match used {
        ColumnUse::Mapped(object, field) => {
            let object = &pipeline.objects[*object];
            format!("{}.{}", object.name, object.fields[*field].target.path)
        }
        ColumnUse::Archived(archive) => pipeline.archives[*archive].file.clone(),
        ColumnUse::Ignored(object) | ColumnUse::IgnoredRest(object) => {
            format!("{}: ignore", pipeline.objects[*object].name)
        }
        ColumnUse::Key | ColumnUse::Link | ColumnUse::Rule => return None,
    })
}

/// The columns of a table as its rows bring them, and how many rows hold something there.
#[derive(Debug, Default)]
struct Columns {
    order: Vec<String>,
    counts: BTreeMap<String, (String, u64)>,
}

impl Columns {
    fn count(&mut self, row: &Record) {
        for (column, cell) in row.header.columns().iter().zip(&row.cells) {
            let is_empty = is_blank(cell);
            if let Some((_, rows)) = self.counts.get_mut(&*column.name) {
                *rows += u64::from(!is_empty);
                continue;
            }
            self.order.push(column.name.to_string());
            let first = (column.shown.to_string(), u64::from(!is_empty));
            self.counts.insert(column.name.to_string(), first);
        }
    }

    fn into_sorted(mut self) -> Vec<(String, (String, u64))> {
        let order = std::mem::take(&mut self.order);
        order.into_iter().filter_map(|name| self.counts.remove_entry(&name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::ground::{Column, Header};

    #[test]
    fn a_column_counts_where_it_holds_something() {
        let column = |name: &str| Column { name: name.into(), shown: name.to_uppercase().into() };
        let header = Arc::new(Header::new(["notes", "id", "fax"].map(column).into()));
        let row = |cells: [Value; 3]| Record {
            key: "1".into(),
            occurrence: None,
            place: "contacts.csv line 2".into(),
            source: 0,
            header: Arc::clone(&header),
            cells: cells.into(),
        };
        let mut columns = Columns::default();
        columns.count(&row([json!("x"), json!("1"), Value::Null]));
        columns.count(&row([json!(0), json!("2"), json!([])]));
        columns.count(&row([json!(" "), json!("3"), json!("")]));
        let found: Vec<_> = columns
            .into_sorted()
            .into_iter()
            .map(|(name, (shown, rows))| format!("{name} {shown} {rows}"))
            .collect();
        assert_eq!(found, ["notes NOTES 2", "id ID 3", "fax FAX 0"]);
    }

    #[test]
    fn what_nobody_decided_about_refuses_the_run_and_is_named() {
        let column = |column: &str, rows, way| Disposition {
            table: "contacts".into(),
            column: column.into(),
            shown: column.into(),
            rows,
            way,
            to: Vec::new(),
        };
        let empty = column("telex", 0, Disposed::Unmapped);
        let fine = [column("email", 9, Disposed::Mapped), empty.clone()];
        assert!(undecided(&fine).is_none());
        let gate = undecided(&[empty, column("fax", 3, Disposed::Unmapped)]).unwrap();
        assert_eq!(gate.message, "nothing maps contacts.fax (3 rows)");
        let gate = undecided(&[column("fax", 1, Disposed::Unmapped)]).unwrap();
        assert_eq!(gate.message, "nothing maps contacts.fax (1 row)");
    }
}
