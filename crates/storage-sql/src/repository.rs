//! The base of every repository: an engine, its transactions, and the calls that a shape's repositories share.

use std::{sync::Arc, time::Duration};

use strikebook_core::{
    AsOf, ChangeQuery, Error, Listing, Page, Result, SeriesQuery, Timestamp, Upserted, Version,
    operations::Actor,
    port::{
        Change, Entry, Paged, Recorded, check_batch, check_entries, check_keyed, check_row, page, page_of_changes,
        series_of, start,
    },
};

use crate::{
    contracts::{Contracts, Ids, OfContract},
    days::Days,
    engine::Engine,
    options::StoreOptions,
    search::Window,
    session::{Call, Session, row_at, tell},
    shapes::{
        entries::{self, EntryRow},
        keyed::{self, KeyedRow},
        versioned::{
            self, Key, ReadFrom, Versioned, changes,
            pieces::{PieceStream, in_pieces},
        },
    },
    sql::one_more,
};

/// A [`Store`](strikebook_core::Store) over an SQL engine.
#[derive(Debug)]
pub struct SqlStore<E> {
    engine: Arc<E>,
    ids: Arc<Ids>,
    allow_simulated: bool,
    actor: Option<Actor>,
    /// The engine's name, which its capabilities make a copy for.
    engine_name: &'static str,
    /// The time from which on a call is slow.
    slow: Option<Duration>,
}

impl<E: Engine> SqlStore<E> {
    /// Returns a store over an engine, without a look at the schema.
    pub(crate) fn over(engine: E, options: &StoreOptions) -> Self {
        let (engine_name, engine) = (engine.capabilities().engine, Arc::new(engine));
        let StoreOptions { allow_simulated, slow, .. } = *options;
        Self { engine, ids: Arc::default(), allow_simulated, actor: None, engine_name, slow }
    }

    /// Returns the same store for an actor, whose changes go into the audit.
    pub(crate) fn for_actor(&self, actor: Actor) -> Self {
        let (engine, ids) = (Arc::clone(&self.engine), self.ids());
        Self { engine, ids, actor: Some(actor), ..*self }
    }

    pub(crate) fn engine(&self) -> &E {
        &self.engine
    }

    pub(crate) fn ids(&self) -> Arc<Ids> {
        Arc::clone(&self.ids)
    }

    pub(crate) fn allow_simulated(&self) -> bool {
        self.allow_simulated
    }

    /// Names operation and backend in an error.
    pub(crate) fn named(&self, operation: &'static str, error: Error) -> Error {
        error.in_operation(operation).on_backend(self.engine_name)
    }

    /// Runs a call: in a span, with a line in the log when it is slow, and with its name and the backend's in an error.
    async fn call<T, F: Future<Output = Result<(T, u64)>>>(
        &self,
        operation: &'static str,
        run: impl FnOnce(&Call) -> F,
    ) -> Result<T> {
        let call = Call::begin(self.engine_name, operation);
        let answer = run(&call).await;
        call.end(answer, self.slow).map_err(|error| self.named(operation, error))
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.call(operation, |call| self.engine.read(call.job(None, job))).await
    }

    /// As [`read`](Self::read), but all statements see one state of the database.
    pub(crate) async fn snapshot<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.call(operation, |call| self.engine.snapshot(call.job(None, job))).await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let actor = self.actor.clone();
        self.call(operation, |call| self.engine.write(call.job(actor, job))).await
    }

    /// Runs a call that the engine does without a session, such as a compaction.
    pub(crate) async fn without_session<'a, T, F: Future<Output = Result<T>>>(
        &'a self,
        operation: &'static str,
        run: impl FnOnce(&'a E) -> F,
    ) -> Result<T> {
        self.call(operation, |_| async { run(&self.engine).await.map(|answer| (answer, 0)) }).await
    }

    /// Appends to the audit what an actor did outside of a transaction. Without an actor nothing is done.
    pub(crate) async fn record(&self, operation: &'static str, change: Change) -> Result<()> {
        if self.actor.is_none() {
            return Ok(());
        }
        self.write(operation, move |session| {
            tell(session, || Some(change));
            Ok(())
        })
        .await
    }

    /// Returns the actor of an audited store.
    pub(crate) fn actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }

    /// Answers an empty batch, which a closed store refuses too.
    pub(crate) async fn nothing(&self, operation: &'static str) -> Result<Upserted> {
        self.read(operation, |_| Ok(Upserted::default())).await
    }

    /// Merges a batch whose rows name no contract. `row` makes the record of each.
    pub(crate) async fn upsert<T: Recorded<Key = Key<R>> + Sync, R: Versioned>(
        &self,
        operation: &'static str,
        batch: &[T],
        row: impl Fn(&T) -> Result<R>,
    ) -> Result<Upserted> {
        check_batch(batch, self.allow_simulated).map_err(|error| self.named(operation, error))?;
        if batch.is_empty() {
            return self.nothing(operation).await;
        }
        let keys: Vec<_> = batch.iter().map(T::key).collect();
        let row = |index| row(row_at(batch, index)?);
        let write = |pieces: PieceStream<R>| {
            self.write(operation, move |session| {
                let done = pieces.into_table(session, |_| Ok(()))?;
                tell(session, || Change::upserted(R::TABLE.name, &done));
                Ok(done)
            })
        };
        in_pieces(&keys, self.engine.dialect(), row, write).await
    }

    /// Merges a batch whose rows name contracts, after `before` in the same transaction.
    pub(crate) async fn upsert_numbered<R: OfContract>(
        &self,
        operation: &'static str,
        batch: &[R::Row],
        before: impl FnOnce(&mut dyn Session) -> Result<()> + Send + 'static,
    ) -> Result<Upserted> {
        let named = |error| self.named(operation, error);
        let mut contracts = Contracts::new(self.ids());
        let (mut numbers, mut keys) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        // Once through the batch for all that must be known before the first row is written: memory is slow.
        for (index, row) in batch.iter().enumerate() {
            check_row(index, row, self.allow_simulated).map_err(named)?;
            let number = contracts.number(R::contract(row), row).map_err(named)?;
            numbers.push(number);
            keys.push(R::key_of(row, number));
        }
        let row = |index| Ok(R::numbered(row_at(batch, index)?, *row_at(&numbers, index)?));
        let ids = self.ids();
        let write = |pieces: PieceStream<R>| {
            self.write(operation, move |session| {
                before(session)?;
                let numbered = ids.number(session, &contracts)?;
                let mut days = Days::of(&contracts);
                let done = pieces.into_table(session, |row| {
                    let number = *row.contract_id();
                    days.add(number, row);
                    *row.contract_id() = numbered.id(number)?;
                    Ok(())
                })?;
                days.into_table(session, R::TABLE.dataset)?;
                tell(session, || Change::upserted(R::TABLE.name, &done));
                Ok((done, numbered.found))
            })
        };
        let (upserted, found) = in_pieces(&keys, self.engine.dialect(), row, write).await?;
        self.ids.learn(found);
        Ok(upserted)
    }

    /// Returns the last row of a series within both limits.
    pub(crate) async fn newest<R: Versioned, T: From<R> + Send + 'static>(
        &self,
        operation: &'static str,
        series: R::Series,
        as_of: AsOf,
    ) -> Result<Option<T>> {
        let series = versioned::series::<R>(series);
        self.read(operation, move |session| {
            let last = versioned::list::<R>(session, &series, Timestamp::MIN, as_of, ReadFrom::Newest, Some(1))?.pop();
            Ok(last.map(T::from))
        })
        .await
    }

    /// Returns a page of the rows of a series.
    pub(crate) async fn page<R: Versioned, T: From<R> + Send + 'static>(
        &self,
        operation: &'static str,
        query: &SeriesQuery<R::Series>,
    ) -> Result<Page<T>> {
        let start = start(query).map_err(|error| self.named(operation, error))?;
        let (series, as_of, limit) = (versioned::series::<R>(query.key), query.as_of, query.paging.limit);
        self.read(operation, move |session| {
            let rows = versioned::list::<R>(session, &series, start, as_of, ReadFrom::Oldest, one_more(limit))?;
            Ok(page(rows, limit, |last| SeriesQuery::<R::Series>::cursor(&last.key().1)).map(T::from))
        })
        .await
    }

    /// Returns a page of the changes of some series.
    pub(crate) async fn changes<R, T>(&self, operation: &'static str, query: &ChangeQuery<R::Series>) -> Result<Page<T>>
    where
        R: Versioned,
        T: From<R> + Recorded<Key = Key<R>> + Send + 'static,
    {
        let window = Window::of(query).map_err(|error| self.named(operation, error))?;
        let series: Vec<_> =
            series_of(query).iter().map(|series| versioned::series::<R>(*series)).enumerate().collect();
        let query = query.clone();
        self.snapshot(operation, move |session| {
            let rows = changes::list::<R>(session, &series, &window)?;
            Ok(page_of_changes(&query, rows.into_iter().map(|(number, row)| (number, T::from(row))).collect()))
        })
        .await
    }

    /// Returns every version of one row.
    pub(crate) async fn versions<R: Versioned, T: From<R> + Send + 'static>(
        &self,
        operation: &'static str,
        series: R::Series,
        at: Timestamp,
    ) -> Result<Vec<Version<T>>> {
        let series = versioned::series::<R>(series);
        self.read(operation, move |session| {
            let versions = versioned::versions::<R>(session, &series, at)?.into_iter();
            Ok(versions.map(|Version { row, superseded_at }| Version { row: row.into(), superseded_at }).collect())
        })
        .await
    }
}

impl<E: Engine> SqlStore<E> {
    /// Writes checked entries that are new.
    pub(crate) async fn insert<R: EntryRow>(&self, operation: &'static str, entries: &[R::Entry]) -> Result<Upserted> {
        check_entries(entries, self.allow_simulated).map_err(|error| self.named(operation, error))?;
        if entries.is_empty() {
            return self.nothing(operation).await;
        }
        let entries = entries.to_vec();
        self.write(operation, move |session| entries::insert::<R>(session, &entries)).await
    }

    /// Puts checked rows in the place of those with their keys.
    pub(crate) async fn replace<R: KeyedRow>(&self, operation: &'static str, rows: &[R::Row]) -> Result<Upserted> {
        check_keyed(rows).map_err(|error| self.named(operation, error))?;
        if rows.is_empty() {
            return self.nothing(operation).await;
        }
        let rows = rows.to_vec();
        self.write(operation, move |session| keyed::replace::<R>(session, &rows)).await
    }

    /// Returns a page of entries.
    pub(crate) async fn entries<R: EntryRow>(
        &self,
        operation: &'static str,
        query: &Listing<<R::Entry as Entry>::Filter>,
    ) -> Result<Page<R::Entry>> {
        let last_seen = query.last_seen().map_err(|error| self.named(operation, error))?;
        let query = query.clone();
        self.read(operation, move |session| entries::list::<R>(session, &query, last_seen)).await
    }
}
