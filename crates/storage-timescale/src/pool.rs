//! The pool: connections for jobs, each job in a transaction of its own.

use std::{fmt, sync::Arc, thread, time::Duration};

use deadpool::{Runtime, managed};
use strikebook_core::{Error, ErrorKind, Result};
use strikebook_storage_sql::{Dialect, Row, RowSource, Session, Table, Target, Value, guarded};
use tokio::{
    runtime::{Builder, Handle},
    sync::{Semaphore, oneshot},
    time::timeout,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    call::Call,
    connection::JobConnection,
    error::{classify, no_connection},
    session::Sessions,
    settings::Settings,
};

/// A connection of the pool.
pub(crate) type Object = managed::Object<Sessions>;

/// The transaction for queries that need none, where a pooler may serve each statement by another process.
const READ: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// The time for which the server's process is idle before it ends, when a pooler is tested first; twice as long each
/// next time.
const IDLE: Duration = Duration::from_millis(200);
/// The most attempts to test a pooler.
const ATTEMPTS: u32 = 5;

/// Connections, and a thread of their own that serves them: a job goes on and a transaction ends whatever becomes of
/// the caller and his runtime.
pub(crate) struct Pool {
    connections: managed::Pool<Sessions>,
    tls: MakeRustlsConnect,
    timeout: Option<Duration>,
    handle: Handle,
    /// One permit for each connection. A running job holds one.
    slots: Arc<Semaphore>,
    size: u32,
    /// Dropped, it ends the thread.
    _alive: oneshot::Sender<()>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        let size = settings.pool_size;
        let tls = settings.tls.connector()?;
        let sessions =
            Sessions { config: settings.config.clone(), tls: tls.clone(), settings: settings.session.clone() };
        let connections = managed::Pool::builder(sessions)
            .max_size(size as usize)
            .runtime(Runtime::Tokio1)
            .create_timeout(settings.connect_timeout())
            .build()
            .map_err(|error| Error::new(ErrorKind::Internal, "cannot create the connection pool").caused_by(error))?;

        let no_thread = |error| Error::new(ErrorKind::Unavailable, "cannot spawn a thread").caused_by(error);
        let runtime = Builder::new_current_thread()
            .thread_name("strikebook-postgres-job")
            .enable_all()
            .build()
            .map_err(no_thread)?;
        let handle = runtime.handle().clone();
        let slots = Arc::new(Semaphore::new(size as usize));
        let (alive, gone) = oneshot::channel::<()>();
        let jobs = Arc::clone(&slots);
        let serve = async move {
            // Nothing is ever sent; this ends when the pool is dropped. Jobs that nobody waits for are rolled back
            // then.
            let _ = gone.await;
            let _ = jobs.acquire_many(size).await;
        };
        thread::Builder::new()
            .name("strikebook-postgres".to_owned())
            .spawn(move || runtime.block_on(serve))
            .map_err(no_thread)?;
        Ok(Self { connections, tls, timeout: settings.timeout, handle, slots, size, _alive: alive })
    }

    /// Runs a job and waits for it: in a transaction, or each statement by itself when there is nothing to begin one
    /// with.
    ///
    /// The transaction is committed when the job succeeds and this call is still waited for. When the call is dropped,
    /// or does not end in time, the running statement is stopped and the transaction rolled back.
    pub(crate) async fn run<T, F>(&self, dialect: &'static Dialect, begin: Option<&'static str>, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    {
        let call = self.call(move |worker| match begin {
            Some(begin) => worker.transact(dialect, begin, job),
            None => worker.ask(dialect, job),
        });
        let Some(limit) = self.timeout else { return call.await };
        // The clock is that of our own runtime; the caller's need not have one.
        let limited = {
            let _entered = self.handle.enter();
            timeout(limit, call)
        };
        limited.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Timeout, "the operation did not end in time")
                .with("limit", format_args!("{limit:?}")))
        })
    }

    /// Runs work on a thread that may block, and waits for it without a limit of time.
    pub(crate) async fn call<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&BlockingCall) -> Result<T> + Send + 'static,
    {
        if self.connections.is_closed() {
            return Err(Error::closed());
        }
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| Error::closed())?;
        let call = Call::default();
        let _stop = call.stop_on_drop(self.tls.clone(), self.handle.clone());
        let worker = BlockingCall { connections: self.connections.clone(), handle: self.handle.clone(), call };
        let done = self.handle.spawn_blocking(move || {
            let outcome = guarded(|| work(&worker));
            drop(slot);
            outcome
        });
        done.await.unwrap_or_else(|error| Err(Error::closed().caused_by(error)))
    }

    /// Refuses new calls, and waits until the running ones have ended.
    pub(crate) async fn close(&self) {
        self.connections.close();
        // The semaphore is never closed, so this only waits.
        let _ = self.slots.acquire_many(self.size).await;
    }
}

/// One call at work, on a thread that may block.
pub(crate) struct BlockingCall {
    connections: managed::Pool<Sessions>,
    pub(crate) handle: Handle,
    call: Call,
}

impl BlockingCall {
    /// A connection outside of any transaction. Statements on it are stopped when the call is dropped.
    pub(crate) fn connect(&self) -> Result<Object> {
        let client = self.handle.block_on(self.connections.get()).map_err(no_connection)?;
        if self.call.runs_on(client.cancel_token()) { Ok(client) } else { Err(Error::closed()) }
    }

    /// A connection outside of any transaction that is not shared with other sessions: with a pooler in between, the
    /// pooler is tested before.
    pub(crate) fn connect_tested(&self) -> Result<Object> {
        let mut attempt = 0;
        loop {
            let client = self.connect()?;
            if !client.pooled {
                return Ok(client);
            }
            let tested = self.handle.block_on(client.probe(IDLE * 2_u32.pow(attempt)));
            drop(Object::take(client));
            attempt += 1;
            match tested {
                Ok(()) => return self.connect(),
                Err(error) if error.kind() == ErrorKind::Unavailable && attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Runs a job outside of any transaction, or in one if there is a pooler: only within a transaction are what is
    /// verified and what is used the same process for sure.
    fn ask<T>(&self, dialect: &'static Dialect, job: impl FnOnce(&mut dyn Session) -> Result<T>) -> Result<T> {
        let client = self.connect()?;
        if client.pooled {
            drop(client);
            return self.transact(dialect, READ, job);
        }
        let mut reader = Reader { client: Some(client), worker: self, dialect };
        let outcome = guarded(|| job(&mut reader));
        if let Some(client) = reader.client {
            self.release(client, true);
        }
        outcome
    }

    fn transact<T>(
        &self,
        dialect: &'static Dialect,
        begin: &str,
        job: impl FnOnce(&mut dyn Session) -> Result<T>,
    ) -> Result<T> {
        let client = self.begin(begin)?;
        let mut connection = JobConnection { client: &client, handle: &self.handle, dialect };
        let outcome = guarded(|| job(&mut connection))
            .and_then(|done| if self.call.is_abandoned() { Err(Error::closed()) } else { Ok(done) })
            // The empty SELECT fails in a transaction with a failed statement, which COMMIT alone would take back and
            // call that a success.
            .and_then(|done| connection.batch("SELECT; COMMIT").map(|()| done));
        let ended = outcome.is_ok() || connection.batch("ROLLBACK").is_ok();
        self.release(client, ended);
        outcome
    }

    /// Ends the work on a connection, and gives it back when it is as it was: in no transaction and with its settings.
    /// Otherwise it is closed, which makes the server roll back what is left.
    pub(crate) fn release(&self, client: Object, unchanged: bool) {
        if !self.call.end() || !unchanged {
            drop(Object::take(client));
        }
    }

    /// Begins a transaction. A pooled connection may have died unnoticed, as when the server was restarted; then the
    /// next one is tried, until the pool has none left and makes a new one.
    fn begin(&self, begin: &str) -> Result<Object> {
        let mut dead = 0;
        loop {
            let client = self.connect()?;
            match self.handle.block_on(client.batch_execute(begin)) {
                Ok(()) if !client.pooled => return Ok(client),
                Ok(()) => match self.handle.block_on(client.verify()) {
                    Ok(_) => return Ok(client),
                    Err(error) => {
                        drop(Object::take(client));
                        return Err(error);
                    }
                },
                Err(error) => {
                    drop(Object::take(client));
                    dead += 1;
                    if dead > self.connections.status().max_size {
                        return Err(classify(error));
                    }
                }
            }
        }
    }
}

/// A connection outside of any transaction. One that died unnoticed, as when the server was restarted, is replaced by
/// the next: a query can be run again until its first row is handed over.
struct Reader<'a> {
    /// Absent when the last one died and there was no other.
    client: Option<Object>,
    worker: &'a BlockingCall,
    dialect: &'static Dialect,
}

impl Reader<'_> {
    fn connection(&self) -> Result<JobConnection<'_>> {
        let lost = || Error::new(ErrorKind::Unavailable, "the connection was lost");
        let client = self.client.as_ref().ok_or_else(lost)?;
        Ok(JobConnection { client, handle: &self.worker.handle, dialect: self.dialect })
    }

    fn reconnect(&mut self) -> Result<()> {
        // Its place in the pool is given back first: it may be the only one.
        self.client.take().map(Object::take);
        let client = self.worker.connect()?;
        if client.pooled {
            return Err(Error::new(ErrorKind::Unavailable, "the connection was lost, and the next host is a pooler"));
        }
        self.client = Some(client);
        Ok(())
    }
}

impl Session for Reader<'_> {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn query(&mut self, sql: &str, params: &[Value], each: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        let mut chances = self.worker.connections.status().max_size;
        let mut answered = false;
        loop {
            let asked = self.connection()?.query(sql, params, &mut |row| {
                answered = true;
                each(row)
            });
            match asked {
                Err(error) if error.kind() == ErrorKind::Unavailable && !answered && chances > 0 => {
                    chances -= 1;
                    self.reconnect()?;
                }
                asked => return asked,
            }
        }
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        self.connection()?.execute(sql, params)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection()?.batch(sql)
    }

    fn append(&mut self, target: Target<'_>, table: &Table, rows: &mut dyn RowSource) -> Result<()> {
        self.connection()?.append(target, table, rows)
    }
}
