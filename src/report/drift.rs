//! The drift report of a rollback: every record that people changed, with what stood there before,
//! what was written and what stands there now; and the decisions file to begin with.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::audit::AuditError;
use super::file::Draft;
use super::sheet::Sheet;
use crate::spec::ArchiveFormat;

/// A record that is left, for the files that people read.
#[derive(Debug, Serialize)]
pub struct Drifted<'a, F> {
    /// The source record.
    pub record: &'a str,
    /// The record of the CRM.
    pub crm: &'a str,
    /// What people did to it.
    pub why: &'a str,
    /// The state that it was seen in; empty when no decision can be made.
    pub seen: &'a str,
    /// The fields with their three values.
    pub fields: &'a [F],
}

/// Writes the records as JSON Lines.
pub fn write_drift<F: Serialize>(
    drifted: &[Drifted<'_, F>],
    file: &Path,
) -> Result<(), AuditError> {
    let fail = |source| AuditError::Unwritable { file: file.to_owned(), source };
    let mut draft = Draft::begin(file).map_err(fail)?;
    for one in drifted {
        let line = serde_json::to_string(one).map_err(|error| fail(error.into()))?;
        writeln!(draft, "{line}").map_err(fail)?;
    }
    draft.finish().map_err(fail)
}

/// Writes the fields as CSV for people, a line for each.
pub fn write_drift_sheet<F: Serialize>(
    drifted: &[Drifted<'_, F>],
    file: &Path,
) -> Result<(), AuditError> {
    let write = || {
        let mut draft = Draft::begin(file)?;
        let names = ["record", "crm", "why", "field", "before", "written", "now"];
        let names = names.map(str::to_owned).to_vec();
        let mut sheet = Sheet::begin(&ArchiveFormat::Csv, names, &mut draft)?;
        for one in drifted {
            let of: [Value; 3] = [one.record.into(), one.crm.into(), one.why.into()];
            if one.fields.is_empty() {
                sheet.row(&of)?;
            }
            for field in one.fields {
                let field = serde_json::to_value(field)?;
                let values = ["field", "before", "written", "now"].map(|name| field[name].clone());
                sheet.row(&[&of[..], &values[..]].concat())?;
            }
        }
        sheet.end()?;
        draft.finish()
    };
    write().map_err(|source| AuditError::Unwritable { file: file.to_owned(), source })
}

/// Writes a decisions file in which every record stays as it is; the file that it became.
///
/// A file in which somebody wrote is never written over, nor is `spared`, which was given as the
/// decisions: then the next free name is taken.
pub fn write_decisions<F>(
    drifted: &[Drifted<'_, F>],
    file: &Path,
    spared: Option<&Path>,
) -> Result<PathBuf, AuditError> {
    let fail = |file: &Path, source| AuditError::Unwritable { file: file.to_owned(), source };
    let text = template(drifted).map_err(|source| fail(file, source))?;
    let place = free_place(file, spared).map_err(|source| fail(file, source))?;
    let write = || {
        let mut draft = Draft::begin(&place)?;
        write!(draft, "{SEAL}{}\n{text}", sum(&text))?;
        draft.finish()
    };
    write().map_err(|source| fail(&place, source))?;
    Ok(place)
}

/// The first line of a file that nobody changed yet, before the sum of all that stands below.
const SEAL: &str = "# As flitpipe wrote it; once you change it, it is never written over: ";

fn sum(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// The file, or the first one beside it that is not there or that nobody changed.
fn free_place(file: &Path, spared: Option<&Path>) -> io::Result<PathBuf> {
    let spared = spared.and_then(|spared| fs::canonicalize(spared).ok());
    let mut number = 1;
    let mut place = file.to_owned();
    loop {
        match fs::read(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(place),
            Err(error) => return Err(error),
            Ok(bytes) if is_as_written(&bytes) && fs::canonicalize(&place).ok() != spared => {
                return Ok(place);
            }
            Ok(_) => {}
        }
        let ending = if number == 1 { "new.yaml".to_owned() } else { format!("new-{number}.yaml") };
        place = file.with_extension(ending);
        number += 1;
    }
}

fn is_as_written(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let sealed = text.strip_prefix(SEAL).and_then(|text| text.split_once('\n'));
    sealed.is_some_and(|(seal, text)| seal == sum(text))
}

fn template<F>(drifted: &[Drifted<'_, F>]) -> io::Result<String> {
    let mut text = HEAD.to_owned();
    for one in drifted.iter().filter(|one| !one.seen.is_empty()) {
        // A text in JSON is one in YAML.
        let record = serde_json::to_string(one.record)?;
        let why = one.why.replace(char::is_control, " ");
        let line =
            format!("# {}: {why}\n{record}: {{ seen: \"{}\", do: keep }}\n", one.crm, one.seen);
        text.push_str(&line);
    }
    Ok(text)
}

const HEAD: &str = "\
# Records that people changed since flitpipe wrote them. A rollback leaves them, unless it is
# told otherwise here, record by record:
#   do: keep                           it stays as it is
#   do: delete                         it goes, with what people did to it (if flitpipe made it)
#   do: restore, fields: [FIELD, …]    these get back what stood there before (if it was there)
# A decision holds as long as nobody but flitpipe changes the record. The values stand in
# rollback-drift.jsonl, and in rollback-drift.csv for reading.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, why: &str, spared: Option<&Path>) -> String {
        let one: Drifted<'_, ()> =
            Drifted { record: "people:1", crm: "Contacts:7", why, seen: "a1", fields: &[] };
        let file = write_decisions(&[one], &folder.join("decisions.yaml"), spared).unwrap();
        file.file_name().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn only_what_nobody_changed_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let write = |why, spared| written(folder.path(), why, spared);
        assert_eq!(write("one", None), "decisions.yaml");
        assert_eq!(write("two", None), "decisions.yaml");
        let file = folder.path().join("decisions.yaml");
        assert!(fs::read_to_string(&file).unwrap().contains("# Contacts:7: two\n"));
        assert_eq!(write("three", Some(&file)), "decisions.new.yaml");

        let text = fs::read_to_string(&file).unwrap().replace("do: keep", "do: delete");
        fs::write(&file, &text).unwrap();
        assert_eq!(write("four", None), "decisions.new.yaml");
        fs::write(folder.path().join("decisions.new.yaml"), "people:1: {}\n").unwrap();
        assert_eq!(write("five", None), "decisions.new-2.yaml");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}
