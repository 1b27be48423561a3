//! Campaigns and drips.

use serde_json::Value;

use super::agents;
use super::table::{Row, blank, fill};
use super::world::Plan;
use crate::sandbox::dice::{dice, pick};

const NAMES: [&str; 14] = [
    "Spring Open Houses 🌷",
    "Just Listed: 12 Church St",
    "Market Report Q1",
    "Market Report Q2",
    "Holiday Greetings",
    "Price Reduced & Ready",
    "First-Time Buyers",
    "Seller’s Guide",
    "Neighbourhood News",
    "Just Sold",
    "Open House Reminder",
    "Luxury Collection",
    "Rate Watch",
    "Year in Review",
];

/// The id of a campaign, counted from 1.
pub(crate) fn id(at: u64) -> String {
    (9_000 + at).to_string()
}

/// The day a campaign went out.
pub(crate) fn day(at: u64) -> String {
    format!("2025-{:02}-0{}", 1 + (at - 1) % 12, 1 + at % 8)
}

/// All campaigns.
pub(crate) fn all(plan: Plan) -> Vec<Row> {
    (1_u64..)
        .zip(NAMES)
        .map(|(at, name)| {
            let mut rng = dice(plan.seed, "campaigns", at);
            let listing =
                if at.is_multiple_of(3) { String::new() } else { format!("L-{}", 20_390 + at) };
            let rate = |number: u32| Value::from(f64::from(number) / 10.0);
            let mut row = blank("campaigns");
            fill(
                &mut row,
                [
                    ("id", id(at).into()),
                    ("name", name.into()),
                    ("subject", format!("{name}: you’re invited").into()),
                    ("agent_id", agents::id(at).into()),
                    ("listing_id", listing.into()),
                    ("template_id", (310 + at % 5).to_string().into()),
                    (
                        "template_html",
                        format!("<p>Hi {{{{FirstName}}}},</p><p>{name} &amp; more.</p>").into(),
                    ),
                    ("schedule", format!("{}T09:00", day(at)).into()),
                    ("sent_at", format!("{} 15:00:00", day(at)).into()),
                    ("status", pick(&mut rng, &["sent", "sent", "sent", "scheduled"]).into()),
                    ("recipients", rng.u32(200..400).into()),
                    ("open_rate", rate(if at == 1 { 412 } else { rng.u32(100..600) })),
                    ("click_rate", rate(rng.u32(5..90))),
                    ("updated_at", format!("{} 23:00:00", day(at)).into()),
                ],
            );
            row
        })
        .collect()
}

/// The three drips.
pub(crate) fn drips() -> Vec<Row> {
    let drips = [
        ("New buyer nurture", "contact_viewed_property", "1"),
        ("Past client anniversary", "date:closing", "1"),
        ("Cold lead revival", "no_open_90_days", "0"),
    ];
    (0_u64..)
        .zip(drips)
        .map(|(at, (name, trigger, active))| {
            let mut row = blank("drips");
            fill(
                &mut row,
                [
                    ("id", (41 + at).to_string().into()),
                    ("name", name.into()),
                    ("trigger", trigger.into()),
                    ("active", active.into()),
                    ("agent_id", agents::id(at).into()),
                ],
            );
            row
        })
        .collect()
}

/// Four steps of each drip.
pub(crate) fn drip_steps() -> Vec<Row> {
    let steps = [
        ("0 days", "", "Ready to look?"),
        ("3 days", "opened previous", "Three homes you may like"),
        ("1 week", "clicked link", "Shall we talk?"),
        ("1 month", "", "Still here for you"),
    ];
    let of = |drip: u64| {
        (1_u64..).zip(steps).map(move |(position, (delay, condition, subject))| {
            let mut row = blank("drip_steps");
            fill(
                &mut row,
                [
                    ("id", (drip * 10 + position).to_string().into()),
                    ("drip_id", drip.to_string().into()),
                    ("position", position.into()),
                    ("delay", delay.into()),
                    ("condition", condition.into()),
                    ("subject", subject.into()),
                    ("body_html", format!("<p>Hi {{{{FirstName}}}}, {subject}</p>").into()),
                ],
            );
            row
        })
    };
    (41..44).flat_map(of).collect()
}
