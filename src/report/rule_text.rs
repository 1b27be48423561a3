//! A rule in plain words: the type of the mapping, and of what it is made.

use crate::spec::{From, Pipeline};

/// The rule of an object's field: `value map of kind`, `direct from email; custom field`.
pub fn rule_text(pipeline: &Pipeline, object: usize, field: usize) -> String {
    let field = &pipeline.objects[object].fields[field];
    let rule = &field.rule;
    let columns = || match &rule.from {
        From::Columns(paths) => {
            let names: Vec<_> = paths.iter().map(|path| path.text.as_str()).collect();
            names.join(", ")
        }
        From::Each(each) => pipeline.tables[each.child.table].name.clone(),
        From::Value(_) | From::Template(_) => String::new(),
    };
    let word = match &rule.from {
        From::Value(value) => format!("constant {value}"),
        From::Template(template) => format!("template {}", template.text),
        From::Columns(_) | From::Each(_) if rule.reference.is_some() => {
            format!("reference by {}", columns())
        }
        From::Columns(_) | From::Each(_) if rule.map.is_some() => {
            format!("value map of {}", columns())
        }
        From::Columns(_) | From::Each(_) if rule.json.is_some() => format!("JSON of {}", columns()),
        From::Columns(_) | From::Each(_) => format!("direct from {}", columns()),
    };
    if field.target.custom.is_some() { format!("{word}; custom field") } else { word }
}
