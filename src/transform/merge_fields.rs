//! `merge_fields`: the placeholders of a mail template, which every system writes in its own way.

use std::sync::LazyLock;

use regex::Regex;

#[expect(clippy::expect_used, reason = "the pattern is a constant, compiled in a test as well")]
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\{\{\{?\s*[#/^]?[A-Za-z0-9_ .:|$'-]{1,80}\}\}\}?|\{!\s?[A-Za-z0-9_ .:|$'-]{1,80}\}|\*\|[A-Za-z0-9_:.-]{1,80}\|\*|%%[A-Za-z0-9_ .-]{1,80}%%|\[\[[A-Za-z0-9_ .-]{1,80}\]\]|\$\{[A-Za-z0-9_.]{1,80}\}",
    )
    .expect("a valid pattern")
});

/// The placeholders in a text, each once, in the order in which they appear.
pub fn merge_fields(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for placeholder in PLACEHOLDER.find_iter(text) {
        if !found.iter().any(|known| known == placeholder.as_str()) {
            found.push(placeholder.as_str().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_every_habit_are_found_once() {
        let page =
            "<p>Hi {{FirstName}}, {!Contact.FirstName} *|FNAME|* %%name%% {{FirstName}} 100%</p>";
        let expected = ["{{FirstName}}", "{!Contact.FirstName}", "*|FNAME|*", "%%name%%"];
        assert_eq!(merge_fields(page), expected);
    }

    #[test]
    fn placeholders_with_spaces_or_a_way_out_are_found() {
        let page = "{!Contact.First Name} {! Deal.Amount } {!Contact.FirstName|there} {!}";
        let expected = ["{!Contact.First Name}", "{! Deal.Amount }", "{!Contact.FirstName|there}"];
        assert_eq!(merge_fields(page), expected);
    }

    #[test]
    fn ordinary_text_has_none() {
        assert!(merge_fields("a {b} 50% of 100% [1]").is_empty());
    }
}
