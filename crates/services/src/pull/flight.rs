//! One task for all who want the same.

use std::{
    collections::{HashMap, hash_map::Entry},
    future::Future,
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};

/// A task that is under way, for any number of those who wait.
pub(super) type Flight<T> = Shared<BoxFuture<'static, Option<T>>>;

type UnderWay<K, T> = Mutex<HashMap<K, Flight<T>>>;

/// Tasks that are under way, by what they are about.
pub(super) struct Flights<K, T>(Arc<UnderWay<K, T>>);

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// Takes a task off the list when it ends, however it does.
struct Landing<K: Eq + Hash, T> {
    flights: Weak<UnderWay<K, T>>,
    key: K,
}

impl<K: Eq + Hash, T> Drop for Landing<K, T> {
    fn drop(&mut self) {
        if let Some(flights) = self.flights.upgrade() {
            flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static, T: Clone + Send + Sync + 'static> Flights<K, T> {
    /// The task under way for a key, or one that is started now, and whether it was. It goes on when nobody waits for
    /// it any more. It gives `None` when it panicked.
    pub(super) fn join<F>(&self, key: K, start: impl FnOnce() -> F) -> (Flight<T>, bool)
    where
        F: Future<Output = T> + Send + 'static,
    {
        let flight = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.entry(key) {
                Entry::Occupied(under_way) => return (under_way.get().clone(), false),
                Entry::Vacant(vacant) => {
                    let landing = Landing { flights: Arc::downgrade(&self.0), key: vacant.key().clone() };
                    let work = start();
                    let work = async move {
                        let _landing = landing;
                        AssertUnwindSafe(work).catch_unwind().await.ok()
                    };
                    vacant.insert(work.boxed().shared()).clone()
                }
            }
        };
        tokio::spawn(flight.clone());
        (flight, true)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_task_is_shared_and_ends_for_all() {
        let flights = Flights::<u8, u8>::default();
        let (first, starts) = flights.join(1, || async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            7
        });
        assert!(starts);
        let (second, starts) = flights.join(1, || async { 8 });
        assert!(!starts);
        drop(first);
        assert_eq!(second.await, Some(7), "it goes on without the first");
        let (third, starts) = flights.join(1, || async { 9 });
        assert_eq!((third.await, starts), (Some(9), true), "it is off the list");
    }

    #[tokio::test]
    async fn a_panic_is_no_answer_and_blocks_nobody() {
        let flights = Flights::<u8, u8>::default();
        let (flight, _) = flights.join(1, || async { panic!("on purpose") });
        assert_eq!(flight.await, None);
        assert_eq!(flights.join(1, || async { 2 }).0.await, Some(2));
    }
}
