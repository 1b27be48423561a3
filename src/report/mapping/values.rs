//! Value maps: every entry and every value that they lack, with how often it occurs.

use super::basis::Basis;
use super::model::{Block, Cell, Choice, Column, Kind, Section, Table};
use super::words::unmatched as lack;
use crate::plan::{MapCoverage, NoMatch};
use crate::report::page::Tone;
use crate::spec;

/// The columns of the sheets that come back with decisions; their names are the layout.
pub(super) const COLUMNS: [Column; 7] = [
    Column::new("Map", Kind::Code, 30),
    Column::new("Source value", Kind::Text, 34),
    Column::new("Becomes", Kind::Text, 30),
    Column::new("Records", Kind::Number, 10),
    Column::new("State", Kind::Chip, 14),
    Column::new("Looks like", Kind::Text, 24),
    Column::new("Your decision", Kind::Answer, 30),
];

/// The sheets with those columns.
pub(super) const SHEETS: [&str; 2] = ["Value maps", "Stages"];

/// What stands for rows that say nothing.
pub(in crate::report) const NOTHING: &str = "(nothing)";

const RULES: [Column; 3] = [
    Column::new("Map", Kind::Code, 30),
    Column::new("Written in", Kind::Code, 40),
    Column::new("Values that it lacks", Kind::Prose, 70),
];

/// A value map of the spec, and how it fits the data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mapped<'a> {
    /// The object and the field.
    pub(super) at: (usize, usize),
    pub(super) field: &'a spec::Field,
    pub(super) map: &'a spec::ValueMap,
    pub(super) coverage: &'a MapCoverage,
}

/// The value maps in the order of the spec.
pub(super) fn maps<'a>(basis: &Basis<'a>) -> Vec<Mapped<'a>> {
    let mut found = Vec::new();
    for (object, rules) in basis.pipeline.objects.iter().enumerate() {
        for (position, field) in rules.fields.iter().enumerate() {
            let at = (object, position);
            let coverage = basis.coverage(at).and_then(|coverage| coverage.map.as_ref());
            if let (Some(map), Some(coverage)) = (&field.rule.map, coverage) {
                found.push(Mapped { at, field, map, coverage });
            }
        }
    }
    found
}

/// How many values have no match.
pub(super) fn unmatched(basis: &Basis<'_>) -> u64 {
    maps(basis).iter().map(|one| one.coverage.unmatched.len() as u64).sum()
}

/// The section, and the lists from which decisions are taken.
pub(super) fn section(basis: &Basis<'_>) -> (Section, Vec<Choice>) {
    let (mut values, mut stages) = (Vec::new(), Vec::new());
    let (mut rules, mut choices) = (Vec::new(), Vec::new());
    for one in maps(basis) {
        let name = basis.field_name(one.at);
        let is_stage = one.field.target.kind == spec::Kind::Stage;
        let rows = if is_stage { &mut stages } else { &mut values };
        rows.extend(entries(&name, &one));
        rules.push(vec![
            name.as_str().into(),
            home(basis, one.map).into(),
            lack(&one.field.rule).into(),
        ]);
        if let Some(values) = options(basis, &one) {
            choices.push(Choice { about: name, values });
        }
    }
    let table = |id, caption, rows, sheet| {
        let empty = "The spec has no such map.";
        let filters: &[usize] = &[0, 4];
        Block::Table(Table {
            id,
            caption,
            columns: &COLUMNS,
            filters,
            is_grouped: true,
            rows,
            empty,
            sheet,
        })
    };
    let rules = Table {
        id: "maps",
        caption: "Where the maps are written, and what becomes of values that they lack",
        columns: &RULES,
        filters: &[],
        is_grouped: false,
        rows: rules,
        empty: "The spec has no value map.",
        sheet: Some("Maps"),
    };
    let section = Section {
        id: "values",
        title: "Value maps",
        introduction: "Values are compared without regard to capitals, to spaces around them and to repeated ones. On the sheets, a decision is the value that the CRM is to get instead; `plan --import` takes it over.".into(),
        blocks: vec![
            table("value-maps", "Values", values, Some(SHEETS[0])),
            table("stages", "Stages, written pipeline / stage", stages, Some(SHEETS[1])),
            Block::Table(rules),
        ],
        sheet: "Maps",
    };
    (section, choices)
}

fn entries(name: &str, one: &Mapped<'_>) -> Vec<Vec<Cell>> {
    let row = |value: &str, to: &str, count: u64, state: Cell, near: &str| -> Vec<Cell> {
        // No entry can be made for what is not there.
        let (value, answer) = if value.is_empty() { (NOTHING, "") } else { (value, name) };
        vec![
            name.into(),
            value.into(),
            to.into(),
            Cell::number(count),
            state,
            near.into(),
            answer.into(),
        ]
    };
    let mut rows = Vec::new();
    for (value, NoMatch { count, near }) in by_count(&one.coverage.unmatched) {
        let near = near.as_deref().unwrap_or_default();
        rows.push(row(value, "", *count, Cell::toned("no match", Tone::Bad), near));
    }
    let default = one.field.rule.default.as_ref().map(crate::ground::shown).unwrap_or_default();
    for (value, NoMatch { count, near }) in by_count(&one.coverage.defaulted) {
        let near = near.as_deref().unwrap_or_default();
        rows.push(row(value, &default, *count, Cell::toned("default", Tone::Warn), near));
    }
    for entry in &one.coverage.entries {
        let state = match entry.count {
            0 => Cell::from("unused"),
            _ => Cell::toned("matched", Tone::Good),
        };
        rows.push(row(&entry.from, &entry.to, entry.count, state, ""));
    }
    rows
}

/// The most frequent first.
fn by_count(values: &std::collections::BTreeMap<String, NoMatch>) -> Vec<(&String, &NoMatch)> {
    let mut values: Vec<_> = values.iter().collect();
    values.sort_by_key(|(_, lack)| std::cmp::Reverse(lack.count));
    values
}

/// Where a map is written.
pub(super) fn home(basis: &Basis<'_>, map: &spec::ValueMap) -> String {
    let file = map.file.as_deref().unwrap_or(&basis.pipeline.file);
    file.strip_prefix(&basis.pipeline.root).unwrap_or(file).display().to_string()
}

/// The values that a map may lead to; nothing when any will do.
pub(super) fn options(basis: &Basis<'_>, one: &Mapped<'_>) -> Option<Vec<String>> {
    let target = &one.field.target;
    match &target.kind {
        spec::Kind::Status(states) => Some(states.clone()),
        spec::Kind::Stage if !basis.pipeline.destination.pipelines.is_empty() => {
            let pipelines = basis.pipeline.destination.pipelines.iter();
            let named = pipelines.flat_map(|(pipeline, stages)| {
                stages.iter().map(move |stage| format!("{pipeline} / {stage}"))
            });
            Some(named.collect())
        }
        spec::Kind::Choice | spec::Kind::Stage if target.custom.is_none() => {
            let entity = basis.pipeline.objects[one.at.0].kind.entity();
            basis.inventory.options(entity, &target.path)
        }
        spec::Kind::Bool => Some(vec!["yes".to_owned(), "no".to_owned()]),
        spec::Kind::Text
        | spec::Kind::Email
        | spec::Kind::Phone
        | spec::Kind::Url
        | spec::Kind::Country
        | spec::Kind::Number
        | spec::Kind::Money
        | spec::Kind::Date
        | spec::Kind::Time
        | spec::Kind::Duration
        | spec::Kind::Choice
        | spec::Kind::Tags
        | spec::Kind::Sources
        | spec::Kind::Stage
        | spec::Kind::User
        | spec::Kind::Reference(_)
        | spec::Kind::Content => None,
    }
}
