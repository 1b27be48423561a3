//! Bytes of a file to text, by the encoding that the spec names.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// The text, and whether bytes had to be replaced.
pub(super) fn text<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> (Cow<'a, str>, Damage) {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    (text, if damaged { Damage::Some } else { Damage::None })
}

/// Whether bytes were no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// None were.
    None,
    /// Some were; each stands as U+FFFD now.
    Some,
}
