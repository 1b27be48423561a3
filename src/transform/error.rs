//! What can be wrong with a mapping before its first record, or with a document made of many.

use std::path::PathBuf;

/// A mapping that cannot be compiled, or a document that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TransformError {
    /// An expression or template does not compile.
    #[error("{file}:{line}: `{text}` cannot be compiled")]
    Template {
        /// The spec.
        file: PathBuf,
        /// The line in it.
        line: usize,
        /// The text.
        text: String,
        /// Why.
        #[source]
        source: minijinja::Error,
    },
    /// The template of a document does not compile.
    #[error("the template {path} cannot be compiled")]
    Document {
        /// Its file.
        path: PathBuf,
        /// Why.
        #[source]
        source: minijinja::Error,
    },
    /// A document cannot be written from its rows.
    #[error("the document `{name}` cannot be made: {detail}")]
    Render {
        /// The file's name.
        name: String,
        /// Why.
        detail: String,
    },
    /// A zone that the tz database does not know.
    #[error("time zone `{zone}` of source `{name}` is unknown")]
    Zone {
        /// The source.
        name: String,
        /// The zone.
        zone: String,
        /// Why.
        #[source]
        source: jiff::Error,
    },
    /// A position that is not in the pipeline.
    #[error("the pipeline has no {what} {position}")]
    Position {
        /// `object` or `archive`.
        what: &'static str,
        /// The position asked for.
        position: usize,
    },
}
