//! Which filters, tests and functions a template names: what the template engine itself would only
//! say in the middle of a run.

/// A word that a template uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use<'t> {
    Filter(&'t str),
    Test(&'t str),
    Function(&'t str),
    /// A statement that reaches for other templates.
    Other(&'t str),
}

impl<'t> Use<'t> {
    pub(super) const fn word(&self) -> &'t str {
        match self {
            Self::Filter(word) | Self::Test(word) | Self::Function(word) | Self::Other(word) => {
                word
            }
        }
    }
}

const KEYWORDS: [&str; 12] =
    ["if", "elif", "else", "in", "not", "and", "or", "for", "set", "call", "recursive", "with"];
const OUTSIDE: [&str; 5] = ["include", "import", "from", "extends", "block"];

/// The words of an expression.
pub(super) fn expression(text: &str) -> Vec<Use<'_>> {
    let mut scan = Scan::default();
    scan.code(text);
    scan.finish()
}

/// The words of a template.
pub(super) fn template(text: &str) -> Vec<Use<'_>> {
    let mut scan = Scan::default();
    for (code, is_statement) in chunks(text) {
        scan.start();
        scan.first_of_statement = is_statement;
        scan.code(code);
    }
    scan.finish()
}

/// The pieces of code of a template, and whether each is a statement.
pub(super) fn chunks(text: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (end, is_statement) = match rest.as_bytes().get(start + 1) {
            Some(b'{') => ("}}", false),
            Some(b'%') => ("%}", true),
            Some(b'#') => {
                let after = rest[start..].find("#}").map_or(rest.len(), |end| start + end + 2);
                rest = &rest[after..];
                continue;
            }
            Some(_) | None => {
                rest = &rest[start + 1..];
                continue;
            }
        };
        let inner = &rest[start + 2..];
        let length = close(inner, end);
        let code = inner[..length].trim_matches(['-', '+']);
        rest = inner.get(length + end.len()..).unwrap_or_default();
        if is_statement && code.trim() == "raw" {
            rest = rest.find("endraw").map_or("", |end| &rest[end..]);
            continue;
        }
        found.push((code, is_statement));
    }
    found
}

/// Where the code ends: its closing mark outside of strings.
fn close(code: &str, mark: &str) -> usize {
    let mut position = 0;
    while position < code.len() {
        let rest = &code[position..];
        if rest.starts_with(mark) {
            return position;
        }
        position += match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => string_length(rest, quote),
            Some(letter) => letter.len_utf8(),
            None => 1,
        };
    }
    code.len()
}

pub(super) fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (position, letter) in text.char_indices().skip(1) {
        if !escaped && letter == quote {
            return position + 1;
        }
        escaped = !escaped && letter == '\\';
    }
    text.len()
}

/// Reads code and keeps what stood before.
#[derive(Debug, Default)]
struct Scan<'t> {
    uses: Vec<Use<'t>>,
    macros: Vec<&'t str>,
    before: &'t str,
    earlier: &'t str,
    first_of_statement: bool,
}

impl<'t> Scan<'t> {
    fn start(&mut self) {
        self.before = "";
        self.earlier = "";
    }

    fn code(&mut self, code: &'t str) {
        let mut position = 0;
        while let Some(letter) = code[position..].chars().next() {
            let rest = &code[position..];
            let length = match letter {
                '"' | '\'' => string_length(rest, letter),
                _ if letter.is_alphanumeric() || letter == '_' => rest
                    .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
                    .unwrap_or(rest.len()),
                _ => letter.len_utf8(),
            };
            let token = &rest[..length];
            position += length;
            if token.trim().is_empty() {
                continue;
            }
            if letter.is_alphabetic() || letter == '_' {
                self.word(token, &code[position..]);
            }
            self.earlier = self.before;
            self.before = token;
        }
    }

    fn word(&mut self, word: &'t str, after: &str) {
        let called = after.trim_start().starts_with('(');
        let first = std::mem::take(&mut self.first_of_statement);
        let is_test = self.before == "is" || self.earlier == "is" && self.before == "not";
        if first && OUTSIDE.contains(&word) {
            self.uses.push(Use::Other(word));
        } else if self.before == "|" || self.before == "filter" {
            self.uses.push(Use::Filter(word));
        } else if is_test && word != "not" {
            self.uses.push(Use::Test(word));
        } else if self.before == "macro" {
            self.macros.push(word);
        } else if called && self.before != "." && word != "caller" && !KEYWORDS.contains(&word) {
            self.uses.push(Use::Function(word));
        }
    }

    fn finish(mut self) -> Vec<Use<'t>> {
        let macros = self.macros;
        self.uses.retain(|used| !matches!(used, Use::Function(word) if macros.contains(word)));
        self.uses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_tests_and_functions_are_found_and_strings_are_not() {
        let text = "{{ name or [first, last] | select | join(' | shout(') }}{# | no #} \
                    {%- if a is defined and b is not nothing %}{{ range(3) }}{% endif %} a | b";
        assert_eq!(
            template(text),
            [
                Use::Filter("select"),
                Use::Filter("join"),
                Use::Test("defined"),
                Use::Test("nothing"),
                Use::Function("range"),
            ]
        );
    }

    #[test]
    fn the_words_of_an_expression_are_found_and_its_operators_are_none() {
        assert_eq!(expression("not (name or last) and x in ('a', 'b')"), []);
        assert_eq!(expression("kind | lower == 'x'"), [Use::Filter("lower")]);
    }

    #[test]
    fn macros_of_the_template_are_known_and_other_templates_are_out_of_reach() {
        let text = "{% macro cell(x) %}{{ x }}{% endmacro %}{{ cell(1) }}{% include 'x' %}";
        assert_eq!(template(text), [Use::Other("include")]);
    }
}
