//! Documents as single HTML files: they need no server, ask nothing of the network and run nothing
//! but their own script, whatever the data hold.
//!
//! ```text
//! let heading = Heading { title: "Plan", subtitle: "rezora into Nutshell", facts: &[("Records", Fact::Count(1200))], files: &[] };
//! let mut page = Page::begin(&out.join("plan.html"), &heading)?;
//! page.verdict(Tone::Good, "Nothing is in the way", "1,200 records are going to be written.");
//! page.section("outcomes", "What would become of the records", "Each record has one outcome.");
//! page.stacked(&Stacked { title: "Outcomes", series: &SERIES, bars: &bars });
//! let head = TableHead { id: "records", caption: "Records", columns: &COLUMNS, filters: &[0], … };
//! let mut rows = page.table(&head);
//! for record in records {
//!     rows.row(&[Cell::text(record.name).toned(Tone::Warn), Cell::change(before, after)])?;
//! }
//! rows.end()?;
//! page.finish()?;
//! ```
//!
//! What to know:
//! * Everything handed in is text and stays text. Words between backticks become code in prose
//!   (verdict, introductions, paragraphs, lists, cells of `Column::prose`); other cells stay as they
//!   are.
//! * Rows go to disk as they come: a table may have as many as it likes. The page holds the first
//!   [`ROWS_MAX`] and says how many there are and which file has all of them (`whole`).
//! * A table of more than a dozen rows gets a search, sorting and drop-downs for `filters`; a link
//!   such as `plan.html#q=bob` or `#records.kind=held` opens it narrowed. The name behind the dot is
//!   the column's in lower case; without `records.` it is meant for the first table.
//! * The order on the page is that of the calls, but verdict and facts always come first.
//! * Who reads without the script sees the first hundred rows; on paper stand the first 2,000 of those
//!   that are looked for. A line says so, and where all of them are.
//! * What two documents show alike is a function over `&mut Page`, such as `outcomes::outcomes`.
//! * Numbers go into `Column::number`, which groups digits; ids go into `Column::code`.
//! * Same calls, same bytes: a page asks no clock.

mod cell;
mod chart;
mod escape;
mod frame;
mod seal;
mod table;

pub use cell::{Cell, Tone};
pub use chart::{Bar, Bars, Paint, Series, Stacked, StackedBar};
pub use frame::{Fact, Heading, Page};
pub use table::{Column, ROWS_MAX, Rows, TableHead};
