//! `money`: an amount in one of two notations, with its currency.

use iso_currency::Currency;
use serde_json::{Value, json};

use super::cell;
use super::number;
use super::remark::Reading;

/// Signs and the codes that they may stand for, the usual one first; longer signs before shorter.
const SIGNS: [(&str, &[&str]); 9] = [
    ("US$", &["USD"]),
    ("CA$", &["CAD"]),
    ("C$", &["CAD"]),
    ("A$", &["AUD"]),
    ("$", &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD"]),
    ("€", &["EUR"]),
    ("£", &["GBP"]),
    ("¥", &["JPY", "CNY"]),
    ("₹", &["INR"]),
];

/// Reads an amount. The currency is that of the column, else the sign in the text, else the source's.
pub(super) fn read(value: &Value, column: Option<&str>, source: Option<&str>) -> Reading {
    let text = cell::text(value);
    let (amount, sign) = split_sign(&text);
    if value.is_string() && number::is_ambiguous(&amount) {
        let detail = "may be thousands or a fraction; left out";
        return Reading::bad("ambiguous_number", detail);
    }
    let Some(figure) = number::figure(&amount) else {
        return Reading::bad("bad_number", "is not a single amount; left out");
    };
    let named = column.map(|column| (column, codes(column.trim())));
    if let Some((column, None)) = named {
        let detail = format!("its currency `{column}` is no code of ISO 4217; left out");
        return Reading::bad("unknown_currency", detail);
    }
    let named = named.and_then(|(_, codes)| codes);
    let Some(currency) = choose(named.as_deref(), sign.as_deref(), source) else {
        return Reading::bad("no_currency", "the currency is not known; left out");
    };
    let made = json!({ "currency": currency, "amount": figure.to_string() });
    match sign {
        Some(sign) if !sign.contains(&currency) => {
            let said = &sign[0];
            let detail =
                format!("the text says {said}, its column {currency}; written as {currency}");
            Reading::noted(made, "currency_conflict", detail)
        }
        Some(_) | None => Reading::Fine(made),
    }
}

/// The currency: where the column or the sign leaves a choice, the other one or the source decides.
fn choose(
    column: Option<&[String]>,
    sign: Option<&[String]>,
    source: Option<&str>,
) -> Option<String> {
    let source = source.map(|source| source.trim().to_uppercase());
    let Some(codes) = column.or(sign) else { return source };
    let only = sign.filter(|sign| sign.len() == 1).and_then(|sign| sign.first());
    let deciding = only.into_iter().chain(&source).find(|code| codes.contains(code));
    deciding.or(codes.first()).cloned()
}

/// The codes that a word for a currency may stand for: a code of ISO 4217, or a sign.
fn codes(word: &str) -> Option<Vec<String>> {
    let upper = word.to_uppercase();
    let known = Currency::from_code(&upper).filter(|currency| !currency.is_special());
    if known.is_some() {
        return Some(vec![upper]);
    }
    let (_, codes) = SIGNS.into_iter().find(|(sign, _)| *sign == upper)?;
    Some(codes.iter().map(ToString::to_string).collect())
}

/// The amount without its sign or code, and the currencies that they may stand for.
fn split_sign(text: &str) -> (String, Option<Vec<String>>) {
    for (sign, _) in SIGNS {
        if text.contains(sign) {
            return (text.replacen(sign, "", 1), codes(sign));
        }
    }
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let stands_apart = text.starts_with(&letters) || text.ends_with(&letters);
    match codes(&letters).filter(|_| letters.len() == 3 && stands_apart) {
        Some(codes) => (text.replacen(&letters, "", 1), Some(codes)),
        None => (text.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, column: Option<&str>, source: Option<&str>, expected: &str) {
        assert_eq!(read(&json!(input), column, source).line(), expected, "{input}");
    }

    fn made(currency: &str, amount: &str) -> String {
        json!({ "currency": currency, "amount": amount }).to_string()
    }

    #[test]
    fn both_notations_give_the_same_amount() {
        check("$12,500.00", None, None, &made("USD", "12500.00"));
        check("12.500,00 €", None, Some("USD"), &made("EUR", "12500.00"));
        check("1\u{a0}234,50 €", None, Some("USD"), &made("EUR", "1234.50"));
        check("12500", Some("eur "), Some("USD"), &made("EUR", "12500"));
        check("CHF 1'200.50", None, None, &made("CHF", "1200.50"));
    }

    #[test]
    fn brackets_and_a_minus_are_negative() {
        for input in ["(300)", "($300)", "-$300", "$-300", "- 300"] {
            check(input, None, Some("USD"), &made("USD", "-300"));
        }
    }

    #[test]
    fn an_abbreviated_amount_is_flagged_not_reckoned() {
        for input in ["1.5M", "$1.5M", "12k", "1.5 Mio", "1.5 Mio €", "2.1E+07"] {
            check(input, None, Some("USD"), "[bad_number]");
        }
        check("$10-20", None, Some("USD"), "[bad_number]");
        check("60%", None, Some("USD"), "[bad_number]");
    }

    #[test]
    fn an_amount_that_the_two_notations_read_differently_is_flagged() {
        check("12.500 €", None, None, "[ambiguous_number]");
        check("12.500", None, Some("USD"), "[ambiguous_number]");
        check("12,500", None, Some("USD"), &made("USD", "12500"));
        check("12.50", None, Some("USD"), &made("USD", "12.50"));
        check("0.125", None, Some("USD"), &made("USD", "0.125"));
        assert_eq!(read(&json!(12.125), None, Some("USD")).line(), made("USD", "12.125"));
    }

    #[test]
    fn an_amount_without_any_currency_is_flagged_not_guessed() {
        check("12500", None, None, "[no_currency]");
        check("a lot", None, Some("USD"), "[bad_number]");
    }

    #[test]
    fn a_currency_that_does_not_exist_is_flagged() {
        check("12500", Some("US Dollars"), Some("USD"), "[unknown_currency]");
        check("12500", Some("XTS"), Some("USD"), "[unknown_currency]");
        check("12500 XYZ", None, Some("USD"), "[bad_number]");
    }

    #[test]
    fn a_dollar_is_the_one_of_the_column_or_the_source() {
        check("$5", None, Some("CAD"), &made("CAD", "5"));
        check("$5", Some("AUD"), Some("USD"), &made("AUD", "5"));
        check("$5", Some("$"), Some("CAD"), &made("CAD", "5"));
        check("US$ 5", Some("$"), Some("CAD"), &made("USD", "5"));
        check("$5", None, Some("EUR"), &made("USD", "5"));
    }

    #[test]
    fn a_sign_that_contradicts_the_column_is_said() {
        check("5 €", Some("USD"), None, &format!("{} [currency_conflict]", made("USD", "5")));
        check("$5", Some("EUR"), None, &format!("{} [currency_conflict]", made("EUR", "5")));
    }
}
