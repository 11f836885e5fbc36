//! The state that a caller and its job share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio_postgres::CancelToken;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A job for which a caller may or may not still wait.
#[derive(Clone, Default)]
pub(crate) struct Call(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    /// The job waits for a connection.
    #[default]
    Pending,
    /// The job runs statements, which this token stops.
    Running(CancelToken),
    /// The caller is gone.
    Abandoned,
    /// The job has run its last statement.
    Ended,
}

impl Call {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that statements run on a connection from now on; returns `false` when nobody waits for them any more.
    pub(crate) fn runs_on(&self, token: CancelToken) -> bool {
        let mut state = self.state();
        let waited = !matches!(*state, State::Abandoned);
        if waited {
            *state = State::Running(token);
        }
        waited
    }

    /// Returns true if nobody waits any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        matches!(*self.state(), State::Abandoned)
    }

    /// Notes that no more statements will run. Returns `false` when a request to stop one may be under way, so that the
    /// connection must not be used again: the request could hit somebody else's statement.
    pub(crate) fn end(&self) -> bool {
        let mut state = self.state();
        let clean = !matches!(*state, State::Abandoned);
        if clean {
            *state = State::Ended;
        }
        clean
    }

    /// Stops the job's statement when the guard is dropped before the job has ended.
    pub(crate) fn stop_on_drop(&self, tls: MakeRustlsConnect, handle: Handle) -> StopOnDrop {
        StopOnDrop { call: self.clone(), tls, handle }
    }
}

pub(crate) struct StopOnDrop {
    call: Call,
    tls: MakeRustlsConnect,
    handle: Handle,
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        let mut state = self.call.state();
        if matches!(*state, State::Ended) {
            return;
        }
        if let State::Running(token) = std::mem::replace(&mut *state, State::Abandoned) {
            let tls = self.tls.clone();
            self.handle.spawn(async move {
                // A statement that cannot be stopped runs to its end and is rolled back then.
                if let Err(error) = token.cancel_query(tls).await {
                    tracing::debug!(%error, "a statement that nobody waits for could not be stopped");
                }
            });
        }
    }
}
