//! Chance that repeats: the same seed, table and row always roll the same.

/// The dice of one row.
pub(crate) fn dice(seed: u64, table: &str, row: u64) -> fastrand::Rng {
    let mut hash = blake3::Hasher::new();
    hash.update(&seed.to_le_bytes()).update(table.as_bytes()).update(&row.to_le_bytes());
    let mut first = [0; 8];
    hash.finalize_xof().fill(&mut first);
    fastrand::Rng::with_seed(u64::from_le_bytes(first))
}

/// One of a list.
pub(crate) fn pick<'a>(rng: &mut fastrand::Rng, from: &[&'a str]) -> &'a str {
    from.get(rng.usize(..from.len().max(1))).copied().unwrap_or_default()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_row_rolls_the_same_and_another_row_does_not() {
        assert_eq!(dice(1, "contacts", 7).u64(..), dice(1, "contacts", 7).u64(..));
        assert_ne!(dice(1, "contacts", 7).u64(..), dice(1, "contacts", 8).u64(..));
    }
}
