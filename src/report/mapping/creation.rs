//! What has to be there before the records: custom fields, tags, sources; and what of it stays.

use super::basis::Basis;
use super::model::{Block, Cell, Column, Kind, Section, Table};
use super::words::custom_type;
use crate::ground::counted;
use crate::report::page::Tone;
use crate::spec::Provision;

const FIELDS: [Column; 5] = [
    Column::new("Custom field", Kind::Code, 32),
    Column::new("On", Kind::Text, 16),
    Column::new("Type", Kind::Text, 20),
    Column::new("Options", Kind::Text, 60),
    Column::new("State", Kind::Chip, 20),
];

const NAMES: [Column; 3] = [
    Column::new("What", Kind::Text, 14),
    Column::new("On", Kind::Text, 16),
    Column::new("Name", Kind::Text, 50),
];

const STAYS: [Column; 3] = [
    Column::new("What stays", Kind::Text, 26),
    Column::new("How many", Kind::Number, 12),
    Column::new("Why", Kind::Text, 60),
];

/// The section.
pub(super) fn section(basis: &Basis<'_>) -> Section {
    let fields = Table {
        id: "custom-fields",
        caption: "Custom fields to be created",
        columns: &FIELDS,
        filters: &[1, 2],
        is_grouped: false,
        rows: fields(basis),
        empty: "Every custom field is there already.",
        sheet: Some("Custom fields"),
    };
    let names = Table {
        id: "names",
        caption: "Tags and sources of leads to be created",
        columns: &NAMES,
        filters: &[0, 1],
        is_grouped: false,
        rows: names(basis),
        empty: "Every tag and every source is there already.",
        sheet: Some("Tags and sources"),
    };
    let stays = basis.plan.irreversible().into_iter();
    let stays = Table {
        id: "stays",
        caption: "What a rollback does not take back",
        columns: &STAYS,
        filters: &[],
        is_grouped: false,
        rows: stays
            .map(|one| vec![one.what.into(), Cell::number(one.count), one.why.into()])
            .collect(),
        empty: "A rollback takes back everything.",
        sheet: Some("What stays"),
    };
    Section {
        id: "creation",
        title: "To be created",
        introduction: introduction(basis),
        blocks: vec![Block::Table(fields), Block::Table(names), Block::Table(stays)],
        sheet: "Custom fields",
    }
}

fn introduction(basis: &Basis<'_>) -> String {
    let provisioning = &basis.plan.provisioning;
    let wanted = counted(
        provisioning.fields.len() as u64,
        "custom field is missing",
        "custom fields are missing",
    );
    let have: usize = basis.inventory.custom_fields.values().map(Vec::len).sum();
    let there = counted(have as u64, "is there", "are there");
    let limit = basis.pipeline.destination.plan.custom_fields.map_or_else(
        || "The spec names no limit of the plan.".to_owned(),
        |limit| format!("The plan allows {limit}."),
    );
    let who = match (basis.pipeline.destination.provision, provisioning.fields.len()) {
        (_, 0) => "",
        (Provision::Create, _) => " What is missing is created before the first record.",
        (Provision::Check, _) => {
            " An administrator has to create what is missing: the spec only checks."
        }
    };
    format!("{wanted}, {there} already. {limit}{who}")
}

fn fields(basis: &Basis<'_>) -> Vec<Vec<Cell>> {
    let over = basis.plan.provisioning.over(basis.pipeline, basis.inventory);
    let within = basis.plan.provisioning.fields.len() - over.len();
    let row = |(position, field): (usize, &crate::plan::Wanted)| -> Vec<Cell> {
        let state = if position >= within {
            Cell::toned("over the limit", Tone::Bad)
        } else {
            Cell::from("to be created")
        };
        let options: Vec<_> = field.options.iter().map(String::as_str).collect();
        vec![
            field.name.as_str().into(),
            field.entity.name().into(),
            custom_type(field.custom).into(),
            options.join(", ").into(),
            state,
        ]
    };
    basis.plan.provisioning.fields.iter().enumerate().map(row).collect()
}

fn names(basis: &Basis<'_>) -> Vec<Vec<Cell>> {
    let provisioning = &basis.plan.provisioning;
    let tags = provisioning.tags.iter();
    let tags =
        tags.flat_map(|(entity, names)| names.iter().map(move |name| ("tag", *entity, name)));
    let sources = provisioning.sources.iter().map(|name| ("source", "Leads", name));
    let row = |(what, entity, name): (&str, &str, &String)| -> Vec<Cell> {
        vec![what.into(), entity.into(), name.as_str().into()]
    };
    tags.chain(sources).map(row).collect()
}
