//! What only the CRM can tell: whether every record of ours is there, and there once.

use std::collections::{BTreeMap, BTreeSet};

use super::error::EngineError;
use super::marked;
use super::session::Session;
use crate::crm::{Crm, Inventory};
use crate::ground::{CrmRef, SourceKey};
use crate::ledger::{Finding, Reader};

/// What the CRM says of the ledger's promises.
#[derive(Debug)]
pub struct Online {
    /// Whether each record of ours is there once.
    pub copies: Finding,
    /// How many records of ours the ledger knows.
    pub made: u64,
    /// Those of them that are not there any more: people deleted them, because the ledger did not.
    pub gone: Vec<String>,
}

/// Reads the CRM and compares it with the ledger; writes nothing.
pub async fn verify<C: Crm>(
    session: &Session<'_, C>,
    inventory: &Inventory,
    reader: &Reader,
) -> Result<Online, EngineError> {
    let tag = marked::tag(session, inventory);
    let mut copies: BTreeMap<SourceKey, BTreeSet<CrmRef>> = BTreeMap::new();
    for one in marked::all(session, &tag).await?.into_values() {
        copies.entry(one.found.key).or_default().insert(one.found.at);
    }
    let made = reader.made()?;
    let mut gone = Vec::new();
    for (key, at) in &made {
        let seen = copies.get(key).is_some_and(|there| there.contains(at));
        // A person may have cleared the marker, or the listing may lag: the record itself decides.
        if !seen && session.crm.get(at).await?.is_none() {
            gone.push(format!("{at} ({key})"));
        }
    }
    let known: BTreeSet<&SourceKey> = made.iter().map(|(key, _)| key).collect();
    let mut unlike = Vec::new();
    for (key, there) in &copies {
        let expected = usize::from(known.contains(key) || reader.knows(key)?);
        if there.len() != expected {
            let places: Vec<_> = there.iter().map(ToString::to_string).collect();
            unlike.push(format!("{key} is {} instead of {expected}", places.join(", ")));
        }
    }
    let checked = copies.len() as u64;
    let says = "every record of ours is in the CRM once, and none that the ledger does not know";
    Ok(Online { copies: Finding::of("I5", says, checked, unlike), made: made.len() as u64, gone })
}
