//! Sources and their tables.

use indexmap::IndexMap;
use schemars::JsonSchema;

use crate::spec::json_schema::{OneOrMany, form};

form! {
    /// Requests per time: `5/s`, `300/min`, `1000/h`.
    Pace: r"^[0-9.]+ ?/ ?(s|min|h)$"
}
form! {
    /// A variable, `${NAME}` or `${NAME:sandbox}`: a secret never stands in a spec.
    Secret: r"^\$\{[A-Za-z_][A-Za-z0-9_]*(:sandbox)?\}$"
}

/// A system that records come from: over HTTP (`url`) or in a folder or zip of files (`files`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Source {
    /// The base address: HTTPS, HTTP on a loopback address, or `sandbox`.
    url: Option<String>,
    /// A folder or a zip, read against the project's folder, or `sandbox`.
    files: Option<String>,
    /// The credentials.
    auth: Option<Auth>,
    /// One login per account: lines of `user,password`; every table is read once per account.
    accounts: Option<Secret>,
    /// How a list is paged; without it a list comes whole.
    page: Option<Page>,
    /// At most this many requests: `5/s`.
    pace: Option<Pace>,
    /// The source whose tables this one completes: only rows that are missing there are added.
    /// What means nothing there does so here.
    union: Option<String>,
    /// IANA zone of times that carry none; UTC when not given.
    timezone: Option<String>,
    /// Formats (strptime) that dates and times may have, tried in order.
    dates: Option<OneOrMany<String>>,
    /// ISO 3166 code of phone numbers without a country.
    country: Option<String>,
    /// ISO 4217 code of amounts without a currency.
    currency: Option<String>,
    /// Values that mean "nothing".
    nulls: Option<OneOrMany<String>>,
    /// Encoding of files: `utf-8` by default, `windows-1252`, …
    encoding: Option<String>,
    /// Delimiter of CSV files; found out when not given.
    delimiter: Option<String>,
    /// The tables, by name.
    tables: IndexMap<String, Table>,
}

/// Credentials: one of the two.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Auth {
    /// A token.
    bearer: Option<Secret>,
    /// A user with a password.
    basic: Option<Basic>,
}

/// A user with a password.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Basic {
    /// The user.
    user: String,
    /// The password.
    password: Secret,
}

/// Pages, numbered from 1, until one is short.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Page {
    /// The query parameter of the page number: `page` by default.
    param: Option<String>,
    /// The query parameter of the page size: `size` by default.
    size_param: Option<String>,
    /// Rows per page.
    #[schemars(range(min = 1))]
    size: u64,
    /// The key under which the rows stand; without it the body is the list itself.
    items: Option<String>,
}

/// A table.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Table {
    /// Its path at the host or in the folder; `{groups.id}` is filled in for every row of groups.
    path: String,
    /// The sheet of an XLSX file; without it the first one.
    sheet: Option<String>,
    /// The column or columns that make its key.
    key: OneOrMany<String>,
    /// The column with the time of the last change.
    changed: Option<String>,
    /// The column that says that a row is deleted.
    deleted: Option<String>,
    /// Whether it may be missing without a word.
    optional: Option<bool>,
    /// Column to the table whose key it holds; `campaign_id` is then followed as `campaign.`
    links: Option<IndexMap<String, String>>,
    /// Source column to the name it gets; dots lead into its JSON: `owner.id: owner_id`.
    rename: Option<IndexMap<String, String>>,
    /// For an object of lists, `{"group": ["contact"]}`: the names of the two columns.
    #[schemars(length(min = 2, max = 2))]
    pairs: Option<Vec<String>>,
    /// The key under which the rows stand in the JSON around them; dots lead deeper. Without it they
    /// are its only list, or where `page` says.
    items: Option<String>,
}
