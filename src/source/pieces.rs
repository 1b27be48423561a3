//! A JSON array cut into the texts of its values.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use super::error::SourceError;

/// The largest file that is read whole, and the largest single value of one that is not.
pub(super) const VALUE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The values of a JSON array as pieces of text, so that memory stays flat.
pub(super) struct Pieces<'a> {
    file: &'a Path,
    bytes: BufReader<File>,
    /// The byte that comes next.
    pub(super) offset: u64,
}

impl<'a> Pieces<'a> {
    /// Begins at a byte of the file.
    pub(super) fn open(file: &'a Path, offset: u64) -> Result<Self, SourceError> {
        let mut opened = File::open(file).map_err(|source| unreadable(file, source))?;
        opened.seek(SeekFrom::Start(offset)).map_err(|source| unreadable(file, source))?;
        Ok(Self { file, bytes: BufReader::with_capacity(64 * 1024, opened), offset })
    }

    /// The first byte that is neither space nor byte order mark.
    pub(super) fn first(&mut self) -> Result<Option<u8>, SourceError> {
        self.skip(|byte| byte.is_ascii_whitespace() || matches!(byte, 0xef | 0xbb | 0xbf))
    }

    /// The next value of the array; `None` behind the last.
    pub(super) fn next(&mut self, row: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let first = self.skip(|byte| byte.is_ascii_whitespace() || byte == b',')?;
        let end = || broken(self.file, &format!("row {row}"), "it ends within its list".into());
        let mut scan = Scan::default();
        let mut piece = match first {
            None => return Err(end()),
            Some(b']') => return Ok(None),
            Some(first) => vec![first],
        };
        scan.step(piece[0]);
        while !scan.is_complete() {
            let byte = self.peek()?.ok_or_else(end)?;
            if scan.depth == 0 && !scan.in_text && matches!(byte, b',' | b']') {
                break;
            }
            scan.step(byte);
            piece.push(byte);
            self.advance();
            if piece.len() as u64 > VALUE_BYTES_MAX {
                let place = format!("row {row} of `{}`", self.file.display());
                return Err(SourceError::TooLarge { place, bytes_max: VALUE_BYTES_MAX });
            }
        }
        Ok(Some(piece))
    }

    /// The bytes themselves, for a reader that cuts them otherwise.
    pub(super) const fn bytes(&mut self) -> &mut BufReader<File> {
        &mut self.bytes
    }

    fn skip(&mut self, idle: impl Fn(u8) -> bool) -> Result<Option<u8>, SourceError> {
        while let Some(byte) = self.peek()? {
            self.advance();
            if !idle(byte) {
                return Ok(Some(byte));
            }
        }
        Ok(None)
    }

    fn peek(&mut self) -> Result<Option<u8>, SourceError> {
        let buffer = self.bytes.fill_buf().map_err(|source| unreadable(self.file, source))?;
        Ok(buffer.first().copied())
    }

    fn advance(&mut self) {
        self.bytes.consume(1);
        self.offset += 1;
    }
}

/// Where a value ends, byte by byte.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    escaped: bool,
    closed: bool,
}

impl Scan {
    fn step(&mut self, byte: u8) {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_text = false;
                    self.closed = self.depth == 0;
                }
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.closed = self.depth == 0;
            }
            _ => {}
        }
    }

    fn is_complete(&self) -> bool {
        self.closed
    }
}

/// The error for a file that the system does not give.
pub(super) fn unreadable(file: &Path, source: std::io::Error) -> SourceError {
    SourceError::Unreadable { file: file.into(), source }
}

/// The error for a file whose content is not what it should be.
pub(super) fn broken(file: &Path, place: &str, detail: String) -> SourceError {
    SourceError::Broken { file: file.into(), place: place.into(), detail }
}
