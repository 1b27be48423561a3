//! Templates and expressions: their syntax, and the filters, tests and functions that there are.

use minijinja::Environment;

use super::desk::Desk;
use super::nearest;
use super::pipeline::{Expr, Template};
use super::scan::{self, Use};
use super::spot::Spot;
use super::yaml::Node;

const FILTERS: [&str; 37] = [
    "text",
    "markdown",
    "find",
    "join",
    "select",
    "default",
    "lower",
    "upper",
    "title",
    "trim",
    "replace",
    "first",
    "last",
    "length",
    "unique",
    "sort",
    "split",
    "round",
    "int",
    "string",
    "tojson",
    "date",
    "truncate",
    "map",
    "list",
    "reverse",
    "indent",
    "merge_fields",
    "md",
    "cell",
    "fence",
    "pretty",
    "fromjson",
    "row_of",
    "by",
    "maybe",
    "columns",
];
const TESTS: [&str; 11] = [
    "defined",
    "undefined",
    "none",
    "string",
    "number",
    "sequence",
    "mapping",
    "startingwith",
    "endingwith",
    "in",
    "eq",
];

/// Reads an expression.
pub(super) fn expr(desk: &Desk<'_>, node: &Node) -> Option<Expr> {
    let text = desk.word(node)?;
    let sound = match Environment::empty().compile_expression(text) {
        Ok(_) => true,
        Err(cause) => {
            let message = format!("this expression cannot be read: {}", said(&cause));
            desk.fault("bad-expression", &node.spot, message);
            false
        }
    };
    let known = words(desk, &node.spot, &scan::expression(text));
    (sound && known).then(|| Expr { text: text.to_owned(), place: node.spot.place.clone() })
}

/// Reads a template.
pub(super) fn template(desk: &Desk<'_>, node: &Node) -> Option<Template> {
    let text = desk.text(node)?;
    check_template(desk, &node.spot, text)
        .then(|| Template { text: text.to_owned(), place: node.spot.place.clone() })
}

/// Checks the text of a template.
pub(super) fn check_template(desk: &Desk<'_>, spot: &Spot, text: &str) -> bool {
    let sound = match Environment::empty().template_from_str(text) {
        Ok(_) => true,
        Err(cause) => {
            let line = cause.line().filter(|_| text.contains('\n'));
            let at = line.map(|line| format!(", in its line {line}")).unwrap_or_default();
            let message = format!("this template cannot be read: {}{at}", said(&cause));
            desk.fault("bad-template", spot, message);
            false
        }
    };
    words(desk, spot, &scan::template(text)) && sound
}

fn said(cause: &minijinja::Error) -> String {
    cause.detail().map_or_else(|| cause.kind().to_string(), str::to_owned)
}

fn words(desk: &Desk<'_>, spot: &Spot, uses: &[Use<'_>]) -> bool {
    let mut known = true;
    for used in uses {
        let (code, message, words): (_, String, &[&str]) = match used {
            Use::Filter(word) if !FILTERS.contains(word) => {
                ("unknown-filter", format!("there is no filter `{word}`"), &FILTERS)
            }
            Use::Test(word) if !TESTS.contains(word) => {
                ("unknown-test", format!("there is no test `is {word}`"), &TESTS)
            }
            Use::Function(word) => {
                ("unknown-function", format!("there is no function `{word}`"), &[])
            }
            Use::Other(word) => (
                "unknown-statement",
                format!("`{word}` has no meaning here: one text, one template"),
                &[],
            ),
            Use::Filter(_) | Use::Test(_) => continue,
        };
        let hint = nearest::hint(used.word(), words.iter().copied());
        desk.fault_hint(code, &desk.narrow(spot, used.word()), message, hint);
        known = false;
    }
    known
}
