//! The CRM that is written, and who owns what in it.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::source::{Pace, Secret};
use crate::spec::json_schema::{Either, OneOrMany, form, word};

form! {
    /// A size: `20MB`, `512KiB`.
    Size: r"^[0-9]+ ?([KMG]i?B|B)?$"
}
word! {
    /// The kind of CRM.
    Crm: "nutshell"
}
word! {
    /// `create` makes missing custom fields, `check` only reports them.
    Provision: "create", "check"
}

/// The CRM that is written.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Destination {
    /// The kind of CRM.
    r#type: Crm,
    /// Its address: HTTPS, HTTP on a loopback address, or `sandbox`.
    url: String,
    /// The user: an e-mail address or the company's domain.
    user: String,
    /// The API key, as `${NAME}`.
    key: Secret,
    /// At most this many requests: `5/s`, or apart for finding and writing.
    pace: Option<Either<Pace, Paces>>,
    /// Whether missing custom fields are created.
    provision: Option<Provision>,
    /// Pipelines and their stages that must exist before data moves.
    pipelines: Option<IndexMap<String, OneOrMany<String>>>,
    /// Activity types that must exist before data moves.
    activity_types: Option<OneOrMany<String>>,
    /// An address that takes files, for accounts that have one.
    upload: Option<String>,
    /// What the customer's plan allows.
    plan: Option<Plan>,
}

/// Paces of finding and of writing.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Paces {
    /// Of finding.
    find: Option<Pace>,
    /// Of writing.
    write: Option<Pace>,
}

/// What the customer's plan allows; what is not given is not checked.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Plan {
    /// The plan's name.
    name: Option<String>,
    /// People it allows.
    people: Option<u64>,
    /// Custom fields it allows, over all objects.
    custom_fields: Option<u64>,
    /// Open leads it allows.
    open_leads: Option<u64>,
    /// The greatest size of a file: `20MB`.
    file_size: Option<Either<u64, Size>>,
}

/// Who owns what: every field of type user goes through here.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Owners {
    /// The table of the source's users; not needed where rows name their owners by e-mail.
    from: Option<String>,
    /// The column of their e-mail.
    r#match: Option<String>,
    /// E-mail in the source to e-mail in the CRM, or the TOML file that holds them.
    aliases: Option<Either<String, IndexMap<String, String>>>,
    /// E-mail of the user who owns what nobody else does.
    fallback: Option<String>,
}
