//! Companies: law firms and their suppliers, some below others.

use super::calendar::made_and_changed;
use super::contacts;
use super::plan::Plan;
use super::row::Row;
use super::words::{CITIES, no, owner, phone, plain, remark, some, street, yes};
use crate::sandbox::dice::{dice, pick};

const HEADS: [&str; 30] = [
    "Northgate",
    "Harbor",
    "Ellis",
    "Whitfield",
    "Calder",
    "Marlow",
    "Stanton",
    "Kestrel",
    "Redwood",
    "Hollis",
    "Brightwater",
    "Lang",
    "Ostler",
    "Penrose",
    "Quill",
    "Rowan",
    "Sable",
    "Tillman",
    "Underhill",
    "Vega",
    "Westbrook",
    "Yarrow",
    "Zeller",
    "Ashdown",
    "Bexley",
    "Corliss",
    "Dunmore",
    "Everly",
    "Farrow",
    "Galt",
];
const TAILS: [&str; 20] = [
    "Law",
    "Litigation",
    "Discovery",
    "Counsel",
    "Partners",
    "Group",
    "Records",
    "Insurance",
    "Analytics",
    "Systems",
    "Consulting",
    "Arbitration",
    "Patents",
    "Compliance",
    "Translations",
    "Staffing",
    "Capital",
    "Software",
    "Chambers",
    "Archive",
];

/// Sixty ways to say what a company does; the first six are those that a mapping knows.
const INDUSTRIES: [&str; 60] = [
    "Legal Services",
    "Law Practice",
    "Law",
    "Tech",
    "Technology",
    "Insurance",
    "legal services",
    "LEGAL SERVICES",
    "Legal",
    "legal",
    "Law Firm",
    "Law firm",
    "Lawfirm",
    "Law Firms",
    "Attorney",
    "Attorneys",
    "Attorneys at Law",
    "Legal Svcs",
    "Legal Svcs.",
    "Legal Service",
    "Lgeal Services",
    "Legal - Litigation",
    "Legal/Litigation",
    "Legal (IP)",
    "Litigation",
    "Litigation Support",
    "eDiscovery",
    "E-Discovery",
    "e-discovery",
    "Information Technology",
    "IT",
    "I.T.",
    "Tech / Software",
    "Software",
    "SaaS",
    "Software & Services",
    "technology ",
    "TECH",
    "Hi-Tech",
    "Insurance Carrier",
    "Insurance Carriers",
    "insurance",
    "Insurnace",
    "Insurance/Reinsurance",
    "Financial Services",
    "Finance",
    "Banking",
    "Banks",
    "Consulting",
    "Mgmt Consulting",
    "Management Consulting",
    "Professional Services",
    "Prof. Services",
    "Government",
    "Gov’t",
    "Public Sector",
    "Education",
    "Higher Ed",
    "Other",
    "Misc.",
];

/// The id of a company, counted from 1.
pub(crate) fn id(at: u64) -> String {
    (1_000 + at).to_string()
}

/// The name of a company; no two are alike.
pub(crate) fn name(at: u64) -> String {
    let head = one_of(&HEADS, at);
    let tail = one_of(&TAILS, at / 30);
    match (at - 1) / 600 {
        0 => format!("{head} {tail}"),
        block => format!("{head} {tail} {}", block + 1),
    }
}

/// The domain of a company.
pub(crate) fn domain(at: u64) -> String {
    format!("{}{at}.example", plain(one_of(&HEADS, at)))
}

fn one_of<'a>(list: &[&'a str], at: u64) -> &'a str {
    let at = usize::try_from(at).unwrap_or_default();
    list.get(at % list.len().max(1)).copied().unwrap_or_default()
}

/// A company.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory companies", at);
    let [made, changed] = made_and_changed(&mut rng, plan.now);
    let industry = if rng.bool() { one_of(&INDUSTRIES, at % 6) } else { one_of(&INDUSTRIES, at) };
    let row = Row::of("companies")
        .with("company_id", id(at))
        .with("company_name", name(at))
        .with("industry", industry)
        .with("owner_id", owner(&mut rng))
        .with("client_tier", pick(&mut rng, &["Tier 1", "Tier 2", "Tier 3", ""]))
        .with("description", remark(&mut rng, 5))
        .with("tags", some(&mut rng, &["Tier 1", "Prospect", "Reference", "At risk"]))
        .with("created_date", made)
        .with("modified_date", changed)
        .with("is_deleted", if at.is_multiple_of(97) { yes(&mut rng) } else { no(&mut rng) });
    let row = relate(&mut rng, row, at);
    let row = reach(&mut rng, row, at);
    measure(&mut rng, row)
}

/// The company above, always an earlier one, and the person to ask for.
fn relate(rng: &mut fastrand::Rng, row: Row, at: u64) -> Row {
    let above = if at > 20 && at.is_multiple_of(9) { id(rng.u64(1..=20)) } else { String::new() };
    // The contact of that number works here: both point to each other.
    let first = contacts::employer(at) == Some(at) && rng.bool();
    row.with("parent_company_id", above)
        .with("primary_contact_id", if first { contacts::id(at) } else { String::new() })
}

fn reach(rng: &mut fastrand::Rng, row: Row, at: u64) -> Row {
    let (city, state, postal_code) = CITIES[rng.usize(..CITIES.len())];
    let website = match rng.u8(..4) {
        0 => format!("www.{}", domain(at)),
        1 => format!("https://{}/", domain(at)),
        2 => format!("http://{}", domain(at)),
        _ => String::new(),
    };
    row.with("website", website)
        .with("phone", if rng.u8(..5) == 0 { String::new() } else { phone(rng) })
        .with("street", street(rng))
        .with("city", city)
        .with("state", state)
        .with("postal_code", postal_code)
        .with("country", pick(rng, &["United States", "USA", "US", "U.S.", ""]))
}

fn measure(rng: &mut fastrand::Rng, row: Row) -> Row {
    let revenue = match rng.u8(..5) {
        0 | 1 => String::new(),
        2 => format!("${},{:03},000.00", rng.u32(1..90), rng.u32(0..1_000)),
        3 => format!("{}00000", rng.u32(5..500)),
        _ => format!("${},{:02}0,000", rng.u32(1..9), rng.u32(10..99)),
    };
    row.with("employees", pick(rng, &["1-10", "11-50", "51-200", "1,200", "35", ""]))
        .with("annual_revenue", revenue)
        .with("currency", pick(rng, &["USD", "USD", "USD", ""]))
}
