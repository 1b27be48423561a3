//! The account's own shape: pipelines, custom fields and a kind of record of its own.

use serde_json::json;

use super::contacts::AREAS;
use super::plan::Plan;
use super::row::Row;
use super::words::LAST;
use super::{companies, contacts, deals};
use crate::sandbox::dice::{dice, pick};

/// The stages of the pipelines.
pub(crate) fn pipelines() -> Vec<Row> {
    let row = |(pipeline, stage, position, probability): &(&str, &str, &str, &str)| {
        Row::of("pipelines")
            .with("pipeline", *pipeline)
            .with("stage", *stage)
            .with("position", *position)
            .with("probability", *probability)
    };
    deals::STAGES.iter().map(row).collect()
}

/// The custom fields.
pub(crate) fn custom_fields() -> Vec<Row> {
    let areas = AREAS.join(";");
    let fields = [
        ["Company", "Client Tier", "Single-select", "Tier 1;Tier 2;Tier 3", "No"],
        ["Contact", "Practice Area", "Multi-select", &areas, "No"],
        ["Contact", "Do Not Call", "Checkbox", "", "Yes"],
        ["Deal", "Matter Number", "Text", "", "TRUE"],
        ["Lead", "Referred By", "Lookup (Contact)", "", "0"],
    ];
    let columns = ["object", "field", "type", "options", "required"];
    let row = |field: [&str; 5]| {
        columns
            .iter()
            .zip(field)
            .fold(Row::of("custom_fields"), |row, (column, value)| row.with(column, value))
    };
    fields.into_iter().map(row).collect()
}

/// The matters, and two courts whose ids differ only in case.
pub(crate) fn custom_objects(plan: Plan) -> Vec<Row> {
    let object = |kind: &str, id: String, name: String, data: &serde_json::Value| {
        Row::of("custom_objects")
            .with("object", kind)
            .with("record_id", id)
            .with("name", name)
            .with("data", data.to_string())
    };
    let matter = |at: u64| {
        let mut rng = dice(plan.seed, "allegory matters", at);
        let court = pick(&mut rng, &["SDNY", "EDNY", "D. Mass.", "N.D. Ill."]);
        let data = json!({ "court": court, "judge": pick(&mut rng, &LAST), "open": rng.bool() });
        let name = format!("{} v. {}", pick(&mut rng, &LAST), pick(&mut rng, &LAST));
        object("Matter", (14 + at).to_string(), name, &data)
    };
    let mut rows: Vec<Row> = (1..=plan.matters()).map(matter).collect();
    for (id, name) in [("a1B", "Southern District"), ("a1b", "Eastern District")] {
        rows.push(object("Court", id.to_owned(), name.to_owned(), &json!({ "seats": 28 })));
    }
    rows
}

/// Which records the matters are linked to.
pub(crate) fn custom_object_links(plan: Plan) -> Vec<Row> {
    let link = |from: String, to: (&str, String), label: &str| {
        Row::of("custom_object_links")
            .with("from_object", "Matter")
            .with("from_id", from)
            .with("to_object", to.0)
            .with("to_id", to.1)
            .with("label", label)
    };
    let mut rows = vec![link("15".to_owned(), ("Contact", contacts::id(42)), "Opposing counsel")];
    for at in 1..=plan.matters() {
        let mut rng = dice(plan.seed, "allegory matter links", at);
        let contact = rng.u64(50..=plan.contacts());
        let label = pick(&mut rng, &["Opposing counsel", "Witness", "Client"]);
        let id = (14 + at).to_string();
        rows.push(link(id.clone(), ("Contact", contacts::id(contact)), label));
        let company = companies::id(rng.u64(1..=plan.companies()));
        rows.push(link(id, ("Company", company), "Client"));
    }
    rows.push(link("15".to_owned(), ("Contact", contacts::id(998_998)), "Witness"));
    rows.push(link("999".to_owned(), ("Contact", contacts::id(1)), "Client"));
    rows
}
