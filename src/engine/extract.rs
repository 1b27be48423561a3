//! From the sources to staging, page by page, so that a killed extraction goes on at its page.

use std::collections::HashMap;

use crate::engine::error::EngineError;
use crate::engine::watch::{Event, Watch};
use crate::ground::Record;
use crate::plan::staged_name;
use crate::source::{self, Cursor, Page, Reader, RowFault, SourceError, TableState};
use crate::spec::{Pipeline, Table};
use crate::staging::{Begun, Differing, Fault, StagedPage, Staging, State, UnionReport};

/// What an extraction came to.
#[derive(Debug, Default)]
pub struct Extraction {
    /// Whether it went on where an earlier one stopped.
    pub resumed: bool,
    /// Tables that the customer's account does not have, with the HTTP status that said so.
    pub not_licensed: Vec<(String, u16)>,
    /// Tables whose file is missing, which is allowed.
    pub missing: Vec<String>,
    /// Unions: the completed table, and what came of it.
    pub unions: Vec<(String, UnionReport)>,
}

/// The tables with their link columns, as staging wants to know them.
pub fn staged_tables(pipeline: &Pipeline) -> Vec<(String, Vec<String>)> {
    (0..pipeline.tables.len())
        .map(|table| {
            let links = pipeline.tables[table].links.iter().map(|link| link.column.clone());
            (staged_name(pipeline, table), links.collect())
        })
        .collect()
}

/// Reads every table of every source into staging, or goes on with it.
///
/// # Panics
/// Never: `readers` has one reader per source.
pub async fn extract(
    pipeline: &Pipeline,
    readers: &[Reader],
    staging: &mut Staging,
    watch: &dyn Watch,
) -> Result<Extraction, EngineError> {
    let mut extraction =
        Extraction { resumed: staging.begin()? == Begun::Resumed, ..Extraction::default() };
    all_files_are_there(pipeline, readers, staging)?;
    for table in parents_first(pipeline) {
        let name = staged_name(pipeline, table);
        watch.on(&Event::Table { table: &name });
        read_table(
            pipeline,
            (table, &name),
            &readers[pipeline.tables[table].source],
            (staging, watch),
        )
        .await?;
        match staging.state(&name)? {
            State::NotLicensed { status } => extraction.not_licensed.push((name.clone(), status)),
            State::Missing { .. } => extraction.missing.push(name.clone()),
            State::Read | State::Reading => {}
        }
    }
    for (position, table) in pipeline.tables.iter().enumerate() {
        if let Some(into) = table.completes {
            let (into, from) = (staged_name(pipeline, into), staged_name(pipeline, position));
            let report = staging.complete(&into, &from, differing)?;
            extraction.unions.push((into, report));
        }
    }
    staging.finish()?;
    Ok(extraction)
}

/// Names all files that are missing at once, before any is read; a table that is staged already
/// needs none.
fn all_files_are_there(
    pipeline: &Pipeline,
    readers: &[Reader],
    staging: &Staging,
) -> Result<(), EngineError> {
    let mut wanted: Vec<Vec<&Table>> = vec![Vec::new(); readers.len()];
    for (position, table) in pipeline.tables.iter().enumerate() {
        let progress = staging.resume_point(&staged_name(pipeline, position))?;
        if !progress.as_ref().is_some_and(crate::staging::Progress::is_done) {
            wanted[table.source].push(table);
        }
    }
    let mut files = Vec::new();
    for (reader, tables) in readers.iter().zip(wanted) {
        files.extend(reader.missing(tables.into_iter())?);
    }
    match files.len() {
        0 => Ok(()),
        1 => Err(SourceError::MissingFile { file: files.remove(0) }.into()),
        _ => Err(SourceError::MissingFiles { files }.into()),
    }
}

async fn read_table(
    pipeline: &Pipeline,
    (table, name): (usize, &str),
    reader: &Reader,
    (staging, watch): (&mut Staging, &dyn Watch),
) -> Result<(), EngineError> {
    let parents = match &pipeline.tables[table].parent {
        Some((parent, column)) => staging.values(&staged_name(pipeline, *parent), column)?,
        None => Vec::new(),
    };
    loop {
        let progress = staging.resume_point(name)?;
        if progress.as_ref().is_some_and(crate::staging::Progress::is_done) {
            return Ok(());
        }
        let cursor = progress.and_then(|point| point.next).map(Cursor);
        match reader.page(&pipeline.tables[table], &parents, cursor.as_ref()).await? {
            TableState::Page(page) => {
                let report = staging.put(name, &staged(page))?;
                watch.on(&Event::Rows { table: name, rows: report.new as u64 });
            }
            TableState::NotLicensed { status } => {
                staging.close_table(name, &State::NotLicensed { status })?;
            }
            TableState::Missing { file } => {
                staging.close_table(name, &State::Missing { file: file.display().to_string() })?;
            }
        }
    }
}

/// The tables so that the keys of a parent path are there when its children are read.
fn parents_first(pipeline: &Pipeline) -> Vec<usize> {
    let mut depth: HashMap<usize, usize> = HashMap::new();
    for table in 0..pipeline.tables.len() {
        let (mut at, mut steps) = (table, 0);
        while let Some((parent, _)) = &pipeline.tables[at].parent {
            at = *parent;
            steps += 1;
            if steps > pipeline.tables.len() {
                break;
            }
        }
        depth.insert(table, steps);
    }
    let mut tables: Vec<usize> = (0..pipeline.tables.len()).collect();
    tables.sort_by_key(|table| depth[table]);
    tables
}

fn staged(page: Page) -> StagedPage {
    let fault = |fault: RowFault| Fault { place: fault.place, flag: fault.flag };
    StagedPage {
        began: page.cursor.map(|cursor| cursor.0),
        next: page.next.map(|cursor| cursor.0),
        body_hash: page.body_hash,
        records: page.rows,
        faults: page.faults.into_iter().map(fault).collect(),
    }
}

fn differing(current: &Record, other: &Record) -> Vec<Differing> {
    source::compare(current, other)
        .into_iter()
        .map(|found| Differing { column: found.column, kept: found.current, other: found.other })
        .collect()
}
