//! `${NAME}` and `${NAME:default}`: put into texts after the YAML is read, never read as YAML again.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::desk::Desk;
use super::yaml::{Data, Node, Text};

/// What says where a source or the destination is and who comes there, and not what is written.
const ACCESS: [&str; 6] = ["url", "files", "auth", "accounts", "user", "key"];

/// Puts the variables of a whole tree in; every undefined one is a fault, told by its name only.
pub(super) fn put_in(desk: &Desk<'_>, node: &mut Node) {
    match &mut node.data {
        Data::Text(text) => {
            let spot = &node.spot;
            text.value = resolve(&text.raw, desk.reading.variables, &mut |fault| {
                let (code, message, needle) = fault.say();
                desk.fault_in(code, spot, &needle, message);
            });
        }
        Data::List(items) => items.iter_mut().for_each(|item| put_in(desk, item)),
        Data::Map(entries) => entries.iter_mut().for_each(|entry| put_in(desk, &mut entry.value)),
        Data::Nothing | Data::Bool(_) | Data::Int(_) | Data::Float(_) => {}
    }
}

/// The variables that may decide what is written, each with a hash of what is made of it. Those that
/// say where a source or the CRM is and who comes there are not among them; that of
/// `destination.upload` is, for whether there is such an address decides what becomes of files.
pub(super) fn deciding(tree: &Node) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Data::Map(sections) = &tree.data else { return BTreeMap::new() };
    for section in sections {
        match (section.key.as_str(), &section.value.data) {
            ("destination", _) => beside_access(&section.value, &mut found),
            ("sources", Data::Map(sources)) => {
                for source in sources {
                    beside_access(&source.value, &mut found);
                }
            }
            (_, _) => gather(&section.value, &mut found),
        }
    }
    let hash = |made: blake3::Hasher| made.finalize().to_hex()[..16].to_owned();
    found.into_iter().map(|(name, made)| (name, hash(made))).collect()
}

fn beside_access(node: &Node, found: &mut BTreeMap<String, blake3::Hasher>) {
    let Data::Map(entries) = &node.data else { return };
    for entry in entries.iter().filter(|entry| !ACCESS.contains(&entry.key.as_str())) {
        gather(&entry.value, found);
    }
}

/// Adds each text with a variable to what is made of that one.
fn gather(node: &Node, found: &mut BTreeMap<String, blake3::Hasher>) {
    match &node.data {
        Data::Text(text) => {
            for name in names(&text.raw) {
                let made = found.entry(name).or_default();
                made.update(text.value.as_deref().unwrap_or_default().as_bytes());
                made.update(b"\0");
            }
        }
        Data::List(items) => items.iter().for_each(|item| gather(item, found)),
        Data::Map(entries) => entries.iter().for_each(|entry| gather(&entry.value, found)),
        Data::Nothing | Data::Bool(_) | Data::Int(_) | Data::Float(_) => {}
    }
}

/// The names of the variables in a text.
fn names(raw: &str) -> Vec<String> {
    let names = RefCell::new(Vec::new());
    let note = |name: &str| {
        names.borrow_mut().push(name.to_owned());
        Some(String::new())
    };
    resolve(raw, &note, &mut |_| {});
    names.into_inner()
}

/// Whether a text is one variable and nothing else: the only way to name a secret.
pub(super) fn is_lone_variable(text: &Text) -> bool {
    let inner = text.raw.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|inner| {
        let (name, default) = inner.split_once(':').unwrap_or((inner, ""));
        is_name(name) && (default.is_empty() || default == "sandbox")
    })
}

enum VariableFault<'a> {
    Undefined(&'a str),
    Unreadable(&'a str),
}

impl VariableFault<'_> {
    fn say(&self) -> (&'static str, String, String) {
        match self {
            Self::Undefined(name) => {
                let message = format!("the variable `{name}` is not set");
                ("undefined-variable", message, format!("${{{name}"))
            }
            Self::Unreadable(text) => {
                let message = "a variable is written `${NAME}` or `${NAME:default}`".to_owned();
                ("bad-variable", message, text.chars().take(20).collect())
            }
        }
    }
}

fn resolve<'t>(
    raw: &'t str,
    variables: &dyn Fn(&str) -> Option<String>,
    told: &mut dyn FnMut(&VariableFault<'t>),
) -> Option<String> {
    let mut made = String::with_capacity(raw.len());
    let mut complete = true;
    let mut rest = raw;
    while let Some(start) = rest.find("${") {
        if rest[..start].ends_with('$') {
            made.push_str(&rest[..start]);
            made.push('{');
            rest = &rest[start + 2..];
            continue;
        }
        made.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('}') else {
            told(&VariableFault::Unreadable(&rest[start..]));
            return None;
        };
        let inner = &rest[start + 2..start + end];
        let (name, default) = inner.split_once(':').map_or((inner, None), |(n, d)| (n, Some(d)));
        if is_name(name) {
            // A variable that is set to nothing is what build systems make of one that is not set.
            let value = variables(name).filter(|value| !value.is_empty());
            if let Some(value) = value.or_else(|| default.map(str::to_owned)) {
                made.push_str(&value);
            } else {
                told(&VariableFault::Undefined(name));
                complete = false;
            }
        } else {
            told(&VariableFault::Unreadable(&rest[start..=start + end]));
            complete = false;
        }
        rest = &rest[start + end + 1..];
    }
    made.push_str(rest);
    complete.then_some(made)
}

fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: Option<&str>) {
        let variables = |name: &str| match name {
            "URL" => Some("https://crm.example".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        assert_eq!(resolve(raw, &variables, &mut |_| {}).as_deref(), expected, "{raw}");
    }

    #[test]
    fn every_variable_of_a_text_is_known_by_its_name() {
        assert_eq!(names("${A}/${B:x}$${C}"), ["A", "B"]);
        assert!(names("plain").is_empty());
    }

    #[test]
    fn variables_are_put_in_and_defaults_stand_for_what_is_not_set() {
        check("${URL}/api", Some("https://crm.example/api"));
        check("${MISSING:sandbox}", Some("sandbox"));
        check("${MISSING:https://files.example}/{{ id }}", Some("https://files.example/{{ id }}"));
        check("${EMPTY:x}${URL:y}", Some("xhttps://crm.example"));
        check("$${URL}", Some("${URL}"));
        check("a $ b", Some("a $ b"));
        check("${MISSING}", None);
        check("${1X}", None);
        check("${URL", None);
    }
}
