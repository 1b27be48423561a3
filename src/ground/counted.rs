//! Counts in sentences.

/// So many of something: one of it, or more.
pub fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_said_apart_from_none_and_many() {
        let told = [0, 1, 2].map(|count| counted(count, "link does", "links do"));
        assert_eq!(told, ["0 links do", "1 link does", "2 links do"]);
    }
}
