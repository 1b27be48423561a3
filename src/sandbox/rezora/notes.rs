//! Notes, and posts on social networks.

use super::table::{Row, blank, fill};
use super::throws::before;
use super::world::Plan;
use super::{agents, campaigns, contacts};
use crate::sandbox::dice::{dice, pick};

/// Notes at scale 1.
const NOTES: u64 = 500;

/// The first notes are the difficult ones.
const BODIES: [&str; 9] = [
    "<p>Called, wants 3 bd &lt; 700k</p>",
    "<p>She wrote @[Accounts:1] in the subject line, literally.</p>",
    "<div dir=\"rtl\">مرحبا، أريد بيتا كبيرا</div>",
    "<p>Loves the garden 🏡🌷 &amp; the light</p>",
    "<ul><li>2 baths</li><li>garage</li></ul><p>See <a href=\"https://homes.example/L-20391\">listing</a></p>",
    "<!--[if mso]><table><tr><td>Outlook</td></tr></table><![endif]--><p>Forwarded message</p>",
    "<p>Control\u{b}characters\u{1} inside</p>",
    "Plain text,\nsecond line",
    "",
];

/// All notes: with a contact, with a contact and a campaign, with a campaign alone.
pub(crate) fn all(plan: Plan) -> Vec<Row> {
    let mut rows: Vec<Row> = (0..NOTES * plan.scale).map(|at| one(plan, at)).collect();
    // One id twice with other content, and one note on a contact that is gone.
    if let Some(mut again) = rows.get(30).cloned() {
        fill(&mut again, [("body", "<p>A later version of the same note.</p>".into())]);
        rows.push(again);
    }
    if let Some(mut lost) = rows.get(31).cloned() {
        fill(&mut lost, [("id", "69999".into()), ("contact_id", contacts::id(999_999).into())]);
        rows.push(lost);
    }
    rows
}

fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "notes", at);
    let place = at % NOTES;
    // A note belongs to the agent of its contact, who is found by the contact's number.
    let mut contact = rng.u64(1..=contacts::people(plan));
    if contacts::unassigned(contact) {
        contact -= 1;
    }
    let body = usize::try_from(place).ok().and_then(|place| BODIES.get(place)).copied();
    let body = body.map_or_else(|| common(&mut rng), str::to_owned);
    let made = before(&mut rng, plan.now, 1_500);
    let mut row = blank("notes");
    fill(
        &mut row,
        [
            ("id", (60_001 + at).to_string().into()),
            ("contact_id", contacts::id(contact).into()),
            ("agent_id", agents::id(contact).into()),
            ("body", body.into()),
            ("created_at", made.clone().into()),
            ("updated_at", made.into()),
        ],
    );
    if place >= 450 {
        fill(&mut row, [("campaign_id", campaigns::id(1 + place % 14).into())]);
    }
    if place >= 480 {
        fill(&mut row, [("contact_id", "".into())]);
    }
    row
}

fn common(rng: &mut fastrand::Rng) -> String {
    let what = pick(rng, &["Called", "Met at the open house", "E-mailed", "Left a message"]);
    let then = pick(
        rng,
        &["wants a second viewing", "no answer", "asks about schools", "will sell in spring"],
    );
    format!("<p>{what}; {then} ({} k).</p>", rng.u32(300..900))
}

/// Twenty posts.
pub(crate) fn social_posts(plan: Plan) -> Vec<Row> {
    (0..20)
        .map(|at| {
            let mut rng = dice(plan.seed, "social posts", at);
            let network = pick(&mut rng, &["facebook", "linkedin", "twitter"]);
            let when = before(&mut rng, plan.now, 300);
            let mut row = blank("social_posts");
            fill(
                &mut row,
                [
                    ("id", (801 + at).to_string().into()),
                    ("agent_id", agents::id(at).into()),
                    ("network", network.into()),
                    (
                        "body",
                        pick(
                            &mut rng,
                            &["Just listed! 🏡", "Open house on Sunday", "Sold, \"over asking\""],
                        )
                        .into(),
                    ),
                    ("scheduled_at", when.clone().into()),
                    ("posted_at", when.into()),
                    ("status", "posted".into()),
                    ("url", format!("https://{network}.example/p/{}", 801 + at).into()),
                ],
            );
            row
        })
        .collect()
}
