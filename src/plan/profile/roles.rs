//! What the spec makes of each column of a table: who reads it, and what it has to be there.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::{ColumnPath, Field, From, Kind, ObjectKind, Pipeline, named_columns};

/// Digits of a postal code, by country, where codes begin with zeros.
const POSTAL_DIGITS: [(&str, usize); 5] = [("US", 5), ("DE", 5), ("FR", 5), ("IT", 5), ("ES", 5)];

/// What the spec makes of a column.
#[derive(Debug, Clone, Default)]
pub(super) struct Role {
    /// The first destination field that reads it, as `people.email`.
    pub(super) field: Option<String>,
    /// Whether anything in the spec names it.
    pub(super) is_named: bool,
    /// The digits that a postal code of the source's country has.
    pub(super) postal_digits: Option<usize>,
    /// Whether it becomes a short text, in which markup would be shown as such.
    pub(super) plain_text: bool,
    /// The greatest length of the destination in characters.
    pub(super) chars_max: Option<usize>,
    /// The greatest length of the destination in bytes.
    pub(super) bytes_max: Option<usize>,
}

impl Role {
    /// Whether a value is longer than the destination takes.
    pub(super) fn is_too_long(&self, text: &str) -> bool {
        let over = |max: Option<usize>, length: &dyn Fn() -> usize| {
            // A text has at least as many bytes as characters.
            max.is_some_and(|max| text.len() > max && length() > max)
        };
        over(self.bytes_max, &|| text.len()) || over(self.chars_max, &|| text.chars().count())
    }

    /// The greatest length, in words; empty when there is none.
    pub(super) fn limit(&self) -> String {
        match (self.chars_max, self.bytes_max) {
            (Some(chars), _) => format!("{chars} characters"),
            (None, Some(bytes)) => format!("{bytes} bytes"),
            (None, None) => String::new(),
        }
    }
}

/// What the spec makes of a table.
#[derive(Debug, Default)]
pub(super) struct Roles {
    columns: BTreeMap<String, Role>,
    /// `None`: every column counts as named.
    named: Option<BTreeSet<String>>,
    /// Columns that become e-mail addresses.
    pub(super) emails: Vec<String>,
    /// Columns that become telephone numbers.
    pub(super) phones: Vec<String>,
    /// Columns that together become the name of a person or company.
    pub(super) names: Vec<String>,
    /// What names the owners of its rows.
    pub(super) owners: Vec<ColumnPath>,
    /// What names the files of its rows.
    pub(super) files: Vec<ColumnPath>,
}

impl Roles {
    /// The roles of a table's columns.
    pub(super) fn of(pipeline: &Pipeline, table: usize) -> Self {
        let mut roles = Self { named: named_columns(pipeline, table), ..Self::default() };
        let country = pipeline.sources[pipeline.tables[table].source].country.as_deref();
        let digits = POSTAL_DIGITS.iter().find(|(code, _)| Some(*code) == country);
        let objects = pipeline.objects.iter().filter(|object| object.table == table);
        let fields = objects.flat_map(|object| object.fields.iter().map(move |one| (object, one)));
        for (object, field) in fields {
            if let From::Columns(paths) = &field.rule.from {
                roles.note_paths(object.kind, field, paths);
                let label = format!("{}.{}", object.name, field.target.path);
                roles.note_field((&label, field), paths, digits.map(|(_, digits)| *digits));
            }
        }
        roles
    }

    fn note_field(
        &mut self,
        (label, field): (&str, &Field),
        paths: &[ColumnPath],
        postal_digits: Option<usize>,
    ) {
        for path in paths.iter().filter(|path| path.links.is_empty()) {
            let role = self.columns.entry(path.text.clone()).or_default();
            note(role, label.to_owned(), field);
            if field.target.path.ends_with("postalCode") {
                role.postal_digits = postal_digits;
            }
        }
    }

    fn note_paths(&mut self, kind: ObjectKind, field: &Field, paths: &[ColumnPath]) {
        let texts = || {
            let own = paths.iter().filter(|path| path.links.is_empty() && path.keys.is_empty());
            own.map(|path| path.column.clone())
        };
        let is_party = matches!(kind, ObjectKind::Company | ObjectKind::Person);
        if field.target.kind == Kind::Email {
            self.emails.extend(texts());
        } else if field.target.kind == Kind::Phone {
            self.phones.extend(texts());
        } else if field.target.kind == Kind::User {
            self.owners.extend(paths.iter().cloned());
        } else if kind == ObjectKind::File && field.target.kind == Kind::Content {
            self.files.extend(paths.iter().cloned());
        } else if is_party && field.target.path == "name" && self.names.is_empty() {
            let joined = if field.rule.join.is_some() { paths.len() } else { 1 };
            self.names.extend(texts().take(joined));
        }
    }

    /// The role of a column, or of a key within it (`properties.Buyer Stage`).
    pub(super) fn role(&self, column: &str) -> Role {
        let mut role = self.columns.get(column).cloned().unwrap_or_default();
        let outer = column.split_once('.').map_or(column, |(outer, _)| outer);
        role.is_named = self.named.as_ref().is_none_or(|named| named.contains(outer));
        role
    }
}

/// Notes one field that reads a column; the narrowest destination counts.
fn note(role: &mut Role, label: String, field: &Field) {
    role.field.get_or_insert(label);
    let narrower = |now: Option<usize>, new: Option<usize>| match (now, new) {
        (Some(now), Some(new)) => Some(now.min(new)),
        (one, other) => one.or(other),
    };
    let target = &field.target;
    let is_whole = field.rule.split.is_none()
        && field.rule.map.is_none()
        && field.rule.join.is_none()
        && field.rule.chars_max.is_none();
    if is_whole && matches!(target.kind, Kind::Text | Kind::Url | Kind::Email) {
        role.chars_max = narrower(role.chars_max, target.chars_max);
        role.bytes_max = narrower(role.bytes_max, target.bytes_max);
        role.plain_text |=
            target.kind == Kind::Text && target.chars_max.is_some_and(|max| max < 1_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_counts_in_the_unit_of_the_destination() {
        let chars = Role { chars_max: Some(3), ..Role::default() };
        assert!(!chars.is_too_long("äöü") && chars.is_too_long("äöüß"));
        let bytes = Role { bytes_max: Some(3), ..Role::default() };
        assert!(bytes.is_too_long("äö") && !bytes.is_too_long("abc"));
        assert!(!Role::default().is_too_long(&"x".repeat(10_000)));
    }
}
