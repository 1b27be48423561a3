//! Which columns a pipeline uses, and whether its tables have them.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::ground::Diagnostic;

use super::mentions::{Mention, Mentions, Row};
use super::nearest;
use super::pipeline::{Child, Ignore, Pipeline};

/// Columns that are known (file headers, the sandbox's tables, an earlier extraction): name of the
/// table to its columns in snake case, before or after `rename`.
pub type KnownColumns = HashMap<String, Vec<String>>;

/// Every column that the pipeline names and its table lacks, sorted by place. Tables that are not
/// known are not checked.
pub fn check_columns(pipeline: &Pipeline, known: &KnownColumns) -> Vec<Diagnostic> {
    let columns: Vec<_> =
        (0..pipeline.tables.len()).map(|table| known_of(pipeline, known, table)).collect();
    let mut said = HashSet::new();
    let mut faults = Vec::new();
    for mention in &Mentions::everywhere(pipeline) {
        let Some(columns) = &columns[mention.table] else { continue };
        let Mention { table, column, place, .. } = mention;
        let lacks = !columns.contains(column);
        if lacks && said.insert((&place.file, place.bytes.start, *table, column)) {
            faults.push(fault(pipeline, mention, columns));
        }
    }
    faults.sort_by_key(|fault| {
        fault.place.as_ref().map(|place| (place.file.to_path_buf(), place.bytes.start))
    });
    faults
}

/// The columns of the object's own table that its rules use; what is ignored is not among them.
///
/// # Panics
/// When the pipeline has no object at that position.
pub fn columns_of(pipeline: &Pipeline, object: usize) -> BTreeSet<String> {
    let mut mentions = Mentions::new(pipeline);
    mentions.object(object);
    let own = mentions.found.into_iter().filter(|mention| mention.row == Row::Own);
    own.map(|mention| mention.column).collect()
}

/// The columns of a table that anything in the pipeline names, be it to ignore them. `None`: they
/// count as named all together, because an object ignores the rest or an archive keeps every one.
pub fn named_columns(pipeline: &Pipeline, table: usize) -> Option<BTreeSet<String>> {
    let ignores_rest = pipeline
        .objects
        .iter()
        .any(|object| object.table == table && matches!(object.ignore, Ignore::All));
    let is_kept = pipeline.archives.iter().any(|archive| {
        archive.table == table && archive.condition.is_none() && archive.columns.is_empty()
    });
    if ignores_rest || is_kept {
        return None;
    }
    let mentions = Mentions::everywhere(pipeline).into_iter();
    let own = mentions.filter(|mention| mention.table == table);
    let lifted = pipeline.tables[table].rename.keys();
    let lifted =
        lifted.filter_map(|from| from.split_once('.').map(|(column, _)| column.to_owned()));
    Some(own.map(|mention| mention.column).chain(lifted).collect())
}

/// The tables whose links lead to a table, by their first such link; templates and `each` call
/// them by the name of the table.
pub fn children_of(pipeline: &Pipeline, table: usize) -> Vec<Child> {
    let tables = pipeline.tables.iter().enumerate();
    tables
        .filter(|(_, candidate)| candidate.completes.is_none())
        .filter_map(|(position, candidate)| {
            let link = candidate.links.iter().find(|link| link.table == table)?;
            Some(Child { table: position, column: link.column.clone() })
        })
        .collect()
}

/// The columns that a table is known to have, under old and new names; those that the sources of
/// a union add count as well.
fn known_of(pipeline: &Pipeline, known: &KnownColumns, table: usize) -> Option<BTreeSet<String>> {
    let this = &pipeline.tables[table];
    let mut columns: BTreeSet<String> = known.get(&this.name)?.iter().cloned().collect();
    let added: Vec<_> = pipeline
        .tables
        .iter()
        .enumerate()
        .filter(|(position, other)| *position == table || other.completes == Some(table))
        .collect();
    for (position, other) in added {
        columns.extend(other.pairs.iter().flatten().cloned());
        let renamed = other.rename.iter();
        // What a completing table returns is not known here, only what it is made to be called.
        let there = |from: &String| {
            let column = from.split_once('.').map_or(from.as_str(), |(column, _)| column);
            position != table || columns.contains(column)
        };
        let names: Vec<_> =
            renamed.filter(|(from, _)| there(from)).map(|(_, to)| to.clone()).collect();
        columns.extend(names);
    }
    Some(columns)
}

fn fault(pipeline: &Pipeline, mention: &Mention<'_>, columns: &BTreeSet<String>) -> Diagnostic {
    let Mention { column, shown, .. } = mention;
    let table = &pipeline.tables[mention.table].name;
    let through = if shown == column { String::new() } else { format!(" (in `{shown}`)") };
    Diagnostic {
        code: "unknown-column",
        message: format!("table `{table}` has no column `{column}`{through}"),
        place: Some(mention.place.clone()),
        others: Vec::new(),
        hint: nearest::hint(column, columns.iter().map(String::as_str)),
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use crate::spec::example;
    use crate::spec::pipeline::{Each, Field, From, Kind, ObjectKind, Rule, Skip};

    use super::*;

    fn people(fields: Vec<Field>) -> Pipeline {
        let people = example::object("people", "contacts", ObjectKind::Person, fields);
        example::pipeline(vec![people], Vec::new())
    }

    fn field(path: &str, rule: Rule) -> Field {
        example::field(path, Kind::Text, rule)
    }

    fn column(path: &str) -> Rule {
        example::from("contacts", &[path])
    }

    /// One column of a contact's notes.
    fn of_notes(column: &str) -> Rule {
        let child = Child { table: example::table("notes"), column: "contact_id".into() };
        let column = Some(example::path("notes", column));
        Rule::plain(From::Each(Box::new(Each { child, column, condition: None, order: None })))
    }

    fn known(tables: &[(&str, &[&str])]) -> KnownColumns {
        let owned = |columns: &[&str]| columns.iter().map(|&column| column.to_owned()).collect();
        tables.iter().map(|(name, columns)| ((*name).to_owned(), owned(columns))).collect()
    }

    fn messages(pipeline: &Pipeline, tables: &[(&str, &[&str])]) -> Vec<String> {
        check_columns(pipeline, &known(tables)).into_iter().map(|fault| fault.message).collect()
    }

    const AGENTS: (&str, &[&str]) = ("agents", &["id", "email", "is_deleted"]);
    const CONTACTS: (&str, &[&str]) =
        ("contacts", &["id", "name", "agent_id", "company_id", "source_campaign_id", "is_deleted"]);
    const NOTES: (&str, &[&str]) = ("notes", &["id", "contact_id", "body", "is_deleted"]);

    #[test]
    fn a_pipeline_over_columns_that_exist_has_no_fault() {
        let pipeline = people(vec![
            field("name", column("name")),
            field("email", column("agent.email")),
            field("description", example::template("{{ agent.email }} {{ now }}")),
        ]);
        assert_eq!(messages(&pipeline, &[AGENTS, CONTACTS, NOTES]), Vec::<String>::new());
    }

    #[test]
    fn a_column_that_its_table_lacks_is_told_with_the_nearest_one() {
        let pipeline = people(vec![field("name", column("nmae"))]);
        let faults = check_columns(&pipeline, &known(&[CONTACTS]));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].message, "table `contacts` has no column `nmae`");
        assert_eq!(faults[0].hint.as_deref(), Some("did you mean `name`?"));
    }

    #[test]
    fn the_column_of_the_owners_is_told_where_the_owners_name_it() {
        let mut pipeline = people(vec![field("name", column("name"))]);
        pipeline.owners.match_column = "emial".into();
        let mut place = pipeline.tables[0].place.clone();
        place.line = 77;
        pipeline.owners.match_place = Some(place);
        let faults = check_columns(&pipeline, &known(&[AGENTS]));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].message, "table `agents` has no column `emial`");
        assert_eq!(faults[0].place.as_ref().unwrap().line, 77);
    }

    #[test]
    fn a_column_behind_a_link_is_looked_for_in_the_other_table() {
        let pipeline = people(vec![field("email", column("agent.mail"))]);
        let expected = ["table `agents` has no column `mail` (in `agent.mail`)"];
        assert_eq!(messages(&pipeline, &[AGENTS, CONTACTS]), expected);
        assert_eq!(messages(&pipeline, &[CONTACTS]), Vec::<String>::new());
    }

    #[test]
    fn templates_and_conditions_are_looked_through() {
        let text =
            "{% for n in notes %}{{ n.body }}{{ n.txet }}{% endfor %}{{ agent.phone }}{{ naem }}";
        let mut pipeline = people(vec![field("description", example::template(text))]);
        let condition = example::expr("not mobile");
        pipeline.objects[0].skip.push(Skip { reason: "no phone".to_owned(), condition });
        let mut found = messages(&pipeline, &[AGENTS, CONTACTS, NOTES]);
        found.sort();
        let expected = [
            "table `agents` has no column `phone` (in `agent.phone`)",
            "table `contacts` has no column `mobile`",
            "table `contacts` has no column `naem`",
            "table `notes` has no column `txet` (in `notes.txet`)",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn paths_within_each_begin_at_the_child() {
        let children = of_notes("text");
        let pipeline = people(vec![field("Notes__c", children)]);
        let expected = ["table `notes` has no column `text`"];
        assert_eq!(messages(&pipeline, &[CONTACTS, NOTES]), expected);
    }

    #[test]
    fn a_renamed_column_is_known_under_its_new_name() {
        let mut pipeline = people(vec![field("name", column("name"))]);
        let table = pipeline.tables.iter_mut().find(|table| table.name == "contacts").unwrap();
        table.rename = IndexMap::from([("full_name".to_owned(), "name".to_owned())]);
        let lacks_name: Vec<_> =
            CONTACTS.1.iter().copied().filter(|column| *column != "name").collect();
        let before: Vec<_> = lacks_name.iter().copied().chain(["full_name"]).collect();
        assert_eq!(messages(&pipeline, &[("contacts", &before)]), Vec::<String>::new());
        assert_eq!(messages(&pipeline, &[("contacts", &lacks_name)]).len(), 1);
    }

    #[test]
    fn an_ignored_column_must_exist_and_is_not_used() {
        let mut pipeline = people(vec![field("name", column("name"))]);
        pipeline.objects[0].ignore = Ignore::Columns(vec!["agent_di".to_owned()]);
        let expected = ["table `contacts` has no column `agent_di`"];
        assert_eq!(messages(&pipeline, &[CONTACTS]), expected);
        assert!(!columns_of(&pipeline, 0).contains("agent_di"));
    }

    #[test]
    fn the_columns_an_object_uses_are_those_of_its_own_table() {
        let pipeline = people(vec![
            field("name", example::template("{{ name or first_name }}")),
            field("email", column("agent.email")),
            field("Notes__c", of_notes("body")),
        ]);
        let used: Vec<_> = columns_of(&pipeline, 0).into_iter().collect();
        assert_eq!(used, ["agent_id", "first_name", "name"]);
    }

    #[test]
    fn a_column_is_named_by_any_part_of_the_spec_unless_the_rest_is_ignored() {
        let mut pipeline = people(vec![
            field("name", example::template("{{ name or first_name }}")),
            field("email", column("agent.email")),
        ]);
        let contacts = example::table("contacts");
        pipeline.objects[0].ignore = Ignore::Columns(vec!["kind".to_owned()]);
        pipeline.tables[contacts].rename =
            IndexMap::from([("properties.Score".to_owned(), "score".to_owned())]);
        let named = named_columns(&pipeline, contacts).unwrap();
        for column in ["id", "name", "first_name", "agent_id", "kind", "properties"] {
            assert!(named.contains(column), "{column}: {named:?}");
        }
        assert!(!named.contains("email") && !named.contains("phone"), "{named:?}");
        pipeline.objects[0].ignore = Ignore::All;
        assert_eq!(named_columns(&pipeline, contacts), None);
    }

    #[test]
    fn children_are_the_tables_that_link_here() {
        let pipeline = people(Vec::new());
        let children = children_of(&pipeline, example::table("groups"));
        assert_eq!(children.len(), 1);
        assert_eq!(children[0].table, example::table("memberships"));
        assert_eq!(children[0].column, "group_id");
    }
}
