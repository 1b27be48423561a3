//! The dirty cases of an export, through the spec that is run on it: what becomes of each.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use crate::ground::Flag;
use crate::spec::{self, Pipeline};

use super::fixture::{self, Town};
use super::{Mapping, Verdict};

/// The mapping of `pipelines/allegory.yaml`, as written.
static ALLEGORY: LazyLock<(Arc<Pipeline>, Mapping)> = LazyLock::new(|| {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/allegory.yaml"));
    let reading = spec::Reading {
        file,
        variables: &|_| None,
        files: &|path| std::fs::read_to_string(path),
        columns: &|_| spec::KnownColumns::new(),
    };
    let pipeline = Arc::new(spec::read(&reading).unwrap());
    let mapping = Mapping::compile(Arc::clone(&pipeline)).unwrap();
    (pipeline, mapping)
});

/// The rows around those that are mapped: ids are per table, so company and contact share one.
fn town() -> Town {
    Town::default()
        .with("agents", &[json!({"id": "7"}), json!({"id": "9"})])
        .with("companies", &[json!({"id": "1042", "company_name": "Müller & Söhne"})])
        .with("contacts", &[json!({"id": "1042"}), json!({"id": "2"})])
        .with("deals", &[json!({"id": "311"})])
        .with("leads", &[json!({"id": "5001"})])
        .with(
            "deal_contacts",
            &[
                json!({"id": "311|1042", "deal_id": "311", "contact_id": "1042"}),
                json!({"id": "311|2", "deal_id": "311", "contact_id": "2"}),
                json!({"id": "311|404", "deal_id": "311", "contact_id": "404"}),
            ],
        )
        .with(
            "meeting_attendees",
            &[json!({"id": "1", "meeting_id": "6100", "name": "Ann Lee", "email": "ann@acme.example", "response": "Accepted"})],
        )
}

fn map(object: &str, row: &Value) -> Verdict {
    let (pipeline, mapping) = &*ALLEGORY;
    let position = pipeline.objects.iter().position(|known| known.name == object).unwrap();
    let town = town();
    mapping.map(position, &[fixture::row(row)], &town.world())
}

/// What one field of a row becomes: the value, then the flags of that field.
fn field(object: &str, path: &str, row: &Value) -> String {
    let verdict = map(object, row);
    let own = |flags: &[Flag]| {
        flags.iter().filter(|flag| *flag.field == *path).cloned().collect::<Vec<_>>()
    };
    let verdict = match verdict {
        Verdict::Write { fields, late, flags, taken } => {
            Verdict::Write { fields, late, flags: own(&flags), taken }
        }
        other @ (Verdict::Skip { .. } | Verdict::Hold { .. } | Verdict::Stop { .. }) => other,
    };
    fixture::line(&verdict, path)
}

/// A row with these cells more.
fn with(mut row: Value, more: &Value) -> Value {
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row
}

fn check_company(path: &str, more: &Value, expected: &str) {
    let row = json!({"id": "1", "company_id": "1", "company_name": "Müller & Söhne GmbH"});
    assert_eq!(field("companies", path, &with(row, more)), expected, "{more}");
}

fn check_contact(path: &str, more: &Value, expected: &str) {
    let row = json!({"id": "5", "contact_id": "5", "first_name": "José", "last_name": "O’Neill"});
    assert_eq!(field("people", path, &with(row, more)), expected, "{more}");
}

fn check_deal(path: &str, more: &Value, expected: &str) {
    let row = json!({
        "id": "311", "deal_id": "311", "deal_name": "Renewal", "pipeline": "New Business",
        "stage": "Negotiation", "status": "Open",
    });
    assert_eq!(field("deals", path, &with(row, more)), expected, "{more}");
}

fn check_lead(path: &str, more: &Value, expected: &str) {
    let row = json!({"id": "5001", "lead_id": "5001", "lead_name": "Acme", "status": "Working"});
    assert_eq!(field("leads", path, &with(row, more)), expected, "{more}");
}

fn check_task(path: &str, more: &Value, expected: &str) {
    let row = json!({"id": "1", "subject": "Send MSA", "status": "Pending"});
    assert_eq!(field("tasks", path, &with(row, more)), expected, "{more}");
}

fn check_call(path: &str, more: &Value, expected: &str) {
    let row = json!({"id": "1", "called_at": "04/30/2025 4:05 PM"});
    assert_eq!(field("calls", path, &with(row, more)), expected, "{more}");
}

fn check_mail(path: &str, more: &Value, expected: &str) {
    let row = json!({
        "id": "1", "sent_at": "05/03/2025 7:41 AM", "from_address": "ann@acme.example",
        "to_addresses": "dana@oldcorp.example", "body": "",
    });
    assert_eq!(field("emails", path, &with(row, more)), expected);
}

fn check_meeting(path: &str, more: &Value, expected: &str) {
    let row = json!({
        "id": "6100", "title": "Weekly sync", "start_time": "01/06/2025 2:00 PM",
        "end_time": "01/06/2025 2:30 PM", "description": "", "recurrence": "",
    });
    assert_eq!(field("meetings", path, &with(row, more)), expected, "{more}");
}

fn check_note(path: &str, body: &str, expected: &str) {
    let row = json!({"id": "1", "created_date": "02/14/2025 12:00 PM", "body": body});
    assert_eq!(field("notes", path, &row), expected, "{body}");
}

#[test]
fn names_are_kept_as_given() {
    for name in [
        "Jane & Tom Smith",
        "JANE SMITH",
        "jane@x.example",
        "Ana 👩\u{200d}⚖️",
        "שרה לוי",
        "O’Neill-Ñ",
    ] {
        check_contact("name", &json!({"first_name": name, "last_name": ""}), name);
    }
    check_contact("name", &json!({"first_name": " José ", "last_name": ""}), "José");
}

#[test]
fn a_street_of_several_lines_is_kept() {
    let street = json!({"street": "12 Main St\nFloor 3"});
    check_company("address.address_1", &street, "12 Main St\nFloor 3");
}

#[test]
fn two_addresses_in_a_cell_keep_their_letters_and_lose_a_trailing_dot() {
    let cell = json!({"email": "Jose@X.example; j.oneill@y.example."});
    let both = r#"["Jose@X.example","j.oneill@y.example"] [email_trimmed]"#;
    check_contact("email", &cell, both);
    check_contact("email", &json!({"email": "n/a"}), "[bad_email]");
}

#[test]
fn phones_are_international_only_when_that_is_certain() {
    let phone = |cell: &str, expected: &str| {
        check_contact("phone.work", &json!({"work_phone": cell}), expected);
    };
    phone("(212) 555-0147 ext. 3", "+12125550147 x3");
    phone("+44 20 7946 0018", "+442079460018");
    phone("555-0147", "555-0147 [bad_phone]");
    phone("2.12556E+11", "[excel_damage]");
    let abroad = json!({"work_phone": "020 7946 0018", "country": "U.K."});
    check_contact("phone.work", &abroad, "+442079460018");
}

#[test]
fn a_lost_zero_of_a_postal_code_is_flagged_not_repaired() {
    let lost = json!({"postal_code": "2134", "state": "MA", "country": "U.S."});
    check_company("address.postalCode", &lost, "2134 [lost_zero]");
}

#[test]
fn countries_are_iso_by_their_usual_spellings() {
    for spelling in ["USA", "United States", "U.S.", "us", "\u{a0}USA\u{a0}"] {
        check_company("address.country", &json!({"country": spelling}), "US");
    }
    check_company("address.country", &json!({"country": ""}), "");
    check_company("address.country", &json!({"country": "Freedonia"}), "Freedonia [bad_country]");
}

#[test]
fn dates_of_the_export_are_read_in_its_zone() {
    let created = |cell: &str, expected: &str| {
        check_contact("Allegory_Created__c", &json!({"created_date": cell}), expected);
    };
    created("3/7/2024 2:05 PM", "2024-03-07T14:05:00-05:00[America/New_York]");
    created("07/04/2024 02:05 pm", "2024-07-04T14:05:00-04:00[America/New_York]");
    created("11/03/2024 1:30 AM", "2024-11-03T01:30:00-04:00[America/New_York] [dst_fold]");
    created("03/10/2024 2:30 AM", "2024-03-10T03:30:00-04:00[America/New_York] [dst_gap]");
    created("03/07/2024", "2024-03-07T00:00:00-05:00[America/New_York] [date_only]");
    for cell in ["0000-00-00", "00/00/0000", "03/07/0023", "13/31/2024", "03/07/2024 14:05"] {
        created(cell, "[bad_date]");
    }
}

#[test]
fn a_date_field_stays_a_date() {
    check_task("Due_Date__c", &json!({"due_date": "05/01/2025"}), "2025-05-01");
    check_task("Due_Date__c", &json!({"due_date": "05/01/2025 11:30 PM"}), "2025-05-01");
}

#[test]
fn a_finished_task_has_the_time_at_which_it_was_done() {
    let done = json!({"completed_date": "05/02/2025 10:12 AM", "due_date": "05/01/2025"});
    check_task("startTime", &done, "2025-05-02T10:12:00-04:00[America/New_York]");
    let open = json!({"completed_date": "", "due_date": "05/01/2025"});
    check_task("startTime", &open, "2025-05-01T00:00:00-04:00[America/New_York] [date_only]");
}

#[test]
fn an_amount_has_the_currency_of_its_row() {
    let value = |amount: &str, currency: &str, expected: &str| {
        check_deal("value", &json!({"amount": amount, "currency": currency}), expected);
    };
    let made =
        |currency: &str, amount: &str| json!({"currency": currency, "amount": amount}).to_string();
    value("$12,500.00", "", &made("USD", "12500.00"));
    value("12.500,00 €", "EUR", &made("EUR", "12500.00"));
    value("(300)", "gbp", &made("GBP", "-300"));
    value("1.5M", "USD", "[bad_number]");
    value("300", "Dollars", "[unknown_currency]");
    value("300 €", "USD", &format!("{} [currency_conflict]", made("USD", "300")));
}

#[test]
fn percentages_are_numbers_and_ranges_stay_text() {
    check_deal("Deal_Probability__c", &json!({"probability": "60%"}), "60");
    check_deal("Deal_Probability__c", &json!({"probability": "50-60%"}), "[bad_number]");
    check_company("Employees__c", &json!({"employees": "51-200"}), "51-200");
    check_company("Employees__c", &json!({"employees": "1,200"}), "1,200");
}

#[test]
fn leading_zeros_of_a_text_stay_and_a_rounded_number_is_said() {
    check_deal("Matter_Number__c", &json!({"matter_number": "0004512"}), "0004512");
    let rounded = json!({"matter_number": "4.51234E+15"});
    check_deal("Matter_Number__c", &rounded, "4.51234E+15 [excel_damage]");
}

#[test]
fn yes_and_no_are_understood_in_all_their_spellings() {
    let opted_out = |cell: &str, expected: &str| {
        check_contact("Email_Opt_Out__c", &json!({"email_opt_out": cell}), expected);
    };
    for yes in ["Yes", "TRUE", "1", "Y", "on", "\u{a0}yes "] {
        opted_out(yes, "true");
    }
    for no in ["No", "false", "0", "n", "OFF"] {
        opted_out(no, "false");
    }
    opted_out("unknown", "[bad_bool]");
}

#[test]
fn a_map_knows_a_value_whatever_its_case_and_blanks() {
    for spelling in ["Law Practice", " law  practice ", "LAW\u{a0}PRACTICE"] {
        check_company("industry", &json!({"industry": spelling}), "Legal");
    }
    check_company("industry", &json!({"industry": "Law-Firm"}), "[unmapped_value]");
    check_company("Allegory_Industry__c", &json!({"industry": "Law-Firm"}), "Law-Firm");
    check_company("industry", &json!({"industry": ""}), "");
    check_contact(
        "Practice_Area__c",
        &json!({"practice_area": "Litigation;IP; Litigation"}),
        r#"["Litigation","IP"]"#,
    );
}

#[test]
fn a_stage_is_the_one_of_its_own_pipeline() {
    check_deal("stage", &json!({}), "New Business / Negotiation");
    check_deal("stage", &json!({"pipeline": "renewals"}), "Renewals / Quote sent");
    check_deal("stage", &json!({"stage": "Limbo"}), "stop [unmapped_value]");
}

#[test]
fn the_length_of_a_call_is_read_in_every_spelling() {
    check_call("duration", &json!({"duration": "0:03:27"}), "207");
    check_call("duration", &json!({"duration": "207"}), "207");
    check_call("duration", &json!({"duration": "3 min"}), "180");
    check_call("duration", &json!({"duration": "12:03:27 AM"}), "[bad_duration]");
}

#[test]
fn the_organizer_owns_a_meeting_before_its_owner() {
    check_meeting("owner", &json!({"organizer_id": "7", "owner_id": "9"}), "user 7");
    check_meeting("owner", &json!({"organizer_id": "", "owner_id": "9"}), "user 9");
    let nobody = json!({"organizer_id": "", "owner_id": "404"});
    check_meeting("owner", &nobody, "user fallback [owner_fallback]");
}

#[test]
fn a_meeting_that_ends_before_it_starts_has_no_end() {
    let end = json!({"end_time": "01/06/2025 1:30 PM"});
    check_meeting("endTime", &end, "[end_before_start]");
    check_meeting("startTime", &end, "2025-01-06T14:00:00-05:00[America/New_York]");
}

#[test]
fn a_meeting_is_logged_when_it_has_ended_by_the_clock_of_its_source() {
    // The run takes place on 2026-11-26 at noon UTC, seven in the morning in New York.
    check_meeting("status", &json!({"end_time": "11/26/2026 6:59 AM"}), "logged");
    check_meeting("status", &json!({"end_time": "11/26/2026 7:01 AM"}), "scheduled");
    check_meeting("status", &json!({"end_time": "9/1/2026 2:30 PM"}), "logged");
    check_meeting("status", &json!({"end_time": "12/1/2026"}), "scheduled");
    check_meeting("status", &json!({"end_time": "next week"}), "[bad_date]");
    check_meeting("status", &json!({"end_time": ""}), "[bad_date]");
}

#[test]
fn the_guests_of_a_meeting_stand_in_its_text() {
    let text = "See you\nAttendees:\n- Ann Lee <ann@acme.example> Accepted";
    check_meeting("description", &json!({"description": "<p>See you</p>"}), text);
}

#[test]
fn an_activity_points_to_what_its_type_says() {
    let related = |kind: &str, id: &str| json!({"related_type": kind, "related_id": id});
    check_task("participants", &related("Contact", "1042"), "people:1042");
    check_task("participants", &related(" COMPANY ", "1042"), "companies:1042");
    check_task("participants", &related("Deal", "311"), "");
    check_task("leads", &related("Deal", "311"), "deals:311");
    check_task("leads", &related("Lead", "5001"), "leads:5001");
    check_task("participants", &related("Contact", "404"), "[ref_missing]");
    check_task("participants", &related("", ""), "");
}

#[test]
fn a_reference_of_an_unknown_type_is_flagged_with_its_type_and_id() {
    let row = json!({"id": "1", "subject": "a", "status": "Pending", "related_type": "Matter", "related_id": "15"});
    let Verdict::Write { flags, .. } = map("tasks", &row) else { panic!("the task is written") };
    let flag = flags.iter().find(|flag| *flag.code == *"ref_type_unknown").unwrap();
    assert_eq!((&*flag.field, &*flag.value), ("participants", "Matter 15"));
}

#[test]
fn the_contacts_of_a_deal_are_all_linked_and_a_missing_one_is_said() {
    check_deal("contacts", &json!({}), "people:1042 people:2 [ref_missing]");
}

#[test]
fn a_converted_lead_points_to_what_it_became_and_says_nothing_of_what_is_gone() {
    let became = json!({"converted_contact_id": "1042", "converted_deal_id": "311"});
    check_lead("contacts", &became, "people:1042");
    check_lead("Converted_Deal__c", &became, "deals:311");
    check_lead("Original_Contact_Id__c", &became, "1042");
    check_lead("contacts", &json!({"converted_contact_id": "404"}), "");
}

#[test]
fn a_parent_that_is_the_company_itself_is_left_out() {
    check_company("parent", &json!({"parent_company_id": "1"}), "[self_parent]");
    check_company("parent", &json!({"parent_company_id": "1042"}), "companies:1042");
}

#[test]
fn the_mentions_of_a_note_are_found_as_text() {
    check_note("Mentions__c", "<p>Ask <b>@Dana Ruiz</b>, or @Jo.</p>", "@Dana Ruiz, @Jo.");
    check_note("Mentions__c", "<p>nobody</p>", "");
}

#[test]
fn a_note_keeps_its_form_and_what_the_crm_would_misread_is_broken_up() {
    check_note("description", "<p><b>Call</b> back</p>", "**Call** back");
    let mention = "<p>see @[Accounts:1]</p>";
    check_note("description", mention, "see @\u{200b}[Accounts:1] [mention_escaped]");
    let both = "a\u{7}b\u{1} @[Contacts:2]";
    let kept = "ab @\u{200b}[Contacts:2] [control_characters] [mention_escaped]";
    check_note("description", both, kept);
    check_note("description", "<p>a\u{7}b</p>", "ab [html_stripped]");
    let right_to_left = "<p>🏡 שלום עולם</p>";
    check_note("description", right_to_left, "🏡 שלום עולם");
    let table = "<table><tr><td>a</td></tr></table>";
    check_note("description", table, "a [html_stripped]");
}

#[test]
fn a_mail_with_two_megabytes_of_images_becomes_text() {
    let image = format!(r#"<img src="data:image/png;base64,{}">"#, "A".repeat(1_000_000));
    let mail = json!({"body": format!("<div>Agreed.</div>{image}{image}")});
    let kept = "From: ann@acme.example\nTo: dana@oldcorp.example\n\nAgreed.\n[image][image]";
    check_mail("description", &mail, &format!("{kept} [html_stripped]"));
}

#[test]
fn the_history_below_a_mail_is_kept() {
    let body = "<div>Agreed.</div><!--[if mso]><p>Outlook</p><![endif]--><blockquote>On Monday Ann wrote: Price?</blockquote>";
    let kept = "From: ann@acme.example\nTo: dana@oldcorp.example\n\nAgreed.\n\n> On Monday Ann wrote: Price?";
    check_mail("description", &json!({"body": body}), kept);
    check_mail("name", &json!({"subject": ""}), "(no subject)");
}
