//! Addresses of tables and files at a host.

use url::Url;

/// The address of a path below `base`, its one `{table.column}` replaced by `parent`.
///
/// `None` when the parent's value cannot stand in a path (`.` and `..` would lead elsewhere).
pub(super) fn below(base: &Url, path: &str, parent: Option<&str>) -> Option<Url> {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let mut url = base.clone();
    {
        let mut segments = url.path_segments_mut().ok()?;
        segments.pop_if_empty();
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            let segment = filled(segment, parent);
            if matches!(segment.as_str(), "." | ".." | "") {
                return None;
            }
            segments.push(&segment);
        }
    }
    if query.is_some() {
        url.set_query(query);
    }
    Some(url)
}

fn filled(segment: &str, parent: Option<&str>) -> String {
    let placeholder = segment.find('{').and_then(|start| {
        let end = segment[start..].find('}')? + start;
        Some((start, end))
    });
    match (placeholder, parent) {
        (Some((start, end)), Some(parent)) => {
            format!("{}{parent}{}", &segment[..start], &segment[end + 1..])
        }
        (Some(_) | None, _) => segment.to_owned(),
    }
}

/// An address that data gives relative to `base`, already escaped; `None` when it leads out of it.
///
/// `/files/7` and `files/7` lie below the base, and so does `/v1/files/7` when that is `/v1`.
pub(super) fn relative(base: &Url, given: &str) -> Option<Url> {
    let mut root = base.clone();
    root.set_query(None);
    root.path_segments_mut().ok()?.pop_if_empty().push("");
    let inside = root.path().to_owned();
    let given = given.strip_prefix(&inside).unwrap_or(given).trim_start_matches(['/', '\\']);
    // A leading dot keeps `a:b` from being read as a scheme.
    let url = root.join(&format!("./{given}")).ok()?;
    (same_host(&url, base) && url.path().starts_with(&inside)).then_some(url)
}

/// An address for messages: without user, password and query.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Both only fail for addresses that cannot have them.
    url.set_username("").ok();
    url.set_password(None).ok();
    url.into()
}

/// Whether two addresses lead to the same scheme, host and port.
pub(super) fn same_host(left: &Url, right: &Url) -> bool {
    left.origin() == right.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, parent: Option<&str>, expected: &str) {
        let base = Url::parse("https://api.rezora.example/v1/").unwrap();
        assert_eq!(below(&base, path, parent).unwrap().as_str(), expected);
    }

    #[test]
    fn a_path_goes_below_the_base_and_its_parent_is_escaped() {
        check("/contacts.json", None, "https://api.rezora.example/v1/contacts.json");
        check(
            "/lists/{groups.id}/contacts.json",
            Some("5"),
            "https://api.rezora.example/v1/lists/5/contacts.json",
        );
        check("/g/{groups.id}", Some("a/b?c"), "https://api.rezora.example/v1/g/a%2Fb%3Fc");
        check(
            "/g-{groups.id}.json?full=1",
            Some("7"),
            "https://api.rezora.example/v1/g-7.json?full=1",
        );
    }

    #[test]
    fn an_address_in_the_data_stays_below_the_base() {
        let base = Url::parse("https://api.rezora.example/v1").unwrap();
        let path = |given| relative(&base, given).map(|url| url.path().to_owned());
        for given in ["files/a%20b.pdf", "/files/a%20b.pdf", "/v1/files/a%20b.pdf"] {
            assert_eq!(path(given).as_deref(), Some("/v1/files/a%20b.pdf"), "{given}");
        }
        assert_eq!(path("//evil.example/x").as_deref(), Some("/v1/evil.example/x"));
        assert_eq!(path("../../etc/passwd"), None);
        assert_eq!(path("a/%2e%2e/%2e%2e/x"), None);
        assert_eq!(relative(&base, "x?size=1").unwrap().query(), Some("size=1"));
    }

    #[test]
    fn a_parent_that_would_lead_elsewhere_is_refused() {
        let base = Url::parse("https://api.rezora.example/").unwrap();
        assert_eq!(below(&base, "/lists/{groups.id}/contacts", Some("..")), None);
    }

    #[test]
    fn credentials_in_an_address_are_never_shown() {
        let url = Url::parse("https://ann:pw@rezora.example/a?key=1#x").unwrap();
        assert_eq!(shown(&url), "https://rezora.example/a");
    }
}
