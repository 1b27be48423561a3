//! The rule of a field: source, shape, meaning, guards.

use serde_json::Value;

use super::column_path::path;
use super::desk::{Desk, Keys};
use super::nearest;
use super::object::Known;
use super::pipeline::{Child, ColumnPath, Direction, Each, Else, From, Rule, Shape, Target};
use super::reference::reference;
use super::syntax::{expr, template};
use super::target_value;
use super::value_map::value_map;
use super::yaml::{Data, Entry, Node};

const KEYS: [&str; 22] = [
    "from", "value", "template", "each", "where", "order", "json", "split", "join", "unique",
    "map", "ref", "type", "try", "currency", "custom", "default", "required", "max", "else",
    "merge", "late",
];
const SOURCES: [&str; 4] = ["from", "value", "template", "each"];

/// What is done when a rule cannot say a value.
pub(super) const ELSE: [(&str, Else); 5] = [
    ("flag", Else::Flag),
    ("hold", Else::Hold),
    ("skip", Else::Skip),
    ("ignore", Else::Ignore),
    ("stop", Else::Stop),
];

/// Reads the rule of a field over rows of the table.
pub(super) fn rule(
    known: &Known<'_>,
    table: usize,
    target: Option<&Target>,
    entry: &Entry,
) -> Option<Rule> {
    let node = &entry.value;
    if !matches!(node.data, Data::Map(_)) {
        let column = path(known.desk, known.tables, table, node)?;
        return Some(Rule::plain(From::Columns(vec![column])));
    }
    let keys = known.desk.keys(node, "a field", &KEYS);
    long(known, table, target, &keys)
}

impl Rule {
    /// A rule of that source and no other word.
    pub fn plain(from: From) -> Self {
        Self {
            from,
            join: None,
            split: None,
            unique: false,
            json: None,
            map: None,
            reference: None,
            currency: None,
            default: None,
            required: false,
            chars_max: None,
            otherwise: Else::Flag,
            merge_any: false,
            late: false,
        }
    }
}

fn long(known: &Known<'_>, table: usize, target: Option<&Target>, keys: &Keys<'_>) -> Option<Rule> {
    let desk = known.desk;
    // The table on whose rows the words after `each` stand.
    let child = keys.get("each").map(|node| child(known, table, node));
    let start = match &child {
        Some(child) => child.as_ref().map(|child| child.table),
        None => Some(table),
    };
    let from = source(known, start, child.flatten(), keys);
    let start = start?;
    let of = |key: &str| keys.get(key).and_then(|node| path(desk, known.tables, start, node));
    let text = |key: &str| keys.get(key).and_then(|node| desk.text(node)).map(str::to_owned);
    let truth = |key: &str| keys.get(key).is_some_and(|node| desk.truth(node));
    let value = |key: &str| keys.get(key).and_then(|node| constant(known, target, node));
    let required = truth("required");
    let held = if required { Else::Hold } else { Else::Flag };
    let otherwise = keys.get("else").map_or(Some(held), |node| desk.choice(node, "way out", &ELSE));
    let merge =
        keys.get("merge").and_then(|node| desk.choice(node, "way to merge", &[("any", ())]));
    let rule = Rule {
        json: keys.get("json").and_then(|node| shape(known, start, node)),
        map: keys.get("map").and_then(|node| value_map(known, target, node)),
        reference: reference(known, start, keys),
        currency: of("currency"),
        join: text("join"),
        split: text("split"),
        unique: truth("unique"),
        default: value("default"),
        required,
        chars_max: keys.get("max").and_then(|node| desk.positive(node)),
        otherwise: otherwise.unwrap_or(held),
        merge_any: merge.is_some(),
        late: late(desk, keys),
        ..Rule::plain(From::Columns(Vec::new()))
    };
    lone_words(desk, keys);
    from.map(|from| Rule { from, ..rule })
}

fn constant(known: &Known<'_>, target: Option<&Target>, node: &Node) -> Option<Value> {
    let value = known.desk.scalar(node)?;
    target_value::check(known, target, &node.spot, &value);
    Some(value)
}

/// An answer that cannot be read counts as yes: its fault is told, a circle would be a second one.
fn late(desk: &Desk<'_>, keys: &Keys<'_>) -> bool {
    keys.get("late").is_some_and(|node| desk.truth(node) || !matches!(node.data, Data::Bool(_)))
}

/// Words that say nothing without another.
fn lone_words(desk: &Desk<'_>, keys: &Keys<'_>) {
    for (word, other) in [("where", "each"), ("order", "each"), ("type", "ref"), ("try", "ref")] {
        if let (Some(entry), None) = (keys.entry(word), keys.get(other)) {
            let message = format!("`{word}` has no meaning without `{other}`");
            desk.fault("conflicting-keys", &entry.spot, message);
        }
    }
}

fn source(
    known: &Known<'_>,
    start: Option<usize>,
    child: Option<Child>,
    keys: &Keys<'_>,
) -> Option<From> {
    let desk = known.desk;
    let given: Vec<_> = SOURCES.iter().filter_map(|word| keys.entry(word)).collect();
    let beside = |word: &str| given.iter().find(|entry| entry.key != word);
    let alone = |word: &str| {
        let Some(entry) = beside(word).filter(|_| keys.get(word).is_some()) else { return };
        let message = format!("`{}` and `{word}` are two sources of one value", entry.key);
        desk.fault("conflicting-keys", &entry.spot, message);
    };
    if let Some(node) = keys.get("template") {
        alone("template");
        return template(desk, node).map(From::Template);
    }
    if let Some(node) = keys.get("value") {
        alone("value");
        return desk.scalar(node).map(From::Value);
    }
    let start = start?;
    if keys.get("each").is_some() {
        return each(known, child?, keys);
    }
    if let Some(node) = keys.get("from") {
        let paths = node.items().iter();
        let paths: Vec<_> = paths.map(|item| path(desk, known.tables, start, item)).collect();
        if paths.is_empty() {
            desk.fault("empty", &node.spot, "`from` names at least one column");
        }
        return paths.into_iter().collect::<Option<Vec<_>>>().map(From::Columns);
    }
    if keys.get("ref").is_some() {
        // `try` says where the value comes from; without it the reference has its own fault.
        return Some(From::Columns(Vec::new()));
    }
    let message = "the field has no source";
    let hint = "give it `from`, `value`, `template` or `each`".to_owned();
    desk.fault_hint("missing-key", &keys.node.spot, message, hint);
    None
}

fn child(known: &Known<'_>, table: usize, node: &Node) -> Option<Child> {
    let found = known.index.named(known.desk, node)?;
    let link = known.tables[found].links.iter().find(|link| link.table == table);
    let Some(link) = link else {
        let (child, parent) = (&known.tables[found].name, &known.tables[table].name);
        let message = format!("no column of `{child}` leads to `{parent}`");
        let children = known.tables.iter().filter(|other| {
            other.completes.is_none() && other.links.iter().any(|link| link.table == table)
        });
        let hint = nearest::hint(child, children.map(|child| child.name.as_str()));
        known.desk.fault_hint("no-child", &node.spot, message, hint);
        return None;
    };
    Some(Child { table: found, column: link.column.clone() })
}

fn each(known: &Known<'_>, child: Child, keys: &Keys<'_>) -> Option<From> {
    let desk = known.desk;
    let start = child.table;
    let of = |node: &Node| path(desk, known.tables, start, node);
    let column = keys.get("from").and_then(of);
    let shaped = keys.get("json").is_some_and(|node| !matches!(node.data, Data::Bool(_)));
    if keys.get("from").is_none() && !shaped {
        let message = "`each` needs a column of the child rows";
        let hint = "name it with `from`, or give the shape with `json`".to_owned();
        desk.fault_hint("missing-key", &keys.node.spot, message, hint);
        return None;
    }
    Some(From::Each(Box::new(Each {
        column,
        condition: keys.get("where").and_then(|node| expr(desk, node)),
        order: keys.get("order").and_then(|node| order(known, start, node)),
        child,
    })))
}

fn order(known: &Known<'_>, start: usize, node: &Node) -> Option<(ColumnPath, Direction)> {
    let text = known.desk.word(node)?;
    let (text, direction) = match text.strip_prefix('-') {
        Some(rest) => (rest, Direction::Down),
        None => (text, Direction::Up),
    };
    let at = (&node.spot, text);
    Some((super::column_path::path_of(known.desk, known.tables, start, at)?, direction))
}

fn shape(known: &Known<'_>, start: usize, node: &Node) -> Option<Shape> {
    match &node.data {
        Data::Bool(true) => Some(Shape::Whole),
        Data::Map(entries) => {
            let members = entries.iter().map(|entry| {
                let column = path(known.desk, known.tables, start, &entry.value)?;
                Some((entry.key.clone(), column))
            });
            members.collect::<Option<Vec<_>>>().map(Shape::Object)
        }
        Data::Bool(false)
        | Data::Nothing
        | Data::Int(_)
        | Data::Float(_)
        | Data::Text(_)
        | Data::List(_) => path(known.desk, known.tables, start, node).map(Shape::Column),
    }
}
