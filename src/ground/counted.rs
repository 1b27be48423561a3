//! Counts in sentences.

use std::fmt::Display;

/// So many of something: one of it, or more.
pub fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// How many are named where there may be any number of them.
pub const NAMED: usize = 5;

/// The first few of so many, by name, and how many more there are.
pub fn listed(first: impl Iterator<Item = impl Display>, count: usize) -> String {
    let named: Vec<_> = first.take(NAMED).map(|one| one.to_string()).collect();
    let (shown, more) = (named.join(", "), count.saturating_sub(named.len()));
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_said_apart_from_none_and_many() {
        let told = [0, 1, 2].map(|count| counted(count, "link does", "links do"));
        assert_eq!(told, ["0 links do", "1 link does", "2 links do"]);
    }

    #[test]
    fn of_many_the_first_few_are_named() {
        assert_eq!(listed(1..=5, 5), "1, 2, 3, 4, 5");
        assert_eq!(listed(1..=9, 9), "1, 2, 3, 4, 5 and 4 more");
        assert_eq!(listed(1..=5, 5000), "1, 2, 3, 4, 5 and 4995 more");
    }
}
