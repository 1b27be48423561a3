//! Decisions within files of TOML: comments and order stay as they are.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use similar::TextDiff;
use toml_edit::{DocumentMut, Item, TomlError, Value};

use crate::ground::compared;

/// A text with these lines changed, or added at its end.
pub fn merged(text: &str, lines: &[(String, String)]) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let known: HashMap<_, _> =
        document.iter().map(|(known, _)| (compared(known), known.to_owned())).collect();
    for (key, value) in lines {
        let known = known.get(&compared(key));
        match known.and_then(|known| document.get_mut(known)).and_then(Item::as_value_mut) {
            Some(stands) => {
                let decor = stands.decor().clone();
                *stands = typed(stands, value);
                *stands.decor_mut() = decor;
            }
            None => {
                document.insert(key, toml_edit::value(value.as_str()));
            }
        }
    }
    let merged = document.to_string();
    // The ends of lines are no part of what was decided either. They are as the first one is.
    let is_windows = text.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    Ok(if is_windows { merged.replace("\r\n", "\n").replace('\n', "\r\n") } else { merged })
}

/// A value of the type that stood there, if it can be one and says the same: `007` is no `7`.
fn typed(stands: &Value, text: &str) -> Value {
    let same = match stands {
        Value::Integer(_) => text.parse::<i64>().ok().map(Value::from),
        Value::Float(_) => text.parse::<f64>().ok().map(Value::from),
        Value::Boolean(_) => text.parse::<bool>().ok().map(Value::from),
        Value::String(_) | Value::Datetime(_) | Value::Array(_) | Value::InlineTable(_) => None,
    };
    let same = same.filter(|value| value.to_string() == text);
    same.unwrap_or_else(|| Value::from(text))
}

/// What changes in a file, as programs for versions show it.
pub fn diff(name: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(2).header(name, name).to_string()
}

/// Puts a text in the place of another, whole or not at all, with the permissions that it had.
///
/// # Errors
/// The file cannot be written.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    let file = file.canonicalize()?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    fs::set_permissions(draft.path(), fs::metadata(&file)?.permissions())?;
    draft.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn comments_order_and_types_stay() {
        let before =
            "# Kinds\nLaw = \"Legal\" # as agreed\n\"Real Estate\" = 'x'\nscore = 1\n# end\n";
        let lines = [line("law ", "Lawyers"), line("score", "2"), line("Zoo \"x\"", "Animals")];
        let after = merged(before, &lines).unwrap();
        assert_eq!(
            after,
            "# Kinds\nLaw = \"Lawyers\" # as agreed\n\"Real Estate\" = 'x'\nscore = 2\n'Zoo \"x\"' = \"Animals\"\n# end\n"
        );
    }

    #[test]
    fn a_key_stands_once_whatever_its_capitals_and_blanks() {
        let after = merged("\"Real Estate\" = 'x'\n", &[line("REAL  estate", "y")]).unwrap();
        assert_eq!(after, "\"Real Estate\" = \"y\"\n");
    }

    #[test]
    fn a_number_is_written_as_it_was_decided() {
        let lines = [line("a", "007"), line("b", "2.50"), line("c", "TRUE"), line("d", "8")];
        let after = merged("a = 1\nb = 1.5\nc = true\nd = 7", &lines).unwrap();
        assert_eq!(after, "a = \"007\"\nb = \"2.50\"\nc = \"TRUE\"\nd = 8\n");
    }

    #[test]
    fn the_ends_of_lines_stay() {
        let after = merged("# a\r\na = \"1\"\r\n", &[line("b", "2")]).unwrap();
        assert_eq!(after, "# a\r\na = \"1\"\r\nb = \"2\"\r\n");
        let after = merged("a = 1\nb = 2\r\nc = 3\n", &[line("c", "4")]).unwrap();
        assert!(after.starts_with("a = 1\n") && after.ends_with("\nc = 4\n"), "{after:?}");
    }

    #[test]
    fn a_change_is_shown_with_its_surroundings() {
        let shown = diff("transforms/a.toml", "a = 1\nb = 2\n", "a = 1\nb = 3\n");
        assert_eq!(
            shown,
            "--- transforms/a.toml\n+++ transforms/a.toml\n@@ -1,2 +1,2 @@\n a = 1\n-b = 2\n+b = 3\n"
        );
    }
}
