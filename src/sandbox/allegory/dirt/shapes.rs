//! What is wrong with a file as a whole: marks, headers, delimiters, rows of another width.

/// Something wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// What the case is.
    pub case: &'static str,
    /// The table whose file it is.
    pub table: &'static str,
    /// What it is.
    pub trouble: Trouble,
}

/// In which way a file is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It begins with the mark of UTF-8, and holds nothing but ASCII besides.
    Mark,
    /// Blanks stand around the header of this column.
    BlankHeader(&'static str),
    /// Its delimiter is this one.
    Delimiter(u8),
    /// A row of only so many cells as are named here stands in it.
    ShortRow(&'static [&'static str]),
    /// A row with this key has a cell too many.
    LongRow(&'static str),
    /// Its last line is this, and no row.
    Footer(&'static str),
    /// The row with this key stands in it twice, the same to the letter.
    Twice(&'static str),
    /// The row of this key stands in it a second time, with another value in this column.
    TwiceDiffering(&'static str, &'static str, &'static str),
    /// The quote in this row and column stands alone: the cell is not quoted.
    LoneQuote(&'static str, &'static str),
}

const fn shape(table: &'static str, trouble: Trouble, case: &'static str) -> Shape {
    Shape { case, table, trouble }
}

/// All of them. A file read under the declared encoding loses nothing by the mark: it is ASCII.
pub const SHAPES: [Shape; 17] = [
    shape("pipelines", Trouble::Mark, "a mark of UTF-8 before the first header"),
    shape("companies", Trouble::BlankHeader("company_name"), "blanks around a header"),
    shape("companies", Trouble::BlankHeader("website"), "blanks around a header"),
    shape("leads", Trouble::Delimiter(b';'), "semicolons between the cells"),
    shape("calls", Trouble::Delimiter(b'\t'), "tabs between the cells"),
    shape("meeting_attendees", Trouble::Delimiter(b'|'), "bars between the cells"),
    shape(
        "contacts",
        Trouble::ShortRow(&["990001", "Short", "Row", "short.row@mail.example"]),
        "a row that breaks off",
    ),
    shape("contacts", Trouble::LongRow("990002"), "a row with a cell too many"),
    shape("tasks", Trouble::LongRow("990003"), "a row with a cell too many"),
    shape("notes", Trouble::Footer("Total: 1,204 records"), "a footer that is no row"),
    shape("contacts", Trouble::Twice("1081"), "a row that stands there twice"),
    shape("companies", Trouble::Twice("1081"), "a row that stands there twice"),
    shape("meeting_attendees", Trouble::Twice("6100|ann@acme.example"), "an attendee twice"),
    shape(
        "contacts",
        Trouble::TwiceDiffering("1082", "mobile_phone", "212-555-0182"),
        "a key that two rows claim",
    ),
    shape(
        "companies",
        Trouble::TwiceDiffering("1082", "city", "Elsewhere"),
        "a key that two rows claim",
    ),
    shape("contacts", Trouble::LoneQuote("1052", "street"), "a quote that stands alone"),
    shape("calls", Trouble::LoneQuote("7013", "subject"), "a quote that stands alone"),
];
