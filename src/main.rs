//! The program: hands its arguments to `cli` and returns the exit code.

fn main() -> std::process::ExitCode {
    flitpipe::cli::run(std::env::args_os())
}
