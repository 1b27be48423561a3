//! Letters that were decoded wrongly before they came here: remarked, never repaired.

use std::collections::HashSet;

use super::page::RowFault;
use crate::ground::Record;

/// A remark on each row that holds such letters, with its columns and the first of the values.
/// Rows in which bytes were no text are remarked already.
pub(super) fn remarks(rows: &[Record], said: &[RowFault]) -> Vec<RowFault> {
    let said: HashSet<&str> = said
        .iter()
        .filter(|fault| &*fault.flag.code == "bad_encoding")
        .map(|fault| &*fault.place)
        .collect();
    rows.iter().filter(|row| !said.contains(&*row.place)).filter_map(remark).collect()
}

fn remark(row: &Record) -> Option<RowFault> {
    let cells = row.header.columns().iter().zip(&row.cells);
    let found: Vec<_> = cells
        .filter_map(|(column, cell)| {
            let text = cell.as_str().filter(|text| is_suspect(text))?;
            Some((&*column.name, text))
        })
        .collect();
    let (_, value) = found.first()?;
    let detail = "letters as they look when a text was decoded wrongly before; kept as given";
    let mut fault = RowFault::new(&row.place, "encoding_suspect", value, detail);
    let columns: Vec<&str> = found.iter().map(|(column, _)| *column).collect();
    fault.flag.column = columns.join(", ").into();
    Some(fault)
}

/// Whether a text holds what UTF-8 looks like when it was taken for Windows-1252 (`JosÃ©`, `â€™`),
/// or the sign for bytes that were no text.
pub fn is_suspect(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        let broken = match letter {
            'Ã' | 'Â' => matches!(next, '\u{80}'..='\u{bf}' | '€' | '™' | 'š' | 'œ' | '‚' | 'ƒ'),
            'â' => next == '€',
            'ð' => next == 'Ÿ',
            '\u{fffd}' => true,
            _ => false,
        };
        if broken {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_languages_are_no_damage() {
        for text in ["JosÃ©", "Itâ€™s", "SÃ£o", "Â\u{a0}5", "ðŸ˜€", "Jos\u{fffd}"] {
            assert!(is_suspect(text), "{text}");
        }
        for text in ["José", "São Paulo", "SÃO", "Âge", "pâte", "Ængström", "😀", "5 €", "Ð"]
        {
            assert!(!is_suspect(text), "{text}");
        }
    }
}
