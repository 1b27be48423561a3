//! How many different values a column has: exact up to a cap, estimated beyond it.

use std::collections::HashMap;

use serde::Serialize;

/// Up to so many different values are counted one by one.
const EXACT_MAX: usize = 5_000;

/// How many characters of a value are kept to show it.
const SHOWN_CHARS_MAX: usize = 120;

/// The most frequent values that are named.
const TOP: usize = 20;

/// Bits of a hash that choose a register: 4,096 registers estimate to about 1.6 %.
const REGISTER_BITS: u32 = 12;

/// A value with how often it stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frequent {
    /// The value, cut to 120 characters.
    pub value: String,
    /// How often.
    pub count: u64,
}

/// The different values of a column, while they are counted.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    exact: HashMap<u64, (Box<str>, u64)>,
    /// Begun when the cap is reached.
    registers: Option<Box<[u8]>>,
}

impl Distinct {
    pub(super) fn add(&mut self, text: &str) {
        let hash = hash(text);
        if let Some((_, count)) = self.exact.get_mut(&hash) {
            *count += 1;
            return;
        }
        if self.exact.len() < EXACT_MAX {
            let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
            self.exact.insert(hash, (shown.into(), 1));
            return;
        }
        let registers = self.registers.get_or_insert_with(|| {
            let mut registers = vec![0; 1 << REGISTER_BITS].into_boxed_slice();
            for known in self.exact.keys() {
                note(&mut registers, *known);
            }
            registers
        });
        note(registers, hash);
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        let exact = self.exact.len() as u64;
        self.registers.as_ref().map_or(exact, |registers| exact.max(estimate(registers)))
    }

    /// Whether the count is exact.
    pub(super) const fn is_exact(&self) -> bool {
        self.registers.is_none()
    }

    /// Whether no value stands there twice; `None` when nobody can say.
    pub(super) fn is_unique(&self) -> Option<bool> {
        if self.exact.values().any(|(_, count)| *count > 1) {
            return Some(false);
        }
        self.is_exact().then_some(true)
    }

    /// The most frequent ones, of equals the smaller text first. Beyond the cap: of the values
    /// that were met first.
    pub(super) fn top(&self) -> Vec<Frequent> {
        let mut all: Vec<_> = self.exact.values().collect();
        all.sort_by(|(left, more), (right, less)| less.cmp(more).then_with(|| left.cmp(right)));
        let frequent =
            |(value, count): &(Box<str>, u64)| Frequent { value: value.to_string(), count: *count };
        all.into_iter().take(TOP).map(frequent).collect()
    }
}

/// The same number for the same text, on every machine.
pub(super) fn hash(text: &str) -> u64 {
    let whole = blake3::hash(text.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&whole.as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// `HyperLogLog`: a register keeps the longest run of zeros among the hashes that chose it.
fn note(registers: &mut [u8], hash: u64) {
    let chosen = usize::try_from(hash >> (u64::BITS - REGISTER_BITS)).unwrap_or(0);
    let rest = hash << REGISTER_BITS | 1 << (REGISTER_BITS - 1);
    let rank = u8::try_from(rest.leading_zeros() + 1).unwrap_or(u8::MAX);
    registers[chosen] = registers[chosen].max(rank);
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate of a count, which is finite and not negative"
)]
fn estimate(registers: &[u8]) -> u64 {
    let many = registers.len() as f64;
    let sum: f64 = registers.iter().map(|rank| (-f64::from(*rank)).exp2()).sum();
    let raw = 0.7213 / (1.0 + 1.079 / many) * many * many / sum;
    // While registers are empty, counting these is the better estimate.
    let empty = registers.iter().map(|rank| u32::from(*rank == 0)).sum::<u32>();
    if raw <= 2.5 * many && empty > 0 {
        return (many * (many / f64::from(empty)).ln()).round() as u64;
    }
    raw.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_exactly_with_the_most_frequent_first() {
        let mut distinct = Distinct::default();
        for value in ["b", "a", "c", "a", "b", "d"] {
            distinct.add(value);
        }
        assert_eq!((distinct.count(), distinct.is_exact()), (4, true));
        assert_eq!(distinct.is_unique(), Some(false));
        let top: Vec<_> = distinct.top().into_iter().map(|one| (one.value, one.count)).collect();
        let expected = [("a", 2), ("b", 2), ("c", 1), ("d", 1)];
        assert_eq!(top, expected.map(|(value, count)| (value.to_owned(), count)));
    }

    #[test]
    fn many_values_are_estimated_within_five_percent_and_memory_stays() {
        for many in [5_001, 7_000, 10_000, 12_000, 200_000_u32] {
            let mut distinct = Distinct::default();
            for number in 0..many {
                distinct.add(&format!("value {number}"));
            }
            assert!(!distinct.is_exact());
            let off = distinct.count().abs_diff(u64::from(many));
            assert!(off * 20 <= u64::from(many), "{} of {many}", distinct.count());
            assert_eq!(distinct.exact.len(), EXACT_MAX);
            assert_eq!(distinct.is_unique(), None, "nobody can say");
        }
    }
}
