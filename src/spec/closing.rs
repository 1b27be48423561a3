//! `sample`, `delta` and `reconcile`: what happens before, after and at the end of a migration.

use super::column_path::path_of;
use super::desk::Desk;
use super::measure::{limit, span};
use super::nearest;
use super::pipeline::{Breach, ColumnPath, Delta, Else, Limit, Object, Reconcile, Sample, Table};
use super::table::TableIndex;
use super::yaml::Node;

const SAMPLE_SIZE: usize = 300;
const HOUR_S: u64 = 3_600;
const READ_BACK: usize = 200;

/// Reads `sample`.
pub(super) fn sample(
    desk: &Desk<'_>,
    (tables, index): (&[Table], &TableIndex),
    node: Option<&Node>,
) -> Sample {
    let mut sample = Sample { size: SAMPLE_SIZE, spread: Vec::new() };
    let Some(node) = node else { return sample };
    let keys = desk.keys(node, "`sample`", &["size", "spread"]);
    if let Some(size) = keys.get("size").and_then(|node| desk.positive(node)) {
        sample.size = size;
    }
    for entry in keys.get("spread").map_or(&[][..], |node| desk.entries(node)) {
        let Some(table) = index.find(desk, &entry.spot, &entry.key) else { continue };
        let items = entry.value.items().iter();
        let paths = items.filter_map(|item| stratum(desk, tables, table, item)).collect();
        sample.spread.push((table, paths));
    }
    sample
}

/// A path whose values are to be covered; its first word may be a child table, whose column then
/// stands among the keys.
fn stratum(desk: &Desk<'_>, tables: &[Table], table: usize, node: &Node) -> Option<ColumnPath> {
    let text = desk.word(node)?;
    path_of(desk, tables, table, (&node.spot, text))
}

/// Reads `delta`.
pub(super) fn delta(desk: &Desk<'_>, node: Option<&Node>) -> Delta {
    let mut delta = Delta { window_s: 48 * HOUR_S, overlap_s: 2 * HOUR_S, deleted: Else::Flag };
    let Some(node) = node else { return delta };
    let keys = desk.keys(node, "`delta`", &["window", "overlap", "deleted"]);
    let seconds = |key: &str| keys.get(key).and_then(|node| span(desk, node));
    delta.window_s = seconds("window").unwrap_or(delta.window_s);
    delta.overlap_s = seconds("overlap").unwrap_or(delta.overlap_s);
    let ways = [("flag", Else::Flag), ("ignore", Else::Ignore), ("stop", Else::Stop)];
    let deleted = keys
        .get("deleted")
        .and_then(|node| desk.choice(node, "answer to a vanished record", &ways));
    delta.deleted = deleted.unwrap_or(delta.deleted);
    delta
}

/// Reads `reconcile`.
pub(super) fn reconcile(desk: &Desk<'_>, objects: &[Object], node: Option<&Node>) -> Reconcile {
    let zero = Limit::Count(0);
    let mut reconcile = Reconcile {
        counts: zero,
        orphans: zero,
        fields: zero,
        read_back: READ_BACK,
        sums: Vec::new(),
        breach: Breach::Stop,
    };
    let Some(node) = node else { return reconcile };
    let known = ["counts", "orphans", "fields", "read_back", "sums", "breach"];
    let keys = desk.keys(node, "`reconcile`", &known);
    let limit_of = |key: &str| keys.get(key).and_then(|node| limit(desk, node)).unwrap_or(zero);
    reconcile.counts = limit_of("counts");
    reconcile.orphans = limit_of("orphans");
    reconcile.fields = limit_of("fields");
    let read_back = keys.get("read_back").and_then(|node| desk.count(node));
    if let Some(count) = read_back {
        reconcile.read_back = usize::try_from(count).unwrap_or(usize::MAX);
    }
    let words = [("stop", Breach::Stop), ("rollback", Breach::Rollback)];
    let breach =
        keys.get("breach").and_then(|node| desk.choice(node, "answer to a breach", &words));
    reconcile.breach = breach.unwrap_or(Breach::Stop);
    if let Some(node) = keys.get("sums") {
        reconcile.sums = sums(desk, objects, node);
    }
    reconcile
}

fn sums(desk: &Desk<'_>, objects: &[Object], node: &Node) -> Vec<(usize, String)> {
    let mut sums = Vec::new();
    for entry in desk.entries(node) {
        let Some(position) = objects.iter().position(|object| object.name == entry.key) else {
            let hint = nearest::hint(&entry.key, objects.iter().map(|object| object.name.as_str()));
            let message = format!("no object is named `{}`", entry.key);
            desk.fault_hint("unknown-object", &entry.spot, message, hint);
            continue;
        };
        for item in entry.value.items() {
            let Some(path) = desk.word(item) else { continue };
            let fields = &objects[position].fields;
            if !fields.iter().any(|field| field.target.path == path) {
                let known = fields.iter().map(|field| field.target.path.as_str());
                let hint = nearest::hint(path, known);
                let message = format!("the object makes no field `{path}`");
                desk.fault_hint("unknown-field", &item.spot, message, hint);
            }
            sums.push((position, path.to_owned()));
        }
    }
    sums
}
