//! The command line: arguments, confirmation, the terminal, exit codes.
//!
//! The only room that prints, reads the environment and asks the clock.

mod args;
mod commands;
mod connect;
mod context;
mod coverage;
mod exit;
mod failpoint;
mod fresh;
mod hosts;
mod load;
mod profiled;
mod progress;
mod settings;
mod signals;
mod standing;
mod summary;
mod terminal;
mod work;

pub use commands::run;
