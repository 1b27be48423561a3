//! What goes wrong in real contact lists, at fixed places, so that a test can name the row.

use serde_json::Value;

use super::contacts::slot;
use super::table::{Row, fill};

/// Spoils a contact according to its place.
pub(crate) fn spoil(at: u64, row: &mut Row) {
    names(at, row);
    emails(at, row);
    phones(at, row);
    times_and_blanks(at, row);
}

fn call(row: &mut Row, name: &str) {
    let none = Value::String(String::new());
    fill(row, [("name", name.into()), ("first_name", none.clone()), ("last_name", none)]);
}

fn names(at: u64, row: &mut Row) {
    match slot(at) {
        1 => call(row, "Jane & Tom Smith"),
        2 => call(row, "someone@mail.example"),
        3 => call(row, "MARGARET HILL"),
        4 => call(row, "Sunny 🌷 Day"),
        5 => call(row, "محمد علي"),
        6 => call(row, "Cher"),
        40 => call(row, &"Bartholomew Montgomery-Featherstonehaugh ".repeat(3)),
        // Nothing to call them by: only an address (52, 60), only a telephone (51), nothing at all (50).
        50..=52 | 60 => call(row, ""),
        _ => {}
    }
    match slot(at) {
        50 => fill(
            row,
            [
                ("email", "".into()),
                ("phone_mobile", "".into()),
                ("phone_home", "".into()),
                ("phone_work", "".into()),
                ("phone_fax", "".into()),
            ],
        ),
        51 => fill(row, [("email", "".into()), ("phone_mobile", "303-555-0151".into())]),
        52 | 60 => fill(row, [("email", format!("nameless{at}@mail.example").into())]),
        _ => {}
    }
}

fn emails(at: u64, row: &mut Row) {
    let block = at - slot(at);
    let set = |row: &mut Row, address: String| fill(row, [("email", address.into())]);
    match slot(at) {
        8 => set(row, format!("first{at}@mail.example; second{at}@mail.example")),
        9 => set(row, format!("SHOUTING{at}@MAIL.EXAMPLE")),
        10 => set(row, format!("dotted{at}@mail.example.")),
        // These four are known to the destination already.
        11..=14 => set(row, format!("contact{at}@mail.example")),
        15 => set(row, "n/a".to_owned()),
        16 => set(row, "not an address".to_owned()),
        // A mailbox that several people share.
        31..=33 => set(row, "info@sharedoffice.example".to_owned()),
        // One address, two names.
        34 | 35 => set(row, format!("pair{}@mail.example", block + 34)),
        // One person, held by two agents.
        36..=39 => {
            let pair = (slot(at) - 36) / 2;
            set(row, format!("twice{}@mail.example", block + pair));
            call(row, if pair == 0 { "Teresa Twice" } else { "Dougal Double" });
            fill(row, [("unsubscribed", if slot(at) == 37 { "1" } else { "0" }.into())]);
        }
        _ => {}
    }
}

fn phones(at: u64, row: &mut Row) {
    let phone = match slot(at) {
        21 => "3.03555E+9",
        22 => "(303) 555-1235 x12",
        23 => "1-800-FLOWERS",
        24 => "44 20 7946 0018",
        25 => "555-0144",
        26 => "N/A",
        27 => "303-555-0127 / 303-555-0128",
        _ => return,
    };
    fill(row, [("phone_mobile", phone.into())]);
}

fn times_and_blanks(at: u64, row: &mut Row) {
    let made = match slot(at) {
        70 => "0000-00-00 00:00:00",
        71 => "0023-05-01 10:00:00",
        // Denver has this time never (spring) and twice (autumn).
        72 => "2024-03-10 02:30:00",
        73 => "2024-11-03 01:30:00",
        _ => "",
    };
    if !made.is_empty() {
        fill(row, [("created_at", made.into())]);
    }
    match slot(at) {
        74 => fill(row, [("title", "-".into()), ("company_name", "N/A".into())]),
        75 => fill(row, [("title", "NULL".into()), ("home_city", "NULL".into())]),
        76 => fill(row, [("home_street", "12 Elm St".into()), ("home_zip", "2134".into())]),
        77 => fill(row, [("company_id", "999998".into())]),
        78 => fill(row, [("type", " hot ".into())]),
        79 => fill(row, [("type", "Prospect".into())]),
        _ => {}
    }
}
