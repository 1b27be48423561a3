//! An object, compiled: its recipes, its conditions and what it is looked up by.

use crate::spec::{Pipeline, Reference, Try};

use super::compile;
use super::error::TransformError;
use super::recipe::Recipe;
use super::templates::{TemplateId, Templates};

/// An object, compiled.
#[derive(Debug)]
pub(super) struct ObjectRules {
    /// The rows that belong to it.
    pub(super) condition: Option<TemplateId>,
    /// The rows that it leaves out, in the order of the spec.
    pub(super) skip: Vec<TemplateId>,
    /// The fields, in the order of the spec.
    pub(super) recipes: Vec<Recipe>,
    /// Positions of the fields that make two rows one.
    pub(super) dedupe: Vec<usize>,
    /// Paths of the fields that others look it up by, `domain` for its web address.
    pub(super) searched: Vec<String>,
}

impl ObjectRules {
    pub(super) fn compile(
        pipeline: &Pipeline,
        position: usize,
        templates: &mut Templates,
    ) -> Result<Self, TransformError> {
        let object = &pipeline.objects[position];
        let condition = match &object.condition {
            Some(condition) => Some(compile::condition(pipeline, condition, templates)?),
            None => None,
        };
        let mut skip = Vec::new();
        for rule in &object.skip {
            skip.push(compile::condition(pipeline, &rule.condition, templates)?);
        }
        let mut recipes = Vec::new();
        for field in &object.fields {
            recipes.push(Recipe::compile(pipeline, position, field, templates)?);
        }
        if let Some(oversize) = &object.oversize {
            compile::template_of(pipeline, &oversize.copy, templates)?;
            compile::template_of(pipeline, &oversize.link, templates)?;
        }
        let by = object.dedupe.iter().flat_map(|dedupe| &dedupe.by);
        let place =
            |path: &String| object.fields.iter().position(|field| field.target.path == *path);
        let dedupe = by.filter_map(place).collect();
        Ok(Self { condition, skip, recipes, dedupe, searched: searched(pipeline, position) })
    }
}

fn searched(pipeline: &Pipeline, position: usize) -> Vec<String> {
    let fields = pipeline.objects.iter().flat_map(|object| &object.fields);
    let mut searched: Vec<String> = Vec::new();
    for reference in fields.filter_map(|field| field.rule.reference.as_ref()) {
        let Reference::To { object, tries } = reference else { continue };
        if *object != position {
            continue;
        }
        searched.extend(tries.iter().filter_map(|way| match way {
            Try::Id(_) => None,
            Try::Value(field, _) => Some(field.clone()),
            Try::Domain(_) => Some("domain".to_owned()),
        }));
    }
    searched.sort();
    searched.dedup();
    searched
}
