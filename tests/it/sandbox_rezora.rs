//! The local Rezora, as a client sees it.

use std::path::Path;

use flitpipe::engine::{Event, Watch, extract, staged_tables};
use flitpipe::source::{Base, Options, Pacing, Reader};
use flitpipe::spec::{Pipeline, Reading, read};
use flitpipe::staging::Staging;
use serde_json::{Value, json};

use super::sandbox_client::Desk;

async fn page(desk: &Desk, path: &str) -> Value {
    let url = format!("{}{path}", desk.sandbox.rezora());
    desk.http.get(url).bearer_auth("sandbox").send().await.unwrap().json().await.unwrap()
}

/// Every row of a path.
async fn rows(desk: &Desk, path: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for number in 1.. {
        let page = page(desk, &format!("{path}?page={number}&size=200")).await;
        let data = page["data"].as_array().unwrap().clone();
        if data.is_empty() {
            assert_eq!(page["total"], json!(all.len()));
            break;
        }
        all.extend(data);
    }
    all
}

/// A hash over everything both APIs say, without the port in addresses.
async fn everything(desk: &Desk) -> blake3::Hash {
    let mut hash = blake3::Hasher::new();
    for (parent, children) in [
        ("groups", "contacts"),
        ("campaigns", "recipients"),
        ("campaigns", "events"),
        ("drips", "steps"),
    ] {
        for row in rows(desk, &format!("/{parent}")).await {
            for child in
                rows(desk, &format!("/{parent}/{}/{children}", row["id"].as_str().unwrap())).await
            {
                hash.update(child.to_string().as_bytes());
            }
        }
    }
    for table in [
        "agents",
        "companies",
        "contacts",
        "groups",
        "campaigns",
        "drips",
        "notes",
        "files",
        "social_posts",
    ] {
        for row in rows(desk, &format!("/{table}")).await {
            hash.update(row.to_string().replace(desk.sandbox.root(), "").as_bytes());
        }
    }
    for login in desk.sandbox.legacy_accounts().lines() {
        let (user, password) = login.split_once(',').unwrap();
        let url = format!("{}/contacts.json", desk.sandbox.legacy());
        let answer = desk.http.get(url).basic_auth(user, Some(password)).send().await.unwrap();
        hash.update(answer.text().await.unwrap().as_bytes());
    }
    hash.finalize()
}

#[tokio::test]
async fn the_same_seed_is_the_same_bytes() {
    let (one, two) = (Desk::open().await, Desk::open().await);
    assert_eq!(everything(&one).await, everything(&two).await);
}

#[tokio::test]
async fn every_dirty_case_is_there() {
    let desk = Desk::open().await;
    let contacts = rows(&desk, "/contacts").await;
    assert_eq!(contacts.len(), 1_201);
    let any = |column: &str, wanted: &str| {
        contacts.iter().any(|row| row[column].as_str() == Some(wanted))
    };
    for (column, wanted) in [
        ("name", "Jane & Tom Smith"),
        ("name", "someone@mail.example"),
        ("name", "MARGARET HILL"),
        ("name", "محمد علي"),
        ("email", "n/a"),
        ("email", "info@sharedoffice.example"),
        ("email", "SHOUTING9@MAIL.EXAMPLE"),
        ("email", "dotted10@mail.example."),
        ("phone_mobile", "3.03555E+9"),
        ("phone_mobile", "(303) 555-1235 x12"),
        ("phone_mobile", "555-0144"),
        ("home_zip", "2134"),
        ("created_at", "0000-00-00 00:00:00"),
        ("created_at", "2024-03-10 02:30:00"),
        ("created_at", "2024-11-03 01:30:00"),
        ("title", "NULL"),
        ("agent_id", "9999"),
        ("company_id", "999998"),
        ("engagement_score", "-"),
        ("kind", "self"),
    ] {
        assert!(any(column, wanted), "{column} {wanted}");
    }
    let unassigned = contacts.iter().filter(|row| row["agent_id"] == "").count();
    assert_eq!(unassigned, 59);
    let mut ids: Vec<&str> = contacts.iter().map(|row| row["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1_200, "one row stands there twice");
    let companies = rows(&desk, "/companies").await;
    assert_eq!(companies.len(), 61, "sixty, and one of them again with other content");
    assert!(companies.iter().any(|row| row["name"] == ""));
    assert!(companies.iter().any(|row| row["parent_id"] == row["id"]));
    let mut events = 0;
    for campaign in rows(&desk, "/campaigns").await {
        let path = format!("/campaigns/{}/events", campaign["id"].as_str().unwrap());
        events +=
            rows(&desk, &path).await.iter().filter(|row| row["contact_id"] == "123100").count();
    }
    assert!(events >= 4_000);
}

#[tokio::test]
async fn without_the_token_there_is_nothing_and_an_old_login_sees_its_own() {
    let desk = Desk::open().await;
    let bare = desk.http.get(format!("{}/contacts", desk.sandbox.rezora())).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    let url = format!("{}/lists.json", desk.sandbox.legacy());
    assert_eq!(desk.http.get(&url).send().await.unwrap().status(), 401);
    let mut lists = Vec::new();
    for login in desk.sandbox.legacy_accounts().lines() {
        let (user, password) = login.split_once(',').unwrap();
        let own = desk.http.get(&url).basic_auth(user, Some(password)).send().await.unwrap();
        let own: Vec<Value> = own.json().await.unwrap();
        assert!(own.iter().all(|list| list.as_object().unwrap().values().all(Value::is_string)));
        lists.extend(own);
    }
    assert_eq!(lists.len(), 10, "two lists for each of five agents");
    let other = format!(
        "{}/lists/{}/contacts.json",
        desk.sandbox.legacy(),
        lists[9]["list_id"].as_str().unwrap()
    );
    let first = desk.sandbox.legacy_accounts().lines().next().unwrap();
    let (user, password) = first.split_once(',').unwrap();
    assert_eq!(
        desk.http.get(other).basic_auth(user, Some(password)).send().await.unwrap().status(),
        404
    );
}

#[tokio::test]
async fn files_are_as_long_as_the_list_says_and_one_is_gone() {
    let desk = Desk::open().await;
    let files = rows(&desk, "/files").await;
    assert_eq!(files.len(), 40);
    let mut gone = 0;
    for file in files {
        let answer = desk.http.get(file["url"].as_str().unwrap()).send().await.unwrap();
        if answer.status() == 404 {
            gone += 1;
        } else {
            assert_eq!(
                json!(answer.bytes().await.unwrap().len()),
                file["size"],
                "{}",
                file["file_name"]
            );
        }
    }
    assert_eq!(gone, 1);
}

struct Silent;

impl Watch for Silent {
    fn on(&self, _: &Event<'_>) {}
    fn stopping(&self) -> bool {
        false
    }
}

fn shipped() -> Pipeline {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/rezora.yaml");
    let files = |path: &Path| std::fs::read_to_string(path);
    read(&Reading {
        file: &file,
        variables: &|_| None,
        files: &files,
        columns: &|_| flitpipe::spec::KnownColumns::new(),
    })
    .unwrap()
}

/// The pipeline's sources, which are the sandbox's two APIs.
fn readers(desk: &Desk, pipeline: &Pipeline) -> Vec<Reader> {
    let reader = |source: &flitpipe::spec::Source| {
        let is_older = source.union.is_some();
        let url = if is_older { desk.sandbox.legacy() } else { desk.sandbox.rezora() };
        let options = Options {
            logins: is_older.then(|| desk.sandbox.legacy_accounts().to_owned().into()),
            pacing: Pacing::None,
            ..Options::default()
        };
        Reader::new(source, &Base::Url(url.parse().unwrap()), &options).unwrap()
    };
    pipeline.sources.iter().map(reader).collect()
}

/// Several blanks are spelt `NULL`, `N/A` or `-` in both APIs; they are no differences.
#[tokio::test]
async fn the_union_of_contacts_logs_exactly_the_differences_that_were_made() {
    let desk = Desk::open().await;
    let pipeline = shipped();
    let tables = staged_tables(&pipeline);
    let named: Vec<_> = tables.iter().map(|(name, links)| (&**name, &**links)).collect();
    let mut staging = Staging::open(&desk.dir.path().join("staging.db"), "1", &named).unwrap();
    let extraction =
        extract(&pipeline, &readers(&desk, &pipeline), &mut staging, &Silent).await.unwrap();

    let came_to: Vec<_> = extraction
        .unions
        .iter()
        .map(|(table, union)| (&**table, union.added, union.differing))
        .collect();
    assert_eq!(came_to, [("contacts", 1, 2), ("groups", 0, 0), ("memberships", 0, 0)]);
    let logged: Vec<_> = staging
        .differences("contacts")
        .unwrap()
        .into_iter()
        .map(|found| (found.key, found.differing.column, found.differing.other))
        .collect();
    let expected = [("123092", "phone_home", "303-555-0192"), ("123093", "title", "Retired")];
    assert_eq!(
        logged,
        expected.map(|(key, column, other)| (key.into(), column.into(), other.into()))
    );
}
