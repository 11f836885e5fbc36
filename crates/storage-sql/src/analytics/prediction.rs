//! Predictions: entries that are written once, by identity.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Id, Json, Name, Page, Result, Timestamp, Upserted,
    analytics::{Prediction, PredictionFilter, PredictionQuery, PredictionRepository},
    market::Symbol,
};

use crate::{
    codec::Record,
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::collect,
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

record! {
    Prediction in Predictions {
        key { id: Id<Prediction> }
        value {
            at: Timestamp,
            model: Name,
            model_version: Name,
            symbol: Option<Symbol>,
            inputs: Json,
            outputs: Json,
        }
    }
}

impl EntryRow for Prediction {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &PredictionFilter) -> Sql {
        sql.bind_some(" AND model = ", filter.model.as_ref().map(Name::as_str))
            .bind_some(" AND model_version = ", filter.model_version.as_ref().map(Name::as_str))
            .bind_some(" AND symbol = ", filter.symbol.as_ref().map(Symbol::as_str))
    }
}

#[async_trait]
impl<E: Engine> PredictionRepository for SqlStore<E> {
    async fn insert_predictions(&self, predictions: &[Prediction]) -> Result<Upserted> {
        self.insert::<Prediction>("insert_predictions", predictions).await
    }

    async fn get_prediction(&self, id: Id<Prediction>) -> Result<Option<Prediction>> {
        self.read("get_prediction", move |session| entries::get::<Prediction>(session, id)).await
    }

    async fn list_predictions(&self, query: &PredictionQuery) -> Result<Page<Prediction>> {
        self.entries::<Prediction>("list_predictions", query).await
    }

    async fn prediction_as_of(&self, model: Name, as_of: AsOf) -> Result<Option<Prediction>> {
        let sql = Sql::new(format!("SELECT {} FROM predictions WHERE model = ", Prediction::TABLE.columns_with("")));
        let sql = sql.bind(model.as_str()).push(" AND \"at\" <= ").bind(as_of.at);
        let sql = sql.bind_some(" AND recorded_at <= ", as_of.known_by).push(" ORDER BY \"at\" DESC, id DESC LIMIT 1");
        self.read("prediction_as_of", move |session| Ok(collect(session, &sql)?.pop())).await
    }
}
