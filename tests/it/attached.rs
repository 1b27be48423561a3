//! Attached files: listed before the run, carried once, and where each went.

use std::fs;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};

use crate::bucket::Bucket;
use crate::rehearsal::{Rehearsal, finished};

const SPEC: &str = "
version: 1
name: papers
sources:
  export:
    files: export
    timezone: UTC
    country: US
    tables:
      agents: { path: agents.csv, key: id }
      firms: { path: firms.csv, key: id, links: { agent_id: agents } }
      files: { path: files.csv, key: id, links: { firm_id: firms } }
destination:
  type: nutshell
  url: sandbox
  user: ${NUTSHELL_USER:sandbox}
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
  plan: { name: Pro, file_size: 1KB }
owners:
  from: agents
  match: email
  fallback: migration@sandbox.example
objects:
  firms:
    from: firms
    to: company
    fields:
      name: { from: name, required: true }
      owner: agent_id
  files:
    from: files
    to: file
    fields:
      entity: { ref: firms, from: firm_id, required: true }
      name: file_name
      content: { from: path, required: true }
      date: created
    oversize:
      copy: COPY
      link: https://files.example/{{ id }}/{{ file_name }}
";

const FILES: &str = "id,firm_id,file_name,path,created
1,1,Offer.pdf,files/1/Offer.pdf,2025-03-01
2,1,Offer.pdf,files/2/Offer.pdf,2025-03-02
3,1,Plan (final).pdf,files/3/Plan.pdf,2025-03-03
4,1,Empty.txt,files/4.txt,2025-03-04
5,1,Gone.txt,files/5.txt,2025-03-05
6,1,passwd,../../passwd,2025-03-06
7,1,\"a/b\\c\nd.txt\",files/7.txt,2025-03-07
8,9,Lost.txt,files/7.txt,2025-03-08
9,1,LONG.txt,files/9.txt,2025-03-09
";

/// A folder with a spec, whose copies go to `copy`, and an export with one file of every kind.
fn papers(copy: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, bytes: &[u8]| {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    };
    put("pipelines/papers.yaml", SPEC.replace("COPY", copy).as_bytes());
    put("export/agents.csv", b"id,email\n7,nobody@papers.example\n");
    put("export/firms.csv", b"id,name,agent_id\n1,Acme,7\n");
    put("export/files.csv", FILES.replace("LONG", &"long ".repeat(60)).as_bytes());
    put("export/files/1/Offer.pdf", b"first");
    put("export/files/2/Offer.pdf", b"second");
    put("export/files/3/Plan.pdf", &[b'x'; 1_001]);
    put("export/files/4.txt", b"");
    put("export/files/7.txt", b"seven");
    put("export/files/9.txt", b"nine!");
    put("passwd", b"secret");
    let spec = folder.path().join("pipelines/papers.yaml");
    (folder, spec)
}

fn audit(rehearsal: &Rehearsal, run: u64) -> Vec<Value> {
    let text = fs::read_to_string(rehearsal.out().join(format!("audit-run{run}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn carried(audit: &[Value], id: &str) -> Value {
    let of = |line: &&Value| line["file"]["source_id"] == id;
    audit.iter().find(of).map_or(Value::Null, |line| line["file"].clone())
}

fn note<'a>(dump: &'a Value, audit: &[Value], id: &str) -> &'a Value {
    let at = carried(audit, id)["crm"].as_str().unwrap().to_owned();
    let number: u64 = at.strip_prefix("Notes:").unwrap().parse().unwrap();
    let notes = dump["Notes"].as_array().unwrap();
    notes.iter().find(|note| note["id"] == number).unwrap()
}

fn text(note: &Value) -> &str {
    note["noteMarkup"].as_str().or_else(|| note["note"].as_str()).unwrap()
}

fn copy(folder: &tempfile::TempDir, path: &str) -> Vec<u8> {
    fs::read(folder.path().join(path)).unwrap()
}

/// The files of a plan: record, row, size, what will happen, remarks.
fn ways(plan: &Value) -> Vec<String> {
    plan["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            let flags: Vec<_> = file["flags"]
                .as_array()
                .unwrap()
                .iter()
                .map(|flag| flag["code"].as_str().unwrap())
                .collect();
            format!(
                "{} {} {} {} {}",
                file["record"].as_str().unwrap(),
                file["place"].as_str().unwrap(),
                file["bytes"],
                file["way"].as_str().unwrap(),
                flags.join("+")
            )
        })
        .collect()
}

#[test]
fn what_happens_to_each_file_is_told_before_the_run_and_happens() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = papers("out/oversize/{{ id }}/{{ file_name }}");
    let (code, plan) = rehearsal.run("plan", &spec);
    assert_eq!(code, 0, "{plan}");
    assert_eq!(
        ways(&plan),
        [
            "files:1 files.csv line 2 5 upload ",
            "files:2 files.csv line 3 6 upload ",
            "files:3 files.csv line 4 1001 copy and link oversize",
            "files:4 files.csv line 5 0 upload file_empty",
            "files:5 files.csv line 6 null held file_missing",
            "files:6 files.csv line 7 null held file_refused",
            "files:7 files.csv line 8 5 upload file_renamed",
            "files:9 files.csv line 11 5 upload file_renamed",
        ]
    );
    assert_eq!(plan["files"][5]["flags"][0]["column"], "path", "the column is named");
    assert!(!folder.path().join("out").exists(), "a plan copies nothing");

    let (code, run) = rehearsal.run("apply", &spec);
    assert_eq!(code, 4, "three files wait for a person: {run}");
    assert_eq!(run["objects"], plan["objects"], "what was told is what happened");
    assert_eq!(run["objects"]["files"]["created"], 6, "{run}");
}

#[test]
fn a_file_arrives_under_a_plain_name_and_the_audit_says_where() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = papers("out/oversize/{{ id }}/{{ file_name }}");
    rehearsal.run("apply", &spec);
    let (dump, audit) = (rehearsal.dump(), audit(&rehearsal, 1));
    for (id, name, bytes) in
        [("1", "Offer.pdf", 5), ("2", "Offer.pdf", 6), ("4", "Empty.txt", 0), ("7", "cd.txt", 5)]
    {
        let file = carried(&audit, id);
        assert_eq!((&file["name"], &file["bytes"]), (&json!(name), &json!(bytes)), "{file}");
        let note = note(&dump, &audit, id);
        assert_eq!(note["files"][0]["name"], name, "{note}");
        assert!(text(note).contains(name), "{note}");
    }
    let long = carried(&audit, "9")["name"].as_str().unwrap().to_owned();
    assert!(long.len() == 200 && long.ends_with(" l.txt"), "{long}");
    let acme = &dump["Accounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|firm| firm["name"] == "Acme")
        .unwrap()["id"];
    let file = carried(&audit, "3");
    assert_eq!(file["on"], json!({ "record": "firms:1", "crm": format!("Accounts:{acme}") }));
    assert_eq!(file["copied"], "out/oversize/3/Plan (final).pdf");
    assert_eq!(file["link"], "https://files.example/3/Plan%20(final).pdf");
    assert_eq!(file["blake3"], blake3::hash(&[b'x'; 1_001]).to_hex().as_str());
    assert_eq!(copy(&folder, "out/oversize/3/Plan (final).pdf"), [b'x'; 1_001]);
    assert!(text(note(&dump, &audit, "3")).contains("https://files.example/3/Plan%20(final).pdf"));
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 4, "nothing lies about: pipelines, export, passwd, out");
}

#[test]
fn a_file_is_carried_once_and_a_later_run_asks_only_for_what_is_new() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = papers("out/oversize/{{ id }}/{{ file_name }}");
    rehearsal.run("apply", &spec);
    let uploads = rehearsal.calls()["upload"];
    assert_eq!(uploads, 5);
    // Its content is not asked for again, so that it does not matter that it is gone.
    fs::remove_dir_all(folder.path().join("export/files")).unwrap();
    fs::create_dir_all(folder.path().join("export/files")).unwrap();
    fs::write(folder.path().join("export/files/5.txt"), "found").unwrap();
    let later = FILES
        .replace("LONG", &"long ".repeat(60))
        .replace("2025-03-03", "2025-04-03")
        .replace("2025-03-07", "2025-04-07")
        .replace("files/2/Offer.pdf", "files/2/Offer.pdf?signature=2");
    fs::write(folder.path().join("export/files.csv"), later).unwrap();
    let (_, plan) = rehearsal.run("plan", &spec);
    let asked: Vec<_> =
        plan["files"].as_array().unwrap().iter().map(|file| file["record"].clone()).collect();
    assert_eq!(asked, ["files:5", "files:6"], "{plan}");
    let (_, run) = rehearsal.run("apply", &spec);
    let files = &run["objects"]["files"];
    assert_eq!(
        (&files["created"], &files["updated"], &files["unchanged"]),
        (&json!(1), &json!(2), &json!(4)),
        "{run}"
    );
    assert_eq!(rehearsal.calls()["upload"], uploads + 1);
    let (dump, first, second) = (rehearsal.dump(), audit(&rehearsal, 1), audit(&rehearsal, 2));
    let changed = text(note(&dump, &first, "3"));
    assert!(
        changed.contains("2025-04-03") && changed.contains("https://files.example/3/"),
        "the link stays: {changed}"
    );
    assert!(text(note(&dump, &first, "7")).contains("\ncd.txt\n"), "the name stays a plain one");
    assert_eq!(carried(&second, "5")["name"], "Gone.txt");
    assert_eq!(carried(&second, "3"), Value::Null, "it was carried by the first run");

    let (code, back) = rehearsal.run("rollback", &spec);
    assert_eq!(code, 0, "{back}");
}

#[test]
fn a_copy_that_is_there_is_not_made_again_and_nothing_is_written_over() {
    let rehearsal = Rehearsal::open();
    let place = tempfile::tempdir().unwrap();
    let (_folder, spec) =
        papers(&format!("file://{}/kept/{{{{ id }}}}.pdf", place.path().display()));
    let there = place.path().join("kept/3.pdf");
    fs::create_dir_all(there.parent().unwrap()).unwrap();
    fs::write(&there, "somebody's").unwrap();
    let (code, run) = rehearsal.run("apply", &spec);
    assert_eq!(code, 4);
    assert_eq!(run["objects"]["files"]["flags"]["copy_failed"], 1, "{run}");
    assert_eq!(run["objects"]["files"]["created"], 5, "the run goes on: {run}");
    assert_eq!(fs::read(&there).unwrap(), b"somebody's");
    let told = audit(&rehearsal, 1).into_iter().find(|line| line["record"] == "files:3").unwrap();
    assert!(told["reason"].as_str().unwrap().contains("another file of 10 bytes is at "), "{told}");

    fs::write(&there, [b'x'; 1_001]).unwrap();
    let before = fs::metadata(&there).unwrap().modified().unwrap();
    let (_, run) = rehearsal.run("apply", &spec);
    assert_eq!(run["objects"]["files"]["created"], 1, "{run}");
    assert_eq!(fs::metadata(&there).unwrap().modified().unwrap(), before);
    assert!(
        Path::new(carried(&audit(&rehearsal, 2), "3")["copied"].as_str().unwrap())
            .ends_with("kept/3.pdf")
    );
}

/// Runs a command with the keys of a bucket.
fn with_keys(rehearsal: &Rehearsal, word: &str, spec: &Path, endpoint: &str) -> (i32, Value) {
    let mut command = rehearsal.command(word, spec);
    command
        .env("AWS_ACCESS_KEY_ID", "the-id")
        .env("AWS_SECRET_ACCESS_KEY", "the-canary")
        .env("AWS_ENDPOINT_URL", endpoint);
    let output = command.output().unwrap();
    let said = format!("{output:?}");
    assert!(!said.contains("the-canary"), "a key is in the output: {said}");
    finished(&output)
}

#[test]
fn a_file_goes_to_a_bucket_in_pieces_and_one_that_does_not_arrive_is_held() {
    let (rehearsal, bucket) = (Rehearsal::open(), Bucket::open());
    let (folder, spec) = papers("s3://acme-files/old crm/{{ id }}/{{ file_name }}");
    let large: Vec<u8> = (0..18_u32 << 20).map(|at| at.to_le_bytes()[1]).collect();
    fs::write(folder.path().join("export/files/1/Offer.pdf"), &large).unwrap();
    fs::write(folder.path().join("export/files/7.txt"), [b'7'; 2_000]).unwrap();
    fs::write(folder.path().join("export/files/9.txt"), [b'9'; 2_000]).unwrap();
    let files = FILES.replace("LONG", "denied");
    fs::write(folder.path().join("export/files.csv"), files).unwrap();

    let (code, refused) = rehearsal.run("apply", &spec);
    assert_eq!(code, 5, "without keys nothing is written: {refused}");
    assert_eq!(refused["gates"][0]["code"], "bucket_keys");

    let (code, run) = with_keys(&rehearsal, "apply", &spec, &bucket.endpoint());
    assert_eq!(code, 4, "{run}");
    let flags = &run["objects"]["files"]["flags"];
    assert_eq!((&flags["oversize"], &flags["copy_failed"]), (&json!(4), &json!(1)), "{run}");
    let objects = bucket.objects();
    assert_eq!(
        objects.keys().collect::<Vec<_>>(),
        [
            "acme-files/old crm/1/Offer.pdf",
            "acme-files/old crm/3/Plan (final).pdf",
            "acme-files/old crm/7/a/b_cd.txt"
        ]
    );
    let offer = &objects["acme-files/old crm/1/Offer.pdf"];
    assert!(offer.content == large, "the pieces are the file");
    assert_eq!(offer.hash, blake3::hash(&large).to_hex().as_str());
    let parts =
        bucket.asked().iter().filter(|asked| asked.contains("PUT") && asked.contains('?')).count();
    assert_eq!(parts, 3, "18 MiB in pieces of 8: {:?}", bucket.asked());
    let audit = audit(&rehearsal, 1);
    assert_eq!(carried(&audit, "1")["copied"], "s3://acme-files/old crm/1/Offer.pdf");
    assert_eq!(carried(&audit, "7")["link"], "https://files.example/7/a/b_cd.txt");
    let held = audit.iter().find(|line| line["record"] == "files:9").unwrap();
    assert!(
        held["reason"].as_str().unwrap().contains("the keys do not allow it (HTTP 403)"),
        "{held}"
    );

    let before = bucket.asked().len();
    let (_, again) = with_keys(&rehearsal, "apply", &spec, &bucket.endpoint());
    assert_eq!(again["objects"]["files"]["unchanged"], 5, "{again}");
    assert_eq!(bucket.asked().len(), before, "what was copied is not looked at again");
}

#[test]
fn keys_are_not_sent_to_an_address_in_clear_text() {
    let rehearsal = Rehearsal::open();
    let (_folder, spec) = papers("s3://acme-files/{{ id }}");
    let (code, _) = with_keys(&rehearsal, "plan", &spec, "http://storage.example");
    assert_eq!(code, 3);
}

/// A host whose files answer in different ways to the question whether they are there.
fn host() -> (String, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let files = json!([1, 2, 3, 4].map(
        |id| json!({ "id": id, "firm_id": 1, "name": "a.txt", "url": format!("/content/{id}") })
    ));
    let table = |rows: Value| get(move || async move { rows.to_string() });
    let content = |id: u32| match id {
        1 => get(|| async { "plain" }),
        // Like a signed address: only the question that it was signed for is answered.
        2 => get(|| async { "signed" }).head(|| async { StatusCode::FORBIDDEN }),
        3 => get(|| async { StatusCode::FORBIDDEN }),
        _ => get(|| async { StatusCode::NOT_FOUND }),
    };
    let mut router = Router::new()
        .route("/agents", table(json!([{ "id": 7, "email": "nobody@papers.example" }])))
        .route("/firms", table(json!([{ "id": 1, "name": "Acme", "agent_id": 7 }])))
        .route("/files", table(files));
    for id in 1..=4 {
        router = router.route(&format!("/content/{id}"), content(id));
    }
    runtime.spawn(async move { axum::serve(listener, router).await });
    (address, runtime)
}

#[test]
fn a_host_that_does_not_tell_sizes_is_asked_for_the_content_itself() {
    let rehearsal = Rehearsal::open();
    let (address, _runtime) = host();
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("papers.yaml");
    let mut text = SPEC.replace("files: export", &format!("url: {address}"));
    for table in ["agents", "firms", "files"] {
        text = text.replace(&format!("path: {table}.csv"), &format!("path: /{table}"));
    }
    text = text.replace("name: file_name", "name: name").replace("from: path", "from: url");
    text = text
        .replace("      date: created\n", "")
        .replace("COPY", "x/{{ id }}")
        .replace("/{{ file_name }}", "");
    fs::write(&spec, text).unwrap();
    let (code, plan) = rehearsal.run("plan", &spec);
    assert_eq!(code, 0, "{plan}");
    let ways = |part: &str| -> Vec<Value> {
        plan["files"].as_array().unwrap().iter().map(|file| file[part].clone()).collect()
    };
    assert_eq!(ways("way"), ["upload", "upload", "held", "held"], "{plan}");
    assert_eq!(ways("bytes"), [json!(5), Value::Null, Value::Null, Value::Null]);
    let (code, run) = rehearsal.run("apply", &spec);
    assert_eq!((code, &run["objects"]), (4, &plan["objects"]));
}

#[test]
fn a_crm_without_uploads_gets_links_to_copies() {
    let rehearsal = Rehearsal::open();
    let (folder, spec) = papers("kept/{{ id }}");
    let text = fs::read_to_string(&spec).unwrap();
    fs::write(&spec, text.replace("url: sandbox", &format!("url: {}", rehearsal.nutshell())))
        .unwrap();
    let (_, plan) = rehearsal.run("plan", &spec);
    let (code, run) = rehearsal.run("apply", &spec);
    assert_eq!((code, &run["objects"]), (4, &plan["objects"]), "{run}");
    let flags = &run["objects"]["files"]["flags"];
    assert_eq!((&flags["no_upload"], &flags["oversize"]), (&json!(5), &json!(1)), "{run}");
    assert_eq!(copy(&folder, "kept/1"), b"first");
    assert_eq!(copy(&folder, "kept/4"), b"", "an empty file is a file");
    assert!(!rehearsal.calls().contains_key("upload"));
}
