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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_row_rolls_the_same_and_another_row_does_not() {
        assert_eq!(dice(1, "contacts", 7).u64(..), dice(1, "contacts", 7).u64(..));
        assert_ne!(dice(1, "contacts", 7).u64(..), dice(1, "contacts", 8).u64(..));
    }
}
