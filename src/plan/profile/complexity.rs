//! How hard a move is, and why: compatibility, clarity of the mapping, volume, the source's API,
//! and the state of the data.

use std::fmt::Write;

use serde::Serialize;

use super::column::share;
use super::findings::Severity;
use super::survey::{Profile, TableState};
use crate::spec::{Access, From, Object, Pipeline};

/// Above so many rows a move is scoped by itself.
const ROWS_ALONE: u64 = 2_000_000;

/// Above so many rows volume begins to matter.
const ROWS_MANY: u64 = 100_000;

/// Above this many hours of reading or writing at the pace of the spec it is long.
const HOURS_LONG: f64 = 24.0;

/// One reason for a grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What was looked at: `compatibility`, `clarity`, `volume`, `api`, `data`.
    pub about: &'static str,
    /// 0 as usual, 1 some work, 2 much work.
    pub points: u8,
    /// Why.
    pub why: String,
}

/// How hard a move is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Complexity {
    /// `simple` (0 or 1 point), `standard` (2 to 4), `complex` (5 and more), or `scoped by itself`
    /// above two million rows.
    pub grade: &'static str,
    /// The sum of the points.
    pub points: u8,
    /// The reasons.
    pub reasons: Vec<Reason>,
}

impl Complexity {
    pub(super) fn of(pipeline: &Pipeline, profile: &Profile) -> Self {
        let reasons = vec![
            compatibility(pipeline),
            clarity(profile),
            volume(profile),
            api(pipeline, profile),
            data(profile),
        ];
        let points = reasons.iter().map(|reason| reason.points).sum();
        let grade = match points {
            _ if profile.rows() > ROWS_ALONE => "scoped by itself",
            0..=1 => "simple",
            2..=4 => "standard",
            _ => "complex",
        };
        Self { grade, points, reasons }
    }
}

/// Objects that become something else than one record each with the values as they are.
fn compatibility(pipeline: &Pipeline) -> Reason {
    let all = pipeline.objects.len();
    let mapped: Vec<_> = pipeline.objects.iter().filter(|object| needs_mapping(object)).collect();
    let names: Vec<_> = mapped.iter().map(|object| object.name.as_str()).collect();
    let why = if names.is_empty() {
        format!("all {all} objects are 1:1")
    } else {
        let list = names.join(", ");
        format!("{} of {all} objects need a mapping ({list}); the rest are 1:1", names.len())
    };
    let points = match names.len() * 2 {
        0 => 0,
        twice if twice <= all => 1,
        _ => 2,
    };
    Reason { about: "compatibility", points, why }
}

/// Whether an object is more than columns put into fields: several records of a row, one of
/// several rows, or values that are composed.
fn needs_mapping(object: &Object) -> bool {
    object.expand.is_some()
        || object.dedupe.is_some()
        || object
            .fields
            .iter()
            .any(|field| matches!(field.rule.from, From::Template(_) | From::Each(_)))
}

fn clarity(profile: &Profile) -> Reason {
    let moved = profile.tables.iter().filter(|table| table.moved);
    let columns = moved.flat_map(|table| &table.columns);
    let filled: Vec<_> =
        columns.filter(|column| column.filled > 0 && !column.column.contains('.')).collect();
    let (all, open) =
        (filled.len() as u64, filled.iter().filter(|column| !column.named).count() as u64);
    let why = format!("{open} of {all} columns that hold something are neither mapped nor ignored");
    let points = match share(open, all) {
        part if part <= 0.0 => 0,
        part if part <= 0.2 => 1,
        _ => 2,
    };
    Reason { about: "clarity", points, why }
}

fn volume(profile: &Profile) -> Reason {
    let rows = profile.rows();
    let (points, why) = if rows > ROWS_ALONE {
        (2, format!("{rows} rows: above {ROWS_ALONE} a move is scoped by itself"))
    } else if rows > ROWS_MANY {
        (1, format!("{rows} rows: a full run takes a long time, plan a delta"))
    } else {
        (0, format!("{rows} rows"))
    };
    Reason { about: "volume", points, why }
}

/// What the source's way of handing out rows and the pace of writing cost.
fn api(pipeline: &Pipeline, profile: &Profile) -> Reason {
    let rests = pipeline.sources.iter().filter(|one| matches!(one.access, Access::Rest { .. }));
    let rests = rests.count();
    let locked = profile
        .tables
        .iter()
        .filter(|table| matches!(table.state, TableState::NotLicensed { .. }))
        .count();
    let moved = profile.tables.iter().filter(|table| table.moved);
    let records: u64 = moved.map(|table| table.rows).sum();
    let hours =
        pipeline.destination.pace_write.map(|pace| seconds(records) / pace.per_second / 3_600.0);
    let mut why = match rests {
        0 => "files, no API to be spared".to_owned(),
        1 => "one REST source without a bulk API".to_owned(),
        many => format!("{many} REST sources without a bulk API"),
    };
    if locked > 0 {
        write!(why, "; {locked} tables are not licensed").unwrap_or_default();
    }
    if let Some(hours) = hours {
        write!(why, "; writing takes {hours:.1} h at least").unwrap_or_default();
    }
    let is_long = hours.is_some_and(|hours| hours > HOURS_LONG);
    let points = u8::from(rests > 1 || locked > 0) + u8::from(is_long);
    Reason { about: "api", points, why }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate of hours")]
const fn seconds(count: u64) -> f64 {
    count as f64
}

fn data(profile: &Profile) -> Reason {
    let grave = profile.findings.iter().filter(|one| one.severity == Severity::Grave).count();
    let look = profile.findings.iter().filter(|one| one.severity == Severity::Look).count();
    let why = format!("{grave} grave findings, {look} to be looked at");
    let points = match (grave, look) {
        (0, 0..=5) => 0,
        (0..=5, _) => 1,
        _ => 2,
    };
    Reason { about: "data", points, why }
}
