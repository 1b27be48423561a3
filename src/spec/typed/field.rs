//! Rules of fields.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::object::OnFault;
use crate::spec::json_schema::{Either, OneOrMany, Scalar, word};

word! {
    /// The type of a custom field.
    Custom: "text", "long_text", "number", "money", "date", "datetime", "bool", "choice",
    "multi_choice"
}
word! {
    /// `any`: of merged rows, one that says yes is enough.
    Merge: "any"
}

/// A word, or several by name.
type Named = Either<String, IndexMap<String, String>>;

/// How a field is made, in this order whatever the order of the keys: source, shape, meaning,
/// type, guards.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Rule {
    /// The column, or several: the first that is not empty, all of them with `join`.
    from: Option<OneOrMany<String>>,
    /// A constant.
    value: Option<Either<Scalar, Vec<Scalar>>>,
    /// A template over the columns, links and children of the row.
    template: Option<String>,
    /// A table whose rows belong to this row; paths then begin at its rows.
    each: Option<String>,
    /// Which children: an expression over their columns.
    r#where: Option<String>,
    /// The column to sort children by; `-column` for the greatest first.
    order: Option<String>,
    /// What stands between the values of several columns.
    join: Option<String>,
    /// What separates several values in a text.
    split: Option<String>,
    /// Drops repeated values.
    unique: Option<bool>,
    /// JSON text: `true` for the value itself, a column, or key to column.
    json: Option<Either<bool, Named>>,
    /// Source value to destination value, or the file that holds them.
    map: Option<Either<String, IndexMap<String, Scalar>>>,
    /// The object whose record is meant; or columns, each with the object whose keys it holds; or
    /// with `type` the words of the type, each with its object.
    r#ref: Option<Named>,
    /// The column with the word of the type.
    r#type: Option<String>,
    /// Ways to find the record, tried in order: a column with its key, `name: column`,
    /// `domain: column`.
    r#try: Option<Vec<Named>>,
    /// The column of the currency.
    currency: Option<String>,
    /// The type of the custom field that this is; it is created when missing.
    custom: Option<Custom>,
    /// The value when there is none.
    default: Option<Scalar>,
    /// Whether a record without it is held.
    required: Option<bool>,
    /// The greatest length in characters.
    #[schemars(range(min = 1))]
    max: Option<u64>,
    /// What happens when the rule cannot say a value.
    r#else: Option<OnFault>,
    /// How the values of merged rows are joined.
    merge: Option<Merge>,
    /// Written in a second pass, after the records that it names.
    late: Option<bool>,
}
