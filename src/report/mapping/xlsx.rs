//! The document as sheets, with room for decisions.

use std::io::{self, Write};

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format,
    FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError,
};

use super::model::{Block, Cell, Choice, Column, Document, Kind, TITLE, Table};
use crate::ground::{counted, turns_text};
use crate::report::guard::guarded;
use crate::report::page::Tone;

/// The sheet with the lists from which decisions are taken.
const CHOICES: &str = "Choices";

/// What the first sheet says about decisions.
const ANSWERS: &str = "Decisions are written into the column Your decision of the sheets Value maps, Stages and Owners; the lists to choose from are on the sheet Choices.";

/// The width of a column that tables share, in characters.
const AMONG_WIDTH_MAX: u8 = 24;

/// The number of the paper size A4.
const PAPER_A4: u8 = 9;

/// The number of the format of cells that are text whatever is typed.
const TEXT_FORMAT: u8 = 49;

/// How many rows of a table a sheet takes.
const ROWS_MAX: usize = 1_000_000;

/// How many characters a cell takes, with some room.
const CELL_CHARS_MAX: usize = 32_000;

/// Writes the document.
pub(super) fn write(document: &Document, out: impl Write + Send) -> io::Result<()> {
    let mut book = workbook(document).map_err(io::Error::other)?;
    book.save_to_writer(out).map_err(io::Error::other)
}

fn workbook(document: &Document) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    // The time of making would make every file another one.
    let properties = DocProperties::new().set_title(TITLE).set_subject(&document.subtitle);
    let day = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&properties.set_creation_datetime(&day));
    let styles = Styles::new();
    let (choices, sections) = (&document.choices, &document.sections);
    let mut pen =
        Pen { book: &mut book, styles: &styles, choices, sheet: 0, next: 0, widths: Vec::new() };
    for (position, section) in sections.iter().enumerate() {
        if position == 0 {
            pen.head(document, section.sheet)?;
        } else if section.blocks.iter().any(stands_among) {
            pen.sheet(section.sheet, section.title, &section.introduction)?;
        }
        section.blocks.iter().try_for_each(|block| pen.block(block))?;
    }
    pen.lists()?;
    Ok(book)
}

/// Whether a block needs a sheet for its section. Paragraphs do not: they stand in the other forms.
const fn stands_among(block: &Block) -> bool {
    match block {
        Block::Text(_) => false,
        Block::List(..) => true,
        Block::Table(table) => table.sheet.is_none(),
    }
}

/// The looks of cells.
struct Styles {
    title: Format,
    head: Format,
    head_number: Format,
    plain: Format,
    /// Beside other tables: what is long runs on to the right.
    line: Format,
    number: Format,
    answer: Format,
    good: Format,
    warn: Format,
    bad: Format,
}

impl Styles {
    fn new() -> Self {
        let cell = || Format::new().set_align(FormatAlign::Top).set_text_wrap();
        let toned = |ground: u32, ink: u32| {
            cell().set_background_color(Color::RGB(ground)).set_font_color(Color::RGB(ink))
        };
        let edge = Color::RGB(0x00BF_C7D1);
        let head = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::VerticalCenter)
            .set_font_color(Color::White)
            .set_background_color(Color::RGB(0x001F_3A5F));
        Self {
            title: Format::new().set_bold().set_font_size(13),
            head_number: head.clone().set_align(FormatAlign::Right).set_indent(1),
            head,
            plain: cell(),
            line: Format::new().set_align(FormatAlign::Top),
            number: Format::new().set_align(FormatAlign::Top).set_num_format("#,##0_)"),
            // As text: what is typed stays as it is, `1-2` is no day and `=x` no formula.
            answer: toned(0x00FF_F8DC, 0x0000_0000)
                .set_num_format_index(TEXT_FORMAT)
                .set_border(FormatBorder::Thin)
                .set_border_color(edge)
                .set_unlocked(),
            good: toned(0x00E3_F3E6, 0x001B_5E2B),
            warn: toned(0x00FD_F0D5, 0x007A_4B00),
            bad: toned(0x00FB_E0DE, 0x008E_1B13),
        }
    }

    /// The look of a cell; nothing when it is that of all the others.
    const fn of(&self, cell: &Cell, column: &Column) -> Option<&Format> {
        match (cell.tone, column.kind) {
            (_, Kind::Answer) => Some(&self.answer),
            (Tone::Good, _) => Some(&self.good),
            (Tone::Warn, _) => Some(&self.warn),
            (Tone::Bad, _) => Some(&self.bad),
            (Tone::Plain, Kind::Number) => Some(&self.number),
            (Tone::Plain, Kind::Text | Kind::Prose | Kind::Chip | Kind::Code) => None,
        }
    }
}

/// What writes, sheet after sheet.
struct Pen<'a> {
    book: &'a mut Workbook,
    styles: &'a Styles,
    choices: &'a [Choice],
    /// The sheet of the section, and its next free row.
    sheet: usize,
    next: u32,
    /// How wide its columns are, which its tables share.
    widths: Vec<u8>,
}

impl Pen<'_> {
    /// The first sheet, with the figures that people look for first.
    fn head(&mut self, document: &Document, name: &str) -> Result<(), XlsxError> {
        self.sheet(name, TITLE, &document.subtitle)?;
        let (_, statement, explanation) = &document.verdict;
        self.lines(&[bare(statement)])?;
        self.next -= 1;
        self.lines(&[bare(explanation), ANSWERS.to_owned()])?;
        let (plain, bold) = (Format::new(), Format::new().set_bold());
        for (label, value) in &document.facts {
            let row = self.next;
            let sheet = self.book.worksheet_from_index(self.sheet)?;
            sheet.write_string_with_format(row, 0, *label, &bold)?;
            sheet.write_string_with_format(row, 1, text(&value.to_string()), &plain)?;
            self.next += 1;
        }
        self.next += 1;
        Ok(())
    }

    /// Begins the sheet of a section, which is read from the top.
    fn sheet(&mut self, name: &str, title: &str, introduction: &str) -> Result<(), XlsxError> {
        let sheet = add(self.book, name)?;
        sheet.write_string_with_format(0, 0, title, &self.styles.title)?;
        sheet.write_string(1, 0, bare(introduction))?;
        (self.sheet, self.next) = (self.book.worksheets().len() - 1, 3);
        self.widths.clear();
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), XlsxError> {
        match block {
            Block::Text(_) => Ok(()),
            Block::List(title, items) => {
                self.caption(title)?;
                let items: Vec<_> = items.iter().map(|item| format!("• {}", bare(item))).collect();
                self.lines(&items)
            }
            Block::Table(table) => match table.sheet {
                Some(name) => self.alone(name, table),
                None => self.among(table),
            },
        }
    }

    fn caption(&mut self, caption: &str) -> Result<(), XlsxError> {
        let sheet = self.book.worksheet_from_index(self.sheet)?;
        sheet.write_string_with_format(self.next, 0, caption, &self.styles.title)?;
        self.next += 1;
        Ok(())
    }

    fn lines(&mut self, lines: &[String]) -> Result<(), XlsxError> {
        let sheet = self.book.worksheet_from_index(self.sheet)?;
        for line in lines {
            sheet.write_string(self.next, 0, line)?;
            self.next += 1;
        }
        self.next += 1;
        Ok(())
    }

    /// A table on the sheet of its section.
    fn among(&mut self, table: &Table) -> Result<(), XlsxError> {
        self.caption(table.caption)?;
        let styles = self.styles;
        let start = self.next;
        self.widths.resize(self.widths.len().max(table.columns.len()), 0);
        let sheet = self.book.worksheet_from_index(self.sheet)?;
        for ((position, column), width) in (0..).zip(table.columns).zip(&mut self.widths) {
            *width = column.width.min(AMONG_WIDTH_MAX).max(*width);
            sheet.set_column_width(position, *width)?;
        }
        rows(sheet, (styles, &styles.line), (start, table))?;
        self.next = start + last_row(table).unwrap_or(1) + 2;
        Ok(())
    }

    /// A table on a sheet of its own: its header stays in sight, and people filter by it.
    fn alone(&mut self, name: &str, table: &Table) -> Result<(), XlsxError> {
        let (styles, choices) = (self.styles, self.choices);
        let sheet = add(self.book, name)?;
        sheet.set_repeat_rows(0, 0)?.set_freeze_panes(1, 0)?;
        for (position, column) in (0..).zip(table.columns) {
            sheet.set_column_width(position, column.width)?;
        }
        rows(sheet, (styles, &styles.plain), (0, table))?;
        for (row, cells) in (1..).zip(table.rows.iter().take(ROWS_MAX)) {
            sheet.set_row_height(row, height(table.columns, cells))?;
        }
        let (Some(column), Some(last)) = (last_column(table), last_row(table)) else {
            return Ok(());
        };
        sheet.autofilter(0, 0, last, column)?;
        if table.columns.last().is_some_and(|column| column.kind == Kind::Answer) {
            offer_all(sheet, choices, (column, table))?;
        }
        Ok(())
    }

    /// The lists from which decisions are taken.
    fn lists(&mut self) -> Result<(), XlsxError> {
        let head = &self.styles.head;
        let sheet = add(self.book, CHOICES)?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, choice) in (0..).zip(self.choices) {
            sheet.set_column_width(column, 32)?;
            sheet.write_string_with_format(0, column, text(&choice.about), head)?;
            for (row, value) in (1..).zip(&choice.values) {
                sheet.write_string(row, column, text(value))?;
            }
        }
        Ok(())
    }
}

/// A sheet that prints on as many pages as it is long.
fn add<'b>(book: &'b mut Workbook, name: &str) -> Result<&'b mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet().set_name(name)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_paper_size(PAPER_A4);
    Ok(sheet)
}

/// The rows of a table, from a row on.
fn rows(
    sheet: &mut Worksheet,
    (styles, plain): (&Styles, &Format),
    (start, table): (u32, &Table),
) -> Result<(), XlsxError> {
    for (position, column) in (0..).zip(table.columns) {
        let head = if column.kind == Kind::Number { &styles.head_number } else { &styles.head };
        sheet.write_string_with_format(start, position, column.name, head)?;
    }
    if table.rows.is_empty() {
        sheet.write_string_with_format(start + 1, 0, table.empty, &Format::new())?;
    }
    for (row, cells) in (start + 1..).zip(table.rows.iter().take(ROWS_MAX)) {
        for ((position, column), cell) in (0..).zip(table.columns).zip(cells) {
            let format = styles.of(cell, column).unwrap_or(plain);
            match (column.kind, cell.text.parse::<u32>()) {
                (Kind::Number, Ok(number)) => {
                    sheet.write_number_with_format(row, position, number, format)?
                }
                (Kind::Answer, _) => sheet.write_blank(row, position, format)?,
                (Kind::Prose, _) => {
                    sheet.write_string_with_format(row, position, bare(&cell.text), format)?
                }
                (Kind::Text | Kind::Number | Kind::Chip | Kind::Code, _) => {
                    sheet.write_string_with_format(row, position, text(&cell.text), format)?
                }
            };
        }
    }
    let more = table.rows.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        let told = format!("… and {} more than a sheet takes", counted(more as u64, "row", "rows"));
        sheet.write_string(start + 1 + last_row(table).unwrap_or_default(), 0, told)?;
    }
    Ok(())
}

/// How high a row is, in points, so that nothing wrapped is hidden: programs differ in whether they
/// see to it themselves.
fn height(columns: &[Column], cells: &[Cell]) -> u32 {
    let lines = |(cell, column): (&Cell, &Column)| {
        let width = usize::from(column.width).max(1);
        cell.text.lines().map(|line| line.chars().count().div_ceil(width).max(1)).sum()
    };
    let lines: usize = cells.iter().zip(columns).map(lines).max().unwrap_or(1);
    u32::try_from(lines.clamp(1, LINES_MAX)).unwrap_or(1) * LINE_POINTS
}

/// How high a line is, in points.
const LINE_POINTS: u32 = 15;

/// How many lines a row shows at most: no row is higher than 409 points.
const LINES_MAX: usize = 27;

/// What a decision of the row is chosen from.
fn about(cells: &[Cell]) -> &str {
    cells.last().map_or("", |cell| cell.text.as_str())
}

/// Lets decisions be chosen from their lists; rows with the same list share it, because programs
/// take only so many.
fn offer_all(
    sheet: &mut Worksheet,
    choices: &[Choice],
    (column, table): (u16, &Table),
) -> Result<(), XlsxError> {
    let rows = &table.rows[..table.rows.len().min(ROWS_MAX)];
    let mut first = 1;
    for alike in rows.chunk_by(|one, next| about(one) == about(next)) {
        let next = first + u32::try_from(alike.len()).unwrap_or_default();
        offer(sheet, choices, (first, next - 1, column), about(&alike[0]))?;
        first = next;
    }
    Ok(())
}

/// Lets decisions be chosen from a list; another one is still taken, and judged on its return.
fn offer(
    sheet: &mut Worksheet,
    choices: &[Choice],
    (first, end, column): (u32, u32, u16),
    about: &str,
) -> Result<(), XlsxError> {
    let found =
        choices.iter().position(|choice| choice.about == about && !choice.values.is_empty());
    let Some(position) = found else { return Ok(()) };
    let letter = letters(position);
    let last = choices[position].values.len() + 1;
    let range = Formula::new(format!("={CHOICES}!${letter}$2:${letter}${last}"));
    let validation = DataValidation::new()
        .allow_list_formula(range)
        .set_error_style(DataValidationErrorStyle::Warning);
    sheet.add_data_validation(first, column, end, column, &validation)?;
    Ok(())
}

/// The letters of a column.
fn letters(position: usize) -> String {
    let mut name = String::new();
    let mut rest = position + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
        name.insert(0, char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    name
}

fn last_row(table: &Table) -> Option<u32> {
    let count = table.rows.len().min(ROWS_MAX);
    u32::try_from(count).ok().filter(|count| *count > 0)
}

fn last_column(table: &Table) -> Option<u16> {
    u16::try_from(table.columns.len().checked_sub(1)?).ok()
}

/// Text that a cell takes, that no spreadsheet takes for a formula and that turns nothing.
pub(super) fn text(value: &str) -> String {
    let is_odd = |letter: char| (letter.is_control() && letter != '\n') || turns_text(letter);
    let clean = |letter: char| if is_odd(letter) { '\u{fffd}' } else { letter };
    guarded(value).chars().map(clean).take(CELL_CHARS_MAX).collect()
}

/// Prose without the marks of names.
fn bare(prose: &str) -> String {
    text(&prose.replace('`', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::mapping::model::Section;

    #[test]
    fn columns_have_letters() {
        assert_eq!([0, 25, 26, 51, 52].map(letters), ["A", "Z", "AA", "AZ", "BA"]);
    }

    #[test]
    fn decisions_stay_as_they_are_typed_and_rows_of_one_map_share_their_list() {
        const COLUMNS: [Column; 2] =
            [Column::new("Value", Kind::Text, 9), Column::new("Your decision", Kind::Answer, 9)];
        let row = |value: &str, about: &str| vec![value.into(), about.into()];
        let rows = vec![row("a", "x"), row("b", "x"), row("c", ""), row("d", "x")];
        let table = Table {
            id: "values",
            caption: "Values",
            columns: &COLUMNS,
            filters: &[],
            is_grouped: false,
            rows,
            empty: "",
            sheet: Some("Values"),
        };
        let section = Section {
            id: "values",
            title: "Values",
            introduction: String::new(),
            blocks: vec![Block::Table(table)],
            sheet: "Overview",
        };
        let choices = vec![Choice { about: "x".into(), values: vec!["=y".into()] }];
        let verdict = (Tone::Good, String::new(), String::new());
        let (subtitle, facts, sections) = (String::new(), Vec::new(), vec![section]);
        let mut out = Vec::new();
        write(&Document { subtitle, verdict, facts, sections, choices }, &mut out).unwrap();
        let mut zip = zip::ZipArchive::new(io::Cursor::new(out)).unwrap();
        let mut part = |name: &str| io::read_to_string(zip.by_name(name).unwrap()).unwrap();
        assert!(part("xl/styles.xml").contains("<xf numFmtId=\"49\""), "text, not anything");
        let sheet = part("xl/worksheets/sheet2.xml");
        let lists: Vec<_> = sheet.split("<dataValidation ").skip(1).collect();
        assert_eq!(lists.len(), 2, "{sheet}");
        assert!(lists[0].contains("sqref=\"B2:B3\"") && lists[1].contains("sqref=\"B5\""));
    }

    #[test]
    fn a_value_runs_in_no_spreadsheet() {
        assert_eq!(text("=1+1"), "'=1+1");
        assert_eq!(text("a\u{1}b\nc\u{202e}"), "a\u{fffd}b\nc\u{fffd}");
    }
}
