//! The mark that a written record carries: readable, and not to be forged by text of the source.

use crate::ground::SourceKey;

/// Crockford's letters: no I, L, O, U, so that nobody misreads one.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many letters of five bits each the keyed hash is cut to: 100 bits.
const LETTERS_COUNT: usize = 20;

/// The marker of a record: `people:123 7KQ2…`, the second part a keyed hash of the first.
pub(super) fn marker(secret: &[u8; 32], key: &SourceKey) -> String {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(key.object.as_bytes());
    hasher.update(&[0]);
    hasher.update(key.id.as_bytes());
    let hash = hasher.finalize();
    let mut text = format!("{key} ");
    for letter in 0..LETTERS_COUNT {
        let (byte, shift) = (letter * 5 / 8, letter * 5 % 8);
        let pair = u16::from(hash.as_bytes()[byte]) << 8 | u16::from(hash.as_bytes()[byte + 1]);
        let index = (pair >> (11 - shift)) & 31;
        text.push(char::from(LETTERS[usize::from(index)]));
    }
    text
}

/// The source key in a marker, whoever made it.
pub fn key_of(marker: &str) -> Option<SourceKey> {
    marker.rsplit_once(' ').and_then(|(key, _)| key.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_names_its_record_and_differs_by_ledger() {
        let key = SourceKey::new("people", "12 3");
        let ours = marker(&[1; 32], &key);
        assert!(
            ours.starts_with("people:12 3 ") && ours.len() == "people:12 3 ".len() + 20,
            "{ours}"
        );
        assert_ne!(ours, marker(&[2; 32], &key));
        assert_eq!(key_of(&ours), Some(key));
    }
}
