//! Records that the CRM has already, as a plan tells them.

use std::fs;

use serde_json::Value;

use crate::rehearsal::Rehearsal;

#[test]
fn leads_are_told_by_what_they_are_called() {
    let rehearsal = Rehearsal::open();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("export")).unwrap();
    let dump = rehearsal.dump();
    let leads = dump["Leads"].as_array().unwrap();
    let title = |lead: &Value| lead["description"].as_str().unwrap_or_default().to_owned();
    let is_one = |lead: &&Value| {
        let title = title(lead);
        !title.is_empty() && leads.iter().filter(|other| other["description"] == title).count() == 1
    };
    let lead = leads.iter().find(is_one).unwrap();
    let spec = folder.path().join("leads.yaml");
    let text = "version: 1
name: leads
sources: { export: { files: export, timezone: UTC, tables: { deals: { path: deals.csv, key: id } } } }
destination: { type: nutshell, url: sandbox, user: sandbox, key: \"${NUTSHELL_API_KEY:sandbox}\", provision: create }
owners: { fallback: migration@sandbox.example }
objects:
  deals: { from: deals, to: lead, match: description, fields: { description: title } }
";
    fs::write(&spec, text).unwrap();
    let rows = format!("id,title\n1,\"{}\"\n", title(lead).to_uppercase());
    fs::write(folder.path().join("export/deals.csv"), rows).unwrap();
    let (code, plan) = rehearsal.run("plan", &spec);
    let matched = plan["matched"].as_array().unwrap();
    assert_eq!((code, matched.len()), (0, 1), "{plan}");
    assert_eq!(matched[0]["name"], title(lead).to_uppercase());
    assert_eq!(matched[0]["named"], title(lead));
}
