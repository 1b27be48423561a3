//! What the CRM must have before records are written: custom fields, tags, sources of leads.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::gate::Gate;
use crate::crm::{Inventory, MARKER_FIELD};
use crate::ground::{Entity, Fields, Made};
use crate::spec::{CustomType, Kind, Object, ObjectKind, Pipeline, Provision};

/// A custom field that is wanted and missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// The entity that gets it.
    #[serde(serialize_with = "entity_name")]
    pub entity: Entity,
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(serialize_with = "type_name")]
    pub custom: CustomType,
    /// The options of a choice.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub options: BTreeSet<String>,
}

/// Everything to be created before the records.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Provisioning {
    /// Custom fields that are missing.
    pub fields: Vec<Wanted>,
    /// Custom fields of the spec that are there already.
    pub existing: usize,
    /// Tags that are missing, by entity name.
    pub tags: BTreeMap<&'static str, BTreeSet<String>>,
    /// Sources of leads that are missing.
    pub sources: BTreeSet<String>,
}

/// The values of choices, tags and sources as the records bring them.
#[derive(Debug, Default)]
pub(super) struct Seen {
    options: BTreeMap<(ObjectKind, String), BTreeSet<String>>,
    tags: BTreeMap<Entity, BTreeSet<String>>,
    sources: BTreeSet<String>,
}

impl Seen {
    /// Notes the values of a record.
    pub(super) fn note(&mut self, object: &Object, fields: &Fields) {
        for field in &object.fields {
            let Some(Made::Plain(value)) = fields.get(&field.target.path) else { continue };
            let texts = texts(value);
            match (&field.target.kind, field.target.custom) {
                (Kind::Tags, _) => self.tags.entry(object.kind.entity()).or_default().extend(texts),
                (Kind::Sources, _) => self.sources.extend(texts),
                (_, Some(CustomType::Choice | CustomType::MultiChoice)) => {
                    let key = (object.kind, field.target.path.clone());
                    self.options.entry(key).or_default().extend(texts);
                }
                (_, _) => {}
            }
        }
    }

    /// What of it the CRM lacks.
    pub(super) fn missing(self, pipeline: &Pipeline, inventory: &Inventory) -> Provisioning {
        let mut provisioning = Provisioning::default();
        for (kind, name, custom) in declared(pipeline) {
            let entity = kind.entity();
            if inventory.custom_field(entity, &name).is_some() {
                provisioning.existing += usize::from(name != MARKER_FIELD);
            } else {
                let options = self.options.get(&(kind, name.clone())).cloned().unwrap_or_default();
                provisioning.fields.push(Wanted { entity, name, custom, options });
            }
        }
        for (entity, tags) in self.tags {
            let missing: BTreeSet<_> = tags
                .into_iter()
                .filter(|tag| !has(inventory.tags.get(&entity).map_or(&[], Vec::as_slice), tag))
                .collect();
            if !missing.is_empty() {
                provisioning.tags.insert(entity.name(), missing);
            }
        }
        let sources: BTreeSet<String> =
            inventory.sources.iter().map(|source| source.name.to_lowercase()).collect();
        provisioning.sources = self
            .sources
            .into_iter()
            .filter(|source| !sources.contains(&source.to_lowercase()))
            .collect();
        provisioning
    }
}

impl Provisioning {
    /// The missing custom fields for which the plan of the account has no room.
    pub fn over(&self, pipeline: &Pipeline, inventory: &Inventory) -> &[Wanted] {
        let have: usize = inventory.custom_fields.values().map(Vec::len).sum();
        let Some(limit) = pipeline.destination.plan.custom_fields else { return &[] };
        let room = usize::try_from(limit.saturating_sub(have as u64)).unwrap_or(usize::MAX);
        self.fields.get(room..).unwrap_or_default()
    }

    /// Refusals: more custom fields than the plan allows, or fields that only a person may create.
    pub(super) fn gates(&self, pipeline: &Pipeline, inventory: &Inventory) -> Vec<Gate> {
        let mut gates = Vec::new();
        let have: usize = inventory.custom_fields.values().map(Vec::len).sum();
        if let Some(limit) = pipeline.destination.plan.custom_fields
            && (have + self.fields.len()) as u64 > limit
        {
            let over = have as u64 + self.fields.len() as u64 - limit;
            let beyond = self.over(pipeline, inventory).iter();
            let names: Vec<_> = beyond.map(|field| field.name.as_str()).collect();
            gates.push(Gate {
                code: "custom_field_limit",
                message: format!(
                    "the plan allows {limit} custom fields; {have} exist and {} are to be created, {over} too many: {}",
                    self.fields.len(),
                    names.join(", ")
                ),
                hint: "take fields out of the spec, or raise `destination.plan.custom_fields` with the customer's plan".into(),
            });
        }
        if pipeline.destination.provision == Provision::Check && !self.fields.is_empty() {
            let names: Vec<_> = self
                .fields
                .iter()
                .map(|field| format!("{} on {}", field.name, field.entity))
                .collect();
            gates.push(Gate {
                code: "custom_fields_missing",
                message: format!("{} custom fields are missing: {}", names.len(), names.join(", ")),
                hint: "let an administrator create them, or say `provision: create`".into(),
            });
        }
        gates
    }
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|one| one.to_lowercase() == name.to_lowercase())
}

/// The custom fields that a pipeline fills, each once per entity, the marker's among them.
fn declared(pipeline: &Pipeline) -> Vec<(ObjectKind, String, CustomType)> {
    let mut known = BTreeSet::new();
    let mut all = Vec::new();
    for object in pipeline.objects.iter().filter(|object| carries_custom(object.kind)) {
        let marker = (MARKER_FIELD.to_owned(), CustomType::Text);
        let custom = object
            .fields
            .iter()
            .filter_map(|field| Some((field.target.path.clone(), field.target.custom?)));
        for (name, custom) in std::iter::once(marker).chain(custom) {
            if known.insert((object.kind.entity(), name.clone())) {
                all.push((object.kind, name, custom));
            }
        }
    }
    all
}

/// Whether records of the kind have custom fields in the CRM.
pub(super) const fn carries_custom(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Company | ObjectKind::Person | ObjectKind::Deal | ObjectKind::Lead)
}

fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Array(items) => items.iter().flat_map(texts).collect(),
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Null => Vec::new(),
        serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Object(_) => {
            vec![value.to_string()]
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn entity_name<S: serde::Serializer>(entity: &Entity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(entity.name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn type_name<S: serde::Serializer>(custom: &CustomType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match custom {
        CustomType::Text => "text",
        CustomType::LongText => "long_text",
        CustomType::Number => "number",
        CustomType::Money => "money",
        CustomType::Date => "date",
        CustomType::Datetime => "datetime",
        CustomType::Bool => "bool",
        CustomType::Choice => "choice",
        CustomType::MultiChoice => "multi_choice",
    })
}
