//! Dirty cells of users, links, attendees, files and the account's own records.

use std::borrow::Cow;

use super::{Cell, Dirt};

pub(super) const USERS: [Cell; 5] = [
    ("7", "email", "dana.ruiz@oldcorp.example", "an address that changed"),
    ("9", "email", "PRIYA@newcorp.example", "an address in capitals"),
    ("10", "status", "Inactive", "a user who left"),
    ("12", "email", "theo@newcorp.example", "two users with one address"),
    ("13", "email", "", "a team, and no address"),
];

pub(super) const CONTACT_COMPANIES: [Cell; 4] = [
    ("1042|1042", "is_primary", "Yes", "the main company again"),
    ("1042|1088", "is_primary", "No", "a second company"),
    ("1042|1088", "title", "Board member", "a second company"),
    ("1043|999998", "title", "Board member", "a company that is not in the file"),
];

pub(super) const DEAL_CONTACTS: [Cell; 3] = [
    ("311|1042", "role", "Decision maker", "a contact of a deal"),
    ("331|999998", "role", "Influencer", "a contact that is not in the file"),
    ("998998|1001", "role", "Influencer", "a deal that is not in the file"),
];

pub(super) const ATTENDEES: [Cell; 3] = [
    ("6100|ann@acme.example", "name", "Ann Lee", "a guest whom nobody knows"),
    ("6100|ann@acme.example", "contact_id", "", "a guest whom nobody knows"),
    ("6101|", "name", "The intern", "a guest without an address"),
];

pub(super) const FILES: [Cell; 32] = [
    ("220", "file_name", "MSA v3 (final).docx", "a file on a deal"),
    ("220", "path", "files/220/MSA v3 (final).docx", "a file on a deal"),
    ("220", "related_type", "Deal", "a file on a deal"),
    ("220", "related_id", "311", "a file on a deal"),
    ("221", "file_name", "gone.pdf", "missing in the folder"),
    ("221", "path", "files/221/gone.pdf", "missing in the folder"),
    ("222", "file_name", "empty.txt", "no byte in it"),
    ("222", "path", "files/222/empty.txt", "no byte in it"),
    ("222", "size", "0", "no byte in it"),
    ("223", "file_name", "Deposition video.mp4", "larger than the plan allows"),
    ("223", "path", "files/223/Deposition video.mp4", "larger than the plan allows"),
    ("223", "size", "26214400", "larger than the plan allows"),
    ("223", "related_type", "Company", "larger than the plan allows"),
    ("223", "related_id", "1042", "larger than the plan allows"),
    ("224", "file_name", "Scan.pdf", "one name twice on a record"),
    ("224", "path", "files/224/Scan.pdf", "one name twice on a record"),
    ("224", "related_type", "Contact", "one name twice on a record"),
    ("224", "related_id", "1042", "one name twice on a record"),
    ("225", "file_name", "Scan.pdf", "one name twice on a record"),
    ("225", "path", "files/225/Scan.pdf", "one name twice on a record"),
    ("225", "related_type", "Contact", "one name twice on a record"),
    ("225", "related_id", "1042", "one name twice on a record"),
    ("226", "path", "../../x", "a path that leads out of the export"),
    ("227", "path", "files/227/long.pdf", "a name of 300 letters"),
    ("228", "file_name", "Q1/Q2 plan.pdf", "a stroke in a name"),
    ("228", "path", "files/228/Q1_Q2 plan.pdf", "a stroke in a name"),
    ("229", "related_type", "Contact", "belongs to a record that is not in the file"),
    ("229", "related_id", "999999", "belongs to a record that is not in the file"),
    ("230", "related_type", "Lead", "belongs to a kind that files are not mapped to"),
    ("230", "related_id", "5001", "belongs to a kind that files are not mapped to"),
    ("231", "path", "files\\231\\old.doc", "a path with the strokes of another system"),
    ("232", "size", "999", "another size than on the disk"),
];

pub(super) const CUSTOM_OBJECTS: [Cell; 2] = [
    ("Court|a1B", "name", "Southern District", "two ids that differ in case"),
    ("Court|a1b", "name", "Eastern District", "two ids that differ in case"),
];

pub(super) const CUSTOM_OBJECT_LINKS: [Cell; 3] = [
    ("Matter|15|Contact|1042", "label", "Opposing counsel", "a link of many to many"),
    ("Matter|15|Contact|999998", "label", "Witness", "a contact that is not in the file"),
    ("Matter|999|Contact|1001", "label", "Client", "a matter that is not in the file"),
];

/// Cells that are too long to be written out.
pub(super) fn long() -> impl Iterator<Item = Dirt> {
    let name = format!("{}.pdf", "Exhibit ".repeat(37));
    let title = "Öffentlich ".repeat(28);
    let cells = [
        ("files", "227", "file_name", name, "a name of 300 letters"),
        ("deals", "328", "deal_name", title, "a name of 300 letters"),
    ];
    cells.into_iter().map(|(table, key, column, value, case)| Dirt {
        case,
        table,
        key,
        column,
        value: Cow::Owned(value),
    })
}
