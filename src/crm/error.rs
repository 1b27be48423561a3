//! What can go wrong between us and the CRM, by what it means for the record.

use std::error::Error;
use std::time::Duration;

/// A call that did not end well. Every variant names method and address, never the key.
#[derive(Debug, thiserror::Error)]
pub enum CrmError {
    /// The call never reached the CRM.
    #[error("{method} at {url} could not be sent")]
    NotSent {
        /// The method.
        method: String,
        /// The address.
        url: String,
        /// Why.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The CRM refused, and changed nothing: final for this record.
    #[error("{method} at {url} was refused: {message} (HTTP {status}, code {code})")]
    Refused {
        /// The method.
        method: String,
        /// The address.
        url: String,
        /// The HTTP status; 0 when the record was refused before it was sent.
        status: u16,
        /// The code of the answer.
        code: i64,
        /// The CRM's words.
        message: String,
    },
    /// The record has moved on since it was read; nothing was changed.
    #[error("{method} at {url} was refused: the record has changed in the meantime")]
    Conflict {
        /// The method.
        method: String,
        /// The address.
        url: String,
    },
    /// The CRM asks for a slower pace, and went on asking; nothing was changed.
    #[error("{method} at {url} is throttled")]
    Throttled {
        /// The method.
        method: String,
        /// The address.
        url: String,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether the call was applied.
    #[error("{method} at {url} was not answered properly: {why}")]
    Silent {
        /// The method.
        method: String,
        /// The address.
        url: String,
        /// What came instead of an answer.
        why: String,
        /// Why.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The credentials are not accepted: the run cannot go on.
    #[error("{method} at {url} is not allowed: {message}")]
    Unauthorized {
        /// The method.
        method: String,
        /// The address.
        url: String,
        /// The CRM's words.
        message: String,
    },
    /// The address is not that of the CRM.
    #[error("{url} cannot be used ({method}): {message}")]
    Misconfigured {
        /// The method.
        method: String,
        /// The address.
        url: String,
        /// What is wrong with it.
        message: String,
    },
    /// The CRM has no such operation.
    #[error("the destination cannot {what}")]
    Unsupported {
        /// What was asked.
        what: String,
    },
}

impl CrmError {
    /// Whether nothing was changed at the CRM.
    pub const fn is_harmless(&self) -> bool {
        !matches!(self, Self::Silent { .. } | Self::Misconfigured { .. })
    }

    /// Whether the run cannot go on.
    pub const fn stops_the_run(&self) -> bool {
        matches!(self, Self::Unauthorized { .. } | Self::Misconfigured { .. })
    }
}
