//! JSON files: an array read piece by piece, an object read whole, JSON Lines.

use std::fs::File;
use std::io::{BufRead, Read};
use std::path::Path;

use serde_json::{Map, Value};

use super::cursor::FileMark;
use super::envelope;
use super::error::SourceError;
use super::exact;
use super::files::PAGE_ROWS;
use super::page::RowFault;
use super::pieces::{Pieces, VALUE_BYTES_MAX, broken, unreadable};
use super::shape::Shaper;
use crate::spec::Table;

/// Reads a page of a `.json` file; where the next begins, if there is one.
pub(super) fn array(
    table: &Table,
    file: &Path,
    mark: &FileMark,
    shaper: &mut Shaper<'_>,
) -> Result<Option<FileMark>, SourceError> {
    let mut pieces = Pieces::open(file, mark.offset)?;
    if mark.offset == 0 {
        match pieces.first()? {
            None => return Ok(None),
            Some(b'[') => {
                if let Some(items) = &table.items {
                    let detail = format!(
                        "the file is a list itself: there is no `{items}` in it; leave `items` out"
                    );
                    return Err(broken(file, "its beginning", detail));
                }
            }
            Some(_) => return whole(table, file, shaper).map(|()| None),
        }
    }
    let mut row = mark.row;
    while row < mark.row + PAGE_ROWS as u64 {
        let Some(piece) = pieces.next(row + 1)? else { return Ok(None) };
        row += 1;
        push(format!("{} row {row}", table.path), &piece, shaper)?;
    }
    let fingerprint = mark.fingerprint.clone();
    Ok(Some(FileMark { offset: pieces.offset, line: mark.line, row, fingerprint }))
}

/// Reads a page of a JSON Lines file; where the next begins, if there is one.
pub(super) fn lines(
    table: &Table,
    file: &Path,
    mark: &FileMark,
    shaper: &mut Shaper<'_>,
) -> Result<Option<FileMark>, SourceError> {
    let mut pieces = Pieces::open(file, mark.offset)?;
    let mut mark = mark.clone();
    for _ in 0..PAGE_ROWS {
        let mut line = Vec::new();
        let limited = &mut pieces.bytes().by_ref().take(VALUE_BYTES_MAX);
        let count =
            limited.read_until(b'\n', &mut line).map_err(|source| unreadable(file, source))?;
        if count == 0 {
            return Ok(None);
        }
        if !line.trim_ascii().is_empty() {
            push(format!("{} line {}", table.path, mark.line), &line, shaper)?;
        }
        mark.offset += count as u64;
        mark.line += 1;
        mark.row += 1;
    }
    Ok(Some(mark))
}

fn push(place: String, piece: &[u8], shaper: &mut Shaper<'_>) -> Result<(), SourceError> {
    match exact::parse(piece) {
        Ok(value) => shaper.push_value(place, value),
        Err(detail) => {
            let shown = String::from_utf8_lossy(piece);
            let detail = format!("the row cannot be read: {detail}; it is left out");
            shaper.faults.push(RowFault::new(&place, "bad_json", &shown, &detail));
            Ok(())
        }
    }
}

/// A `.json` file that is an object: the list in it, or pairs.
fn whole(table: &Table, file: &Path, shaper: &mut Shaper<'_>) -> Result<(), SourceError> {
    let broken = |detail: String| broken(file, "its beginning", detail);
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|source| unreadable(file, source))?;
    let limit = VALUE_BYTES_MAX + 1;
    opened.take(limit).read_to_end(&mut bytes).map_err(|source| unreadable(file, source))?;
    if bytes.len() as u64 == limit {
        let place = format!("`{}`", file.display());
        return Err(SourceError::TooLarge { place, bytes_max: VALUE_BYTES_MAX });
    }
    let Value::Object(mut entries) = exact::parse(&bytes).map_err(broken)? else {
        return Err(broken("neither a list of rows nor an object".into()));
    };
    if let Some(names) = &table.pairs {
        return pairs(table, names, entries, shaper);
    }
    let items = table.items.as_deref();
    let rows = envelope::take_rows(&mut entries, items)
        .map_err(|lists| broken(envelope::no_rows("the object", items, lists)))?;
    for (number, row) in rows.into_iter().enumerate() {
        shaper.push_value(format!("{} row {}", table.path, number + 1), row)?;
    }
    Ok(())
}

/// `{"group": ["contact", …]}` or `{"group": [{"id": "contact", "role": …}, …]}`.
fn pairs(
    table: &Table,
    [left, right]: &[String; 2],
    entries: Map<String, Value>,
    shaper: &mut Shaper<'_>,
) -> Result<(), SourceError> {
    for (outer, inner) in entries {
        let Value::Array(inner) = inner else {
            let place = format!("{} `{outer}`", table.path);
            let detail = "a list was expected under this key; it is left out";
            shaper.faults.push(RowFault::new(&place, "not_a_row", &inner.to_string(), detail));
            continue;
        };
        for (number, item) in inner.into_iter().enumerate() {
            let row = pair((left, &outer), (right, item));
            let place = format!("{} `{outer}` row {}", table.path, number + 1);
            shaper.push_value(place, Value::Object(row))?;
        }
    }
    Ok(())
}

/// A row of two columns; what else an inner object says comes along.
fn pair((left, outer): (&str, &str), (right, item): (&str, Value)) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert(left.into(), outer.into());
    if let Value::Object(rest) = item {
        let named = |key: String| if key == "id" { right.to_owned() } else { key };
        row.extend(rest.into_iter().map(|(key, value)| (named(key), value)));
    } else {
        row.insert(right.into(), item);
    }
    row
}
