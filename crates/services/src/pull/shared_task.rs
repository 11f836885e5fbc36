//! One task for all callers with the same key.

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

/// A running task with any number of waiting callers. Its result is `None` after a panic.
pub(super) type SharedTask<T> = Shared<BoxFuture<'static, Option<T>>>;

type Running<K, T> = Mutex<HashMap<K, SharedTask<T>>>;

/// The running tasks by key.
pub(super) struct SharedTasks<K, T>(Arc<Running<K, T>>);

impl<K, T> Default for SharedTasks<K, T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// Removes a task from the running ones when it ends, by a panic too.
struct RemoveOnDrop<K: Eq + Hash, T> {
    running: Weak<Running<K, T>>,
    key: K,
}

impl<K: Eq + Hash, T> Drop for RemoveOnDrop<K, T> {
    fn drop(&mut self) {
        if let Some(running) = self.running.upgrade() {
            running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static, T: Clone + Send + Sync + 'static> SharedTasks<K, T> {
    /// Returns the running task of a key, or starts one; true with it when this call started the task. The task runs to
    /// its end even when nobody waits for it any more.
    pub(super) fn join_or_start<F>(&self, key: K, start: impl FnOnce() -> F) -> (SharedTask<T>, bool)
    where
        F: Future<Output = T> + Send + 'static,
    {
        let task = {
            let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match running.entry(key) {
                Entry::Occupied(task) => return (task.get().clone(), false),
                Entry::Vacant(vacant) => {
                    let guard = RemoveOnDrop { running: Arc::downgrade(&self.0), key: vacant.key().clone() };
                    let work = start();
                    let work = async move {
                        let _guard = guard;
                        AssertUnwindSafe(work).catch_unwind().await.ok()
                    };
                    vacant.insert(work.boxed().shared()).clone()
                }
            }
        };
        tokio::spawn(task.clone());
        (task, true)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_task_is_shared_until_it_ends() {
        let tasks = SharedTasks::<u8, u8>::default();
        let (first, is_started) = tasks.join_or_start(1, || async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            7
        });
        assert!(is_started);
        let (second, is_started) = tasks.join_or_start(1, || async { 8 });
        assert!(!is_started);
        drop(first);
        assert_eq!(second.await, Some(7), "the task runs on without its first caller");
        let (third, is_started) = tasks.join_or_start(1, || async { 9 });
        assert_eq!((third.await, is_started), (Some(9), true), "the ended task was removed");
    }

    #[tokio::test]
    async fn a_panic_is_no_answer_and_blocks_nobody() {
        let tasks = SharedTasks::<u8, u8>::default();
        let (task, _) = tasks.join_or_start(1, || async { panic!("on purpose") });
        assert_eq!(task.await, None);
        assert_eq!(tasks.join_or_start(1, || async { 2 }).0.await, Some(2));
    }
}
