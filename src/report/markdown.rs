//! Text of the data within a document of Markdown.

use crate::ground::turns_text;

/// Text that stays within its cell, is no markup and turns nothing beside it.
pub(super) fn cell(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => shown.push(' '),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '~' => {
                shown.push('\\');
                shown.push(letter);
            }
            '<' => shown.push_str("&lt;"),
            '&' => shown.push_str("&amp;"),
            letter if letter.is_control() || turns_text(letter) => shown.push('\u{fffd}'),
            letter => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_neither_markup_nor_the_end_of_its_cell() {
        assert_eq!(cell("a|b *c*\n<d>"), "a\\|b \\*c\\* &lt;d>");
        assert_eq!(cell("\u{1b}a\u{202e}b"), "\u{fffd}a\u{fffd}b");
    }
}
