//! What becomes of each column of a table: everything in the spec that names it.

use std::collections::{BTreeMap, BTreeSet};

use super::mentions::{By, Mentions};
use super::pipeline::{Ignore, Pipeline};

/// What a spec does with a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnUse {
    /// A field is made of it: the positions of the object and of the field in it.
    Mapped(usize, usize),
    /// It is the key of its table, or part of it.
    Key,
    /// It leads to another table.
    Link,
    /// It decides about rows: changed or deleted, owners, `where`, `skip`, `expand`, `dedupe`.
    Rule,
    /// An archive keeps it: its position.
    Archived(usize),
    /// An object ignores it by its name: its position.
    Ignored(usize),
    /// An object ignores all that it does not map: its position.
    IgnoredRest(usize),
}

/// The uses of a table's columns.
#[derive(Debug, Default)]
pub struct ColumnUses {
    named: BTreeMap<String, BTreeSet<ColumnUse>>,
    /// What holds for columns that nothing names.
    rest: BTreeSet<ColumnUse>,
}

impl ColumnUses {
    /// Everything that the spec does with the columns of a table, by their names after `rename`.
    pub fn of(pipeline: &Pipeline, table: usize) -> Self {
        let mut uses = Self::default();
        let mentions = Mentions::everywhere(pipeline).into_iter();
        for mention in mentions.filter(|mention| mention.table == table) {
            let uses = uses.named.entry(mention.column).or_default();
            uses.extend(used(mention.by));
        }
        uses.lift(pipeline, table);
        for (position, object) in pipeline.objects.iter().enumerate() {
            if object.table == table && object.ignore == Ignore::All {
                uses.rest.insert(ColumnUse::IgnoredRest(position));
            }
        }
        for (position, archive) in pipeline.archives.iter().enumerate() {
            if archive.table == table && archive.condition.is_none() && archive.columns.is_empty() {
                uses.rest.insert(ColumnUse::Archived(position));
            }
        }
        uses
    }

    /// A column out of which `rename` lifts another one is used as that one is.
    fn lift(&mut self, pipeline: &Pipeline, table: usize) {
        for (from, to) in &pipeline.tables[table].rename {
            let Some((column, _)) = from.split_once('.') else { continue };
            let lifted = self.named.get(to).cloned().unwrap_or_default();
            self.named.entry(column.to_owned()).or_default().extend(lifted);
        }
    }

    /// What the spec does with a column, the strongest first; nothing when it does not know it.
    pub fn column(&self, column: &str) -> Vec<&ColumnUse> {
        let named = self.named.get(column).into_iter().flatten();
        let mut all: BTreeSet<_> = named.collect();
        all.extend(&self.rest);
        all.into_iter().collect()
    }
}

/// The columns of the object's own table of which a field is made, in the order of the spec.
pub fn field_columns(pipeline: &Pipeline, (object, field): (usize, usize)) -> Vec<String> {
    let mut mentions = Mentions::new(pipeline);
    mentions.object(object);
    let table = pipeline.objects[object].table;
    let mut columns: Vec<String> = Vec::new();
    for mention in mentions.found {
        let is_of_it = mention.by == By::Field(object, field) && mention.table == table;
        if is_of_it && !columns.contains(&mention.column) {
            columns.push(mention.column);
        }
    }
    columns
}

const fn used(by: By) -> Option<ColumnUse> {
    Some(match by {
        By::Key => ColumnUse::Key,
        By::Link => ColumnUse::Link,
        By::Table | By::Owners | By::Rows(_) => ColumnUse::Rule,
        By::Field(object, field) => ColumnUse::Mapped(object, field),
        By::Ignored(object) => ColumnUse::Ignored(object),
        By::Archive(archive) => ColumnUse::Archived(archive),
        // To choose records by a column is not to carry it.
        By::Sample => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::example;
    use crate::spec::pipeline::{Kind, ObjectKind};

    fn people() -> Pipeline {
        let fields = vec![
            example::field(
                "name",
                Kind::Text,
                example::template("{{ name or first_name }} {{ agent.email }}"),
            ),
            example::field("email", Kind::Email, example::from("contacts", &["email"])),
        ];
        let people = example::object("people", "contacts", ObjectKind::Person, fields);
        example::pipeline(vec![people], Vec::new())
    }

    fn of(pipeline: &Pipeline, table: &str, column: &str) -> Vec<ColumnUse> {
        let uses = ColumnUses::of(pipeline, example::table(table));
        uses.column(column).into_iter().cloned().collect()
    }

    #[test]
    fn a_column_is_mapped_a_key_a_link_or_ignored() {
        let mut pipeline = people();
        pipeline.objects[0].ignore = Ignore::Columns(vec!["fax".into()]);
        assert_eq!(of(&pipeline, "contacts", "email"), [ColumnUse::Mapped(0, 1)]);
        assert_eq!(of(&pipeline, "contacts", "id"), [ColumnUse::Key]);
        assert_eq!(of(&pipeline, "contacts", "fax"), [ColumnUse::Ignored(0)]);
        assert_eq!(
            of(&pipeline, "contacts", "agent_id"),
            [ColumnUse::Mapped(0, 0), ColumnUse::Link]
        );
        assert_eq!(of(&pipeline, "agents", "email"), [ColumnUse::Mapped(0, 0), ColumnUse::Rule]);
        assert!(of(&pipeline, "contacts", "birthday").is_empty());
    }

    #[test]
    fn with_the_rest_ignored_no_column_is_without_use() {
        let mut pipeline = people();
        pipeline.objects[0].ignore = Ignore::All;
        assert_eq!(of(&pipeline, "contacts", "birthday"), [ColumnUse::IgnoredRest(0)]);
    }

    #[test]
    fn a_field_is_made_of_the_columns_of_its_own_row() {
        assert_eq!(field_columns(&people(), (0, 0)), ["agent_id", "first_name", "name"]);
    }
}
