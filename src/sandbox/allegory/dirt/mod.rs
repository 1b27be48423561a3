//! What is wrong in the export, at fixed rows and columns, so that a test or a trainer can name it.
//!
//! Cells are listed by table here; what is wrong with a file as a whole stands in `shapes.rs`.

mod activities;
mod companies;
mod contacts;
mod deals;
mod others;
mod shapes;

use std::borrow::Cow;

pub use shapes::{SHAPES, Shape, Trouble};

use super::row::Row;

/// A cell that holds what a clean export would not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirt {
    /// What the case is.
    pub case: &'static str,
    /// Its table.
    pub table: &'static str,
    /// The key of its row: parts joined by `|`, without blanks around them.
    pub key: &'static str,
    /// Its column.
    pub column: &'static str,
    /// What stands there, to the letter.
    pub value: Cow<'static, str>,
}

/// Key, column, value, case.
type Cell = (&'static str, &'static str, &'static str, &'static str);

/// All cells; where two speak of one cell there is a mistake, and a test fails.
pub fn dirt() -> Vec<Dirt> {
    let lists: [(&'static str, &'static [Cell]); 16] = [
        ("users", &others::USERS),
        ("companies", &companies::CELLS),
        ("contacts", &contacts::CELLS),
        ("contact_companies", &others::CONTACT_COMPANIES),
        ("deals", &deals::DEALS),
        ("deal_contacts", &others::DEAL_CONTACTS),
        ("leads", &deals::LEADS),
        ("tasks", &activities::TASKS),
        ("calls", &activities::CALLS),
        ("emails", &activities::EMAILS),
        ("meetings", &activities::MEETINGS),
        ("meeting_attendees", &others::ATTENDEES),
        ("notes", &activities::NOTES),
        ("files", &others::FILES),
        ("custom_objects", &others::CUSTOM_OBJECTS),
        ("custom_object_links", &others::CUSTOM_OBJECT_LINKS),
    ];
    let cell = |table| {
        move |&(key, column, value, case): &Cell| {
            let value = Cow::Borrowed(value);
            Dirt { case, table, key, column, value }
        }
    };
    let short = lists.into_iter().flat_map(|(table, cells)| cells.iter().map(cell(table)));
    short.chain(activities::long()).chain(others::long()).collect()
}

/// Puts the dirt of a table into its rows.
pub(crate) fn spoil(table: &str, rows: &mut [Row]) {
    let mut all = dirt();
    all.retain(|dirt| dirt.table == table);
    for row in rows {
        let key = row.key();
        for dirt in all.iter().filter(|dirt| dirt.key == key) {
            row.set(dirt.column, dirt.value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_cases_claim_the_same_cell() {
        let mut claimed = HashSet::new();
        for Dirt { table, key, column, .. } in dirt() {
            assert!(claimed.insert((table, key, column)), "{table} {key} {column}");
        }
    }
}
