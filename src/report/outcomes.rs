//! What became, or would become, of the records: the same on the pages of a plan and of a run.

use std::io;

use super::page::{Cell, Column, Page, Paint, Series, Stacked, StackedBar, TableHead, Tone};
use crate::ground::Outcome;
use crate::plan::Tally;

/// The colour and the tone of an outcome.
pub(super) const fn look(outcome: Outcome) -> (Paint, Tone) {
    match outcome {
        Outcome::Created => (Paint::Blue, Tone::Good),
        Outcome::Updated => (Paint::Sky, Tone::Good),
        Outcome::Unchanged => (Paint::Grey, Tone::Plain),
        Outcome::Merged => (Paint::Green, Tone::Plain),
        Outcome::Skipped => (Paint::Violet, Tone::Plain),
        Outcome::Flagged => (Paint::Amber, Tone::Warn),
        Outcome::Failed => (Paint::Red, Tone::Bad),
    }
}

/// The outcomes of each object, as bars and as numbers, and why records were left out.
pub(super) fn outcomes(
    page: &mut Page,
    (title, introduction): (&str, &str),
    tallies: &[(&str, &Tally)],
) -> io::Result<()> {
    page.section("outcomes", title, introduction);
    let series =
        Outcome::ALL.map(|outcome| Series { name: outcome.name(), paint: look(outcome).0 });
    let bars: Vec<_> = tallies
        .iter()
        .map(|(object, tally)| StackedBar {
            label: object,
            values: Outcome::ALL.map(|outcome| tally.of(outcome)).into(),
        })
        .collect();
    page.stacked(&Stacked { title: "Outcomes of each object", series: &series, bars: &bars });
    let mut columns = vec![Column::text("Object"), Column::number("Source")];
    columns.extend(Outcome::ALL.iter().map(|outcome| Column::number(outcome.name())));
    let mut rows = page.table(&TableHead {
        id: "outcomes",
        caption: "Outcomes of each object",
        columns: &columns,
        filters: &[],
        whole: None,
        empty: "The spec has no objects.",
    });
    for (object, tally) in tallies {
        let mut cells = vec![Cell::text(*object), Cell::number(tally.source)];
        cells.extend(Outcome::ALL.iter().map(|outcome| match tally.of(*outcome) {
            0 => Cell::text("·"),
            count => match look(*outcome).1 {
                tone @ (Tone::Warn | Tone::Bad) => Cell::number(count).toned(tone),
                Tone::Plain | Tone::Good => Cell::number(count),
            },
        }));
        rows.row(&cells)?;
    }
    rows.end()?;
    reasons(page, tallies)
}

fn reasons(page: &mut Page, tallies: &[(&str, &Tally)]) -> io::Result<()> {
    if tallies.iter().all(|(_, tally)| tally.reasons.is_empty()) {
        return Ok(());
    }
    page.subsection("Why records were left out");
    let columns = [Column::text("Object"), Column::prose("Reason"), Column::number("Records")];
    let mut rows = page.table(&TableHead {
        id: "reasons",
        caption: "Why records were left out",
        columns: &columns,
        filters: &[0],
        whole: None,
        empty: "",
    });
    for (object, tally) in tallies {
        for (reason, count) in &tally.reasons {
            rows.row(&[Cell::text(*object), Cell::text(reason), Cell::number(count)])?;
        }
    }
    rows.end()
}
