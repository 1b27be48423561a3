//! What the CRM takes: the destination fields of every kind of object, read from
//! `schemas/nutshell`.
//!
//! The files are JSON Schema over the made fields of one record, nested by the dots of their
//! paths; `x-` keywords carry what JSON Schema has no word for.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

use super::pipeline::{CustomType, Kind, ObjectKind};
use crate::ground::Entity;

/// A destination field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSchema {
    /// Its type.
    pub kind: Kind,
    /// Whether it takes several values.
    pub many: bool,
    /// The greatest length in characters, if there is one.
    pub chars_max: Option<usize>,
    /// The greatest length in bytes, if there is one.
    pub bytes_max: Option<usize>,
}

/// A payload that the CRM would not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadFault {
    /// The field (`address.work.city`); empty for the record itself.
    pub path: String,
    /// What is wrong; the value itself is not shown.
    pub message: String,
}

/// The fields of one kind of object.
#[derive(Debug)]
pub struct KindSchema {
    fields: Vec<Named>,
    required: Vec<String>,
    custom: Option<CustomLimits>,
    value: Value,
    validator: Validator,
}

#[derive(Debug)]
struct Named {
    name: String,
    shape: FieldShape,
}

#[derive(Debug)]
enum FieldShape {
    /// `name`
    Plain(FieldSchema),
    /// `phone`, `phone.<label>`
    Labelled(FieldSchema),
    /// `address.city`, `address.<label>.city`
    Parts(Vec<(String, FieldSchema)>),
}

#[derive(Debug)]
struct CustomLimits {
    text_chars_max: Option<usize>,
    long_text_bytes_max: Option<usize>,
}

static KINDS: LazyLock<Vec<KindSchema>> =
    LazyLock::new(|| ObjectKind::ALL.iter().map(|&kind| KindSchema::load(kind)).collect());

/// The fields of a kind of object.
pub fn kind_schema(kind: ObjectKind) -> &'static KindSchema {
    &KINDS[kind as usize]
}

impl KindSchema {
    fn load(kind: ObjectKind) -> Self {
        let value: Value = serde_json::from_str(text_of(kind)).unwrap_or_default();
        let validator = jsonschema::validator_for(&value)
            .unwrap_or_else(|error| unreachable!("schema of {} is broken: {error}", kind.name()));
        let fields = value["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, field)| Named { name: name.clone(), shape: shape_of(field, &value) })
            .collect();
        let custom = value["x-custom-fields"].as_object().map(|limits| CustomLimits {
            text_chars_max: limits.get("text").and_then(|text| size(text, "maxLength")),
            long_text_bytes_max: limits.get("long_text").and_then(|text| size(text, "x-maxBytes")),
        });
        Self { fields, required: words(&value["required"]), custom, value, validator }
    }

    /// The field at a path such as `name`, `phone.mobile` or `address.work.city`; `None` when the
    /// kind has no such field. Custom fields are not among them, see [`KindSchema::custom`].
    pub fn target(&self, path: &str) -> Option<FieldSchema> {
        let (name, rest) = match path.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let shape = &self.fields.iter().find(|field| field.name == name)?.shape;
        match (shape, rest) {
            (FieldShape::Plain(field) | FieldShape::Labelled(field), None) => Some(field.clone()),
            (FieldShape::Labelled(field), Some(label)) if is_label(label) => {
                Some(FieldSchema { many: false, ..field.clone() })
            }
            (FieldShape::Parts(parts), Some(rest)) => part_of(parts, rest),
            (FieldShape::Plain(_) | FieldShape::Labelled(_) | FieldShape::Parts(_), _) => None,
        }
    }

    /// A custom field of a type. Where the kind has no custom fields it becomes a line of text,
    /// which has no length of its own.
    pub fn custom(&self, custom: CustomType) -> FieldSchema {
        let limits = self.custom.as_ref();
        FieldSchema {
            kind: match custom {
                CustomType::Text | CustomType::LongText => Kind::Text,
                CustomType::Number => Kind::Number,
                CustomType::Money => Kind::Money,
                CustomType::Date => Kind::Date,
                CustomType::Datetime => Kind::Time,
                CustomType::Bool => Kind::Bool,
                CustomType::Choice | CustomType::MultiChoice => Kind::Choice,
            },
            many: custom == CustomType::MultiChoice,
            chars_max: limits
                .filter(|_| custom == CustomType::Text)
                .and_then(|limits| limits.text_chars_max),
            bytes_max: limits
                .filter(|_| custom == CustomType::LongText)
                .and_then(|limits| limits.long_text_bytes_max),
        }
    }

    /// The fields that every record must have.
    pub fn required(&self) -> &[String] {
        &self.required
    }

    /// Every path, labels written `<label>`: `phone`, `phone.<label>`, `address.city`.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for Named { name, shape } in &self.fields {
            match shape {
                FieldShape::Plain(_) => paths.push(name.clone()),
                FieldShape::Labelled(_) => {
                    paths.push(name.clone());
                    paths.push(format!("{name}.<label>"));
                }
                FieldShape::Parts(parts) => {
                    paths.extend(parts.iter().map(|(part, _)| format!("{name}.{part}")));
                    paths.extend(parts.iter().map(|(part, _)| format!("{name}.<label>.{part}")));
                }
            }
        }
        paths
    }

    /// Whether the kind has custom fields; where it has none they become lines of the text.
    pub const fn has_custom_fields(&self) -> bool {
        self.custom.is_some()
    }

    /// The schema itself.
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// What the CRM would not take of a record, given as its fields nested by the dots of their
    /// paths, with `Accounts:7` for a reference. Beside labels, an unlabelled value stands under
    /// the empty label: `{"phone": {"": "+1…", "work": "+1…"}}`.
    pub fn faults(&self, document: &Value) -> Vec<PayloadFault> {
        self.validator
            .iter_errors(document)
            .map(|error| PayloadFault {
                path: error.instance_path().as_str().trim_start_matches('/').replace('/', "."),
                message: error.masked().to_string(),
            })
            .collect()
    }
}

fn text_of(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Company => include_str!("../../schemas/nutshell/company.schema.json"),
        ObjectKind::Person => include_str!("../../schemas/nutshell/person.schema.json"),
        ObjectKind::Deal => include_str!("../../schemas/nutshell/deal.schema.json"),
        ObjectKind::Lead => include_str!("../../schemas/nutshell/lead.schema.json"),
        ObjectKind::Activity => include_str!("../../schemas/nutshell/activity.schema.json"),
        ObjectKind::Task => include_str!("../../schemas/nutshell/task.schema.json"),
        ObjectKind::Note => include_str!("../../schemas/nutshell/note.schema.json"),
        ObjectKind::File => include_str!("../../schemas/nutshell/file.schema.json"),
    }
}

fn shape_of(field: &Value, whole: &Value) -> FieldShape {
    if field["x-type"] == "address" {
        let parts = whole["$defs"]["address"]["properties"].as_object().into_iter().flatten();
        return FieldShape::Parts(
            parts.map(|(name, part)| (name.clone(), field_of(part))).collect(),
        );
    }
    if field["x-labels"] == true {
        return FieldShape::Labelled(field_of(field));
    }
    FieldShape::Plain(field_of(field))
}

fn field_of(field: &Value) -> FieldSchema {
    FieldSchema {
        kind: kind_of(field),
        many: field["x-many"] == true,
        chars_max: size(field, "maxLength"),
        bytes_max: size(field, "x-maxBytes"),
    }
}

fn kind_of(field: &Value) -> Kind {
    match field["x-type"].as_str().unwrap_or_default() {
        "email" => Kind::Email,
        "phone" => Kind::Phone,
        "url" => Kind::Url,
        "country" => Kind::Country,
        "number" => Kind::Number,
        "money" => Kind::Money,
        "bool" => Kind::Bool,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "duration" => Kind::Duration,
        "choice" => Kind::Choice,
        "tags" => Kind::Tags,
        "sources" => Kind::Sources,
        "status" => Kind::Status(words(&field["enum"])),
        "stage" => Kind::Stage,
        "user" => Kind::User,
        "reference" => Kind::Reference(
            words(&field["x-entities"]).iter().filter_map(|name| Entity::named(name)).collect(),
        ),
        "content" => Kind::Content,
        _ => Kind::Text,
    }
}

fn part_of(parts: &[(String, FieldSchema)], rest: &str) -> Option<FieldSchema> {
    let part = match rest.split_once('.') {
        Some((label, part)) if is_label(label) => part,
        Some(_) => return None,
        None => rest,
    };
    parts.iter().find(|(name, _)| name == part).map(|(_, field)| field.clone())
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && !label.contains('.')
}

fn size(schema: &Value, keyword: &str) -> Option<usize> {
    schema[keyword].as_u64().and_then(|size| usize::try_from(size).ok())
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_stands_where_it_is_looked_for() {
        for kind in ObjectKind::ALL {
            let schema = kind_schema(kind);
            assert_eq!(schema.value()["title"], kind.name());
            assert!(schema.required().iter().all(|path| schema.target(path).is_some()), "{kind:?}");
        }
    }

    #[test]
    fn every_type_of_a_schema_is_a_word_that_is_known() {
        for kind in ObjectKind::ALL {
            for (name, field) in kind_schema(kind).value()["properties"].as_object().unwrap() {
                let known = field["x-type"] == "text"
                    || field["x-type"] == "address"
                    || kind_of(field) != Kind::Text;
                assert!(known, "{name} of {kind:?}");
            }
        }
    }

    #[test]
    fn labels_lead_to_the_type_of_their_field() {
        let person = kind_schema(ObjectKind::Person);
        assert_eq!(person.target("phone.mobile").unwrap().kind, Kind::Phone);
        assert!(!person.target("email.secondary").unwrap().many);
        assert!(person.target("email").unwrap().many);
        assert_eq!(person.target("address.city").unwrap().kind, Kind::Text);
        assert_eq!(person.target("address.work.country").unwrap().kind, Kind::Country);
        for wrong in ["address", "address.work", "name.first", "phone.", "phone.a.b", "Phone"] {
            assert_eq!(person.target(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_deal_needs_a_stage_and_a_lead_does_not() {
        assert_eq!(kind_schema(ObjectKind::Deal).required(), ["description", "stage"]);
        assert_eq!(kind_schema(ObjectKind::Lead).required(), ["description"]);
        let title = kind_schema(ObjectKind::Deal).target("description").unwrap();
        assert_eq!(title.chars_max, Some(100));
    }

    #[test]
    fn a_reference_says_what_it_may_lead_to() {
        let people = kind_schema(ObjectKind::Activity).target("participants").unwrap();
        let expected = vec![Entity::Contacts, Entity::Accounts, Entity::Users];
        assert_eq!(people.kind, Kind::Reference(expected));
        assert!(people.many);
    }

    #[test]
    fn custom_text_has_a_length_only_where_there_are_custom_fields() {
        let person = kind_schema(ObjectKind::Person);
        assert_eq!(person.custom(CustomType::Text).chars_max, Some(255));
        assert_eq!(person.custom(CustomType::LongText).bytes_max, Some(65_535));
        assert_eq!(kind_schema(ObjectKind::Activity).custom(CustomType::Text).chars_max, None);
        assert!(!kind_schema(ObjectKind::Note).has_custom_fields());
    }

    #[test]
    fn a_good_person_is_taken_and_a_bad_one_is_told_by_field_without_its_value() {
        let person = kind_schema(ObjectKind::Person);
        let good = json!({
            "name": "Ann Lee", "email": {"": ["ann@acme.example"], "secondary": "lee@acme.example"},
            "phone": {"mobile": "+12125550147"}, "address": {"city": "Bern", "work": {"city": "Lyon"}},
            "owner": "Users:3", "accounts": ["Accounts:7"], "tags": ["VIP"],
            "Score__c": 3, "Fee__c": {"currency": "USD", "amount": "1.50"},
        });
        assert_eq!(person.faults(&good), []);
        let bad = json!({"email": "ann@acme.example", "owner": "ghost-of-dana", "nickname": "A"});
        let faults = person.faults(&bad);
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults.iter().any(|fault| fault.path == "owner"));
        assert!(faults.iter().all(|fault| !fault.message.contains("ghost-of-dana")));
    }
}
