//! The whole-binary tests.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod allegory;
mod approved;
mod archives;
mod attached;
mod bottlecrm;
mod bucket;
mod crm_faults;
mod crm_nutshell;
mod decisions;
mod defects;
mod delta;
mod dependants;
mod drift;
mod espocrm;
mod exports;
mod extraction;
mod failpoints;
mod faults;
mod journey;
mod judge;
mod kills;
mod ledger_full;
mod ledger_lost;
mod links;
mod mapping;
mod neighbours;
mod pages;
mod profile;
mod reconcile;
mod refusals;
mod rehearsal;
mod sandbox_account;
mod sandbox_allegory;
mod sandbox_client;
mod sandbox_nutshell;
mod sandbox_public_client;
mod sandbox_rezora;
mod sample;
mod series;
mod simulation;
mod stops;
mod sweep;
mod tidy;
mod yard;
