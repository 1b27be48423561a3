//! The type of a field: which reader its values go through, and what it becomes as custom field.

use serde_json::Value;

use crate::spec::{CustomType, Kind, Target};

use super::bool;
use super::cell;
use super::choice;
use super::country;
use super::date;
use super::draft::{Draft, Weight};
use super::duration;
use super::email;
use super::max::Max;
use super::money;
use super::number;
use super::phone;
use super::recipe::Recipe;
use super::remark::Reading;
use super::scene::Scene;
use super::text;
use super::time;
use super::url;

/// Characters of a short custom text.
const CUSTOM_TEXT_CHARS_MAX: usize = 255;
/// Bytes of a long custom text.
const CUSTOM_LONG_TEXT_BYTES_MAX: usize = 65_535;

/// The type of a target; a custom field has that of its declaration.
pub(super) fn of(target: &Target) -> Kind {
    match target.custom {
        None => target.kind.clone(),
        Some(CustomType::Text | CustomType::LongText) => Kind::Text,
        Some(CustomType::Number) => Kind::Number,
        Some(CustomType::Money) => Kind::Money,
        Some(CustomType::Date) => Kind::Date,
        Some(CustomType::Datetime) => Kind::Time,
        Some(CustomType::Bool) => Kind::Bool,
        Some(CustomType::Choice | CustomType::MultiChoice) => Kind::Choice,
    }
}

/// Whether a target takes several values.
pub(super) fn is_many(target: &Target) -> bool {
    let by_kind = matches!(target.kind, Kind::Tags | Kind::Sources);
    match target.custom {
        None => target.many || by_kind,
        Some(custom) => custom == CustomType::MultiChoice,
    }
}

/// The greatest length of a target's text.
pub(super) fn max(target: &Target) -> Max {
    let own = Max { chars: target.chars_max, bytes: target.bytes_max };
    match target.custom {
        Some(CustomType::Text) if own == Max::default() => {
            Max { chars: Some(CUSTOM_TEXT_CHARS_MAX), bytes: None }
        }
        Some(CustomType::LongText) if own == Max::default() => {
            Max { chars: None, bytes: Some(CUSTOM_LONG_TEXT_BYTES_MAX) }
        }
        Some(_) | None => own,
    }
}

/// The values of a cell that the type takes apart by itself: addresses of people.
pub(super) fn parts(kind: &Kind, values: Vec<Value>) -> Vec<Value> {
    if *kind != Kind::Email {
        return values;
    }
    let addresses = values.iter().flat_map(|value| {
        let text = cell::text(value);
        email::split(&text).into_iter().map(Value::from).collect::<Vec<_>>()
    });
    addresses.collect()
}

/// Reads one value as the recipe's type.
pub(super) fn read(
    recipe: &Recipe,
    value: &Value,
    currency: Option<&str>,
    scene: &Scene<'_>,
    draft: &mut Draft,
) -> Option<Value> {
    let shown = cell::text(value);
    let locale = scene.locale();
    let options =
        |field: &str| choice::read(value, scene.world.choices.options(recipe.object_kind, field));
    let reading = match &recipe.kind {
        Kind::Text
        | Kind::Tags
        | Kind::Sources
        | Kind::User
        | Kind::Reference(_)
        | Kind::Content => {
            let plain = draft.take(&shown, text::read(value))?;
            if let Some(remark) = recipe.address.lost_zero(&cell::text(&plain), scene) {
                draft.remark(Weight::Notice, remark.code, &shown, remark.detail);
            }
            let plain = draft.take(&shown, text::shielded(plain, recipe.mentions))?;
            recipe.max.cut(&cell::text(&plain))
        }
        Kind::Choice => match options(&recipe.path) {
            // Without a list of the CRM any text will do, as any text may hold a mention.
            Reading::Fine(made) => text::shielded(made, recipe.mentions),
            said @ (Reading::Noted(..) | Reading::Bad(_)) => said,
        },
        Kind::Stage => options("stage"),
        Kind::Status(states) => choice::read(value, Some(states)),
        Kind::Email => email::read(&shown),
        Kind::Phone => phone::read(value, &recipe.address.regions(locale, scene)),
        Kind::Url => url::read(value),
        Kind::Country => country::read(value),
        Kind::Number => number::read(value),
        Kind::Money => money::read(value, currency, locale.currency.as_deref()),
        Kind::Bool => bool::read(value),
        Kind::Date => date::read(value, locale),
        Kind::Time => time::read(value, locale),
        Kind::Duration => duration::read(value),
    };
    draft.take(&shown, reading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::{
        fixture::{self, Town},
        html, merge_fields,
    };
    use proptest::prelude::*;
    use serde_json::json;

    fn kinds() -> Vec<Kind> {
        vec![
            Kind::Text,
            Kind::Email,
            Kind::Phone,
            Kind::Url,
            Kind::Country,
            Kind::Number,
            Kind::Money,
            Kind::Bool,
            Kind::Date,
            Kind::Time,
            Kind::Duration,
            Kind::Choice,
            Kind::Tags,
            Kind::Stage,
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn whatever_a_cell_holds_it_is_read_or_flagged(text in "\\PC{0,40}|[0-9:/T. @+,$€%()-]{0,25}") {
            for kind in kinds() {
                let many = kind == Kind::Email;
                let rule = fixture::from("contacts", &["cell"]);
                let mut field = fixture::field("field", kind, rule);
                field.target.many = many;
                let row = json!({"id": "1", "cell": text});
                let told = fixture::taste(field, &[row], &Town::default());
                prop_assert!(text.trim().is_empty() || !told.is_empty(), "{text:?} vanished");
            }
            html::text(&text);
            merge_fields(&text);
        }
    }
}
