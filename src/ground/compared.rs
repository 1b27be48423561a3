//! The form in which names and values are compared.

/// Lower case, single spaces: `Real Estate` and ` REAL  estate` are one.
pub fn compared(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !form.is_empty() {
            form.push(' ');
        }
        form.push_str(&word.to_lowercase());
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_in_lower_case_with_single_spaces() {
        for text in ["shady acres realty", "  Shady   ACRES\nRealty "] {
            assert_eq!(compared(text), "shady acres realty");
        }
        assert_eq!(compared(" \t"), "");
        assert_eq!(compared("ΟΔΟΣ Α"), compared("οδος α"), "a letter by its place in the word");
    }
}
