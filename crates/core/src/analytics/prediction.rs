//! Predictions of models, with their inputs.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Id, Json, Listing, Name, Page, Result, Timestamp, Upserted, market::Symbol, port::Entry, validate::object,
};

/// A prediction of a model, with the inputs that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The identity of the prediction.
    pub id: Id<Self>,
    /// The event time: the instant up to which the model had data.
    pub at: Timestamp,
    /// The name of the model.
    pub model: Name,
    /// The version of the model.
    pub model_version: Name,
    /// The symbol that the prediction concerns; `None` when it concerns none or several.
    pub symbol: Option<Symbol>,
    /// The inputs of the model: an object, or null.
    pub inputs: Json,
    /// The outputs of the model: an object, or null.
    pub outputs: Json,
    /// The knowledge time: when the prediction was made.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Prediction);

impl Prediction {
    /// Creates a prediction without a symbol, with `at` as its knowledge time.
    pub fn new(id: Id<Self>, at: Timestamp, model: Name, model_version: Name, inputs: Json, outputs: Json) -> Self {
        Self { id, at, model, model_version, symbol: None, inputs, outputs, recorded_at: at }
    }
}

/// The conditions of a list of predictions. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PredictionFilter {
    /// The model of the predictions.
    pub model: Option<Name>,
    /// The version of the model.
    pub model_version: Option<Name>,
    /// The symbol that the predictions concern.
    pub symbol: Option<Symbol>,
}

/// A query for predictions.
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

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
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

/// Predictions of models, with their inputs and outputs.
///
/// ```
/// use strikebook_core::{
///     AsOf, Id, Json, Name,
///     analytics::{Prediction, PredictionRepository},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (model, at) = (Name::new("trend")?, "2025-09-25T20:00:00Z".parse()?);
/// let outputs: Json = r#"{"probability_up": 0.61}"#.parse()?;
/// let prediction = Prediction::new(Id::named("prediction 1"), at, model, Name::new("1.2")?, Json::default(), outputs);
/// let store = MemoryStore::new();
/// store.insert_predictions(&[prediction.clone()]).await?;
/// assert_eq!(store.prediction_as_of(model, AsOf::instant(at)).await?, Some(prediction));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait PredictionRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new predictions by the [rules of every insert](Entry#rules-of-every-insert).
    async fn insert_predictions(&self, predictions: &[Prediction]) -> Result<Upserted>;

    /// Returns the prediction with an identity; `None` when there is no such prediction.
    async fn get_prediction(&self, id: Id<Prediction>) -> Result<Option<Prediction>>;

    /// Returns the predictions that the query's filter admits, in its order.
    async fn list_predictions(&self, query: &PredictionQuery) -> Result<Page<Prediction>>;

    /// Returns a model's last prediction within both limits, of any version and symbol; of several at one instant the
    /// one with the greatest identity. `None` when there is no such prediction.
    async fn prediction_as_of(&self, model: Name, as_of: AsOf) -> Result<Option<Prediction>>;
}
