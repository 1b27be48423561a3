//! The production engine on virtual time, against a CRM in memory: by seed come latencies, faults,
//! deaths of the process, and people who work at the same time.

mod crm;
mod judges;
mod records;
mod seam;
mod story;

use std::time::Instant;

use crm::{Counts, Defect};
use story::{Stock, tell};

/// Seeds of a usual test run.
const SEEDS: u64 = 60;

#[expect(clippy::disallowed_methods, reason = "a campaign is asked for by the environment")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// `FLITPIPE_SEEDS=20000` asks for more of them, `FLITPIPE_SEED=7` for one alone.
#[test]
fn whatever_happens_nothing_is_lost_doubled_or_overwritten() {
    let stock = Stock::lay_in();
    let seeds = number("FLITPIPE_SEED")
        .map_or(0..number("FLITPIPE_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
    let (began, mut sum, mut violations) = (Instant::now(), Counts::default(), Vec::new());
    let count = seeds.end - seeds.start;
    for seed in seeds {
        // One seed alone tells its whole journal.
        let (judged, trace) = tell(&stock, seed, Defect::None);
        add(&mut sum, &trace.counts);
        if count == 1 {
            for deed in &trace.journal {
                println!("{deed:?}");
            }
        }
        violations.extend(judged.err().map(|why| {
            format!("FLITPIPE_SEED={seed} cargo test --test it simulation::whatever: {why}")
        }));
    }
    let rate = f64::from(u32::try_from(count).unwrap()) / began.elapsed().as_secs_f64();
    println!(
        "{count} seeds, {} crashes, {} acts of people, {} calls, {} violations, {rate:.0} seeds/s; faults: {:?}",
        sum.crashes,
        sum.people,
        sum.calls,
        violations.len(),
        sum.faults
    );
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    assert!(
        count < SEEDS || (sum.crashes > count / 2 && sum.people > count && sum.faults.len() == 8)
    );
}

fn add(sum: &mut Counts, one: &Counts) {
    sum.calls += one.calls;
    sum.crashes += one.crashes;
    sum.people += one.people;
    for (fault, count) in &one.faults {
        *sum.faults.entry(fault).or_default() += count;
    }
}

#[test]
fn the_same_seed_gives_the_same_journal() {
    let stock = Stock::lay_in();
    for seed in 0..20 {
        let [one, other] = [(); 2].map(|()| tell(&stock, seed, Defect::None).1);
        assert_eq!(one.journal, other.journal, "seed {seed}");
        assert_eq!(one.counts.calls, other.counts.calls, "seed {seed}");
        assert!(!one.journal.is_empty());
    }
}

#[test]
fn an_undisturbed_move_makes_every_record_once() {
    assert_eq!(Stock::lay_in().calm.len(), 3 + 8);
}

/// Some of the first seeds are judged guilty, by this law.
fn guilty(defect: Defect, law: &str) {
    let stock = Stock::lay_in();
    let mut judged = (0..60).filter_map(|seed| tell(&stock, seed, defect).0.err());
    assert!(judged.any(|why| why.starts_with(law)), "no seed is guilty by {law}");
}

#[test]
fn a_seam_that_ignores_revisions_is_found_guilty() {
    guilty(Defect::IgnoresRevisions, "I9");
}

#[test]
fn a_seam_that_loses_markers_is_found_guilty() {
    guilty(Defect::LosesMarkers, "I5");
}

#[test]
fn a_seam_whose_listings_are_empty_is_found_guilty() {
    guilty(Defect::FindsNothing, "I5");
}

/// Such a record was made by a call without an answer, changed by a person, and found then: the
/// revision that was found is not that of its making.
#[test]
fn what_a_person_wrote_before_a_creation_was_found_is_not_deleted() {
    let stock = Stock::lay_in();
    for seed in [43, 92] {
        assert_eq!(tell(&stock, seed, Defect::None).0, Ok(()), "seed {seed}");
    }
}

#[test]
fn a_link_to_a_record_that_was_refused_at_first_is_written_later() {
    let stock = Stock::lay_in();
    for seed in [2, 4, 65] {
        assert_eq!(tell(&stock, seed, Defect::None).0, Ok(()), "seed {seed}");
    }
}

/// A fill without an answer is applied, the process dies, and a person changes one of its values:
/// the entry is settled as a conflict, and the next run finds the others as wanted.
#[test]
fn a_fill_that_a_person_changed_in_part_before_it_was_looked_up_is_taken_back_or_told() {
    let stock = Stock::lay_in();
    assert_eq!(tell(&stock, 715, Defect::None).0, Ok(()));
}
