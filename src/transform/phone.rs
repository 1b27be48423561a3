//! `phone`: E.164 when that is certain, else as it stands.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, enums::Region};
use serde_json::Value;

use super::cell;
use super::remark::Reading;

/// Reads a phone number against the source's country; an extension is kept behind `x`.
pub(super) fn read(value: &Value, region: Option<Region>) -> Reading {
    let text = cell::text(value);
    if went_through_a_spreadsheet(&text) {
        let detail = "a spreadsheet rounded this number, its digits are lost; left out";
        return Reading::bad("excel_damage", detail);
    }
    if !text.chars().any(char::is_numeric) {
        return Reading::bad("bad_phone", "has no digits; left out");
    }
    let raw = || Value::String(text.clone().into_owned());
    let Ok(number) = PHONE_NUMBER_UTIL.parse(&*text, region) else {
        return Reading::noted(
            raw(),
            "bad_phone",
            "is not a phone number that can be dialled; kept as it is",
        );
    };
    if !number.is_valid() {
        return Reading::noted(
            raw(),
            "bad_phone",
            "is no valid number of its country; kept as it is",
        );
    }
    let mut made = number.format_as(PhoneNumberFormat::E164).into_owned();
    if let Some(extension) = number.extension.as_deref().filter(|extension| !extension.is_empty()) {
        made.push_str(" x");
        made.push_str(extension);
    }
    Reading::Fine(Value::String(made))
}

/// `3.03555E+9` and its like.
fn went_through_a_spreadsheet(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let Some((mantissa, exponent)) = upper.split_once("E+") else { return false };
    let figure =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    !mantissa.is_empty() && figure(mantissa) && !exponent.is_empty() && figure(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &str, expected: &str) {
        assert_eq!(read(&json!(input), Some(Region::US)).line(), expected, "{input}");
    }

    #[test]
    fn a_number_of_the_sources_country_becomes_international() {
        check("303-555-1234", "+13035551234");
        check("(303) 555-1235 x12", "+13035551235 x12");
        check("+44 20 7946 0018", "+442079460018");
    }

    #[test]
    fn a_phone_that_went_through_excel_is_flagged_not_guessed() {
        check("3.03555E+9", "[excel_damage]");
        check("2.12556E+11", "[excel_damage]");
    }

    #[test]
    fn an_uncertain_number_is_kept_as_it_stands_and_said() {
        check("555-1234", "555-1234 [bad_phone]");
        check("call 12", "call 12 [bad_phone]");
        check("ask Jane", "[bad_phone]");
    }

    #[test]
    fn without_a_country_only_international_numbers_are_certain() {
        assert_eq!(read(&json!("303-555-1234"), None).line(), "303-555-1234 [bad_phone]");
        assert_eq!(read(&json!("+1 303 555 1234"), None).line(), "+13035551234");
    }
}
