//! `choice`: a value that the CRM offers, in its own spelling.

use serde_json::Value;

use crate::ground::compared;

use super::cell;
use super::remark::Reading;

/// Reads a value of a pick-list; `None`: any value will do.
pub(super) fn read<O: AsRef<str>>(value: &Value, options: Option<&[O]>) -> Reading {
    let text = cell::text(value);
    let Some(options) = options else {
        return Reading::Fine(Value::String(text.into_owned()));
    };
    let wanted = compared(&text);
    let mut offered = options.iter().map(AsRef::as_ref);
    match offered.find(|option| compared(option) == wanted) {
        Some(option) => Reading::Fine(Value::String(option.to_owned())),
        None => {
            Reading::bad("unmapped_value", "is not among the values that the CRM offers; left out")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: &str, expected: &str) {
        let options = ["Real Estate", "Legal"];
        assert_eq!(read(&json!(input), Some(&options)).line(), expected, "{input}");
    }

    #[test]
    fn a_value_gets_the_spelling_that_the_crm_offers() {
        check(" real  estate ", "Real Estate");
        check("LEGAL", "Legal");
    }

    #[test]
    fn a_value_that_the_crm_does_not_offer_is_flagged_and_left_out() {
        check("Realtor", "[unmapped_value]");
    }

    #[test]
    fn an_open_list_takes_any_value() {
        assert_eq!(read::<&str>(&json!("Realtor"), None).line(), "Realtor");
    }
}
