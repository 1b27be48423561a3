//! Decisions against the plan: which lines of which files they change, or why they cannot.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::basis::Basis;
use super::owners::NOBODY;
use super::returned::{About, Answer, DECISION, Fault, MAP, OWNER, VALUE};
use super::values::{Mapped, NOTHING, home, maps, options};
use super::xlsx;
use crate::ground::compared;
use crate::plan::EntryUse;
use crate::spec::{Kind, nearest_word};

/// Values that no map has are known by so many of their characters.
const CUT_CHARS: usize = 200;

/// What decisions change.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// File to its lines: key and value.
    pub files: BTreeMap<PathBuf, Vec<(String, String)>>,
    /// What stands in YAML: place to the lines to be put there by hand.
    pub by_hand: BTreeMap<String, Vec<(String, String)>>,
    /// How many decisions change something.
    pub count: usize,
}

/// Judges decisions; every fault of them is told.
pub fn decide(basis: &Basis<'_>, answers: &[Answer]) -> Result<Decided, Vec<Fault>> {
    let known = maps(basis).into_iter();
    let known = known.map(|one| (basis.field_name(one.at), Known::of(basis, one))).collect();
    let mut desk = Desk { basis, known, seen: BTreeMap::new(), decided: Decided::default() };
    let mut faults = Vec::new();
    for answer in answers {
        let judged = match &answer.about {
            About::Value { map, value } => desk.value(answer, map, value),
            About::Owner(owner) => desk.owner(answer, owner),
        };
        faults.extend(judged.err());
    }
    if faults.is_empty() { Ok(desk.decided) } else { Err(faults) }
}

/// A map with what is looked up in it, decision after decision.
struct Known<'a> {
    one: Mapped<'a>,
    /// The values to choose from; nothing when any will do.
    options: Option<Vec<String>>,
    /// A value, as maps compare it or as the sheets show it, to the value as it is; nothing when
    /// several are shown alike.
    values: HashMap<String, Option<&'a str>>,
    /// A value, as maps compare it, to its entry.
    entries: HashMap<String, &'a EntryUse>,
}

impl<'a> Known<'a> {
    fn of(basis: &Basis<'_>, one: Mapped<'a>) -> Self {
        let coverage = one.coverage;
        let entries = coverage.entries.iter().map(|entry| (compared(&entry.from), entry)).collect();
        let present = coverage.entries.iter().map(|entry| entry.from.as_str());
        let lacking = coverage.unmatched.keys().chain(coverage.defaulted.keys());
        let values = named(present.chain(lacking.map(String::as_str)));
        Self { one, options: options(basis, &one), values, entries }
    }

    /// The value that a cell means.
    fn value(&self, cell: &str) -> Result<&'a str, String> {
        match self.values.get(&compared(cell)) {
            Some(Some(value)) => Ok(value),
            Some(None) => Err(format!(
                "several values of this map are shown as `{cell}`: put the decision into the map by hand"
            )),
            None if cell == NOTHING => {
                Err("where there is no value, the default is written: change `default` in the spec"
                    .to_owned())
            }
            None => Err(format!("`{cell}` is no value of this map in the plan")),
        }
    }

    /// Whether an entry says already what was decided.
    fn says(&self, entry: &EntryUse, decision: &str) -> bool {
        let is_truth = self.one.field.target.kind == Kind::Bool;
        entry.to == decision
            || is_truth && matches!((&*entry.to, decision), ("true", "yes") | ("false", "no"))
    }
}

/// Values by the names under which they may come back; nothing under one that several have.
fn named<'a>(values: impl Iterator<Item = &'a str>) -> HashMap<String, Option<&'a str>> {
    let mut named = HashMap::new();
    for value in values.filter(|value| !value.is_empty()) {
        for name in [compared(value), compared(&xlsx::text(value))] {
            let found = named.entry(name).or_insert(Some(value));
            if found.is_some_and(|known| compared(known) != compared(value)) {
                *found = None;
            }
        }
    }
    named
}

struct Desk<'a> {
    basis: &'a Basis<'a>,
    /// Field to its map.
    known: BTreeMap<String, Known<'a>>,
    /// Place and key to the decision and where it was made.
    seen: BTreeMap<(String, String), (String, String)>,
    decided: Decided,
}

impl Desk<'_> {
    fn value(&mut self, answer: &Answer, map: &str, cell: &str) -> Result<(), Fault> {
        let Some(known) = self.known.get(map.trim()) else {
            return Err(answer.fault(MAP, format!("the spec has no map `{map}`")));
        };
        let value = known.value(cell).map_err(|message| answer.fault(VALUE, message))?;
        let decision = match &known.options {
            Some(offered) => among(answer, offered)?,
            None => answer.decision.clone(),
        };
        let stands = known.entries.get(&compared(value));
        if stands.is_none() && value.chars().count() >= CUT_CHARS {
            let message = "only the beginning of this value is known: put it into the map by hand";
            return Err(answer.fault(VALUE, message.to_owned()));
        }
        let is_settled = stands.is_some_and(|entry| known.says(entry, &decision));
        let one = known.one;
        let place = home(self.basis, one.map);
        // A file may hold the map of several fields: it is one map.
        let scope = if one.map.file.is_some() { place.as_str() } else { map };
        let is_first = self.once(answer, (scope, value), &decision)?;
        if !is_first || is_settled {
            return Ok(());
        }
        let shown = format!("{place}: {map}, under `map:`");
        self.put(one.map.file.as_deref(), shown, (value, &decision));
        Ok(())
    }

    fn owner(&mut self, answer: &Answer, owner: &str) -> Result<(), Fault> {
        let owner = owner.trim();
        let mut owners = self.basis.plan.owners.iter();
        let known = owners.find(|used| used.owner == owner || xlsx::text(&used.owner) == owner);
        let Some(known) = known.filter(|_| owner != NOBODY) else {
            let message = if owner == NOBODY {
                "where nobody is named, the fallback owns: change `owners.fallback`".to_owned()
            } else {
                format!("`{owner}` is no owner in the plan")
            };
            return Err(answer.fault(OWNER, message));
        };
        let owner = known.owner.as_str();
        if !owner.contains('@') {
            let message = format!("`{owner}` is no e-mail, and an alias names owners by e-mail");
            return Err(answer.fault(OWNER, message));
        }
        let users = self.basis.inventory.users.iter().filter(|user| user.enabled);
        let emails: Vec<_> = users.flat_map(|user| user.emails.iter().cloned()).collect();
        let wanted = answer.decision.to_lowercase();
        let Some(email) = emails.iter().find(|email| email.to_lowercase() == wanted) else {
            return Err(unknown(answer, &emails, "is the e-mail of no enabled user"));
        };
        let aliases = &self.basis.pipeline.owners.aliases;
        let alias = aliases.iter().find(|(from, _)| compared(from) == compared(owner));
        let stands = match alias {
            Some((_, to)) => compared(to) == compared(email),
            None => known.rule == "matched" && compared(owner) == compared(email),
        };
        if !self.once(answer, (OWNER, owner), email)? || stands {
            return Ok(());
        }
        let file = self.basis.pipeline.owners.aliases_file.as_deref();
        let spec = &self.basis.pipeline.file;
        let spec = spec.strip_prefix(&self.basis.pipeline.root).unwrap_or(spec);
        let shown = format!("{}: owners, under `aliases:`", spec.display());
        self.put(file, shown, (owner, email));
        Ok(())
    }

    /// Whether this is the first decision about something; a second one must say the same.
    fn once(
        &mut self,
        answer: &Answer,
        (scope, key): (&str, &str),
        decision: &str,
    ) -> Result<bool, Fault> {
        let here = format!("{} row {}", answer.sheet, answer.row);
        let about = (scope.to_owned(), compared(key));
        match self.seen.get(&about) {
            None => {
                self.seen.insert(about, (decision.to_owned(), here));
                Ok(true)
            }
            Some((same, _)) if same == decision => Ok(false),
            Some((other, at)) => {
                let message =
                    format!("two decisions for `{key}`: `{decision}`, and `{other}` in {at}");
                Err(answer.fault(DECISION, message))
            }
        }
    }

    fn put(&mut self, file: Option<&Path>, shown: String, (key, value): (&str, &str)) {
        self.decided.count += 1;
        let line = (key.to_owned(), value.to_owned());
        match file.filter(|file| file.extension().is_some_and(|ending| ending == "toml")) {
            Some(file) => self.decided.files.entry(file.to_owned()).or_default().push(line),
            None => self.decided.by_hand.entry(shown).or_default().push(line),
        }
    }
}

/// The value on offer that a decision means, as it is or as the sheets show it.
fn among(answer: &Answer, offered: &[String]) -> Result<String, Fault> {
    let wanted = compared(&answer.decision);
    let means = |one: &&String| compared(one) == wanted || compared(&xlsx::text(one)) == wanted;
    let found = offered.iter().find(means);
    found.cloned().ok_or_else(|| unknown(answer, offered, "is not on offer for this field"))
}

fn unknown(answer: &Answer, offered: &[String], what: &str) -> Fault {
    let offered: Vec<_> = offered.iter().map(String::as_str).collect();
    let near = nearest_word(&answer.decision, &offered);
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    answer.fault(DECISION, format!("`{}` {what}{near}", answer.decision))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_as_it_is_as_it_was_shown_or_in_other_capitals() {
        let named = named(["true", "=x", "a\u{1}", "a\u{2}", "b", ""].into_iter());
        for (cell, value) in [("true", "true"), ("=x", "=x"), ("'=x", "=x"), ("a\u{1}", "a\u{1}")] {
            assert_eq!(named[cell], Some(value), "{cell}");
        }
        assert_eq!(named["a\u{fffd}"], None, "two values are shown like this");
        assert!(!named.contains_key(""));
    }
}
