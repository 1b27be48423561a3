//! From the checked form of a field to its recipe.

use std::collections::HashSet;

use crate::ground::compared;
use crate::spec::{
    Each, Expr, Field, From, Kind, Object, ObjectKind, Pipeline, Reference, Rule, Target, Template,
};

use super::address::Address;
use super::error::TransformError;
use super::kind;
use super::map::Crosswalk;
use super::max::Max;
use super::recipe::Recipe;
use super::templates::{TemplateId, Templates};
use super::text::Mentions;

impl Recipe {
    /// Compiles a field of an object.
    pub(super) fn compile(
        pipeline: &Pipeline,
        object: usize,
        field: &Field,
        templates: &mut Templates,
    ) -> Result<Self, TransformError> {
        let parent = &pipeline.objects[object];
        let rule = &field.rule;
        let template = match &rule.from {
            From::Template(template) => Some(template_of(pipeline, template, templates)?),
            From::Columns(_) | From::Value(_) | From::Each(_) => None,
        };
        let condition = match &rule.from {
            From::Each(each) => condition_of(pipeline, each, templates)?,
            From::Columns(_) | From::Value(_) | From::Template(_) => None,
        };
        let key = &pipeline.tables[parent.table].key;
        let is_key = match &rule.from {
            From::Columns(paths) => {
                paths.iter().all(|path| path.links.is_empty() && key.contains(&path.column))
            }
            From::Value(_) | From::Template(_) | From::Each(_) => false,
        };
        let rule_max = Max { chars: rule.chars_max, bytes: None };
        Ok(Self {
            object,
            object_kind: parent.kind.name(),
            path: field.target.path.as_str().into(),
            column: column_of(pipeline, rule).into(),
            kind: kind::of(&field.target),
            many: kind::is_many(&field.target),
            max: kind::max(&field.target).and(rule_max),
            mentions: mentions(parent.kind, &field.target),
            address: Address::around(parent, &field.target.path),
            crosswalk: rule.map.as_ref().map(Crosswalk::compile),
            template,
            condition,
            covered: covered(parent),
            is_key,
        })
    }
}

/// Compiles a template; a fault names its place.
pub(super) fn template_of(
    pipeline: &Pipeline,
    template: &Template,
    templates: &mut Templates,
) -> Result<TemplateId, TransformError> {
    templates.add(&template.text).map_err(|source| TransformError::Template {
        file: pipeline.file.clone(),
        line: template.place.line,
        text: template.text.clone(),
        source,
    })
}

/// Compiles a condition; a fault names its place.
pub(super) fn condition(
    pipeline: &Pipeline,
    expression: &Expr,
    templates: &mut Templates,
) -> Result<TemplateId, TransformError> {
    templates.add_condition(&expression.text).map_err(|source| TransformError::Template {
        file: pipeline.file.clone(),
        line: expression.place.line,
        text: expression.text.clone(),
        source,
    })
}

fn condition_of(
    pipeline: &Pipeline,
    each: &Each,
    templates: &mut Templates,
) -> Result<Option<TemplateId>, TransformError> {
    each.condition.as_ref().map(|text| condition(pipeline, text, templates)).transpose()
}

/// The CRM reads mentions in its own texts, and in the footers that stand in for custom fields.
fn mentions(kind: ObjectKind, target: &Target) -> Mentions {
    let has_custom_fields = match kind {
        ObjectKind::Company | ObjectKind::Person | ObjectKind::Deal | ObjectKind::Lead => true,
        ObjectKind::Activity | ObjectKind::Task | ObjectKind::Note | ObjectKind::File => false,
    };
    let is_apart = target.custom.is_some() && has_custom_fields;
    let kind = kind::of(target);
    // A pick-list of the CRM holds its own values, which are none of ours to change.
    let is_text = kind == Kind::Text || (kind == Kind::Choice && target.custom.is_some());
    if is_text && !is_apart { Mentions::Escape } else { Mentions::Keep }
}

fn covered(object: &Object) -> HashSet<String> {
    let references = object.fields.iter().filter_map(|field| field.rule.reference.as_ref());
    references
        .flat_map(|reference| match reference {
            Reference::Switch { objects, .. } => {
                objects.keys().map(|word| compared(word)).collect()
            }
            Reference::To { .. } | Reference::Columns(_) => Vec::new(),
        })
        .collect()
}

fn column_of(pipeline: &Pipeline, rule: &Rule) -> String {
    let referred = rule.reference.iter().flat_map(Reference::paths);
    let referred: Vec<_> = referred.map(|path| path.text.as_str()).collect();
    match &rule.from {
        From::Columns(paths) if paths.is_empty() => referred.join(", "),
        From::Columns(paths) => {
            paths.iter().map(|path| path.text.as_str()).collect::<Vec<_>>().join(", ")
        }
        From::Value(_) => String::new(),
        From::Template(_) => "template".to_owned(),
        From::Each(each) => pipeline.tables[each.child.table].name.clone(),
    }
}
