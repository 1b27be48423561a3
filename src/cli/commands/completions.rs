//! `completions`: a script for a shell.

use clap::CommandFactory;

use crate::cli::args::Arguments;
use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;

pub(super) fn run(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "flitpipe", &mut script);
    Terminal::data(&String::from_utf8_lossy(&script));
    Exit::Done
}
