//! A local Nutshell and a local Rezora on a loopback port and an Allegory export in a folder, with
//! generated data: for rehearsal, training and tests.

pub mod allegory;
mod dice;
mod error;
mod faults;
mod nutshell;
mod rezora;
mod server;

pub use error::SandboxError;
pub use faults::Rule;
pub use rezora::columns;
pub use server::{BEARER, KEY, Options, Sandbox, USER, reset, rules, start};
