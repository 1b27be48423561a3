//! The `'` that exporters put before text that a spreadsheet would run as a formula.

/// The cell without its guard.
///
/// Only a `'` right before a sign that begins formulas is one; a quotation, which ends with `'` as
/// well, and a shortened word such as `'tis` stay as they are.
pub(super) fn unguarded(cell: &str) -> &str {
    let Some(rest) = cell.strip_prefix('\'') else { return cell };
    let guards = rest.starts_with(['=', '+', '-', '@', '\t', '\r']) && !rest.ends_with('\'');
    if guards { rest } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_against_formulas_is_taken_off() {
        assert_eq!(unguarded("'+1 303 555 0142"), "+1 303 555 0142");
        assert_eq!(unguarded("'=A1"), "=A1");
        assert_eq!(unguarded("'-12.5"), "-12.5");
        assert_eq!(unguarded("'@shadyacres"), "@shadyacres");
    }

    #[test]
    fn an_apostrophe_that_means_something_stays() {
        for cell in ["'tis", "'05", "'-quoted-'", "'", "O'Neill", "+1", ""] {
            assert_eq!(unguarded(cell), cell);
        }
    }
}
