//! The list of files; their content is made when it is asked for.

use super::table::{Row, blank, fill};
use super::throws::before;
use super::world::Plan;
use super::{campaigns, contacts};
use crate::sandbox::dice::dice;

/// How many there are at scale 1.
const FILES: u64 = 40;
/// The file that is too large for anyone.
const LARGE: u64 = 60 * 1024 * 1024;
/// The place of the file whose content is gone.
const GONE: u64 = 2;

/// The id of a file.
fn id(at: u64) -> String {
    (3_301 + at).to_string()
}

/// Whether the content of a file is gone.
pub(crate) fn gone(file: &str) -> bool {
    file == id(GONE)
}

/// All files. `url` is a path here; the host is put before it when the list is served.
pub(crate) fn all(plan: Plan) -> Vec<Row> {
    (0..FILES * plan.scale).map(|at| one(plan, at)).collect()
}

fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "files", at);
    let small = rng.u64(200..20_000);
    let contact = contacts::id(rng.u64(100..=contacts::people(plan)));
    let (name, mime, size, contact) = match at {
        0 => ("Aerial tour 4k.mp4".to_owned(), "video/mp4", LARGE, contact),
        1 => ("empty.txt".to_owned(), "text/plain", 0, contact),
        GONE => ("expired.pdf".to_owned(), "application/pdf", small, contact),
        3 => ("a/b.pdf".to_owned(), "application/pdf", small, contact),
        4 => (format!("{}.pdf", "long-name-".repeat(30)), "application/pdf", small, contact),
        5..=7 => (format!("Template {at}.html"), "text/html", small, String::new()),
        8 | 9 => ("Contract.pdf".to_owned(), "application/pdf", small, contacts::id(108)),
        10 => ("../../etc/notes.txt".to_owned(), "text/plain", small, contact),
        11 => ("Grundriß №5 🏡.png".to_owned(), "image/png", small, contact),
        _ => (format!("Flyer {at} Church St.pdf"), "application/pdf", small, contact),
    };
    let campaign = if contact.is_empty() { campaigns::id(1 + at % 14) } else { String::new() };
    let mut row = blank("files");
    fill(
        &mut row,
        [
            ("id", id(at).into()),
            ("contact_id", contact.into()),
            ("campaign_id", campaign.into()),
            ("file_name", name.into()),
            ("size", size.into()),
            ("mime", mime.into()),
            ("url", format!("/rezora/files/{}/content", id(at)).into()),
            ("created_at", before(&mut rng, plan.now, 700).into()),
        ],
    );
    row
}
