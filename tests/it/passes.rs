//! What the later passes over a record come to: what closes a lead, and links that had to wait.

use std::fs;

use serde_json::{Value, json};

use crate::drift::record;
use crate::yard::Yard;

fn flags(summary: &Value, object: &str, code: &str) -> Value {
    summary["objects"][object]["flags"][code].clone()
}

#[test]
fn a_lead_that_a_person_deleted_is_not_told_as_updated() {
    let yard = Yard::open();
    assert_eq!(yard.run("apply").0, 0);
    let lead = record(&yard, "Leads", ("description", "Deal two")).unwrap();
    let delete = json!({"leadId": lead["id"], "rev": lead["rev"]});
    yard.rehearsal.person("deleteLead", &delete);
    // Only what closes it changes, which is no matter of the first pass.
    yard.change("deals.csv", "2,Deal two,open", "2,Deal two,won");
    for _ in 0..2 {
        let (code, applied) = yard.run("apply");
        let deals = &applied["objects"]["deals"];
        let told = [&deals["unchanged"], &deals["updated"], &deals["flagged"]];
        assert_eq!(told, [&json!(2), &json!(0), &json!(1)], "{applied}");
        assert_eq!(flags(&applied, "deals", "gone_in_crm"), 1, "{applied}");
        assert_ne!(code, 0, "{applied}");
    }
}

#[test]
fn a_late_link_that_is_required_and_leads_nowhere_is_told() {
    let yard = Yard::open();
    let spec = fs::read_to_string(&yard.spec).unwrap();
    let (old, new) = (
        "{ ref: firms, from: firm_id }\n  notes",
        "{ ref: firms, from: firm_id, late: true, required: true }\n  notes",
    );
    assert!(spec.contains(old));
    fs::write(&yard.spec, spec.replace(old, new)).unwrap();
    yard.rehearsal.faults(&json!({"class": "too_long", "method": "newAccount"}));
    let (code, applied) = yard.run("apply");
    assert_eq!(code, 4, "{applied}");
    assert_eq!(applied["objects"]["firms"]["failed"], 4, "{applied}");
    let deals = &applied["objects"]["deals"];
    let refused = flags(&applied, "deals", "ref_failed");
    assert_eq!((&deals["flagged"], &refused), (&json!(2), &json!(2)), "{applied}");

    // With the companies come the links.
    yard.rehearsal.calm();
    let (code, applied) = yard.run("apply");
    assert_eq!((code, &applied["objects"]["deals"]["flagged"]), (0, &json!(0)), "{applied}");
    let dump = yard.rehearsal.dump();
    let leads = dump["Leads"].as_array().unwrap().iter();
    let mut ours = leads.filter(|lead| lead["description"].to_string().contains("Deal "));
    assert!(ours.all(|lead| lead["accounts"].as_array().is_some_and(|firms| firms.len() == 1)));
}
