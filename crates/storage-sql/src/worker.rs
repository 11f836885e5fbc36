//! Blocking connections behind asynchronous calls: threads that own one connection each. A job goes to the thread that
//! ended one last, since its plans, pages and memory are warm; when none is idle, callers wait in the order they came.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use strikebook_core::{Error, ErrorKind, Result};
use tokio::sync::{Mutex as AsyncMutex, Semaphore, mpsc as channel, oneshot};

use crate::session::Session;

/// A blocking connection to a database.
pub trait Connection: Session + Send + 'static {
    /// Makes sure, before each job, that the database is still the one that was opened.
    ///
    /// # Errors
    /// Those of the engine; the job is then not run.
    fn check(&mut self) -> Result<()> {
        Ok(())
    }

    /// Starts a transaction, for a job that writes or for one that only reads.
    ///
    /// # Errors
    /// Those of the engine.
    fn begin(&mut self, write: bool) -> Result<()>;

    /// Commits the open transaction.
    ///
    /// # Errors
    /// Those of the engine; the transaction is then rolled back.
    fn commit(&mut self) -> Result<()>;

    /// Rolls the transaction back, when one is open.
    fn rollback(&mut self);

    /// Returns a function that stops the running statement, to be called from another thread.
    fn interrupter(&self) -> Interrupter;
}

/// Stops the statement that a connection is running.
pub type Interrupter = Arc<dyn Fn() + Send + Sync>;

type Task<C> = Box<dyn FnOnce(&mut C) + Send>;

/// Threads over connections that share the jobs of their callers.
pub struct Worker<C> {
    /// Absent once closed. The threads end when the last of this, callers and jobs has dropped it.
    idle: Mutex<Option<Arc<Idle<C>>>>,
    /// Gives `None` once every thread has ended: each holds a sender and sends nothing.
    ended: AsyncMutex<channel::Receiver<()>>,
}

/// The threads that wait for a job.
struct Idle<C> {
    /// One permit for each of `threads`.
    permits: Semaphore,
    /// The thread that ended a job last stands last.
    threads: Mutex<Vec<mpsc::Sender<Task<C>>>>,
}

/// A thread that is taken for one job, and returned on drop.
struct Lease<C> {
    thread: mpsc::Sender<Task<C>>,
    idle: Arc<Idle<C>>,
}

impl<C> Idle<C> {
    async fn lease(self: Arc<Self>) -> Result<Lease<C>> {
        self.permits.acquire().await.map_err(|_| Error::closed())?.forget();
        let thread = locked(&self.threads).pop().ok_or_else(Error::closed)?;
        Ok(Lease { thread, idle: self })
    }
}

impl<C> Drop for Lease<C> {
    fn drop(&mut self) {
        locked(&self.idle.threads).push(self.thread.clone());
        self.idle.permits.add_permits(1);
    }
}

impl<C> fmt::Debug for Worker<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<C: Connection> Worker<C> {
    /// Starts a thread for each connection.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the system cannot spawn a thread.
    pub fn spawn(name: &str, connections: Vec<C>) -> Result<Self> {
        let (alive, ended) = channel::channel(1);
        let mut threads = Vec::with_capacity(connections.len());
        for (i, mut connection) in connections.into_iter().enumerate() {
            let (thread, tasks) = mpsc::channel::<Task<C>>();
            let alive = alive.clone();
            let work = move || {
                for task in tasks {
                    task(&mut connection);
                }
                drop(connection);
                drop(alive);
            };
            thread::Builder::new()
                .name(format!("{name}-{i}"))
                .spawn(work)
                .map_err(|error| Error::new(ErrorKind::Unavailable, "cannot spawn a thread").caused_by(error))?;
            threads.push(thread);
        }
        let idle = Idle { permits: Semaphore::new(threads.len()), threads: Mutex::new(threads) };
        Ok(Self { idle: Mutex::new(Some(Arc::new(idle))), ended: AsyncMutex::new(ended) })
    }

    /// Runs a job in a transaction and waits for it.
    ///
    /// The transaction is committed when the job succeeds and this call is still waited for. When the call is dropped,
    /// or does not end within `timeout`, the running statement is stopped and the transaction rolled back, unless it is
    /// being committed already.
    ///
    /// # Errors
    /// Those of the job; [`Closed`](ErrorKind::Closed) after [`close`](Self::close); [`Timeout`](ErrorKind::Timeout);
    /// [`Internal`](ErrorKind::Internal) when the job panicked.
    pub async fn run<T, F>(&self, write: bool, timeout: Option<Duration>, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        self.call(timeout, move |connection, caller| transact(connection, write, job, caller)).await
    }

    /// Runs a job outside of any transaction, and waits for it.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn call<T, F>(&self, timeout: Option<Duration>, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut C, &Caller<'_>) -> Result<T> + Send + 'static,
    {
        let idle = locked(&self.idle).clone().ok_or_else(Error::closed)?;
        let (reply, answer) = oneshot::channel();
        let running = Running::default();
        let seen = running.clone();
        let stop = StopOnDrop(running);
        let waited = async {
            let lease = idle.lease().await?;
            let thread = lease.thread.clone();
            let task: Task<C> = Box::new(move |connection| {
                if reply.is_closed() {
                    return;
                }
                seen.start(connection.interrupter());
                let caller = Caller { gone: &|| reply.is_closed(), running: &seen };
                let outcome = guarded(|| connection.check().and_then(|()| job(connection, &caller)));
                seen.end();
                // Before the reply, so that a caller's next job finds the thread of his last one.
                drop(lease);
                // A caller that has gone has no use for the outcome.
                let _ = reply.send(outcome);
            });
            thread.send(task).map_err(|_| Error::closed())?;
            answer.await.map_err(|_| Error::closed())?
        };
        let outcome = match timeout {
            None => waited.await,
            Some(timeout) => tokio::time::timeout(timeout, waited).await.unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Timeout, "the operation did not end in time")
                    .with("limit", format_args!("{timeout:?}")))
            }),
        };
        drop(stop);
        outcome
    }

    /// Refuses new jobs, and waits until the running ones have ended and the connections are closed.
    pub async fn close(&self) {
        drop(locked(&self.idle).take());
        while self.ended.lock().await.recv().await.is_some() {}
    }
}

/// The statement of a job, while it runs.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<Option<Interrupter>>>);

impl Running {
    fn start(&self, interrupter: Interrupter) {
        *locked(&self.0) = Some(interrupter);
    }

    fn end(&self) {
        *locked(&self.0) = None;
    }
}

/// The caller that waits for a job.
pub struct Caller<'a> {
    gone: &'a dyn Fn() -> bool,
    running: &'a Running,
}

impl fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("gone", &self.is_gone()).finish_non_exhaustive()
    }
}

impl Caller<'_> {
    /// Returns true if nobody waits any more.
    pub fn is_gone(&self) -> bool {
        (self.gone)()
    }

    /// Disarms the interrupt of the job.
    fn disarm(&self) {
        self.running.end();
    }
}

/// Stops a job that is still running when nobody waits for it any more.
struct StopOnDrop(Running);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        // Under the lock the job cannot end, so the connection's next job is not the one that is stopped.
        if let Some(interrupt) = &*locked(&self.0.0) {
            interrupt();
        }
    }
}

/// Runs a job in a transaction: committed when it succeeds and is not abandoned, otherwise rolled back.
fn transact<C: Connection, T>(
    connection: &mut C,
    write: bool,
    job: impl FnOnce(&mut dyn Session) -> Result<T>,
    caller: &Caller<'_>,
) -> Result<T> {
    let outcome = connection.begin(write).and_then(|()| guarded(|| job(connection)));
    // Disarm the interrupt before COMMIT and ROLLBACK: an interrupted one leaves the transaction open and blocks later
    // jobs.
    caller.disarm();
    let outcome = outcome.and_then(|done| {
        if caller.is_gone() {
            return Err(Error::closed());
        }
        connection.commit().map(|()| done)
    });
    if outcome.is_err() {
        connection.rollback();
    }
    outcome
}

/// Turns a panic into an error, so that the thread and its connection live on.
///
/// # Errors
/// Those of the job, and [`Internal`](ErrorKind::Internal) when it panicked.
pub fn guarded<T>(job: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(job))
        .unwrap_or_else(|panic| Err(Error::new(ErrorKind::Internal, "a job panicked").with("panic", text(&*panic))))
}

fn text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("?")
}

/// One connection that writes and some that read.
#[derive(Debug)]
pub struct Workers<C> {
    writer: Worker<C>,
    /// Absent when readers would not see the writer's database.
    readers: Option<Worker<C>>,
    timeout: Option<Duration>,
}

impl<C: Connection> Workers<C> {
    /// Starts a thread for each connection. Without readers the writer reads too.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the system cannot spawn a thread.
    pub fn spawn(name: &str, writer: C, readers: Vec<C>, timeout: Option<Duration>) -> Result<Self> {
        let none = readers.is_empty();
        Ok(Self {
            writer: Worker::spawn(&format!("{name}-writer"), vec![writer])?,
            readers: if none { None } else { Some(Worker::spawn(&format!("{name}-reader"), readers)?) },
            timeout,
        })
    }

    /// Runs a job that only reads, outside of any transaction.
    ///
    /// # Errors
    /// As [`Worker::run`].
    pub async fn read<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        self.reader().call(self.timeout, |connection, _| job(connection)).await
    }

    /// Runs a job that only reads, in a transaction.
    ///
    /// # Errors
    /// As [`Worker::run`].
    pub async fn snapshot<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        self.reader().run(false, self.timeout, job).await
    }

    fn reader(&self) -> &Worker<C> {
        self.readers.as_ref().unwrap_or(&self.writer)
    }

    /// Runs a job that writes.
    ///
    /// # Errors
    /// As [`Worker::run`].
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        self.writer.run(true, self.timeout, job).await
    }

    /// Hands the connection that writes over outside of any transaction, without a limit of time.
    ///
    /// # Errors
    /// As [`Worker::run`].
    pub async fn maintain<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut C) -> Result<T> + Send + 'static,
    {
        self.writer.call(None, |connection, _| job(connection)).await
    }

    /// Waits for running jobs and closes the connections.
    pub async fn close(&self) {
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        self.writer.close().await;
    }
}
