//! Runs of pipelines, in memory.

use async_trait::async_trait;

use crate::{
    Id, Page, Result, Upserted,
    memory::{MemoryStore, State},
    operations::{
        RejectQuery, Run, RunQuery, RunReject, RunRepository, RunStep, Watermark, WatermarkFilter, WatermarkKey,
    },
    port::{check_step, moved_watermarks, not_found},
};

#[async_trait]
impl RunRepository for MemoryStore {
    async fn insert_runs(&self, runs: &[Run]) -> Result<Upserted> {
        self.insert("insert_runs", runs, |state| &mut state.runs)
    }

    async fn get_run(&self, id: Id<Run>) -> Result<Option<Run>> {
        self.read("get_run", |state| Ok(state.runs.get(id).cloned()))
    }

    async fn list_runs(&self, query: &RunQuery) -> Result<Page<Run>> {
        self.read("list_runs", |state| state.runs.list(query))
    }

    async fn record_step(&self, id: Id<Run>, step: &RunStep) -> Result<Run> {
        self.write("record_step", |state| {
            check_step(step, id)?;
            state.record_step(id, step)
        })
    }

    async fn list_rejects(&self, query: &RejectQuery) -> Result<Page<RunReject>> {
        self.read("list_rejects", |state| state.rejects.list(query))
    }

    async fn get_watermark(&self, key: &WatermarkKey) -> Result<Option<Watermark>> {
        self.read("get_watermark", |state| Ok(state.watermarks.get(key).cloned()))
    }

    async fn list_watermarks(&self, filter: &WatermarkFilter) -> Result<Vec<Watermark>> {
        self.read("list_watermarks", |state| state.watermarks.list(filter))
    }

    async fn reset_watermarks(&self, watermarks: &[Watermark]) -> Result<Upserted> {
        self.replace("reset_watermarks", watermarks, |state| &mut state.watermarks)
    }

    async fn delete_watermark(&self, key: &WatermarkKey) -> Result<bool> {
        self.write("delete_watermark", |state| Ok(state.watermarks.delete(key)))
    }
}

impl State {
    /// Counts a valid step, with its rejects and watermarks.
    pub(in crate::memory) fn record_step(&mut self, id: Id<Run>, step: &RunStep) -> Result<Run> {
        let mut run = self.runs.get(id).cloned().ok_or_else(|| not_found(id))?;
        if run.apply(step)? {
            let mut rejects = self.rejects.clone();
            rejects.insert(&step.rejects)?;
            let marks = moved_watermarks(step, id, &self.watermarks.list(&WatermarkFilter::default())?);
            self.rejects = rejects;
            self.watermarks.upsert(&marks);
            self.runs.put(&run);
        }
        Ok(run)
    }
}
