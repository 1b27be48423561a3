//! The address around a field: its country and its state, as the object's other fields say them.
//!
//! Whether a postal code lost its zero, or a phone number is certain, hangs on them.

use rlibphonenumber::enums::Region;

use crate::spec::{ColumnPath, From, Object, Rule};

use super::cell;
use super::country;
use super::locale::Locale;
use super::path;
use super::remark::Remark;
use super::scene::Scene;

/// The states whose postal codes begin with a zero: a spreadsheet takes it for a number's.
const ZERO_STATES: [&str; 19] = [
    "AE",
    "CONNECTICUT",
    "CT",
    "MA",
    "MAINE",
    "MASSACHUSETTS",
    "ME",
    "NEW HAMPSHIRE",
    "NEW JERSEY",
    "NH",
    "NJ",
    "PR",
    "PUERTO RICO",
    "RHODE ISLAND",
    "RI",
    "VERMONT",
    "VI",
    "VIRGIN ISLANDS",
    "VT",
];

/// Countries other than the United States whose postal codes have five digits, some with a zero
/// in front.
const FIVE_DIGITS: [Region; 7] =
    [Region::DE, Region::ES, Region::FI, Region::FR, Region::IT, Region::MX, Region::EE];

/// Where the country and the state of a field's address are read.
#[derive(Debug, Default)]
pub(super) struct Address {
    country: Option<Seat>,
    state: Option<Seat>,
    /// Whether the field is the postal code itself.
    is_postal_code: bool,
}

/// Columns, the first that says something, or what the spec says itself.
#[derive(Debug)]
enum Seat {
    Columns(Vec<ColumnPath>),
    Said(String),
}

impl Address {
    /// The address of the field at that path: its own, or for a phone the object's first.
    pub(super) fn around(object: &Object, path: &str) -> Self {
        let is_phone = path.split('.').next() == Some("phone");
        let code = path.strip_suffix(".postalCode");
        let home = code.or_else(|| {
            let mut paths = object.fields.iter().map(|field| field.target.path.as_str());
            let country = |path: &&str| path.starts_with("address") && path.ends_with(".country");
            paths.find(country).and_then(|path| path.strip_suffix(".country")).filter(|_| is_phone)
        });
        let Some(home) = home else { return Self::default() };
        let seat = |name: &str| {
            let mut fields = object.fields.iter();
            let field = fields.find(|field| field.target.path == format!("{home}.{name}"))?;
            Seat::of(&field.rule)
        };
        Self { country: seat("country"), state: seat("state"), is_postal_code: code.is_some() }
    }

    /// The regions in which a number without a country may be meant.
    pub(super) fn regions(&self, locale: &Locale, scene: &Scene<'_>) -> Vec<Region> {
        let mut regions: Vec<_> = locale.region.into_iter().collect();
        regions.extend(self.region(scene).filter(|own| Some(*own) != locale.region));
        regions
    }

    /// What is to be said about a postal code that lost the zero in front; it is kept as it stands.
    pub(super) fn lost_zero(&self, text: &str, scene: &Scene<'_>) -> Option<Remark> {
        if !self.is_postal_code {
            return None;
        }
        let code = text.split('-').next().unwrap_or_default();
        let is_short = (3..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
        if !is_short {
            return None;
        }
        let names_country = self.country.as_ref().is_some_and(|seat| !seat.text(scene).is_empty());
        let region = if names_country { self.region(scene) } else { scene.locale().region };
        let state = self.state.as_ref().map(|seat| seat.text(scene).to_uppercase());
        match (region, state.as_deref()) {
            (Some(Region::US), None | Some("")) => Some(lost()),
            (Some(Region::US), Some(state)) if ZERO_STATES.contains(&state) => Some(lost()),
            (Some(Region::US), Some(_)) => {
                let detail = "has too few digits for a postal code of its country; kept as it is";
                Some(Remark::new("bad_postal_code", detail))
            }
            (Some(region), _) if FIVE_DIGITS.contains(&region) => Some(lost()),
            (Some(_) | None, _) => None,
        }
    }

    fn region(&self, scene: &Scene<'_>) -> Option<Region> {
        let code = country::code(&self.country.as_ref()?.text(scene))?;
        Region::try_from(code).ok()
    }
}

fn lost() -> Remark {
    Remark::new("lost_zero", "seems to have lost the zero in front to a spreadsheet; kept as it is")
}

impl Seat {
    fn of(rule: &Rule) -> Option<Self> {
        match &rule.from {
            From::Columns(paths) => Some(Self::Columns(paths.clone())),
            From::Value(value) => Some(Self::Said(cell::text(value).into_owned())),
            From::Template(_) | From::Each(_) => None,
        }
    }

    fn text(&self, scene: &Scene<'_>) -> String {
        match self {
            Self::Said(text) => text.clone(),
            Self::Columns(paths) => {
                let values = paths.iter().map(|column| path::value(column, scene));
                let texts = values.map(|value| cell::text(&value).into_owned());
                texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::{Kind, ObjectKind};
    use crate::transform::Mapping;
    use crate::transform::fixture::{self, Town};
    use serde_json::{Value, json};

    /// What becomes of the field of a contact with its address.
    fn check(path: &str, row: &Value, expected: &str) {
        let field = |path: &str, kind: Kind, column: &str| {
            fixture::field(path, kind, fixture::from("contacts", &[column]))
        };
        let fields = vec![
            field("phone.work", Kind::Phone, "phone"),
            field("address.work.postalCode", Kind::Text, "zip"),
            field("address.work.state", Kind::Text, "state"),
            field("address.work.country", Kind::Country, "country"),
        ];
        let people = fixture::object("people", "contacts", ObjectKind::Person, fields);
        let mapping = Mapping::compile(fixture::pipeline(vec![people], Vec::new())).unwrap();
        let verdict = mapping.map(0, &[fixture::row(row)], &Town::default().world());
        assert_eq!(fixture::line(&verdict, path), expected, "{row}");
    }

    fn check_code(zip: &str, state: &str, country: &str, expected: &str) {
        let row = json!({"id": "1", "zip": zip, "state": state, "country": country});
        check("address.work.postalCode", &row, expected);
    }

    #[test]
    fn a_postal_code_that_lost_its_zero_is_flagged_and_never_repaired() {
        check_code("2134", "MA", "", "2134 [lost_zero]");
        check_code("7030", "New Jersey", "USA", "7030 [lost_zero]");
        check_code("2134-1203", "ma", "US", "2134-1203 [lost_zero]");
        check_code("2134", "", "", "2134 [lost_zero]");
        check_code("901", "PR", "US", "901 [lost_zero]");
        check_code("1067", "", "Germany", "1067 [lost_zero]");
    }

    #[test]
    fn a_postal_code_that_is_right_is_not_doubted() {
        check_code("02134", "MA", "", "02134");
        check_code("80301", "CO", "", "80301");
        check_code("2134", "NSW", "Australia", "2134");
        check_code("1010", "", "AT", "1010");
        check_code("SW1A 1AA", "", "UK", "SW1A 1AA");
    }

    #[test]
    fn a_code_too_short_for_its_state_is_said() {
        check_code("8030", "CO", "", "8030 [bad_postal_code]");
    }

    #[test]
    fn a_phone_is_read_in_the_country_of_the_address() {
        let row =
            |phone: &str, country: &str| json!({"id": "1", "phone": phone, "country": country});
        check("phone.work", &row("020 7946 0018", "UK"), r#"["+442079460018"]"#);
        check("phone.work", &row("020 7946 0018", ""), r#"["020 7946 0018"] [bad_phone]"#);
        check("phone.work", &row("347 223 4567", "Italy"), r#"["347 223 4567"] [bad_phone]"#);
    }
}
