//! Paths from a row to a value: `group.agent.email`, `properties.Buyer Stage`.

use super::desk::Desk;
use super::pipeline::{ColumnPath, LinkStep, Table};
use super::spot::Spot;
use super::table;
use super::yaml::Node;

/// Reads the path that a node holds, from a row of the table.
pub(super) fn path(
    desk: &Desk<'_>,
    tables: &[Table],
    from: usize,
    node: &Node,
) -> Option<ColumnPath> {
    let text = desk.word(node)?;
    path_of(desk, tables, from, (&node.spot, text))
}

/// Reads a path: segments that are link words are followed, the next is the column, the rest are
/// keys of its JSON.
pub(super) fn path_of(
    desk: &Desk<'_>,
    tables: &[Table],
    from: usize,
    (spot, text): (&Spot, &str),
) -> Option<ColumnPath> {
    let mut segments = text.split('.').peekable();
    let mut links = Vec::new();
    let mut here = from;
    let mut column = "";
    while let Some(segment) = segments.next() {
        let link = tables[here].links.iter().find(|link| link.word == segment);
        match link {
            Some(link) if segments.peek().is_some() => {
                links.push(LinkStep { column: link.column.clone(), table: link.table });
                here = link.table;
            }
            Some(_) | None => {
                column = segment;
                break;
            }
        }
    }
    let keys: Vec<String> = segments.map(str::to_owned).collect();
    if column.is_empty() || keys.iter().any(String::is_empty) {
        desk.fault("bad-path", spot, format!("`{text}` has an empty part"));
        return None;
    }
    let fits = table::column(desk, &desk.narrow(spot, column), column, table::COLUMN);
    fits.then(|| ColumnPath { text: text.to_owned(), links, column: column.to_owned(), keys })
}

/// Reads a column of the table itself.
pub(super) fn own_column(desk: &Desk<'_>, node: &Node) -> Option<String> {
    let text = desk.word(node)?;
    table::column(desk, &node.spot, text, table::COLUMN).then(|| text.to_owned())
}
