//! The anchor: how far the ledger had come, written down beside it.
//!
//! A cut log, or yesterday's copy, looks like a sound ledger; only a mark outside of it tells. It is written after each group is on the disk and before anybody is told, so that it can
//! never be ahead of a ledger that is whole. It is flushed from time to time: a kill loses nothing
//! of it, a power cut the last groups, and then the older of its two slots still stands.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::chain::Hash;
use super::error::LedgerError;
use super::lock::private;
use crate::ground::failpoint;

/// The file's name beside the ledger.
pub(super) const NAME: &str = "ledger.head";

const MAGIC: &[u8; 8] = b"FLITHEAD";

/// A slot: magic, ledger, number, generation, hash, and a check of all of them.
const SLOT: usize = 96;

/// Where the check begins.
const CHECKED: usize = 72;

/// The slots lie in different blocks of the disk, so that one torn write cannot take both.
const PLACES: [u64; 2] = [0, 4096];

/// Groups between two flushes.
const FLUSH_AFTER: u32 = 32;

/// How far a ledger had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Which ledger: the first half of the BLAKE3 hash of its id.
    pub(super) ledger: [u8; 16],
    /// The number of its last event.
    pub(super) seq: i64,
    /// Its generation.
    pub(super) generation: i64,
    /// The hash of its chain.
    pub(super) hash: Hash,
}

/// What an anchor says of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// They fit.
    Fits,
    /// Neither is there.
    Nothing,
    /// The ledger is gone.
    Lost,
    /// The anchor is gone, and the ledger has runs.
    Unanchored,
    /// The anchor is that of another ledger.
    Another,
    /// The anchor is ahead: an old copy, or a log that was cut.
    Behind,
    /// The ledger has another past than the anchor saw.
    Forked,
    /// The ledger was taken over elsewhere, without this anchor.
    WrittenElsewhere,
}

/// What a ledger says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// How far it has come.
    pub(super) head: Head,
    /// Whether it has a run.
    pub(super) begun: bool,
    /// The hash of its chain where the anchor is; `None` when it has not come so far.
    pub(super) there: Option<Hash>,
}

/// Compares a ledger with its anchor; pure.
pub(super) fn judge(ledger: Option<&Standing>, anchor: Option<&Head>) -> Judgement {
    let (ledger, anchor) = match (ledger, anchor) {
        (None, None) => return Judgement::Nothing,
        (None, Some(_)) => return Judgement::Lost,
        (Some(ledger), None) if ledger.begun => return Judgement::Unanchored,
        (Some(_), None) => return Judgement::Fits,
        (Some(ledger), Some(anchor)) => (ledger, anchor),
    };
    if ledger.head.ledger != anchor.ledger {
        return Judgement::Another;
    }
    match ledger.there {
        None => Judgement::Behind,
        Some(hash) if hash != anchor.hash => Judgement::Forked,
        // A process that takes the ledger over anchors that at once: a crash explains one step.
        Some(_) if ledger.head.generation > anchor.generation + 1 => Judgement::WrittenElsewhere,
        Some(_) => Judgement::Fits,
    }
}

impl Judgement {
    /// What is wrong, for messages; `None` when nothing is.
    pub(super) const fn told(self) -> Option<&'static str> {
        Some(match self {
            Self::Fits | Self::Nothing => return None,
            Self::Lost => "it is gone, but its anchor is there",
            Self::Unanchored => "its anchor is gone, so that nobody knows whether it is the latest",
            Self::Another => "its anchor is that of another ledger",
            Self::Behind => "it is older than its anchor: an old copy, or one that lost its log",
            Self::Forked => "it has another past than its anchor saw",
            Self::WrittenElsewhere => "it was written to elsewhere, without its anchor",
        })
    }
}

/// Which ledger, for an anchor.
pub(super) fn ledger_of(uuid: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(uuid.as_bytes()).as_bytes()[..16]);
    half
}

/// The anchor in a folder; `None` when there is none, or none of its slots is whole.
pub(super) fn read(folder: &Path) -> Result<Option<Head>, LedgerError> {
    let file = folder.join(NAME);
    if !file.exists() {
        return Ok(None);
    }
    private(&file)?;
    let bytes =
        fs::read(&file).map_err(|source| LedgerError::Unusable { file: file.clone(), source })?;
    Ok(slots(&bytes).into_iter().flatten().max_by_key(|head| (head.seq, head.generation)))
}

/// The anchor, to be moved on.
#[derive(Debug)]
pub(super) struct Anchor {
    file: File,
    path: PathBuf,
    /// The slot that is written; the other one is on the disk.
    slot: usize,
    at: Option<Head>,
    /// Groups since the last flush.
    groups: u32,
}

impl Anchor {
    /// Opens the anchor of a folder, making it when it is missing; what it says does not count any
    /// more once [`Anchor::set`] was called.
    pub(super) fn open(folder: &Path) -> Result<Self, LedgerError> {
        let path = folder.join(NAME);
        let fail = |source| LedgerError::Unusable { file: path.clone(), source };
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = file.open(&path).map_err(fail)?;
        private(&path)?;
        let bytes = fs::read(&path).map_err(fail)?;
        // The newer slot stays until the older one was written and flushed.
        let seqs = slots(&bytes).map(|slot| slot.map(|head| (head.seq, head.generation)));
        let slot = usize::from(seqs[0] >= seqs[1]);
        Ok(Self { file, path, slot, at: None, groups: 0 })
    }

    /// Writes how far the ledger has come; it reaches the disk with one of the next flushes.
    pub(super) fn set(&mut self, head: &Head) -> Result<(), LedgerError> {
        if self.at.as_ref() == Some(head) {
            return Ok(());
        }
        self.file.write_all_at(&encoded(head), PLACES[self.slot]).map_err(|e| self.fail(e))?;
        self.at = Some(*head);
        self.groups += 1;
        if self.groups >= FLUSH_AFTER { self.flush() } else { Ok(()) }
    }

    /// Brings what was written to the disk; the next write goes into the other slot.
    pub(super) fn flush(&mut self) -> Result<(), LedgerError> {
        if self.groups > 0 {
            failpoint::attempt("ledger.anchor_flushed").map_err(|e| self.fail(e))?;
            self.file.sync_all().map_err(|e| self.fail(e))?;
            self.slot = 1 - self.slot;
            self.groups = 0;
        }
        Ok(())
    }

    fn fail(&self, source: io::Error) -> LedgerError {
        LedgerError::Unusable { file: self.path.clone(), source }
    }
}

fn slots(bytes: &[u8]) -> [Option<Head>; 2] {
    PLACES.map(|place| {
        let place = usize::try_from(place).ok()?;
        decoded(bytes.get(place..place + SLOT)?)
    })
}

fn encoded(head: &Head) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    slot[..8].copy_from_slice(MAGIC);
    slot[8..24].copy_from_slice(&head.ledger);
    slot[24..32].copy_from_slice(&head.seq.to_le_bytes());
    slot[32..40].copy_from_slice(&head.generation.to_le_bytes());
    slot[40..CHECKED].copy_from_slice(&head.hash);
    let check = blake3::hash(&slot[..CHECKED]);
    slot[CHECKED..].copy_from_slice(&check.as_bytes()[..SLOT - CHECKED]);
    slot
}

fn decoded(slot: &[u8]) -> Option<Head> {
    let check = blake3::hash(slot.get(..CHECKED)?);
    if slot.get(..8)? != MAGIC || slot.get(CHECKED..)? != &check.as_bytes()[..SLOT - CHECKED] {
        return None;
    }
    let number = |from: usize| Some(i64::from_le_bytes(slot.get(from..from + 8)?.try_into().ok()?));
    Some(Head {
        ledger: slot.get(8..24)?.try_into().ok()?,
        seq: number(24)?,
        generation: number(32)?,
        hash: slot.get(40..CHECKED)?.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(seq: i64, generation: i64) -> Head {
        Head { ledger: ledger_of("u"), seq, generation, hash: [9; 32] }
    }

    fn standing(seq: i64, generation: i64, there: Option<Hash>) -> Standing {
        Standing { head: head(seq, generation), begun: true, there }
    }

    #[test]
    fn a_ledger_is_the_latest_or_refused() {
        let (anchor, whole) = (head(10, 3), standing(12, 3, Some([9; 32])));
        assert_eq!(judge(Some(&whole), Some(&anchor)), Judgement::Fits);
        assert_eq!(judge(None, None), Judgement::Nothing);
        assert_eq!(judge(None, Some(&anchor)), Judgement::Lost);
        assert_eq!(judge(Some(&whole), None), Judgement::Unanchored);
        assert_eq!(judge(Some(&Standing { begun: false, ..whole }), None), Judgement::Fits);
        assert_eq!(judge(Some(&standing(9, 3, None)), Some(&anchor)), Judgement::Behind);
        let forked = standing(12, 3, Some([8; 32]));
        assert_eq!(judge(Some(&forked), Some(&anchor)), Judgement::Forked);
        let other = Head { ledger: ledger_of("v"), ..anchor };
        assert_eq!(judge(Some(&whole), Some(&other)), Judgement::Another);
    }

    #[test]
    fn a_crash_explains_one_generation_and_no_more() {
        let anchor = head(10, 3);
        let taken =
            |generation| judge(Some(&standing(11, generation, Some([9; 32]))), Some(&anchor));
        assert_eq!(taken(4), Judgement::Fits);
        assert_eq!(taken(5), Judgement::WrittenElsewhere);
    }

    #[test]
    fn one_torn_slot_leaves_the_flushed_one_and_two_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut anchor = Anchor::open(folder.path()).unwrap();
        for seq in 1..=2 {
            anchor.set(&head(seq, 1)).unwrap();
            anchor.flush().unwrap();
        }
        anchor.set(&head(3, 1)).unwrap();
        anchor.set(&head(4, 1)).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Some(head(4, 1)));
        let file = folder.path().join(NAME);
        let whole = fs::read(&file).unwrap();
        let torn = |places: &[usize]| {
            let mut bytes = whole.clone();
            for place in places {
                bytes[*place] ^= 4;
            }
            fs::write(&file, bytes).unwrap();
            read(folder.path()).unwrap()
        };
        let seen = [torn(&[30]), torn(&[4096 + 30])];
        assert!(seen.contains(&Some(head(4, 1))) && seen.contains(&Some(head(2, 1))), "{seen:?}");
        assert_eq!(torn(&[30, 4096 + 80]), None);
    }

    #[test]
    fn an_anchor_that_is_opened_again_overwrites_its_older_slot() {
        let folder = tempfile::tempdir().unwrap();
        for seq in 1..=5 {
            let mut anchor = Anchor::open(folder.path()).unwrap();
            anchor.set(&head(seq, seq)).unwrap();
            let bytes = fs::read(folder.path().join(NAME)).unwrap();
            let mut seqs: Vec<_> = slots(&bytes).into_iter().flatten().map(|h| h.seq).collect();
            seqs.sort_unstable();
            let expected: Vec<_> = ((seq - 1).max(1)..=seq).collect();
            assert_eq!(seqs, expected);
        }
    }
}
