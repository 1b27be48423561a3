//! The values that the pick-lists of the CRM offer.

use std::collections::HashMap;

use crate::crm::Inventory;
use crate::ground::Choices;
use crate::spec::Pipeline;

/// Object kind and field to its options.
#[derive(Debug, Default)]
pub struct ChoiceTable(HashMap<FieldName, Vec<Box<str>>>);

/// Object kind and field.
type FieldName = (Box<str>, Box<str>);

impl ChoiceTable {
    /// The pick-lists behind the fields of a pipeline.
    pub fn of(pipeline: &Pipeline, inventory: &Inventory) -> Self {
        let mut table = HashMap::new();
        let objects = pipeline.objects.iter();
        let fields = objects.flat_map(|object| {
            object.fields.iter().map(|field| (object.kind, field.target.path.as_str()))
        });
        for (kind, path) in fields {
            if let Some(options) = inventory.options(kind.entity(), path) {
                let options = options.into_iter().map(String::into_boxed_str).collect();
                table.insert((kind.name().into(), path.into()), options);
            }
        }
        Self(table)
    }
}

impl Choices for ChoiceTable {
    fn options(&self, kind: &str, field: &str) -> Option<&[Box<str>]> {
        self.0.get(&(kind.into(), field.into())).map(Vec::as_slice)
    }
}
