//! The names of a zip's entries: which are safe to unpack, and which folder they all lie in.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Folders and files that systems add on their own; they are no part of an export.
const DEBRIS: [&str; 4] = ["__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"];

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
}

/// The names seen so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Without regard to case: the spelling that came first, and what it is.
    known: HashMap<String, (String, Kind)>,
    /// The first folder of the files so far.
    top: Top,
}

/// What the files of a zip have in front.
#[derive(Debug, Default)]
enum Top {
    #[default]
    Unknown,
    One(String),
    /// Several, or a file that lies in no folder.
    None,
}

impl Names {
    /// Takes the name of an entry: the path to unpack it at, or `None` for a folder and for what is
    /// no part of the export. The error says why the whole zip is refused.
    pub(super) fn take(&mut self, name: &str) -> Result<Option<String>, String> {
        let parts = safe_parts(name)?;
        let kind = if name.ends_with('/') { Kind::Folder } else { Kind::File };
        let mut path = String::new();
        for (number, part) in parts.iter().enumerate() {
            if number > 0 {
                path.push('/');
            }
            path.push_str(part);
            let is_last = number + 1 == parts.len();
            self.note(&path, if is_last { kind } else { Kind::Folder })?;
        }
        let is_debris = parts.iter().any(|part| DEBRIS.contains(part));
        if kind == Kind::Folder || is_debris {
            return Ok(None);
        }
        self.note_top(&parts);
        Ok(Some(path))
    }

    /// The one folder that all files lie in.
    pub(super) fn top(&self) -> Option<&str> {
        match &self.top {
            Top::One(top) => Some(top),
            Top::Unknown | Top::None => None,
        }
    }

    fn note(&mut self, path: &str, kind: Kind) -> Result<(), String> {
        match self.known.entry(path.to_lowercase()) {
            Entry::Vacant(vacant) => {
                vacant.insert((path.into(), kind));
                Ok(())
            }
            Entry::Occupied(known) => match known.get() {
                (first, _) if first != path => Err(format!("differs only in case from `{first}`")),
                (_, Kind::Folder) if kind == Kind::Folder => Ok(()),
                (first, _) => Err(format!("has the name of another entry, `{first}`")),
            },
        }
    }

    fn note_top(&mut self, parts: &[&str]) {
        let own = if parts.len() > 1 { parts.first().copied() } else { None };
        self.top = match (&self.top, own) {
            (Top::Unknown, Some(own)) => Top::One(own.into()),
            (Top::One(top), Some(own)) if top == own => return,
            (Top::Unknown | Top::One(_) | Top::None, _) => Top::None,
        };
    }
}

/// The parts of a name, if it stays below the folder that it is unpacked into, on every system.
fn safe_parts(name: &str) -> Result<Vec<&str>, String> {
    if name.contains('\\') {
        return Err("has a backslash in its name".into());
    }
    if name.starts_with('/') {
        return Err("has an absolute path".into());
    }
    if name.as_bytes().get(1) == Some(&b':') {
        return Err("begins with a drive letter".into());
    }
    if name.chars().any(char::is_control) {
        return Err("has a control character in its name".into());
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return Err("leads out of the zip with `..`".into());
    }
    if parts.is_empty() && !name.ends_with('/') {
        return Err("has no name".into());
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(names: &[&str]) -> Result<(Vec<String>, Option<String>), String> {
        let mut known = Names::default();
        let mut paths = Vec::new();
        for name in names {
            paths.extend(known.take(name)?);
        }
        Ok((paths, known.top().map(str::to_owned)))
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        for (name, why) in [
            ("../a.csv", "leads out"),
            ("x/../../a.csv", "leads out"),
            ("x/..", "leads out"),
            ("/etc/passwd", "absolute"),
            ("C:/a.csv", "drive letter"),
            ("c:a.csv", "drive letter"),
            ("..\\a.csv", "backslash"),
            ("x\\a.csv", "backslash"),
            ("a\0.csv", "control character"),
            ("", "no name"),
        ] {
            let refusal = taken(&[name]).unwrap_err();
            assert!(refusal.contains(why), "{name}: {refusal}");
        }
    }

    #[test]
    fn a_name_that_comes_twice_is_refused_also_in_other_case_and_as_a_folder() {
        for names in [
            ["a.csv", "a.csv"],
            ["a.csv", "./a.csv"],
            ["a.csv", "A.CSV"],
            ["x/a.csv", "X/b.csv"],
            ["Ä.csv", "ä.csv"],
            ["a", "a/b.csv"],
            ["a/b.csv", "a"],
        ] {
            assert!(taken(&names).is_err(), "{names:?}");
        }
        assert!(taken(&["x/", "x/", "x/a.csv"]).is_ok(), "a folder may be named again");
    }

    #[test]
    fn the_one_folder_of_all_files_is_known_and_what_systems_add_does_not_count() {
        let names = ["__MACOSX/._a.csv", "e/", "e/a.csv", "e/f/b.pdf", "e/.DS_Store", ".DS_Store"];
        let (paths, top) = taken(&names).unwrap();
        assert_eq!(paths, ["e/a.csv", "e/f/b.pdf"]);
        assert_eq!(top.as_deref(), Some("e"));
        for names in [["e/a.csv", "b.csv"], ["b.csv", "e/a.csv"], ["e/a.csv", "f/b.csv"]] {
            assert_eq!(taken(&names).unwrap().1, None, "{names:?}");
        }
    }
}
