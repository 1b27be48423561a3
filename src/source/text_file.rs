//! A file of text as bytes that can be cut at line ends: what its mark says goes before what the
//! spec says, and UTF-16 is led to a private copy in UTF-8.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use encoding_rs::{CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use tempfile::TempDir;

use super::error::SourceError;

/// How much is transcoded at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// A file of text.
#[derive(Debug, Clone)]
pub(super) struct TextFile {
    /// Where its bytes are.
    pub(super) path: PathBuf,
    /// The file as its user knows it, for messages.
    pub(super) shown: PathBuf,
    /// How they are to be read.
    pub(super) encoding: &'static Encoding,
}

impl TextFile {
    /// Looks at a file; `copies` is where a copy may be made.
    pub(super) fn open(file: &Path, label: &str, copies: &Copies) -> Result<Self, SourceError> {
        let unreadable = |source| SourceError::Unreadable { file: file.into(), source };
        let declared = Encoding::for_label(label.trim().as_bytes())
            .ok_or_else(|| SourceError::Encoding { label: label.into() })?;
        let mut head = Vec::new();
        let opened = File::open(file).map_err(unreadable)?;
        opened.take(3).read_to_end(&mut head).map_err(unreadable)?;
        let encoding = Encoding::for_bom(&head).map_or(declared, |(marked, _)| marked);
        let shown = file.to_owned();
        if encoding.is_ascii_compatible() {
            return Ok(Self { path: shown.clone(), shown, encoding });
        }
        if encoding != UTF_16LE && encoding != UTF_16BE {
            return Err(SourceError::Encoding { label: label.into() });
        }
        let path = copies.of(file, encoding).map_err(unreadable)?;
        Ok(Self { path, shown, encoding: UTF_8 })
    }

    /// An error with the file as its user knows it: nobody knows the copy.
    pub(super) fn as_shown(&self, mut error: SourceError) -> SourceError {
        if let SourceError::Unreadable { file, .. } | SourceError::Broken { file, .. } = &mut error
            && *file == self.path
        {
            file.clone_from(&self.shown);
        }
        error
    }

    /// Its name, for the places of rows.
    pub(super) fn name(&self) -> String {
        self.shown.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A private folder for copies; it goes with its reader.
#[derive(Debug, Default)]
pub(super) struct Copies(Mutex<Option<TempDir>>);

impl Copies {
    /// The copy of a file in UTF-8, made when there is none of the file as it stands now.
    fn of(&self, file: &Path, encoding: &'static Encoding) -> io::Result<PathBuf> {
        // One copy is made at a time: a second reader of the file waits for it.
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match &mut *place {
            Some(folder) => folder,
            none => none.insert(private_folder()?),
        };
        let metadata = fs::metadata(file)?;
        let look = (file, metadata.len(), metadata.modified().ok(), encoding.name());
        let name = blake3::hash(format!("{look:?}").as_bytes()).to_hex();
        let path = folder.path().join(name.as_str());
        if !path.exists() {
            // A copy that breaks off must not be taken for the file.
            let draft = path.with_extension("part");
            transcode(file, encoding, &draft)?;
            fs::rename(draft, &path)?;
        }
        Ok(path)
    }
}

fn private_folder() -> io::Result<TempDir> {
    let owner_only = fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().prefix("flitpipe-text-").permissions(owner_only).tempdir()
}

/// Writes the text of a file in UTF-8.
fn transcode(file: &Path, encoding: &'static Encoding, to: &Path) -> io::Result<()> {
    let mut input = BufReader::new(File::open(file)?);
    let copy = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
    let mut output = BufWriter::new(copy);
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let (mut piece, mut text) = (vec![0; PIECE_BYTES], String::with_capacity(2 * PIECE_BYTES));
    loop {
        let count = input.read(&mut piece)?;
        let mut rest = &piece[..count];
        loop {
            let (result, read, _) = decoder.decode_to_string(rest, &mut text, count == 0);
            output.write_all(text.as_bytes())?;
            text.clear();
            rest = &rest[read..];
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        if count == 0 {
            return output.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], label: &str, expected: &str, encoding: &'static Encoding) {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a.csv");
        fs::write(&file, bytes).unwrap();
        let copies = Copies::default();
        let text = TextFile::open(&file, label, &copies).unwrap();
        let read = fs::read(&text.path).unwrap();
        let (read, _) = text.encoding.decode_with_bom_removal(&read);
        assert_eq!((&*read, text.encoding), (expected, encoding), "{label}");
        assert_eq!(text.name(), "a.csv");
    }

    #[test]
    fn a_mark_at_the_beginning_goes_before_what_the_spec_says() {
        check("\u{feff}José".as_bytes(), "windows-1252", "José", UTF_8);
        check(b"Jos\xe9", "windows-1252", "José", encoding_rs::WINDOWS_1252);
    }

    #[test]
    fn utf_16_is_read_in_both_orders_with_a_mark_or_declared() {
        let units: Vec<u16> = "id,name\n1,José 🌷\n".encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let text = "id,name\n1,José 🌷\n";
        check(&[b"\xff\xfe", &*little].concat(), "utf-8", text, UTF_8);
        check(&[b"\xfe\xff", &*big].concat(), "utf-8", text, UTF_8);
        check(&little, "utf-16le", text, UTF_8);
    }

    #[test]
    fn a_copy_can_be_read_by_its_owner_only_and_is_made_anew_when_the_file_is_another() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a.csv");
        let write = |text: &str, at: u64| {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            fs::write(&file, bytes).unwrap();
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(at);
            File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        };
        let copies = Copies::default();
        let copy = || TextFile::open(&file, "utf-16le", &copies).unwrap().path;
        write("id\n1\n", 2_000_000);
        let first = copy();
        assert_eq!(fs::read_to_string(&first).unwrap(), "id\n1\n");
        assert_eq!(copy(), first, "made once");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(first.parent().unwrap()), mode(&first)), (0o700, 0o600));
        // An export that is put back is older than the copy of the one that it replaces.
        write("id\n2\n", 1_000_000);
        assert_eq!(fs::read_to_string(copy()).unwrap(), "id\n2\n");
    }
}
