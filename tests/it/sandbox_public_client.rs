//! The sandbox against a client that was written for the live service: `nutshell` 0.4.4 from `PyPI`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::sandbox_client::Desk;

/// Where the client is installed; kept between runs.
fn home() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("venv-nutshell")
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|cause| cause.to_string())?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// Installs the client; its Python.
fn install() -> Result<PathBuf, String> {
    let python = home().join("bin/python");
    let check = ["-c", "import nutshell"];
    if run(Command::new(&python).args(check)).is_ok() {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(home()))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "nutshell==0.4.4"]))?;
    run(Command::new(&python).args(check))?;
    Ok(python)
}

#[expect(
    clippy::disallowed_methods,
    reason = "whether this is the build server is said in the environment"
)]
#[tokio::test(flavor = "multi_thread")]
async fn the_public_python_client_finds_creates_edits_and_deletes() {
    let python = match install() {
        Ok(python) => python,
        Err(why) => {
            assert_ne!(
                std::env::var("FLITPIPE_CI").as_deref(),
                Ok("1"),
                "the client must be there: {why}"
            );
            println!("skipped: the public client cannot be installed here: {why}");
            return;
        }
    };
    let desk = Desk::open().await;
    let mut command = Command::new(python);
    command.args(["-c", include_str!("sandbox_public_client.py"), &desk.endpoint()]);
    let said = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    assert!(
        said.as_ref().is_ok_and(|said| said.contains("all good")),
        "{}",
        said.unwrap_or_else(|why| why)
    );
}
