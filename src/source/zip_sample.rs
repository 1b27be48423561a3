//! Zips made in memory, also such as no honest program makes, for the tests of this room.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A zip of those entries; a name that ends in `/` makes a folder, text is `.into()` bytes.
pub(super) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    build(|writer| {
        for (name, bytes) in entries {
            if name.ends_with('/') {
                writer.add_directory(*name, options()).unwrap();
            } else {
                writer.start_file(*name, options()).unwrap();
                writer.write_all(bytes).unwrap();
            }
        }
    })
}

/// A zip as `fill` writes it.
pub(super) fn build(fill: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    fill(&mut writer);
    writer.finish().unwrap().into_inner()
}

/// Options of an entry that do not depend on the day.
pub(super) fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().last_modified_time(zip::DateTime::default())
}

/// Writes `to` over every `from`; both are equally long, so that all places stay right.
pub(super) fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut count = 0;
    for start in 0..=bytes.len() - from.len() {
        if bytes[start..].starts_with(from) {
            bytes[start..start + to.len()].copy_from_slice(to);
            count += 1;
        }
    }
    assert!(count > 0, "nothing to replace");
}

/// Writes `byte` at `at` behind every place where `mark` stands.
pub(super) fn patch(bytes: &mut [u8], mark: &[u8], at: usize, byte: u8) {
    let starts: Vec<usize> =
        (0..bytes.len()).filter(|&start| bytes[start..].starts_with(mark)).collect();
    assert!(!starts.is_empty(), "nothing to patch");
    for start in starts {
        bytes[start + at] = byte;
    }
}
