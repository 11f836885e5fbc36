//! Runs of pipelines, their rejects and watermarks.

use async_trait::async_trait;
use strikebook_core::{
    Id, Name, Page, Result, Timestamp, Upserted,
    operations::{
        RejectFilter, RejectQuery, Run, RunFilter, RunQuery, RunReject, RunRepository, RunStatus, RunStep, Watermark,
        WatermarkFilter, WatermarkKey,
    },
    port::{Keyed, check_step, moved_watermarks},
};

use crate::{
    codec::{Record, Value},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::{Session, lock},
    shapes::{
        entries::{self, EntryRow},
        keyed::{self, KeyedRow},
    },
    sql::Sql,
};

record! {
    Run in Runs {
        key { id: Id<Run> }
        value {
            at: Timestamp,
            pipeline: Name,
            status: RunStatus,
            ended_at: Option<Timestamp>,
            steps: u32,
            read: u64,
            written: u64,
            unchanged: u64,
            rejected: u64,
            error: Option<String>,
        }
    }
}

impl EntryRow for Run {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &RunFilter) -> Sql {
        sql.bind_some(" AND pipeline = ", filter.pipeline.as_ref().map(Name::as_str))
            .bind_some(" AND status = ", filter.status.map(RunStatus::as_str))
    }
}

record! {
    RunReject in Rejects {
        key { id: Id<RunReject> }
        value { at: Timestamp, run: Id<Run>, place: String, reason: String }
    }
}

impl EntryRow for RunReject {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &RejectFilter) -> Sql {
        sql.bind_some(" AND run = ", filter.run)
    }
}

record! {
    Watermark in Watermarks {
        key { pipeline: Name, dataset: Name, subject: Name }
        value { reached: Timestamp, run: Option<Id<Run>> }
    }
}

impl KeyedRow for Watermark {
    type Row = Self;

    fn key_values(key: &WatermarkKey) -> Vec<Value> {
        vec![key.pipeline.as_str().into(), key.dataset.as_str().into(), key.subject.as_str().into()]
    }

    fn admitted(sql: Sql, filter: &WatermarkFilter) -> Sql {
        sql.bind_some(" AND pipeline = ", filter.pipeline.as_ref().map(Name::as_str))
            .bind_some(" AND dataset = ", filter.dataset.as_ref().map(Name::as_str))
    }
}

/// Counts a valid step of a run, with its rejects and watermarks, and returns the run.
pub(crate) fn record_step(session: &mut dyn Session, id: Id<Run>, step: &RunStep) -> Result<Run> {
    let mut is_new = false;
    let run = entries::update::<Run>(session, id, |run| {
        is_new = run.apply(step)?;
        Ok(())
    })?;
    if is_new {
        entries::insert::<RunReject>(session, &step.rejects)?;
        lock(session, Watermark::TABLE.name)?;
        let keys: Vec<_> = step.watermarks.iter().map(Keyed::key).collect();
        let stored = keyed::with_keys::<Watermark>(session, &keys)?;
        let marks = moved_watermarks(step, id, &stored.into_values().collect::<Vec<_>>());
        keyed::replace::<Watermark>(session, &marks)?;
    }
    Ok(run)
}

#[async_trait]
impl<E: Engine> RunRepository for SqlStore<E> {
    async fn insert_runs(&self, runs: &[Run]) -> Result<Upserted> {
        self.insert::<Run>("insert_runs", runs).await
    }

    async fn get_run(&self, id: Id<Run>) -> Result<Option<Run>> {
        self.read("get_run", move |session| entries::get::<Run>(session, id)).await
    }

    async fn list_runs(&self, query: &RunQuery) -> Result<Page<Run>> {
        self.entries::<Run>("list_runs", query).await
    }

    async fn record_step(&self, id: Id<Run>, step: &RunStep) -> Result<Run> {
        check_step(step, id).map_err(|error| self.named("record_step", error))?;
        let step = step.clone();
        self.write("record_step", move |session| record_step(session, id, &step)).await
    }

    async fn list_rejects(&self, query: &RejectQuery) -> Result<Page<RunReject>> {
        self.entries::<RunReject>("list_rejects", query).await
    }

    async fn get_watermark(&self, key: &WatermarkKey) -> Result<Option<Watermark>> {
        let key = *key;
        self.read("get_watermark", move |session| keyed::get::<Watermark>(session, &key)).await
    }

    async fn list_watermarks(&self, filter: &WatermarkFilter) -> Result<Vec<Watermark>> {
        let filter = filter.clone();
        self.read("list_watermarks", move |session| keyed::list::<Watermark>(session, &filter)).await
    }

    async fn reset_watermarks(&self, watermarks: &[Watermark]) -> Result<Upserted> {
        self.replace::<Watermark>("reset_watermarks", watermarks).await
    }

    async fn delete_watermark(&self, key: &WatermarkKey) -> Result<bool> {
        let key = *key;
        self.write("delete_watermark", move |session| keyed::delete::<Watermark>(session, &key)).await
    }
}
