//! The checked pipeline: what a spec means once every name in it has been looked up.
//!
//! Positions (`usize`) in `tables`, `sources` and `objects` point into the vectors of the
//! [`Pipeline`]; they exist, because a spec with a name that does not is a fault.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;
use secrecy::SecretString;
use serde_json::Value;

use crate::ground::{Entity, Place};

/// A whole migration.
#[derive(Debug)]
pub struct Pipeline {
    /// The name: of the ledger, the output folder, the reports.
    pub name: String,
    /// The spec's file.
    pub file: PathBuf,
    /// The project's folder, against which relative paths of the spec are read: the parent of the
    /// `pipelines` folder, or the folder of the spec when it stands elsewhere.
    pub root: PathBuf,
    /// Where records come from.
    pub sources: Vec<Source>,
    /// Every table of every source.
    pub tables: Vec<Table>,
    /// Where they go.
    pub destination: Destination,
    /// Who owns what.
    pub owners: Owners,
    /// What is written.
    pub objects: Vec<Object>,
    /// What is kept as a file instead.
    pub archives: Vec<Archive>,
    /// How a sample is drawn.
    pub sample: Sample,
    /// How a delta is picked up.
    pub delta: Delta,
    /// What the closing comparison tolerates.
    pub reconcile: Reconcile,
    /// BLAKE3, in hex, over the resolved spec with its templates and maps; variables count by name,
    /// not by value, comments and formatting not at all.
    pub fingerprint: String,
    /// The variables that may decide what is written, each with a hash of what is made of it.
    pub variables: BTreeMap<String, String>,
}

/// The address of a source or destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// The embedded sandbox.
    Sandbox,
    /// A real host: HTTPS, or HTTP on a loopback address.
    Url(url::Url),
}

/// A system that records come from.
#[derive(Debug)]
pub struct Source {
    /// Its name under `sources`.
    pub name: String,
    /// How its tables are reached.
    pub access: Access,
    /// The source (its position) whose tables this one completes.
    pub union: Option<usize>,
    /// IANA zone of times that carry none; UTC when not given.
    pub timezone: String,
    /// Formats (strptime) that dates and times may have, tried in order.
    pub dates: Vec<String>,
    /// ISO 3166 code of phone numbers without a country.
    pub country: Option<String>,
    /// ISO 4217 code of amounts without a currency.
    pub currency: Option<String>,
    /// Values that mean "nothing", those of the source it completes among them; compared after
    /// trimming.
    pub nulls: Vec<String>,
    /// At most this many requests.
    pub pace: Option<Pace>,
    /// Encoding label of files (WHATWG), `utf-8` by default.
    pub encoding: String,
    /// Delimiter of CSV files; sniffed when not given.
    pub delimiter: Option<char>,
}

/// How the tables of a source are reached.
#[derive(Debug)]
pub enum Access {
    /// Over HTTP.
    Rest {
        /// The base address.
        url: Endpoint,
        /// The credentials.
        auth: Auth,
        /// How a list is paged; `None` when it comes whole.
        page: Option<Paging>,
    },
    /// In a folder of files.
    Files(FilesRoot),
}

/// The folder of a source's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesRoot {
    /// An export that the sandbox writes.
    Sandbox,
    /// A folder; relative ones stand against the project's folder.
    Folder(PathBuf),
}

/// Credentials of a REST source. Values of secrets never appear in any output.
#[derive(Debug)]
pub enum Auth {
    /// None.
    None,
    /// `Authorization: Bearer …`
    Bearer(SecretString),
    /// `Authorization: Basic …`
    Basic(SecretString, SecretString),
    /// One login per account, as lines of `user,password`; every table is read once per account.
    Accounts(SecretString),
}

/// How a list is paged: a page number from 1, until a page is short.
#[derive(Debug, Clone)]
pub struct Paging {
    /// The query parameter of the page number.
    pub param: String,
    /// The query parameter of the page size, `size` by default.
    pub size_param: String,
    /// Rows per page.
    pub size: usize,
    /// The key of the body under which the rows stand; `None` when the body is the list itself.
    pub items: Option<String>,
}

/// A pace: so many requests per so many seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Requests per second.
    pub per_second: f64,
}

/// A table of a source.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its source.
    pub source: usize,
    /// Its path at the host or in the folder; may hold one `{table.column}`.
    pub path: String,
    /// Where that path is written.
    pub path_place: Place,
    /// The sheet of an XLSX file; its first one when not given.
    pub sheet: Option<String>,
    /// For a path with `{groups.id}`: the table (of the same source) and the column.
    pub parent: Option<(usize, String)>,
    /// The columns that make its key.
    pub key: Vec<String>,
    /// The column with the time of the last change.
    pub changed: Option<String>,
    /// The column that says that a row is deleted.
    pub deleted: Option<String>,
    /// Whether it may be missing without a word.
    pub optional: bool,
    /// The columns that hold keys of other tables.
    pub links: Vec<TableLink>,
    /// Source column to the name it gets, both in snake case; dots lead into the column's JSON.
    pub rename: IndexMap<String, String>,
    /// The table of the `union` source that this one completes.
    pub completes: Option<usize>,
    /// For a JSON object of lists (`{"group": ["contact", …]}`): the names of the two columns.
    pub pairs: Option<[String; 2]>,
    /// The key under which the rows stand in an object around them; dots lead deeper. Without it
    /// they are in its only list.
    pub items: Option<String>,
    /// Where it is declared.
    pub place: Place,
}

/// A column that holds the key of a row of another table.
#[derive(Debug, Clone)]
pub struct TableLink {
    /// The column, for example `campaign_id`.
    pub column: String,
    /// The table.
    pub table: usize,
    /// The word that follows it in paths: the column without `_id`, for example `campaign`.
    pub word: String,
}

/// The CRM that is written.
#[derive(Debug)]
pub struct Destination {
    /// Its address.
    pub url: Endpoint,
    /// The user (e-mail or company domain).
    pub user: SecretString,
    /// The API key.
    pub key: SecretString,
    /// Pace of `find*` calls.
    pub pace_find: Option<Pace>,
    /// Pace of writing calls.
    pub pace_write: Option<Pace>,
    /// Whether missing custom fields are created.
    pub provision: Provision,
    /// Pipelines and their stages that must exist.
    pub pipelines: IndexMap<String, Vec<String>>,
    /// Activity types that must exist.
    pub activity_types: Vec<String>,
    /// An endpoint that takes files (`PUT <upload>/<hash>`), for accounts that have one.
    pub upload: Option<url::Url>,
    /// What the customer's plan allows.
    pub plan: PlanLimits,
}

/// What to do about custom fields that the CRM lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provision {
    /// Create them.
    Create,
    /// Only report them; a missing one refuses `apply`.
    Check,
}

/// Limits of the customer's plan; an absent one is not checked.
#[derive(Debug, Default)]
pub struct PlanLimits {
    /// The plan's name.
    pub name: Option<String>,
    /// People (contacts) it allows.
    pub people: Option<u64>,
    /// Custom fields it allows, over all objects.
    pub custom_fields: Option<u64>,
    /// Open leads it allows.
    pub open_leads: Option<u64>,
    /// Size of a file, in bytes.
    pub file_size_bytes: Option<u64>,
}

/// How owners are found.
#[derive(Debug)]
pub struct Owners {
    /// The table of the source's users, when the spec names one.
    pub table: Option<usize>,
    /// The column of their e-mail.
    pub match_column: String,
    /// Where it is named; `None` when it is the one that goes without saying.
    pub match_place: Option<Place>,
    /// E-mail in the source to e-mail in the CRM.
    pub aliases: IndexMap<String, String>,
    /// The file in which they are written; `None`: in the spec itself.
    pub aliases_file: Option<PathBuf>,
    /// E-mail of the user who owns what nobody else does.
    pub fallback: Option<String>,
}

/// What a spec may say after `to:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A company (`Accounts`).
    Company,
    /// A person (`Contacts`).
    Person,
    /// A lead in a sales pipeline (`Leads`).
    Deal,
    /// A lead (`Leads`).
    Lead,
    /// An activity.
    Activity,
    /// A task.
    Task,
    /// A note.
    Note,
    /// A file on a record: a note that holds or links it.
    File,
}

impl ObjectKind {
    /// Every kind, in the order of dependence.
    pub const ALL: [Self; 8] = [
        Self::Company,
        Self::Person,
        Self::Deal,
        Self::Lead,
        Self::Activity,
        Self::Task,
        Self::Note,
        Self::File,
    ];

    /// The word of the spec.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Person => "person",
            Self::Deal => "deal",
            Self::Lead => "lead",
            Self::Activity => "activity",
            Self::Task => "task",
            Self::Note => "note",
            Self::File => "file",
        }
    }

    /// The entity of the CRM that it is written as.
    pub const fn entity(self) -> Entity {
        match self {
            Self::Company => Entity::Accounts,
            Self::Person => Entity::Contacts,
            Self::Deal | Self::Lead => Entity::Leads,
            Self::Activity => Entity::Activities,
            Self::Task => Entity::Tasks,
            Self::Note | Self::File => Entity::Notes,
        }
    }
}

/// An object: rows of a table that become records of one kind.
#[derive(Debug)]
pub struct Object {
    /// Its name under `objects`.
    pub name: String,
    /// The table.
    pub table: usize,
    /// What they become.
    pub kind: ObjectKind,
    /// The destination fields by which an existing record is found; empty: never looked for.
    pub matching: Match,
    /// How rows that mean the same thing are joined.
    pub dedupe: Option<Dedupe>,
    /// Rows that belong to this object at all; the others are not counted among its source.
    pub condition: Option<Expr>,
    /// Rows left out, each with its reason.
    pub skip: Vec<Skip>,
    /// One row becomes several records.
    pub expand: Option<Expand>,
    /// The fields.
    pub fields: Vec<Field>,
    /// Objects (positions) that come first, beyond those that references demand.
    pub after: Vec<usize>,
    /// Columns that are not mapped on purpose.
    pub ignore: Ignore,
    /// What happens to a file over the limit.
    pub oversize: Option<Oversize>,
    /// Where it is declared.
    pub place: Place,
}

/// By which destination fields an existing record of the CRM is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match(pub Vec<String>);

/// How rows that mean the same thing are joined.
#[derive(Debug)]
pub struct Dedupe {
    /// The destination fields that must all agree.
    pub by: Vec<String>,
    /// The column whose latest value decides who stands for all; `None`: the first row read.
    pub latest: Option<String>,
}

/// A rule that leaves rows out.
#[derive(Debug)]
pub struct Skip {
    /// Why, in the customer's words.
    pub reason: String,
    /// Which rows.
    pub condition: Expr,
}

/// One row becomes one record per occurrence.
#[derive(Debug)]
pub struct Expand {
    /// Column of the recurrence rule (RFC 5545).
    pub rule: String,
    /// Column of the start.
    pub start: String,
    /// Column of the end.
    pub end: Option<String>,
    /// Column of exceptions.
    pub except: Option<String>,
    /// Last day.
    pub until: String,
    /// At most so many.
    pub max: usize,
}

/// Which columns are left unmapped on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ignore {
    /// These.
    Columns(Vec<String>),
    /// All that are not mapped.
    All,
}

/// What happens to a file over the limit.
#[derive(Debug)]
pub struct Oversize {
    /// Where copies go.
    pub to: CopyTo,
    /// Path (a template) of the copy below that place.
    pub copy: Template,
    /// Address (a template) under which the customer will find it.
    pub link: Template,
}

/// The place of copies: said by the spec alone, never by what a row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyTo {
    /// A folder; relative ones stand against the project's folder.
    Folder(PathBuf),
    /// A bucket of a host that speaks S3.
    Bucket(String),
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// Where it goes.
    pub target: Target,
    /// How it is made.
    pub rule: Rule,
    /// Where it is declared (its key).
    pub place: Place,
}

/// Where a field goes.
#[derive(Debug, Clone)]
pub struct Target {
    /// The destination path: `address.work.city`, `phone.mobile`, `Rezora_Id__c`.
    pub path: String,
    /// Its type.
    pub kind: Kind,
    /// Whether it takes several values.
    pub many: bool,
    /// The greatest length in characters, if the destination has one.
    pub chars_max: Option<usize>,
    /// The greatest length in bytes, if the destination has one.
    pub bytes_max: Option<usize>,
    /// The custom type, when it is a custom field; on an object without custom fields it becomes a
    /// line `Key: value` at the end of the record's text.
    pub custom: Option<CustomType>,
}

/// The type of a destination field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A web address.
    Url,
    /// A country, ISO 3166.
    Country,
    /// A number.
    Number,
    /// An amount with its currency.
    Money,
    /// Yes or no.
    Bool,
    /// A day.
    Date,
    /// An instant.
    Time,
    /// A length of time, in seconds.
    Duration,
    /// One of a list that the CRM's inventory holds (an open list for custom fields).
    Choice,
    /// Tags: created when missing.
    Tags,
    /// Sources of leads: created when missing.
    Sources,
    /// A lead's state: `open`, `pending`, `won`, `lost`, `cancelled`; an activity's: `scheduled`,
    /// `logged`, `cancelled`.
    Status(Vec<String>),
    /// A stage, written `pipeline / stage`.
    Stage,
    /// A user of the CRM, found through `owners`.
    User,
    /// Records of these entities.
    Reference(Vec<Entity>),
    /// The content of a file: a path or an address.
    Content,
}

/// The type of a custom field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomType {
    /// Short text.
    Text,
    /// Long text.
    LongText,
    /// A number.
    Number,
    /// An amount.
    Money,
    /// A day.
    Date,
    /// An instant; kept as RFC 3339 text where the CRM has no such type.
    Datetime,
    /// Yes or no.
    Bool,
    /// One of several options.
    Choice,
    /// Some of several options.
    MultiChoice,
}

/// How a field is made, in the fixed order source, shape, meaning, type, guards.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of the vocabulary that is there or not"
)]
pub struct Rule {
    /// Where the value comes from.
    pub from: From,
    /// Joins the values of several columns.
    pub join: Option<String>,
    /// Splits a text into several values.
    pub split: Option<String>,
    /// Drops repeated values.
    pub unique: bool,
    /// Writes the value as JSON text.
    pub json: Option<Shape>,
    /// Replaces values.
    pub map: Option<ValueMap>,
    /// Names another object's record.
    pub reference: Option<Reference>,
    /// The column of the currency.
    pub currency: Option<ColumnPath>,
    /// The value when there is none.
    pub default: Option<Value>,
    /// Whether a record without it is held.
    pub required: bool,
    /// The greatest length in characters; longer text is cut and flagged.
    pub chars_max: Option<usize>,
    /// What to do when the rule cannot say a value.
    pub otherwise: Else,
    /// Whether `true` of any merged row wins.
    pub merge_any: bool,
    /// Whether it is written in a second pass, after the records that it names.
    pub late: bool,
}

/// Where a value comes from.
#[derive(Debug)]
pub enum From {
    /// The first column that is not empty; all of them with `join`.
    Columns(Vec<ColumnPath>),
    /// A constant.
    Value(Value),
    /// A template.
    Template(Template),
    /// The rows of a child table.
    Each(Box<Each>),
}

/// The rows of a child table, as the source of a value.
#[derive(Debug)]
pub struct Each {
    /// The child table and the column in it that names the parent.
    pub child: Child,
    /// The column taken of each child; `None` when `json` says the shape.
    pub column: Option<ColumnPath>,
    /// Which children.
    pub condition: Option<Expr>,
    /// The column to sort by, and whether downwards.
    pub order: Option<(ColumnPath, Direction)>,
}

/// A direction of sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Up,
    /// Greatest first.
    Down,
}

/// A table whose rows belong to the rows of another.
#[derive(Debug, Clone)]
pub struct Child {
    /// The child table.
    pub table: usize,
    /// Its column that holds the parent's key.
    pub column: String,
}

/// A path from a row to a value: links, then a column, then keys of its JSON.
#[derive(Debug, Clone)]
pub struct ColumnPath {
    /// The path as typed, for messages: `group.agent.email`, `properties.Buyer Stage`.
    pub text: String,
    /// The links to follow.
    pub links: Vec<LinkStep>,
    /// The column.
    pub column: String,
    /// Keys into the column's JSON value.
    pub keys: Vec<String>,
}

/// A step of a path: from a column to the row of another table that it names.
#[derive(Debug, Clone)]
pub struct LinkStep {
    /// The column that holds the key.
    pub column: String,
    /// The table.
    pub table: usize,
}

/// An expression over the columns of a row, its links and its children.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Its text (minijinja, an expression).
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A template over the columns of a row, its links and its children.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its text (minijinja).
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// The shape of JSON text.
#[derive(Debug)]
pub enum Shape {
    /// The value itself.
    Whole,
    /// One column of each child: a list of values.
    Column(ColumnPath),
    /// An object: key to column.
    Object(Vec<(String, ColumnPath)>),
}

/// A value map.
#[derive(Debug)]
pub struct ValueMap {
    /// Source value, trimmed and in lower case, to what it becomes.
    pub entries: IndexMap<String, MapTarget>,
    /// The file in which it is written; `None`: in the spec itself.
    pub file: Option<PathBuf>,
}

/// What a value becomes.
#[derive(Debug, Clone)]
pub struct MapTarget {
    /// The source value as typed.
    pub shown: String,
    /// The destination value.
    pub value: Value,
}

/// A reference to another object's record.
#[derive(Debug)]
pub enum Reference {
    /// To one object, found by the first way that finds exactly one.
    To {
        /// The object.
        object: usize,
        /// The ways.
        tries: Vec<Try>,
    },
    /// To one of several objects, told apart by a column.
    Switch {
        /// The column with the type.
        column: ColumnPath,
        /// Type, trimmed and in lower case, to object.
        objects: IndexMap<String, usize>,
    },
    /// To records of several objects, each with a column that may hold their keys.
    Columns(Vec<(ColumnPath, usize)>),
}

/// A way to find the record that is referred to.
#[derive(Debug)]
pub enum Try {
    /// By its key.
    Id(ColumnPath),
    /// By a destination field of it (`name`).
    Value(String, ColumnPath),
    /// By the domain of an e-mail or web address; free-mail domains never match.
    Domain(ColumnPath),
}

/// What to do when a rule cannot say a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Else {
    /// Write the record without it, with a flag.
    Flag,
    /// Hold the record.
    Hold,
    /// Leave the record out.
    Skip,
    /// Write the record without it; it was to be expected.
    Ignore,
    /// End the run.
    Stop,
}

/// A table, or a part of it, kept as a file.
#[derive(Debug)]
pub struct Archive {
    /// The file's name.
    pub file: String,
    /// Its format.
    pub format: ArchiveFormat,
    /// The table.
    pub table: usize,
    /// Which rows.
    pub condition: Option<Expr>,
    /// Column of the file to path; all columns as they stand when empty.
    pub columns: Vec<Cell>,
    /// Where it is declared.
    pub place: Place,
}

/// A column of an archive.
#[derive(Debug)]
pub struct Cell {
    /// Its header.
    pub name: String,
    /// The path to its value.
    pub path: ColumnPath,
}

/// The format of an archive.
#[derive(Debug)]
pub enum ArchiveFormat {
    /// Comma-separated, guarded for people's spreadsheets.
    Csv,
    /// One JSON array.
    Json,
    /// JSON Lines.
    JsonLines,
    /// A document made by a template; the rows are its `rows`.
    Document {
        /// The template's text.
        template: String,
        /// Its file, for messages.
        path: PathBuf,
    },
}

/// How a sample is drawn.
#[derive(Debug)]
pub struct Sample {
    /// How many records.
    pub size: usize,
    /// Table to the columns whose values are to be covered.
    pub spread: Vec<(usize, Vec<ColumnPath>)>,
}

/// How a delta is picked up.
#[derive(Debug)]
pub struct Delta {
    /// How long after a full run, in seconds.
    pub window_s: u64,
    /// How far before the last run, in seconds.
    pub overlap_s: u64,
    /// What happens to records that vanished from the source.
    pub deleted: Else,
}

/// What the closing comparison tolerates.
#[derive(Debug)]
pub struct Reconcile {
    /// Difference between the source and the sum of all outcomes, per object.
    pub counts: Limit,
    /// Links that lead nowhere.
    pub orphans: Limit,
    /// Values that differ when read back.
    pub fields: Limit,
    /// Records read back per object.
    pub read_back: usize,
    /// Object to the field whose sums are compared.
    pub sums: Vec<(usize, String)>,
    /// What happens on a breach.
    pub breach: Breach,
}

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// So many.
    Count(u64),
    /// Such a share, 0.005 for `0.5%`.
    Share(f64),
}

/// What happens when a limit is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// The run ends with exit code 5.
    Stop,
    /// The run is taken back.
    Rollback,
}
