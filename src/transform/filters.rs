//! The filters of templates and expressions: these and no others.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters, tests};
use regex::{Regex, RegexBuilder};

use super::escape;
use super::html;
use super::instant::is_nothing;
use super::lookups;
use super::merge_fields::merge_fields;
use super::page;

/// The size of a compiled pattern of `find`.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Adds the filters and tests to an empty environment.
pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_filter("text", text);
    environment.add_filter("markdown", markdown);
    environment.add_filter("merge_fields", |value: &Value| merge_fields(&words(value)));
    environment.add_filter("md", escape::inline);
    environment.add_filter("cell", escape::cell);
    environment.add_filter("fence", escape::fence);
    environment.add_filter("pretty", escape::pretty);
    environment.add_filter("fromjson", escape::parsed);
    environment.add_filter("row_of", lookups::row_of);
    environment.add_filter("by", lookups::by);
    environment.add_filter("maybe", lookups::maybe);
    environment.add_filter("columns", lookups::columns);
    environment.add_filter("date", date);
    environment.add_filter("truncate", truncate);
    environment.add_filter("sort", sort);
    let patterns = Patterns::default();
    environment.add_filter("find", move |value: &Value, pattern: &str| {
        patterns.find(&words(value), pattern)
    });
    environment.add_filter("join", filters::join);
    environment.add_filter("select", filters::select);
    environment.add_filter("default", default);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("replace", filters::replace);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("unique", filters::unique);
    environment.add_filter("split", filters::split);
    environment.add_filter("round", filters::round);
    environment.add_filter("int", filters::int);
    environment.add_filter("string", filters::string);
    environment.add_filter("tojson", filters::tojson);
    environment.add_filter("map", filters::map);
    environment.add_filter("list", filters::list);
    environment.add_filter("reverse", filters::reverse);
    environment.add_filter("indent", filters::indent);
    environment.add_test("defined", |value: &Value| !is_nothing(value));
    environment.add_test("undefined", is_nothing);
    environment.add_test("none", is_nothing);
    environment.add_test("string", tests::is_string);
    environment.add_test("number", tests::is_number);
    environment.add_test("sequence", tests::is_sequence);
    environment.add_test("mapping", tests::is_mapping);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("in", tests::is_in);
    environment.add_test("eq", tests::is_eq);
}

/// The value as text; what is empty is empty text.
fn words(value: &Value) -> String {
    if value.is_undefined() || value.is_none() { String::new() } else { value.to_string() }
}

fn text(state: &State<'_, '_>, value: &Value) -> String {
    let source = words(value);
    note_lost(state, html::lost_as_text(&source));
    html::text(&source)
}

fn markdown(state: &State<'_, '_>, value: &Value) -> String {
    let source = words(value);
    note_lost(state, html::lost_as_markdown(&source));
    html::markdown(&source)
}

fn note_lost(state: &State<'_, '_>, constructs: Vec<String>) {
    if let Some(stock) = page::stock_of(state) {
        stock.note_lost(constructs);
    }
}

/// `date('%d.%m.%Y')`: a date or time in another form; what is no date stays as it is.
fn date(value: &Value, format: Option<&str>) -> Result<String, Error> {
    let source = words(value);
    let format = format.unwrap_or("%Y-%m-%d");
    let bad = |cause: jiff::Error| Error::new(ErrorKind::InvalidOperation, cause.to_string());
    if let Ok(instant) = source.parse::<Timestamp>() {
        return jiff::fmt::strtime::format(format, instant).map_err(bad);
    }
    if let Ok(clock) = source.parse::<DateTime>() {
        return jiff::fmt::strtime::format(format, clock).map_err(bad);
    }
    match source.parse::<Date>() {
        Ok(day) => jiff::fmt::strtime::format(format, day).map_err(bad),
        Err(_) => Ok(source),
    }
}

/// The engine's own, to which an empty time is nothing as well.
fn default(state: &State<'_, '_>, value: &Value, arguments: Rest<Value>) -> Result<Value, Error> {
    let value = if is_nothing(value) { &Value::UNDEFINED } else { value };
    filters::default(state, value, arguments)
}

fn truncate(value: &Value, length: Option<usize>, end: Option<&str>) -> String {
    let source = words(value);
    let length = length.unwrap_or(255);
    if source.chars().count() <= length {
        return source;
    }
    let end = end.unwrap_or("…");
    let kept = length.saturating_sub(end.chars().count());
    source.chars().take(kept).chain(end.chars()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the engine hands named arguments over")]
/// Sorts by value or `attribute`, numbers as numbers even where they are text.
fn sort(state: &State<'_, '_>, value: &Value, arguments: Kwargs) -> Result<Vec<Value>, Error> {
    if value.is_undefined() {
        return Ok(Vec::new());
    }
    let attribute: Option<&str> = arguments.get("attribute")?;
    let downwards: Option<bool> = arguments.get("reverse")?;
    arguments.assert_all_used()?;
    let mut keyed: Vec<(Value, Value)> = Vec::new();
    for item in value.try_iter()? {
        state.consume_fuel(1)?;
        let key = match attribute {
            Some(name) => item.get_attr(name)?,
            None => item.clone(),
        };
        keyed.push((key, item));
    }
    keyed.sort_by(|(left, _), (right, _)| compare(left, right));
    if downwards == Some(true) {
        keyed.reverse();
    }
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn compare(left: &Value, right: &Value) -> Ordering {
    let (left, right) = (words(left), words(right));
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => left.total_cmp(&right),
        _ => left.to_lowercase().cmp(&right.to_lowercase()),
    }
}

/// The patterns of `find`, each compiled once.
#[derive(Debug, Default)]
struct Patterns(Mutex<HashMap<String, Regex>>);

impl Patterns {
    fn find(&self, text: &str, pattern: &str) -> Result<Vec<String>, Error> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(regex) = known.get(pattern) {
            return Ok(matches(regex, text));
        }
        let built = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build();
        let regex =
            built.map_err(|cause| Error::new(ErrorKind::InvalidOperation, cause.to_string()))?;
        let found = matches(&regex, text);
        known.insert(pattern.to_owned(), regex);
        Ok(found)
    }
}

fn matches(regex: &Regex, text: &str) -> Vec<String> {
    regex.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}
