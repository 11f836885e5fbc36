//! Cases of risk states.

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    port::Keyed,
    trading::journal::{RiskState, RiskStateFilter},
};

use super::parsed;
use crate::{
    Bench,
    case::{Case, cases},
    entries::day,
    keyed::{self, KeyedRows, some},
};

/// States of risk, as the shared cases see them.
#[derive(Debug)]
pub struct RiskStates;

#[async_trait]
impl KeyedRows for RiskStates {
    type Row = RiskState;

    const DATASET: Dataset = Dataset::RiskStates;

    fn row(number: usize, recorded_at: Timestamp) -> RiskState {
        RiskState {
            key: parsed(&format!("{}{}", if number.is_multiple_of(2) { "loss_" } else { "lossy" }, 1_000 - number)),
            value: parsed(r#"{"halted": false, "losses": [1.5, -2]}"#),
            updated_at: day(0),
            recorded_at,
        }
    }

    fn altered(row: RiskState) -> RiskState {
        RiskState { value: parsed("17"), ..row }
    }

    fn invalid(row: RiskState) -> Option<RiskState> {
        drop(row);
        None
    }

    async fn upsert(store: &dyn Store, rows: &[RiskState]) -> Result<Upserted> {
        store.upsert_risk_states(rows).await
    }

    async fn get(store: &dyn Store, key: &<RiskState as Keyed>::Key) -> Result<Option<RiskState>> {
        Ok(store.list_risk_states(&RiskStateFilter::default()).await?.into_iter().find(|row| row.key() == *key))
    }

    async fn list(store: &dyn Store, filter: &RiskStateFilter) -> Result<Vec<RiskState>> {
        store.list_risk_states(filter).await
    }

    async fn delete(store: &dyn Store, key: &<RiskState as Keyed>::Key) -> Result<bool> {
        store.delete_risk_state(*key).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [keyed::cases::<RiskStates>(), cases![a_prefix_is_taken_by_its_letters, a_filter_out_of_range_is_refused]].concat()
}

/// A prefix restricts the list to names that start with it, compared letter by letter.
async fn a_prefix_is_taken_by_its_letters(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_risk_states(&some::<RiskStates>(5)).await?;
    for (prefix, count) in [("loss", 5), ("loss_", 3), ("lossy", 2), ("%", 0), ("LOSS", 0), ("", 5)] {
        let found = store.list_risk_states(&RiskStateFilter { prefix: Some(prefix.to_owned()) }).await?;
        assert_eq!(found.len(), count, "{prefix}");
    }
    Ok(())
}

/// A filter's prefix has no character NUL, which not every engine could look for.
async fn a_filter_out_of_range_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let filter = RiskStateFilter { prefix: Some("a\0b".to_owned()) };
    let error = store.list_risk_states(&filter).await.expect_err("NUL in a filter");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("prefix")), "{error}");
    Ok(())
}
