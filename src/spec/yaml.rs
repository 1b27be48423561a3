//! YAML text to a tree of ours in which every key and every value knows its place.
//!
//! The only file that knows the YAML library: anchors, merges and budgets are its work, judging
//! what stands in the tree is not.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::DuplicateKeyPolicy;
use serde_yaml::{Location, Spanned};

use crate::ground::{Diagnostic, Place};

use super::spot::Spot;

/// No spec is longer.
const BYTES_MAX: usize = 1 << 20;

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) data: Data,
    pub(super) spot: Spot,
}

impl Node {
    /// A list, or one thing that stands for a list of one.
    pub(super) fn items(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            Data::Nothing
            | Data::Bool(_)
            | Data::Int(_)
            | Data::Float(_)
            | Data::Text(_)
            | Data::Map(_) => std::slice::from_ref(self),
        }
    }
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Data {
    Nothing,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Text),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A text as typed, and with its variables put in.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) raw: String,
    /// `None` when a variable of it is undefined: a fault that was told already.
    pub(super) value: Option<String>,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) spot: Spot,
    pub(super) value: Node,
}

/// Reads a text; the faults beside a tree are keys that are no text or stand twice.
pub(super) fn parse(file: &Arc<PathBuf>, text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    if text.len() > BYTES_MAX {
        let message = format!("the file has {} bytes; at most {BYTES_MAX} are read", text.len());
        return (None, vec![fault("too-large", message, None)]);
    }
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options()) {
        Ok(raw) => {
            let mut planting = Planting { file, faults: Vec::new() };
            let node = planting.node(raw);
            (Some(node), planting.faults)
        }
        Err(error) => (None, vec![unreadable(file, &error)]),
    }
}

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        with_snippet: false,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: 100_000,
            max_replay_stack_depth: 16,
        },
        budget: serde_yaml::budget! {
            max_nodes: 50_000,
            max_events: 200_000,
            max_depth: 32,
            max_aliases: 2_000,
            max_documents: 1,
            max_total_scalar_bytes: 4 << 20,
        },
    }
}

fn unreadable(file: &Arc<PathBuf>, error: &serde_yaml::Error) -> Diagnostic {
    let plain = error.without_snippet();
    let place = plain.location().filter(|at| at.line() > 0).map(|at| place(file, at));
    let mut message = plain.to_string();
    // The place has a line of its own.
    if let Some(tail) = message.find(" at line ").or_else(|| message.find(" (line ")) {
        message.truncate(tail);
    }
    let message = message.strip_prefix("error: ").unwrap_or(&message).to_owned();
    fault("yaml", message, place)
}

fn fault(code: &'static str, message: String, place: Option<Place>) -> Diagnostic {
    Diagnostic { code, message, place, others: Vec::new(), hint: None }
}

fn place(file: &Arc<PathBuf>, at: Location) -> Place {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let span = at.span();
    let start = span.byte_offset().map_or(0, number);
    let end = start.saturating_add(span.byte_len().map_or(0, number));
    Place {
        file: Arc::clone(file),
        line: number(at.line()),
        column: number(at.column()),
        bytes: start..end,
    }
}

/// What the YAML library hands over.
enum Raw {
    Nothing,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

/// Turns what was handed over into the tree.
struct Planting<'a> {
    file: &'a Arc<PathBuf>,
    faults: Vec<Diagnostic>,
}

impl Planting<'_> {
    fn spot(&self, used: Location, defined: Location) -> Spot {
        let elsewhere = defined.line() > 0 && defined != used;
        Spot {
            place: place(self.file, used),
            defined: elsewhere.then(|| place(self.file, defined)),
        }
    }

    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let spot = self.spot(raw.referenced, raw.defined);
        let data = match raw.value {
            Raw::Nothing => Data::Nothing,
            Raw::Bool(value) => Data::Bool(value),
            Raw::Int(value) => Data::Int(value),
            Raw::Float(value) => Data::Float(value),
            Raw::Text(text) => Data::Text(Text { value: Some(text.clone()), raw: text }),
            Raw::List(items) => Data::List(items.into_iter().map(|item| self.node(item)).collect()),
            Raw::Map(entries) => Data::Map(self.entries(entries)),
        };
        Node { data, spot }
    }

    fn entries(&mut self, raw: Vec<(Spanned<Raw>, Spanned<Raw>)>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::with_capacity(raw.len());
        let mut known: HashMap<String, usize> = HashMap::new();
        for (key, value) in raw {
            let spot = self.spot(key.referenced, key.defined);
            let Raw::Text(name) = key.value else {
                let message = "a key must be text".to_owned();
                let mut diagnostic = spot.fault("key-not-text", message);
                diagnostic.hint = Some("put it in quotes".into());
                self.faults.push(diagnostic);
                continue;
            };
            if let Some(&first) = known.get(&name) {
                let message = format!("the key `{name}` stands twice in one map");
                let mut diagnostic = spot.fault("duplicate-key", message);
                diagnostic.others.push(entries[first].spot.label("first here"));
                self.faults.push(diagnostic);
                continue;
            }
            known.insert(name.clone(), entries.len());
            let value = self.node(value);
            entries.push(Entry { key: name, spot, value });
        }
        entries
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

#[expect(clippy::cast_precision_loss, reason = "a number beyond 64 bits is no exact number anyway")]
impl<'de> Visitor<'de> for AnyValue {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or(Raw::Float(value as f64), Raw::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Spanned<Raw>>()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<Spanned<Raw>, Spanned<Raw>>()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
