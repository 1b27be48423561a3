//! A file whose rows may not be larger than memory allows.

use std::io::{self, Read, Seek, SeekFrom};

/// Reads on until the row that was begun takes too many bytes: a quote without its partner would
/// else take the rest of the file into memory.
#[derive(Debug)]
pub(super) struct Metered<R> {
    inner: R,
    bytes_max: u64,
    left: u64,
}

impl<R> Metered<R> {
    /// `inner`, whose rows have at most `bytes_max` bytes, and what a buffer in front of it holds.
    pub(super) const fn new(inner: R, bytes_max: u64) -> Self {
        Self { inner, bytes_max, left: bytes_max }
    }

    /// A row begins.
    pub(super) const fn begin_row(&mut self) {
        self.left = self.bytes_max;
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(piece)?;
        let bytes_max = self.bytes_max;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other(format!(
                "the row is larger than {bytes_max} bytes; is a quote in it not closed?"
            ))
        })?;
        Ok(count)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_takes_the_file_along_is_stopped_and_small_ones_go_on_for_ever() {
        let mut file = Metered::new(io::repeat(b'x'), 100);
        let mut piece = [0; 40];
        for _ in 0..50 {
            file.begin_row();
            assert_eq!(file.read(&mut piece).unwrap(), 40);
        }
        assert_eq!(file.read(&mut piece).unwrap(), 40);
        let error = file.read(&mut piece).unwrap_err().to_string();
        assert!(error.contains("larger than 100 bytes"), "{error}");
    }
}
