//! Predictions of models, in memory.

use async_trait::async_trait;

use crate::{
    AsOf, Id, Name, Page, Result, Upserted,
    analytics::{Prediction, PredictionQuery, PredictionRepository},
    memory::MemoryStore,
};

#[async_trait]
impl PredictionRepository for MemoryStore {
    async fn insert_predictions(&self, predictions: &[Prediction]) -> Result<Upserted> {
        self.insert("insert_predictions", predictions, |state| &mut state.predictions)
    }

    async fn get_prediction(&self, id: Id<Prediction>) -> Result<Option<Prediction>> {
        self.read("get_prediction", |state| Ok(state.predictions.get(id).cloned()))
    }

    async fn list_predictions(&self, query: &PredictionQuery) -> Result<Page<Prediction>> {
        self.read("list_predictions", |state| state.predictions.list(query))
    }

    async fn prediction_as_of(&self, model: Name, as_of: AsOf) -> Result<Option<Prediction>> {
        self.read("prediction_as_of", |state| {
            let known = state.predictions.iter().filter(|one| as_of.admits(one.at, one.recorded_at));
            Ok(known.filter(|one| one.model == model).max_by_key(|one| (one.at, one.id)).cloned())
        })
    }
}
