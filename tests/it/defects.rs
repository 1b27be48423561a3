//! Tests of the tests: defects that a write path of this sort could have, put into the sources one
//! at a time. A test that stays green over one of them proves nothing.

#![expect(
    clippy::disallowed_methods,
    reason = "the length of a campaign is a matter of the environment"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use serde::Deserialize;

use crate::rehearsal::project;

/// What the build of the project reads.
const PARTS: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "clippy.toml",
    "src",
    "tests",
    "schemas",
    "transforms",
    "pipelines",
    "README.md",
];

/// An edit of the sources that makes them wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Defect {
    /// In words.
    what: String,
    /// The file, from the root of the project.
    file: PathBuf,
    /// What stands there, once.
    find: String,
    /// What stands there instead.
    replace: String,
    /// The tests that must turn red: a part of their names.
    tests: Vec<String>,
}

impl Defect {
    /// The text of its file with the defect in it.
    fn put_into(&self, root: &Path) -> Result<String, String> {
        let text = fs::read_to_string(root.join(&self.file)).map_err(|error| error.to_string())?;
        let found = text.matches(&self.find).count();
        if found != 1 {
            return Err(format!("{} has the text {found} times", self.file.display()));
        }
        Ok(text.replace(&self.find, &self.replace))
    }
}

fn all() -> BTreeMap<String, Defect> {
    toml::from_str(include_str!("defects.toml")).unwrap()
}

/// Copies what differs, so that a build only repeats what changed.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else if fs::read(from).ok() != fs::read(to).ok() {
        fs::copy(from, to).unwrap();
    }
}

fn cargo(tree: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command.args(words).current_dir(tree).env("CARGO_TARGET_DIR", tree.with_file_name("build"));
    for name in ["FLITPIPE_DEFECTS", "CARGO_MANIFEST_DIR"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

/// Whether every test that should turn red over the defect does; the first line that says so.
fn caught(defect: &Defect, tree: &Path) -> Result<String, String> {
    fs::write(tree.join(&defect.file), defect.put_into(project())?).unwrap();
    let built = cargo(tree, &["test", "--test", "it", "--no-run"]);
    if !built.status.success() {
        return Err(format!("does not build: {}", String::from_utf8_lossy(&built.stderr)));
    }
    let mut said = String::new();
    for test in &defect.tests {
        let output = cargo(tree, &["test", "--test", "it", test]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() || !text.contains("FAILED") {
            return Err(format!("{test} stays green:\n{text}"));
        }
        let line = text.lines().find(|line| line.contains("panicked at")).unwrap_or_default();
        said = format!("{said}{test} is red ({})\n", line.trim());
    }
    Ok(said)
}

#[test]
fn every_defect_is_an_edit_of_the_sources_as_they_are() {
    let stale: Vec<_> = all()
        .iter()
        .filter_map(|(name, defect)| {
            let text = defect.put_into(project());
            let why = text.err().or_else(|| defect.tests.is_empty().then(|| "no test".into()))?;
            Some(format!("{name}: {why}"))
        })
        .collect();
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn every_defect_turns_the_tests_red() {
    // Each is a build of the program and a run of its tests: a campaign, asked for by the
    // environment. `all` plays all of them, anything else those with that in their names.
    let Ok(asked) = std::env::var("FLITPIPE_DEFECTS") else { return };
    let tree = Path::new(env!("CARGO_TARGET_TMPDIR")).join("defects/tree");
    fs::create_dir_all(&tree).unwrap();
    let mut green = Vec::new();
    for (name, defect) in all() {
        if asked != "all" && !name.contains(&asked) {
            continue;
        }
        let began = Instant::now();
        for part in PARTS {
            copy(&project().join(part), &tree.join(part));
        }
        match caught(&defect, &tree) {
            Ok(said) => print!("{name} ({}), {} s: {said}", defect.what, began.elapsed().as_secs()),
            Err(why) => green.push(format!("{name}: {why}")),
        }
    }
    assert!(green.is_empty(), "{}", green.join("\n"));
}
