//! The rules of a spec, applied to rows: one file per word of the vocabulary.
//!
//! Nothing here reads, writes, waits or asks the clock; what a rule needs of the world comes
//! through the traits of `ground::lookup`. The order is fixed: source, shape, meaning, type, guards.
//!
//! Flags that only say what was done: `bad_exception`, `bad_rule`, `control_characters`,
//! `currency_conflict`, `date_only`, `day_moved`, `defaulted`, `dst_fold`, `dst_gap`,
//! `email_trimmed`, `email_words`, `html_stripped`, `json_trimmed`, `mention_escaped`,
//! `merged_conflict`, `more_than_one`, `occurrence_cap`, `owner_fallback`, `truncated`, and where
//! the raw value is kept `bad_country`, `bad_phone`, `bad_postal_code`, `lost_zero`, in texts
//! `excel_damage`. Flags of a value left out, about which `else` decides: `ambiguous_date`,
//! `ambiguous_number`, `bad_bool`, `bad_date`, `bad_duration`, `bad_email`, `bad_number`,
//! `bad_url`, `end_before_start`, `excel_damage`, `json_too_long`, `no_currency`,
//! `ref_ambiguous`, `ref_left`, `ref_missing`, `ref_type_unknown`, `self_parent`,
//! `template_error`, `unknown_currency`, `unmapped_value`. Flags of a record held: `required`,
//! `expression_error`.

mod address;
mod archive;
mod atlas;
mod bool;
mod cell;
mod choice;
mod coalesce;
mod compile;
mod country;
mod date;
#[cfg(test)]
mod dirt;
mod domain;
mod draft;
mod duration;
mod each;
mod email;
mod error;
mod escape;
mod expand;
mod filters;
#[cfg(test)]
mod fixture;
mod guess;
mod habit;
mod html;
mod instant;
mod join;
mod json;
mod kind;
mod locale;
mod lookups;
mod map;
mod mapping;
mod matching;
mod max;
mod merge_fields;
mod moment;
mod money;
mod number;
mod object;
mod owner;
mod page;
mod path;
mod phone;
mod recipe;
mod reference;
mod remark;
mod required;
mod scene;
mod stock;
mod skip;
mod span;
mod split;
mod templates;
mod text;
mod time;
mod url;
mod verdict;

pub use archive::{DocumentRows, Kept};
pub use error::TransformError;
pub use expand::Occurrences;
pub use guess::{Eye, Shape, Size, has_markup, is_rounded_by_a_spreadsheet};
pub use mapping::Mapping;
pub use matching::normal_match;
pub use merge_fields::merge_fields;
pub use skip::DELETED;
pub use verdict::{DedupeKey, Taken, Verdict, World};
