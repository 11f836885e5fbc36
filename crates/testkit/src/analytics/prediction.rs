//! Cases of predictions, which every engine passes.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, ErrorKind, Id, Json, Listing, Page, Result, Store, Timestamp, Upserted,
    analytics::{Prediction, PredictionFilter, PredictionQuery},
    maintenance::Dataset,
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
    parsed,
    series::{EVERYTHING, just_before},
};

/// Predictions, as the shared cases see them.
#[derive(Debug)]
pub struct Predictions;

#[async_trait]
impl Entries for Predictions {
    type Entry = Prediction;

    const DATASET: Dataset = Dataset::Predictions;

    fn entry(number: usize, at: Timestamp) -> Prediction {
        let (inputs, outputs): (Json, Json) = (parsed(r#"{"iv_rank": 61}"#), parsed(r#"{"return_5d": 0.0125}"#));
        Prediction::new(identity(number), at, parsed("gbm"), parsed("7"), inputs, outputs)
    }

    fn altered(entry: Prediction) -> Prediction {
        Prediction { outputs: parsed(r#"{"return_5d": 0.0126}"#), ..entry }
    }

    fn invalid(entry: Prediction) -> Prediction {
        Prediction { outputs: parsed("[0.5]"), ..entry }
    }

    fn recorded(entry: Prediction, recorded_at: Timestamp) -> Prediction {
        Prediction { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[Prediction]) -> Result<Upserted> {
        store.insert_predictions(entries).await
    }

    async fn get(store: &dyn Store, id: Id<Prediction>) -> Result<Option<Prediction>> {
        store.get_prediction(id).await
    }

    async fn list(store: &dyn Store, query: &PredictionQuery) -> Result<Page<Prediction>> {
        store.list_predictions(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Predictions>(),
        cases![
            every_field_comes_back,
            inputs_and_outputs_are_objects,
            filters_keep_what_they_name,
            the_last_prediction_keeps_to_both_limits,
            of_one_instant_the_greatest_identity_is_last
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and what is missing stays missing.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Predictions::entry(0, day(0));
    let full = Prediction {
        id: identity(1),
        at: day(1),
        model: parsed("gradient 'boosted'"),
        model_version: parsed("2025-09 β"),
        symbol: Some(parsed("BRK.B")),
        inputs: parsed(r#"{"skew": -0.12, "ranks": [1, 2.5, null, true], "a": {"b": "c"}, "n": 1e300}"#),
        outputs: parsed(r#"{"class": "up", "p": 0.1}"#),
        recorded_at: day(2),
    };
    store.insert_predictions(&[missing.clone(), full.clone()]).await?;
    for prediction in [missing, full] {
        assert_eq!(store.get_prediction(prediction.id).await?, Some(prediction));
    }
    Ok(())
}

/// Inputs and outputs are objects, or null.
async fn inputs_and_outputs_are_objects(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let valid = Predictions::entry(0, day(0));
    for (field, prediction) in [
        ("inputs", Prediction { inputs: parsed("[1]"), ..valid.clone() }),
        ("inputs", Prediction { inputs: parsed("1"), ..valid.clone() }),
        ("outputs", Prediction { outputs: parsed("\"up\""), ..valid.clone() }),
    ] {
        let error = store.insert_predictions(&[prediction]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    assert_eq!(all::<Predictions>(&*store).await?, []);
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut predictions = some::<Predictions>(4);
    predictions[1].model = parsed("lstm");
    predictions[2].model_version = parsed("8");
    predictions[3].symbol = Some(parsed("SPY"));
    store.insert_predictions(&predictions).await?;
    let (filter, model) = (PredictionFilter::default(), Some(parsed("gbm")));
    for (filter, kept) in [
        (filter.clone(), &[0, 1, 2, 3][..]),
        (PredictionFilter { model, ..filter.clone() }, &[0, 2, 3]),
        (PredictionFilter { model_version: Some(parsed("8")), ..filter.clone() }, &[2]),
        (PredictionFilter { symbol: Some(parsed("SPY")), ..filter.clone() }, &[3]),
        (PredictionFilter { model, model_version: Some(parsed("7")), ..filter }, &[0, 3]),
    ] {
        let expected: Vec<_> = kept.iter().map(|index: &usize| predictions[*index].clone()).collect();
        assert_eq!(store.list_predictions(&Listing::new(filter.clone())).await?.items, expected, "{filter:?}");
    }
    Ok(())
}

/// The last prediction of a model is the youngest within both limits, whatever its version, and none of another model.
async fn the_last_prediction_keeps_to_both_limits(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut predictions = some::<Predictions>(4);
    predictions[1].model_version = parsed("8");
    predictions[2].recorded_at = day(9);
    predictions[3].model = parsed("lstm");
    store.insert_predictions(&predictions).await?;
    let last = async |as_of| store.prediction_as_of(parsed("gbm"), as_of).await;
    let number = |number: usize| Some(predictions[number].clone());
    assert_eq!(last(EVERYTHING).await?, number(2));
    assert_eq!(last(AsOf::instant(day(9))).await?, number(2));
    assert_eq!(last(AsOf::instant(just_before(day(9)))).await?, number(1), "not known yet");
    assert_eq!(last(AsOf::with_hindsight(day(2))).await?, number(2));
    assert_eq!(last(AsOf::with_hindsight(just_before(day(2)))).await?, number(1));
    assert_eq!(last(AsOf::instant(just_before(day(0)))).await?, None);
    assert_eq!(store.prediction_as_of(parsed("none"), EVERYTHING).await?, None);
    Ok(())
}

/// Of several predictions of one instant the last is that with the greatest identity.
async fn of_one_instant_the_greatest_identity_is_last(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let predictions: Vec<_> = (0..8).map(|number| Predictions::entry(number, day(0))).collect();
    store.insert_predictions(&predictions).await?;
    let expected = predictions.iter().max_by_key(|prediction| prediction.id);
    assert_eq!(store.prediction_as_of(parsed("gbm"), EVERYTHING).await?.as_ref(), expected);
    Ok(())
}
