//! What a field takes of a row, as people read it.

use serde_json::Value;

use crate::ground::Record;
use crate::spec::{From, Pipeline, field_columns};
use crate::transform::Taken;

/// How the fields of an object say what they took of a row.
#[derive(Debug)]
pub struct SourceText {
    /// For each field the columns to be said by name; `None`: what it took is said as it is.
    named: Vec<Option<Vec<String>>>,
}

impl SourceText {
    /// Those of an object. What a template rendered is not what stands in the source: there the
    /// columns that it names are said.
    pub fn of_object(pipeline: &Pipeline, object: usize) -> Self {
        let fields = pipeline.objects[object].fields.iter().enumerate();
        let named = fields.map(|(position, field)| {
            matches!(field.rule.from, From::Template(_))
                .then(|| field_columns(pipeline, (object, position)))
        });
        Self { named: named.collect() }
    }

    /// What the field at a position took of a row.
    pub fn of(&self, field: usize, row: &Record, taken: &Taken) -> String {
        let Some(Some(columns)) = self.named.get(field) else { return taken.raw.trim().to_owned() };
        let cells = columns.iter().filter_map(|column| {
            let text = match row.get(column) {
                Value::String(text) => text.trim().to_owned(),
                Value::Null => return None,
                value
                @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                    value.to_string()
                }
            };
            (!text.is_empty()).then(|| format!("{column}: {text}"))
        });
        cells.collect::<Vec<_>>().join(" · ")
    }
}
