//! `match` and `dedupe`: normal forms in which values of both sides are compared.

use serde_json::Value;

use crate::ground::{Fields, Made, compared};
use crate::spec::Kind;

use super::cell;
use super::domain;
use super::email;
use super::url;
use super::verdict::DedupeKey;

/// What stands between the parts of a key over several fields.
const SEPARATOR: &str = "\u{1f}";

/// The normal form of a value of that type, the same for our values and those of the CRM.
pub fn normal_match(kind: &Kind, value: &str) -> String {
    if *kind == Kind::Phone {
        let digits = value.split(['x', 'X']).next().unwrap_or("");
        return digits.chars().filter(|letter| letter.is_numeric() || *letter == '+').collect();
    }
    if *kind == Kind::Url {
        let host = url::host(value).unwrap_or_default();
        let path = value.split("://").last().and_then(|rest| rest.split_once('/'));
        let path = path.map_or("", |(_, path)| path.trim_end_matches('/'));
        let host = host.trim_start_matches("www.");
        return if path.is_empty() { host.to_owned() } else { format!("{host}/{path}") };
    }
    compared(if *kind == Kind::Email { value.trim_end_matches('.') } else { value })
}

/// Every key under which a record may be known: one per combination of the fields' values, none
/// when a field is empty.
pub(super) fn keys(parts: &[Vec<String>]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for (position, values) in parts.iter().enumerate() {
        keys = if position == 0 {
            values.clone()
        } else {
            let with = |key: &String| {
                let key = key.clone();
                values.iter().map(move |value| format!("{key}{SEPARATOR}{value}"))
            };
            keys.iter().flat_map(with).collect()
        };
    }
    keys
}

/// The normal forms under which a field makes its record known.
///
/// A mailbox that several people read makes nobody known: there may be another of them already.
pub(super) fn part(kind: &Kind, made: Option<&Made>) -> Vec<String> {
    let mut texts = texts(made);
    texts.retain(|text| *kind != Kind::Email || !email::is_shared(text));
    let normal = texts.iter().map(|text| normal_match(kind, text));
    normal.filter(|text| !text.is_empty()).collect()
}

/// The texts of a field's values.
pub(super) fn texts(made: Option<&Made>) -> Vec<String> {
    match made {
        Some(Made::Plain(Value::Array(items))) => {
            items.iter().map(|item| cell::text(item).into_owned()).collect()
        }
        Some(Made::Plain(value)) => vec![cell::text(value).into_owned()],
        Some(Made::Links(keys)) => keys.iter().map(ToString::to_string).collect(),
        Some(Made::User(user)) => vec![user.id.to_string()],
        None => Vec::new(),
    }
}

/// The key of a row over the values that make rows one, in order; none when a part is empty or
/// a mailbox is shared.
pub(super) fn dedupe(parts: &[(Kind, Option<Made>)]) -> Option<DedupeKey> {
    let mut normal = Vec::new();
    for (kind, made) in parts {
        let value = texts(made.as_ref()).into_iter().next()?;
        if *kind == Kind::Email && email::is_shared(&value) {
            return None;
        }
        normal.push(Some(normal_match(kind, &value)).filter(|value| !value.is_empty())?);
    }
    let first = normal.first()?.as_str().into();
    Some(DedupeKey { whole: normal.join(SEPARATOR).into(), first })
}

/// What others may look a record up by: the fields, `domain` from its web addresses.
pub(super) fn search_keys(searched: &[String], fields: &Fields) -> Vec<(Box<str>, String)> {
    let mut keys = Vec::new();
    for field in searched {
        if field == "domain" {
            let addresses =
                fields.0.iter().filter(|(path, _)| path.split('.').next() == Some("url"));
            let domains = addresses
                .flat_map(|(_, made)| texts(Some(made)))
                .filter_map(|address| domain::registrable(&address))
                .filter(|domain| !domain::is_free_mail(domain));
            keys.extend(domains.map(|domain| ("domain".into(), domain)));
        } else {
            let values = texts(fields.get(field));
            keys.extend(values.iter().map(|value| (field.as_str().into(), compared(value))));
        }
    }
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: &Kind, ours: &str, theirs: &str) {
        assert_eq!(normal_match(kind, ours), normal_match(kind, theirs), "{ours} / {theirs}");
    }

    #[test]
    fn values_of_both_sides_meet_in_one_form() {
        check(&Kind::Email, "Jane@X.example", "jane@x.example.");
        check(&Kind::Text, "Shady  Acres", " shady acres");
        check(&Kind::Phone, "+13035551235 x12", "+1 303-555-1235");
        check(&Kind::Url, "https://www.shady.example/", "shady.example");
    }

    #[test]
    fn a_record_with_two_addresses_is_known_under_both() {
        let parts = [vec!["a@x".to_owned(), "b@x".to_owned()], vec!["jane".to_owned()]];
        assert_eq!(keys(&parts), ["a@x\u{1f}jane", "b@x\u{1f}jane"]);
        assert!(keys(&[vec!["a@x".to_owned()], vec![]]).is_empty());
    }

    #[test]
    fn a_shared_mailbox_makes_nobody_the_same_person() {
        let plain = |text: &str| Some(Made::Plain(json!(text)));
        let own = [(Kind::Email, plain("Jane@x.example")), (Kind::Text, plain("Jane  Smith"))];
        let key = dedupe(&own).unwrap();
        assert_eq!(
            (&*key.whole, &*key.first),
            ("jane@x.example\u{1f}jane smith", "jane@x.example")
        );
        assert_eq!(
            dedupe(&[(Kind::Email, plain("info@x.example")), (Kind::Text, plain("J"))]),
            None
        );
        assert_eq!(dedupe(&[(Kind::Email, plain("jane@x.example")), (Kind::Text, None)]), None);
    }

    #[test]
    fn the_same_address_of_another_person_is_not_the_same_person() {
        let plain = |text: &str| Some(Made::Plain(json!(text)));
        let key = |name: &str| {
            dedupe(&[(Kind::Email, plain("smith@x.example")), (Kind::Text, plain(name))]).unwrap()
        };
        assert_ne!(key("Jane Smith").whole, key("Tom Smith").whole);
        assert_eq!(key("Jane Smith").first, key("Tom Smith").first, "worth a flag");
        assert_eq!(key("Jane Smith"), key("JANE  smith "));
    }

    #[test]
    fn a_shared_mailbox_finds_nobody_in_the_crm() {
        let made = Made::Plain(json!(["Info@x.example", "Jane@X.example."]));
        assert_eq!(part(&Kind::Email, Some(&made)), ["jane@x.example"]);
        let shared = Made::Plain(json!(["info@x.example"]));
        assert!(part(&Kind::Email, Some(&shared)).is_empty());
        assert!(part(&Kind::Email, None).is_empty());
    }

    #[test]
    fn a_company_is_looked_up_by_name_and_domain() {
        let mut fields = Fields::default();
        fields.set("name", Made::Plain(json!("Shady  Acres")));
        fields.set("url", Made::Plain(json!(["www.shady.example"])));
        let keys = search_keys(&["domain".to_owned(), "name".to_owned()], &fields);
        let expected = [("domain", "shady.example"), ("name", "shady acres")];
        assert_eq!(keys, expected.map(|(field, value)| (field.into(), value.to_owned())));
    }
}
