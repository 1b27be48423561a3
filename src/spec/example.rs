//! A small part of a real-estate CRM, checked, for the tests of this room and of those above it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use secrecy::SecretString;

use crate::ground::Place;

use super::pipeline::{
    Access, Archive, Breach, ColumnPath, Delta, Destination, Else, Endpoint, Expr, Field,
    FilesRoot, From, Ignore, Kind, Limit, LinkStep, Match, Object, ObjectKind, Owners, Pipeline,
    PlanLimits, Provision, Reconcile, Rule, Sample, Source, Table, TableLink, Target, Template,
};

/// Table name, and its links as column and table.
const TABLES: [(&str, &[(&str, &str)]); 10] = [
    ("agents", &[]),
    ("companies", &[("parent_id", "companies")]),
    (
        "contacts",
        &[("agent_id", "agents"), ("company_id", "companies"), ("source_campaign_id", "campaigns")],
    ),
    ("groups", &[("agent_id", "agents")]),
    ("memberships", &[("group_id", "groups"), ("contact_id", "contacts")]),
    ("campaigns", &[("agent_id", "agents")]),
    ("sends", &[("campaign_id", "campaigns"), ("contact_id", "contacts")]),
    ("drips", &[("agent_id", "agents")]),
    ("drip_steps", &[("drip_id", "drips")]),
    ("notes", &[("contact_id", "contacts")]),
];

/// A place that nobody looks at.
pub(crate) fn place() -> Place {
    Place { file: Arc::new(PathBuf::from("test.yaml")), line: 7, column: 1, bytes: 0..0 }
}

/// The position of a table.
pub(crate) fn table(name: &str) -> usize {
    TABLES.iter().position(|(known, _)| *known == name).unwrap()
}

/// A path as the spec writes it, from a table.
pub(crate) fn path(from: &str, text: &str) -> ColumnPath {
    let mut here = table(from);
    let mut links = Vec::new();
    let mut parts = text.split('.').peekable();
    let mut column = String::new();
    for part in parts.by_ref() {
        let found =
            TABLES[here].1.iter().find(|(column, _)| column.trim_end_matches("_id") == part);
        let Some((through, to)) = found else {
            part.clone_into(&mut column);
            break;
        };
        here = table(to);
        links.push(LinkStep { column: (*through).into(), table: here });
    }
    ColumnPath { text: text.into(), links, column, keys: parts.map(Into::into).collect() }
}

/// A rule that takes columns of a table as they are.
pub(crate) fn from(table: &str, columns: &[&str]) -> Rule {
    Rule::plain(From::Columns(columns.iter().map(|column| path(table, column)).collect()))
}

/// A rule of a template.
pub(crate) fn template(text: &str) -> Rule {
    Rule::plain(From::Template(Template { text: text.into(), place: place() }))
}

/// A condition.
pub(crate) fn expr(text: &str) -> Expr {
    Expr { text: text.into(), place: place() }
}

/// A field of a type.
pub(crate) fn field(path: &str, kind: Kind, rule: Rule) -> Field {
    let many = matches!(kind, Kind::Email | Kind::Phone | Kind::Url | Kind::Reference(_));
    let target =
        Target { path: path.into(), kind, many, chars_max: None, bytes_max: None, custom: None };
    Field { target, rule, place: place() }
}

/// An object over a table, with these fields.
pub(crate) fn object(name: &str, table_name: &str, kind: ObjectKind, fields: Vec<Field>) -> Object {
    Object {
        name: name.into(),
        table: table(table_name),
        kind,
        matching: Match(Vec::new()),
        dedupe: None,
        condition: None,
        skip: Vec::new(),
        expand: None,
        fields,
        after: Vec::new(),
        ignore: Ignore::All,
        oversize: None,
        place: place(),
    }
}

/// Objects and archives as a pipeline over the tables above.
pub(crate) fn pipeline(objects: Vec<Object>, archives: Vec<Archive>) -> Pipeline {
    let none = Limit::Count(0);
    Pipeline {
        name: "rezora".into(),
        file: PathBuf::from("test.yaml"),
        root: PathBuf::from("."),
        sources: vec![source()],
        tables: TABLES.iter().map(|(name, links)| one_table(name, links)).collect(),
        destination: destination(),
        owners: Owners {
            table: Some(table("agents")),
            match_column: "email".into(),
            match_place: None,
            aliases_file: None,
            aliases: IndexMap::new(),
            fallback: None,
        },
        objects,
        archives,
        sample: Sample { size: 1, spread: Vec::new() },
        delta: Delta { window_s: 0, overlap_s: 0, deleted: Else::Flag },
        reconcile: Reconcile {
            counts: none,
            orphans: none,
            fields: none,
            read_back: 0,
            sums: Vec::new(),
            breach: Breach::Stop,
        },
        fingerprint: String::new(),
        variables: BTreeMap::new(),
    }
}

fn destination() -> Destination {
    Destination {
        url: Endpoint::Sandbox,
        user: SecretString::from("sandbox"),
        key: SecretString::from("sandbox"),
        pace_find: None,
        pace_write: None,
        provision: Provision::Create,
        pipelines: IndexMap::new(),
        activity_types: Vec::new(),
        upload: None,
        plan: PlanLimits::default(),
    }
}

fn source() -> Source {
    Source {
        name: "current".into(),
        access: Access::Files(FilesRoot::Sandbox),
        union: None,
        timezone: "America/Denver".into(),
        dates: Vec::new(),
        country: Some("US".into()),
        currency: None,
        nulls: Vec::new(),
        pace: None,
        encoding: "utf-8".into(),
        delimiter: None,
    }
}

fn one_table(name: &str, links: &[(&str, &str)]) -> Table {
    let link = |(column, to): &(&str, &str)| TableLink {
        column: (*column).into(),
        table: table(to),
        word: column.trim_end_matches("_id").into(),
    };
    Table {
        name: name.into(),
        source: 0,
        path: name.into(),
        path_place: place(),
        parent: None,
        key: vec!["id".into()],
        changed: None,
        deleted: Some("is_deleted".into()),
        optional: false,
        links: links.iter().map(link).collect(),
        rename: IndexMap::new(),
        completes: None,
        pairs: None,
        sheet: None,
        items: None,
        place: place(),
    }
}
