//! What a row or a spec may not reach: everything outside the folder of its source.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::error::SourceError;
use super::page::TableState;
use super::reader::Reader;
use super::sample::{folder, table};
use tempfile::TempDir;

/// A folder `export` beside a secret, and a reader of it.
fn export() -> (TempDir, Reader) {
    let place = tempfile::tempdir().unwrap();
    for folder in ["export/inner", "elsewhere"] {
        fs::create_dir_all(place.path().join(folder)).unwrap();
    }
    for file in ["export/a.csv", "export/inner/a.csv", "secret.csv", "elsewhere/secret.csv"] {
        fs::write(place.path().join(file), "id\n1\n").unwrap();
    }
    let reader = folder(&place.path().join("export"), "utf-8");
    (place, reader)
}

/// A table, a download and a question for a size: all three must be refused.
async fn is_refused(reader: &Reader, path: &str) {
    let error = reader.page(&table("t", path, "id"), &[], None).await.unwrap_err();
    assert!(matches!(error, SourceError::Outside { .. }), "table {path}: {error:?}");
    let mut sink = Vec::new();
    let error = reader.download(path, &mut sink, 100).await.unwrap_err();
    assert!(matches!(error, SourceError::Outside { .. }), "download {path}: {error:?}");
    assert!(sink.is_empty());
    let error = reader.size_of(path).await.unwrap_err();
    assert!(matches!(error, SourceError::Outside { .. }), "size {path}: {error:?}");
}

async fn is_read(reader: &Reader, path: &str) {
    let state = reader.page(&table("t", path, "id"), &[], None).await.unwrap();
    assert!(matches!(state, TableState::Page(page) if page.rows.len() == 1), "{path}");
    assert_eq!(reader.size_of(path).await.unwrap(), Some(5), "{path}");
}

#[tokio::test]
async fn an_absolute_path_is_refused_even_when_it_leads_into_the_folder() {
    let (place, reader) = export();
    for file in ["secret.csv", "export/a.csv"] {
        is_refused(&reader, place.path().join(file).to_str().unwrap()).await;
    }
}

#[tokio::test]
async fn dots_that_climb_are_refused_wherever_they_stand() {
    let (_place, reader) = export();
    for path in ["../secret.csv", "inner/../../secret.csv", "inner/../a.csv", "./../secret.csv"] {
        is_refused(&reader, path).await;
    }
    is_read(&reader, "./inner/a.csv").await;
}

#[tokio::test]
async fn a_link_to_a_file_outside_is_refused() {
    let (place, reader) = export();
    symlink("../secret.csv", place.path().join("export/near.csv")).unwrap();
    symlink(place.path().join("secret.csv"), place.path().join("export/far.csv")).unwrap();
    for path in ["near.csv", "far.csv"] {
        is_refused(&reader, path).await;
    }
}

#[tokio::test]
async fn a_file_behind_a_linked_folder_outside_is_refused() {
    let (place, reader) = export();
    symlink("../elsewhere", place.path().join("export/docs")).unwrap();
    symlink("docs", place.path().join("export/twice")).unwrap();
    for path in ["docs/secret.csv", "twice/secret.csv"] {
        is_refused(&reader, path).await;
    }
}

#[tokio::test]
async fn a_sibling_whose_name_begins_like_the_folder_is_outside() {
    let (place, reader) = export();
    fs::create_dir(place.path().join("export-old")).unwrap();
    fs::write(place.path().join("export-old/a.csv"), "id\n1\n").unwrap();
    symlink("../export-old", place.path().join("export/old")).unwrap();
    is_refused(&reader, "old/a.csv").await;
}

#[tokio::test]
async fn links_that_stay_inside_and_a_linked_folder_of_the_source_itself_are_read() {
    let (place, reader) = export();
    symlink("inner/a.csv", place.path().join("export/b.csv")).unwrap();
    symlink("inner", place.path().join("export/again")).unwrap();
    for path in ["b.csv", "again/a.csv"] {
        is_read(&reader, path).await;
    }
    let linked: &Path = &place.path().join("latest");
    symlink("export", linked).unwrap();
    is_read(&folder(linked, "utf-8"), "a.csv").await;
}

#[tokio::test]
async fn a_link_that_leads_nowhere_and_a_folder_in_place_of_a_file_are_missing_files() {
    let (place, reader) = export();
    symlink("gone.csv", place.path().join("export/dangling.csv")).unwrap();
    fs::create_dir(place.path().join("export/folder.csv")).unwrap();
    for path in ["dangling.csv", "folder.csv"] {
        let error = reader.page(&table("t", path, "id"), &[], None).await.unwrap_err();
        assert!(matches!(error, SourceError::MissingFile { .. }), "{path}: {error:?}");
    }
}
