//! The columns of a table.

use std::collections::HashMap;

/// A column: how a spec addresses it, and how the source writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in `snake_case`, as expressions and rules use it.
    pub name: Box<str>,
    /// Its name as it stands in the source, for documents and messages.
    pub shown: Box<str>,
}

/// The columns of one table, in the order in which they were met.
#[derive(Debug, Default, Clone)]
pub struct Header {
    columns: Vec<Column>,
    index: HashMap<Box<str>, usize>,
}

impl Header {
    /// A header of these columns; of two with one name the first counts.
    pub fn new(columns: Vec<Column>) -> Self {
        let mut header = Self::default();
        for column in columns {
            header.push(column);
        }
        header
    }

    /// Adds a column unless its name is there, and returns its position.
    pub fn push(&mut self, column: Column) -> usize {
        if let Some(&position) = self.index.get(&column.name) {
            return position;
        }
        let position = self.columns.len();
        self.index.insert(column.name.clone(), position);
        self.columns.push(column);
        position
    }

    /// The columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Where the column of that name stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }
}

/// The form in which a header is addressed: `Deal Name`, `dealName` and `DEAL-NAME` are `deal_name`.
///
/// Letters and digits stay, whatever their script; everything else is a word border, and so is the
/// step from a small letter or digit to a capital.
pub fn snake_case(shown: &str) -> Box<str> {
    let mut name = String::with_capacity(shown.len() + 4);
    let mut previous_small = false;
    let mut letters = shown.chars().peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_alphanumeric() {
            previous_small = false;
            if !name.is_empty() && !name.ends_with('_') {
                name.push('_');
            }
            continue;
        }
        let next_small = letters.peek().is_some_and(|next| next.is_lowercase());
        let starts_word = letter.is_uppercase() && (previous_small || next_small);
        if starts_word && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        previous_small = letter.is_lowercase() || letter.is_numeric();
        name.extend(letter.to_lowercase());
    }
    name.trim_end_matches('_').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shown: &str, name: &str) {
        assert_eq!(&*snake_case(shown), name, "{shown}");
    }

    #[test]
    fn headers_of_every_habit_are_addressed_in_snake_case() {
        check("Deal Name", "deal_name");
        check("dealName", "deal_name");
        check("deal_name", "deal_name");
        check(" Annual Revenue ($) ", "annual_revenue");
        check("EMAIL", "email");
        check("contactID", "contact_id");
        check("URLName", "url_name");
        check("address1City", "address1_city");
        check("Größe", "größe");
        check("zip2", "zip2");
    }
}
