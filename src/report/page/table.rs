//! Tables whose rows go to disk as they come; the script shows only those that are before the eye.

use std::fmt::Write as _;
use std::io;

use super::cell::Cell;
use super::escape;
use super::frame::Page;

/// How many rows a page holds at most: beyond that it becomes too heavy for a browser.
pub const ROWS_MAX: u64 = 200_000;

/// How many rows stand in the page without its script.
const ROWS_STATIC: u64 = 100;

/// Up to here a table is read as it is: without search, filters and a frame of its own.
const ROWS_PLAIN: u64 = 12;

/// How long a block of rows becomes: what a browser reads without a pause that is felt.
const BLOCK_BYTES: usize = 256 * 1024;

/// How wide a column is taken to be at most, in characters.
const WIDTH_MAX: usize = 60;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Prose,
    Number,
    Chip,
    Code,
    Change,
}

impl Kind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Prose => "prose",
            Self::Number => "number",
            Self::Chip => "state",
            Self::Code => "code",
            Self::Change => "change",
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Kind,
}

impl<'a> Column<'a> {
    /// Sentences of ours; words between backticks become code.
    pub const fn prose(name: &'a str) -> Self {
        Self { name, kind: Kind::Prose }
    }

    /// Names and values, as they are.
    pub const fn text(name: &'a str) -> Self {
        Self { name, kind: Kind::Text }
    }

    /// Numbers: to the right, digits in groups.
    pub const fn number(name: &'a str) -> Self {
        Self { name, kind: Kind::Number }
    }

    /// One of a few words, in the colour of its tone.
    pub const fn chip(name: &'a str) -> Self {
        Self { name, kind: Kind::Chip }
    }

    /// Ids, paths and other words of machines.
    pub const fn code(name: &'a str) -> Self {
        Self { name, kind: Kind::Code }
    }

    /// Two values, one in the place of the other.
    pub const fn change(name: &'a str) -> Self {
        Self { name, kind: Kind::Change }
    }
}

/// A table before its rows.
#[derive(Debug, Clone, Copy)]
pub struct TableHead<'a> {
    /// Its name in links: letters, digits and dashes, once on a page.
    pub id: &'a str,
    /// What it shows.
    pub caption: &'a str,
    /// Its columns.
    pub columns: &'a [Column<'a>],
    /// The positions of those with a drop-down.
    pub filters: &'a [usize],
    /// The file beside the page that has all rows.
    pub whole: Option<&'a str>,
    /// What is said when there is no row.
    pub empty: &'a str,
}

/// A table while it gets its rows; [`Rows::end`] puts it onto the page.
#[derive(Debug)]
pub struct Rows<'p, 'h> {
    page: &'p mut Page,
    head: TableHead<'h>,
    count: u64,
    /// Whether every row is before the eye, however many there are.
    laid_out: bool,
    /// The first rows as HTML.
    shown: String,
    /// Rows as JSON that are not on disk yet.
    block: String,
    /// How wide the values of each column are, in characters; the script knows its head.
    widths: Vec<usize>,
}

impl<'p, 'h> Rows<'p, 'h> {
    pub(super) fn begin(page: &'p mut Page, head: &TableHead<'h>) -> Self {
        let widths = vec![0; head.columns.len()];
        let (shown, block) = (String::new(), String::new());
        Self { page, head: *head, count: 0, laid_out: false, shown, block, widths }
    }

    /// Lays every row out before the eye and on paper, without a search of its own: for tables of
    /// some hundred rows at most, which are read and signed.
    #[must_use]
    pub const fn laid_out(mut self) -> Self {
        self.laid_out = true;
        self
    }

    /// Adds a row: a cell for each column.
    ///
    /// # Errors
    /// The row cannot be kept on disk.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.count += 1;
        if self.count > ROWS_MAX {
            return Ok(());
        }
        for ((width, cell), column) in self.widths.iter_mut().zip(cells).zip(self.head.columns) {
            *width = (*width).max(cell.width(column)).min(WIDTH_MAX);
        }
        if self.laid_out || self.count <= ROWS_STATIC {
            self.shown.push_str("<tr>");
            for (column, cell) in self.head.columns.iter().zip(cells) {
                cell.html(&mut self.shown, column);
            }
            self.shown.push_str("</tr>\n");
        }
        if self.laid_out {
            return Ok(());
        }
        self.block.push(if self.block.is_empty() { '[' } else { ',' });
        for (position, cell) in cells.iter().enumerate() {
            self.block.push(if position == 0 { '[' } else { ',' });
            cell.json(&mut self.block);
        }
        self.block.push(']');
        if self.block.len() > BLOCK_BYTES && self.count > ROWS_PLAIN {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let id = slug(self.head.id);
        let begin = format!("<script type=\"application/json\" data-rows=\"{id}\">");
        let block = std::mem::take(&mut self.block);
        self.page.spill(&[&begin, &block, "]</script>\n"])
    }

    /// Puts the table onto the page.
    ///
    /// # Errors
    /// The last rows cannot be kept on disk.
    pub fn end(mut self) -> io::Result<()> {
        let is_live = self.count > ROWS_PLAIN && !self.laid_out;
        if is_live {
            self.spill()?;
            self.page.set_count(self.count);
        }
        let mut out = String::new();
        let (id, class) = (slug(self.head.id), if is_live { "table live" } else { "table" });
        writeln!(out, "<div class=\"{class}\" id=\"{id}\">").unwrap_or_default();
        if self.count == 0 {
            out.push_str("<p class=\"empty\">");
            escape::prose(&mut out, self.head.empty);
            out.push_str("</p>\n</div>\n");
            self.page.push(&out);
            return Ok(());
        }
        if is_live {
            self.settings(&mut out);
        }
        self.markup(&mut out);
        self.note(&mut out);
        out.push_str("</div>\n");
        self.page.push(&out);
        Ok(())
    }

    /// What the script has to know.
    fn settings(&self, out: &mut String) {
        out.push_str("<script type=\"application/json\" class=\"settings\">{\"columns\":[");
        for (position, (column, width)) in self.head.columns.iter().zip(&self.widths).enumerate() {
            out.push_str(if position == 0 { "" } else { "," });
            out.push_str("{\"name\":");
            escape::json(out, column.name);
            write!(out, ",\"kind\":\"{}\",\"width\":{width}}}", column.kind.word())
                .unwrap_or_default();
        }
        writeln!(
            out,
            "],\"filters\":{:?},\"rows\":{},\"all\":{}}}</script>",
            self.head.filters,
            self.count.min(ROWS_MAX),
            self.count
        )
        .unwrap_or_default();
    }

    fn markup(&self, out: &mut String) {
        write!(
            out,
            "<div class=\"rows\"><table aria-rowcount=\"{}\"><caption>",
            self.count.min(ROWS_MAX) + 1
        )
        .unwrap_or_default();
        escape::html(out, self.head.caption);
        out.push_str("</caption>\n<thead><tr>");
        for column in self.head.columns {
            write!(out, "<th scope=\"col\" class=\"{}\">", column.kind.word()).unwrap_or_default();
            escape::html(out, column.name);
            out.push_str("</th>");
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        out.push_str(&self.shown);
        out.push_str("</tbody></table></div>\n");
    }

    /// How much of the table is before the reader, and where the whole is.
    fn note(&self, out: &mut String) {
        let count = escape::grouped(&self.count.to_string());
        if self.count > ROWS_STATIC && !self.laid_out {
            writeln!(out, "<p class=\"note first\">The first {ROWS_STATIC} of {count} rows.</p>")
                .unwrap_or_default();
        }
        if self.count > ROWS_MAX {
            let most = escape::grouped(&ROWS_MAX.to_string());
            writeln!(
                out,
                "<p class=\"note\">This page holds the first {most} of {count} rows.</p>"
            )
            .unwrap_or_default();
        }
        if let Some(file) = self.head.whole {
            write!(out, "<p class=\"note whole\">All {count} rows: <a href=\"").unwrap_or_default();
            escape::address(out, file);
            out.push_str("\">");
            escape::html(out, file);
            out.push_str("</a></p>\n");
        }
    }
}

/// A name that may stand in an attribute and in a link.
pub(super) fn slug(name: &str) -> String {
    name.chars()
        .map(
            |letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' },
        )
        .collect()
}
