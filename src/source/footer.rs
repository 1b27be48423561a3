//! The last lines of a file that speak of the file: `Total: 1,204 records`, `Generated 2026-03-01`.

/// What is said of such a line.
pub(super) const DETAIL: &str = "the file ends with this line, which is no row: compare a count in it with the rows that were read";

/// How many lines at the end of a page are looked at together.
pub(super) const ROWS_MAX: usize = 20;

/// Words by which a line of another width than the header speaks of the file.
const WORDS: [&str; 10] = [
    "total",
    "record",
    "records",
    "rows",
    "generated",
    "exported",
    "report",
    "confidential",
    "copyright",
    "©",
];

/// Words by which a line as wide as the header does: there it could be a record too.
const COUNTING_WORDS: [&str; 6] = ["total", "record", "records", "rows", "generated", "exported"];

/// Whether the text of a line that is no row speaks of the file.
pub(super) fn speaks_of_the_file(text: &str) -> bool {
    has_word(text, &WORDS)
}

/// The text of a row as wide as the header that counts or dates the file when it is the last: its
/// one filled cell. A record may hold such a word as well, so a figure must stand beside it.
pub(super) fn of_full_width(cells: &[String]) -> Option<String> {
    if cells.len() < 2 {
        return None;
    }
    let text = only_text(cells)?;
    let counts = text.contains(|letter: char| letter.is_ascii_digit());
    (counts && has_word(&text, &COUNTING_WORDS)).then_some(text)
}

/// The text of the one filled cell, or of the first ones when only the commas within one number
/// part them.
fn only_text(cells: &[String]) -> Option<String> {
    let last = cells.iter().rposition(|cell| !cell.trim().is_empty())?;
    let first = cells.iter().position(|cell| !cell.trim().is_empty())?;
    let filled = &cells[first..=last];
    let is_cut = |pair: &[String]| {
        let begins = pair[1].chars().take_while(char::is_ascii_digit).count() == 3;
        begins && pair[0].ends_with(|letter: char| letter.is_ascii_digit())
    };
    filled.windows(2).all(is_cut).then(|| filled.join(",").trim().to_owned())
}

fn has_word(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    let mut found = text.split(|letter: char| !letter.is_alphanumeric() && letter != '©');
    found.any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cells: &[&str], expected: Option<&str>) {
        let cells: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
        assert_eq!(of_full_width(&cells).as_deref(), expected, "{cells:?}");
    }

    #[test]
    fn a_row_with_one_filled_cell_that_counts_or_dates_the_file_is_its_footer() {
        check(&["Total: 1,204 records", "", ""], Some("Total: 1,204 records"));
        check(&["", "1204 rows", " "], Some("1204 rows"));
        check(&["Generated 2026-03-01", ""], Some("Generated 2026-03-01"));
    }

    #[test]
    fn a_count_that_its_own_comma_cut_in_two_is_put_together() {
        check(&["Total: 1", "204 records"], Some("Total: 1,204 records"));
        check(&["Total: 1", "204", "118 records", ""], Some("Total: 1,204,118 records"));
    }

    #[test]
    fn a_record_that_only_looks_alike_is_none() {
        check(&["7", "Total Wine"], None);
        check(&["Total Wine", ""], None);
        check(&["Report 7", ""], None);
        check(&["Total 7", "2045 rows"], None);
        check(&["1204", ""], None);
        check(&["", ""], None);
        check(&["Total: 1,204 records"], None);
    }
}
