//! Cases of strategies, which every engine passes.

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, Json, Name, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{Strategy, StrategyFilter, StrategyStatus},
    port::Keyed,
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::day,
    keyed::{self, KeyedRows, all, some},
    parsed,
};

/// Strategies, as the shared cases see them.
#[derive(Debug)]
pub struct Strategies;

#[async_trait]
impl KeyedRows for Strategies {
    type Row = Strategy;

    const DATASET: Dataset = Dataset::Strategies;

    fn row(number: usize, recorded_at: Timestamp) -> Strategy {
        let name = parsed(&format!("strategy {}", 1_000 - number));
        Strategy { recorded_at, ..Strategy::new(name, parsed("wheel"), day(0)) }
    }

    fn altered(row: Strategy) -> Strategy {
        Strategy { status: StrategyStatus::Running, ..row }
    }

    fn invalid(row: Strategy) -> Option<Strategy> {
        Some(Strategy { risk_limits: parsed("[500]"), ..row })
    }

    async fn upsert(store: &dyn Store, rows: &[Strategy]) -> Result<Upserted> {
        store.upsert_strategies(rows).await
    }

    async fn get(store: &dyn Store, key: &Name) -> Result<Option<Strategy>> {
        store.get_strategy(*key).await
    }

    async fn list(store: &dyn Store, filter: &StrategyFilter) -> Result<Vec<Strategy>> {
        store.list_strategies(filter).await
    }

    async fn delete(store: &dyn Store, key: &Name) -> Result<bool> {
        store.delete_strategy(*key).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        keyed::cases::<Strategies>(),
        cases![
            every_field_comes_back,
            values_out_of_range_are_refused,
            filters_keep_what_they_name,
            a_status_is_set,
            an_unknown_strategy_has_no_status
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, symbols in their order.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let full = Strategy {
        name: parsed("30Δ 'wheel'; --"),
        status: StrategyStatus::Paused,
        parameters: parsed(r#"{"delta": 0.3, "dte": [30, 45]}"#),
        risk_limits: parsed(r#"{"daily_loss": 500.5}"#),
        symbols: ["SPY", "BRK.B", "AAPL"].map(parsed).to_vec(),
        created_by: Some(parsed("alice")),
        recorded_at: day(3),
        ..Strategies::row(0, day(0))
    };
    store.upsert_strategies(std::slice::from_ref(&full)).await?;
    assert_eq!(store.get_strategy(full.name).await?, Some(full));
    Ok(())
}

/// Parameters and limits are objects or null, and no symbol is named twice.
async fn values_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let valid = Strategies::row(0, day(0));
    for (field, strategy) in [
        ("parameters", Strategy { parameters: Json::of("fast")?, ..valid.clone() }),
        ("risk_limits", Strategy { risk_limits: Json::of(&500)?, ..valid.clone() }),
        ("symbols", Strategy { symbols: ["SPY", "QQQ", "SPY"].map(parsed).to_vec(), ..valid.clone() }),
    ] {
        let error = store.upsert_strategies(&[strategy]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    Ok(())
}

/// A filter restricts the list to strategies of a kind, with a status, or both.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut rows = some::<Strategies>(4);
    rows[1].kind = parsed("condor");
    rows[2].status = StrategyStatus::Running;
    rows[3].kind = parsed("condor");
    rows[3].status = StrategyStatus::Running;
    store.upsert_strategies(&rows).await?;
    let kept = async |kind: Option<&str>, status| {
        let found = store.list_strategies(&StrategyFilter { kind: kind.map(parsed), status }).await?;
        let place = |found| rows.iter().position(|row| row == found);
        Ok::<_, strikebook_core::Error>(found.iter().filter_map(place).collect::<Vec<_>>())
    };
    assert_eq!(kept(None, None).await?, [0, 1, 2, 3]);
    assert_eq!(kept(Some("condor"), None).await?, [1, 3]);
    assert_eq!(kept(None, Some(StrategyStatus::Running)).await?, [2, 3]);
    assert_eq!(kept(Some("condor"), Some(StrategyStatus::Running)).await?, [3]);
    Ok(())
}

/// Every transition of the status is allowed and sets `recorded_at`; setting the present status changes nothing.
async fn a_status_is_set(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = some::<Strategies>(2);
    store.upsert_strategies(&rows).await?;
    let name = rows[0].key();
    for status in StrategyStatus::ALL.iter().rev() {
        let set = store.set_strategy_status(name, *status, day(5)).await?;
        assert_eq!(set, Strategy { status: *status, recorded_at: day(5), ..rows[0].clone() });
        assert_eq!(store.set_strategy_status(name, *status, day(6)).await?, set, "it is doing that already");
        assert_eq!(all::<Strategies>(&*store).await?, [set, rows[1].clone()]);
    }
    Ok(())
}

/// A strategy that there is not has no status to set.
async fn an_unknown_strategy_has_no_status(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let set = store.set_strategy_status(parsed("condor"), StrategyStatus::Running, day(0)).await;
    let error = set.expect_err("an unknown strategy");
    assert_eq!((error.kind(), error.context("strategy")), (ErrorKind::NotFound, Some("condor")), "{error}");
    assert_eq!(all::<Strategies>(&*store).await?, []);
    Ok(())
}
