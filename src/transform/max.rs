//! `max`: text over its length is cut where a character ends.

use serde_json::Value;

use super::remark::Reading;

/// The greatest length of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Max {
    /// In characters.
    pub(super) chars: Option<usize>,
    /// In bytes.
    pub(super) bytes: Option<usize>,
}

impl Max {
    /// The stricter of both.
    pub(super) fn and(self, other: Self) -> Self {
        let least = |left: Option<usize>, right: Option<usize>| match (left, right) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        };
        Self { chars: least(self.chars, other.chars), bytes: least(self.bytes, other.bytes) }
    }

    /// Whether a text of that length fits.
    pub(super) fn fits(self, text: &str) -> bool {
        self.bytes.is_none_or(|bytes| text.len() <= bytes)
            && self.chars.is_none_or(|chars| text.len() <= chars || text.chars().count() <= chars)
    }

    /// Whether a text of so many bytes and characters fits.
    pub(super) fn holds(self, bytes: usize, chars: usize) -> bool {
        self.bytes.is_none_or(|most| bytes <= most) && self.chars.is_none_or(|most| chars <= most)
    }

    /// The text itself, or what fits of it.
    pub(super) fn cut(self, text: &str) -> Reading {
        if self.fits(text) {
            return Reading::Fine(Value::String(text.to_owned()));
        }
        let by_chars = self
            .chars
            .and_then(|chars| text.char_indices().nth(chars))
            .map_or(text.len(), |(position, _)| position);
        let end = text.floor_char_boundary(by_chars.min(self.bytes.unwrap_or(usize::MAX)));
        let (whole, kept) = (text.chars().count(), text[..end].chars().count());
        let detail = format!("truncated {whole} -> {kept} characters");
        Reading::noted(Value::String(text[..end].to_owned()), "truncated", detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, chars: Option<usize>, bytes: Option<usize>, expected: &str) {
        assert_eq!(Max { chars, bytes }.cut(input).line(), expected, "{input}");
    }

    #[test]
    fn text_that_fits_stays_whole() {
        check("größe", Some(5), Some(7), "größe");
    }

    #[test]
    fn text_over_its_length_is_cut_on_a_character_border() {
        check("größe", Some(3), None, "grö [truncated]");
        check("größe", None, Some(3), "gr [truncated]");
        check("🌷🌷", Some(9), Some(5), "🌷 [truncated]");
    }
}
