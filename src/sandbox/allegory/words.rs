//! Names, places and sentences that the tables draw from, and the spellings of yes and no.

use super::calendar;
use super::plan::Plan;
use crate::sandbox::dice::pick;

pub(crate) const FIRST: [&str; 24] = [
    "Ann",
    "José",
    "Grace",
    "Hassan",
    "Ingrid",
    "Jack",
    "Kelly",
    "Liam",
    "Noah",
    "Olga",
    "Peter",
    "Ruth",
    "Zoë",
    "François",
    "Amélie",
    "Björn",
    "Carmen",
    "Dmitri",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Iris",
    "Jürgen",
];

pub(crate) const LAST: [&str; 24] = [
    "Lee",
    "O’Neill",
    "Müller",
    "Patel",
    "Nguyen",
    "Brown",
    "García",
    "Kim",
    "Johnson",
    "Ali",
    "Berg",
    "Cohen",
    "Davis",
    "Evans",
    "Fischer",
    "Green",
    "Hughes",
    "Ivanov",
    "Jansen",
    "Keller",
    "Laurent",
    "Moreau",
    "Núñez",
    "Østergård",
];

pub(crate) const TITLES: [&str; 8] = [
    "General Counsel",
    "Paralegal",
    "Managing Partner",
    "Litigation Support Manager",
    "Chief Operating Officer",
    "Head of Procurement",
    "Records Manager",
    "Associate",
];

/// City, state, postal code.
pub(crate) const CITIES: [(&str, &str, &str); 8] = [
    ("New York", "NY", "10016"),
    ("Boston", "MA", "02110"),
    ("Newark", "NJ", "07102"),
    ("Chicago", "IL", "60606"),
    ("Denver", "CO", "80202"),
    ("Hartford", "CT", "06103"),
    ("Austin", "TX", "78701"),
    ("Seattle", "WA", "98101"),
];

pub(crate) const SOURCES: [&str; 7] =
    ["Webinar", "Referral", "Trade Show", "Web form", "Cold call", "Partner", ""];

const SENTENCES: [&str; 10] = [
    "Asked for the security questionnaire.",
    "Wants a quote for two more seats – by Friday.",
    "Prefers calls in the morning.",
    "Their IT department has to agree first.",
    "The “second request” is due at the end of the month.",
    "Sent the comparison with their current provider…",
    "Budget is approved; legal is reading the contract.",
    "Not the decision maker, but knows everybody.",
    "Moved to the new office; the old number is dead.",
    "Will call back after the hearing.",
];

/// A sentence.
pub(crate) fn sentence(rng: &mut fastrand::Rng) -> &'static str {
    pick(rng, &SENTENCES)
}

/// A sentence, or nothing at all, which is as likely as `blanks` to one.
pub(crate) fn remark(rng: &mut fastrand::Rng, blanks: u8) -> &'static str {
    if rng.u8(..=blanks) == 0 { sentence(rng) } else { "" }
}

/// Yes, in one of the five spellings that the export mixes.
pub(crate) fn yes(rng: &mut fastrand::Rng) -> &'static str {
    pick(rng, &["Yes", "TRUE", "1", "Y", "on"])
}

/// No, in one of the five spellings that the export mixes.
pub(crate) fn no(rng: &mut fastrand::Rng) -> &'static str {
    pick(rng, &["No", "FALSE", "0", "N", "off"])
}

/// Letters of a name that an address can have.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase()
}

/// A telephone number in one of the ways people write it.
pub(crate) fn phone(rng: &mut fastrand::Rng) -> String {
    let (area, line) = (pick(rng, &["212", "617", "303", "206"]), rng.u32(100..200));
    match rng.u8(..4) {
        0 => format!("{area}-555-{line:04}"),
        1 => format!("({area}) 555-{line:04}"),
        2 => format!("+1 {area} 555 {line:04}"),
        _ => format!("{area}.555.{line:04}"),
    }
}

/// A street.
pub(crate) fn street(rng: &mut fastrand::Rng) -> String {
    let street = pick(rng, &["Main St", "Broadway", "State St", "Church Street", "Elm Ave"]);
    format!("{} {street}", rng.u32(1..990))
}

/// The id of the user who owns a row: mostly three, seldom one who has left.
pub(crate) fn owner(rng: &mut fastrand::Rng) -> &'static str {
    pick(rng, &["7", "8", "9", "7", "8", "9", "7", "8", "9", "15", "10", "11"])
}

/// When something in the last two years happened.
pub(crate) fn recently(rng: &mut fastrand::Rng, plan: Plan) -> jiff::civil::DateTime {
    calendar::before(rng, plan.now, 730)
}

/// Some of a list, joined by `;`.
pub(crate) fn some(rng: &mut fastrand::Rng, from: &[&str]) -> String {
    let most = rng.usize(..3);
    let mut chosen: Vec<&str> = Vec::new();
    for _ in 0..most {
        let one = pick(rng, from);
        if !chosen.contains(&one) {
            chosen.push(one);
        }
    }
    chosen.join(";")
}
