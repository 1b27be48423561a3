//! Attached files: what their sources say of them before the run, and what will happen to each.
//!
//! Pure: somebody else asks the sources. The run decides with the same rules, so that both agree.
//!
//! Flags that only say what was done: `file_empty`, `file_renamed`, `no_upload`, `oversize`. Flags of
//! a record held: `file_missing`, `file_refused`, `no_place`, and in the run `copy_failed`,
//! `upload_refused`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use url::Url;

use super::gate::{self, Bucket};
use super::held::Held;
use super::names::{address_path, plain_name, plain_path, with_texts};
use super::predict::Plan;
use super::prepare::Desk;
use crate::ground::{Fate, Fields, Flag, Made, Outcome, Record, Rows};
use crate::spec::{Access, CopyTo, Endpoint, From, Object, ObjectKind, Pipeline, Template};

/// A file that a new record would carry.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The object (its position).
    pub object: usize,
    /// The row's key.
    pub key: Box<str>,
    /// Where the row stood in the source.
    pub place: Box<str>,
    /// The file's name, as the row has it; empty when it has none.
    pub name: String,
    /// Its path or address, as the row has it.
    pub from: String,
    /// What was remarked on the row.
    pub flags: Vec<Flag>,
}

/// What a source says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It is there, with so many bytes.
    Size(u64),
    /// It is there; its size is seen when it is fetched.
    Unknown,
    /// It cannot be had, and why.
    Missing(String),
    /// It is not fetched, and why.
    Refused(String),
}

/// What happens to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// It is uploaded to the CRM.
    Upload,
    /// It is copied to the customer's place, and a note links it.
    Copy(LinkedCopy),
    /// It waits for a person, and its record with it.
    Held,
}

/// A copy and its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedCopy {
    /// The path below the place that the spec names.
    pub path: String,
    /// The address under which the customer finds it.
    pub link: String,
}

/// A file of the plan.
#[derive(Debug, Clone, Serialize)]
pub struct FilePlan {
    /// The record, as `files:220`.
    pub record: String,
    /// Where its row stood in the source.
    pub place: String,
    /// The name that the file will have.
    pub name: String,
    /// Its path or address in the source.
    pub from: String,
    /// Its size; `None` when it is not known before it is fetched.
    pub bytes: Option<u64>,
    /// What will happen.
    pub way: Way,
    /// What is remarked on the file.
    pub flags: Vec<Flag>,
}

/// The files of a plan: object and row key to what will happen.
pub type FilePlans = BTreeMap<(usize, Box<str>), FilePlan>;

/// What is known of a file when it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The file's name, as the row has it.
    pub name: &'a str,
    /// Its path or address, as the row has it.
    pub from: &'a str,
    /// What the source says, or what was fetched.
    pub look: &'a Look,
    /// Whether the CRM takes uploads.
    pub uploads: bool,
}

/// What happens to a file.
#[derive(Debug)]
pub struct Judged {
    /// What.
    pub way: Way,
    /// The name that it gets.
    pub name: String,
    /// What is remarked.
    pub flags: Vec<Flag>,
}

impl Way {
    /// The word of plans and lists.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Copy(_) => "copy and link",
            Self::Held => "held",
        }
    }
}

impl Serialize for Way {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

/// The file of a record that the rules would make; `None` when it carries none.
pub(super) fn wanted(
    object: (usize, &Object),
    row: (&str, &str),
    made: (&Fields, &[Flag]),
) -> Option<Wanted> {
    let ((object, rules), (key, place), (fields, flags)) = (object, row, made);
    let text = |path: &str| match fields.get(path) {
        Some(Made::Plain(value)) => value.as_str().map(|text| text.trim().to_owned()),
        Some(Made::Links(_) | Made::User(_)) | None => None,
    };
    let from = text("content").filter(|_| rules.kind == ObjectKind::File)?;
    Some(Wanted {
        object,
        key: key.into(),
        place: place.into(),
        name: text("name").unwrap_or_default(),
        from,
        flags: flags.to_vec(),
    })
}

/// Decides about a file of a row; `row` gives the texts for the path and the link of a copy.
pub fn judge(desk: &Desk, object: usize, row: &Arc<Record>, facts: &Facts<'_>) -> Judged {
    let rules = &desk.pipeline.objects[object];
    let (name, mut flags) = named(rules, facts);
    let column = column(rules, "content");
    let mut remark =
        |code, detail: &str| flags.push(Flag::new(code, "content", &column, facts.from, detail));
    let bytes = match facts.look {
        Look::Size(bytes) => Some(*bytes),
        Look::Unknown => None,
        Look::Missing(why) => {
            remark("file_missing", why);
            return Judged { way: Way::Held, name, flags };
        }
        Look::Refused(why) => {
            remark("file_refused", why);
            return Judged { way: Way::Held, name, flags };
        }
    };
    if bytes == Some(0) {
        remark("file_empty", "the file has no content: it is carried as it is");
    }
    let limit = desk.pipeline.destination.plan.file_size_bytes;
    let over = bytes.zip(limit).filter(|(bytes, limit)| bytes > limit);
    let (code, why) = match over {
        Some((bytes, limit)) => ("oversize", format!("{bytes} bytes, and the plan allows {limit}")),
        None if facts.uploads => return Judged { way: Way::Upload, name, flags },
        None => ("no_upload", "the CRM takes no uploads".to_owned()),
    };
    let way = match copy(desk, object, row) {
        Ok(Some(copy)) => {
            remark(code, &format!("{why}: a copy takes its place, linked as {}", copy.link));
            Way::Copy(copy)
        }
        Ok(None) => {
            remark(
                "no_place",
                &format!("{why}: say `oversize` for the object, so that it is copied"),
            );
            Way::Held
        }
        Err(flag) => {
            flags.push(flag);
            Way::Held
        }
    };
    Judged { way, name, flags }
}

/// The name that a file gets, and a remark when it is another one than the row says.
fn named(rules: &Object, facts: &Facts<'_>) -> (String, Vec<Flag>) {
    let said = facts.name.trim();
    let mut name = plain_name(said);
    if name == said && !name.is_empty() {
        return (name, Vec::new());
    }
    let mut why = "a path, control characters and what is longer than 200 bytes are left out";
    if name.is_empty() {
        // The end of an address may be a query; a path has none.
        let path = Url::parse(facts.from)
            .map_or_else(|_| facts.from.to_owned(), |url| url.path().to_owned());
        name = plain_name(&path);
        why = "the row has no name for it: taken from its place";
    }
    if name.is_empty() {
        "file".clone_into(&mut name);
    }
    let detail = format!("{why}; the file is called `{name}`");
    let flag = Flag::new("file_renamed", "name", &column(rules, "name"), said, &detail);
    (name, vec![flag])
}

/// The path and the link of a row's copy; `None` when the object says nothing of copies.
fn copy(desk: &Desk, object: usize, row: &Arc<Record>) -> Result<Option<LinkedCopy>, Flag> {
    let Some(oversize) = &desk.pipeline.objects[object].oversize else { return Ok(None) };
    let render = |template: &Template, row: Record| {
        let made = desk.mapping.expand_text(object, template, &Arc::new(row), &desk.world());
        made.map_err(|flag| Flag::new("no_place", "oversize", "", &template.text, &flag.detail))
    };
    let path = plain_path(&render(&oversize.copy, with_texts(row, plain_path))?);
    if path.is_empty() {
        let detail = "`oversize.copy` makes no path of this row: the file stays where it is";
        return Err(Flag::new("no_place", "oversize", "", &oversize.copy.text, detail));
    }
    // A link that begins with a column is an address of the source, and stays as it is.
    let whole = oversize.link.text.trim_start().starts_with('{');
    let texts = |text: &str| if whole { text.to_owned() } else { address_path(text) };
    let link = render(&oversize.link, with_texts(row, texts))?;
    let link = link.split_whitespace().collect::<Vec<_>>().join("%20");
    Ok(Some(LinkedCopy { path, link }))
}

/// The source column of a field, for remarks; the field itself when it has none.
fn column(rules: &Object, path: &str) -> String {
    let field = rules.fields.iter().find(|field| field.target.path == path);
    match field.map(|field| &field.rule.from) {
        Some(From::Columns(columns)) => {
            columns.iter().map(|column| column.text.as_str()).collect::<Vec<_>>().join(", ")
        }
        Some(From::Value(_) | From::Template(_) | From::Each(_)) | None => path.to_owned(),
    }
}

/// What the engine knows beside the plan.
#[derive(Debug, Clone, Copy)]
pub struct Means {
    /// Whether the CRM takes uploads.
    pub uploads: bool,
    /// Whether the keys of buckets are at hand.
    pub bucket: Bucket,
}

/// Puts what the sources say into the plan: files that cannot be had are held, large ones are
/// copied. `looks` are the answers to `plan.wanted`, in its order.
pub fn settle(desk: &mut Desk, plan: &mut Plan, looks: &[Look], means: Means) {
    let mut copied = false;
    for (wanted, look) in std::mem::take(&mut plan.wanted).into_iter().zip(looks) {
        let object = wanted.object;
        let pipeline = Arc::clone(&desk.pipeline);
        let rules = &pipeline.objects[object];
        let Some(row) = desk.rows.get(desk.table(object), &wanted.key) else { continue };
        let facts = Facts { name: &wanted.name, from: &wanted.from, look, uploads: means.uploads };
        let Judged { way, name, flags } = judge(desk, object, &row, &facts);
        let record = format!("{}:{}", rules.name, wanted.key);
        let bucket =
            matches!(rules.oversize.as_ref().map(|oversize| &oversize.to), Some(CopyTo::Bucket(_)));
        copied |= bucket && matches!(way, Way::Copy(_));
        if way == Way::Held {
            desk.links.learn(&rules.name, &wanted.key, Fate::Left("flagged".into()));
        }
        enter(plan, rules, (&record, &wanted), (&way, &flags));
        let file = FilePlan {
            record,
            place: wanted.place.to_string(),
            name,
            from: wanted.from,
            bytes: if let Look::Size(bytes) = look { Some(*bytes) } else { None },
            way,
            flags,
        };
        plan.files.insert((object, wanted.key), file);
    }
    if copied {
        plan.gates.extend(gate::bucket(means.bucket));
    }
    plan.eta_s = super::predict::eta(&desk.pipeline, &plan.calls);
}

/// Moves a record of the prediction to what its file makes of it.
fn enter(
    plan: &mut Plan,
    rules: &Object,
    (record, wanted): (&str, &Wanted),
    (way, flags): (&Way, &[Flag]),
) {
    let Some(object) = plan.objects.iter_mut().find(|object| object.name == rules.name) else {
        return;
    };
    object.tally.remark(flags);
    match way {
        Way::Upload => *plan.calls.entry("upload".to_owned()).or_default() += 1,
        Way::Copy(_) => {}
        Way::Held => {
            object.tally.shift(Outcome::Created, Outcome::Flagged);
            if let Some(creates) = plan.calls.get_mut("newNote") {
                *creates = creates.saturating_sub(1);
            }
            let flags = wanted.flags.iter().chain(flags).cloned().collect();
            object.held.push(Held {
                record: record.to_owned(),
                place: wanted.place.to_string(),
                flags,
            });
        }
    }
}

/// Whether an address is at the source's own host, whose silence ends a run: a file elsewhere that
/// cannot be had is only its own record's trouble.
pub fn is_own(pipeline: &Pipeline, source: usize, from: &str) -> bool {
    let foreign = Url::parse(from).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    match (&pipeline.sources[source].access, foreign) {
        (_, None) | (Access::Rest { url: Endpoint::Sandbox, .. }, Some(_)) => true,
        (Access::Rest { url: Endpoint::Url(base), .. }, Some(url)) => {
            (base.host_str(), base.port_or_known_default())
                == (url.host_str(), url.port_or_known_default())
        }
        (Access::Files(_), Some(_)) => false,
    }
}
