//! Files: the list of them, and what lies in the folder.

use super::calendar::time;
use super::plan::Plan;
use super::related::relate;
use super::row::Row;
use super::words::{owner, recently};
use crate::sandbox::dice::{dice, pick};

/// The file that is listed and does not lie in the folder.
const MISSING: &str = "221";
/// The file without content.
const EMPTY: &str = "222";
/// The file that is too large for the CRM's plan.
const OVERSIZE: &str = "223";
/// How large that is: 25 MiB.
pub(crate) const OVERSIZE_BYTES: u64 = 25 * 1_024 * 1_024;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Nothing but zeros, so many bytes: such a file takes no room on the disk.
    Zeros(u64),
}

/// A row of the list.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory files", at);
    let id = (219 + at).to_string();
    let title = pick(&mut rng, &["MSA", "NDA", "Quote", "Résumé", "Order form", "Minutes"]);
    let ending = pick(&mut rng, &["pdf", "docx", "txt", "xlsx"]);
    let name = format!("{title} {at}.{ending}");
    let row = Row::of("files")
        .with("file_id", id.clone())
        .with("path", format!("files/{id}/{name}"))
        .with("size", words(&id).len().to_string())
        .with("file_name", name)
        .with("uploaded_by_id", owner(&mut rng))
        .with("created_date", time(recently(&mut rng, plan)));
    relate(&mut rng, row, plan, &["Contact", "Deal", "Deal", "Company"])
}

fn words(id: &str) -> String {
    format!("This stands for file {id} of an invented company.\r\n").repeat(8)
}

/// What lies in the folder: the path of a row and its content. Paths that lead out of the export
/// and the missing file lie nowhere.
pub(crate) fn on_disk(rows: &[Row]) -> Vec<(String, Content)> {
    let content = |row: &Row| {
        let path = row.get("path").replace('\\', "/");
        let inside = path.starts_with("files/") && !path.contains("..");
        let content = match &*row.key() {
            MISSING => return None,
            EMPTY => Content::Bytes(Vec::new()),
            OVERSIZE => Content::Zeros(OVERSIZE_BYTES),
            id => Content::Bytes(words(id).into_bytes()),
        };
        inside.then_some((path, content))
    };
    rows.iter().filter_map(content).collect()
}
