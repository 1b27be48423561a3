//! The reader's desk: the faults so far, the texts that were read, and the simple types.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::ground::{Diagnostic, Place};

use super::nearest;
use super::read::Reading;
use super::spot::Spot;
use super::yaml::{Data, Entry, Node, Text};

/// Everything that the parts of the reader share.
pub(super) struct Desk<'a> {
    pub(super) reading: &'a Reading<'a>,
    /// The project's folder.
    pub(super) root: PathBuf,
    faults: RefCell<Vec<Diagnostic>>,
    /// Texts by file as shown, for places inside of them.
    texts: RefCell<BTreeMap<PathBuf, Arc<str>>>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(reading: &'a Reading<'a>, root: PathBuf) -> Self {
        Self { reading, root, faults: RefCell::default(), texts: RefCell::default() }
    }

    /// Keeps a text, so that places inside of its values can be found.
    pub(super) fn keep_text(&self, file: &Path, text: &str) {
        self.texts.borrow_mut().insert(file.to_owned(), text.into());
    }

    /// The texts that were read, by file.
    pub(super) fn texts(&self) -> BTreeMap<PathBuf, Arc<str>> {
        self.texts.borrow().clone()
    }

    pub(super) fn push(&self, diagnostic: Diagnostic) {
        self.faults.borrow_mut().push(diagnostic);
    }

    pub(super) fn fault(&self, code: &'static str, spot: &Spot, message: impl Into<String>) {
        self.push(spot.fault(code, message.into()));
    }

    pub(super) fn fault_hint(
        &self,
        code: &'static str,
        spot: &Spot,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        let mut diagnostic = spot.fault(code, message.into());
        diagnostic.hint = hint.into();
        self.push(diagnostic);
    }

    /// A fault about a part of a text; the caret stands under the part where it stands but once.
    pub(super) fn fault_in(
        &self,
        code: &'static str,
        spot: &Spot,
        needle: &str,
        message: impl Into<String>,
    ) {
        self.push(self.narrow(spot, needle).fault(code, message.into()));
    }

    /// The place of a part of a text, if it can be told.
    pub(super) fn narrow(&self, spot: &Spot, needle: &str) -> Spot {
        let place = &spot.place;
        let text = self.texts.borrow().get(place.file.as_path()).cloned();
        let narrowed = text.and_then(|text| part(&text, place, needle));
        Spot { place: narrowed.unwrap_or_else(|| place.clone()), defined: spot.defined.clone() }
    }

    /// All faults in the order of their places, each once.
    pub(super) fn into_faults(self) -> Vec<Diagnostic> {
        let mut faults = self.faults.into_inner();
        let order = |fault: &Diagnostic| {
            fault.place.as_ref().map(|place| (place.file.clone(), place.line, place.column))
        };
        faults.sort_by_key(order);
        let mut kept: Vec<Diagnostic> = Vec::with_capacity(faults.len());
        for fault in faults {
            if !kept.contains(&fault) {
                kept.push(fault);
            }
        }
        kept
    }

    fn wrong_type(&self, node: &Node, wanted: &str) {
        let found = match &node.data {
            Data::Nothing => "nothing",
            Data::Bool(_) => "true or false",
            Data::Int(_) | Data::Float(_) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        };
        let number = matches!(node.data, Data::Int(_) | Data::Float(_) | Data::Bool(_));
        let quotes = number && wanted.contains("text");
        let hint = quotes.then(|| "put it in quotes".to_owned());
        self.fault_hint(
            "wrong-type",
            &node.spot,
            format!("expected {wanted}, found {found}"),
            hint,
        );
    }

    /// A text with its variables put in.
    pub(super) fn text<'n>(&self, node: &'n Node) -> Option<&'n str> {
        self.text_node(node).and_then(|text| text.value.as_deref())
    }

    /// A text as typed and with its variables.
    pub(super) fn text_node<'n>(&self, node: &'n Node) -> Option<&'n Text> {
        match &node.data {
            Data::Text(text) => Some(text),
            Data::Nothing
            | Data::Bool(_)
            | Data::Int(_)
            | Data::Float(_)
            | Data::List(_)
            | Data::Map(_) => {
                self.wrong_type(node, "text");
                None
            }
        }
    }

    /// A text that says something.
    pub(super) fn word<'n>(&self, node: &'n Node) -> Option<&'n str> {
        let text = self.text(node)?;
        if text.trim().is_empty() {
            self.fault("empty", &node.spot, "this must not be empty");
            return None;
        }
        Some(text)
    }

    pub(super) fn truth(&self, node: &Node) -> bool {
        if let Data::Bool(value) = node.data {
            return value;
        }
        self.wrong_type(node, "`true` or `false`");
        false
    }

    /// A whole number, not negative.
    pub(super) fn count(&self, node: &Node) -> Option<u64> {
        let number = match node.data {
            Data::Int(value) => u64::try_from(value).ok(),
            Data::Nothing
            | Data::Bool(_)
            | Data::Float(_)
            | Data::Text(_)
            | Data::List(_)
            | Data::Map(_) => None,
        };
        if number.is_none() {
            self.wrong_type(node, "a whole number that is not negative");
        }
        number
    }

    /// A whole number above zero.
    pub(super) fn positive(&self, node: &Node) -> Option<usize> {
        let count = self.count(node)?;
        if count == 0 {
            self.fault("wrong-type", &node.spot, "this must be at least 1");
            return None;
        }
        usize::try_from(count).ok()
    }

    /// A plain value as JSON.
    pub(super) fn scalar(&self, node: &Node) -> Option<Value> {
        match &node.data {
            Data::Bool(value) => Some((*value).into()),
            Data::Int(value) => Some((*value).into()),
            Data::Float(value) => Some((*value).into()),
            Data::Text(text) => text.value.clone().map(Value::String),
            Data::Nothing | Data::List(_) | Data::Map(_) => {
                self.wrong_type(node, "text, a number or true or false");
                None
            }
        }
    }

    /// Texts: one, or a list of them.
    pub(super) fn texts_of(&self, node: &Node) -> Vec<String> {
        node.items().iter().filter_map(|item| self.text(item)).map(str::to_owned).collect()
    }

    /// The entries of a map whose keys are names given by the author.
    pub(super) fn entries<'n>(&self, node: &'n Node) -> &'n [Entry] {
        if let Data::Map(entries) = &node.data {
            return entries;
        }
        self.wrong_type(node, "a map");
        &[]
    }

    /// The entries of a map whose keys are words of the language.
    pub(super) fn keys<'n>(&self, node: &'n Node, what: &str, known: &[&str]) -> Keys<'n> {
        let entries = self.entries(node);
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let message = format!("`{}` is no key of {what}", entry.key);
                let hint = nearest::hint(&entry.key, known.iter().copied());
                self.fault_hint("unknown-key", &entry.spot, message, hint);
            }
        }
        Keys { entries, node, what: what.into() }
    }

    /// A key that must be there.
    pub(super) fn need<'n>(&self, keys: &Keys<'n>, key: &str) -> Option<&'n Node> {
        let found = keys.get(key);
        if found.is_none() && matches!(keys.node.data, Data::Map(_)) {
            let message = format!("{} needs `{key}`", keys.what);
            self.fault("missing-key", &keys.node.spot, message);
        }
        found
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &self,
        node: &Node,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(node)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let hint = nearest::hint(text, words.iter().map(|(word, _)| *word));
            self.fault_hint("unknown-word", &node.spot, format!("`{text}` is no {what}"), hint);
        }
        found
    }
}

/// The entries of a map whose keys are words of the language.
#[derive(Debug)]
pub(super) struct Keys<'n> {
    entries: &'n [Entry],
    /// The map itself.
    pub(super) node: &'n Node,
    what: String,
}

impl<'n> Keys<'n> {
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

fn part(text: &str, place: &Place, needle: &str) -> Option<Place> {
    let whole = text.get(place.bytes.clone())?;
    let first = whole.find(needle)?;
    if needle.is_empty() || whole.match_indices(needle).count() != 1 {
        return None;
    }
    let start = place.bytes.start + first;
    let line_start = text[..start].rfind('\n').map_or(0, |end| end + 1);
    Some(Place {
        file: Arc::clone(&place.file),
        line: text[..start].matches('\n').count() + 1,
        column: text[line_start..start].chars().count() + 1,
        bytes: start..start + needle.len(),
    })
}
