//! What a customer is handed: reference documents, and tables that are kept as files.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::rehearsal::{Rehearsal, finished, project};

const SPEC: &str = "
version: 1
name: papers
sources:
  allegory:
    files: export
    timezone: UTC
    country: US
    tables:
      users: { path: users.csv, key: user_id }
      companies: { path: companies.csv, key: company_id }
      contacts: { path: contacts.csv, key: contact_id, links: { company_id: companies } }
      deals: { path: deals.csv, key: deal_id }
      leads: { path: leads.csv, key: lead_id }
      custom_objects: { path: custom_objects.csv, key: [object, record_id] }
      custom_object_links: { path: custom_object_links.csv, key: [from_object, from_id, to_object, to_id] }
      workflows: { path: workflows.json, key: workflow_id }
      email_templates: { path: email_templates.json, key: template_id }
      reports: { path: reports.json, key: report_id }
destination:
  type: nutshell
  url: sandbox
  user: ${NUTSHELL_USER:sandbox}
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
owners: { from: users, match: email, fallback: migration@sandbox.example }
objects:
  companies:
    from: companies
    to: company
    fields:
      name: { from: company_name, required: true }
archives:
  custom_objects.csv:      { from: custom_objects }
  custom_objects.md:       { from: custom_objects, template: transforms/allegory/custom_objects.md.j2 }
  workflows.md:            { from: workflows, template: transforms/allegory/workflows.md.j2 }
  email_templates.json:    { from: email_templates }
  email_templates.md:      { from: email_templates, template: transforms/allegory/email_templates.md.j2 }
  reports.md:              { from: reports, template: transforms/allegory/reports.md.j2 }
  suppression.csv:         { from: contacts, where: email_opt_out or do_not_call, columns: { email: email, firm: company.company_name, no_mail: email_opt_out } }
";

/// A folder with a spec, the project's templates, and an export.
fn papers() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    for name in ["custom_objects", "workflows", "email_templates", "reports"] {
        let path = format!("transforms/allegory/{name}.md.j2");
        put(&path, &fs::read_to_string(project().join(&path)).unwrap());
    }
    put("pipelines/papers.yaml", SPEC);
    put("export/users.csv", "User Id,Email\n7,dana@papers.example\n");
    put("export/companies.csv", "Company Id,Company Name\n88,Acme | Sons\n");
    put(
        "export/contacts.csv",
        "Contact Id,First Name,Last Name,Email,Company Id,Email Opt Out,Do Not Call\n\
         1042,Ann,Lee,ann@acme.example,88,Yes,No\n1043,Bob,,=cmd@acme.example,,No,1\n1044,Cy,,cy@acme.example,,No,No\n",
    );
    put("export/deals.csv", "Deal Id,Deal Name\n311,Renewal\n");
    put("export/leads.csv", "Lead Id,Lead Name\n5001,Inbound\n");
    put(
        "export/custom_objects.csv",
        "Object,Record Id,Name,Data,Opened\n\
         Matter,15,Doe v. *Roe*,\"{\"\"court\"\":\"\"SDNY | NY\"\",\"\"judges\"\":[\"\"A\"\",\"\"B\"\"]}\",2024\n\
         Matter,16,In re X,not json,\n\
         Expert,1,Dr. Who,,\nExpert,2,Nobody,,\n",
    );
    put(
        "export/custom_object_links.csv",
        "From Object,From Id,To Object,To Id,Label\n\
         Matter,15,Contact,1042,Opposing counsel\nMatter,15,Company,88,Client\nMatter,16,Contact,1042,Witness\n\
         Matter,15,Expert,1,Expert\nMatter,15,Deal,999,\nGone,4,Lead,5001,Lost\n",
    );
    let workflows = json!([
        { "workflow_id": 3, "name": "Assign inbound", "active": "Yes", "definition": {
            "trigger": "lead created", "conditions": [{ "field": "lead_source", "is": "Web" }],
            "actions": ["assign to Dana", { "do": "mail", "template": "Follow-up <1>" }] } },
        { "workflow_id": 4, "name": "Odd", "definition": "IF stage = 'Won' THEN ```notify```" },
        { "workflow_id": 5, "name": null, "definition": "[1, 2]" },
    ]);
    put("export/workflows.json", &workflows.to_string());
    let mails = json!([
        { "template_id": 12, "name": "Follow-up 1", "subject": "Hi {!Contact.FirstName}",
          "html": "<p>Hi {!Contact.FirstName},</p>\n<p>{!Deal.Amount} from {!User.Name}</p>" },
        { "template_id": 13, "name": "Empty", "html": "" },
    ]);
    put("export/email_templates.json", &mails.to_string());
    let reports = json!([{ "report_id": 21, "name": "Pipeline by stage", "definition":
        { "object": "Deal", "group_by": ["stage", "owner"], "filters": [{ "field": "status", "is": "Open" }] } }]);
    put("export/reports.json", &reports.to_string());
    let spec = folder.path().join("pipelines/papers.yaml");
    (folder, spec)
}

/// An archive, its day replaced by a word.
fn archive(rehearsal: &Rehearsal, name: &str) -> String {
    let text = fs::read_to_string(rehearsal.out().join("archives").join(name)).unwrap();
    let date = text.find("), 20").map(|at| text[at + 3..at + 13].to_owned());
    date.map_or_else(|| text.clone(), |date| text.replace(&date, "(the day)"))
}

#[test]
fn a_customer_is_handed_what_could_not_move() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = papers();
    let (code, run) = rehearsal.run("apply", &spec);
    assert_eq!(code, 0, "{run}");
    insta::assert_snapshot!("custom_objects", archive(&rehearsal, "custom_objects.md"));
    insta::assert_snapshot!("workflows", archive(&rehearsal, "workflows.md"));
    insta::assert_snapshot!("email_templates", archive(&rehearsal, "email_templates.md"));
    insta::assert_snapshot!("reports", archive(&rehearsal, "reports.md"));
    let text = archive(&rehearsal, "suppression.csv");
    assert_eq!(
        text, "email,firm,no_mail\nann@acme.example,Acme | Sons,Yes\n'=cmd@acme.example,,No\n",
        "those who opted out, and no formula"
    );
    let header = "Object,Record Id,Name,Data,Opened";
    assert_eq!(archive(&rehearsal, "custom_objects.csv").lines().next(), Some(header));
    let mails: Value = serde_json::from_str(&archive(&rehearsal, "email_templates.json")).unwrap();
    assert_eq!(mails.as_array().unwrap().len(), 2);
    for told in run["archives"].as_array().unwrap() {
        let file = rehearsal.out().join("archives").join(told["file"].as_str().unwrap());
        let hash = blake3::hash(&fs::read(file).unwrap());
        assert_eq!(told["hash"], hash.to_hex().as_str(), "{told}");
    }
}

#[test]
fn a_wrong_column_in_a_document_is_told_before_anything_is_read() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = papers();
    let template = "{% for c in rows | sort(attribute='email') %}{{ c.emial }} {{ c.company.company_nmae }}{% endfor %}\
                    {% for d in deals %}{{ d.deal_name }} {{ d.stage }}{% endfor %}";
    fs::write(folder.path().join("transforms/list.md.j2"), template).unwrap();
    let text = SPEC.to_owned() + "  list.md: { from: contacts, template: transforms/list.md.j2 }\n";
    fs::write(&spec, text).unwrap();
    let output = rehearsal.command("validate", &spec).output().unwrap();
    let (code, _) = finished(&output);
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(code, 2, "{told}");
    for fault in [
        "`contacts` has no column `emial`",
        "`companies` has no column `company_nmae`",
        "`deals` has no column `stage`",
    ] {
        assert!(told.contains(fault), "{fault}: {told}");
    }
}
