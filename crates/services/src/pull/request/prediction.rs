//! Requests for predictions of a model.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{AsOf, Error, Name, Result, Store, Timestamp, analytics::Prediction};

use super::Request;

/// Requests the last prediction of a model. A prediction is fresh for an hour. The provider runs the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PredictionRequest {
    /// The model that makes the prediction.
    pub model: Name,
}

impl PredictionRequest {
    /// Creates a request for the last prediction of a model.
    pub const fn new(model: Name) -> Self {
        Self { model }
    }
}

#[async_trait]
impl Request for PredictionRequest {
    type Batch = Prediction;
    type Data = Prediction;

    const DATASET: &'static str = "predictions";
    const MAX_AGE: TimeDelta = TimeDelta::hours(1);

    fn subject(&self) -> Result<Name> {
        Ok(self.model)
    }

    fn newest(&self, prediction: &Prediction) -> Option<Timestamp> {
        Some(prediction.at.max(prediction.recorded_at))
    }

    async fn write(&self, store: &dyn Store, prediction: &Prediction) -> Result<()> {
        if prediction.model != self.model {
            return Err(Error::invalid_input("the provider sent a prediction of another model")
                .with("model", prediction.model)
                .with("expected", self.model));
        }
        store.insert_predictions(std::slice::from_ref(prediction)).await.map(drop)
    }

    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<Prediction>> {
        store.prediction_as_of(self.model, AsOf::instant(at)).await
    }
}
