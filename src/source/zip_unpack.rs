//! A zip unpacked into a private folder: checked as a whole first, then written piece by piece
//! under limits that count what is really written.

use std::collections::HashSet;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::ZipArchive;
use zip::result::ZipError;

use super::error::SourceError;
use super::zip_names::Names;

/// How much is held in memory at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// The bits of a Unix mode that say what an entry is, and their values for files and folders.
const KIND_BITS: u32 = 0o170_000;
const KIND_FILE: u32 = 0o100_000;
const KIND_FOLDER: u32 = 0o040_000;

/// The limits of a zip.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Entries.
    pub(super) entries: usize,
    /// Bytes of one entry.
    pub(super) entry_bytes: u64,
    /// Bytes of all entries.
    pub(super) whole_bytes: u64,
    /// Bytes that may come out however few went in.
    pub(super) free_bytes: u64,
    /// Beyond them: how many times as many may come out as went in.
    pub(super) ratio: u64,
}

/// What an export of a company may need; what is larger was made to do harm.
pub(super) const LIMITS: Limits = Limits {
    entries: 100_000,
    entry_bytes: 4 << 30,
    whole_bytes: 64 << 30,
    free_bytes: 64 << 20,
    ratio: 200,
};

/// Which entries are unpacked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// All.
    All,
    /// That of one path, and of it not more than so many bytes.
    Head(&'a str, u64),
}

/// An unpacked zip.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// The folder, which goes when this goes.
    pub(super) place: TempDir,
    /// The one folder that all files lie in.
    pub(super) top: Option<String>,
}

/// Unpacks `file`; one entry that is not as it should be refuses the whole.
pub(super) fn unpack(
    file: &Path,
    wanted: Wanted<'_>,
    limits: &Limits,
) -> Result<Unpacked, SourceError> {
    let unreadable = |source| SourceError::Unreadable { file: file.into(), source };
    let opened = File::open(file).map_err(unreadable)?;
    let file_bytes = opened.metadata().map_err(unreadable)?.len();
    let mut archive =
        ZipArchive::new(BufReader::new(opened)).map_err(|error| broken(file, &error))?;
    let (names, entries) = check(file, &mut archive, limits)?;
    let top = names.top().map(str::to_owned);
    let place = tempfile::Builder::new()
        .prefix("flitpipe-zip-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(unreadable)?;
    let mut writer = Writer { file_bytes, limits, root: place.path(), written: 0 };
    for (index, path) in entries {
        let bytes_max = match wanted {
            Wanted::All => u64::MAX,
            Wanted::Head(one, bytes_max) if is_at(one, &path, top.as_deref()) => bytes_max,
            Wanted::Head(..) => continue,
        };
        let refuse = |detail: String| refused(file, &path, &detail);
        let mut entry = archive.by_index(index).map_err(|error| refuse(error.to_string()))?;
        let packed = entry.compressed_size().min(file_bytes);
        writer.write(&mut entry, (&path, packed), bytes_max).map_err(refuse)?;
    }
    Ok(Unpacked { place, top })
}

/// Whether `path` in a zip is meant by `wanted`, with or without the one folder in front.
fn is_at(wanted: &str, path: &str, top: Option<&str>) -> bool {
    let wanted = wanted.trim_start_matches("./");
    let below = top.and_then(|top| path.strip_prefix(top)).and_then(|path| path.strip_prefix('/'));
    path == wanted || below == Some(wanted)
}

/// Judges every entry before any is written; what is to be written, with its place in the zip.
fn check<R: Read + Seek>(
    file: &Path,
    archive: &mut ZipArchive<R>,
    limits: &Limits,
) -> Result<(Names, Vec<(usize, String)>), SourceError> {
    let whole = |detail: String| SourceError::Broken {
        file: file.into(),
        place: "its list of entries".into(),
        detail,
    };
    if archive.len() > limits.entries {
        return Err(whole(format!("more than {} entries", limits.entries)));
    }
    if archive.has_duplicate_names() {
        let name = twice(file, archive.central_directory_start()).unwrap_or_default();
        return Err(refused(file, &name, &"has the name of another entry"));
    }
    let mut names = Names::default();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(|error| broken(file, &error))?;
        let shown = String::from_utf8_lossy(entry.name_raw());
        let name = entry.name().map_err(|error| refused(file, &shown, &error))?;
        let kind = entry.unix_mode().unwrap_or_default() & KIND_BITS;
        if entry.is_symlink() || !matches!(kind, 0 | KIND_FILE | KIND_FOLDER) {
            return Err(refused(file, &name, &"is a link or a device, not a file"));
        }
        if entry.encrypted() {
            return Err(refused(file, &name, &"is encrypted; unpack the zip with its password"));
        }
        let path = names.take(&name).map_err(|detail| refused(file, &name, &detail))?;
        entries.extend(path.map(|path| (index, path)));
    }
    Ok((names, entries))
}

/// The first name that stands twice in the list of a zip, which begins at that byte: the reader of
/// zips says that there is one, but not which.
fn twice(file: &Path, start: u64) -> Option<String> {
    let mut list = BufReader::new(File::open(file).ok()?);
    list.seek(SeekFrom::Start(start)).ok()?;
    let mut seen = HashSet::new();
    loop {
        // The lengths of the name and of what follows it stand at 28, 30 and 32 of 46 bytes.
        let mut fixed = [0; 46];
        list.read_exact(&mut fixed).ok()?;
        let [.., n0, n1, e0, e1, c0, c1, _, _, _, _, _, _, _, _, _, _, _, _] = fixed;
        let mut name = vec![0; usize::from(u16::from_le_bytes([n0, n1]))];
        list.read_exact(&mut name).ok()?;
        let behind = u16::from_le_bytes([e0, e1]).into();
        list.seek_relative(behind).ok()?;
        list.seek_relative(u16::from_le_bytes([c0, c1]).into()).ok()?;
        if !seen.insert(name.clone()) {
            return Some(String::from_utf8_lossy(&name).into_owned());
        }
    }
}

/// Writes entries and counts.
struct Writer<'a> {
    file_bytes: u64,
    limits: &'a Limits,
    root: &'a Path,
    /// Bytes of all entries so far.
    written: u64,
}

impl Writer<'_> {
    /// Writes an entry of so many packed bytes, at most `bytes_max` of it; the error says what is
    /// wrong with the entry.
    fn write(
        &mut self,
        entry: &mut impl Read,
        (path, packed): (&str, u64),
        bytes_max: u64,
    ) -> Result<(), String> {
        let mut target = self.create(path).map_err(|error| format!("cannot be kept: {error}"))?;
        let mut entry = entry.take(bytes_max);
        let mut piece = vec![0; PIECE_BYTES];
        let mut bytes = 0;
        loop {
            let count = match entry.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(format!("is damaged: {error}")),
            };
            bytes += count as u64;
            self.written += count as u64;
            self.judge(bytes, packed)?;
            target
                .write_all(&piece[..count])
                .map_err(|error| format!("cannot be kept: {error}"))?;
        }
        target.flush().map_err(|error| format!("cannot be kept: {error}"))
    }

    /// Whether an entry that has given `bytes` out of `packed` may give more.
    fn judge(&self, bytes: u64, packed: u64) -> Result<(), String> {
        let Limits { entry_bytes, whole_bytes, free_bytes, ratio, .. } = *self.limits;
        if bytes > entry_bytes {
            return Err(format!("is larger than {entry_bytes} bytes"));
        }
        if self.written > whole_bytes {
            return Err(format!("makes the whole larger than {whole_bytes} bytes"));
        }
        let swells = |out: u64, packed: u64| out > free_bytes && out / ratio > packed;
        if swells(bytes, packed) || swells(self.written, self.file_bytes) {
            return Err(format!("swells to more than {ratio} times its packed size"));
        }
        Ok(())
    }

    fn create(&self, path: &str) -> io::Result<BufWriter<File>> {
        let target: PathBuf = self.root.join(path);
        if let Some(folder) = target.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(target)?;
        Ok(BufWriter::with_capacity(PIECE_BYTES, file))
    }
}

fn refused(file: &Path, entry: &str, detail: &impl ToString) -> SourceError {
    SourceError::Archive { file: file.into(), entry: entry.into(), detail: detail.to_string() }
}

fn broken(file: &Path, error: &ZipError) -> SourceError {
    let place = "its list of entries".into();
    SourceError::Broken { file: file.into(), place, detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::zip_sample::{build, options, patch, replace, zip};

    /// Unpacks a zip of those bytes; what is refused leaves nothing behind in the folder.
    fn unpacked(bytes: &[u8], wanted: Wanted<'_>, limits: &Limits) -> Result<Unpacked, String> {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("export.zip");
        fs::write(&file, bytes).unwrap();
        unpack(&file, wanted, limits).map_err(|error| error.to_string())
    }

    fn refusal(bytes: &[u8], limits: &Limits) -> String {
        unpacked(bytes, Wanted::All, limits).unwrap_err()
    }

    #[test]
    fn an_unpacked_zip_can_be_read_by_its_owner_only_and_goes_with_its_reader() {
        let bytes = zip(&[("e/", b""), ("e/a.csv", b"id\n1\n"), ("e/f/b.pdf", b"pdf")]);
        let Unpacked { place, top } = unpacked(&bytes, Wanted::All, &LIMITS).unwrap();
        assert_eq!(top.as_deref(), Some("e"));
        let mode = |path: &str| {
            fs::metadata(place.path().join(path)).unwrap().permissions().mode() & 0o777
        };
        assert_eq!([mode(""), mode("e"), mode("e/f")], [0o700; 3]);
        assert_eq!([mode("e/a.csv"), mode("e/f/b.pdf")], [0o600; 2]);
        assert_eq!(fs::read(place.path().join("e/a.csv")).unwrap(), b"id\n1\n");
        let path = place.path().to_owned();
        drop(place);
        assert!(!path.exists());
    }

    #[test]
    fn an_entry_that_leads_out_of_the_zip_refuses_it_by_name() {
        for (name, honest) in [("../x.csv", "aa/x.csv"), ("/x/y.csv", "ax/y.csv")] {
            let mut bytes = zip(&[("a.csv", b"id\n"), (honest, b"id\n")]);
            replace(&mut bytes, honest.as_bytes(), name.as_bytes());
            let refusal = refusal(&bytes, &LIMITS);
            assert!(refusal.contains(&format!("its entry `{name}` ")), "{refusal}");
        }
        for (name, honest) in [("..\\x.csv", "aa-x.csv"), ("C:/x.csv", "aa/x.csv")] {
            let mut bytes = zip(&[(honest, b"id\n")]);
            replace(&mut bytes, honest.as_bytes(), name.as_bytes());
            let refusal = refusal(&bytes, &LIMITS);
            assert!(refusal.contains(&format!("its entry `{name}` ")), "{refusal}");
        }
    }

    #[test]
    fn a_link_and_a_device_in_a_zip_refuse_it_by_name() {
        let link = build(|writer| writer.add_symlink("a.csv", "/etc/passwd", options()).unwrap());
        let refusal_of_link = refusal(&link, &LIMITS);
        assert!(refusal_of_link.contains("`a.csv` is a link or a device"), "{refusal_of_link}");
        // The mode stands in the upper half of the four bytes at 38 of an entry of the list.
        let mut device = zip(&[("a.csv", b"id\n")]);
        patch(&mut device, b"PK\x01\x02", 41, 0o020_000_u16.to_be_bytes()[0]);
        assert!(refusal(&device, &LIMITS).contains("`a.csv` is a link or a device"));
    }

    #[test]
    fn an_encrypted_entry_refuses_the_zip_by_name() {
        let mut bytes = zip(&[("a.csv", b"id\n")]);
        patch(&mut bytes, b"PK\x03\x04", 6, 1);
        patch(&mut bytes, b"PK\x01\x02", 8, 1);
        assert!(refusal(&bytes, &LIMITS).contains("`a.csv` is encrypted"));
    }

    #[test]
    fn names_that_come_twice_or_differ_only_in_case_refuse_the_zip_by_name() {
        let mut bytes = zip(&[("x/a.csv", b"id\n1\n"), ("x/b.csv", b"id\n2\n")]);
        replace(&mut bytes, b"x/b.csv", b"x/a.csv");
        let refusal_of_twin = refusal(&bytes, &LIMITS);
        assert!(refusal_of_twin.contains("`x/a.csv` has the name of another"), "{refusal_of_twin}");
        let bytes = zip(&[("a.csv", b"id\n1\n"), ("A.csv", b"id\n2\n")]);
        assert!(refusal(&bytes, &LIMITS).contains("`A.csv` differs only in case from `a.csv`"));
    }

    #[test]
    fn a_zip_that_swells_is_refused_by_what_comes_out_whatever_it_says() {
        let zeros = vec![b'0'; 1 << 20];
        let bytes = zip(&[("a.csv", b"id\n"), ("b.csv", &zeros)]);
        let few = Limits { free_bytes: 100_000, ..LIMITS };
        assert!(refusal(&bytes, &few).contains("`b.csv` swells to more than 200 times"));
        assert!(unpacked(&bytes, Wanted::All, &LIMITS).is_ok(), "small enough to be harmless");
        // The size in the list says 16 bytes.
        let mut liar = bytes;
        replace(&mut liar, &(1_u32 << 20).to_le_bytes(), &16_u32.to_le_bytes());
        assert!(refusal(&liar, &LIMITS).contains("`b.csv` is damaged"));
    }

    #[test]
    fn entries_that_swell_only_together_are_refused() {
        let rows: String = (0..20_000_u32).map(|row| row.to_string() + "\n").collect();
        let names: Vec<String> = (0..10).map(|number| format!("{number}.csv")).collect();
        let entries: Vec<_> = names.iter().map(|name| (&**name, rows.as_bytes())).collect();
        let bytes = zip(&entries);
        let limits = Limits { free_bytes: 500_000, ratio: 2, ..LIMITS };
        assert!(refusal(&bytes, &limits).contains("swells"));
        let one = zip(&entries[..1]);
        assert!(unpacked(&one, Wanted::All, &limits).is_ok());
    }

    #[test]
    fn too_many_entries_and_too_large_ones_are_refused() {
        let bytes = zip(&[("a.csv", b"id\n1\n"), ("b.csv", b"id\n2\n")]);
        let limits = Limits { entries: 1, ..LIMITS };
        assert!(refusal(&bytes, &limits).contains("more than 1 entries"));
        let limits = Limits { entry_bytes: 4, ..LIMITS };
        assert!(refusal(&bytes, &limits).contains("`a.csv` is larger than 4 bytes"));
        let limits = Limits { whole_bytes: 9, ..LIMITS };
        assert!(refusal(&bytes, &limits).contains("`b.csv` makes the whole larger than 9 bytes"));
    }

    #[test]
    fn bytes_that_do_not_match_their_checksum_refuse_the_zip_by_name() {
        let stored = options().compression_method(zip::CompressionMethod::Stored);
        let mut bytes = build(|writer| {
            writer.start_file("a.csv", stored).unwrap();
            writer.write_all(b"id\n4711\n").unwrap();
        });
        replace(&mut bytes, b"4711", b"4712");
        assert!(refusal(&bytes, &LIMITS).contains("`a.csv` is damaged"));
        assert!(refusal(b"id;name\n1;Ann\n", &LIMITS).contains("is broken at its list of entries"));
        let cut = zip(&[("a.csv", b"id\n1\n")]);
        assert!(refusal(&cut[..cut.len() - 30], &LIMITS).contains("is broken"));
    }

    #[test]
    fn a_look_at_one_file_unpacks_no_more_than_its_head() {
        let bytes = zip(&[("e/a.csv", b"id;name\n1;Ann\n"), ("e/b.csv", b"id\n2\n")]);
        for path in ["a.csv", "e/a.csv", "./a.csv"] {
            let Unpacked { place, .. } = unpacked(&bytes, Wanted::Head(path, 8), &LIMITS).unwrap();
            assert_eq!(fs::read(place.path().join("e/a.csv")).unwrap(), b"id;name\n", "{path}");
            assert!(!place.path().join("e/b.csv").exists());
        }
    }
}
