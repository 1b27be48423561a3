//! The program: hands its arguments to `cli` and returns the exit code.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
