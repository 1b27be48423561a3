//! `from`: the first column that says something, or all of them.

use serde_json::Value;

use crate::spec::ColumnPath;

use crate::ground::is_blank;

use super::path;
use super::scene::Scene;

/// The first value that says something.
pub(super) fn first(paths: &[ColumnPath], scene: &Scene<'_>) -> Option<Value> {
    paths.iter().map(|path| path::value(path, scene)).find(|value| !is_blank(value))
}

/// All values, for `join`.
pub(super) fn all(paths: &[ColumnPath], scene: &Scene<'_>) -> Vec<Value> {
    paths.iter().map(|path| path::value(path, scene)).collect()
}
