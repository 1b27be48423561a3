//! What the document is made of: the spec, the plan, and the account as it stands.

use std::collections::BTreeMap;

use super::model::code;
use crate::crm::Inventory;
use crate::plan::{Disposed, Disposition, FieldCoverage, Held, Plan};
use crate::spec::{
    Access, ArchiveFormat, ColumnUse, ColumnUses, Endpoint, FilesRoot, Pipeline, Source,
};

/// What the document is made of.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The spec.
    pub pipeline: &'a Pipeline,
    /// What would happen.
    pub plan: &'a Plan,
    /// The account.
    pub inventory: &'a Inventory,
}

/// What becomes of a table, honestly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// Its rows become records.
    Migrated,
    /// Its rows arrive within records of other tables.
    Embedded,
    /// It is kept as a file.
    Archived,
    /// A document to rebuild from is made of it.
    Reference,
    /// Nothing carries it: somebody has to see to it.
    Manual,
}

impl Status {
    pub(super) const ALL: [Self; 5] =
        [Self::Migrated, Self::Embedded, Self::Archived, Self::Reference, Self::Manual];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Migrated => "migrated",
            Self::Embedded => "embedded in parent",
            Self::Archived => "archived",
            Self::Reference => "reference document",
            Self::Manual => "manual",
        }
    }
}

impl<'a> Basis<'a> {
    /// The version of the spec, short enough to be read out.
    pub(super) fn version(&self) -> String {
        self.pipeline.fingerprint.chars().take(8).collect()
    }

    /// The fields of an object and how its rules fit the data.
    pub(super) fn coverage(&self, (object, field): (usize, usize)) -> Option<&'a FieldCoverage> {
        let name = &self.pipeline.objects[object].name;
        let plan = self.plan.objects.iter().find(|plan| plan.name == *name)?;
        plan.fields.get(field)
    }

    /// A field as people name it: `people.email`.
    pub(super) fn field_name(&self, (object, field): (usize, usize)) -> String {
        let object = &self.pipeline.objects[object];
        format!("{}.{}", object.name, object.fields[field].target.path)
    }

    /// The tables that are read, without those that complete another one.
    pub(super) fn tables(&self) -> impl Iterator<Item = usize> + use<'a> {
        let tables = self.pipeline.tables.iter().enumerate();
        tables.filter(|(_, table)| table.completes.is_none()).map(|(position, _)| position)
    }

    /// The columns of a table, in the order of its header.
    pub(super) fn columns(&self, table: usize) -> impl Iterator<Item = &'a Disposition> + use<'a> {
        let name = self.pipeline.tables[table].name.clone();
        self.plan.columns.iter().filter(move |one| one.table == name)
    }

    /// How many rows a table has: its key stands in each of them but those that could not be read
    /// as rows, which wait under their place.
    pub(super) fn rows(&self, table: usize) -> u64 {
        let read = self.columns(table).map(|one| one.rows).max().unwrap_or_default();
        let objects = self.pipeline.objects.iter().zip(&self.plan.objects);
        let of_it = objects.filter(|(rules, _)| rules.table == table);
        let lost = of_it.map(|(_, plan)| {
            let is_lost = |held: &&Held| held.record == format!("{}:@{}", plan.name, held.place);
            plan.held.iter().filter(is_lost).count() as u64
        });
        read + lost.sum::<u64>()
    }

    /// The archives made of a table: those for programs, and the documents.
    pub(super) fn archives(&self, table: usize) -> (Vec<&'a str>, Vec<&'a str>) {
        let of_it = self.pipeline.archives.iter().filter(|archive| archive.table == table);
        let (documents, data): (Vec<_>, Vec<_>) =
            of_it.partition(|one| matches!(one.format, ArchiveFormat::Document { .. }));
        let names = |archives: Vec<&'a crate::spec::Archive>| {
            archives.into_iter().map(|archive| archive.file.as_str()).collect()
        };
        (names(data), names(documents))
    }

    /// What becomes of a table of which no object is made.
    pub(super) fn status(&self, table: usize) -> Status {
        if self.pipeline.objects.iter().any(|object| object.table == table) {
            return Status::Migrated;
        }
        let (data, documents) = self.archives(table);
        let mapped = self.columns(table).any(|one| one.way == Disposed::Mapped);
        if mapped || self.pipeline.owners.table == Some(table) {
            Status::Embedded
        } else if !data.is_empty() {
            Status::Archived
        } else if !documents.is_empty() || !self.within_documents(table).is_empty() {
            Status::Reference
        } else {
            Status::Manual
        }
    }

    /// The documents of other tables that name this one: its rows are their rows' children.
    pub(super) fn within_documents(&self, table: usize) -> Vec<&'a str> {
        let pipeline = self.pipeline;
        let name = &pipeline.tables[table].name;
        let of_parent = pipeline.archives.iter().filter(|archive| {
            let ArchiveFormat::Document { template, .. } = &archive.format else { return false };
            let linked =
                pipeline.tables[table].links.iter().any(|link| link.table == archive.table);
            linked && template.contains(name.as_str())
        });
        of_parent.map(|archive| archive.file.as_str()).collect()
    }

    /// The fields that are made of each column of a table.
    pub(super) fn uses(&self, table: usize) -> ColumnUses {
        ColumnUses::of(self.pipeline, table)
    }

    /// How many remarks of a sort the plan makes.
    pub(super) fn remarks(&self) -> BTreeMap<&'a str, u64> {
        let mut all = BTreeMap::new();
        for object in &self.plan.objects {
            for (word, count) in &object.tally.flags {
                *all.entry(word.as_str()).or_default() += count;
            }
        }
        all
    }

    /// The sources, each with where it is.
    pub(super) fn sources(&self) -> Vec<String> {
        let sources = self.pipeline.sources.iter();
        sources.map(|source| format!("{} ({})", source.name, self.place(source))).collect()
    }

    fn place(&self, source: &Source) -> String {
        match &source.access {
            Access::Rest { url, .. } => address(url),
            Access::Files(FilesRoot::Sandbox) => "sandbox".to_owned(),
            Access::Files(FilesRoot::Folder(folder)) => {
                let inside = folder.strip_prefix(&self.pipeline.root).ok();
                let last = folder.file_name().map(std::path::Path::new);
                inside.or(last).unwrap_or(folder).display().to_string()
            }
        }
    }

    /// The account that is written.
    pub(super) fn account(&self) -> String {
        let place = address(&self.pipeline.destination.url);
        match self.inventory.name.as_str() {
            "" => format!("Nutshell ({place})"),
            name if name.contains(&place) => name.to_owned(),
            name => format!("{name} ({place})"),
        }
    }
}

/// A host without its port, which says nothing to people and is another one every time on this
/// machine.
fn address(url: &Endpoint) -> String {
    match url {
        Endpoint::Sandbox => "sandbox".to_owned(),
        Endpoint::Url(url) => url.host_str().unwrap_or_default().to_owned(),
    }
}

/// The positions of the fields that are made of a column.
pub(super) fn fields_of(uses: &[&ColumnUse]) -> Vec<(usize, usize)> {
    let fields = uses.iter().filter_map(|used| match used {
        ColumnUse::Mapped(object, field) => Some((*object, *field)),
        ColumnUse::Key
        | ColumnUse::Link
        | ColumnUse::Rule
        | ColumnUse::Archived(_)
        | ColumnUse::Ignored(_)
        | ColumnUse::IgnoredRest(_) => None,
    });
    fields.collect()
}

/// Names of files, for a sentence.
pub(super) fn files(names: &[&str]) -> String {
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}
