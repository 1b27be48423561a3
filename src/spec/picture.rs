//! The faults of a spec as a person sees them: the line, a caret, other places and what to do.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::ground::{Diagnostic, Place};

/// Whether a picture is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// For a terminal.
    Color,
    /// For a file or a pipe.
    Plain,
}

type Texts<'t> = HashMap<&'t Path, Option<String>>;

/// The picture of these faults, each followed by an empty line; `text_of` gives the text of a file
/// that is quoted. A file without a text is named with line and column only.
pub fn picture(
    diagnostics: &[Diagnostic],
    text_of: &dyn Fn(&Path) -> Option<String>,
    paint: Paint,
) -> String {
    let texts: Texts<'_> =
        places(diagnostics).map(|place| (place.file.as_path(), text_of(&place.file))).collect();
    let renderer = match paint {
        Paint::Color => Renderer::styled(),
        Paint::Plain => Renderer::plain(),
    }
    .decor_style(DecorStyle::Ascii)
    .term_width(120);
    let mut whole = String::new();
    for diagnostic in diagnostics {
        whole.push_str(&renderer.render(&[group(diagnostic, &texts)]));
        whole.push_str("\n\n");
    }
    whole
}

fn places(diagnostics: &[Diagnostic]) -> impl Iterator<Item = &Place> {
    diagnostics.iter().flat_map(|diagnostic| {
        diagnostic.place.iter().chain(diagnostic.others.iter().map(|other| &other.place))
    })
}

fn group<'t>(diagnostic: &'t Diagnostic, texts: &'t Texts<'_>) -> Group<'t> {
    let title = Level::ERROR.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut group = Group::with_title(title);
    let mut files: Vec<&Path> = Vec::new();
    for place in places(std::slice::from_ref(diagnostic)) {
        if !files.contains(&place.file.as_path()) {
            files.push(&place.file);
        }
    }
    for file in files {
        group = match texts.get(file).and_then(Option::as_deref) {
            Some(text) => group.element(quoted(diagnostic, file, text)),
            None => group.elements(
                places(std::slice::from_ref(diagnostic))
                    .filter(|place| place.file.as_path() == file)
                    .map(unquoted),
            ),
        };
    }
    match &diagnostic.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

fn quoted<'t>(
    diagnostic: &'t Diagnostic,
    file: &Path,
    text: &'t str,
) -> Snippet<'t, Annotation<'t>> {
    let primary = diagnostic
        .place
        .iter()
        .filter(|place| place.file.as_path() == file)
        .map(|place| AnnotationKind::Primary.span(span(place, text)));
    let others =
        diagnostic.others.iter().filter(|other| other.place.file.as_path() == file).map(|other| {
            AnnotationKind::Context.span(span(&other.place, text)).label(other.text.as_str())
        });
    Snippet::source(text)
        .line_start(1)
        .path(file.display().to_string())
        .annotations(primary.chain(others))
}

fn unquoted(place: &Place) -> Origin<'_> {
    Origin::path(place.file.display().to_string()).line(place.line).char_column(place.column)
}

/// The bytes to underline: of a value over several lines only the first, and always whole
/// characters of the text as it is now.
fn span(place: &Place, text: &str) -> Range<usize> {
    let start = floor(text, place.bytes.start);
    let rest = text.get(start..).unwrap_or_default();
    let line_end = start + rest.find(['\n', '\r']).unwrap_or(rest.len());
    let end = floor(text, place.bytes.end).min(line_end);
    if end > start {
        return start..end;
    }
    let one = rest.chars().next().filter(|first| !matches!(first, '\n' | '\r'));
    start..start + one.map_or(0, char::len_utf8)
}

fn floor(text: &str, wanted: usize) -> usize {
    let mut at = wanted.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use crate::ground::Label;

    use super::*;

    const TEXT: &str = "name: rezora\nobjects:\n  people:\n    from: contcats\n    fields:\n      \
                        name: *whole   # Müller\n      note: |\n        one\n        two\n";

    fn place(file: &Arc<PathBuf>, needle: &str) -> Place {
        let start = TEXT.find(needle).unwrap();
        let before = &TEXT[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        Place { file: Arc::clone(file), line, column, bytes: start..start + needle.len() }
    }

    fn fault(place: Option<Place>) -> Diagnostic {
        Diagnostic {
            code: "unknown-table",
            message: "no source has a table `contcats`".to_owned(),
            place,
            others: Vec::new(),
            hint: Some("did you mean `contacts`?".to_owned()),
        }
    }

    fn plain(diagnostic: Diagnostic) -> String {
        let text_of = |file: &Path| (file != Path::new("gone.yaml")).then(|| TEXT.to_owned());
        picture(&[diagnostic], &text_of, Paint::Plain)
    }

    #[test]
    fn a_fault_shows_its_line_and_what_to_do() {
        let file = Arc::new(PathBuf::from("pipelines/rezora.yaml"));
        insta::assert_snapshot!(plain(fault(Some(place(&file, "contcats")))));
    }

    #[test]
    fn a_fault_behind_an_alias_shows_both_places() {
        let file = Arc::new(PathBuf::from("pipelines/rezora.yaml"));
        let mut shown = fault(Some(place(&file, "*whole")));
        let place = place(&file, "contcats");
        shown.others.push(Label { place, text: "the value is defined here".to_owned() });
        insta::assert_snapshot!(plain(shown));
    }

    #[test]
    fn a_value_over_several_lines_is_underlined_on_its_first() {
        let file = Arc::new(PathBuf::from("pipelines/rezora.yaml"));
        let shown = plain(fault(Some(place(&file, "|\n        one\n        two"))));
        assert!(shown.contains("note: |") && !shown.contains("two"), "{shown}");
    }

    #[test]
    fn a_file_that_cannot_be_quoted_is_still_named() {
        let file = Arc::new(PathBuf::from("gone.yaml"));
        insta::assert_snapshot!(plain(fault(Some(place(&file, "contcats")))));
        let nowhere = plain(fault(None));
        assert!(nowhere.starts_with("error[unknown-table]: no source"), "{nowhere}");
    }

    #[test]
    fn a_place_beyond_the_text_does_no_harm() {
        let file = Arc::new(PathBuf::from("pipelines/rezora.yaml"));
        for bytes in [900..901, 0..900, 92..93, TEXT.len()..TEXT.len()] {
            let place = Place { file: Arc::clone(&file), line: 1, column: 1, bytes };
            assert!(plain(fault(Some(place))).contains("pipelines/rezora.yaml"));
        }
    }

    #[test]
    fn colour_is_only_for_terminals() {
        let file = Arc::new(PathBuf::from("a.yaml"));
        let faults = [fault(Some(place(&file, "contcats")))];
        let text_of = |_: &Path| Some(TEXT.to_owned());
        assert!(picture(&faults, &text_of, Paint::Color).contains('\u{1b}'));
        assert!(!picture(&faults, &text_of, Paint::Plain).contains('\u{1b}'));
    }
}
