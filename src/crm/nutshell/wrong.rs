//! A record that cannot be written, found out before it is sent.

/// Why a record cannot be written.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub(super) struct Wrong(pub(super) String);
