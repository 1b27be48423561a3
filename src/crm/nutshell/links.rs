//! References to other records: `Contacts:7` in the words of the specs, `{entityType, id}` on the wire.

use serde_json::{Value, json};

use super::wrong::Wrong;

/// The links of a value: one or a list.
pub(super) fn list(value: &Value) -> Vec<&str> {
    match value.as_array() {
        Some(list) => list.iter().filter_map(Value::as_str).collect(),
        None => value.as_str().into_iter().collect(),
    }
}

/// An id as the API wants it: a number where it is one.
pub(super) fn id(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| text.into(), Value::from)
}

/// `{"entityType": "Contacts", "id": 7}`.
pub(super) fn reference(link: &str) -> Result<Value, Wrong> {
    let (entity, number) =
        link.split_once(':').ok_or_else(|| Wrong(format!("`{link}` is no reference")))?;
    Ok(json!({"entityType": entity, "id": id(number)}))
}

/// All links of a value as references.
pub(super) fn references(value: &Value) -> Result<Vec<Value>, Wrong> {
    list(value).into_iter().map(reference).collect()
}

/// What a rendered stub or reference points at.
pub(super) fn pointed(stub: &Value) -> Option<String> {
    let entity = stub.get("entityType")?.as_str()?;
    Some(format!("{entity}:{}", id_of(stub)?))
}

/// The id of a rendered record, as text.
pub(super) fn id_of(record: &Value) -> Option<String> {
    match record.get("id")? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What the stubs of a list point at.
pub(super) fn pointed_list(raw: &Value, key: &str) -> Vec<String> {
    raw.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(pointed).collect()
}

/// A relationship list, rebuilt whole: what an entry said of the relationship it goes on saying.
pub(super) fn related(
    raw: Option<&Value>,
    key: &str,
    value: Option<&Value>,
    relationship: Option<&str>,
) -> Result<Value, Wrong> {
    let standing = raw.and_then(|raw| raw.get(key)).and_then(Value::as_array);
    let mut entries = Vec::new();
    for link in value.map(list).unwrap_or_default() {
        let mut entry = reference(link)?;
        let before = standing
            .and_then(|list| list.iter().find(|one| pointed(one).as_deref() == Some(link)))
            .and_then(|one| one.get("relationship")?.as_str());
        if let Some(said) = relationship.or(before).filter(|said| !said.is_empty()) {
            entry["relationship"] = said.into();
        }
        entries.push(entry);
    }
    Ok(entries.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_stays_keeps_its_relationship() {
        let raw =
            json!({"accounts": [{"entityType": "Accounts", "id": 7, "relationship": "Owner"}]});
        let value = json!(["Accounts:7", "Accounts:9"]);
        assert_eq!(
            related(Some(&raw), "accounts", Some(&value), None).unwrap(),
            json!([{"entityType": "Accounts", "id": 7, "relationship": "Owner"}, {"entityType": "Accounts", "id": 9}])
        );
        assert!(related(None, "accounts", Some(&json!("seven")), None).is_err());
    }
}
