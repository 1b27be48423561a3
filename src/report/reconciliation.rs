//! The verdict on a comparison: which limits of the spec are kept, in words and in JSON. Pure.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::findings::{Found, ObjectFindings, Sort};
use crate::ground::counted;
use crate::spec::{Limit, Reconcile};

/// A limit that is not kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breached {
    /// The object; for sums with currency and stage.
    pub object: String,
    /// What is limited: `counts`, `missing`, `duplicates`, `orphans`, `fields`, `sums`.
    pub limit: &'static str,
    /// What was found, in a sentence.
    pub found: String,
}

/// Which limits are not kept; empty: the numbers add up.
pub fn breaches(limits: &Reconcile, found: &Found) -> Vec<Breached> {
    let mut breaches = Vec::new();
    for (object, findings) in &found.objects {
        let mut breach = |limit, found| {
            breaches.push(Breached { object: object.clone(), limit, found });
        };
        let off = findings.source.abs_diff(findings.outcomes);
        if exceeds(limits.counts, off, findings.source) {
            breach(
                "counts",
                format!("{} of the source, {} outcomes", findings.source, findings.outcomes),
            );
        }
        // A record that is lost or doubled is never tolerated.
        for (sort, limit) in [(Sort::Missing, "missing"), (Sort::Duplicate, "duplicates")] {
            let count = findings.count(sort);
            if count > 0 {
                breach(
                    limit,
                    format!(
                        "{count} of {} written",
                        findings.destination + findings.count(Sort::Missing)
                    ),
                );
            }
        }
        let orphans = findings.count(Sort::Orphan);
        if exceeds(limits.orphans, orphans, findings.compared) {
            breach("orphans", counted(orphans, "link does not stand", "links do not stand"));
        }
        let mismatches = findings.count(Sort::Mismatch);
        if exceeds(limits.fields, mismatches, findings.values) {
            breach("fields", differing(mismatches, findings.values));
        }
    }
    for ((object, field, currency, stage), sums) in &found.sums {
        // The sum moves with each value that a person changed: the limit of fields decides on those.
        let tolerated = breaches.iter().all(|breach| breach.limit != "fields")
            && found.objects.get(object).is_some_and(|findings| findings.count(Sort::Mismatch) > 0);
        if sums.wanted != sums.stands && !tolerated {
            breaches.push(Breached {
                object: format!("{object} {currency} {stage}").trim_end().to_owned(),
                limit: "sums",
                found: format!(
                    "{field}: {} of the source, {} in the CRM",
                    sums.wanted, sums.stands
                ),
            });
        }
    }
    breaches
}

fn differing(count: u64, of: u64) -> String {
    let differ = if count == 1 { "differs" } else { "differ" };
    format!("{count} of {} {differ}", counted(of, "value", "values"))
}

fn exceeds(limit: Limit, count: u64, of: u64) -> bool {
    match limit {
        Limit::Count(limit) => count > limit,
        Limit::Share(share) => precise(count) > share * precise(of),
    }
}

/// A count as a float: exact up to 2^53, more than any CRM holds.
#[expect(clippy::cast_precision_loss, reason = "a share of a count")]
const fn precise(count: u64) -> f64 {
    count as f64
}

/// The findings and the verdict as people read them on a terminal.
pub fn told(found: &Found, breaches: &[Breached]) -> String {
    let mut text = String::new();
    for (object, findings) in &found.objects {
        let counts: Vec<_> = Sort::ALL
            .iter()
            .filter(|sort| findings.count(**sort) > 0)
            .map(|sort| format!("{} {}", findings.count(*sort), sort.name()))
            .collect();
        let counts = if counts.is_empty() { "no difference".to_owned() } else { counts.join(", ") };
        line(
            &mut text,
            format_args!(
                "  {object:14} {} of the source, {} in the CRM{}, {} compared: {counts}",
                findings.source,
                findings.destination,
                looked_at(findings),
                counted(findings.values, "value", "values")
            ),
        );
        examples(&mut text, findings);
    }
    for ((object, field, currency, stage), sums) in &found.sums {
        let same = if sums.wanted == sums.stands { "=" } else { "≠" };
        line(
            &mut text,
            format_args!(
                "  {object}.{field} {currency} {stage}: {} {same} {}",
                sums.wanted, sums.stands
            ),
        );
    }
    for breach in breaches {
        line(
            &mut text,
            format_args!(
                "  over the limit of {}: {}: {}",
                breach.limit, breach.object, breach.found
            ),
        );
    }
    text.trim_end().to_owned()
}

/// How many of the records were looked at, when not all were.
fn looked_at(findings: &ObjectFindings) -> String {
    match findings.unread {
        0 => String::new(),
        _ => format!(" ({} of these looked at)", findings.looked_at()),
    }
}

fn examples(text: &mut String, findings: &ObjectFindings) {
    for difference in findings.examples.iter().filter(|one| one.sort != Sort::Explained) {
        let field = if difference.field.is_empty() {
            String::new()
        } else {
            format!(" {}", difference.field)
        };
        line(
            text,
            format_args!(
                "      {} {} ({}){field}: {}",
                difference.sort.name(),
                difference.record,
                difference.at,
                difference.why
            ),
        );
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").unwrap_or_default();
}

/// The findings and the verdict for programs.
pub fn summary(found: &Found, breaches: &[Breached]) -> Value {
    let objects: serde_json::Map<String, Value> = found
        .objects
        .iter()
        .map(|(object, findings)| {
            let value = json!({
                "source": findings.source,
                "destination": findings.destination,
                "missing": findings.count(Sort::Missing),
                "duplicates": findings.count(Sort::Duplicate),
                "orphans": findings.count(Sort::Orphan),
                "field_mismatches": findings.count(Sort::Mismatch),
                "explained": findings.count(Sort::Explained),
                "not_looked_at": findings.unread,
                "compared": findings.compared,
                "values": findings.values,
                "fill": findings.fill,
                "owners": findings.owners,
            });
            (object.clone(), value)
        })
        .collect();
    let sums: Vec<Value> = found
        .sums
        .iter()
        .map(|((object, field, currency, stage), sums)| {
            json!({
                "object": object, "field": field, "currency": currency, "stage": stage,
                "source": sums.wanted.normalize(), "destination": sums.stands.normalize(),
            })
        })
        .collect();
    json!({
        "objects": objects,
        "sums": sums,
        "breaches": breaches,
        "verdict": if breaches.is_empty() { "pass" } else { "fail" },
    })
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::report::findings::Sums;
    use crate::spec::Breach;

    fn limits(fields: Limit) -> Reconcile {
        Reconcile {
            counts: Limit::Count(0),
            orphans: Limit::Count(0),
            fields,
            read_back: 10,
            sums: Vec::new(),
            breach: Breach::Stop,
        }
    }

    fn check(change: impl FnOnce(&mut Found), fields: Limit, expected: &[&str]) {
        let findings = ObjectFindings {
            source: 10,
            outcomes: 10,
            destination: 10,
            compared: 10,
            values: 1_000,
            ..ObjectFindings::default()
        };
        let mut found = Found { objects: [("deals".to_owned(), findings)].into(), sums: [].into() };
        change(&mut found);
        let breaches = breaches(&limits(fields), &found);
        let words: Vec<_> = breaches.iter().map(|breach| breach.limit).collect();
        assert_eq!(words, expected);
    }

    fn deals(found: &mut Found) -> &mut ObjectFindings {
        found.objects.get_mut("deals").unwrap()
    }

    #[test]
    fn numbers_that_add_up_pass() {
        check(|_| {}, Limit::Count(0), &[]);
    }

    #[test]
    fn what_is_one_is_said_as_one() {
        let told = [1, 2].map(|count| {
            let findings = ObjectFindings {
                values: 10,
                counts: [(Sort::Orphan, count), (Sort::Mismatch, count)].into(),
                ..ObjectFindings::default()
            };
            let objects = [("deals".to_owned(), findings)].into();
            let found = Found { objects, sums: [].into() };
            let breaches = breaches(&limits(Limit::Count(0)), &found);
            breaches.into_iter().map(|breach| breach.found).collect::<Vec<_>>()
        });
        assert_eq!(told[0], ["1 link does not stand", "1 of 10 values differs"]);
        assert_eq!(told[1], ["2 links do not stand", "2 of 10 values differ"]);
    }

    #[test]
    fn a_record_without_an_outcome_is_over_the_limit() {
        check(|found| deals(found).outcomes = 9, Limit::Count(0), &["counts"]);
    }

    #[test]
    fn a_lost_or_doubled_record_is_never_tolerated() {
        let count =
            |sort| move |found: &mut Found| *deals(found).counts.entry(sort).or_default() += 1;
        let lost = count(Sort::Missing);
        check(lost, Limit::Share(1.0), &["missing"]);
        let doubled = count(Sort::Duplicate);
        check(doubled, Limit::Share(1.0), &["duplicates"]);
    }

    #[test]
    fn differing_values_are_tolerated_up_to_the_share_of_the_spec() {
        let five = |found: &mut Found| *deals(found).counts.entry(Sort::Mismatch).or_default() += 5;
        check(five, Limit::Share(0.005), &[]);
        check(five, Limit::Share(0.004), &["fields"]);
        check(five, Limit::Count(4), &["fields"]);
    }

    #[test]
    fn a_sum_that_is_off_without_a_differing_value_is_over_the_limit() {
        let key = || ("deals".to_owned(), "value".to_owned(), "EUR".to_owned(), String::new());
        let off = Sums { wanted: Decimal::ONE, stands: Decimal::TWO };
        let sums = |found: &mut Found| *found.sums.entry(key()).or_default() = off.clone();
        check(sums, Limit::Count(0), &["sums"]);
    }
}
