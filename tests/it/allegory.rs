//! The second main job: a folder of files with everything that is wrong in real ones, there, on to
//! the next export, and back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use flitpipe::sandbox::allegory::{Deed, ExportOptions, Week, changes, write};
use serde_json::{Value, json};

use crate::journey::{agree, conserved, records, sum};
use crate::rehearsal::{Rehearsal, copies, finished, project};

fn allegory() -> PathBuf {
    project().join("pipelines/allegory.yaml")
}

/// A command on the spec with the export in a folder.
fn run(rehearsal: &Rehearsal, word: &str, export: &Path) -> (i32, Value) {
    let mut command = rehearsal.command(word, &allegory());
    finished(&command.env("ALLEGORY_EXPORT", export).output().unwrap())
}

/// Record, column (or field) and the remark that it must have: the dirt of the export that is
/// neither kept as given nor read without doubt.
const REMARKS: [(&str, &str, &str); 62] = [
    ("companies:1047", "company_name", "required"),
    ("companies:1051", "parent_company_id", "self_parent"),
    ("companies:1064", "annual_revenue", "bad_number"),
    ("companies:1065", "annual_revenue", "currency_conflict"),
    ("companies:1067", "annual_revenue", "bad_number"),
    ("companies:1068", "phone", "excel_damage"),
    ("companies:1068", "postal_code", "lost_zero"),
    ("companies:1070", "country", "bad_country"),
    ("companies:1074", "industry", "unmapped_value"),
    ("companies:1075", "owner_id", "owner_fallback"),
    ("companies:1078", "website", "bad_url"),
    ("companies:1083", "created_date", "dst_gap"),
    ("companies:1084", "created_date", "dst_fold"),
    ("companies:1085", "created_date", "bad_date"),
    ("people:1014", "email", "match_ambiguous"),
    ("people:1023", "email", "email_trimmed"),
    ("people:1024", "email", "bad_email"),
    ("people:1031", "work_phone", "excel_damage"),
    ("people:1033", "work_phone", "bad_phone"),
    ("people:1034", "mobile_phone", "bad_phone"),
    ("people:1035", "mobile_phone", "bad_phone"),
    ("people:1045", "postal_code", "lost_zero"),
    ("people:1049", "country", "bad_country"),
    ("people:1061", "created_date", "bad_date"),
    ("people:1062", "created_date", "bad_date"),
    ("people:1063", "created_date", "dst_gap"),
    ("people:1064", "created_date", "dst_fold"),
    ("people:1066", "created_date", "bad_date"),
    ("people:1091", "company_id", "ref_missing"),
    ("people:1092", "company_id", "ref_left"),
    ("people:1094", "owner_id", "owner_fallback"),
    ("people:1096", "owner_id", "owner_fallback"),
    ("people:1103", "email_opt_out", "bad_bool"),
    ("people:1110", "description", "mention_escaped"),
    ("deals:314", "amount", "bad_number"),
    ("deals:315", "amount", "bad_number"),
    ("deals:320", "primary_contact_id", "ref_missing"),
    ("deals:321", "close_date", "bad_date"),
    ("deals:330", "amount", "currency_conflict"),
    ("deals:337", "probability", "bad_number"),
    ("deals:338", "matter_number", "excel_damage"),
    ("leads:5005", "lead_name", "required"),
    ("leads:5011", "is_converted", "bad_bool"),
    ("tasks:9003", "related_id", "ref_type_unknown"),
    ("tasks:9004", "related_id", "ref_missing"),
    ("tasks:9007", "due_date", "bad_date"),
    ("tasks:9014", "related_id", "ref_left"),
    ("tasks:9017", "description", "control_characters"),
    ("calls:7003", "duration", "bad_duration"),
    ("calls:7004", "outcome", "unmapped_value"),
    ("calls:7005", "called_at", "required"),
    ("calls:7009", "called_at", "dst_fold"),
    ("emails:88022", "sent_at", "date_only"),
    ("meetings:6100@2025-01-06", "recurrence", "occurrence_cap"),
    ("meetings:6107", "recurrence", "bad_rule"),
    ("meetings:6112", "end_time", "end_before_start"),
    ("meetings:6122", "all_day", "bad_bool"),
    ("notes:4403", "related_id", "ref_type_unknown"),
    ("files:221", "path", "file_missing"),
    ("files:222", "path", "file_empty"),
    ("files:223", "path", "oversize"),
    ("files:226", "path", "file_refused"),
];

/// Column and code of a remark.
type Said = (String, String);

/// Record to its remarks as column and code, and the places of what was remarked while reading.
fn audit(rehearsal: &Rehearsal, run: u32) -> (BTreeMap<String, Vec<Said>>, Vec<String>) {
    let text = fs::read_to_string(rehearsal.out().join(format!("audit-run{run}.jsonl"))).unwrap();
    let (mut records, mut reading) = (BTreeMap::<String, Vec<_>>::new(), Vec::new());
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if line["table"].is_string() {
            reading.push(format!("{} {}", text(&line["place"]), text(&line["flag"]["code"])));
            continue;
        }
        for flag in line["flags"].as_array().into_iter().flatten() {
            let said = (text(&flag["column"]), text(&flag["code"]));
            records.entry(text(&line["record"])).or_default().push(said);
        }
    }
    (records, reading)
}

/// The amounts of the deals as they stand in the file, by currency and stage of the destination:
/// read by a few lines that know nothing of the program.
fn amounts(export: &Path) -> BTreeMap<(String, String), i64> {
    let bytes = fs::read(export.join("deals.csv")).unwrap();
    let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&bytes);
    let delimiter = if text.lines().next().unwrap().contains(';') { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let header: Vec<String> =
        reader.headers().unwrap().iter().map(|name| name.trim().to_lowercase()).collect();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let columns = ["pipeline", "stage", "amount", "currency", "is deleted", "deal name"].map(at);
    let mut sums = BTreeMap::new();
    for row in reader.records().map(Result::unwrap).filter(|row| row.len() == header.len()) {
        let [pipeline, stage, amount, currency, deleted, name] =
            columns.map(|column| row.get(column).unwrap().trim().to_owned());
        if ["yes", "true", "1", "y", "on"].contains(&deleted.to_lowercase().as_str())
            || name.is_empty()
        {
            continue;
        }
        let Some(cents) = cents(&amount) else { continue };
        let sign = |sign: char, code: &str| amount.contains(sign).then(|| code.to_owned());
        let written = sign('€', "EUR").or_else(|| sign('£', "GBP")).or_else(|| sign('$', "USD"));
        let currency = Some(currency)
            .filter(|code| !code.is_empty())
            .or(written)
            .unwrap_or_else(|| "USD".into());
        let stage = match (&*pipeline.to_lowercase(), &*stage.to_lowercase()) {
            ("new business", "prospecting" | "qualified") => "New Business / Qualify",
            ("new business", "proposal") => "New Business / Proposal",
            ("new business", "negotiation") => "New Business / Negotiation",
            ("new business", "contract") => "New Business / Contract",
            ("renewals", "upcoming") => "Renewals / Upcoming",
            ("renewals", "negotiation") => "Renewals / Quote sent",
            ("renewals", "verbal") => "Renewals / Verbal",
            other => panic!("{other:?}"),
        };
        *sums.entry((currency, stage.to_owned())).or_default() += cents;
    }
    sums
}

/// An amount in one of the two notations, in cents; `None` when it is none.
fn cents(text: &str) -> Option<i64> {
    let minus = text.starts_with('(');
    let bare: String = text.chars().filter(|letter| !"()$€£ \u{a0}".contains(*letter)).collect();
    if bare.is_empty()
        || !bare.chars().all(|letter| letter.is_ascii_digit() || ".,".contains(letter))
    {
        return None;
    }
    let decimals = bare.rfind(['.', ',']).filter(|at| bare.len() - at == 3);
    let (whole, part) = decimals.map_or((&*bare, "00"), |at| (&bare[..at], &bare[at + 1..]));
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let cents: i64 = format!("{digits}{part}").parse().ok()?;
    Some(if minus { -cents } else { cents })
}

#[test]
fn a_folder_of_dirty_files_arrives_explained_goes_on_to_the_next_export_and_back() {
    let rehearsal = Rehearsal::open();
    let before = rehearsal.dump();
    let place = tempfile::tempdir().unwrap();
    let export = place.path().join("export");
    write(&export, &ExportOptions::new(1)).unwrap();

    let (code, planned) = run(&rehearsal, "plan", &export);
    assert_eq!(code, 0, "{planned}");
    let (code, applied) = run(&rehearsal, "apply", &export);
    assert_eq!(code, 4, "some records are held on purpose: {applied}");
    conserved(&applied);
    assert_eq!(applied["objects"].as_object().unwrap().len(), 10);
    agree(&planned, &applied);
    assert_eq!(applied["reconcile"]["verdict"], "pass", "{}", applied["reconcile"]);
    let contacts = &applied["reconcile"]["objects"]["deals"]["fill"]["contacts"];
    assert_eq!(contacts["source"], contacts["made"], "a list of children counts as it is made");
    dirt_is_told(&rehearsal, &planned);
    rows_of_the_table_are_visible(&rehearsal);

    let sums: BTreeMap<(String, String), i64> = applied["reconcile"]["sums"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sum| {
            let text = |name: &str| sum[name].as_str().unwrap().to_owned();
            let amount = cents(&format!("{:.2}", text("destination").parse::<f64>().unwrap()));
            ((text("currency"), text("stage")), amount.unwrap())
        })
        .collect();
    assert_eq!(sums, amounts(&export), "value by currency and stage");
    let parts = ["field", "currency", "stage", "sum"];
    let mut foretold = planned["sums"]["deals"].as_array().unwrap().iter();
    let found = applied["reconcile"]["sums"].as_array().unwrap().iter();
    for found in found {
        let told = foretold.next().unwrap();
        let told = parts.map(|part| &told[part]);
        assert_eq!(told, ["field", "currency", "stage", "source"].map(|part| &found[part]));
    }
    assert_eq!(foretold.next(), None, "the plan tells the sums that the run comes to");

    let journal = rehearsal.journal().len();
    let (_, planned) = run(&rehearsal, "plan", &export);
    let (code, again) = run(&rehearsal, "apply", &export);
    agree(&planned, &again);
    assert_eq!((code, sum(&again, "created"), sum(&again, "updated")), (4, 0, 0), "{again}");
    assert_eq!(rehearsal.journal().len(), journal, "the second run writes nothing");

    the_next_week(&rehearsal, &export);

    let (code, back) = run(&rehearsal, "rollback", &export);
    assert_eq!(code, 0, "{back}");
    assert_eq!(records(&rehearsal.dump()), records(&before), "the records are as they were");
}

/// Every planted case has its remark, with row and column, and what the plan predicted to be held
/// is what was held.
fn dirt_is_told(rehearsal: &Rehearsal, planned: &Value) {
    let (remarks, reading) = audit(rehearsal, 1);
    for (record, column, code) in REMARKS {
        let said = remarks.get(record).unwrap_or_else(|| panic!("{record} has no remark"));
        let fits =
            said.iter().any(|(at, what)| at.split(", ").any(|at| at == column) && what == code);
        assert!(fits, "{record} {column} {code}: {said:?}");
    }
    let ends = |what: &str| reading.iter().filter(|line| line.ends_with(what)).count();
    assert_eq!((ends("footer"), ends("encoding_suspect")), (1, 5), "{reading:?}");
    let held = |line: &Value| {
        (line["outcome"] == "flagged").then(|| line["record"].as_str().unwrap().to_owned())
    };
    let text = fs::read_to_string(rehearsal.out().join("audit-run1.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let held: BTreeSet<String> = lines.filter_map(|line| held(&line)).collect();
    let predicted = planned["held"].as_array().unwrap();
    let predicted: BTreeSet<String> =
        predicted.iter().map(|one| one["record"].as_str().unwrap().to_owned()).collect();
    assert_eq!(held, predicted, "what is held was predicted");
}

/// The twelve rows of the customer's table, each seen in the CRM.
fn rows_of_the_table_are_visible(rehearsal: &Rehearsal) {
    let dump = rehearsal.dump();
    let all = |entity: &str| dump[entity].as_array().unwrap().clone();
    let (people, companies, leads) = (all("Contacts"), all("Accounts"), all("Leads"));
    let by = |records: &[Value], field: &str, value: &str| -> Value {
        let found = records.iter().find(|record| record["customFields"][field] == value);
        found.unwrap_or_else(|| panic!("no {field} {value}")).clone()
    };
    let company = by(&companies, "Allegory_Company_Id__c", "1042");
    assert_eq!(company["name"], "Müller & Söhne GmbH");
    let person = by(&people, "Allegory_Contact_Id__c", "1042");
    assert!(
        person["accounts"].to_string().contains(&format!("\"id\":{}", company["id"])),
        "{person}"
    );
    let deal = by(&leads, "Allegory_Deal_Id__c", "311");
    assert_eq!(deal["customFields"]["Matter_Number__c"], "0004512", "zeros that count are kept");
    assert!(deal["contacts"].to_string().contains(&format!("\"id\":{}", person["id"])), "{deal}");
    let lead = by(&leads, "Allegory_Lead_Id__c", "5001");
    let became = [
        &lead["customFields"]["Converted_Deal__c"],
        &lead["customFields"]["Original_Contact_Id__c"],
    ];
    assert_eq!(became, [&json!(format!("Leads:{}", deal["id"])), &json!("1042")]);
    let activities = all("Activities");
    let kinds: BTreeSet<&str> =
        activities.iter().filter_map(|one| one["activityType"]["name"].as_str()).collect();
    for kind in ["Task", "Call", "Email", "Meeting", "Note"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
    let text = |part: &str| {
        activities.iter().filter(|one| one["description"].to_string().contains(part)).count()
    };
    for footer in
        ["Priority: ", "Call_Disposition: ", "Email_Thread_Id: ", "Recurrence: ", "Mentions: "]
    {
        let spelled = footer.replace(": ", "__c: ");
        assert!(text(footer) + text(&spelled) > 0, "{footer}");
    }
    assert!(text("Attendees:") > 0);
    let notes = all("Notes");
    assert!(notes.iter().any(|note| !note["files"].is_null()), "files hang on notes");
    let linked = notes.iter().any(|note| note.to_string().contains("https://files.example/223/"));
    assert!(linked, "an oversize file is linked");
    let archives = rehearsal.out().join("archives");
    for file in [
        "custom_objects.csv",
        "custom_object_links.csv",
        "custom_objects.md",
        "workflows.md",
        "email_templates.json",
        "email_templates.md",
        "reports.md",
        "custom_fields.csv",
        "suppression.csv",
    ] {
        let text = fs::read_to_string(archives.join(file)).unwrap();
        assert!(text.lines().count() > 2, "{file}: {text}");
    }
    assert!(copies(&dump).values().all(|&count| count == 1), "no record twice");
}

/// The next export into the same folder: only what changed is written, what is gone is told.
fn the_next_week(rehearsal: &Rehearsal, export: &Path) {
    let journal = rehearsal.journal().len();
    let mut options = ExportOptions::new(1);
    options.week = Week::Later;
    fs::remove_dir_all(export).unwrap();
    write(export, &options).unwrap();
    let (code, delta) = run(rehearsal, "apply", export);
    assert_eq!((code, &delta["kind"]), (4, &json!("delta")), "{delta}");
    conserved(&delta);
    let gone: BTreeSet<String> = changes()
        .iter()
        .filter(|change| {
            change.deed == Deed::Remove && delta["objects"][object(change.table)].is_object()
        })
        .map(|change| format!("{}:{}", object(change.table), change.key))
        .collect();
    let text = fs::read_to_string(rehearsal.out().join("audit-run3.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told: BTreeSet<String> = lines
        .filter(|line| line["outcome"] == "vanished")
        .map(|line| line["record"].as_str().unwrap().to_owned())
        .collect();
    assert!(!gone.is_empty() && gone.is_subset(&told), "{gone:?} {told:?}");
    let written = rehearsal.journal().len() - journal;
    let said = sum(&delta, "created") + sum(&delta, "updated");
    assert!(said > 20 && (written as u64) < 2 * said, "{written} writes for {said} changes");
    assert!(sum(&delta, "unchanged") > 5_000, "{delta}");
}

/// The object that reads a table.
fn object(table: &str) -> &str {
    if table == "contacts" { "people" } else { table }
}
