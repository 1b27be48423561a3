//! What a comparison counts beside differences: which fields are filled on the way from the source
//! to the CRM, and who owns what there.

use serde_json::Value;

use super::three_way::Values;
use crate::crm::Snapshot;
use crate::ground::{Fields, Record, is_blank};
use crate::report::ObjectFindings;
use crate::spec::{ColumnPath, From, Kind, Object, Pipeline, Reference, Rule, Try};

/// By object and field, the columns of its own row that alone decide whether there is a value; none
/// when a template, children, a constant or a key of JSON does.
#[derive(Debug)]
pub(super) struct Filling(Vec<Vec<Vec<String>>>);

/// A record at the three stops of its way.
pub(super) struct Stops<'a> {
    /// The row of the source, and what the rules make of it.
    pub(super) source: Option<(&'a Record, &'a Fields)>,
    /// The same as the CRM would show it.
    pub(super) wanted: &'a Values,
    /// The record in the CRM.
    pub(super) now: &'a Snapshot,
}

impl Filling {
    /// For the objects of a pipeline.
    pub(super) fn of(pipeline: &Pipeline) -> Self {
        let objects = pipeline.objects.iter();
        let columns = objects.map(|rules| rules.fields.iter().map(|field| columns(&field.rule)));
        Self(columns.map(Iterator::collect).collect())
    }

    /// Counts the fields of a record.
    pub(super) fn count(
        &self,
        (object, rules): (usize, &Object),
        stops: &Stops<'_>,
        found: &mut ObjectFindings,
    ) {
        for (columns, field) in self.0[object].iter().zip(&rules.fields) {
            let path = &*field.target.path;
            let stands = stops.now.fields.get(path);
            let makes = match stops.source {
                Some((_, made)) => made.get(path).is_some(),
                None => stops.wanted.contains_key(path),
            };
            let says = match stops.source {
                Some((row, _)) if !columns.is_empty() => says(row, columns),
                // What no column alone makes is there when it is made.
                Some(_) | None => makes,
            };
            if says || makes {
                let fill = found.fill.entry(path.to_owned()).or_default();
                fill.source += u64::from(says);
                fill.left_out += u64::from(says && !makes);
                fill.made += u64::from(makes);
                fill.stands += u64::from(makes && stands.is_some());
            }
            if let (Kind::User, Some(Value::String(user))) = (&field.target.kind, stands) {
                *found.owners.entry(user.clone()).or_default() += 1;
            }
        }
    }
}

fn columns(rule: &Rule) -> Vec<String> {
    let paths: Vec<&ColumnPath> = match (&rule.reference, &rule.from) {
        // Its columns are those of the children.
        (_, From::Each(_)) => Vec::new(),
        (Some(Reference::To { tries, .. }), _) => {
            let named = tries.iter().filter_map(|way| match way {
                Try::Id(path) => Some(path),
                // A name or a domain says who might be meant, not that somebody is.
                Try::Value(..) | Try::Domain(_) => None,
            });
            named.collect()
        }
        (Some(Reference::Columns(paths)), _) => paths.iter().map(|(path, _)| path).collect(),
        (None, From::Columns(paths)) => paths.iter().collect(),
        (Some(Reference::Switch { .. }), _) | (None, From::Value(_) | From::Template(_)) => {
            Vec::new()
        }
    };
    if paths.iter().any(|path| !path.keys.is_empty()) {
        return Vec::new();
    }
    let own = |path: &ColumnPath| {
        path.links.first().map_or_else(|| path.column.clone(), |step| step.column.clone())
    };
    paths.into_iter().map(own).collect()
}

fn says(row: &Record, columns: &[String]) -> bool {
    columns.iter().any(|column| !is_blank(row.get(column)))
}
