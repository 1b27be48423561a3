//! The columns that a template names through its loops: `{% for a in attendees %}{{ a.name }}`.
//!
//! A name that a loop or a `set` gives is followed only where it stands for rows; where it stands
//! for anything else, nothing is said about what follows it.

use std::collections::BTreeSet;

use super::scan::{chunks, string_length};

/// Filters that hand on the rows which they are given.
const ROWS: [&str; 4] = ["sort", "reverse", "list", "unique"];

const KEYWORDS: [&str; 16] = [
    "and",
    "or",
    "not",
    "if",
    "else",
    "elif",
    "in",
    "is",
    "for",
    "set",
    "endfor",
    "endif",
    "true",
    "false",
    "none",
    "recursive",
];

/// The paths that go through a name which the template gives, with what it stands for in its place:
/// `attendees.name`.
pub(super) fn paths(text: &str) -> BTreeSet<String> {
    let mut names = Names { scopes: vec![Vec::new()], found: BTreeSet::new() };
    for (code, is_statement) in chunks(text) {
        if is_statement {
            names.statement(code.trim());
        } else {
            names.collect(code);
        }
    }
    names.found
}

/// The names that a template gives, and what they stand for; `None`: nothing that is followed.
struct Names {
    scopes: Vec<Vec<(String, Option<String>)>>,
    found: BTreeSet<String>,
}

impl Names {
    fn statement(&mut self, code: &str) {
        let (word, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
        match word {
            "for" => self.begin_loop(rest),
            "endfor" | "endmacro" | "endwith" => {
                if self.scopes.len() > 1 {
                    self.scopes.pop();
                }
            }
            "set" => match rest.split_once('=') {
                Some((name, value)) => {
                    self.collect(value);
                    let path = self.rows(value);
                    self.give(name, path);
                }
                None => self.give(rest.split('|').next().unwrap_or_default(), None),
            },
            // What a macro or a `with` is given is not followed.
            "macro" | "with" => {
                self.scopes.push(Vec::new());
                for name in rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_') {
                    self.give(name, None);
                }
            }
            _ => self.collect(rest),
        }
    }

    fn begin_loop(&mut self, rest: &str) {
        let Some((given, rest)) = rest.split_once(" in ") else {
            self.scopes.push(Vec::new());
            return;
        };
        let (rows, condition) = rest.split_once(" if ").unwrap_or((rest, ""));
        self.collect(rows);
        let path = self.rows(rows).filter(|_| !given.contains(','));
        self.scopes.push(vec![("loop".to_owned(), None)]);
        for name in given.split(',') {
            self.give(name, path.clone());
        }
        self.collect(condition);
    }

    fn give(&mut self, name: &str, path: Option<String>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name.trim().to_owned(), path));
        }
    }

    /// What a name stands for; the outer `None`: the template does not give it.
    fn given(&self, name: &str) -> Option<&Option<String>> {
        let names = self.scopes.iter().rev().flat_map(|scope| scope.iter().rev());
        names.into_iter().find(|(known, _)| known == name).map(|(_, path)| path)
    }

    /// The path of the rows that an expression stands for.
    fn rows(&self, expression: &str) -> Option<String> {
        let mut parts = expression.trim().split('|').map(str::trim);
        let path = parts.next().filter(|path| is_path(path))?;
        let keeps =
            |filter: &str| ROWS.contains(&filter.split('(').next().unwrap_or(filter).trim());
        if !parts.all(keeps) {
            return None;
        }
        let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
        let first = self.given(first).cloned().unwrap_or_else(|| Some(first.to_owned()))?;
        Some(rest.map_or_else(|| first.clone(), |rest| format!("{first}.{rest}")))
    }

    /// Notes the paths of an expression that begin with a name the template gives.
    fn collect(&mut self, code: &str) {
        let (mut position, mut before) = (0, "");
        while let Some(letter) = code[position..].chars().next() {
            let rest = &code[position..];
            let length = match letter {
                '"' | '\'' => string_length(rest, letter),
                _ if letter.is_alphanumeric() || letter == '_' => rest
                    .find(|letter: char| !letter.is_alphanumeric() && !"_.".contains(letter))
                    .unwrap_or(rest.len()),
                _ => letter.len_utf8(),
            };
            let token = &rest[..length];
            position += length;
            if is_path(token) && !["|", ".", "is"].contains(&before) {
                self.note(token, code[position..].trim_start());
            }
            if !token.trim().is_empty() {
                before = token;
            }
        }
    }

    fn note(&mut self, path: &str, after: &str) {
        let is_argument = after.starts_with('=') && !after.starts_with("==");
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        if is_argument || KEYWORDS.contains(&first) || rest.is_empty() || after.starts_with('(') {
            return;
        }
        if let Some(Some(stands)) = self.given(first) {
            let whole = format!("{stands}.{rest}");
            self.found.insert(whole);
        }
    }
}

fn is_path(text: &str) -> bool {
    let word = |part: &str| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    text.split('.').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(paths(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn what_stands_after_a_loops_name_is_a_column_of_its_rows() {
        check(
            "{% for a in attendees %}{{ a.name }} <{{ a.email | lower }}>{% endfor %}",
            &["attendees.email", "attendees.name"],
        );
        check(
            "{% for d in rows | sort(attribute='name') %}{{ d.agent.email }}{% for s in d.steps if s.on %}{{ s.delay ~ loop.index }}{% endfor %}{% endfor %}",
            &["rows.agent.email", "rows.steps", "rows.steps.delay", "rows.steps.on"],
        );
        check(
            "{% set all = rows | sort %}{% for x in all %}{{ 'x.y' if x.z == 'a' }}{% endfor %}",
            &["rows.z"],
        );
    }

    #[test]
    fn a_name_that_stands_for_no_rows_is_not_followed() {
        check("{% for k in rows | by('a') %}{{ k.b }}{% endfor %}", &[]);
        check("{% set g = rows | by('a') %}{% for x in g['b'] %}{{ x.c }}{% endfor %}", &[]);
        check("{% for a, b in pairs %}{{ a.c }}{% endfor %}{{ a.d }}", &[]);
        check("{% for a in rows %}{% set a = 1 %}{{ a.b }}{% endfor %}", &[]);
        check("{% for a in rows %}{{ f(a=1) }}{{ 'a.b' }}{{ x | a.b }}{% endfor %}{{ a.c }}", &[]);
        check(
            "{% macro m(a) %}{{ a.b }}{% endmacro %}{% raw %}{% for a in rows %}{{ a.b }}{% endraw %}",
            &[],
        );
    }
}
