//! The whole audit: every table in one pass, then the findings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::complexity::Complexity;
use super::damage::EXAMPLES;
use super::findings::{self, Finding};
use super::links::{LinkSums, Readable};
use super::owned::{OwnerSums, OwnersProfile, named};
use super::roles::Roles;
use super::table::{Remark, TableProfile, TableSums};
use crate::crm::Inventory;
use crate::ground::Record;
use crate::plan::{Look, PlanError, staged_name};
use crate::spec::Pipeline;
use crate::staging::{StagedRows, State};
use crate::transform::Eye;

/// Rows between two looks whether the user wants an end.
const STOP_AFTER: usize = 1_024;

/// What became of the reading of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TableState {
    /// It was read.
    Read,
    /// The customer's account does not have it.
    NotLicensed {
        /// The HTTP status that said so.
        status: u16,
    },
    /// Its file is missing, which the spec allows.
    Missing {
        /// The file.
        file: String,
    },
}

/// A file that a row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// The table (its position).
    pub table: usize,
    /// The row's key.
    pub key: String,
    /// Where the row stood.
    pub place: String,
    /// The path or address.
    pub from: String,
}

/// A file with something to say about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileProfile {
    /// The table.
    pub table: String,
    /// The row's key.
    pub key: String,
    /// Where the row stood.
    pub place: String,
    /// The path or address.
    pub from: String,
    /// Its size in bytes, when it is there and says so.
    pub bytes: Option<u64>,
    /// `missing`, `refused`, `oversize` or `empty`.
    pub is: &'static str,
    /// What is wrong.
    pub detail: String,
}

/// The files that rows name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FilesProfile {
    /// How many rows name one.
    pub named: u64,
    /// The sum of the sizes that are known, in bytes.
    pub bytes: u64,
    /// The greatest size that the CRM's plan allows, in bytes; null when the spec names none.
    pub limit: Option<u64>,
    /// Those with something to say about them.
    pub troubles: Vec<FileProfile>,
}

/// An audit.
#[derive(Debug, Clone, Serialize)]
pub struct Profile {
    /// The pipeline.
    pub pipeline: String,
    /// The fingerprint of its spec.
    pub fingerprint: String,
    /// The tables in the order of the spec.
    pub tables: Vec<TableProfile>,
    /// The owners.
    pub owners: OwnersProfile,
    /// The files.
    pub files: FilesProfile,
    /// What was left out of the audit, and why.
    pub left_out: Vec<String>,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
    /// How hard the move is.
    pub complexity: Complexity,
    /// The files to be asked for.
    #[serde(skip)]
    pub wanted: Vec<NamedFile>,
}

/// Counts every table, until `stop` says so. Without the CRM's inventory owners are only counted.
///
/// The files are not looked at here: whoever calls asks for [`Profile::wanted`] and hands the
/// answers to [`Profile::conclude`].
pub fn survey(
    pipeline: &Pipeline,
    rows: &StagedRows,
    (inventory, stop): (Option<&Inventory>, &dyn Fn() -> bool),
) -> Result<Profile, PlanError> {
    let mut profile = Profile {
        pipeline: pipeline.name.clone(),
        fingerprint: pipeline.fingerprint.clone(),
        tables: Vec::new(),
        owners: OwnersProfile::default(),
        files: FilesProfile::default(),
        left_out: Vec::new(),
        findings: Vec::new(),
        complexity: Complexity::default(),
        wanted: Vec::new(),
    };
    let mut owners = OwnerSums::default();
    for table in 0..pipeline.tables.len() {
        let sums = (&mut owners, &mut profile.wanted);
        let counted = count(pipeline, (table, rows, stop), sums)?;
        profile.tables.push(counted);
    }
    let users = match pipeline.owners.table {
        Some(table) => rows.rows(&pipeline.tables[table].name)?.collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    profile.owners = owners.finish((pipeline, inventory), users);
    rows.check()?;
    Ok(profile)
}

/// One table.
fn count(
    pipeline: &Pipeline,
    (table, rows, stop): (usize, &StagedRows, &dyn Fn() -> bool),
    (owners, wanted): (&mut OwnerSums, &mut Vec<NamedFile>),
) -> Result<TableProfile, PlanError> {
    let declared = &pipeline.tables[table];
    let name = staged_name(pipeline, table);
    let source = &pipeline.sources[declared.source];
    // A table that completes another is read under that one's rules there, and only counted here.
    let roles =
        if declared.completes.is_none() { Roles::of(pipeline, table) } else { Roles::default() };
    let eye = Eye::of(source)?;
    let mut profile = TableProfile {
        table: name.clone(),
        source: source.name.clone(),
        state: state(rows.state(&name)?),
        rows: 0,
        key: declared.key.clone(),
        moved: pipeline.objects.iter().any(|object| object.table == table),
        columns: Vec::new(),
        duplicates: Vec::new(),
        links: Vec::new(),
        remarks: remarks(rows, &name)?,
    };
    let mut links = links(pipeline, table, rows)?;
    let mut sums = TableSums::new(&eye, &roles);
    for (number, row) in rows.rows(&name)?.enumerate() {
        if number % STOP_AFTER == 0 && stop() {
            return Err(PlanError::Interrupted);
        }
        let row = row?;
        sums.add(&row);
        for link in &mut links {
            link.add(&row, rows)?;
        }
        owners.add(&row, &roles.owners, (rows, pipeline));
        wanted.extend(file(&roles, (table, &row), (rows, pipeline)));
    }
    sums.finish(&mut profile, links);
    Ok(profile)
}

/// The file that a row names.
fn file(
    roles: &Roles,
    (table, row): (usize, &Arc<Record>),
    world: (&StagedRows, &Pipeline),
) -> Option<NamedFile> {
    let from = roles.files.iter().find_map(|path| named(path, row, (world.0, world.1)))?;
    Some(NamedFile { table, key: row.key.to_string(), place: row.place.to_string(), from })
}

/// The links of a table; one that completes another has the other's.
fn links(pipeline: &Pipeline, table: usize, rows: &StagedRows) -> Result<Vec<LinkSums>, PlanError> {
    let rules = &pipeline.tables[table];
    let mut links = Vec::new();
    if rules.completes.is_some() {
        return Ok(links);
    }
    for link in &rules.links {
        let to = &pipeline.tables[link.table].name;
        let is_read = matches!(rows.state(to)?, State::Read);
        let readable = if is_read { Readable::Yes } else { Readable::No };
        links.push(LinkSums::new((&link.column, to), &rules.name, readable));
    }
    Ok(links)
}

fn state(state: State) -> TableState {
    match state {
        State::NotLicensed { status } => TableState::NotLicensed { status },
        State::Missing { file } => TableState::Missing { file },
        State::Read | State::Reading => TableState::Read,
    }
}

fn remarks(rows: &StagedRows, table: &str) -> Result<Vec<Remark>, PlanError> {
    let mut found: BTreeMap<String, Remark> = BTreeMap::new();
    for fault in rows.faults(table)? {
        let code = fault.flag.code.to_string();
        let remark = found.entry(code.clone()).or_insert_with(|| Remark {
            code,
            count: 0,
            detail: fault.flag.detail.to_string(),
            places: Vec::new(),
        });
        remark.count += 1;
        if remark.places.len() < EXAMPLES {
            remark.places.push(fault.place.to_string());
        }
    }
    Ok(found.into_values().collect())
}

impl Profile {
    /// Takes what the sources say of the wanted files, in their order, and draws the conclusions.
    pub fn conclude(&mut self, pipeline: &Pipeline, looks: &[Look]) {
        let limit = pipeline.destination.plan.file_size_bytes;
        let wanted = std::mem::take(&mut self.wanted);
        self.files.named = wanted.len() as u64;
        self.files.limit = limit;
        let mut counted = BTreeSet::new();
        for (file, look) in wanted.into_iter().zip(looks) {
            if let Look::Size(bytes) = look
                && counted.insert((file.table, file.from.clone()))
            {
                self.files.bytes += bytes;
            }
            let trouble = trouble(look, limit);
            let NamedFile { table, key, place, from } = file;
            self.files.troubles.extend(trouble.map(|(is, detail, bytes)| FileProfile {
                table: pipeline.tables[table].name.clone(),
                key,
                place,
                from,
                bytes,
                is,
                detail,
            }));
        }
        self.findings = findings::of(pipeline, self);
        self.complexity = Complexity::of(pipeline, self);
    }

    /// All rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// What is wrong with a file, if anything: the word, what it means, its size when that is known.
fn trouble(look: &Look, limit: Option<u64>) -> Option<(&'static str, String, Option<u64>)> {
    match look {
        Look::Size(0) => Some(("empty", "it has no bytes".to_owned(), Some(0))),
        Look::Size(bytes) => {
            let limit = limit.filter(|limit| bytes > limit)?;
            let detail = format!("{bytes} bytes, and the plan allows {limit}");
            Some(("oversize", detail, Some(*bytes)))
        }
        Look::Missing(why) => Some(("missing", why.clone(), None)),
        Look::Refused(why) => Some(("refused", why.clone(), None)),
        Look::Unknown => None,
    }
}
