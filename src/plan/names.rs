//! Names of files as the CRM, a folder and an address can carry them.
//!
//! One text of the data must not lead out of a folder, end an address early or break a header.

use std::fmt::Write;

use crate::ground::{Record, turns_text};

/// The greatest length of a name in bytes: what file systems take, with room for a draft's ending.
const NAME_BYTES_MAX: usize = 200;

/// The longest ending that survives when a name is cut, in bytes, with its dot.
const ENDING_BYTES_MAX: usize = 16;

/// A name without a path, without control characters, cut to 200 bytes before its ending; empty
/// when nothing is left of it.
pub fn plain_name(name: &str) -> String {
    let last = name.trim().rsplit(['/', '\\']).find(|part| !part.trim().is_empty());
    match last.map(|part| cut(&visible(part))) {
        Some(name) if !is_dots(&name) => name,
        Some(_) | None => String::new(),
    }
}

/// A path of the data as it can stand below a folder: no root, no way up, no part that is longer
/// than file systems take, nothing that an address gives a meaning to.
pub fn plain_path(path: &str) -> String {
    let parts = path.split('/').map(|part| cut(&visible(part).replace(['\\', '#', '?'], "_")));
    let parts: Vec<_> = parts.filter(|part| !part.is_empty() && !is_dots(part)).collect();
    parts.join("/")
}

/// A path as a part of an address.
pub fn address_path(path: &str) -> String {
    let mut coded = String::new();
    for byte in plain_path(path).bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$'()*,;:@".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _written = write!(coded, "%{byte:02X}");
        }
    }
    coded
}

/// The row with its texts turned into something else.
pub(super) fn with_texts(row: &Record, change: impl Fn(&str) -> String) -> Record {
    let mut row = row.clone();
    for cell in &mut row.cells {
        if let serde_json::Value::String(text) = cell {
            *text = change(text);
        }
    }
    row
}

/// Without control characters and the marks that turn the direction of reading.
fn visible(text: &str) -> String {
    let kept = text.chars().filter(|letter| !letter.is_control() && !turns_text(*letter));
    kept.collect::<String>().trim().to_owned()
}

fn is_dots(name: &str) -> bool {
    matches!(name, "." | "..")
}

fn cut(name: &str) -> String {
    if name.len() <= NAME_BYTES_MAX {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.len() <= ENDING_BYTES_MAX { ending } else { "" };
    let room = NAME_BYTES_MAX - ending.len();
    let end = (0..=room).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    format!("{}{ending}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_its_path_and_its_control_characters_and_keeps_its_ending() {
        assert_eq!(plain_name("MSA v3 (final).docx"), "MSA v3 (final).docx");
        assert_eq!(plain_name("files/220/MSA.docx"), "MSA.docx");
        assert_eq!(plain_name("C:\\Users\\dana\\MSA.docx"), "MSA.docx");
        assert_eq!(plain_name(" a\u{0}b\r\n.pdf "), "ab.pdf");
        assert_eq!(plain_name("in\u{202e}fdp.exe"), "infdp.exe");
        assert_eq!(plain_name("folder/"), "folder");
        for nothing in ["", " ", "..", "a/..", "\u{7}", "//"] {
            assert_eq!(plain_name(nothing), "", "{nothing:?}");
        }
        let long = plain_name(&format!("{}.docx", "é".repeat(300)));
        assert!(long.len() <= 200 && long.ends_with("é.docx"), "{long}");
        assert_eq!(plain_name(&".".repeat(300)).len(), 200);
    }

    #[test]
    fn a_path_made_of_data_stays_in_its_folder() {
        assert_eq!(plain_path("out/../../etc/passwd"), "out/etc/passwd");
        assert_eq!(plain_path("/etc//passwd"), "etc/passwd");
        assert_eq!(plain_path("a/..\\b/c#1?.pdf"), "a/.._b/c_1_.pdf");
        assert!(plain_path(&"é".repeat(300)).len() <= 200);
    }

    #[test]
    fn an_address_leads_to_the_path_of_the_copy() {
        assert_eq!(address_path("220/MSA v3 (final).docx"), "220/MSA%20v3%20(final).docx");
        assert_eq!(address_path("ü/100%#.pdf"), "%C3%BC/100%25_.pdf");
        assert_eq!(address_path("../x"), plain_path("../x"));
    }
}
