//! A hash of many things, whatever their order, that needs no memory for them.

/// The sum of the hashes of things that are each there once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum([u8; 32]);

impl Sum {
    /// Adds a thing, as the hash of what it says.
    pub(super) fn add(&mut self, hash: blake3::Hash) {
        self.0.iter_mut().zip(hash.as_bytes()).for_each(|(all, one)| *all ^= one);
    }

    /// The sum in hex, half of it: enough to tell two apart.
    pub(super) fn text(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex()[..32].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_things_is_no_difference_and_one_of_them_is() {
        let sum = |things: &[&str]| {
            let mut sum = Sum::default();
            for thing in things {
                sum.add(blake3::hash(thing.as_bytes()));
            }
            sum.text()
        };
        assert_eq!(sum(&["a", "b", "c"]), sum(&["c", "a", "b"]));
        assert_ne!(sum(&["a", "b"]), sum(&["a", "c"]));
        assert_ne!(sum(&["a"]), sum(&[]));
    }
}
