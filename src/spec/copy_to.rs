//! `oversize.copy`: where copies of files go, and their path there.
//!
//! The place is what stands before the first `{{`: no row can lead a copy to another one.

use std::path::PathBuf;

use super::desk::Desk;
use super::pipeline::{CopyTo, Template};
use super::syntax::template;
use super::yaml::Node;

/// Reads the place and the template of the path below it.
pub(super) fn copy_to(desk: &Desk<'_>, node: &Node) -> Option<(CopyTo, Template)> {
    let Template { text, place } = template(desk, node)?;
    match taken_apart(&text) {
        Ok((to, below)) => Some((to, Template { text: below.to_owned(), place })),
        Err((message, hint)) => {
            desk.fault_hint("bad-copy", &node.spot, message, Some(hint.to_owned()));
            None
        }
    }
}

/// The place and the template below it, or what is wrong and how it is written.
fn taken_apart(text: &str) -> Result<(CopyTo, &str), (String, &'static str)> {
    let fixed =
        &text[..text.find("{{").into_iter().chain(text.find("{%")).min().unwrap_or(text.len())];
    if fixed.split(['/', '\\']).any(|part| part == "..") {
        let hint = "write `file:///srv/files/{{ id }}` for a folder outside of the project";
        return Err(("a copy does not climb out of its folder with `..`".to_owned(), hint));
    }
    if let Some(rest) = fixed.strip_prefix("s3://") {
        let hint = "write `s3://bucket/folder/{{ id }}/{{ file_name }}`";
        let Some((bucket, _)) = rest.split_once('/').filter(|(bucket, _)| is_bucket(bucket)) else {
            return Err((format!("`{fixed}` names no bucket"), hint));
        };
        let below = &text["s3://".len() + bucket.len() + 1..];
        return Ok((CopyTo::Bucket(bucket.to_owned()), below));
    }
    if let Some(rest) = fixed.strip_prefix("file://") {
        let hint = "write `file:///srv/files/{{ id }}/{{ file_name }}`";
        let Some((folder, _)) = rest.rsplit_once('/').filter(|_| rest.starts_with('/')) else {
            return Err((format!("`{fixed}` names no folder of this machine"), hint));
        };
        let below = &text["file://".len() + folder.len() + 1..];
        let folder = if folder.is_empty() { "/" } else { folder };
        return Ok((CopyTo::Folder(PathBuf::from(folder)), below));
    }
    if fixed.starts_with('/') || fixed.contains("://") {
        let hint =
            "copies go to a path in the project's folder, to `file:///…` or to `s3://bucket/…`";
        return Err((format!("nothing is copied to `{fixed}`"), hint));
    }
    Ok((CopyTo::Folder(PathBuf::new()), text))
}

/// Whether a bucket may be called so (the rule of S3).
fn is_bucket(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = |byte: u8| letter(byte) || byte == b'-' || byte == b'.';
    (3..=63).contains(&name.len())
        && name.bytes().all(inner)
        && name.bytes().next().is_some_and(letter)
        && name.bytes().last().is_some_and(letter)
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, place: CopyTo, below: &str) {
        assert_eq!(taken_apart(text), Ok((place, below)), "{text}");
    }

    #[test]
    fn a_copy_goes_to_the_project_to_a_folder_or_to_a_bucket() {
        let folder = |path: &str| CopyTo::Folder(PathBuf::from(path));
        check(
            "out/oversize/{{ id }}/{{ file_name }}",
            folder(""),
            "out/oversize/{{ id }}/{{ file_name }}",
        );
        check("{{ id }}", folder(""), "{{ id }}");
        check("file:///srv/files/a-{{ id }}", folder("/srv/files"), "a-{{ id }}");
        check("file:///{{ id }}", folder("/"), "{{ id }}");
        check(
            "s3://acme-files/old crm/{{ id }}",
            CopyTo::Bucket("acme-files".into()),
            "old crm/{{ id }}",
        );
        check(
            "s3://acme-files/{% if id %}x{% endif %}",
            CopyTo::Bucket("acme-files".into()),
            "{% if id %}x{% endif %}",
        );
    }

    #[test]
    fn the_place_of_copies_is_never_left_to_a_row() {
        for text in [
            "s3://{{ bucket }}/{{ id }}",
            "s3://acme-{{ id }}",
            "s3://Acme/{{ id }}",
            "file://{{ path }}",
            "file://server/{{ id }}",
            "/etc/{{ id }}",
            "https://files.example/{{ id }}",
            "out/../../{{ id }}",
        ] {
            assert!(taken_apart(text).is_err(), "{text}");
        }
    }
}
