//! How fast the ledger is, measured by hand: `cargo test --lib ledger::speed -- --ignored --nocapture`.

use std::time::Instant;

use futures_util::{StreamExt, stream};
use serde_json::json;

use super::laws::{NOW, done, home, intent, open, person, run};
use super::{Deed, Intent};

/// How many deeds are measured.
const DEEDS: u32 = 20_000;

/// How many are under way at once.
const LANES: usize = 64;

/// An image of one and a half kilobytes, as a person with a few custom fields has it.
fn image() -> serde_json::Value {
    json!({ "name": "Ada Mori", "description": "x".repeat(1_400), "phone": ["+1 303 555 0100"] })
}

/// Seconds that this thread was at work: the machine may be busy with others.
fn cpu() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok());
    nanos.unwrap_or_default() / 1e9
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn deeds_in_a_second() {
    let folder = home();
    let ledger = open(&folder);
    let run = run(&ledger);
    let began = Instant::now();
    stream::iter(0..DEEDS)
        .map(|number| {
            let ledger = &ledger;
            async move {
                let key = person(&number.to_string());
                let create = Intent {
                    before: None,
                    after: Some(image()),
                    ..intent(run, &key, Deed::Create, None)
                };
                let entry = ledger.announce(create).await.unwrap();
                ledger.settle(entry, done(&number.to_string()), None, NOW).await.unwrap();
            }
        })
        .buffer_unordered(LANES)
        .for_each(|()| async {})
        .await;
    let took = began.elapsed();
    println!("{:.0} deeds/s", f64::from(DEEDS) / took.as_secs_f64());
    assert_eq!(ledger.reader().undo_list(None).unwrap().len(), DEEDS as usize);
    let (began, worked) = (Instant::now(), cpu());
    assert_eq!(ledger.reader().doubt().unwrap(), None);
    println!("checked in {:.2} s, {:.2} s at work", began.elapsed().as_secs_f64(), cpu() - worked);
    let worked = cpu();
    ledger
        .reader()
        .with(|connection| {
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))
        })
        .unwrap();
    println!("of which the database itself {:.2} s at work", cpu() - worked);
    let began = Instant::now();
    ledger.safeguard().unwrap();
    println!("ballast and copy in {:.2} s", began.elapsed().as_secs_f64());
}
