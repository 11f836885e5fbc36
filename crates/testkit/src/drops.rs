//! Calls that are dropped while they run.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use crate::trial;

/// Drops calls, and remembers if any of them was not done by then.
#[derive(Debug, Default)]
pub(crate) struct Drops {
    dropped: bool,
}

impl Drops {
    /// Drops a call after this number of microseconds; with zero, after one poll.
    pub(crate) async fn after<T>(&mut self, micros: u64, call: impl Future<Output = T>) {
        let mut call = pin!(call);
        let is_done = if micros == 0 {
            poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready())).await
        } else {
            tokio::time::timeout(Duration::from_micros(micros), call).await.is_ok()
        };
        self.dropped |= !is_done;
    }

    /// Ignores the case if every call was done when it was to be dropped: then the case has shown nothing.
    pub(crate) fn assert_any(&self) {
        if !self.dropped {
            trial::ignore("every call was done at once, none could be dropped");
        }
    }
}
