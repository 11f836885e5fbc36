//! The thread that takes a job, and the fate of jobs whose callers leave or whose worker closes.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use strikebook_core::{ErrorKind, Result};
use strikebook_storage_sql::{
    AppendOrder, Caller, Connection, Dialect, Interrupter, Row, RowSource, Session, Table, Target, Value, Worker,
    one_of_listed,
};
use tokio::task::JoinHandle;

/// A dialect that no statement is written in.
static DIALECT: Dialect = Dialect {
    type_name: |_| "",
    list_tables: "",
    list_columns: "",
    list_objects: "",
    table_bytes: None,
    row_bytes: None,
    lock: None,
    drop_partitions: None,
    bucket: |at, _, _| Ok(at.to_owned()),
    materialised: None,
    schedule: None,
    append_order: AppendOrder::Series,
    finds_spans: false,
    seeks_values: true,
    rows_per_merge: 1,
    values_per_statement: 1,
    keys_per_statement: 1,
    one_of: one_of_listed,
    newest_quotes: |_, _, _| Ok(()),
    series_versions: |_, _, _| Ok(()),
};

/// A connection that knows its number, whether it was interrupted, and how many of them are open.
struct Numbered {
    number: usize,
    interrupted: Arc<AtomicBool>,
    open: Arc<AtomicUsize>,
}

impl Drop for Numbered {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Session for Numbered {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn query(&mut self, _: &str, _: &[Value], _: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        Ok(())
    }

    fn execute(&mut self, _: &str, _: &[Value]) -> Result<u64> {
        Ok(0)
    }

    fn batch(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    fn append(&mut self, _: Target<'_>, _: &Table, _: &mut dyn RowSource) -> Result<()> {
        Ok(())
    }
}

impl Connection for Numbered {
    fn begin(&mut self, _: bool) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        thread::sleep(Duration::from_millis(40));
        Ok(())
    }

    fn rollback(&mut self) {}

    fn interrupter(&self) -> Interrupter {
        let interrupted = Arc::clone(&self.interrupted);
        Arc::new(move || interrupted.store(true, Ordering::SeqCst))
    }
}

/// A worker with so many connections, and how many of them are open.
fn worker(connections: usize) -> (Arc<Worker<Numbered>>, Arc<AtomicUsize>) {
    let open = Arc::new(AtomicUsize::new(connections));
    let connections = (0..connections)
        .map(|number| Numbered { number, interrupted: Arc::default(), open: Arc::clone(&open) })
        .collect();
    (Arc::new(Worker::spawn("test", connections).unwrap()), open)
}

async fn number(worker: &Worker<Numbered>) -> usize {
    worker.call(None, |connection, _| Ok(connection.number)).await.unwrap()
}

/// A job that holds its connection until `end` is called.
struct Held {
    connection: usize,
    release: mpsc::Sender<()>,
    call: JoinHandle<Result<()>>,
}

impl Held {
    async fn start(worker: &Arc<Worker<Numbered>>) -> Self {
        let (release, released) = mpsc::channel();
        let (started, start) = tokio::sync::oneshot::channel();
        let worker = Arc::clone(worker);
        let call = tokio::spawn(async move {
            let job = move |connection: &mut Numbered, _: &Caller<'_>| {
                started.send(connection.number).unwrap();
                released.recv().unwrap();
                Ok(())
            };
            worker.call(None, job).await
        });
        Self { connection: start.await.unwrap(), release, call }
    }

    async fn end(self) {
        self.release.send(()).unwrap();
        self.call.await.unwrap().unwrap();
    }
}

/// Lets every task that can go on do so.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_job_goes_to_the_thread_that_ended_one_last() {
    let (worker, _) = worker(3);
    let first = number(&worker).await;
    for _ in 0..20 {
        assert_eq!(number(&worker).await, first);
    }
    let (one, other) = (Held::start(&worker).await, Held::start(&worker).await);
    let (one_is, other_is) = (one.connection, other.connection);
    assert_eq!(one_is, first);
    assert_ne!(other_is, first);
    one.end().await;
    assert_eq!(number(&worker).await, one_is);
    other.end().await;
    assert_eq!(number(&worker).await, other_is);
}

#[tokio::test]
async fn callers_wait_in_the_order_they_came() {
    let (worker, _) = worker(1);
    let held = Held::start(&worker).await;
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut calls = Vec::new();
    for caller in 0..100 {
        let (worker, order) = (Arc::clone(&worker), Arc::clone(&order));
        calls.push(tokio::spawn(async move {
            worker
                .call(None, move |_, _| {
                    order.lock().unwrap().push(caller);
                    Ok(())
                })
                .await
        }));
        settle().await;
    }
    held.end().await;
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(*order.lock().unwrap(), (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_job_of_a_caller_who_left_while_he_waited_never_runs() {
    let (worker, _) = worker(1);
    let held = Held::start(&worker).await;
    let ran = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ran);
    let call = worker.call(Some(Duration::from_millis(1)), move |_, _| {
        seen.store(true, Ordering::SeqCst);
        Ok(())
    });
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Timeout);
    held.end().await;
    number(&worker).await;
    assert!(!ran.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_job_whose_caller_leaves_is_interrupted_and_its_connection_serves_the_next() {
    let (worker, _) = worker(1);
    let call = worker.call(Some(Duration::from_millis(1)), |connection, caller| {
        while !connection.interrupted.swap(false, Ordering::SeqCst) || !caller.is_gone() {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    });
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(number(&worker).await, 0);
}

#[tokio::test]
async fn what_ends_a_transaction_is_not_interrupted() {
    let (worker, _) = worker(1);
    let call = worker.run(true, Some(Duration::from_millis(20)), |_| Ok(()));
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Timeout);
    assert!(!worker.call(None, |connection, _| Ok(connection.interrupted.load(Ordering::SeqCst))).await.unwrap());
}

#[tokio::test]
async fn a_connection_outlives_a_job_that_panics() {
    let (worker, _) = worker(1);
    let call = worker.call(None, |_, _| -> Result<()> { panic!("on purpose") });
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(number(&worker).await, 0);
}

#[tokio::test]
async fn closing_waits_for_all_who_came_before_and_refuses_who_comes_after() {
    let (worker, open) = worker(2);
    let (one, other) = (Held::start(&worker).await, Held::start(&worker).await);
    let waiting = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { number(&worker).await }
    });
    settle().await;
    let closing = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.close().await }
    });
    settle().await;
    let late = worker.call(None, |_, _| Ok(())).await;
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Closed);
    assert!(!closing.is_finished());
    one.end().await;
    other.end().await;
    waiting.await.unwrap();
    closing.await.unwrap();
    assert_eq!(open.load(Ordering::SeqCst), 0);
    worker.close().await;
}

#[tokio::test]
async fn a_dropped_call_goes_on_closing() {
    let (worker, open) = worker(2);
    let held = Held::start(&worker).await;
    assert!(tokio::time::timeout(Duration::from_millis(1), worker.close()).await.is_err());
    held.end().await;
    // The job has ended, and with it goes the last who held the connections.
    for _ in 0..1_000 {
        if open.load(Ordering::SeqCst) == 0 {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("{} connections are still open", open.load(Ordering::SeqCst));
}
