//! Times and telephone numbers as Rezora has them, by chance.

use crate::sandbox::dice::pick;

/// A time as Rezora writes it, some days before `now`.
pub(crate) fn before(rng: &mut fastrand::Rng, now: jiff::Timestamp, days: i64) -> String {
    let seconds = rng.i64(3_600..days.max(1) * 86_400);
    let at = now.as_second() - seconds;
    jiff::Timestamp::from_second(at)
        .map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}

/// A telephone number of the region, in one of the ways people write it.
pub(crate) fn phone(rng: &mut fastrand::Rng) -> String {
    let (area, line) = (pick(rng, &["303", "720", "970"]), rng.u32(100..10_000));
    match rng.u8(..3) {
        0 => format!("{area}-555-{line:04}"),
        1 => format!("({area}) 555-{line:04}"),
        _ => format!("+1{area}555{line:04}"),
    }
}
