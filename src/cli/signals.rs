//! Ctrl-C, the system's wish to end and a terminal that closes: once for a checkpoint, twice for at
//! once.

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
        // Opened once: a signal that comes while another is being answered is not lost. A terminal
        // that closes is a wish to end like any other.
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hang_up)] = kinds.map(signal) else {
            return;
        };
        loop {
            let terminated = tokio::select! {
                _ = interrupt.recv() => false,
                _ = terminate.recv() => true,
                _ = hang_up.recv() => true,
            };
            self.terminated.fetch_or(terminated, Ordering::SeqCst);
            if context.terminal.stop() {
                context
                    .terminal
                    .say("stopped at once: what is in doubt is looked up by the next run");
                leave(self.exit());
            }
            context.terminal.say("finishing what is in flight; once more stops at once");
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
