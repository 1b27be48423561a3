//! How a source writes times, numbers and phones; compiled once from the spec.

use jiff::tz::TimeZone;
use rlibphonenumber::enums::Region;

use crate::spec::Source;

use super::error::TransformError;

/// The habits of one source.
#[derive(Debug)]
pub(super) struct Locale {
    /// The zone of times that carry none.
    pub(super) zone: TimeZone,
    /// Formats of dates and times, in order, besides the international ones.
    pub(super) formats: Vec<String>,
    /// The country of phone numbers without one.
    pub(super) region: Option<Region>,
    /// The currency of amounts without one.
    pub(super) currency: Option<String>,
}

impl Locale {
    pub(super) fn compile(source: &Source) -> Result<Self, TransformError> {
        let zone = TimeZone::get(&source.timezone).map_err(|cause| TransformError::Zone {
            name: source.name.clone(),
            zone: source.timezone.clone(),
            source: cause,
        })?;
        let region = source.country.as_deref().and_then(|code| Region::try_from(code).ok());
        Ok(Self { zone, formats: source.dates.clone(), region, currency: source.currency.clone() })
    }
}

#[cfg(test)]
impl Locale {
    /// A locale for tests.
    pub(super) fn of(zone: &str, formats: &[&str]) -> Self {
        Self {
            zone: TimeZone::get(zone).unwrap(),
            formats: formats.iter().map(ToString::to_string).collect(),
            region: Some(Region::US),
            currency: None,
        }
    }
}
