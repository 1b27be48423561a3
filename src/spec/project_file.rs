//! Files that a spec names: value maps and templates of the project's folder, nothing outside it.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::desk::Desk;
use super::yaml::Node;

/// A text of the project's folder.
pub(super) struct ProjectFile {
    /// Its file, as shown.
    pub(super) file: Arc<PathBuf>,
    /// Its text.
    pub(super) text: String,
}

/// Reads the file that a node names.
pub(super) fn read(desk: &Desk<'_>, node: &Node) -> Option<ProjectFile> {
    let name = desk.word(node)?;
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let file = desk.root.join(path);
    if !inside || leads_out(&desk.root, &file) {
        let message = format!("`{name}` leads out of the project's folder");
        let hint = "name a file under the project's folder, such as `transforms/…`".to_owned();
        desk.fault_hint("path-leaves-project", &node.spot, message, hint);
        return None;
    }
    match (desk.reading.files)(&file) {
        Ok(text) => {
            desk.keep_text(&file, &text);
            Some(ProjectFile { file: Arc::new(file), text })
        }
        Err(cause) => {
            let message = format!("the file `{name}` cannot be read: {cause}");
            let hint = format!("it is looked for at {}", file.display());
            desk.fault_hint("missing-file", &node.spot, message, hint);
            None
        }
    }
}

/// Whether a symbolic link leads elsewhere.
fn leads_out(root: &Path, file: &Path) -> bool {
    match (root.canonicalize(), file.canonicalize()) {
        (Ok(root), Ok(file)) => !file.starts_with(root),
        // What does not exist leads nowhere.
        (Ok(_) | Err(_), Ok(_) | Err(_)) => false,
    }
}
