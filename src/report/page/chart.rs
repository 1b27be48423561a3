//! Charts for those who would rather look than read: rectangles of SVG between words of HTML.
//!
//! Widths are hundredths of a per cent, whole numbers: no float comes into the bytes.

use std::fmt::Write;

use super::escape;
use super::frame::Page;

/// The whole width.
const WHOLE: u64 = 10_000;

/// What is there at all is as wide as this: a single record among thousands must be seen.
const SEEN: u64 = 60;

/// From this width on the number stands within its segment.
const LABELLED: u64 = 900;

/// How many bars are before the eye; the others unfold.
const BARS_SHOWN: usize = 15;

/// A colour; they can be told apart without seeing colours, in light and in darkness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// What was made or is well.
    Blue,
    /// What was changed.
    Sky,
    /// What stayed as it is.
    Grey,
    /// What was joined.
    Green,
    /// What was left out.
    Violet,
    /// What waits.
    Amber,
    /// What went wrong.
    Red,
}

impl Paint {
    const fn word(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Sky => "sky",
            Self::Grey => "grey",
            Self::Green => "green",
            Self::Violet => "violet",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

/// A part of every bar.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its colour.
    pub paint: Paint,
}

/// A bar of parts.
#[derive(Debug, Clone)]
pub struct StackedBar<'a> {
    /// What it is about.
    pub label: &'a str,
    /// A value for each series.
    pub values: Vec<u64>,
}

/// Bars of parts, each as wide as the others: shares.
#[derive(Debug, Clone, Copy)]
pub struct Stacked<'a> {
    /// What it shows.
    pub title: &'a str,
    /// The parts.
    pub series: &'a [Series<'a>],
    /// The bars.
    pub bars: &'a [StackedBar<'a>],
}

/// A bar: so many of so many.
#[derive(Debug, Clone, Copy)]
pub struct Bar<'a> {
    /// What it is about.
    pub label: &'a str,
    /// How many.
    pub value: u64,
    /// Of how many.
    pub of: u64,
    /// Its colour.
    pub paint: Paint,
}

/// Bars: fill rates, coverage.
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a> {
    /// What it shows.
    pub title: &'a str,
    /// The bars.
    pub bars: &'a [Bar<'a>],
}

impl Page {
    /// Bars of parts, with a legend of those that occur.
    pub fn stacked(&mut self, chart: &Stacked<'_>) {
        let mut out = begin(chart.title);
        out.push_str("<ul class=\"legend\">");
        for (position, series) in chart.series.iter().enumerate() {
            let sum: u64 = chart.bars.iter().filter_map(|bar| bar.values.get(position)).sum();
            if sum > 0 {
                write!(
                    out,
                    "<li><svg class=\"key\" aria-hidden=\"true\"><rect class=\"{}\" width=\"100%\" height=\"100%\"/></svg>",
                    series.paint.word()
                )
                .unwrap_or_default();
                escape::html(&mut out, series.name);
                write!(out, " <b>{}</b></li>", number(sum)).unwrap_or_default();
            }
        }
        out.push_str("</ul>\n");
        open(&mut out, "bars", chart.bars.iter().map(|bar| bar.label));
        let lines: Vec<_> = chart.bars.iter().map(|bar| stacked_line(bar, chart.series)).collect();
        folded(&mut out, &lines);
        out.push_str("</div>\n</figure>\n");
        self.push(&out);
    }

    /// Bars that say how many of how many.
    pub fn bars(&mut self, chart: &Bars<'_>) {
        let mut out = begin(chart.title);
        open(&mut out, "bars shares", chart.bars.iter().map(|bar| bar.label));
        let lines: Vec<_> = chart.bars.iter().map(line).collect();
        folded(&mut out, &lines);
        out.push_str("</div>\n</figure>\n");
        self.push(&out);
    }
}

fn begin(title: &str) -> String {
    let mut out = "<figure class=\"chart\"><figcaption>".to_owned();
    escape::html(&mut out, title);
    out.push_str("</figcaption>\n");
    out
}

/// Begins the bars, with as much room for the labels as they need.
fn open<'l>(out: &mut String, class: &str, labels: impl Iterator<Item = &'l str>) {
    let room = match labels.map(|label| label.chars().count()).max().unwrap_or(0) {
        0..=12 => "l1",
        13..=20 => "l2",
        21..=28 => "l3",
        _ => "l4",
    };
    writeln!(out, "<div class=\"{class} {room}\">").unwrap_or_default();
}

fn folded(out: &mut String, lines: &[String]) {
    let (first, more) = lines.split_at(lines.len().min(BARS_SHOWN));
    out.extend(first.iter().map(String::as_str));
    if !more.is_empty() {
        writeln!(out, "<details><summary>{} more</summary>", more.len()).unwrap_or_default();
        out.extend(more.iter().map(String::as_str));
        out.push_str("</details>\n");
    }
}

fn stacked_line(bar: &StackedBar<'_>, series: &[Series<'_>]) -> String {
    let total: u64 = bar.values.iter().sum();
    let said: Vec<_> = bar
        .values
        .iter()
        .zip(series)
        .filter(|(value, _)| **value > 0)
        .map(|(value, series)| format!("{} {}", number(*value), series.name))
        .collect();
    let mut out = row(bar.label, &said.join(", "));
    let mut at = 0;
    for ((value, width), series) in bar.values.iter().zip(widths(&bar.values)).zip(series) {
        if width == 0 {
            continue;
        }
        let word = series.paint.word();
        write!(out, "<g class=\"{word}\"><title>{} ", number(*value)).unwrap_or_default();
        escape::html(&mut out, series.name);
        write!(
            out,
            "</title><rect class=\"{word}\" x=\"{}%\" width=\"{}%\" height=\"100%\"/>",
            share(at),
            share(width)
        )
        .unwrap_or_default();
        if width >= LABELLED {
            write!(
                out,
                "<text x=\"{}%\" y=\"50%\">{}</text>",
                share(at + width / 2),
                number(*value)
            )
            .unwrap_or_default();
        }
        out.push_str("</g>");
        at += width;
    }
    writeln!(out, "</svg><span class=\"value\">{}</span></div>", number(total)).unwrap_or_default();
    out
}

fn line(bar: &Bar<'_>) -> String {
    let width = part(bar.value, bar.of).max(if bar.value > 0 { SEEN } else { 0 });
    let said = format!("{} of {}", number(bar.value), number(bar.of));
    let mut out = row(bar.label, &said);
    writeln!(
        out,
        "<rect class=\"ground\" width=\"100%\" height=\"100%\"/><rect class=\"{}\" width=\"{}%\" height=\"100%\"/></svg>\
         <span class=\"value\"><b>{}</b> {said}</span></div>",
        bar.paint.word(),
        share(width.min(WHOLE)),
        percent(bar.value, bar.of)
    )
    .unwrap_or_default();
    out
}

/// The beginning of a bar: its label, and what it says to those who do not see it.
fn row(label: &str, said: &str) -> String {
    let mut out = "<div class=\"bar\"><span class=\"label\"><bdi>".to_owned();
    escape::html(&mut out, label);
    out.push_str("</bdi></span><svg role=\"img\" aria-label=\"");
    escape::html(&mut out, label);
    out.push_str(": ");
    escape::html(&mut out, said);
    out.push_str("\">");
    out
}

/// A share of the whole width.
fn part(value: u64, of: u64) -> u64 {
    if of == 0 {
        return 0;
    }
    let part = u128::from(value) * u128::from(WHOLE) / u128::from(of);
    u64::try_from(part).unwrap_or(WHOLE)
}

/// The widths of parts: what is there is seen, and all of them fill the bar.
fn widths(values: &[u64]) -> Vec<u64> {
    let total = values.iter().sum();
    let mut widths: Vec<u64> = values
        .iter()
        .map(|value| if *value == 0 { 0 } else { part(*value, total).max(SEEN) })
        .collect();
    let sum: u64 = widths.iter().sum();
    if let Some(widest) = widths.iter_mut().max() {
        *widest = if sum == 0 { 0 } else { (*widest + WHOLE).saturating_sub(sum) };
    }
    widths
}

/// Hundredths of a per cent as SVG writes them.
fn share(width: u64) -> String {
    format!("{}.{:02}", width / 100, width % 100)
}

/// So many per cent, with one decimal; all of them only when it is all of them.
fn percent(value: u64, of: u64) -> String {
    if of == 0 {
        return "–".to_owned();
    }
    let tenths = part(value, of) / 10;
    match (value, tenths) {
        (0, _) => "0 %".to_owned(),
        (_, 0) => "under 0.1 %".to_owned(),
        (_, 1_000) => "100 %".to_owned(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

fn number(value: u64) -> String {
    escape::grouped(&value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_record_among_many_is_seen_and_the_bar_is_full() {
        let widths = widths(&[1_000_000, 1, 0, 1]);
        assert_eq!(widths, [9_880, 60, 0, 60]);
        assert_eq!(super::widths(&[0, 0]), [0, 0]);
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!(percent(99_999, 100_000), "99.9 %");
        assert_eq!(percent(5, 5), "100 %");
        assert_eq!(percent(1, 100_000), "under 0.1 %");
        assert_eq!(percent(0, 0), "–");
    }
}
