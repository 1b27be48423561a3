//! Faults of a whole text: keys that stand twice, aliases, merges, bombs, and many at once.

use std::path::Path;

use super::faults::{SPEC, faults_of, lines};
use super::{Paint, Reading, picture, read};

#[test]
fn keys_that_stand_twice_or_are_no_text_are_told_all_at_once() {
    let spec =
        SPEC.replace("pace: 5/s", "pace: 5/s\n    pace: 6/s").replace("{ A: a }", "{ 1: a, 2: b }");
    let said = lines(&spec);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].starts_with("9:5 duplicate-key: the key `pace` stands twice"), "{said:?}");
    assert!(said[1].contains("key-not-text: a key must be text [put it in quotes]"), "{said:?}");
}

#[test]
fn a_fault_behind_an_alias_shows_its_use_and_its_definition() {
    let spec = SPEC
        .replace("email: email\n", "email: &same { from: email, uniq: true }\n")
        .replace("phone.work: phone", "phone.work: *same");
    let faults = faults_of(&spec);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert_eq!(faults[1].place.as_ref().unwrap().line, 39);
    assert_eq!(faults[1].others[0].place.line, 38);
}

#[test]
fn a_fault_behind_a_merge_shows_its_use_and_its_definition() {
    let spec = SPEC
        .replace("email: email\n", "email: &same { from: email, uniq: true }\n")
        .replace("phone.work: phone", "phone.work: { <<: *same, max: 9 }");
    let faults = faults_of(&spec);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert_eq!(faults[1].others[0].place.line, 38);
}

#[test]
fn a_bomb_of_aliases_is_refused_at_once() {
    let mut spec = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ["b", "c", "d", "e", "f", "g"].iter().zip(["a", "b", "c", "d", "e", "f"])
    {
        let nine = vec![format!("*{before}"); 9].join(", ");
        spec.extend([name, ": &", name, " [", &nine, "]\n"]);
    }
    let faults = faults_of(&spec);
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].code, "yaml");
    assert_eq!(faults_of(&"x".repeat(2 << 20))[0].code, "too-large");
}

#[test]
fn text_that_is_no_yaml_is_told_at_its_place() {
    let said = lines("version: 1\nname: [a, b\nsources: }\n");
    assert_eq!(said.len(), 1);
    insta::assert_snapshot!(said[0]);
}

#[test]
fn a_spec_with_twelve_faults_shows_them_all() {
    let spec = SPEC
        .replace("pace: 5/s", "pase: 5/s")
        .replace("America/Denver", "America/Denwer")
        .replace("{people.id}", "{peple.id}")
        .replace("key: ${KEY}", "key: 3a9f")
        .replace("20MB", "20 bananas")
        .replace("late: true", "late: false")
        .replace("match: name", "match: nmae")
        .replace("| trim", "| trimm")
        .replace("phone.work: phone", "phones.work: phone")
        .replace("else: ignore", "else: ignored")
        .replace("each: calls", "each: callls")
        .replace("map: { A: a }", "map: ../secret.yaml");
    let faults = faults_of(&spec);
    assert_eq!(faults.len(), 12);
    insta::assert_snapshot!(picture(&faults, &|_| Some(spec.clone()), Paint::Plain));
}

#[test]
fn a_spec_that_cannot_be_read_is_one_fault() {
    let files = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    let file = Path::new("none.yaml");
    let faults = read(&Reading {
        file,
        variables: &|_| None,
        files: &files,
        columns: &|_| crate::spec::KnownColumns::new(),
    })
    .unwrap_err();
    assert_eq!(faults[0].code, "unreadable-file");
}
