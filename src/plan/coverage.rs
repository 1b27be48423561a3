//! What the rules of each field make of all records: how many have a value, which entries of a
//! value map are used, which values have no match.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::source_text::SourceText;
use super::sums::Sums;
use crate::ground::{Choices, Fields, Flag, Outcome, Record, compared};
use crate::spec::{Object, Rule, ValueMap, nearest_word};
use crate::transform::Taken;

/// What the rule of one field makes of all records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldCoverage {
    /// The destination path.
    pub field: String,
    /// The records that are written with a value.
    pub filled: u64,
    /// The records that are written without one.
    pub blank: u64,
    /// The first record with a value: the source's, and what is written.
    pub example: Option<FieldExample>,
    /// The value map, if the field has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<MapCoverage>,
    /// Remarks on its values: code to how often.
    pub flags: BTreeMap<String, u64>,
}

/// A value on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldExample {
    /// The record, as `people:123`.
    pub record: String,
    /// What the source says.
    pub from: String,
    /// What is written.
    pub to: String,
}

/// How a value map fits the data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MapCoverage {
    /// Its entries in the order of the spec; an entry that is never used counts 0.
    pub entries: Vec<EntryUse>,
    /// Values that it lacks and that are left out, or hold the record.
    pub unmatched: BTreeMap<String, NoMatch>,
    /// Values that it lacks and for which the default is written.
    pub defaulted: BTreeMap<String, NoMatch>,
    /// That default, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What the CRM offers for the field.
    #[serde(skip)]
    pub(crate) options: Vec<String>,
    /// Values that it lacks, in the form in which maps compare, to their first spelling.
    #[serde(skip)]
    pub(crate) spelled: BTreeMap<String, String>,
}

/// An entry of a value map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryUse {
    /// The source value as typed.
    pub from: String,
    /// The destination value.
    pub to: String,
    /// How often it is used in records that are written.
    pub count: u64,
}

/// A value that a map lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NoMatch {
    /// How often it occurs.
    pub count: u64,
    /// The entry, or the choice of the CRM, that looks most like it, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
}

impl MapCoverage {
    fn of((map, rule): (&ValueMap, &Rule), options: Vec<String>) -> Self {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let entries = map.entries.values().map(|target| EntryUse {
            from: target.shown.clone(),
            to: text(&target.value),
            count: 0,
        });
        let entries = entries.collect();
        Self { entries, default: rule.default.as_ref().map(text), options, ..Self::default() }
    }

    /// How many values are matched.
    pub fn matched(&self) -> u64 {
        self.entries.iter().map(|entry| entry.count).sum()
    }

    /// The entries that no record uses.
    pub fn unused(&self) -> impl Iterator<Item = &EntryUse> {
        self.entries.iter().filter(|entry| entry.count == 0)
    }

    fn lacks(&mut self, code: &str, value: &str) {
        let values = match code {
            "unmapped_value" => &mut self.unmatched,
            "defaulted" => &mut self.defaulted,
            _ => return,
        };
        let value = self.spelled.entry(compared(value)).or_insert_with(|| value.to_owned());
        if let Some(known) = values.get_mut(value) {
            known.count += 1;
            return;
        }
        let same = self.options.iter().find(|option| compared(option) == compared(value));
        let entries: Vec<_> = self.entries.iter().map(|entry| entry.from.as_str()).collect();
        let near = same.map(String::as_str).or_else(|| nearest_word(value, &entries));
        let near = near.map(str::to_owned);
        values.insert(value.clone(), NoMatch { count: 1, near });
    }
}

/// The coverage of an object's fields while its records are looked at.
#[derive(Debug)]
pub(super) struct Survey {
    fields: Vec<FieldCoverage>,
    /// By position, whether the CRM's API cannot write the field.
    unsupported: Vec<bool>,
}

impl Survey {
    /// Nothing was looked at yet; what is `unsupported` will never be filled.
    pub(super) fn of(
        object: &Object,
        choices: &dyn Choices,
        unsupported: impl Fn(&str) -> bool,
    ) -> Self {
        let options = |path: &str| {
            let options = choices.options(object.kind.name(), path).unwrap_or_default();
            options.iter().map(ToString::to_string).collect()
        };
        let fields = object.fields.iter().map(|field| FieldCoverage {
            field: field.target.path.clone(),
            filled: 0,
            blank: 0,
            example: None,
            map: field
                .rule
                .map
                .as_ref()
                .map(|map| MapCoverage::of((map, &field.rule), options(&field.target.path))),
            flags: BTreeMap::new(),
        });
        let lost = object.fields.iter().map(|field| unsupported(&field.target.path));
        Self { fields: fields.collect(), unsupported: lost.collect() }
    }

    /// Notes a record that is going to stand in the CRM.
    pub(super) fn note(
        &mut self,
        (record, row): (&str, &Record),
        (fields, late): (&Fields, &Fields),
        taken: &[Taken],
        texts: &SourceText,
    ) {
        for (position, (coverage, taken)) in self.fields.iter_mut().zip(taken).enumerate() {
            let made = fields.get(&coverage.field).or_else(|| late.get(&coverage.field));
            let made = made.filter(|_| !self.unsupported[position]);
            let Some(made) = made else {
                coverage.blank += 1;
                continue;
            };
            coverage.filled += 1;
            if let Some(map) = &mut coverage.map {
                taken.entries.iter().for_each(|entry| map.entries[*entry].count += 1);
            }
            if coverage.example.is_none() {
                let from = texts.of(position, row, taken);
                let (record, to) = (record.to_owned(), made.shown());
                coverage.example = (!from.is_empty()).then_some(FieldExample { record, from, to });
            }
        }
    }

    /// Notes the remarks on a record, whatever becomes of it.
    pub(super) fn remark(&mut self, flags: &[Flag]) {
        for flag in flags {
            let known = self.fields.iter_mut().find(|known| *known.field == *flag.field);
            let Some(coverage) = known else { continue };
            *coverage.flags.entry(flag.code.to_string()).or_default() += 1;
            if let Some(map) = &mut coverage.map {
                map.lacks(&flag.code, &flag.value);
            }
        }
    }

    /// What was found.
    pub(super) fn into_fields(self) -> Vec<FieldCoverage> {
        self.fields
    }
}

/// What is counted on the way, beside outcomes.
pub(super) struct Coverage {
    pub(super) survey: Survey,
    pub(super) texts: SourceText,
    pub(super) sums: Sums,
}

impl Coverage {
    /// Notes a record, when it is going to stand in the CRM.
    pub(super) fn note(
        &mut self,
        outcome: Outcome,
        row: (&str, &Record),
        made: (&Fields, &Fields),
        taken: &[Taken],
    ) {
        if outcome != Outcome::Flagged {
            self.survey.note(row, made, taken, &self.texts);
            self.sums.note(made.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indexmap::IndexMap;
    use serde_json::json;

    use super::*;
    use crate::ground::{Column, Header, Made};
    use crate::spec::{Kind, MapTarget, ObjectKind, example};

    struct Offers;

    impl Choices for Offers {
        fn options(&self, _kind: &str, _field: &str) -> Option<&[Box<str>]> {
            static OFFERED: std::sync::LazyLock<[Box<str>; 1]> =
                std::sync::LazyLock::new(|| ["Insurance".into()]);
            Some(&*OFFERED)
        }
    }

    fn companies() -> Object {
        let target = |shown: &str| MapTarget { shown: shown.into(), value: shown.into() };
        let entries: IndexMap<_, _> =
            ["Energy", "Legal"].map(|word| (word.to_lowercase(), target(word))).into();
        let rule = Rule {
            map: Some(ValueMap { entries, file: None }),
            ..example::from("companies", &["kind"])
        };
        let fields = vec![example::field("industry", Kind::Choice, rule)];
        example::object("companies", "companies", ObjectKind::Company, fields)
    }

    fn row(kind: &str) -> Record {
        let column = Column { name: "kind".into(), shown: "Kind".into() };
        Record {
            key: "1".into(),
            occurrence: None,
            place: "companies.csv line 2".into(),
            source: 0,
            header: Arc::new(Header::new(vec![column])),
            cells: [Value::from(kind)].into(),
        }
    }

    #[test]
    fn a_map_says_which_entries_are_used_and_which_values_it_lacks() {
        let pipeline = example::pipeline(vec![companies()], Vec::new());
        let texts = SourceText::of_object(&pipeline, 0);
        let mut survey = Survey::of(&pipeline.objects[0], &Offers, |_| false);
        let mut fields = Fields::default();
        let blank = [Taken::default()];
        survey.note(("companies:1", &row("")), (&fields, &fields), &blank, &texts);
        fields.set("industry", Made::Plain(json!("Energy")));
        let taken = [Taken { raw: "ENERGY ".into(), entries: vec![0], owner: None }];
        let late = Fields::default();
        survey.note(("companies:2", &row("ENERGY ")), (&fields, &late), &taken, &texts);
        let lacks = |value: &str| Flag::new("unmapped_value", "industry", "kind", value, "");
        survey.remark(&[lacks("Legall"), lacks("Zoo"), lacks("ZOO "), lacks("insurance")]);
        let [found] = &survey.into_fields()[..] else { panic!("one field") };
        assert_eq!((found.filled, found.blank), (1, 1));
        let example = found.example.as_ref().unwrap();
        assert_eq!(
            (&*example.record, &*example.from, &*example.to),
            ("companies:2", "ENERGY", "Energy")
        );
        let map = found.map.as_ref().unwrap();
        assert_eq!(map.matched(), 1);
        assert_eq!(map.unused().map(|entry| &*entry.from).collect::<Vec<_>>(), ["Legal"]);
        let near = |value: &str| (map.unmatched[value].count, map.unmatched[value].near.as_deref());
        assert_eq!(near("Legall"), (1, Some("Legal")));
        assert_eq!(near("Zoo"), (2, None), "one value in two spellings");
        assert_eq!(near("insurance"), (1, Some("Insurance")), "the CRM offers it as it is");
    }
}
