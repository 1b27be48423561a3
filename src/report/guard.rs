//! Text that a spreadsheet must not take for a formula.

use std::borrow::Cow;

/// The cell as a person's spreadsheet may open it: what would run as a formula gets a leading `'`.
///
/// Plain numbers stay numbers. Quoting alone does not help (CWE-1236), hence the mark.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    // The wide letters of East Asian keyboards begin a formula as well.
    let runs =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠']);
    if runs && !cell.parse::<f64>().is_ok_and(f64::is_finite) {
        format!("'{cell}").into()
    } else {
        cell.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_marked_and_a_number_stays_one() {
        assert_eq!(guarded("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(guarded("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(guarded("＝1+1"), "'＝1+1");
        assert_eq!(guarded("-inf"), "'-inf");
        assert_eq!(guarded("-12.5"), "-12.5");
        assert_eq!(guarded("plain"), "plain");
    }
}
