//! `map`: a value becomes another one.

use std::collections::HashMap;

use serde_json::Value;

use crate::spec::ValueMap;

use super::cell;

/// A value map, its keys in normal form.
#[derive(Debug)]
pub(super) struct Crosswalk(HashMap<String, Value>);

impl Crosswalk {
    pub(super) fn compile(map: &ValueMap) -> Self {
        let entries = map.entries.iter();
        Self(entries.map(|(from, to)| (cell::normal(from), to.value.clone())).collect())
    }

    /// What the value becomes, if the map knows it: case, outer and repeated blanks do not count.
    pub(super) fn get(&self, value: &Value) -> Option<&Value> {
        let text = cell::text(value);
        self.0.get(&*text).or_else(|| self.0.get(&cell::normal(&text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::MapTarget;
    use serde_json::json;

    fn check(input: &str, expected: Option<&str>) {
        let target =
            MapTarget { shown: "Real Estate  Brokerage".into(), value: json!("Real Estate") };
        let entries = [("real estate brokerage".to_owned(), target)].into_iter().collect();
        let map = Crosswalk::compile(&ValueMap { entries });
        assert_eq!(map.get(&json!(input)).and_then(Value::as_str), expected, "{input}");
    }

    #[test]
    fn a_value_is_found_whatever_its_case_and_blanks() {
        check("Real Estate Brokerage", Some("Real Estate"));
        check(" REAL  estate brokerage ", Some("Real Estate"));
    }

    #[test]
    fn a_value_that_the_map_lacks_is_not_guessed() {
        check("Real-Estate", None);
    }
}
