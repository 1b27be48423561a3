//! Custom fields: their definitions, and which values each takes.

use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::kind::Kind;
use super::normal::text;
use super::work::Work;

/// Longest text of a `Text` field, in characters. (Our choice: the vendor publishes none.)
const TEXT_CHARS: usize = 255;
/// Longest text of a `LongText` field, in bytes. (Our choice as well.)
const LONG_TEXT_BYTES: usize = 65_535;

/// The types every kind can have.
const TYPES: [&str; 7] = ["Text", "LongText", "Enum", "Currency", "Date", "Number", "Decision"];
/// The types only leads can have.
const LEAD_TYPES: [&str; 4] = ["Location", "Phone", "Email", "URL"];

/// A field to be defined.
pub(crate) struct Definition<'a> {
    pub(crate) name: &'a str,
    pub(crate) r#type: &'a str,
    pub(crate) choices: &'a [String],
    pub(crate) multiple: Arity,
}

/// How many options a value of a choice field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    One,
    Many,
}

/// Adds a definition; its id.
pub(crate) fn define(work: &Work<'_>, kind: Kind, field: &Definition<'_>) -> Result<i64, Fault> {
    if field.name.trim().is_empty() {
        return Err(Fault::invalid("a custom field needs a name"));
    }
    let known =
        TYPES.contains(&field.r#type) || kind == Kind::Lead && LEAD_TYPES.contains(&field.r#type);
    if !known {
        return Err(Fault::invalid(format!(
            "custom field type {:?} is not supported",
            field.r#type
        )));
    }
    let shown = if field.r#type == "Decision" { "Enum" } else { field.r#type };
    if shown == "Enum" && field.choices.is_empty() {
        return Err(Fault::invalid("a choice field needs choices"));
    }
    if lookup(work, kind, field.name)?.is_some() {
        return Err(Fault::invalid(format!("custom field {:?} already exists", field.name)));
    }
    let multiple = i64::from(field.multiple == Arity::Many);
    let choices = serde_json::to_string(field.choices)?;
    let sql = "INSERT INTO custom_field (entity, name, type, multiple, choices) VALUES (?1, ?2, ?3, ?4, ?5)";
    work.db.execute(sql, params![kind.entity(), field.name, shown, multiple, choices])?;
    Ok(work.db.last_insert_rowid())
}

/// A definition as stored.
pub(crate) struct Field {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) r#type: String,
    pub(crate) multiple: bool,
    pub(crate) choices: Vec<String>,
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Field> {
    let choices: String = row.get(4)?;
    Ok(Field {
        id: row.get(0)?,
        name: row.get(1)?,
        r#type: row.get(2)?,
        multiple: row.get::<_, i64>(3)? != 0,
        choices: serde_json::from_str(&choices).unwrap_or_default(),
    })
}

fn lookup(work: &Work<'_>, kind: Kind, name: &str) -> Result<Option<Field>, Fault> {
    let sql = "SELECT id, name, type, multiple, choices FROM custom_field WHERE entity = ?1 AND name = ?2";
    Ok(work.db.prepare_cached(sql)?.query_row(params![kind.entity(), name], read).optional()?)
}

/// The definitions of one kind, in order.
pub(crate) fn fields(work: &Work<'_>, kind: Kind) -> Result<Vec<Field>, Fault> {
    let sql =
        "SELECT id, name, type, multiple, choices FROM custom_field WHERE entity = ?1 ORDER BY id";
    let mut statement = work.db.prepare_cached(sql)?;
    Ok(statement.query_map([kind.entity()], read)?.collect::<Result<_, _>>()?)
}

/// The answer of `findCustomFields`.
pub(crate) fn listed(work: &Work<'_>) -> Result<Value, Fault> {
    let mut answer = Map::new();
    for kind in [Kind::Contact, Kind::Account, Kind::Lead] {
        let mut shown = Vec::new();
        for (position, field) in (1_i64..).zip(fields(work, kind)?) {
            let mut one = json!({
                "name": field.name, "isMultiple": field.multiple, "position": position, "type": field.r#type,
            });
            if field.r#type == "Enum" {
                let options: Map<String, Value> = (1_i64..)
                    .zip(field.choices)
                    .map(|(at, choice)| (at.to_string(), Value::String(choice)))
                    .collect();
                one["enumElements"] = Value::Object(options);
            }
            shown.push(one);
        }
        answer.insert(kind.entity().to_owned(), Value::Array(shown));
    }
    Ok(Value::Object(answer))
}

/// Merges given values into those stored; a null takes a value away.
pub(crate) fn merge(
    work: &Work<'_>,
    kind: Kind,
    stored: &mut Map<String, Value>,
    given: &Value,
) -> Result<(), Fault> {
    let given = match given {
        Value::Object(given) => given,
        // PHP writes an empty map as an empty list.
        Value::Array(list) if list.is_empty() => return Ok(()),
        Value::Null => return Ok(()),
        Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(Fault::invalid("customFields must be an object"));
        }
    };
    for (name, value) in given {
        let field = lookup(work, kind, name)?
            .ok_or_else(|| Fault::invalid(format!("{name} is not a custom field")))?;
        match checked(&field, value)? {
            Some(value) => {
                stored.insert(name.clone(), value);
            }
            None => {
                stored.shift_remove(name);
            }
        }
    }
    Ok(())
}

/// A value as it will be stored; nothing for an empty one.
fn checked(field: &Field, value: &Value) -> Result<Option<Value>, Fault> {
    if value.is_null() || value.as_str().is_some_and(str::is_empty) {
        return Ok(None);
    }
    let wrong = |what: &str| Fault::invalid(format!("custom field {:?}: {what}", field.name));
    let kept = match field.r#type.as_str() {
        "Enum" => return choice(field, value).map(Some),
        "Currency" => currency(value).ok_or_else(|| wrong("not an amount of money"))?,
        "Number" => number(value).ok_or_else(|| wrong("not a number"))?,
        "Date" => date(value).ok_or_else(|| wrong("not a date"))?,
        "LongText" => {
            let given = plain(value).ok_or_else(|| wrong("not a text"))?;
            if given.len() > LONG_TEXT_BYTES {
                return Err(wrong("longer than 65535 bytes"));
            }
            Value::String(given)
        }
        _ => {
            let given = plain(value).ok_or_else(|| wrong("not a text"))?;
            if given.chars().count() > TEXT_CHARS {
                return Err(wrong("longer than 255 characters"));
            }
            Value::String(given)
        }
    };
    Ok(Some(kept))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn choice(field: &Field, value: &Value) -> Result<Value, Fault> {
    let one = |value: &Value| {
        let label = text(value).unwrap_or_default();
        if field.choices.contains(&label) {
            Ok(Value::String(label))
        } else {
            Err(Fault::invalid(format!(
                "{label:?} is not an option of custom field {:?}",
                field.name
            )))
        }
    };
    match value.as_array() {
        Some(list) if field.multiple => {
            Ok(Value::Array(list.iter().map(one).collect::<Result<_, _>>()?))
        }
        Some(_) => Err(Fault::invalid(format!("custom field {:?} takes one option", field.name))),
        None if field.multiple => Ok(Value::Array(vec![one(value)?])),
        None => one(value),
    }
}

/// Money comes back with its amount as text.
fn currency(value: &Value) -> Option<Value> {
    let code = value.get("currency").or_else(|| value.get("currency_shortname"));
    let currency = code.and_then(text).unwrap_or_else(|| "USD".to_owned());
    let amount = text(if value.is_object() { value.get("amount")? } else { value })?;
    amount.parse::<rust_decimal::Decimal>().ok()?;
    Some(json!({"currency": currency, "amount": amount}))
}

fn number(value: &Value) -> Option<Value> {
    if value.is_number() {
        return Some(value.clone());
    }
    let given: serde_json::Number = serde_json::from_str(value.as_str()?.trim()).ok()?;
    Some(Value::Number(given))
}

fn date(value: &Value) -> Option<Value> {
    let given = value.as_str()?.trim();
    let day = given.parse::<jiff::civil::Date>().ok().map(|day| day.to_string());
    // A time given with its offset keeps the day written in it.
    let day =
        day.or_else(|| super::normal::time(value).and_then(|_| Some(given.get(..10)?.to_owned())));
    day.map(Value::String)
}
