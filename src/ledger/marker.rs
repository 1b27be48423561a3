//! The mark that a written record carries: readable, and not to be forged by text of the source.

use crate::ground::SourceKey;

/// Crockford's letters: no I, L, O, U, so that nobody misreads one.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many letters of five bits each the keyed hash is cut to: 80 bits.
const KEYED: usize = 16;

/// How many letters say whose a marker is: 20 bits.
const TAG: usize = 4;

/// The marker of a record: `people:123 7KQ2…`. Of the twenty letters the first four are those of
/// the pipeline, for whoever has lost its ledger; the others are a keyed hash of the record's name,
/// which no text of the source can imitate.
pub(super) fn marker(secret: &[u8; 32], tag: &str, key: &SourceKey) -> String {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(key.object.as_bytes());
    hasher.update(&[0]);
    hasher.update(key.id.as_bytes());
    format!("{key} {tag}{}", letters(&hasher.finalize(), KEYED))
}

/// The letters that the markers of a pipeline into an account begin with, whatever the ledger.
pub(super) fn tag(pipeline: &str, account: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("flitpipe marker of a pipeline");
    hasher.update(pipeline.as_bytes());
    hasher.update(&[0]);
    hasher.update(account.as_bytes());
    letters(&hasher.finalize(), TAG)
}

fn letters(hash: &blake3::Hash, count: usize) -> String {
    let letter = |letter: usize| {
        let (byte, shift) = (letter * 5 / 8, letter * 5 % 8);
        let pair = u16::from(hash.as_bytes()[byte]) << 8 | u16::from(hash.as_bytes()[byte + 1]);
        let index = (pair >> (11 - shift)) & 31;
        char::from(LETTERS[usize::from(index)])
    };
    (0..count).map(letter).collect()
}

/// The source key in a marker of the pipeline that the tag is of, whichever its ledger.
pub fn tagged(marker: &str, tag: &str) -> Option<SourceKey> {
    let (key, letters) = marker.rsplit_once(' ')?;
    let ours = letters.len() == TAG + KEYED
        && letters.starts_with(tag)
        && letters.bytes().all(|letter| LETTERS.contains(&letter));
    ours.then(|| key.parse().ok()).flatten()
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
        let ours = marker(&[1; 32], "TAGS", &key);
        assert!(
            ours.starts_with("people:12 3 ") && ours.len() == "people:12 3 ".len() + 20,
            "{ours}"
        );
        assert_ne!(ours, marker(&[2; 32], "TAGS", &key));
        assert_eq!(key_of(&ours), Some(key));
    }

    #[test]
    fn a_marker_tells_its_pipeline_and_account_whatever_its_secret() {
        let key = SourceKey::new("people", "1");
        let ours = tag("rezora", "acme");
        for secret in [[1; 32], [2; 32]] {
            assert_eq!(tagged(&marker(&secret, &ours, &key), &ours), Some(key.clone()));
        }
        for other in [tag("allegory", "acme"), tag("rezora", "globex")] {
            assert_eq!(tagged(&marker(&[1; 32], &other, &key), &ours), None);
        }
        let looks_alike = format!("people:1 {ours}lower0case0letters");
        assert_eq!(tagged(&looks_alike, &ours), None);
    }
}
