//! Letters that are not what they look like.

/// Whether a letter turns the direction in which those beside it are read: `gpj.exe` must not look
/// like `exe.jpg`.
pub const fn turns_text(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_direction_turn_text_and_letters_of_every_script_do_not() {
        for letter in ['\u{61c}', '\u{200f}', '\u{202e}', '\u{2067}'] {
            assert!(turns_text(letter), "{}", letter.escape_unicode());
        }
        assert!(!"aß高 \u{200d}عא".chars().any(turns_text));
    }
}
