//! E-mails in HTML.

use super::calendar::time;
use super::plan::Plan;
use super::related::{MOSTLY, relate};
use super::row::Row;
use super::words::{FIRST, LAST, owner, plain, recently, sentence};
use crate::sandbox::dice::{dice, pick};

/// The id of an e-mail, counted from 1; two are beyond what a double can tell apart.
fn id(at: u64) -> String {
    match at {
        598 => "9007199254740992".to_owned(),
        599 => "9007199254740993".to_owned(),
        _ => (88_000 + at).to_string(),
    }
}

/// An e-mail.
pub(crate) fn one(plan: Plan, at: u64) -> Row {
    let mut rng = dice(plan.seed, "allegory emails", at);
    let sent = time(recently(&mut rng, plan));
    let direction = pick(&mut rng, &["Sent", "Received"]);
    let customer = format!(
        "{}.{}@client.example",
        plain(pick(&mut rng, &FIRST)),
        plain(pick(&mut rng, &LAST))
    );
    let own = pick(&mut rng, &["dana.ruiz@oldcorp.example", "theo@newcorp.example"]).to_owned();
    let (from, to) = if direction == "Sent" { (own, customer) } else { (customer, own) };
    let subject = pick(&mut rng, &["MSA", "Quote", "Seats", "Security questions", "Thursday"]);
    let reply = pick(&mut rng, &["Re: ", "", "Fwd: "]);
    let body = format!(
        "<div>Hello,<br>{}</div><div>{}</div><p>Kind regards</p>",
        sentence(&mut rng),
        sentence(&mut rng)
    );
    let row = Row::of("emails")
        .with("email_id", id(at))
        .with("thread_id", format!("17a9{:04x}", at / 3))
        .with("subject", format!("{reply}{subject}"))
        .with("body", body)
        .with("direction", direction)
        .with("from_address", from)
        .with("to_addresses", to)
        .with("sent_at", sent.clone())
        .with("owner_id", owner(&mut rng))
        .with("modified_date", sent);
    relate(&mut rng, row, plan, &MOSTLY)
}
