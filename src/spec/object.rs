//! `objects`: rows of a table that become records of one kind.

use super::circles;
use super::column_path::own_column;
use super::copy_to;
use super::desk::{Desk, Keys};
use super::field::{field, missing_fields};
use super::nearest;
use super::pipeline::{
    Dedupe, Destination, Expand, Ignore, Match, Object, ObjectKind, Oversize, Skip, Table,
};
use super::spot::Spot;
use super::syntax::{expr, template};
use super::table::TableIndex;
use super::yaml::{Data, Entry, Node};

const KEYS: [&str; 11] = [
    "from", "to", "match", "dedupe", "where", "skip", "expand", "fields", "after", "ignore",
    "oversize",
];

/// What the rules of an object may speak of.
pub(super) struct Known<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) tables: &'a [Table],
    pub(super) index: &'a TableIndex,
    pub(super) destination: &'a Destination,
    pub(super) heads: Vec<Head<'a>>,
}

/// An object as others see it.
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    pub(super) table: Option<usize>,
    pub(super) kind: Option<ObjectKind>,
    pub(super) spot: &'a Spot,
    keys: Keys<'a>,
}

impl Known<'_> {
    /// Looks an object up, or says that there is none.
    pub(super) fn object(&self, node: &Node) -> Option<usize> {
        let name = self.desk.word(node)?;
        let found = self.heads.iter().position(|head| head.name == name);
        if found.is_none() {
            let hint = nearest::hint(name, self.heads.iter().map(|head| head.name));
            let message = format!("no object is named `{name}`");
            self.desk.fault_hint("unknown-object", &node.spot, message, hint);
        }
        found
    }
}

/// Reads the first lines of all objects: rules may speak of objects that follow.
pub(super) fn heads<'a>(desk: &Desk<'_>, index: &TableIndex, node: &'a Node) -> Vec<Head<'a>> {
    let head = |entry: &'a Entry| {
        let keys = desk.keys(&entry.value, "an object", &KEYS);
        Head {
            name: &entry.key,
            table: desk.need(&keys, "from").and_then(|node| index.named(desk, node)),
            kind: desk.need(&keys, "to").and_then(|node| kind(desk, node)),
            spot: &entry.spot,
            keys,
        }
    };
    desk.entries(node).iter().map(head).collect()
}

fn kind(desk: &Desk<'_>, node: &Node) -> Option<ObjectKind> {
    let text = desk.word(node)?;
    let found = ObjectKind::ALL.into_iter().find(|kind| kind.name() == text);
    if found.is_none() {
        let hint = match text {
            "custom_object" => Some(
                "Nutshell has no custom objects: keep the table under `archives`, and give what \
                 people need as custom fields of another object"
                    .to_owned(),
            ),
            "account" => Some("write `company`".to_owned()),
            "contact" | "people" => Some("write `person`".to_owned()),
            "event" => Some("write `activity`".to_owned()),
            _ => nearest::hint(text, ObjectKind::ALL.iter().map(|kind| kind.name())),
        };
        desk.fault_hint("unknown-kind", &node.spot, format!("nothing becomes a `{text}`"), hint);
    }
    found
}

/// Reads all objects; those without a table or a kind are left out, and a fault says so.
pub(super) fn objects(known: &Known<'_>) -> Vec<Object> {
    let mut edges = circles::Edges::default();
    let mut objects = Vec::new();
    for (position, head) in known.heads.iter().enumerate() {
        let (Some(table), Some(kind)) = (head.table, head.kind) else { continue };
        objects.push(object(known, (position, table, kind), head, &mut edges));
    }
    circles::check(known, &edges);
    objects
}

fn object(
    known: &Known<'_>,
    (position, table, kind): (usize, usize, ObjectKind),
    head: &Head<'_>,
    edges: &mut circles::Edges,
) -> Object {
    let desk = known.desk;
    let keys = &head.keys;
    let mut fields = Vec::new();
    for entry in desk.need(keys, "fields").map_or(&[][..], |node| desk.entries(node)) {
        let Some(field) = field(known, (table, kind), entry) else { continue };
        edges.add_field(position, &field, &entry.spot);
        fields.push(field);
    }
    let mut after = Vec::new();
    for item in keys.get("after").map_or(&[][..], |node| node.items()) {
        if let Some(other) = known.object(item) {
            edges.add(position, other, &item.spot);
            after.push(other);
        }
    }
    // Fields that have a fault of their own are not missing.
    let written = keys.get("fields").map_or(&[][..], |node| match &node.data {
        Data::Map(entries) => entries,
        Data::Nothing
        | Data::Bool(_)
        | Data::Int(_)
        | Data::Float(_)
        | Data::Text(_)
        | Data::List(_) => &[],
    });
    missing_fields(desk, kind, head.spot, written);
    let named = |node: &Node| made(desk, written, node);
    Object {
        name: head.name.to_owned(),
        table,
        kind,
        matching: Match(keys.get("match").map(named).unwrap_or_default()),
        dedupe: keys.get("dedupe").map(|node| dedupe(known, table, written, node)),
        condition: keys.get("where").and_then(|node| expr(desk, node)),
        skip: keys.get("skip").map(|node| skip(desk, node)).unwrap_or_default(),
        expand: keys.entry("expand").and_then(|entry| expand(desk, entry, keys)),
        ignore: ignore(desk, keys),
        oversize: oversize(desk, kind, keys),
        fields,
        after,
        place: head.spot.place.clone(),
    }
}

/// Destination fields that the object makes itself.
fn made(desk: &Desk<'_>, fields: &[Entry], node: &Node) -> Vec<String> {
    let mut paths = Vec::new();
    for item in node.items() {
        let Some(path) = desk.word(item) else { continue };
        if !fields.iter().any(|entry| entry.key == path) {
            let hint = nearest::hint(path, fields.iter().map(|entry| entry.key.as_str()));
            let message = format!("the object makes no field `{path}`");
            desk.fault_hint("unknown-field", &item.spot, message, hint);
        }
        paths.push(path.to_owned());
    }
    paths
}

fn dedupe(known: &Known<'_>, table: usize, fields: &[Entry], node: &Node) -> Dedupe {
    let desk = known.desk;
    let keys = desk.keys(node, "`dedupe`", &["by", "keep"]);
    let by = desk.need(&keys, "by").map(|node| made(desk, fields, node)).unwrap_or_default();
    let words = [("latest", true), ("first", false)];
    let latest =
        keys.get("keep").filter(|node| desk.choice(node, "row to keep", &words) == Some(true));
    let latest = latest.and_then(|node| {
        let table = &known.tables[table];
        if table.changed.is_none() {
            let message = format!("`{}` does not say when a row changed", table.name);
            let hint = format!("name the column: `changed:` on the table `{}`", table.name);
            desk.fault_hint("latest-unknown", &node.spot, message, hint);
        }
        table.changed.clone()
    });
    Dedupe { by, latest }
}

fn skip(desk: &Desk<'_>, node: &Node) -> Vec<Skip> {
    let Data::Map(entries) = &node.data else {
        let message = "rows are left out with a reason only";
        let hint = "write `skip: { the reason in your words: condition }`".to_owned();
        desk.fault_hint("skip-without-reason", &node.spot, message, hint);
        return Vec::new();
    };
    let mut rules = Vec::new();
    for entry in entries {
        if entry.key.trim().is_empty() {
            desk.fault("skip-without-reason", &entry.spot, "rows are left out with a reason only");
        }
        if let Some(condition) = expr(desk, &entry.value) {
            rules.push(Skip { reason: entry.key.clone(), condition });
        }
    }
    rules
}

fn expand(desk: &Desk<'_>, entry: &Entry, object: &Keys<'_>) -> Option<Expand> {
    if object.get("dedupe").is_some() {
        let message = "an object has either `expand` or `dedupe`: which one of a series would stand for the other?";
        desk.fault("conflicting-keys", &entry.spot, message);
        return None;
    }
    let known = ["rule", "start", "end", "except", "until", "max"];
    let keys = desk.keys(&entry.value, "`expand`", &known);
    let need = |key: &str| desk.need(&keys, key);
    let may = |key: &str| keys.get(key).and_then(|node| own_column(desk, node));
    let rule = need("rule").and_then(|node| own_column(desk, node));
    let start = need("start").and_then(|node| own_column(desk, node));
    let until = need("until").and_then(|node| day(desk, node));
    let max = need("max").and_then(|node| desk.positive(node));
    let (end, except) = (may("end"), may("except"));
    Some(Expand { rule: rule?, start: start?, end, except, until: until?, max: max? })
}

fn day(desk: &Desk<'_>, node: &Node) -> Option<String> {
    let text = desk.word(node)?;
    if text.parse::<jiff::civil::Date>().is_err() {
        let hint = "write a day as `2027-12-31`".to_owned();
        desk.fault_hint("bad-date", &node.spot, format!("`{text}` is no day"), hint);
        return None;
    }
    Some(text.to_owned())
}

fn ignore(desk: &Desk<'_>, keys: &Keys<'_>) -> Ignore {
    let Some(node) = keys.get("ignore") else { return Ignore::Columns(Vec::new()) };
    if let Data::Text(text) = &node.data
        && text.raw == "all"
    {
        return Ignore::All;
    }
    let columns = node.items().iter().filter_map(|item| own_column(desk, item));
    Ignore::Columns(columns.collect())
}

fn oversize(desk: &Desk<'_>, kind: ObjectKind, keys: &Keys<'_>) -> Option<Oversize> {
    let entry = keys.entry("oversize")?;
    if kind != ObjectKind::File {
        let message = "only an object that becomes a `file` has files over a limit";
        desk.fault("conflicting-keys", &entry.spot, message);
        return None;
    }
    let keys = desk.keys(&entry.value, "`oversize`", &["copy", "link"]);
    let copy = desk.need(&keys, "copy").and_then(|node| copy_to::copy_to(desk, node));
    let link = desk.need(&keys, "link").and_then(|node| template(desk, node));
    let ((to, copy), link) = (copy?, link?);
    Some(Oversize { to, copy, link })
}
