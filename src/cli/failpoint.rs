//! What happens at the named places of `ground/failpoint.rs`, by `FLITPIPE_FAILPOINT`: for tests on
//! the sandbox, refused for any real host.
//!
//! `kill:ledger.committed:2` ends the process at the second time, as `kill -9` would;
//! `error:ledger.committed:1` has the system refuse what is asked of it there; `list:FILE` only
//! writes down each place that is reached.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Signal, getpid, kill_process};

use crate::ground::failpoint::{self, Hook, POINTS};

/// Has the places watched as the text says; the text is wrong otherwise.
pub(super) fn watch(text: &str) -> Result<(), String> {
    let wrong = || {
        format!(
            "FLITPIPE_FAILPOINT={text} is neither `kill:POINT:HIT`, `error:POINT:HIT` nor `list:FILE`; the points are {}",
            POINTS.join(", ")
        )
    };
    let (deed, rest) = text.split_once(':').ok_or_else(wrong)?;
    if deed == "list" {
        failpoint::watch(list(rest).map_err(|error| format!("`{rest}`: {error}"))?);
        return Ok(());
    }
    let (point, hit) = rest.split_once(':').ok_or_else(wrong)?;
    let hit: u64 = hit.parse().map_err(|_| wrong())?;
    let point = POINTS.into_iter().find(|known| *known == point).ok_or_else(wrong)?;
    match deed {
        "kill" => failpoint::watch(at((point, hit), || die())),
        "error" => failpoint::watch(at((point, hit), || {
            Err(io::Error::other("the system refuses it, as FLITPIPE_FAILPOINT wants"))
        })),
        _ => return Err(wrong()),
    }
    Ok(())
}

/// Does something at a hit of a place, and nothing otherwise.
fn at(
    (point, hit): (&'static str, u64),
    deed: impl Fn() -> io::Result<()> + Send + Sync + 'static,
) -> Hook {
    let seen = AtomicU64::new(0);
    Box::new(move |reached| {
        if reached == point && seen.fetch_add(1, Ordering::SeqCst) + 1 == hit {
            return deed();
        }
        Ok(())
    })
}

/// Appends each place that is reached to a file.
fn list(file: &str) -> io::Result<Hook> {
    let file = Mutex::new(OpenOptions::new().create(true).append(true).open(file)?);
    Ok(Box::new(move |reached| {
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{reached}")
    }))
}

/// Dies as by `kill -9`: nothing is finished, flushed or told.
fn die() -> ! {
    let sent = kill_process(getpid(), Signal::KILL);
    // The signal meets this thread before the call comes back, or soon after.
    while sent.is_ok() {
        std::thread::park();
    }
    std::process::abort()
}
