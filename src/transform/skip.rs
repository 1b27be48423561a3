//! `where`, `skip` and deletion: whether a row becomes a record at all.

use crate::ground::Flag;

use super::bool;
use super::object::ObjectRules;
use super::remark::Remark;
use super::scene::Scene;

/// The reason of rows that the source calls deleted.
pub const DELETED: &str = "deleted in the source";

/// Whether the row belongs to the object.
pub(super) fn belongs(rules: &ObjectRules, scene: &Scene<'_>) -> Result<bool, Flag> {
    let Some(condition) = rules.condition else { return Ok(true) };
    scene.holds(condition).map_err(|remark| flag("where", &remark))
}

/// Why the row is left out, if it is.
pub(super) fn reason(
    rules: &ObjectRules,
    object: usize,
    scene: &Scene<'_>,
) -> Result<Option<String>, Flag> {
    let pipeline = &scene.workshop.pipeline;
    let object = &pipeline.objects[object];
    let deleted = pipeline.tables[object.table].deleted.as_ref();
    if deleted.is_some_and(|column| bool::said(scene.record.get(column)) == Some(true)) {
        return Ok(Some(DELETED.to_owned()));
    }
    for (rule, &condition) in object.skip.iter().zip(&rules.skip) {
        if scene.holds(condition).map_err(|remark| flag("skip", &remark))? {
            return Ok(Some(rule.reason.clone()));
        }
    }
    Ok(None)
}

/// A condition that cannot be answered for a row.
pub(super) fn flag(word: &str, remark: &Remark) -> Flag {
    let detail = format!("`{word}` cannot be answered: {}", remark.detail);
    Flag::new("expression_error", word, "", "", &detail)
}

#[cfg(test)]
mod tests {
    use crate::spec::ObjectKind;
    use crate::transform::{
        Mapping,
        fixture::{self, Town},
    };
    use serde_json::{Value, json};

    fn check(row: &Value, expected: &str) {
        let mut people = fixture::object("people", "contacts", ObjectKind::Person, Vec::new());
        people.condition = Some(fixture::expr(r#"source_type in ["form_fill"] and not agent_id"#));
        people.skip = vec![
            fixture::skip("the agent's own record", r#"kind == "self""#),
            fixture::skip("unsubscribed", "unsubscribed or bounced_at"),
        ];
        let mapping = Mapping::compile(fixture::pipeline(vec![people], Vec::new())).unwrap();
        let (town, row) = (Town::default(), fixture::row(row));
        let said = match mapping.belongs(0, &row, &town.world()) {
            Ok(false) => "not ours".to_owned(),
            Ok(true) => match mapping.skipped(0, &row, &town.world()) {
                Ok(reason) => reason.unwrap_or_else(|| "ours".to_owned()),
                Err(flag) => flag.code.to_string(),
            },
            Err(flag) => flag.code.to_string(),
        };
        assert_eq!(said, expected, "{row:?}");
    }

    fn person(more: &Value) -> Value {
        let mut row = json!({
            "id": "1", "source_type": "form_fill", "agent_id": null, "kind": "normal",
            "unsubscribed": "0", "bounced_at": null, "is_deleted": "No",
        });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    }

    #[test]
    fn a_row_belongs_where_its_condition_holds() {
        check(&person(&json!({})), "ours");
        check(&person(&json!({"agent_id": "7"})), "not ours");
        check(&person(&json!({"source_type": null})), "not ours");
    }

    #[test]
    fn a_row_is_left_out_with_the_reason_of_the_spec() {
        check(&person(&json!({"kind": "self"})), "the agent's own record");
        check(&person(&json!({"unsubscribed": "1"})), "unsubscribed");
        check(&person(&json!({"bounced_at": "2025-01-01 10:00:00"})), "unsubscribed");
    }

    #[test]
    fn a_row_that_the_source_deleted_is_left_out() {
        check(&person(&json!({"is_deleted": "Yes"})), "deleted in the source");
    }

    #[test]
    fn a_condition_over_an_unknown_column_is_an_error_not_a_no() {
        check(
            &json!({"id": "1", "source_type": "form_fill", "agent_id": null}),
            "expression_error",
        );
    }
}
