//! A rule in plain words, for other documents.

use super::words::{mapping_type, sentence};
use crate::spec::Pipeline;

/// The type of a field's mapping and its rule: `Value map: of kind, by the map below`.
pub fn rule_text(pipeline: &Pipeline, object: usize, field: usize) -> String {
    let target = &pipeline.objects[object].fields[field];
    format!("{}: {}", mapping_type(target), sentence(pipeline, (object, field)))
}
