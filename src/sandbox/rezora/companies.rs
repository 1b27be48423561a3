//! Companies: a brokerage, its offices, and the trades around them, with the knots real data has.

use serde_json::Value;

use super::table::{Row, blank, fill};
use super::throws::{before, phone};
use super::world::{COMPANIES, Plan};
use crate::sandbox::dice::{dice, pick};

const CITIES: [(&str, &str); 6] = [
    ("Boulder", "80301"),
    ("Denver", "80202"),
    ("Golden", "80401"),
    ("Longmont", "80501"),
    ("Fort Collins", "80521"),
    ("Aurora", "80012"),
];
const SPELLINGS: [&str; 12] = [
    "Real Estate Brokerage",
    "Realtor",
    "Mortgage",
    "Title",
    "real estate brokerage ",
    "Real-Estate",
    "RE",
    "MORTGAGE",
    "Realtors",
    "Insurance",
    "Home Staging",
    "",
];
const NAMED: [&str; 5] = [
    "Shady Acres Realty",
    "First Summit Mortgage",
    "Clearline Title",
    "Twin Peaks Lending",
    "Acme Consulting",
];

/// The id of a company, counted from 1.
pub(crate) fn id(at: u64) -> String {
    (80 + at).to_string()
}

/// The name of a company.
pub(crate) fn name(at: u64) -> String {
    let (city, _) = CITIES[usize::try_from(at % 6).unwrap_or_default()];
    match at {
        1 => NAMED[0].to_owned(),
        2 => format!("{} - Boulder", NAMED[0]),
        3..=10 => format!("{} - {city} {at}", NAMED[0]),
        11..=14 => NAMED[usize::try_from(at - 10).unwrap_or_default()].to_owned(),
        24 => String::new(),
        _ => {
            let word = ["Ridge", "Meadow", "Canyon", "Harbor", "Summit", "Prairie", "Aspen"];
            let trade = ["Lending", "Title Co", "Home Inspection", "Staging", "Interiors"];
            let at = usize::try_from(at).unwrap_or_default();
            format!("{} {} {at}", word[at % 7], trade[at % 5])
        }
    }
}

/// The domain of a company.
pub(crate) fn domain(at: u64) -> String {
    if at <= 10 { "shadyacres.example".to_owned() } else { format!("company{at}.example") }
}

/// All companies; the last row repeats an id with another content.
pub(crate) fn all(plan: Plan) -> Vec<Row> {
    let mut rows: Vec<Row> = (1..=COMPANIES * plan.scale).map(|at| one(plan, at)).collect();
    if let Some(mut again) = rows.get(29).cloned() {
        fill(&mut again, [("phone", "303-555-0000".into()), ("city", "Elsewhere".into())]);
        rows.push(again);
    }
    rows
}

fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "companies", at);
    let mut row = blank("companies");
    let (city, zip) = CITIES[rng.usize(..6)];
    let kind = match at {
        1 => "brokerage",
        2..=10 => "office",
        _ => pick(&mut rng, &["vendor", "lender", "title", "vendor"]),
    };
    let website = match rng.u8(..3) {
        0 => format!("www.{}", domain(at)),
        1 => format!("http://{}/", domain(at)),
        _ => String::new(),
    };
    fill(
        &mut row,
        [
            ("id", id(at).into()),
            ("name", name(at).into()),
            ("type", kind.into()),
            ("parent_id", parent(at).into()),
            ("website", website.into()),
            ("domain", domain(at).into()),
            ("industry", pick(&mut rng, &SPELLINGS).into()),
            ("phone", company_phone(&mut rng, at).into()),
            ("street", format!("{} Church Street", rng.u32(1..999)).into()),
            ("street2", pick(&mut rng, &["", "", "Suite 12", "-"]).into()),
            ("city", city.into()),
            ("state", "CO".into()),
            ("zip", Value::from(if at.is_multiple_of(17) { "2134" } else { zip })),
            ("created_at", before(&mut rng, plan.now, 3_000).into()),
            ("updated_at", before(&mut rng, plan.now, 300).into()),
        ],
    );
    row
}

/// The parent of a company: itself (20), in a circle (21 and 22), not there (23).
fn parent(at: u64) -> String {
    match at {
        2..=10 => id(1),
        20 => id(20),
        21 => id(22),
        22 => id(21),
        23 => "999999".to_owned(),
        25 => id(11),
        _ => String::new(),
    }
}

fn company_phone(rng: &mut fastrand::Rng, at: u64) -> String {
    match at {
        15 => "3.03555E+9".to_owned(),
        16 => "1-800-FLOWERS".to_owned(),
        17 => "N/A".to_owned(),
        _ => phone(rng),
    }
}
