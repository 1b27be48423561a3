//! `map`: a value becomes another one.

use std::collections::HashMap;

use serde_json::Value;

use crate::ground::compared;
use crate::spec::{MapTarget, ValueMap};

use super::cell;

/// A value map, its keys in normal form; each entry with its position in the spec.
#[derive(Debug)]
pub(super) struct Crosswalk(HashMap<String, (usize, Value)>);

impl Crosswalk {
    pub(super) fn compile(map: &ValueMap) -> Self {
        let entries = map.entries.iter().enumerate();
        let entry = |(at, (from, to)): (usize, (&String, &MapTarget))| {
            (compared(from), (at, to.value.clone()))
        };
        Self(entries.map(entry).collect())
    }

    /// The entry for a value and what it becomes, if the map knows it: case, outer and repeated
    /// blanks do not count.
    pub(super) fn get(&self, value: &Value) -> Option<(usize, &Value)> {
        let text = cell::text(value);
        let found = self.0.get(&*text).or_else(|| self.0.get(&compared(&text)));
        found.map(|(at, target)| (*at, target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &str, expected: Option<&str>) {
        let target =
            MapTarget { shown: "Real Estate  Brokerage".into(), value: json!("Real Estate") };
        let entries = [("real estate brokerage".to_owned(), target)].into_iter().collect();
        let map = Crosswalk::compile(&ValueMap { entries, file: None });
        let found = map.get(&json!(input)).and_then(|(_, target)| target.as_str());
        assert_eq!(found, expected, "{input}");
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
