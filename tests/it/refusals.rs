//! Wrong specs and an unwilling world: told plainly, with nothing touched.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::rehearsal::{Rehearsal, flitpipe, project};

/// A copy of the project's specs and templates, to be spoilt.
fn copy() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for inside in ["pipelines", "transforms/rezora"] {
        fs::create_dir_all(folder.path().join(inside)).unwrap();
        for entry in fs::read_dir(project().join(inside)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, folder.path().join(inside).join(path.file_name().unwrap()))
                    .unwrap();
            }
        }
    }
    let spec = folder.path().join("pipelines/rezora.yaml");
    (folder, spec)
}

fn spoil(spec: &Path, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(spec).unwrap();
    for (good, bad) in changes {
        assert!(text.contains(good), "{good} is not in the spec");
        text = text.replacen(good, bad, 1);
    }
    fs::write(spec, text).unwrap();
}

/// Good text and the fault that takes its place.
const TWELVE: [(&str, &str); 12] = [
    (
        "page: { param: page, size: 200, items: data }",
        "page: { param: page, size: many, items: data }",
    ),
    ("timezone: America/Denver                  #", "timezone: America/Dever                   #"),
    (
        "companies:    { path: /companies, key: id, changed: updated_at, links: { parent_id: companies } }",
        "companies:    { path: /companies, key: id, changed: updated_at, links: { parent_id: companys } }",
    ),
    ("auth: { bearer: \"${REZORA_TOKEN:sandbox}\" }", "auth: { bearer: \"${REZORA_TOKN}\" }"),
    ("  provision: create ", "  provison: create  "),
    ("    to: file\n", "    to: fle\n"),
    (
        "name:              { from: name, required: true }",
        "name:              { from: nmae, required: true }",
    ),
    ("dedupe: { by: [email, name], keep: latest }", "dedupe: { by: [email, name], keep: newest }"),
    ("tags:                  { from: type, map:", "tgas:                  { from: type, map:"),
    (
        "Engagement_Score__c:   { from: engagement_score, custom: number }\n      Email",
        "Engagement_Score__c:   { from: engagement_score, custom: numbr }\n      Email",
    ),
    (
        "contacts:            { ref: people, from: id, required: true }",
        "contacts:            { ref: poeple, from: id, required: true }",
    ),
    (
        "where: source_type in [\"form_fill\", \"listing_inquiry\"] and not agent_id",
        "where: source_type in [\"form_fill\", and not agent_id",
    ),
];

#[test]
fn twelve_faults_of_different_kinds_are_told_in_one_run_each_at_its_place() {
    let (folder, spec) = copy();
    spoil(&spec, &TWELVE);
    let mut command = flitpipe();
    command.args(["apply", "--json", "pipelines/rezora.yaml"]).current_dir(folder.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stdout = String::from_utf8_lossy(&output.stdout);
    let events: Vec<Value> =
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let faults: Vec<_> = events.iter().filter(|event| event["event"] == "fault").collect();
    assert!(faults.len() >= 12, "{stdout}");
    assert!(
        faults.iter().all(|fault| fault["line"].is_u64() && fault["column"].is_u64()),
        "{stdout}"
    );
    let mut lines: Vec<_> = faults.iter().map(|fault| fault["line"].as_u64().unwrap()).collect();
    lines.dedup();
    assert!(lines.len() >= 12, "twelve places: {stdout}");
    let pictures = String::from_utf8_lossy(&output.stderr);
    assert!(pictures.contains("pipelines/rezora.yaml:") && pictures.contains('^'), "{pictures}");
    assert!(!folder.path().join(".flitpipe").exists(), "nothing was touched");
}

#[test]
fn a_wrong_key_is_exit_3_with_account_and_address_but_never_the_key() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = copy();
    let nutshell = rehearsal.nutshell();
    let secret = "canary-7f3a-never-to-be-seen";
    let mut command = rehearsal.command("apply", &spec);
    command.env("NUTSHELL_URL", &nutshell).env("NUTSHELL_USER", "ada@shadyacres.example");
    command.env("NUTSHELL_API_KEY", secret).arg("--yes");
    let output = command.output().unwrap();
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains(&nutshell) && told.contains("ada@shadyacres.example"), "{told}");
    assert!(!told.contains(secret), "{told}");
    assert!(rehearsal.journal().is_empty(), "nothing was written");
}

#[test]
fn a_host_that_is_not_there_is_exit_3_and_resumable() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = copy();
    let mut command = rehearsal.command("apply", &spec);
    let output =
        command.env("REZORA_URL", "http://127.0.0.1:9").env("REZORA_TOKEN", "t").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("http://127.0.0.1:9") && told.contains("to go on:"), "{told}");
    let (code, _) = rehearsal.run("apply", &spec);
    assert_eq!(code, 4, "the world is back: the same command does it");
}

#[test]
fn an_owner_that_nobody_stands_in_for_refuses_the_run_before_anything_moves() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = copy();
    spoil(
        &spec,
        &[("${NUTSHELL_FALLBACK_OWNER:migration@sandbox.example}", "nobody@sandbox.example")],
    );
    let output = rehearsal.command("apply", &spec).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(
        told.contains("unresolved_owner") && told.contains("gus.hale@shadyacres.example"),
        "{told}"
    );
    assert!(rehearsal.journal().is_empty());
}

#[test]
fn two_runs_at_once_are_one_too_many() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = copy();
    let mut first = rehearsal.command("apply", &spec);
    let mut running = first
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let output = rehearsal.command("apply", &spec).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains(&format!("process {}", running.id())), "{told}");
    running.kill().unwrap();
    running.wait().unwrap();
}
