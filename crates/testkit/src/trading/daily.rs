//! Cases of daily results.

use async_trait::async_trait;
use chrono::Days;
use strikebook_core::{
    Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    port::Keyed,
    trading::journal::{DailyPnl, DailyPnlFilter},
};

use super::{amount, parsed};
use crate::{
    Bench,
    case::{Case, cases},
    entries::day,
    keyed::{self, KeyedRows, some},
};

/// Results of days, as the shared cases see them.
#[derive(Debug)]
pub struct DailyResults;

#[async_trait]
impl KeyedRows for DailyResults {
    type Row = DailyPnl;

    const DATASET: Dataset = Dataset::DailyPnl;

    fn row(number: usize, recorded_at: Timestamp) -> DailyPnl {
        DailyPnl {
            date: day(0).new_york_date() - Days::new(number as u64),
            account: parsed(if number.is_multiple_of(2) { "U1" } else { "U2" }),
            realized: amount("-123456789012.12345678"),
            unrealized: (number.is_multiple_of(3)).then(|| amount("0.00000001")),
            recorded_at,
        }
    }

    fn altered(row: DailyPnl) -> DailyPnl {
        DailyPnl { realized: amount("12.50"), ..row }
    }

    fn invalid(row: DailyPnl) -> Option<DailyPnl> {
        Some(DailyPnl { unrealized: Some(amount("0.000000001")), ..row })
    }

    async fn upsert(store: &dyn Store, rows: &[DailyPnl]) -> Result<Upserted> {
        store.upsert_daily_pnl(rows).await
    }

    async fn get(store: &dyn Store, key: &<DailyPnl as Keyed>::Key) -> Result<Option<DailyPnl>> {
        Ok(store.list_daily_pnl(&DailyPnlFilter::default()).await?.into_iter().find(|row| row.key() == *key))
    }

    async fn list(store: &dyn Store, filter: &DailyPnlFilter) -> Result<Vec<DailyPnl>> {
        store.list_daily_pnl(filter).await
    }

    async fn delete(store: &dyn Store, key: &<DailyPnl as Keyed>::Key) -> Result<bool> {
        store.delete_daily_pnl(key).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [keyed::cases::<DailyResults>(), cases![filters_keep_what_they_name]].concat()
}

/// Accounts are separate, and both ends of a span of days are included.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let days = some::<DailyResults>(6);
    store.upsert_daily_pnl(&days).await?;
    let none = DailyPnlFilter::default;
    let (from, until) = (Some(days[1].date), Some(days[4].date));
    for (filter, count) in [
        (none(), 6),
        (DailyPnlFilter { account: Some(parsed("U1")), ..none() }, 3),
        (DailyPnlFilter { from, ..none() }, 5),
        (DailyPnlFilter { until, ..none() }, 5),
        (DailyPnlFilter { account: Some(parsed("U1")), from, until }, 2),
        (DailyPnlFilter { account: Some(parsed("U3")), ..none() }, 0),
    ] {
        let found = store.list_daily_pnl(&filter).await?;
        let expected: Vec<_> = days.iter().filter(|day| day.is_admitted_by(&filter)).cloned().collect();
        assert_eq!((&found, found.len()), (&expected, count), "{filter:?}");
    }
    Ok(())
}
