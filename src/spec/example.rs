//! A small checked pipeline for tests: people from `contacts`, with agents and notes around them.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use secrecy::SecretString;

use crate::ground::Place;

use super::pipeline::{
    Access, Breach, Child, ColumnPath, Delta, Destination, Each, Else, Endpoint, Expr, Field,
    FilesRoot, From, Ignore, Kind, Limit, LinkStep, Match, Object, ObjectKind, Owners, Pipeline,
    PlanLimits, Provision, Reconcile, Rule, Sample, Shape, Source, Table, TableLink, Target,
    Template,
};

const TABLES: [(&str, &[(&str, &str)]); 3] = [
    ("agents", &[]),
    ("contacts", &[("agent_id", "agents")]),
    ("notes", &[("contact_id", "contacts")]),
];

/// The position of a table.
pub(super) fn table(name: &str) -> usize {
    TABLES.iter().position(|(known, _)| *known == name).unwrap()
}

fn place() -> Place {
    Place {
        file: Arc::new(PathBuf::from("pipelines/example.yaml")),
        line: 1,
        column: 1,
        bytes: 0..0,
    }
}

/// A path from `contacts`: a column, or `agent.` and a column of agents.
fn path(text: &str) -> ColumnPath {
    let agent = LinkStep { column: "agent_id".into(), table: table("agents") };
    let (links, column) = match text.strip_prefix("agent.") {
        Some(column) => (vec![agent], column),
        None => (Vec::new(), text),
    };
    ColumnPath { text: text.into(), links, column: column.into(), keys: Vec::new() }
}

/// A rule of columns.
pub(super) fn columns(columns: &[&str]) -> Rule {
    rule(From::Columns(columns.iter().map(|column| path(column)).collect()))
}

/// A rule of a template.
pub(super) fn template(text: &str) -> Rule {
    rule(From::Template(Template { text: text.into(), place: place() }))
}

/// A rule of one column of the children.
pub(super) fn each(child: &str, link: &str, column: &str) -> Rule {
    let child = Child { table: table(child), column: link.into() };
    let each = Each { child, column: None, condition: None, order: None };
    Rule { json: Some(Shape::Column(path(column))), ..rule(From::Each(Box::new(each))) }
}

/// An expression.
pub(super) fn expression(text: &str) -> Expr {
    Expr { text: text.into(), place: place() }
}

/// A field of text.
pub(super) fn field(target: &str, rule: Rule) -> Field {
    let target = Target {
        path: target.into(),
        kind: Kind::Text,
        many: false,
        chars_max: None,
        bytes_max: None,
        custom: None,
    };
    Field { target, rule, place: place() }
}

/// People with these fields.
pub(super) fn pipeline(fields: Vec<Field>) -> Pipeline {
    Pipeline {
        name: "example".into(),
        file: PathBuf::from("pipelines/example.yaml"),
        root: PathBuf::from("."),
        sources: vec![source()],
        tables: TABLES.iter().map(|(name, links)| one_table(name, links)).collect(),
        destination: destination(),
        owners: Owners {
            table: Some(table("agents")),
            match_column: "email".into(),
            aliases: IndexMap::new(),
            fallback: None,
        },
        objects: vec![people(fields)],
        archives: Vec::new(),
        sample: Sample { size: 1, spread: Vec::new() },
        delta: Delta { window_s: 0, overlap_s: 0, deleted: Else::Flag },
        reconcile: Reconcile {
            counts: Limit::Count(0),
            orphans: Limit::Count(0),
            fields: Limit::Count(0),
            read_back: 0,
            sums: Vec::new(),
            breach: Breach::Stop,
        },
        fingerprint: String::new(),
    }
}

fn people(fields: Vec<Field>) -> Object {
    Object {
        name: "people".into(),
        table: table("contacts"),
        kind: ObjectKind::Person,
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
        timezone: "UTC".into(),
        dates: Vec::new(),
        country: None,
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
        parent: None,
        key: vec!["id".into()],
        changed: None,
        deleted: None,
        optional: false,
        links: links.iter().map(link).collect(),
        rename: IndexMap::new(),
        completes: None,
        pairs: None,
        place: place(),
    }
}

fn rule(from: From) -> Rule {
    Rule {
        from,
        join: None,
        split: None,
        unique: false,
        json: None,
        map: None,
        reference: None,
        currency: None,
        default: None,
        required: false,
        chars_max: None,
        otherwise: Else::Flag,
        merge_any: false,
        late: false,
    }
}
