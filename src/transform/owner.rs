//! Owners: a field of type user goes through the spec's `owners`, and always finds one.

use crate::ground::{Made, OwnerRule};

use super::draft::{Draft, Weight};
use super::scene::Scene;

/// The owner for what the source says; `None`: it says nothing.
pub(super) fn draft(asked: Option<&str>, scene: &Scene<'_>) -> Draft {
    let owner = scene.world.owners.owner(asked);
    let mut draft = Draft { raw: asked.unwrap_or_default().to_owned(), ..Draft::default() };
    match owner.rule {
        OwnerRule::Fallback => {
            let detail = match asked {
                None => "no owner in the source; the fallback owns it".to_owned(),
                Some(_) => {
                    format!("{} is no enabled user of the CRM; the fallback owns it", owner.asked)
                }
            };
            draft.remark(Weight::Notice, "owner_fallback", asked.unwrap_or_default(), detail);
        }
        OwnerRule::Matched | OwnerRule::Aliased => {}
    }
    draft.owner = Some((owner.rule, owner.asked));
    draft.made = Some(Made::User(owner.user));
    draft
}
