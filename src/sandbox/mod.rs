//! A local Nutshell and a local Rezora on a loopback port, with generated data: for rehearsal, training and tests.

mod error;
mod nutshell;
mod rezora;
mod server;

pub use error::SandboxError;
pub use rezora::columns;
pub use server::{BEARER, KEY, Options, Sandbox, USER, reset, start};
