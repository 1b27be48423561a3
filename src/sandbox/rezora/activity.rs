//! What contacts received and what they did with it.

use std::collections::HashSet;

use super::table::{Row, blank, fill, text};
use super::world::Plan;
use super::{campaigns, contacts};
use crate::sandbox::dice::{dice, pick};

/// The place of the contact who clicks on everything.
const KEEN: u64 = 100;
/// How often that contact did something.
const KEEN_EVENTS: u64 = 4_000;
/// From here on a number does not fit a double any more.
const BEYOND_DOUBLE: u64 = 9_007_199_254_740_993;

/// Sends and events, about three of each for a contact.
pub(crate) fn all(plan: Plan, people: &[Row], mail: &[Row]) -> (Vec<Row>, Vec<Row>) {
    let (mut sends, mut events) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for (at, person) in (1_u64..).zip(people) {
        let id = text(person, "id");
        if !seen.insert(id) || text(person, "kind") == "self" {
            continue;
        }
        let mut rng = dice(plan.seed, "activity", at);
        let first = rng.u64(0..14);
        for step in 0..rng.u64(1..=5) {
            let campaign = (first + step * 3) % 14 + 1;
            sends.push(send(&mut rng, sends.len(), id, campaign));
            if rng.u8(..10) < 7 {
                let kind = pick(&mut rng, &["open", "open", "click", "property_view"]);
                events.push(event(&mut rng, events.len(), (id, campaign, kind), mail));
            }
            if rng.u8(..10) < 3 {
                events.push(event(&mut rng, events.len(), (id, campaign, "click"), mail));
            }
        }
        if at == KEEN {
            for turn in 0..KEEN_EVENTS {
                let kind = pick(&mut rng, &["open", "click", "property_view"]);
                events.push(event(&mut rng, events.len(), (id, turn % 14 + 1, kind), mail));
            }
        }
    }
    sends.push(send(&mut dice(plan.seed, "activity", 0), sends.len(), &contacts::id(999_999), 1));
    (sends, events)
}

fn send(rng: &mut fastrand::Rng, at: usize, contact: &str, campaign: u64) -> Row {
    let mut row = blank("sends");
    let opens = rng.u32(0..4);
    fill(
        &mut row,
        [
            ("id", (77_120_001 + at).to_string().into()),
            ("campaign_id", campaigns::id(campaign).into()),
            ("contact_id", contact.into()),
            ("sent_at", format!("{} 15:00:{:02}", campaigns::day(campaign), at % 60).into()),
            ("opens", opens.into()),
            ("clicks", rng.u32(0..=opens).into()),
            ("bounced", if rng.u8(..40) == 0 { "1" } else { "0" }.into()),
        ],
    );
    row
}

fn event(
    rng: &mut fastrand::Rng,
    at: usize,
    (contact, campaign, kind): (&str, u64, &str),
    mail: &[Row],
) -> Row {
    let number = u64::try_from(at).unwrap_or_default();
    let start = if number.is_multiple_of(10) { BEYOND_DOUBLE } else { 550_012_345_000 };
    let of = usize::try_from(campaign - 1).ok().and_then(|at| mail.get(at));
    let listing = of.map(|row| text(row, "listing_id")).unwrap_or_default();
    let path = if listing.is_empty() { "news" } else { listing };
    let mut row = blank("events");
    fill(
        &mut row,
        [
            ("id", (start + number).to_string().into()),
            ("event_type", kind.into()),
            ("contact_id", contact.into()),
            ("campaign_id", campaigns::id(campaign).into()),
            ("listing_id", listing.into()),
            (
                "url",
                if kind == "open" {
                    String::new()
                } else {
                    format!("https://homes.example/{path}")
                }
                .into(),
            ),
            (
                "occurred_at",
                format!(
                    "{} {:02}:{:02}:{:02}",
                    campaigns::day(campaign),
                    rng.u8(15..24),
                    rng.u8(..60),
                    rng.u8(..60)
                )
                .into(),
            ),
        ],
    );
    row
}
