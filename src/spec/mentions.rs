//! Every place of a pipeline that names a column.

use crate::ground::Place;

use super::columns::children_of;
use super::loops;
use super::names::{Syntax, paths_of};
use super::pipeline::{
    Archive, ArchiveFormat, ColumnPath, Each, Expr, From, Ignore, Object, Pipeline, Reference,
    Rule, Shape, Table, Template,
};

/// A column of a table, named somewhere.
#[derive(Debug)]
pub(super) struct Mention<'p> {
    /// The table.
    pub(super) table: usize,
    /// The column.
    pub(super) column: String,
    /// Whose row it is.
    pub(super) row: Row,
    /// What names it.
    pub(super) by: By,
    /// Where it is named.
    pub(super) place: &'p Place,
    /// The path or text that names it.
    pub(super) shown: String,
}

/// Whose row a path has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// The row that the object or archive is made of.
    Own,
    /// One that a link or a child leads to.
    Other,
}

/// What names a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// The key of its table.
    Key,
    /// A link of its table to another one.
    Link,
    /// What else its table says of it: when a row changed, whether it is deleted, who its parent is.
    Table,
    /// The spec's `owners`.
    Owners,
    /// A rule of an object about whole rows: `where`, `skip`, `expand`, `dedupe`, `oversize`.
    Rows(usize),
    /// A field: the positions of the object and of the field in it.
    Field(usize, usize),
    /// An object's `ignore`.
    Ignored(usize),
    /// An archive.
    Archive(usize),
    /// The sample.
    Sample,
}

/// Where a path begins.
#[derive(Clone, Copy)]
struct Start<'p> {
    table: usize,
    row: Row,
    by: By,
    place: &'p Place,
}

/// The mentions of a pipeline, gathered part by part.
pub(super) struct Mentions<'p> {
    pipeline: &'p Pipeline,
    /// What was found, in the order of the spec.
    pub(super) found: Vec<Mention<'p>>,
}

impl<'p> Mentions<'p> {
    /// None yet.
    pub(super) const fn new(pipeline: &'p Pipeline) -> Self {
        Self { pipeline, found: Vec::new() }
    }

    /// Everything that is mentioned anywhere.
    pub(super) fn everywhere(pipeline: &'p Pipeline) -> Vec<Mention<'p>> {
        let mut mentions = Self::new(pipeline);
        for (position, table) in pipeline.tables.iter().enumerate() {
            mentions.table(position, table);
        }
        mentions.owners();
        for position in 0..pipeline.objects.len() {
            mentions.object(position);
            mentions.ignored(position);
        }
        for (position, archive) in pipeline.archives.iter().enumerate() {
            mentions.archive(position, archive);
        }
        mentions.sample();
        mentions.found
    }

    /// The key, the markers and the links of a table. A table that completes another one speaks in
    /// the names of the other and is left alone.
    fn table(&mut self, position: usize, table: &'p Table) {
        if table.completes.is_some() {
            return;
        }
        let start = Start { table: position, row: Row::Own, by: By::Table, place: &table.place };
        for column in &table.key {
            self.column(Start { by: By::Key, ..start }, column);
        }
        for column in table.changed.iter().chain(&table.deleted) {
            self.column(start, column);
        }
        for link in &table.links {
            self.column(Start { by: By::Link, ..start }, &link.column);
        }
        if let Some((parent, column)) = &table.parent {
            self.column(Start { table: *parent, row: Row::Other, ..start }, column);
        }
    }

    fn owners(&mut self) {
        let owners = &self.pipeline.owners;
        if let Some(table) = owners.table {
            let place = owners.match_place.as_ref();
            let place = place.unwrap_or(&self.pipeline.tables[table].place);
            let start = Start { table, row: Row::Other, by: By::Owners, place };
            self.column(start, &owners.match_column);
        }
    }

    /// What the rules of an object name.
    pub(super) fn object(&mut self, position: usize) {
        let object: &'p Object = &self.pipeline.objects[position];
        let by = By::Rows(position);
        let start = Start { table: object.table, row: Row::Own, by, place: &object.place };
        for condition in
            object.condition.iter().chain(object.skip.iter().map(|skip| &skip.condition))
        {
            self.expression(start, condition);
        }
        if let Some(expand) = &object.expand {
            let dates = [Some(&expand.rule), Some(&expand.start)].into_iter();
            for column in dates.chain([expand.end.as_ref(), expand.except.as_ref()]).flatten() {
                self.column(start, column);
            }
        }
        if let Some(latest) = object.dedupe.as_ref().and_then(|dedupe| dedupe.latest.as_ref()) {
            self.column(start, latest);
        }
        for (at, field) in object.fields.iter().enumerate() {
            let by = By::Field(position, at);
            self.rule(Start { by, place: &field.place, ..start }, &field.rule);
        }
        if let Some(oversize) = &object.oversize {
            self.template(start, &oversize.copy);
            self.template(start, &oversize.link);
        }
    }

    fn ignored(&mut self, position: usize) {
        let object: &'p Object = &self.pipeline.objects[position];
        let Ignore::Columns(columns) = &object.ignore else { return };
        let by = By::Ignored(position);
        let start = Start { table: object.table, row: Row::Own, by, place: &object.place };
        for column in columns {
            self.column(start, column);
        }
    }

    /// What an archive names.
    fn archive(&mut self, position: usize, archive: &'p Archive) {
        let by = By::Archive(position);
        let start = Start { table: archive.table, row: Row::Own, by, place: &archive.place };
        if let Some(condition) = &archive.condition {
            self.expression(start, condition);
        }
        match &archive.format {
            ArchiveFormat::Document { template, .. } => self.document(start, template),
            ArchiveFormat::Csv | ArchiveFormat::Json | ArchiveFormat::JsonLines => {
                for cell in &archive.columns {
                    self.path(start, &cell.path);
                }
            }
        }
    }

    fn sample(&mut self) {
        for (table, paths) in &self.pipeline.sample.spread {
            let place = &self.pipeline.tables[*table].place;
            for path in paths {
                let start = Start { table: *table, row: Row::Own, by: By::Sample, place };
                self.stratum(start, path);
            }
        }
    }

    fn stratum(&mut self, start: Start<'p>, path: &'p ColumnPath) {
        match self.child(start.table, path) {
            Some((table, column)) => {
                self.push(Start { table, row: Row::Other, ..start }, column, &path.text);
            }
            None => self.path(start, path),
        }
    }

    /// A stratum may be a column of a child table, which is then named like a column of the row.
    fn child(&self, table: usize, path: &'p ColumnPath) -> Option<(usize, &'p str)> {
        let child = children_of(self.pipeline, table)
            .into_iter()
            .find(|child| self.pipeline.tables[child.table].name == path.column)?;
        Some((child.table, path.keys.first()?))
    }

    fn rule(&mut self, start: Start<'p>, rule: &'p Rule) {
        let mut here = start;
        match &rule.from {
            From::Columns(paths) => self.paths(start, paths),
            From::Value(_) => {}
            From::Template(template) => self.template(start, template),
            From::Each(each) => here = self.each(start, each),
        }
        match &rule.json {
            Some(Shape::Column(path)) => self.path(here, path),
            Some(Shape::Object(members)) => {
                self.paths(here, members.iter().map(|(_, path)| path));
            }
            Some(Shape::Whole) | None => {}
        }
        self.paths(here, &rule.currency);
        self.paths(here, rule.reference.iter().flat_map(Reference::paths));
    }

    /// Paths within `each` begin at the child.
    fn each(&mut self, start: Start<'p>, each: &'p Each) -> Start<'p> {
        let child = Start { table: each.child.table, row: Row::Other, ..start };
        self.column(child, &each.child.column);
        self.paths(child, &each.column);
        self.paths(child, each.order.iter().map(|(path, _)| path));
        if let Some(condition) = &each.condition {
            self.expression(child, condition);
        }
        child
    }

    fn paths(&mut self, start: Start<'p>, paths: impl IntoIterator<Item = &'p ColumnPath>) {
        for path in paths {
            self.path(start, path);
        }
    }

    fn path(&mut self, start: Start<'p>, path: &'p ColumnPath) {
        let mut here = start;
        for step in &path.links {
            // A stratum of the sample may go down to a child; then the column is not of this table.
            if self.is_link(here.table, &step.column, step.table) {
                self.push(here, &step.column, &path.text);
            }
            here = Start { table: step.table, row: Row::Other, ..here };
        }
        self.push(here, &path.column, &path.text);
    }

    fn is_link(&self, table: usize, column: &str, target: usize) -> bool {
        self.pipeline.tables[table]
            .links
            .iter()
            .any(|link| link.column == column && link.table == target)
    }

    fn expression(&mut self, start: Start<'p>, expression: &'p Expr) {
        let start = Start { place: &expression.place, ..start };
        for path in paths_of(&expression.text, Syntax::Expression) {
            self.name(start, &path);
        }
    }

    fn template(&mut self, start: Start<'p>, template: &'p Template) {
        let start = Start { place: &template.place, ..start };
        for path in paths_of(&template.text, Syntax::Template) {
            self.name(start, &path);
        }
        for path in loops::paths(&template.text) {
            self.name(start, &path);
        }
    }

    /// The template of a document begins with lists of rows: its own, and other tables.
    fn document(&mut self, start: Start<'p>, template: &str) {
        for path in loops::paths(template) {
            let Some((list, rest)) = path.split_once('.') else { continue };
            let named = |table: &Table| table.completes.is_none() && table.name == list;
            let table = match list {
                "rows" => Some(start.table),
                _ => self.pipeline.tables.iter().position(named),
            };
            if let Some(table) = table {
                self.name(Start { table, row: Row::Other, ..start }, rest);
            }
        }
    }

    /// A name of a template: links and children are followed; what follows a column are keys of its
    /// value.
    fn name(&mut self, start: Start<'p>, shown: &str) {
        let mut here = start;
        for (position, word) in shown.split('.').enumerate() {
            if position == 0 && word == "now" {
                return;
            }
            let table = &self.pipeline.tables[here.table];
            if let Some(link) = table.links.iter().find(|link| link.word == word) {
                self.push(here, &link.column, shown);
                here = Start { table: link.table, row: Row::Other, ..here };
                continue;
            }
            let Some(child) = self.child_named(here.table, word) else {
                self.push(here, word, shown);
                return;
            };
            here = Start { table: child, row: Row::Other, ..here };
        }
    }

    fn child_named(&self, table: usize, word: &str) -> Option<usize> {
        let children = children_of(self.pipeline, table);
        let mut tables = children.into_iter().map(|child| child.table);
        tables.find(|child| self.pipeline.tables[*child].name == word)
    }

    fn column(&mut self, start: Start<'p>, column: &str) {
        self.push(start, column, column);
    }

    fn push(&mut self, at: Start<'p>, column: &str, shown: &str) {
        let Start { table, row, by, place } = at;
        let (column, shown) = (column.to_owned(), shown.to_owned());
        self.found.push(Mention { table, column, row, by, place, shown });
    }
}
