//! How an expression uses its columns, read off its text once.
//!
//! Exports hold `0`, `No` and `11/03/2024 1:30 AM` as text, which is true and cannot be compared.
//! A column that a condition uses only as a yes or no is read as one, and a column that is compared
//! with `now` is read as an instant; everywhere else a column is what it is.

use std::sync::Arc;

use minijinja::Value;

use super::instant::Instant;
use super::stock::Stock;

/// The columns of one expression or template that are read in a special way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Habit {
    /// Columns used only as a yes or no.
    pub(super) truths: Vec<String>,
    /// Columns compared with `now`, of whatever row; other names among them do no harm.
    pub(super) instants: Vec<String>,
    /// Whether `now` is compared with a written text besides: both at once cannot be right.
    pub(super) is_mixed: bool,
}

/// Signs that ask what is earlier.
const COMPARES: [&str; 4] = ["<", ">", "<=", ">="];
/// Words at which a value beside a comparison ends.
const BOUNDS: [&str; 8] = ["and", "or", "not", "if", "else", "elif", "in", "is"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Name(&'t str),
    Sign(&'t str),
}

impl Habit {
    /// The habit of a condition.
    pub(super) fn of_condition(text: &str) -> Self {
        let tokens = tokens(text);
        let (mut truths, instants) = (truths(&tokens), instants(&tokens));
        truths.retain(|name| !instants.contains(name));
        Self { truths, is_mixed: is_mixed(&tokens, &instants), instants }
    }

    /// The habit of a template: its columns are text, even when it tests them.
    pub(super) fn of_template(text: &str) -> Self {
        let tokens = tokens(text);
        let instants = instants(&tokens);
        Self { truths: Vec::new(), is_mixed: is_mixed(&tokens, &instants), instants }
    }
}

impl Habit {
    /// The time of the run: text, unless columns are compared with it.
    pub(super) fn now(&self, stock: &Arc<Stock>) -> Value {
        if self.instants.is_empty() {
            return Value::from(stock.now.to_string());
        }
        Instant::now(stock)
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

/// The names on the other side of each comparison with `now`.
fn instants(tokens: &[Token<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        let &Token::Sign(sign) = token else { continue };
        if !COMPARES.contains(&sign) {
            continue;
        }
        let (before, after) = (&tokens[..position], &tokens[position + 1..]);
        if after.first() == Some(&Token::Name("now")) {
            found.extend(operand(before.iter().rev().copied(), [")", "("]));
        }
        if before.last() == Some(&Token::Name("now")) {
            found.extend(operand(after.iter().copied(), ["(", ")"]));
        }
    }
    found
}

fn is_mixed(tokens: &[Token<'_>], instants: &[String]) -> bool {
    let is_text =
        |token: Token<'_>| matches!(token, Token::Sign(sign) if sign.starts_with(['"', '\'']));
    let is_now = |token: Token<'_>| token == Token::Name("now");
    let beside = |window: &[Token<'_>]| {
        let &[left, Token::Sign(sign), right] = window else { return false };
        COMPARES.contains(&sign)
            && (is_now(left) && is_text(right) || is_text(left) && is_now(right))
    };
    !instants.is_empty() && tokens.windows(3).any(beside)
}

/// The names of the value that stands beside a comparison, outwards from its sign; the brackets are
/// those that open and close a group in that direction.
fn operand<'t>(tokens: impl Iterator<Item = Token<'t>>, [open, close]: [&str; 2]) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            Token::Name(word) if BOUNDS.contains(&word) && depth > 0 => {}
            Token::Name(word) if BOUNDS.contains(&word) => break,
            Token::Name(word) => names.push(word.to_owned()),
            Token::Sign(sign) if sign == open => depth += 1,
            Token::Sign(sign) if sign == close && depth > 0 => depth -= 1,
            Token::Sign("." | "|" | "[" | "]") => {}
            Token::Sign(_) if depth > 0 => {}
            Token::Sign(_) => break,
        }
    }
    names
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
        check("(end_time or start_time) < now", &[], &["start_time", "end_time"]);
        check("campaign.sent_at < now and kind == 'a'", &[], &["sent_at", "campaign"]);
        check("kind == 'a' and now <= end_time", &[], &["end_time"]);
        check("now and end_time", &["end_time", "now"], &[]);
    }
}
