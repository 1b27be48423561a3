//! What a new ledger is made of: an id, and a secret from the system's source of chance.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use uuid::Uuid;

use crate::engine::EngineError;
use crate::ledger::Fresh;

/// An id and a secret that nobody else has.
pub(super) fn fresh() -> Result<Fresh, EngineError> {
    let file = PathBuf::from("/dev/urandom");
    let mut secret = [0; 32];
    let read = File::open(&file).and_then(|mut chance| chance.read_exact(&mut secret));
    read.map_err(|source| EngineError::Output { file, source })?;
    Ok(Fresh { uuid: Uuid::now_v7().to_string(), secret })
}
