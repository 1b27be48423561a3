//! `email`: addresses, also two in a cell.

use std::str::FromStr;

use email_address::EmailAddress;
use serde_json::Value;

use super::remark::Reading;

/// Mailboxes that several people read: rows that share one are not the same person.
const SHARED: [&str; 16] = [
    "admin",
    "billing",
    "contact",
    "enquiries",
    "hello",
    "help",
    "hr",
    "info",
    "mail",
    "marketing",
    "no-reply",
    "noreply",
    "office",
    "sales",
    "support",
    "team",
];

/// The addresses of a cell, split where no address can go on.
pub(super) fn split(text: &str) -> Vec<&str> {
    let parts =
        text.split(|letter: char| matches!(letter, ';' | ',' | '/') || letter.is_whitespace());
    let addresses: Vec<_> = parts.filter(|part| part.contains('@')).collect();
    // A cell without any address stays whole, so that the flag shows all of it.
    if addresses.is_empty() { vec![text.trim()] } else { addresses }
}

/// Whether a cell holds words beside its addresses, such as a name.
pub(super) fn has_words(text: &str) -> bool {
    let mut parts =
        text.split(|letter: char| !letter.is_alphanumeric() && !"@._+-'".contains(letter));
    text.contains('@')
        && parts.any(|part| !part.contains('@') && part.contains(char::is_alphanumeric))
}

/// Reads one address; its letters stay as they are, a trailing dot goes.
pub(super) fn read(text: &str) -> Reading {
    let bare = text.trim_matches(|letter| matches!(letter, '<' | '>' | '"' | '\'')).trim();
    let address = bare.trim_end_matches('.');
    let host_is_whole = address.rsplit_once('@').is_some_and(|(_, host)| host.contains('.'));
    if !host_is_whole || EmailAddress::from_str(address).is_err() {
        return Reading::bad("bad_email", "is not an e-mail address; left out");
    }
    let value = Value::String(address.to_owned());
    if address == text.trim() {
        return Reading::Fine(value);
    }
    Reading::noted(value, "email_trimmed", "signs around the address were left out")
}

/// Whether several people read that mailbox.
pub(super) fn is_shared(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or("").to_lowercase();
    SHARED.binary_search(&&*local).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        let lines: Vec<_> = split(input).into_iter().map(|part| read(part).line()).collect();
        assert_eq!(lines.join(" | "), expected, "{input}");
    }

    #[test]
    fn an_address_keeps_its_letters_as_given() {
        check("Jane.Smith@Company.example", "Jane.Smith@Company.example");
    }

    #[test]
    fn two_addresses_in_a_cell_are_two() {
        check("jose@x.example; j.oneill@y.example", "jose@x.example | j.oneill@y.example");
        check("a@x.example / b@x.example", "a@x.example | b@x.example");
        check("a@x.example,b@x.example", "a@x.example | b@x.example");
    }

    #[test]
    fn words_beside_an_address_are_noticed() {
        assert!(has_words("Jane <jane@x.example>") && has_words("n/a; a@x.example"));
        assert!(!has_words("a.b+c@x-y.example; d@x.example") && !has_words("n/a"));
    }

    #[test]
    fn a_trailing_dot_goes_and_is_said() {
        check("jane@x.example.", "jane@x.example [email_trimmed]");
    }

    #[test]
    fn what_is_no_address_is_flagged_and_left_out() {
        check("n/a", "[bad_email]");
        check("jane at x.example", "[bad_email]");
        check("jane@localhost", "[bad_email]");
    }

    #[test]
    fn a_mailbox_that_several_people_read_is_known() {
        assert!(SHARED.is_sorted());
        assert!(is_shared("Info@x.example") && !is_shared("jane@x.example"));
    }
}
