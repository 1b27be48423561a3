//! `json`: values written as JSON text, trimmed on whole elements.

use serde_json::{Map, Value};

use crate::spec::Shape;

use crate::ground::is_blank;

use super::each::Keep;
use super::max::Max;
use super::path;
use super::remark::Reading;
use super::scene::Scene;

/// One element: the column, or the object, that the shape says; nothing when the column is empty.
pub(super) fn element(shape: &Shape, scene: &Scene<'_>) -> Option<Value> {
    match shape {
        Shape::Column(column) => Some(path::value(column, scene)).filter(|value| !is_blank(value)),
        Shape::Object(members) => {
            let members = members.iter().map(|(key, column)| {
                let value = path::value(column, scene);
                (key.clone(), if is_blank(&value) { Value::Null } else { value })
            });
            Some(Value::Object(members.collect::<Map<_, _>>()))
        }
        Shape::Whole => {
            let columns = scene.record.header.columns().iter().zip(&scene.record.cells);
            let filled = columns.filter(|(_, value)| !is_blank(value));
            let members = filled.map(|(column, value)| (column.name.to_string(), value.clone()));
            Some(Value::Object(members.collect::<Map<_, _>>()))
        }
    }
}

/// The value of a cell itself: JSON that came as text is read, so that it is not quoted twice.
pub(super) fn whole(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    if !text.trim_start().starts_with(['[', '{']) {
        return value;
    }
    serde_json::from_str(text).unwrap_or(value)
}

/// The JSON text of a list, without the elements on the one side that do not fit.
fn list(elements: &[Value], max: Max, keep: Keep) -> Reading {
    let texts: Vec<String> = elements.iter().map(ToString::to_string).collect();
    let fitting = match keep {
        Keep::First => fitting(texts.iter(), max),
        Keep::Last => fitting(texts.iter().rev(), max),
    };
    let kept = match keep {
        Keep::First => &texts[..fitting],
        Keep::Last => &texts[texts.len() - fitting..],
    };
    let made = Value::String(format!("[{}]", kept.join(",")));
    if fitting == texts.len() {
        return Reading::Fine(made);
    }
    let detail = format!(
        "the field takes no more: {fitting} of {} elements are kept, the others are left out",
        elements.len()
    );
    if fitting == 0 {
        return Reading::bad("json_trimmed", detail);
    }
    Reading::noted(made, "json_trimmed", detail)
}

/// How many of the texts fit into one list.
fn fitting<'t>(texts: impl Iterator<Item = &'t String>, max: Max) -> usize {
    let (mut bytes, mut chars) = ("[]".len(), "[]".len());
    let mut fitting = 0;
    for text in texts {
        let comma = usize::from(fitting > 0);
        bytes += comma + text.len();
        chars += comma + text.chars().count();
        if !max.holds(bytes, chars) {
            break;
        }
        fitting += 1;
    }
    fitting
}

/// The JSON text of any value; lists are trimmed, anything else fits or is left out.
pub(super) fn value(value: &Value, max: Max, keep: Keep) -> Reading {
    if let Value::Array(elements) = value {
        return list(elements, max, keep);
    }
    let text = value.to_string();
    if max.fits(&text) {
        return Reading::Fine(Value::String(text));
    }
    let detail =
        format!("its JSON is {} bytes long, more than the field takes; left out", text.len());
    Reading::bad("json_too_long", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &Value, chars: usize, expected: &str) {
        let max = Max { chars: Some(chars), bytes: None };
        assert_eq!(value(input, max, Keep::First).line(), expected, "{input}");
    }

    #[test]
    fn json_is_compact() {
        check(&json!([{"a": 1, "b": null}]), 99, r#"[{"a":1,"b":null}]"#);
        check(&json!({"a": "x"}), 99, r#"{"a":"x"}"#);
    }

    #[test]
    fn a_list_that_is_too_long_loses_whole_elements_at_its_end() {
        check(&json!(["one", "two", "three"]), 13, r#"["one","two"] [json_trimmed]"#);
        check(&json!(["ö", "ö"]), 5, r#"["ö"] [json_trimmed]"#);
        check(&json!(["one"]), 3, "[json_trimmed]");
    }

    #[test]
    fn a_list_from_old_to_new_loses_whole_elements_at_its_beginning() {
        let max = Max { chars: None, bytes: Some(15) };
        let made = value(&json!(["one", "two", "three"]), max, Keep::Last).line();
        assert_eq!(made, r#"["two","three"] [json_trimmed]"#);
    }

    #[test]
    fn an_object_that_is_too_long_is_left_out_not_broken() {
        check(&json!({"a": "long"}), 5, "[json_too_long]");
    }

    #[test]
    fn json_that_came_as_text_is_not_quoted_twice() {
        assert_eq!(whole(json!("[1,2]")), json!([1, 2]));
        assert_eq!(whole(json!("plain")), json!("plain"));
    }
}
