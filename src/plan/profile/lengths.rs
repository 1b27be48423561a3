//! The lengths of a column's values, in characters.

use std::collections::BTreeMap;

use serde::Serialize;

/// Up to this length every length has a count of its own; beyond it they are rounded down to one
/// part in 128, so that there are few of them.
const FINE_MAX: u64 = 256;

/// The lengths of a column's values, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub struct Spread {
    /// The shortest.
    pub min: u64,
    /// The one in the middle; beyond 256 to one part in 128.
    pub median: u64,
    /// The longest.
    pub max: u64,
}

/// The lengths while they are counted.
#[derive(Debug, Default)]
pub(super) struct Lengths {
    counts: BTreeMap<u64, u64>,
    min: Option<u64>,
    max: u64,
}

impl Lengths {
    pub(super) fn add(&mut self, length: u64) {
        *self.counts.entry(rounded(length)).or_default() += 1;
        self.min = Some(self.min.map_or(length, |min| min.min(length)));
        self.max = self.max.max(length);
    }

    pub(super) fn spread(&self) -> Spread {
        let all: u64 = self.counts.values().sum();
        let mut passed = 0;
        let median = self.counts.iter().find_map(|(length, count)| {
            passed += count;
            (passed * 2 >= all).then_some(*length)
        });
        Spread {
            min: self.min.unwrap_or(0),
            median: median.unwrap_or(0).max(self.min.unwrap_or(0)),
            max: self.max,
        }
    }
}

const fn rounded(length: u64) -> u64 {
    if length <= FINE_MAX {
        return length;
    }
    let spare = length.ilog2() - 7;
    length >> spare << spare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_exact_for_short_values_and_near_for_long_ones() {
        let mut lengths = Lengths::default();
        for length in [3, 9, 4, 4, 120_000] {
            lengths.add(length);
        }
        assert_eq!(lengths.spread(), Spread { min: 3, median: 4, max: 120_000 });
        let mut long = Lengths::default();
        long.add(1_001);
        let spread = long.spread();
        assert_eq!((spread.min, spread.max), (1_001, 1_001));
        assert_eq!(spread.median, 1_001, "never below the shortest");
        assert_eq!(Lengths::default().spread(), Spread::default());
    }
}
