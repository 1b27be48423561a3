//! Which delimiter a CSV file has.

/// The delimiters that exports use, the likeliest first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many rows are looked at.
const ROWS_MAX: usize = 20;

/// The delimiter of a file that begins with `head`: the one under which the first rows have the
/// most equal columns.
pub(super) fn delimiter(head: &[u8]) -> u8 {
    let score = |candidate: &u8| {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(*candidate)
            .from_reader(head);
        let widths: Vec<usize> = reader
            .byte_records()
            .take(ROWS_MAX)
            .map_while(Result::ok)
            .map(|row| row.len())
            .collect();
        let header = widths.first().copied().unwrap_or(0);
        let agreeing = widths.iter().filter(|width| **width == header).count();
        if header < 2 { 0 } else { agreeing * 1_000 / widths.len() * 100 + header.min(99) }
    };
    // `max_by_key` takes the last of equals.
    CANDIDATES.iter().rev().copied().max_by_key(score).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: u8) {
        assert_eq!(delimiter(head.as_bytes()) as char, expected as char, "{head}");
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_a_table() {
        check("id,name\n1,\"a;b;c\"\n", b',');
        check("id;name;city\n1;Ann, Bob;Rome\n", b';');
        check("id\tname\n1\tAnn\n", b'\t');
        check("\"id\"|\"name\"\n\"1\"|\"a,b\"\n", b'|');
        check("id\n1\n", b',');
        check("", b',');
    }
}
