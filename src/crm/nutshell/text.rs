//! Texts that carry more than themselves: the original time and author in the first line, values
//! without a field of their own at the end, and the marker in the last line.
//!
//! Notes, activities and tasks have no custom fields, and a note has neither title nor date.

use jiff::Zoned;
use jiff::fmt::strtime;
use serde_json::Value;

use crate::crm::Values;

/// Stands between time and author.
const DOT: &str = " · ";
/// How a line that continues a footer begins.
const CONTINUED: &str = "  ";

/// A text, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Letter {
    /// The original time, as it is shown.
    pub(super) date: Option<String>,
    /// The original author.
    pub(super) author: Option<String>,
    /// The text itself.
    pub(super) body: String,
    /// Name and value of what has no field of its own.
    pub(super) footers: Vec<(String, String)>,
    /// The marker.
    pub(super) marker: Option<String>,
}

/// Whether the path is written as a footer where there are no custom fields.
pub(super) fn is_footer(path: &str) -> bool {
    path.ends_with("__c")
}

/// Any value as people read it.
pub(in crate::crm) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        // The zone's name is for us; people need the clock and its offset.
        Value::String(text) if text.parse::<Zoned>().is_ok() => {
            text.split('[').next().unwrap_or(text).to_owned()
        }
        Value::String(text) => text.trim().to_owned(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join("; "),
        Value::Object(map) => match (map.get("currency"), map.get("amount")) {
            (Some(currency), Some(amount)) => format!("{} {}", shown(currency), shown(amount)),
            _ => value.to_string(),
        },
    }
}

/// A time as the first line shows it: the clock where it happened.
pub(in crate::crm) fn heading_time(text: &str) -> String {
    let zoned = text.parse::<Zoned>();
    let shown = zoned.and_then(|zoned| strtime::format("%Y-%m-%d %H:%M %Z", &zoned));
    shown.unwrap_or_else(|_| match text.parse::<jiff::Timestamp>() {
        Ok(instant) => strtime::format("%Y-%m-%d %H:%M UTC", instant).unwrap_or_default(),
        Err(_) => text.to_owned(),
    })
}

impl Letter {
    /// The parts that the fields speak of; `body` is the path of the text.
    pub(super) fn of(fields: &Values, body: &str, marker: Option<&str>) -> Self {
        let text = |path: &str| fields.get(path).map(shown).filter(|text| !text.is_empty());
        let footers = fields.iter().filter(|(path, _)| is_footer(path));
        Self {
            date: fields.get("date").and_then(Value::as_str).map(heading_time),
            author: text("author_name"),
            body: text(body).unwrap_or_default(),
            footers: footers
                .map(|(path, value)| (path.clone(), shown(value)))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
            marker: marker.map(str::to_owned),
        }
    }

    /// The whole text.
    pub(super) fn write(&self) -> String {
        let mut parts = Vec::new();
        match (&self.date, &self.author) {
            (Some(date), Some(author)) => parts.push(format!("[{date}{DOT}{author}]")),
            (Some(date), None) => parts.push(format!("[{date}]")),
            (None, Some(author)) => parts.push(format!("[{}{author}]", DOT.trim_start())),
            (None, None) => {}
        }
        if !self.body.is_empty() {
            parts.push(self.body.clone());
        }
        if !self.footers.is_empty() {
            parts.push(String::new());
        }
        for (name, value) in &self.footers {
            parts.push(format!("{name}: {}", value.replace('\n', &format!("\n{CONTINUED}"))));
        }
        if let Some(marker) = &self.marker {
            parts.push(format!("[{marker}]"));
        }
        parts.join("\n").trim_start().to_owned()
    }

    /// Takes a text apart; one that was not written by us is all body.
    pub(super) fn read(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let mut lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
        let marker = lines.last().and_then(|line| marker_of(line)).map(str::to_owned);
        if marker.is_some() {
            lines.pop();
        }
        let (date, author) = match lines.first().and_then(|line| heading_of(line)) {
            Some(heading) => {
                lines.remove(0);
                heading
            }
            None => (None, None),
        };
        let footers = take_footers(&mut lines);
        Self { date, author, body: lines.join("\n").trim().to_owned(), footers, marker }
    }

    /// The fields that it speaks of.
    pub(super) fn tell(&self, body: &str, fields: &mut Values) {
        let mut set = |path: &str, text: Option<&str>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                fields.insert(path.to_owned(), text.into());
            }
        };
        set("date", self.date.as_deref());
        set("author_name", self.author.as_deref());
        set(body, Some(&self.body));
        for (name, value) in &self.footers {
            set(name, Some(value));
        }
    }
}

fn inner(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.strip_suffix(']')
}

/// `people:123 k7f3q2m9`: a source key and a code.
fn marker_of(line: &str) -> Option<&str> {
    let inner = inner(line)?;
    let (key, code) = inner.rsplit_once(' ')?;
    let (object, id) = key.split_once(':')?;
    let word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    (word(object) && !id.is_empty() && word(code) && !inner.contains(DOT)).then_some(inner)
}

/// The time and the author in a first line.
fn heading_of(line: &str) -> Option<(Option<String>, Option<String>)> {
    let inner = inner(line)?;
    if let Some(author) = inner.strip_prefix(DOT.trim_start()) {
        return Some((None, Some(author.to_owned())));
    }
    let (date, author) = match inner.split_once(DOT) {
        Some((date, author)) => (date, Some(author.to_owned())),
        None => (inner, None),
    };
    let day = date.get(..10)?.parse::<jiff::civil::Date>().is_ok();
    (day && date.get(13..14) == Some(":")).then(|| (Some(date.to_owned()), author))
}

/// Takes the footers off the end.
fn take_footers(lines: &mut Vec<&str>) -> Vec<(String, String)> {
    let mut start = lines.len();
    for (at, line) in lines.iter().enumerate().rev() {
        if footer_of(line).is_some() {
            start = at;
        } else if !line.starts_with(CONTINUED) {
            break;
        }
    }
    let mut footers: Vec<(String, String)> = Vec::new();
    for line in lines.drain(start..) {
        match (footer_of(line), footers.last_mut()) {
            (Some((name, value)), _) => footers.push((name.to_owned(), value.to_owned())),
            (None, Some((_, value))) => {
                value.push('\n');
                value.push_str(line.strip_prefix(CONTINUED).unwrap_or(line));
            }
            (None, None) => {}
        }
    }
    footers
}

fn footer_of(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(": ")?;
    let word = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (word && is_footer(name)).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(value: Value) -> Values {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_note_shows_when_and_by_whom_it_was_written_and_reads_back() {
        let fields = values(json!({
            "date": "2024-12-01T08:00:00-07:00[America/Denver]", "author_name": "Jane Doe",
            "note": "Called.\n\nNo answer.", "Priority__c": "high", "Seen__c": true,
            "Long__c": "one\ntwo",
        }));
        let letter = Letter::of(&fields, "note", Some("notes:9 k7f3q2m9"));
        let text = letter.write();
        assert_eq!(
            text,
            "[2024-12-01 08:00 MST · Jane Doe]\nCalled.\n\nNo answer.\n\nLong__c: one\n  two\nPriority__c: high\nSeen__c: yes\n[notes:9 k7f3q2m9]"
        );
        assert_eq!(Letter::read(&text), letter);
        assert_eq!(Letter::read(&text).write(), text);
    }

    #[test]
    fn a_text_of_other_people_is_all_body() {
        for text in ["Called, no answer.", "[sic]", "See [1]\n  indented", "Note: call\n[a b]"] {
            let letter = Letter::read(text);
            assert_eq!((letter.body.as_str(), &letter.marker), (text, &None), "{text}");
            assert!(letter.footers.is_empty());
        }
    }

    #[test]
    fn a_mention_that_was_broken_up_goes_out_and_comes_back_so() {
        let fields = values(json!({
            "note": "see @\u{200b}[Accounts:1]", "Mentions__c": "@\u{200b}[Contacts:2]",
        }));
        let letter = Letter::of(&fields, "note", Some("notes:9 k7f3q2m9"));
        let text = letter.write();
        assert!(!text.contains("@["), "{text}");
        let mut read = Values::new();
        Letter::read(&text).tell("note", &mut read);
        assert_eq!(read, fields);
    }

    #[test]
    fn author_or_time_may_be_unknown() {
        for fields in [
            json!({"note": "x", "author_name": "Jane"}),
            json!({"note": "x", "date": "2024-12-01T15:00:00Z"}),
        ] {
            let letter = Letter::of(&values(fields), "note", None);
            assert_eq!(Letter::read(&letter.write()), letter);
        }
    }
}
