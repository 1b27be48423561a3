//! Secrets: named by a variable, never written into a spec.

use secrecy::SecretString;

use super::desk::Desk;
use super::variables;
use super::yaml::Node;

/// A secret; its text must be one variable and nothing else.
pub(super) fn secret(desk: &Desk<'_>, node: &Node) -> Option<SecretString> {
    let text = desk.text_node(node)?;
    if !variables::is_lone_variable(text) {
        let message = "a secret must not stand in a spec";
        let hint = "name a variable of the environment: `\"${NAME}\"`".to_owned();
        desk.fault_hint("inline-secret", &node.spot, message, hint);
        return None;
    }
    text.value.clone().map(SecretString::from)
}

/// The name of a user: kept like a secret, but it may be written down.
pub(super) fn user(desk: &Desk<'_>, node: &Node) -> Option<SecretString> {
    desk.word(node).map(SecretString::from)
}
