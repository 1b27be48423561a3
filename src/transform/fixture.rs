//! A small part of a real-estate CRM for tests: tables, rows, and a world that answers.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::ground::{
    Choices, Column, CrmId, Fate, Flag, Header, Holders, Links, Made, NAMED, Owner, OwnerRule,
    Owners, Record, Rows, User, compared,
};
use crate::spec::{
    Archive, ArchiveFormat, Child, CustomType, Dedupe, Direction, Each, Field, From, Kind,
    MapTarget, Object, ObjectKind, Pipeline, Reference, Rule, Shape, Skip, Try, ValueMap, example,
};

pub(super) use crate::spec::example::{expr, field, from, object, path, place, table, template};

use super::{Mapping, Verdict, World};

/// A rule over children, in the shape of an object.
pub(super) fn each(child: &str, column: &str, members: &[(&str, &str)]) -> Rule {
    let each = Each {
        child: Child { table: table(child), column: column.into() },
        column: None,
        condition: None,
        order: None,
    };
    let members = members.iter().map(|(key, text)| ((*key).into(), path(child, text)));
    Rule { json: Some(Shape::Object(members.collect())), ..Rule::plain(From::Each(Box::new(each))) }
}

/// A value map.
pub(super) fn map(entries: &[(&str, &str)]) -> ValueMap {
    let entries = entries
        .iter()
        .map(|(from, to)| (compared(from), MapTarget { shown: (*from).into(), value: json!(to) }));
    ValueMap { entries: entries.collect(), file: None }
}

/// A custom field.
pub(super) fn custom(path: &str, custom: CustomType, rule: Rule) -> Field {
    let mut field = field(path, Kind::Text, rule);
    field.target.custom = Some(custom);
    field
}

/// Objects and archives as a pipeline over the tables of the example.
pub(super) fn pipeline(objects: Vec<Object>, archives: Vec<Archive>) -> Arc<Pipeline> {
    Arc::new(example::pipeline(objects, archives))
}

/// A row from a JSON object; its key is its `id`.
pub(super) fn row(value: &Value) -> Arc<Record> {
    let members = value.as_object().unwrap();
    let columns = members.keys().map(|key| Column { name: (**key).into(), shown: (**key).into() });
    Arc::new(Record {
        occurrence: None,
        key: members["id"].as_str().unwrap().into(),
        place: "test".into(),
        source: 0,
        header: Arc::new(Header::new(columns.collect())),
        cells: members.values().cloned().collect(),
    })
}

/// A world of these rows; every row of a table is written unless it says otherwise.
#[derive(Debug, Default)]
pub(super) struct Town {
    tables: HashMap<&'static str, Vec<Arc<Record>>>,
    /// Values under which records are found: object, field, value, ids.
    pub(super) known: Vec<(&'static str, &'static str, &'static str, Vec<Box<str>>)>,
    /// Pick-lists: field and its options.
    pub(super) options: HashMap<&'static str, Vec<Box<str>>>,
}

impl Town {
    /// Adds rows to a table.
    pub(super) fn with(mut self, table: &'static str, rows: &[Value]) -> Self {
        self.tables.entry(table).or_default().extend(rows.iter().map(row));
        self
    }

    /// The world as rules see it.
    pub(super) fn world(&self) -> World<'_> {
        let now = "2026-11-26T12:00:00Z".parse().unwrap();
        World { rows: self, links: self, owners: self, choices: self, now }
    }
}

impl Rows for Town {
    fn get(&self, table: &str, key: &str) -> Option<Arc<Record>> {
        self.tables.get(table)?.iter().find(|row| *row.key == *key).cloned()
    }

    fn children(&self, table: &str, column: &str, value: &str) -> Vec<Arc<Record>> {
        let rows = self.tables.get(table).into_iter().flatten();
        rows.filter(|row| row.get(column) == value).cloned().collect()
    }
}

impl Links for Town {
    fn by_id(&self, object: &str, id: &str) -> Fate {
        let table = if object == "people" { "contacts" } else { object };
        match self.get(table, id) {
            Some(row) if row.get("kind") == "self" => Fate::Left("skipped".into()),
            Some(row) => Fate::Written(row.key.clone()),
            None => Fate::Missing,
        }
    }

    fn by_value(&self, object: &str, field: &str, value: &str) -> Holders<'_> {
        let mut known = self.known.iter();
        let found = known.find(|known| (known.0, known.1, known.2) == (object, field, value));
        found.map_or_else(Holders::default, |known| Holders {
            first: &known.3[..known.3.len().min(NAMED)],
            count: known.3.len(),
        })
    }
}

impl Owners for Town {
    fn owner(&self, id: Option<&str>) -> Owner {
        let agent = id.and_then(|id| self.get("agents", id));
        let rule = if agent.is_some() { OwnerRule::Matched } else { OwnerRule::Fallback };
        let name = agent.map_or("fallback".into(), |agent| agent.key.clone());
        let user = User { id: CrmId::from(&*name), name };
        Owner { user, rule, asked: id.unwrap_or_default().into() }
    }
}

impl Choices for Town {
    fn options(&self, _kind: &str, field: &str) -> Option<&[Box<str>]> {
        self.options.get(field).map(Vec::as_slice)
    }
}

/// What one field makes of rows of `contacts`, in one line: the value, then the flags.
pub(super) fn taste(field: Field, rows: &[Value], town: &Town) -> String {
    let path = field.target.path.clone();
    let companies = object("companies", "companies", ObjectKind::Company, Vec::new());
    let people = object("people", "contacts", ObjectKind::Person, vec![field]);
    let mapping = Mapping::compile(pipeline(vec![companies, people], Vec::new())).unwrap();
    let rows: Vec<_> = rows.iter().map(row).collect();
    line(&mapping.map(1, &rows, &town.world()), &path)
}

/// A verdict in one line.
pub(super) fn line(verdict: &Verdict, path: &str) -> String {
    let codes = |flags: &[Flag]| {
        let codes: Vec<_> = flags.iter().map(|flag| format!(" [{}]", flag.code)).collect();
        codes.concat()
    };
    match verdict {
        Verdict::Write { fields, late, flags, .. } => {
            let made = fields.get(path).or_else(|| late.get(path)).map(shown).unwrap_or_default();
            format!("{made}{}", codes(flags)).trim().to_owned()
        }
        Verdict::Skip { reason, flags } => format!("skip: {reason}{}", codes(flags)),
        Verdict::Hold { flags } => format!("hold{}", codes(flags)),
        Verdict::Stop { flag } => format!("stop [{}]", flag.code),
    }
}

/// A value as text.
pub(super) fn shown(made: &Made) -> String {
    match made {
        Made::Plain(Value::String(text)) => text.clone(),
        Made::Plain(value) => value.to_string(),
        Made::Links(keys) => keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Made::User(user) => format!("user {}", user.id),
    }
}

/// A reference to an object of [`taste`]: 0 companies, 1 people.
pub(super) fn reference(object: usize, tries: Vec<Try>) -> Rule {
    Rule {
        reference: Some(Reference::To { object, tries }),
        ..Rule::plain(From::Columns(Vec::new()))
    }
}

/// A document archive over a table.
pub(super) fn document(file: &str, table_name: &str, template: &str) -> Archive {
    Archive {
        file: file.into(),
        format: ArchiveFormat::Document { template: template.into(), path: file.into() },
        table: table(table_name),
        condition: None,
        columns: Vec::new(),
        place: place(),
    }
}

/// A rule of `skip`.
pub(super) fn skip(reason: &str, text: &str) -> Skip {
    Skip { reason: reason.into(), condition: expr(text) }
}

/// Joining rows by these fields.
pub(super) fn dedupe(by: &[&str]) -> Dedupe {
    Dedupe { by: by.iter().map(ToString::to_string).collect(), latest: None }
}

/// Children sorted downwards by a column.
pub(super) fn newest_first(mut rule: Rule, child: &str, column: &str) -> Rule {
    if let From::Each(each) = &mut rule.from {
        each.order = Some((path(child, column), Direction::Down));
    }
    rule
}
