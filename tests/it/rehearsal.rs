//! The real program on a sandbox that runs as a process of its own, judged from the sandbox's side.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program.
pub(crate) fn flitpipe() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flitpipe"));
    let set = std::env::vars().map(|(name, _)| name);
    for name in set.filter(|name| {
        ["NUTSHELL_", "REZORA_", "ALLEGORY_", "FLITPIPE_", "BUCKET_", "AWS_"]
            .iter()
            .any(|start| name.starts_with(start))
    }) {
        command.env_remove(name);
    }
    command
}

/// The project's own folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Sends a signal, such as `-STOP`, to a process.
pub(crate) fn signal(name: &str, running: &Child) {
    let sent = Command::new("kill").arg(name).arg(running.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// A sandbox that lives on while runs come and go.
pub(crate) struct Rehearsal {
    folder: tempfile::TempDir,
    serving: Child,
    root: String,
}

impl Rehearsal {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = flitpipe();
        command.args(["sandbox", "--json", "--state"]).arg(folder.path().join("state"));
        let mut serving = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let line = first_line(&mut serving);
        let event: Value = serde_json::from_str(&line).unwrap();
        let root = event["addresses"]["root"].as_str().unwrap().to_owned();
        Self { folder, serving, root }
    }

    /// A command on a spec of the project, with this sandbox and a folder of its own for reports.
    pub(crate) fn command(&self, word: &str, spec: &Path) -> Command {
        let mut command = flitpipe();
        command
            .args(word.split(' '))
            .arg(spec)
            .arg("--json")
            .arg("--state")
            .arg(self.folder.path().join("state"));
        command
            .arg("--out-dir")
            .arg(self.folder.path().join("out"))
            .current_dir(self.folder.path());
        command
    }

    /// Runs a command to its end: the exit code and the summary.
    pub(crate) fn run(&self, word: &str, spec: &Path) -> (i32, Value) {
        finished(&self.command(word, spec).output().unwrap())
    }

    /// The address of the local Nutshell, for those who name it.
    pub(crate) fn nutshell(&self) -> String {
        format!("{}/nutshell", self.root)
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Every live record of the local Nutshell, by entity.
    pub(crate) fn dump(&self) -> Value {
        self.ask("/nutshell/sandbox/dump")
    }

    /// How often each method was called.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        serde_json::from_value(self.ask("/nutshell/sandbox/calls")).unwrap()
    }

    /// Every mutation that was applied.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let answer = self.ask("/nutshell/sandbox/journal?since=0");
        answer.as_array().or_else(|| answer["journal"].as_array()).unwrap().clone()
    }

    /// What a person does in the CRM.
    pub(crate) fn person(&self, method: &str, params: &Value) -> Value {
        let body =
            serde_json::json!({ "jsonrpc": "2.0", "id": "p", "method": method, "params": params });
        let answer = self.http("POST", "/nutshell/api/v1/json", &body.to_string());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Puts rules for what goes wrong in the place of those that are there.
    pub(crate) fn faults(&self, rules: &Value) {
        let answer = self.http("POST", "/nutshell/sandbox/faults", &rules.to_string());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer.is_array(), "{rules}: {answer}");
    }

    /// Lets nothing go wrong any more; how often each rule had struck.
    pub(crate) fn calm(&self) -> Vec<u64> {
        let answer = self.http("DELETE", "/nutshell/sandbox/faults", "");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let rules = answer.as_array().unwrap().iter();
        rules.map(|rule| rule["struck"].as_u64().unwrap()).collect()
    }

    fn ask(&self, path: &str) -> Value {
        serde_json::from_str(&self.http("GET", path, "")).unwrap()
    }

    fn http(&self, verb: &str, path: &str, body: &str) -> String {
        let host = self.root.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).unwrap();
        // `sandbox:sandbox`
        let request = format!(
            "{verb} {path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Basic c2FuZGJveDpzYW5kYm94\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        body.to_owned()
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        self.serving.kill().unwrap();
        self.serving.wait().unwrap();
    }
}

/// The exit code and the summary of a command that ran to its end.
pub(crate) fn finished(output: &Output) -> (i32, Value) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let last = stdout.lines().last().unwrap_or("null");
    let code = output.status.code().unwrap_or(-1);
    let summary = serde_json::from_str(last);
    (
        code,
        summary.unwrap_or_else(|_| panic!("{stdout}\n{}", String::from_utf8_lossy(&output.stderr))),
    )
}

fn first_line(child: &mut Child) -> String {
    let stdout = child.stdout.as_mut().unwrap();
    let (mut line, mut byte) = (Vec::new(), [0]);
    let began = Instant::now();
    while began.elapsed() < Duration::from_mins(1)
        && stdout.read(&mut byte).unwrap() == 1
        && byte[0] != b'\n'
    {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

/// The live records without what every write changes: revisions, times, counts of contacts.
pub(crate) fn settled(dump: &Value) -> Value {
    const MOVING: [&str; 9] = [
        "rev",
        "modifiedTime",
        "lastContactedDate",
        "contactedCount",
        "activitiesCount",
        "urgency",
        "nextStepDueTime",
        "isOverdue",
        "customFieldsRev",
    ];
    match dump {
        Value::Array(items) => items.iter().map(settled).collect(),
        Value::Object(entries) => entries
            .iter()
            .filter(|(name, _)| !MOVING.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), settled(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => dump.clone(),
    }
}

/// Marker to the number of live records that carry it, over all entities.
pub(crate) fn copies(dump: &Value) -> BTreeMap<String, usize> {
    let mut copies = BTreeMap::new();
    for records in dump.as_object().unwrap().values() {
        for record in records.as_array().into_iter().flatten() {
            if let Some(marker) = marker(record) {
                *copies.entry(marker).or_default() += 1;
            }
        }
    }
    copies
}

/// The source key that a record carries: in its custom field, or in the last line of its text.
fn marker(record: &Value) -> Option<String> {
    if let Some(marker) = record["customFields"]["Flitpipe_Key__c"].as_str() {
        return Some(marker.to_owned());
    }
    let texts = ["noteMarkup", "note", "description"].map(|name| record[name].as_str());
    texts.into_iter().flatten().find_map(|text| {
        let last = text.trim_end().lines().last()?;
        let inner = last.strip_prefix('[')?.strip_suffix(']')?;
        inner.contains(':').then(|| inner.to_owned())
    })
}
