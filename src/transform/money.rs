//! `money`: an amount in one of two notations, with its currency.

use serde_json::{Value, json};

use super::cell;
use super::number;
use super::remark::Reading;

/// Reads an amount. The currency is that of the column, else the sign in the text, else the source's.
pub(super) fn read(value: &Value, column: Option<&str>, source: Option<&str>) -> Reading {
    let text = cell::text(value);
    let (amount, sign) = split_sign(&text);
    let Some(figure) = number::figure(&amount) else {
        return Reading::bad("bad_number", "is not a single amount; left out");
    };
    let Some(currency) = column.or(sign.as_deref()).or(source) else {
        return Reading::bad("no_currency", "the currency is not known; left out");
    };
    let currency = currency.trim().to_uppercase();
    let made = json!({ "currency": currency, "amount": figure.to_string() });
    match sign {
        Some(sign) if sign != currency && !(sign == "USD" && text.contains('$')) => {
            let detail =
                format!("the text says {sign}, its column {currency}; written as {currency}");
            Reading::noted(made, "currency_conflict", detail)
        }
        Some(_) | None => Reading::Fine(made),
    }
}

/// The amount without its sign or code, and the currency that they mean.
fn split_sign(text: &str) -> (String, Option<String>) {
    const SIGNS: [(&str, &str); 8] = [
        ("US$", "USD"),
        ("C$", "CAD"),
        ("A$", "AUD"),
        ("$", "USD"),
        ("€", "EUR"),
        ("£", "GBP"),
        ("¥", "JPY"),
        ("₹", "INR"),
    ];
    for (sign, code) in SIGNS {
        if text.contains(sign) {
            return (text.replacen(sign, "", 1), Some(code.to_owned()));
        }
    }
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    if letters.len() == 3 && (text.starts_with(&letters) || text.ends_with(&letters)) {
        return (text.replacen(&letters, "", 1), Some(letters.to_uppercase()));
    }
    (text.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, column: Option<&str>, source: Option<&str>, expected: &str) {
        assert_eq!(read(&json!(input), column, source).line(), expected, "{input}");
    }

    #[test]
    fn both_notations_give_the_same_amount() {
        check("$12,500.00", None, None, r#"{"currency":"USD","amount":"12500.00"}"#);
        check("12.500,00 €", None, Some("USD"), r#"{"currency":"EUR","amount":"12500.00"}"#);
        check("12500", Some("eur"), Some("USD"), r#"{"currency":"EUR","amount":"12500"}"#);
        check("CHF 1'200.50", None, None, r#"{"currency":"CHF","amount":"1200.50"}"#);
        check("(300)", None, Some("USD"), r#"{"currency":"USD","amount":"-300"}"#);
    }

    #[test]
    fn an_amount_without_any_currency_is_flagged_not_guessed() {
        check("12500", None, None, "[no_currency]");
        check("a lot", None, Some("USD"), "[bad_number]");
    }

    #[test]
    fn a_sign_that_contradicts_the_column_is_said() {
        let made = r#"{"currency":"USD","amount":"5"} [currency_conflict]"#;
        check("5 €", Some("USD"), None, made);
    }
}
