//! The one place that prints: data on stdout, everything else on stderr.

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde_json::Value;

use super::args::Global;
use super::progress::Progress;
use crate::crm::Pressure;
use crate::engine::{Event, Watch};
use crate::ground::turns_text;

/// How much is said, and in which form.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four switches of the command line")]
pub(super) struct Terminal {
    json: bool,
    quiet: bool,
    color: bool,
    bars: bool,
    bar: Mutex<Option<ProgressBar>>,
    progress: Mutex<Option<Progress>>,
    began: Instant,
    /// How often the user asked for an end.
    stops: AtomicU8,
}

const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

impl Terminal {
    pub(super) fn new(global: &Global) -> Self {
        let Global { json, quiet, no_color, .. } = *global;
        let terminal = std::io::stderr().is_terminal();
        let color = terminal
            && !no_color
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            json,
            quiet,
            color,
            bars: terminal && !quiet && !json,
            bar: Mutex::default(),
            progress: Mutex::default(),
            began: Instant::now(),
            stops: AtomicU8::new(0),
        }
    }

    pub(super) const fn color(&self) -> bool {
        self.color
    }

    /// Data, for whoever reads stdout. A reader that went away is no fault.
    pub(super) fn data(text: &str) {
        drop(std::io::stdout().write_all(text.as_bytes()));
    }

    /// A line of JSON Lines, when that is wanted.
    pub(super) fn event(&self, event: &Value) {
        if self.json {
            Self::data(&format!("{event}\n"));
        }
    }

    /// A line of talk.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// The result, for a person: on stdout unless JSON goes there.
    pub(super) fn result(&self, text: &str) {
        if self.json {
            self.say(text);
        } else if !self.quiet {
            self.clear();
            Self::data(&format!("{}\n", escaped(text)));
        }
    }

    /// Something that went wrong, with its causes.
    pub(super) fn error(&self, error: &dyn Error) {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let inner_text = inner.to_string();
            if !text.contains(&inner_text) {
                text = format!("{text}: {inner_text}");
            }
            cause = inner.source();
        }
        self.fault(&text);
        self.event(&serde_json::json!({ "event": "error", "message": text }));
    }

    pub(super) fn fault(&self, text: &str) {
        self.line(&format!("{} {text}", self.paint(BAD, "error:")));
    }

    pub(super) fn hint(&self, text: &str) {
        self.line(&format!("{} {text}", self.paint(GOOD, "hint:")));
    }

    pub(super) fn good(&self, text: &str) -> String {
        self.paint(GOOD, text)
    }

    pub(super) fn warn(&self, text: &str) -> String {
        self.paint(WARN, text)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(DIM, text)
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// The pictures of faults, which bring their own colours.
    pub(super) fn picture(&self, text: &str) {
        self.end_bar();
        drop(std::io::stderr().write_all(text.as_bytes()));
    }

    fn line(&self, text: &str) {
        self.clear();
        drop(writeln!(std::io::stderr(), "{}", escaped(text)));
    }

    fn clear(&self) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.set_message("");
        }
    }

    /// Notes that the user wants an end; true when it is the second time.
    pub(super) fn stop(&self) -> bool {
        self.stops.fetch_add(1, Ordering::SeqCst) > 0
    }

    fn begin_bar(&self, name: &str, length: Option<u64>) {
        let progress = Progress::begin(name.to_owned(), length, self.began.elapsed());
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        if !self.bars {
            return;
        }
        let bar = match length {
            Some(length) => ProgressBar::new(length),
            None => ProgressBar::new_spinner(),
        };
        let template = if length.is_some() {
            "{prefix:18} {bar:30} {pos}/{len}  {rate}  {eta} left  {msg:.dim}"
        } else {
            "{prefix:18} {spinner} {pos} rows  {rate}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("rate", rate));
        }
        bar.set_prefix(name.to_owned());
        let mut current = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = current.replace(bar) {
            before.finish_and_clear();
        }
    }

    fn advance(&self, count: u64) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.inc(count);
        }
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.began.elapsed();
        if let Some(progress) = &mut *progress
            && progress.advance(count, now)
        {
            self.event(&progress.event(now));
            if !self.bars {
                self.say(&self.dim(&progress.line(now)));
            }
        }
    }

    fn press(&self, lanes: usize, pressure: Pressure) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(said) = progress.as_mut().map(|progress| progress.press(lanes, pressure)) else {
            return;
        };
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.set_message(said);
        }
    }

    fn end_bar(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Terminal {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::Table { table } => {
                self.begin_bar(table, None);
                self.event(&serde_json::json!({ "event": "table", "table": table }));
            }
            Event::Rows { rows, .. } => self.advance(*rows),
            Event::Stage { name, records } => {
                self.begin_bar(name, Some(*records));
                self.event(
                    &serde_json::json!({ "event": "stage", "stage": name, "records": records }),
                );
            }
            Event::Settled { records } => self.advance(*records),
            Event::Pressure { lanes, pressure } => self.press(*lanes, *pressure),
            Event::StageDone => self.end_bar(),
            Event::Note { text } => {
                self.end_bar();
                self.say(&self.dim(text));
            }
        }
    }

    fn stopping(&self) -> bool {
        self.stops.load(Ordering::SeqCst) > 0
    }
}

/// Records or rows a second, without a fraction.
fn rate(state: &ProgressState, text: &mut dyn std::fmt::Write) {
    write!(text, "{:.0}/s", state.per_sec()).unwrap_or_default();
}

/// Control characters and marks that turn the direction of text cannot reach the terminal; of the
/// sequences that begin with an escape only colours can.
fn escaped(text: &str) -> String {
    let odd = |letter: char| (letter.is_control() && letter != '\n') || turns_text(letter);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = color_length(rest).unwrap_or(letter.len_utf8());
        let (part, after) = rest.split_at(length);
        if length == letter.len_utf8() && odd(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push_str(part);
        }
        rest = after;
    }
    shown
}

/// The length in bytes of the colour that the text begins with.
fn color_length(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("\u{1b}[")?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    rest[digits..].starts_with('m').then_some(digits + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_source_cannot_steer_the_terminal() {
        assert_eq!(escaped("a\u{1b}]0;title\u{7}b"), "a\\u{1b}]0;title\\u{7}b");
        assert_eq!(escaped("\u{1b}[2J\u{1b}[1A"), "\\u{1b}[2J\\u{1b}[1A");
        assert_eq!(escaped("a\rb\u{202e}c"), "a\\u{d}b\\u{202e}c");
    }

    #[test]
    fn words_of_every_script_and_our_own_colours_stay_as_they_are() {
        let text = "\u{1b}[1m\u{1b}[32merror:\u{1b}[0m Größe → 高\nnext";
        assert_eq!(escaped(text), text);
    }
}
