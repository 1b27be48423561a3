//! What a record can stand for in a sample: the rules that it uses, and its strata.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::prepare::{Course, Desk, Prepared};
use crate::ground::{Made, OwnerRule, Record, Rows, SourceKey, is_blank, shown};
use crate::spec::{ColumnPath, From, Kind, Pipeline, children_of, field_columns};

/// How many values of one field or stratum are told apart.
const VALUES_MAX: usize = 60;

/// The traits of one object's records.
#[derive(Debug)]
pub(super) struct Traits {
    object: usize,
    name: String,
    /// For each field the columns that its template names.
    columns: Vec<Vec<String>>,
    /// Field to the longest source value and its record.
    longest: BTreeMap<usize, (usize, SourceKey)>,
    /// Field or stratum to the values that were met.
    values: BTreeMap<String, BTreeSet<String>>,
    paths: Vec<String>,
}

impl Traits {
    /// Those of an object.
    pub(super) fn of(pipeline: &Pipeline, object: usize) -> Self {
        let rules = &pipeline.objects[object];
        let columns = rules.fields.iter().enumerate().map(|(position, field)| {
            let is_template = matches!(field.rule.from, From::Template(_));
            if is_template { field_columns(pipeline, (object, position)) } else { Vec::new() }
        });
        Self {
            object,
            name: rules.name.clone(),
            columns: columns.collect(),
            longest: BTreeMap::new(),
            values: BTreeMap::new(),
            paths: rules.fields.iter().map(|field| field.target.path.clone()).collect(),
        }
    }

    /// What a record uses of the rules: entries of maps, blanks, branches of templates, owners,
    /// kinds, remarks.
    pub(super) fn rules(&mut self, desk: &Desk, prepared: &Prepared) -> Vec<String> {
        let Course::Write { fields, late } = &prepared.course else { return Vec::new() };
        let rules = &desk.pipeline.objects[self.object];
        let mut found = Vec::new();
        for (position, field) in rules.fields.iter().enumerate() {
            let path = format!("{}.{}", self.name, field.target.path);
            let made = fields.get(&field.target.path).or_else(|| late.get(&field.target.path));
            let Some(made) = made else {
                found.push(format!("{path}: blank"));
                continue;
            };
            found.push(format!("{path}: a value"));
            let taken = prepared.taken.get(position);
            let entries = taken.map(|taken| taken.entries.as_slice()).unwrap_or_default();
            found.extend(entries.iter().map(|entry| format!("{path}: map entry {}", entry + 1)));
            if !self.columns[position].is_empty() {
                let pattern = pattern(&prepared.record, &self.columns[position]);
                found.extend(self.few(&path, &format!("columns {pattern}")));
            }
            let rule = taken.and_then(|taken| taken.owner.as_ref()).map(|(rule, _)| *rule);
            match telling(&field.target.kind, made, rule) {
                Some(Told::Each(value)) => found.push(format!("{path}: {value}")),
                Some(Told::Few(value)) => found.extend(self.few(&path, &value)),
                None => {}
            }
            let length = taken.map_or(0, |taken| taken.raw.chars().count());
            self.measure(position, length, &prepared.id);
        }
        let flags = prepared.flags.iter();
        found.extend(flags.map(|flag| format!("{}.{}: {}", self.name, flag.field, flag.code)));
        found
    }

    /// The strata of a record, as the spec's `sample.spread` names them.
    pub(super) fn strata(&mut self, desk: &Desk, row: &Arc<Record>) -> Vec<String> {
        let table = desk.pipeline.objects[self.object].table;
        let spread = desk.pipeline.sample.spread.iter().filter(|(of, _)| *of == table);
        let mut found = Vec::new();
        for path in spread.flat_map(|(_, paths)| paths) {
            let label = format!("{} by {}", self.name, path.text);
            for value in stratum(desk, table, row, path) {
                found.extend(self.few(&label, &bucket(&value)));
            }
        }
        found
    }

    /// The records with the longest values, each under the name of its trait.
    pub(super) fn longest(&self) -> Vec<(String, SourceKey)> {
        let named = |(position, (_, key)): (&usize, &(usize, SourceKey))| {
            let field = &self.paths[*position];
            (format!("{}.{field}: the longest", self.name), key.clone())
        };
        self.longest.iter().map(named).collect()
    }

    fn measure(&mut self, position: usize, length: usize, id: &str) {
        let longest = self.longest.get(&position).map_or(0, |(longest, _)| *longest);
        if length > longest {
            self.longest.insert(position, (length, SourceKey::new(&self.name, id)));
        }
    }

    /// A trait for a value, unless the field has too many of them to be told apart.
    fn few(&mut self, label: &str, value: &str) -> Option<String> {
        let values = self.values.entry(label.to_owned()).or_default();
        if !values.contains(value) {
            if values.len() >= VALUES_MAX {
                return None;
            }
            values.insert(value.to_owned());
        }
        Some(format!("{label}: {value}"))
    }
}

/// A value that tells records of a field apart.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// Each of them counts, however many there are.
    Each(String),
    /// They count as long as there are few.
    Few(String),
}

/// The value of a field that tells records apart: who owns, what kind, which stage. Owners who are
/// namesakes are two. Those for whom the fallback stands are as many as the source has names.
fn telling(kind: &Kind, made: &Made, rule: Option<OwnerRule>) -> Option<Told> {
    match (kind, made) {
        (_, Made::User(user)) => {
            let owner = format!("owner {} ({})", user.name, user.id);
            let is_fallback = rule == Some(OwnerRule::Fallback);
            Some(if is_fallback { Told::Few(owner) } else { Told::Each(owner) })
        }
        (Kind::Choice | Kind::Status(_) | Kind::Stage, Made::Plain(value)) => {
            Some(Told::Few(shown(value)))
        }
        (_, Made::Plain(_) | Made::Links(_)) => None,
    }
}

/// Which of the columns of a template are filled.
fn pattern(row: &Record, columns: &[String]) -> String {
    let filled = columns.iter().filter(|column| !is_blank(row.get(column)));
    filled.map(String::as_str).collect::<Vec<_>>().join("+")
}

/// The values of a stratum: of a column, over links, or of the rows of a child table.
fn stratum(desk: &Desk, table: usize, row: &Arc<Record>, path: &ColumnPath) -> Vec<String> {
    let children = children_of(&desk.pipeline, table);
    let child = children.iter().find(|child| {
        path.links.is_empty() && desk.pipeline.tables[child.table].name == path.column
    });
    if let (Some(child), Some(column)) = (child, path.keys.first()) {
        let name = &desk.pipeline.tables[child.table].name;
        let rows = desk.rows.children(name, &child.column, &row.key);
        return rows.iter().map(|row| shown(row.get(column))).collect();
    }
    let mut here = Arc::clone(row);
    for step in &path.links {
        let key = shown(here.get(&step.column));
        let Some(next) = Rows::get(&desk.rows, &desk.pipeline.tables[step.table].name, &key) else {
            return Vec::new();
        };
        here = next;
    }
    let value = crate::ground::inside(here.get(&path.column), &path.keys);
    vec![shown(&value)]
}

/// Numbers that are no keys are told apart by their size.
fn bucket(value: &str) -> String {
    let value = value.trim();
    if value.is_empty() {
        return "blank".to_owned();
    }
    match value.parse::<f64>() {
        Ok(number) if value.contains('.') => match number {
            0.0 => "0".to_owned(),
            number if number < 0.0 => "negative".to_owned(),
            number => format!("{} digits", format!("{number:.0}").len()),
        },
        Ok(_) | Err(_) => value.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::ground::User;

    #[test]
    fn every_owner_counts_and_namesakes_are_two() {
        let owner = |id: u64, rule| {
            let made = Made::User(User { id: id.into(), name: "Ann Lee".into() });
            telling(&Kind::User, &made, Some(rule))
        };
        let (found, fallen) = (OwnerRule::Matched, OwnerRule::Fallback);
        assert_eq!(owner(7, found), Some(Told::Each("owner Ann Lee (7)".to_owned())));
        assert_ne!(owner(7, found), owner(8, found));
        assert_eq!(owner(7, fallen), Some(Told::Few("owner Ann Lee (7)".to_owned())));
        let plain = |kind: Kind| telling(&kind, &Made::Plain(Value::from("Hot")), None);
        assert_eq!(plain(Kind::Choice), Some(Told::Few("Hot".to_owned())));
        assert_eq!(plain(Kind::Text), None);
    }

    #[test]
    fn fractions_are_told_apart_by_size_and_words_without_case() {
        let cases = [
            ("41.5", "2 digits"),
            ("0.0", "0"),
            ("-3.5", "negative"),
            (" ", "blank"),
            ("Hot", "hot"),
            ("88", "88"),
        ];
        for (value, expected) in cases {
            assert_eq!(bucket(value), expected, "{value}");
        }
    }
}
