//! The mapping document: complete, honest, the same for the same plan.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use serde_json::Value;

use crate::rehearsal::{Rehearsal, finished, project};
use crate::yard::Yard;

/// The rows of a sheet, each by the names of its columns.
fn sheet(folder: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut book: Xlsx<_> = open_workbook(folder.join("mapping.xlsx")).unwrap();
    let range = book.worksheet_range(name).unwrap();
    let mut rows = range.rows().map(|row| row.iter().map(Data::to_string).collect::<Vec<_>>());
    let names = rows.next().unwrap();
    rows.map(|row| names.iter().cloned().zip(row).collect()).collect()
}

/// The rows of tables of which objects are made, table by table and all together.
fn check_rows(out: &Path) {
    let objects = sheet(out, "Objects");
    let mut tables = BTreeMap::new();
    for row in objects.iter().filter(|row| row["Status"] == "migrated") {
        let rows = row["Rows"].parse::<u64>().unwrap();
        let told = *tables.entry(&row["Table"]).or_insert(rows);
        assert_eq!(told, rows, "a table has as many rows for each object: {row:?}");
    }
    let sum: u64 = tables.values().sum();
    let text = fs::read_to_string(out.join("mapping.md")).unwrap();
    let line = text.lines().find(|line| line.starts_with("| migrated |")).unwrap();
    let told = line.split('|').nth(3).unwrap().trim();
    assert_eq!(told, sum.to_string(), "a series is one row, and so is one that is lost");
}

/// Every sort of remark is explained to those who sign.
fn check_remarks(out: &Path) {
    let remarks = sheet(out, "Remarks");
    assert!(!remarks.is_empty());
    for row in remarks {
        assert!(!row["What it means"].is_empty(), "{row:?}");
    }
}

/// A plan of a shipped spec, on a sandbox of its own.
fn planned(spec: &str) -> (Rehearsal, Value) {
    let rehearsal = Rehearsal::open();
    let (exit, summary) = rehearsal.run("plan", &project().join("pipelines").join(spec));
    assert_eq!(exit, 0, "{summary}");
    (rehearsal, summary)
}

/// The columns of the source as the plan counts them, and as the document lists them.
fn check_complete(out: &Path, summary: &Value) {
    let mut counted: Vec<_> = summary["columns"].as_array().unwrap().iter().collect();
    let name = |column: &Value| {
        let (column, shown) = (&column["column"], &column["shown"]);
        if column == shown {
            column.as_str().unwrap().to_owned()
        } else {
            format!("{} ({})", shown.as_str().unwrap(), column.as_str().unwrap())
        }
    };
    counted.sort_by_key(|column| (column["table"].to_string(), name(column)));
    let counted: Vec<_> = counted
        .iter()
        .map(|column| format!("{}.{}", column["table"].as_str().unwrap(), name(column)))
        .collect();
    let mut listed = Vec::new();
    for row in sheet(out, "Fields") {
        assert!(!row["Status"].is_empty() && !row["Rule"].is_empty(), "{row:?}");
        listed.push((format!("{:?}", row["Table"]), row));
    }
    listed.sort_by_key(|(table, row)| (table.clone(), row["Source field"].clone()));
    let listed: Vec<_> =
        listed.iter().map(|(_, row)| format!("{}.{}", row["Table"], row["Source field"])).collect();
    assert!(counted.len() > 100);
    assert_eq!(listed, counted);
}

/// What becomes of each table, as the document says it.
fn statuses(out: &Path) -> BTreeMap<String, String> {
    sheet(out, "Objects")
        .into_iter()
        .map(|row| (row["Table"].clone(), row["Status"].clone()))
        .collect()
}

fn check_statuses(out: &Path, expected: &[(&str, &str)]) {
    let statuses = statuses(out);
    for (table, status) in expected {
        assert_eq!(statuses[*table], *status, "{table}");
    }
}

#[test]
fn every_column_of_rezora_stands_in_the_document_once_and_every_table_says_what_becomes_of_it() {
    let (rehearsal, summary) = planned("rezora.yaml");
    let out = rehearsal.out();
    check_complete(&out, &summary);
    check_statuses(
        &out,
        &[
            ("contacts", "migrated"),
            ("files", "migrated"),
            ("memberships", "embedded in parent"),
            ("agents", "embedded in parent"),
            ("social_posts", "archived"),
            ("drips", "reference document"),
            ("drip_steps", "reference document"),
        ],
    );
    check_remarks(&out);
    check_rows(&out);
    let leads = sheet(&out, "Objects").into_iter().find(|row| row["Becomes"].starts_with("leads:"));
    let how = leads.unwrap()["Why, and how"].clone();
    let count = summary["objects"]["leads"]["source"].as_u64().unwrap();
    let said = format!("not agent_id ({count})");
    assert!(how.starts_with("only rows where") && how.contains(&said), "{how}");
    let existing: Vec<_> = summary["inventory"]["existing"].as_object().unwrap().keys().collect();
    assert!(existing.len() > 1 && existing.is_sorted(), "always in one order: {existing:?}");
    // What is signed is laid out row by row; what is looked through has a search of its own.
    let live = |page: &str| {
        fs::read_to_string(out.join(page)).unwrap().contains("<div class=\"table live\"")
    };
    assert_eq!((live("mapping.html"), live("plan.html")), (false, true));
    let named = summary["documents"].as_array().unwrap();
    assert_eq!(named.len(), 5);
    for file in named {
        let mode = fs::metadata(file.as_str().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn the_document_of_allegory_is_complete_and_admits_what_nobody_carries() {
    let (rehearsal, summary) = planned("allegory.yaml");
    let out = rehearsal.out();
    check_complete(&out, &summary);
    check_statuses(
        &out,
        &[
            ("meetings", "migrated"),
            ("meeting_attendees", "embedded in parent"),
            ("contact_companies", "embedded in parent"),
            ("custom_objects", "archived"),
            ("workflows", "reference document"),
            ("pipelines", "manual"),
        ],
    );
    check_remarks(&out);
    check_rows(&out);
    let stages = sheet(&out, "Stages");
    let stage = stages.iter().find(|row| row["Source value"] == "Renewals / Negotiation").unwrap();
    assert_eq!((&*stage["Becomes"], &*stage["State"]), ("Renewals / Quote sent", "matched"));
    let constants = sheet(&out, "Other fields");
    let kind = constants.iter().find(|row| row["Destination field"] == "tasks.type").unwrap();
    assert_eq!((&*kind["Mapping type"], &*kind["Rule"]), ("Constant", "always Task"));
}

#[test]
fn the_same_plan_makes_the_same_document_and_it_names_no_port() {
    let files = ["mapping.html", "mapping.xlsx", "mapping.md", "value-maps.csv", "owners.csv"];
    let read =
        |rehearsal: &Rehearsal| files.map(|file| fs::read(rehearsal.out().join(file)).unwrap());
    let (first, _) = planned("rezora.yaml");
    let before = read(&first);
    // Another sandbox has other ports.
    let (second, _) = planned("rezora.yaml");
    for ((file, before), after) in files.iter().zip(&before).zip(read(&second)) {
        assert!(*before == after, "{file}");
    }
    let text = String::from_utf8(before[2].clone()).unwrap();
    assert!(text.contains("…/rezora/files/"), "a file's address is among the samples");
    assert!(!text.contains("127.0.0.1"));
}

#[test]
fn fields_over_the_limit_of_the_account_are_told_apart_in_the_document() {
    let yard = Yard::open();
    let (exit, plan) = yard.run("plan");
    let count = |fields: &Value| fields.as_object().unwrap().len();
    let have: usize =
        plan["inventory"]["custom_fields"].as_object().unwrap().values().map(count).sum();
    let wanted = plan["provision"]["fields"].as_array().unwrap().len();
    assert!(exit == 0 && wanted > 2, "{plan}");
    let spec = fs::read_to_string(&yard.spec).unwrap();
    let limit = format!("provision: create\n  plan: {{ custom_fields: {} }}", have + 2);
    fs::write(&yard.spec, spec.replace("provision: create", &limit)).unwrap();
    let (exit, plan) = yard.run("plan");
    assert_eq!((exit, &plan["gates"][0]["code"]), (5, &"custom_field_limit".into()), "{plan}");
    let text = fs::read_to_string(yard.rehearsal.out().join("mapping.md")).unwrap();
    let states = |state: &str| text.lines().filter(|line| line.contains(state)).count();
    assert_eq!(
        (states("| to be created |"), states("| over the limit |")),
        (2, wanted - 2),
        "{text}"
    );
    assert!(text.contains(&format!("The plan allows {}.", have + 2)), "{text}");

    // A plan that was refused is none to be approved.
    let file = yard.rehearsal.out().join("plan.json");
    let output = yard.command("apply").arg("--plan").arg(&file).output().unwrap();
    let (exit, said) = finished(&output);
    assert_eq!((exit, &said["gates"][0]["code"]), (5, &"stale_plan".into()), "{said}");
    let message = said["gates"][0]["message"].as_str().unwrap();
    assert!(message.ends_with("plan.json was refused itself: custom_field_limit"), "{message}");
}
