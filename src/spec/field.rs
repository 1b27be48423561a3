//! A field of an object: where it goes, and whether the destination has such a field.

use super::desk::Desk;
use super::kind_schema::kind_schema;
use super::nearest;
use super::object::Known;
use super::pipeline::{CustomType, Else, Field, ObjectKind, Target};
use super::rule::rule;
use super::spot::Spot;
use super::yaml::{Data, Entry, Node};

const CUSTOM: [(&str, CustomType); 9] = [
    ("text", CustomType::Text),
    ("long_text", CustomType::LongText),
    ("number", CustomType::Number),
    ("money", CustomType::Money),
    ("date", CustomType::Date),
    ("datetime", CustomType::Datetime),
    ("bool", CustomType::Bool),
    ("choice", CustomType::Choice),
    ("multi_choice", CustomType::MultiChoice),
];

/// Reads a field.
pub(super) fn field(
    known: &Known<'_>,
    (table, kind): (usize, ObjectKind),
    entry: &Entry,
) -> Option<Field> {
    let custom = word(&entry.value, "custom");
    let target = target(known.desk, kind, entry, custom);
    // The rule is read even without a target: its faults are to be told as well.
    let rule = rule(known, table, target.as_ref(), entry);
    let (target, mut rule) = (target?, rule?);
    // What the kind cannot do without is required, whether the spec says so or not; a way out that
    // it names is taken at its word.
    if kind_schema(kind).required().contains(&target.path) && word(&entry.value, "else").is_none() {
        (rule.required, rule.otherwise) = (true, Else::Hold);
    }
    Some(Field { target, rule, place: entry.spot.place.clone() })
}

fn word<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Data::Map(entries) = &node.data else { return None };
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

fn target(
    desk: &Desk<'_>,
    kind: ObjectKind,
    entry: &Entry,
    custom: Option<&Node>,
) -> Option<Target> {
    let path = entry.key.as_str();
    let schema = kind_schema(kind);
    let Some(custom) = custom else {
        let Some(field) = schema.target(path) else {
            unknown(desk, kind, entry);
            return None;
        };
        return Some(Target {
            path: path.to_owned(),
            kind: field.kind,
            many: field.many,
            chars_max: field.chars_max,
            bytes_max: field.bytes_max,
            custom: None,
        });
    };
    let word = desk.choice(custom, "type of a custom field", &CUSTOM)?;
    if schema.target(path).is_some() {
        let message = format!("`{path}` is a field that every {} has", kind.name());
        let hint = "take `custom` out, or give the custom field a name of its own".to_owned();
        desk.fault_hint("custom-known-field", &custom.spot, message, hint);
        return None;
    }
    if !path.ends_with("__c") || path.len() <= 3 || path.contains('.') {
        let message = format!("the name of a custom field ends with `__c`, `{path}` does not");
        let name = path.trim_end_matches("__c").replace(['.', ' '], "_");
        let hint = (!name.is_empty()).then(|| format!("write `{name}__c`"));
        desk.fault_hint("custom-name", &entry.spot, message, hint);
        return None;
    }
    let field = schema.custom(word);
    Some(Target {
        path: path.to_owned(),
        kind: field.kind,
        many: field.many,
        chars_max: field.chars_max,
        bytes_max: field.bytes_max,
        custom: Some(word),
    })
}

fn unknown(desk: &Desk<'_>, kind: ObjectKind, entry: &Entry) {
    let path = entry.key.as_str();
    if path.ends_with("__c") {
        let message = format!("the custom field `{path}` has no type");
        let hint = "declare it with `custom: text` or another type".to_owned();
        desk.fault_hint("custom-undeclared", &entry.spot, message, hint);
        return;
    }
    let paths = kind_schema(kind).paths();
    // `phone.<label>` is near to `phones.work` when the label is put in.
    let label = path.split('.').nth(1).unwrap_or_default();
    let paths: Vec<String> = paths.iter().map(|known| known.replace("<label>", label)).collect();
    let message = format!("a {} has no field `{path}`", kind.name());
    let near = nearest::hint(path, paths.iter().map(String::as_str));
    let declare = format!("declare it with `custom:` as `{}__c`", path.replace('.', "_"));
    let hint = match near.filter(|hint| hint.starts_with("did you mean")) {
        Some(near) => format!("{near} If not, {declare}"),
        None => declare,
    };
    desk.fault_hint("unknown-field", &entry.spot, message, hint);
}

/// Says which fields the destination cannot do without.
pub(super) fn missing_fields(desk: &Desk<'_>, kind: ObjectKind, spot: &Spot, fields: &[Entry]) {
    for required in kind_schema(kind).required() {
        let inside = format!("{required}.");
        let there = |entry: &Entry| entry.key == *required || entry.key.starts_with(&inside);
        if !fields.iter().any(there) {
            let message = format!("a {} needs the field `{required}`", kind.name());
            desk.fault("missing-field", spot, message);
        }
    }
}
