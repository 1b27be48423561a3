//! Ctrl-C and the system's wish to end: once for a checkpoint, twice for at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use super::context::Context;
use super::exit::Exit;

/// Which signal was first.
#[derive(Debug, Default)]
pub(super) struct Signals {
    terminated: AtomicBool,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen(context: &Arc<Context>) -> Arc<Self> {
        let signals = Arc::new(Self::default());
        let (listening, context) = (Arc::clone(&signals), Arc::clone(context));
        drop(tokio::spawn(async move { listening.obey(&context).await }));
        signals
    }

    async fn obey(&self, context: &Context) {
        while self.next().await.is_some() {
            if context.terminal.stop() {
                leave(self.exit());
            }
            context.terminal.say("finishing what is in flight; once more stops at once");
        }
    }

    /// Waits for the next signal; `None` when none can be heard.
    async fn next(&self) -> Option<()> {
        let mut terminate = signal(SignalKind::terminate()).ok()?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.ok(),
            _ = terminate.recv() => {
                self.terminated.store(true, Ordering::SeqCst);
                Some(())
            }
        }
    }

    /// The exit of a run that stopped because of a signal.
    pub(super) fn exit(&self) -> Exit {
        if self.terminated.load(Ordering::SeqCst) { Exit::Terminated } else { Exit::Interrupted }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the user asked twice; the ledger is safe at any moment"
)]
fn leave(exit: Exit) -> ! {
    std::process::exit(exit.code().into())
}
