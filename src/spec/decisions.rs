//! The decisions file of a rollback: what is to become of records that people changed since they
//! were written. The only force there is, record by record.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::desk::Desk;
use super::read::Reading;
use super::yaml::{self, Entry, Node};
use crate::ground::{Diagnostic, SourceKey};

/// What is to become of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftDecision {
    /// The state that the person saw; a record that changed since is left.
    pub seen: String,
    /// What to do.
    pub way: DriftWay,
}

/// What to do with a record that people changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriftWay {
    /// It stays as it is, and is no conflict any more.
    Keep,
    /// It is deleted, with what people did to it.
    Delete,
    /// These fields get back what stood there before.
    Restore(Vec<String>),
}

/// Decisions by record.
pub type DriftDecisions = BTreeMap<SourceKey, DriftDecision>;

/// What the ledger knows of a record that a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenBefore {
    /// Who made it, so that it may be deleted.
    pub maker: Maker,
    /// The fields that flitpipe changed, so that they can be restored.
    pub fields: Vec<String>,
}

/// Who made a record of the CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// Somebody else: it was there before.
    Others,
    /// A run that is taken back, or that lies on top of it.
    TakenBack,
    /// The run of this number, which is not taken back here.
    OtherRun(i64),
}

/// Reads decisions; all faults come at once. `known` is asked about each record.
pub fn read_decisions(
    reading: &Reading<'_>,
    known: &dyn Fn(&SourceKey) -> Option<WrittenBefore>,
) -> Result<DriftDecisions, Vec<Diagnostic>> {
    let file = Arc::new(reading.file.to_owned());
    let text = (reading.files)(reading.file).map_err(|cause| {
        let message = format!("{} cannot be read: {cause}", reading.file.display());
        let (others, place, hint) = (Vec::new(), None, None);
        vec![Diagnostic { code: "unreadable-file", message, place, others, hint }]
    })?;
    let desk = Desk::new(reading, reading.file.to_owned());
    desk.keep_text(&file, &text);
    let (tree, faults) = yaml::parse(&file, &text);
    for fault in faults {
        desk.push(fault);
    }
    let mut decisions = DriftDecisions::new();
    if let Some(tree) = &tree {
        for entry in desk.entries(tree) {
            decisions.extend(decision(&desk, entry, known));
        }
    }
    let faults = desk.into_faults();
    if faults.is_empty() { Ok(decisions) } else { Err(faults) }
}

fn decision(
    desk: &Desk<'_>,
    entry: &Entry,
    known: &dyn Fn(&SourceKey) -> Option<WrittenBefore>,
) -> Option<(SourceKey, DriftDecision)> {
    let keys = desk.keys(&entry.value, "a decision", &["seen", "do", "fields"]);
    let key = match entry.key.parse::<SourceKey>() {
        Ok(key) => Some(key),
        Err(message) => {
            desk.fault("no-record", &entry.spot, message);
            None
        }
    };
    let seen = desk.need(&keys, "seen").and_then(|node| desk.text(node)).map(str::to_owned);
    let node = desk.need(&keys, "do")?;
    let words = [
        ("keep", DriftWay::Keep),
        ("delete", DriftWay::Delete),
        ("restore", DriftWay::Restore(Vec::new())),
    ];
    let choices: Vec<_> = words.iter().map(|(word, way)| (*word, way)).collect();
    let mut way = desk.choice(node, "decision", &choices)?.clone();
    if let DriftWay::Restore(fields) = &mut way {
        *fields = desk.need(&keys, "fields").map(|node| desk.texts_of(node)).unwrap_or_default();
    } else if let Some(fields) = keys.entry("fields") {
        desk.fault("unknown-key", &fields.spot, "`fields` belongs to `do: restore`");
    }
    let (key, seen) = (key?, seen?);
    let Some(before) = known(&key) else {
        desk.fault("no-record", &entry.spot, format!("{key} was never written by this pipeline"));
        return None;
    };
    possible(desk, (node, &key), &way, &before);
    Some((key, DriftDecision { seen, way }))
}

/// Tells a decision that cannot be carried out.
fn possible(
    desk: &Desk<'_>,
    (node, key): (&Node, &SourceKey),
    way: &DriftWay,
    before: &WrittenBefore,
) {
    match (way, before.maker) {
        (DriftWay::Delete, Maker::Others) => {
            let message = format!("{key} was there before: it is never deleted");
            let hint = "say `restore` with the fields that are to be as before".to_owned();
            desk.fault_hint("not-ours", &node.spot, message, hint);
        }
        (DriftWay::Delete, Maker::OtherRun(run)) => {
            let message = format!("{key} was made by run {run}, which is not taken back here");
            let hint = format!(
                "say `restore` with the fields that are to be as before, or `keep`; `rollback --run {run}` can delete it"
            );
            desk.fault_hint("not-in-scope", &node.spot, message, hint);
        }
        (DriftWay::Restore(_), Maker::TakenBack) => {
            let message = format!("{key} was made by flitpipe: nothing stood there before");
            let hint = "say `delete` or `keep`".to_owned();
            desk.fault_hint("not-ours", &node.spot, message, hint);
        }
        (DriftWay::Restore(fields), Maker::Others | Maker::OtherRun(_)) => {
            for field in fields.iter().filter(|field| !before.fields.contains(field)) {
                let message = format!("`{field}` of {key} was never changed by flitpipe");
                let hint = match before.fields[..] {
                    [] => "nothing of it is taken back here: say `keep`".to_owned(),
                    [..] => format!("it changed {}", before.fields.join(", ")),
                };
                desk.fault_hint("unknown-field", &node.spot, message, hint);
            }
        }
        (DriftWay::Keep, _) | (DriftWay::Delete, Maker::TakenBack) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::spec::KnownColumns;

    /// The hints on a restoration of a field that is not among those that were changed.
    fn hint(fields: &[&str]) -> String {
        let text = "people:3: { seen: \"1\", do: restore, fields: [shoeSize] }\n";
        let reading = Reading {
            file: Path::new("decisions.yaml"),
            variables: &|_| None,
            files: &|_| Ok(text.to_owned()),
            columns: &|_| KnownColumns::default(),
        };
        let fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
        let known = |_: &SourceKey| {
            Some(WrittenBefore { maker: Maker::OtherRun(1), fields: fields.clone() })
        };
        let faults = read_decisions(&reading, &known).unwrap_err();
        faults.into_iter().filter_map(|fault| fault.hint).collect()
    }

    #[test]
    fn a_record_of_which_nothing_is_taken_back_has_no_field_to_name() {
        assert_eq!(hint(&["name", "phone"]), "it changed name, phone");
        assert_eq!(hint(&[]), "nothing of it is taken back here: say `keep`");
    }
}
