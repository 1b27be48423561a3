//! `phone`: E.164 when that is certain, else as it stands.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, enums::Region};
use serde_json::Value;

use super::cell;
use super::remark::Reading;
use super::text;

/// Words that belong to a number and say nothing of their own.
const WORDS: [&str; 6] = ["ext", "extension", "extn", "tel", "x", "phone"];

/// Reads a phone number; an extension is kept behind `x`.
///
/// A number without a country is read in each of the regions: that of the source, and that of the
/// record's own address. It is certain only when there is one reading.
pub(super) fn read(value: &Value, regions: &[Region]) -> Reading {
    let shown = cell::text(value);
    // Excel keeps a number as text behind a `'`.
    let text = shown.strip_prefix('\'').unwrap_or(&shown);
    if text::went_through_a_spreadsheet(text) {
        let detail = "a spreadsheet rounded this number, its digits are lost; left out";
        return Reading::bad("excel_damage", detail);
    }
    if !text.chars().any(char::is_numeric) {
        return Reading::bad("bad_phone", "has no digits; left out");
    }
    let raw = |why: &str| {
        let value = Value::String(text.to_owned());
        Reading::noted(value, "bad_phone", format!("{why}; kept as it is"))
    };
    if has_words(text) {
        return raw("holds letters beside the number");
    }
    let mut readings: Vec<String> = Vec::new();
    for reading in regions.iter().filter_map(|region| international(text, Some(*region))) {
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    if regions.is_empty() {
        readings.extend(international(text, None));
    }
    match (readings.pop(), readings.is_empty()) {
        (Some(number), true) => Reading::Fine(Value::String(number)),
        (Some(_), false) => raw("may be a number of the source's country or of the address's"),
        (None, _) => raw("is no valid number"),
    }
}

/// The number in E.164, with its extension, if it is a valid one of the region.
fn international(text: &str, region: Option<Region>) -> Option<String> {
    let number = PHONE_NUMBER_UTIL.parse(text, region).ok().filter(PhoneNumber::is_valid)?;
    let mut made = number.format_as(PhoneNumberFormat::E164).into_owned();
    if let Some(extension) = number.extension.as_deref().filter(|extension| !extension.is_empty()) {
        made.push_str(" x");
        made.push_str(extension);
    }
    Some(made)
}

/// Whether there are letters that would be lost, or taken for digits.
fn has_words(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_alphabetic());
    words.any(|word| !word.is_empty() && !WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check_in(regions: &[Region], input: &str, expected: &str) {
        assert_eq!(read(&json!(input), regions).line(), expected, "{input}");
    }

    fn check(input: &str, expected: &str) {
        check_in(&[Region::US], input, expected);
    }

    #[test]
    fn a_number_of_the_sources_country_becomes_international() {
        check("303-555-1234", "+13035551234");
        check("1 (303) 555-1234", "+13035551234");
        check("+44 20 7946 0018", "+442079460018");
        assert_eq!(read(&json!(3_035_551_234_u64), &[Region::US]).line(), "+13035551234");
    }

    #[test]
    fn the_mark_of_a_text_in_excel_is_no_part_of_a_number() {
        check("'303-555-1234", "+13035551234");
        check("'555-1234", "555-1234 [bad_phone]");
    }

    #[test]
    fn an_extension_is_kept_behind_the_number() {
        for input in [
            "(303) 555-1235 x12",
            "303-555-1235 ext. 12",
            "303.555.1235 Extension 12",
            "3035551235x12",
        ] {
            check(input, "+13035551235 x12");
        }
    }

    #[test]
    fn excels_scientific_notation_in_a_phone_is_flagged_not_guessed() {
        for input in ["3.03555E+9", "2.12556E+11", "2,12556E+11", "2.12556e+11", "2.12556E11"] {
            check(input, "[excel_damage]");
        }
    }

    #[test]
    fn seven_digits_are_kept_as_they_stand_and_said() {
        check("555-1234", "555-1234 [bad_phone]");
    }

    #[test]
    fn letters_in_a_phone_keep_it_as_it_stands() {
        for input in ["1-800-FLOWERS", "303-555-1234 (home)", "call Ann 303-555-1234", "call 12"] {
            check(input, &format!("{input} [bad_phone]"));
        }
        check("ask Jane", "[bad_phone]");
    }

    #[test]
    fn two_numbers_in_a_cell_are_kept_as_they_stand() {
        for input in ["303-555-1234; 303-555-1235", "303-555-1234, 303-555-1235"] {
            check(input, &format!("{input} [bad_phone]"));
        }
    }

    #[test]
    fn a_foreign_number_without_its_country_is_not_guessed() {
        for input in ["020 7946 0018", "44 20 7946 0018", "0049 30 123456", "33 1 42 68 53 00"] {
            check(input, &format!("{input} [bad_phone]"));
        }
    }

    #[test]
    fn the_country_of_the_address_makes_a_foreign_number_certain() {
        check_in(&[Region::US, Region::GB], "020 7946 0018", "+442079460018");
        check_in(&[Region::US, Region::GB], "(212) 555-0147", "+12125550147");
    }

    #[test]
    fn a_number_that_two_countries_have_is_not_guessed() {
        let both = [Region::US, Region::IT];
        check_in(&both, "347 223 4567", "347 223 4567 [bad_phone]");
        check_in(&both, "+39 347 223 4567", "+393472234567");
    }

    #[test]
    fn without_a_country_only_international_numbers_are_certain() {
        check_in(&[], "303-555-1234", "303-555-1234 [bad_phone]");
        check_in(&[], "+1 303 555 1234", "+13035551234");
    }
}
