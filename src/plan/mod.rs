//! From a spec, the extracted tables and the CRM's inventory to a plan; writes nothing.

mod choices;
mod coverage;
mod decide;
mod disposition;
mod error;
mod existing;
mod files;
mod gate;
mod groups;
mod held;
mod irreversible;
mod late;
mod links;
mod memory;
mod names;
mod object_plan;
mod order;
mod owners;
mod predict;
mod prepare;
mod profile;
mod provision;
mod reading;
mod sample;
mod seal;
mod source_text;
mod spelling;
mod sum;
mod sums;
mod tally;
mod traits;
mod vanished;

pub use choices::ChoiceTable;
pub use coverage::{EntryUse, FieldCoverage, FieldExample, MapCoverage, NoMatch};
pub use decide::{
    CLOSING, Decision, Known, Matches, decide, fields_hash, record_hash, split_closing,
};
pub use disposition::{Disposed, Disposition, undecided, unmapped};
pub use error::PlanError;
pub use existing::Existing;
pub use files::{
    Facts, FilePlan, FilePlans, Judged, LinkedCopy, Look, Means, Wanted as WantedFile, Way, is_own,
    judge, settle,
};
pub use gate::{Bucket, Gate};
pub use groups::Groups;
pub use held::{Held, deciding, lost_rows, taken, why};
pub use irreversible::Irreversible;
pub use links::LinkBook;
pub use memory::{Memory, Written};
pub use names::{address_path, plain_name, plain_path};
pub use object_plan::{Matched, ObjectPlan};
pub use order::{Order, Stage};
pub use owners::{OwnerTable, OwnerUse};
pub use predict::{Plan, predict};
pub use prepare::{Course, Desk, Late, Prepared};
pub use profile::{
    ColumnProfile, Complexity, DuplicateGroup, Duplicates, Example, FileProfile, FilesProfile,
    Finding, LinkProfile, NamedFile, OwnerProfile, OwnersProfile, Profile, Reason, Remark,
    Severity, Spotted, TableProfile, TableState, survey,
};
pub use provision::{Provisioning, Wanted};
pub use reading::{TableRemark, by_code, staged_name};
pub use sample::{Sample, draw};
pub use seal::{FateSeal, Progress, Seal, TableSeal, read_seal};
pub use source_text::SourceText;
pub use spelling::Spellings;
pub use sum::Sum;
pub use sums::{PlannedSum, money};
pub use tally::Tally;
pub use vanished::{CODE as VANISHED, OTHER_KEYS, Vanished, left};
