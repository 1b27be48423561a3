//! The tables as templates see them: which names are columns, links and children.

use std::collections::{HashMap, HashSet};

use crate::spec::{Child, ColumnPath, From, Ignore, Pipeline, Reference, Rule, Shape};

/// All tables of a pipeline, in its order.
#[derive(Debug)]
pub(super) struct Atlas(Vec<Chart>);

/// One table.
#[derive(Debug, Default)]
pub(super) struct Chart {
    /// Its name.
    pub(super) name: String,
    /// Link word to the column and the table that it names.
    pub(super) links: HashMap<String, (String, usize)>,
    /// Name of a child table to its position and its column with the parent's key.
    pub(super) children: HashMap<String, Child>,
    /// Columns that the spec speaks of: they exist even where no row has them.
    pub(super) columns: HashSet<String>,
}

impl Atlas {
    pub(super) fn draw(pipeline: &Pipeline) -> Self {
        let charts = pipeline
            .tables
            .iter()
            .map(|table| Chart { name: table.name.clone(), ..Chart::default() });
        let mut atlas = Self(charts.collect());
        for position in 0..pipeline.tables.len() {
            atlas.enter_table(pipeline, position);
        }
        for object in &pipeline.objects {
            for field in &object.fields {
                atlas.enter_rule(object.table, &field.rule);
            }
            let columns = &mut atlas.0[object.table].columns;
            columns.extend(object.dedupe.iter().filter_map(|dedupe| dedupe.latest.clone()));
            if let Ignore::Columns(ignored) = &object.ignore {
                columns.extend(ignored.iter().cloned());
            }
        }
        if let Some(users) = pipeline.owners.table {
            atlas.0[users].columns.insert(pipeline.owners.match_column.clone());
        }
        for archive in &pipeline.archives {
            for cell in &archive.columns {
                atlas.enter(archive.table, &cell.path);
            }
        }
        atlas
    }

    pub(super) fn chart(&self, table: usize) -> &Chart {
        &self.0[table]
    }

    /// The table of that name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        // A table that completes another one has its name, and comes after it.
        self.0.iter().position(|chart| chart.name == name)
    }

    fn enter_table(&mut self, pipeline: &Pipeline, position: usize) {
        let table = &pipeline.tables[position];
        // A table that completes another one has its rows there.
        let home = table.completes.unwrap_or(position);
        let named = table.key.iter().chain(&table.changed).chain(&table.deleted);
        let linked = table.links.iter().map(|link| &link.column);
        let columns =
            named.chain(linked).chain(table.rename.values()).chain(table.pairs.iter().flatten());
        self.0[home].columns.extend(columns.cloned());
        if table.completes.is_some() {
            return;
        }
        for link in &table.links {
            self.0[home].links.insert(link.word.clone(), (link.column.clone(), link.table));
            let child = Child { table: home, column: link.column.clone() };
            self.0[link.table].children.entry(table.name.clone()).or_insert(child);
        }
    }

    fn enter(&mut self, table: usize, path: &ColumnPath) {
        let mut here = table;
        for step in &path.links {
            self.0[here].columns.insert(step.column.clone());
            here = step.table;
        }
        self.0[here].columns.insert(path.column.clone());
    }

    fn enter_rule(&mut self, table: usize, rule: &Rule) {
        let mut start = table;
        match &rule.from {
            From::Columns(paths) => {
                for path in paths {
                    self.enter(table, path);
                }
            }
            From::Each(each) => {
                start = each.child.table;
                self.0[start].columns.insert(each.child.column.clone());
                let ordered = each.order.iter().map(|(path, _)| path);
                for path in each.column.iter().chain(ordered) {
                    self.enter(start, path);
                }
            }
            From::Value(_) | From::Template(_) => {}
        }
        for path in shape_paths(rule.json.as_ref()).into_iter().chain(&rule.currency) {
            self.enter(start, path);
        }
        for path in rule.reference.iter().flat_map(Reference::paths) {
            self.enter(start, path);
        }
    }
}

fn shape_paths(shape: Option<&Shape>) -> Vec<&ColumnPath> {
    match shape {
        Some(Shape::Column(path)) => vec![path],
        Some(Shape::Object(members)) => members.iter().map(|(_, path)| path).collect(),
        Some(Shape::Whole) | None => Vec::new(),
    }
}
