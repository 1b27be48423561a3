//! How an expression uses its columns, read off its text once.
//!
//! Exports hold `0`, `No` and `11/03/2024 1:30 AM` as text, which is true and cannot be compared.
//! A column that a condition uses only as a yes or no is read as one, and a column that is compared
//! with `now` is read as an instant; everywhere else a column is what it is.

/// The columns of one expression or template that are read in a special way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Habit {
    /// Columns used only as a yes or no.
    pub(super) truths: Vec<String>,
    /// Columns compared with `now`.
    pub(super) instants: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Name(&'t str),
    Sign(&'t str),
}

impl Habit {
    /// The habit of a condition.
    pub(super) fn of_condition(text: &str) -> Self {
        let tokens = tokens(text);
        Self { truths: truths(&tokens), instants: instants(&tokens) }
    }

    /// The habit of a template: its columns are text, even when it tests them.
    pub(super) fn of_template(text: &str) -> Self {
        Self { truths: Vec::new(), instants: instants(&tokens(text)) }
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            _ if first.is_alphanumeric() || first == '_' => rest
                .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .unwrap_or(rest.len()),
            '<' | '>' | '=' | '!' if rest[1..].starts_with('=') => 2,
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let is_name = first.is_alphabetic() || first == '_';
        tokens.push(if is_name { Token::Name(token) } else { Token::Sign(token) });
        rest = after.trim_start();
    }
    tokens
}

fn truths(tokens: &[Token<'_>]) -> Vec<String> {
    let words = ["and", "or", "not", "if", "else"];
    let opens = |token: Option<&Token<'_>>| match token {
        None | Some(Token::Sign("(")) => true,
        Some(Token::Name(word)) => words.contains(word),
        Some(Token::Sign(_)) => false,
    };
    let closes = |token: Option<&Token<'_>>| match token {
        None | Some(Token::Sign(")")) => true,
        Some(Token::Name(word)) => ["and", "or", "if", "else"].contains(word),
        Some(Token::Sign(_)) => false,
    };
    let mut bare: Vec<String> = Vec::new();
    let mut used: Vec<&str> = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        let Token::Name(name) = token else { continue };
        let before = position.checked_sub(1).and_then(|before| tokens.get(before));
        if words.contains(name) {
            continue;
        }
        if opens(before) && closes(tokens.get(position + 1)) {
            bare.push((*name).to_owned());
        } else {
            used.push(name);
        }
    }
    bare.retain(|name| !used.contains(&name.as_str()));
    bare.sort();
    bare.dedup();
    bare
}

fn instants(tokens: &[Token<'_>]) -> Vec<String> {
    let compares = |sign: &str| ["<", ">", "<=", ">="].contains(&sign);
    let mut found = Vec::new();
    for window in tokens.windows(3) {
        let &[Token::Name(left), Token::Sign(sign), Token::Name(right)] = window else { continue };
        match (left, right) {
            (column, "now") | ("now", column) if compares(sign) => found.push(column.to_owned()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, truths: &[&str], instants: &[&str]) {
        let habit = Habit::of_condition(input);
        assert_eq!(habit.truths, truths, "{input}");
        assert_eq!(habit.instants, instants, "{input}");
    }

    #[test]
    fn a_bare_column_is_a_yes_or_no() {
        check("unsubscribed or bounced_at", &["bounced_at", "unsubscribed"], &[]);
        check("not is_primary", &["is_primary"], &[]);
        check("not (name or email)", &["email", "name"], &[]);
    }

    #[test]
    fn a_column_that_is_compared_stays_what_it_is() {
        check(r#"kind == "self""#, &[], &[]);
        check(r#"source_type in ["form_fill"] and not agent_id"#, &["agent_id"], &[]);
        check("is_primary == 'No' or not is_primary", &[], &[]);
        check("name | length", &[], &[]);
    }

    #[test]
    fn a_column_beside_now_is_an_instant() {
        check("end_time < now", &[], &["end_time"]);
        check("now >= end_time", &[], &["end_time"]);
    }
}
