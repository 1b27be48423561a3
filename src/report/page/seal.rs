//! The style and the script of every page, and the policy that lets nothing else run.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

/// How a page looks.
pub(super) const STYLE: &str = include_str!("page.css");

/// What makes its tables live.
pub(super) const SCRIPT: &str = include_str!("page.js");

/// The content policy: no request leaves the page, and what does not have the hash of our own style
/// and script is not run. Nor may the script make HTML out of text.
pub(super) fn policy() -> String {
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn hash(asset: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, asset.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assets_cannot_end_their_own_element() {
        assert!(!STYLE.contains('<'));
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
    }

    #[test]
    fn the_script_makes_no_html_out_of_text() {
        for word in
            ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "fetch("]
        {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }

    #[test]
    fn a_hash_is_written_as_browsers_expect_it() {
        assert_eq!(hash("alert(1)"), "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='");
    }
}
