//! Predictions: what a model made of what it saw.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Entry, Id, Json, Listing, Name, Page, Result, Timestamp, Upserted, market::Symbol, validate::object,
};

/// What a model made of what it saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Its identity.
    pub id: Id<Self>,
    /// The instant that it is of: nothing after it went in.
    pub at: Timestamp,
    /// The model.
    pub model: Name,
    /// The model's version.
    pub model_version: Name,
    /// What it is about, if it is about one symbol.
    pub symbol: Option<Symbol>,
    /// What the model saw: an object, or null.
    pub inputs: Json,
    /// What it made of it: an object, or null.
    pub outputs: Json,
    /// When it was made.
    pub recorded_at: Timestamp,
}

impl Prediction {
    /// A prediction about nothing in particular, made at the instant that it is of.
    pub fn new(at: Timestamp, model: Name, model_version: Name, inputs: Json, outputs: Json) -> Self {
        Self { id: Id::new(at), at, model, model_version, symbol: None, inputs, outputs, recorded_at: at }
    }
}

/// What a list of predictions is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PredictionFilter {
    /// Predictions of this model.
    pub model: Option<Name>,
    /// Predictions of this version.
    pub model_version: Option<Name>,
    /// Predictions about this symbol.
    pub symbol: Option<Symbol>,
}

/// Which predictions to list.
pub type PredictionQuery = Listing<PredictionFilter>;

impl Entry for Prediction {
    const NAME: &'static str = "prediction";

    type Filter = PredictionFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn validate(&self) -> Result<()> {
        object("inputs", &self.inputs)?;
        object("outputs", &self.outputs)
    }

    fn is_admitted_by(&self, filter: &PredictionFilter) -> bool {
        filter.model.is_none_or(|model| self.model == model)
            && filter.model_version.is_none_or(|version| self.model_version == version)
            && filter.symbol.is_none_or(|symbol| self.symbol == Some(symbol))
    }
}

/// Predictions.
#[async_trait]
pub trait PredictionRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new predictions.
    ///
    /// A prediction told again counts as unchanged. An empty batch is fine and does nothing. Either all predictions are
    /// stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of another prediction, both with its index as
    /// `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all predictions or none.
    async fn insert_predictions(&self, predictions: &[Prediction]) -> Result<Upserted>;

    /// The prediction with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_prediction(&self, id: Id<Prediction>) -> Result<Option<Prediction>>;

    /// The predictions that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_predictions(&self, query: &PredictionQuery) -> Result<Page<Prediction>>;

    /// A model's last prediction within both limits, of any version and about anything; of one instant that with the
    /// greatest identity. `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn prediction_as_of(&self, model: Name, as_of: AsOf) -> Result<Option<Prediction>>;
}
