//! The fingerprint of a spec: the same for the same meaning, whatever its comments and formatting.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::yaml::{Data, Node};

/// BLAKE3, in hex, over the tree as typed (variables by name) and the texts of its maps and
/// templates.
pub(super) fn of(tree: &Node, root: &Path, texts: &BTreeMap<PathBuf, Arc<str>>) -> String {
    let mut hasher = blake3::Hasher::new();
    feed(&mut hasher, tree);
    for (file, text) in texts {
        let name = file.strip_prefix(root).unwrap_or(file);
        word(&mut hasher, b'p', name.to_string_lossy().as_bytes());
        word(&mut hasher, b'c', text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Tag and length before the bytes, so that no two trees make the same bytes.
fn word(hasher: &mut blake3::Hasher, tag: u8, bytes: &[u8]) {
    hasher.update(&[tag]);
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

fn feed(hasher: &mut blake3::Hasher, node: &Node) {
    match &node.data {
        Data::Nothing => word(hasher, b'n', b""),
        Data::Bool(value) => word(hasher, b'b', &[u8::from(*value)]),
        Data::Int(value) => word(hasher, b'i', &value.to_le_bytes()),
        Data::Float(value) => word(hasher, b'f', &value.to_le_bytes()),
        Data::Text(text) => word(hasher, b't', text.raw.as_bytes()),
        Data::List(items) => {
            word(hasher, b'l', &(items.len() as u64).to_le_bytes());
            for item in items {
                feed(hasher, item);
            }
        }
        Data::Map(entries) => {
            word(hasher, b'm', &(entries.len() as u64).to_le_bytes());
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by(|left, right| left.key.cmp(&right.key));
            for entry in entries {
                word(hasher, b'k', entry.key.as_bytes());
                feed(hasher, &entry.value);
            }
        }
    }
}
