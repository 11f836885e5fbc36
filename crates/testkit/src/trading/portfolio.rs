//! Cases of portfolios, which every engine passes.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Decimal, ErrorKind, Name, Page, Result, SeriesQuery, Store, Timestamp, Upserted, Version,
    maintenance::Dataset,
    trading::{AccountSnapshot, Balances, HeldPosition, PortfolioSnapshot},
};

use super::{amount, parsed};
use crate::{
    Bench,
    case::{Case, cases},
    series::{self, Draft, EVERYTHING, Series, inserted, source},
};

/// Portfolios, as the shared cases see them. The draft's value is the delta.
#[derive(Debug)]
pub struct Portfolios;

#[async_trait]
impl Series for Portfolios {
    type Key = Name;
    type Row = PortfolioSnapshot;

    const DATASET: Dataset = Dataset::Portfolios;

    fn row(draft: &Draft) -> PortfolioSnapshot {
        PortfolioSnapshot {
            portfolio: parsed(&format!("U{}", draft.series)),
            at: draft.at,
            total_value: amount("1005.5"),
            cash: amount("1000.5"),
            positions_value: amount("5"),
            total_pnl: None,
            unrealized_pnl: None,
            realized_pnl: None,
            total_exposure: amount("5"),
            net_exposure: amount("5"),
            positions: 1,
            net_delta: Some(draft.value),
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[PortfolioSnapshot]) -> Result<Upserted> {
        store.upsert_portfolio_snapshots(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<Name>) -> Result<Page<PortfolioSnapshot>> {
        store.list_portfolio_snapshots(query).await
    }

    async fn as_of(store: &dyn Store, portfolio: Name, as_of: AsOf) -> Result<Option<PortfolioSnapshot>> {
        store.portfolio_as_of(portfolio, as_of).await
    }

    async fn versions(store: &dyn Store, row: &PortfolioSnapshot) -> Result<Option<Vec<Version<PortfolioSnapshot>>>> {
        store.list_portfolio_versions(row.portfolio, row.at).await.map(Some)
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        series::cases::<Portfolios>(),
        cases![every_field_comes_back, values_out_of_range_are_refused, an_account_has_a_history_of_its_worth],
    ]
    .concat()
}

/// Every field comes back as it was written, to the last digit, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = PortfolioSnapshot { net_delta: None, ..Draft::on(0).row::<Portfolios>() };
    let full = PortfolioSnapshot {
        portfolio: parsed("everything 'else'"),
        total_value: amount("999999999999.99999999"),
        cash: amount("-999999999999.99999999"),
        positions_value: amount("-0.00000001"),
        total_pnl: Some(amount("123.45")),
        unrealized_pnl: Some(amount("-0.1")),
        realized_pnl: Some(Decimal::ZERO),
        total_exposure: amount("999999999999.99999999"),
        net_exposure: amount("-999999999999.99999999"),
        positions: u32::MAX,
        net_delta: Some(-12.5),
        ..missing.clone()
    };
    assert_eq!(store.upsert_portfolio_snapshots(&[missing.clone(), full.clone()]).await?, inserted(2));
    for snapshot in [missing, full] {
        assert_eq!(store.portfolio_as_of(snapshot.portfolio, EVERYTHING).await?, Some(snapshot));
    }
    Ok(())
}

/// Amounts are in range, an exposure is not negative, and the net one no larger than the total.
async fn values_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let good = Draft::on(0).row::<Portfolios>();
    let fine = amount("0.123456789");
    for (field, snapshot) in [
        ("total_value", PortfolioSnapshot { total_value: fine, ..good.clone() }),
        ("cash", PortfolioSnapshot { cash: amount("1000000000000"), ..good.clone() }),
        ("positions_value", PortfolioSnapshot { positions_value: fine, ..good.clone() }),
        ("total_pnl", PortfolioSnapshot { total_pnl: Some(fine), ..good.clone() }),
        ("unrealized_pnl", PortfolioSnapshot { unrealized_pnl: Some(fine), ..good.clone() }),
        ("realized_pnl", PortfolioSnapshot { realized_pnl: Some(fine), ..good.clone() }),
        ("total_exposure", PortfolioSnapshot { total_exposure: amount("-5"), ..good.clone() }),
        ("net_exposure", PortfolioSnapshot { net_exposure: amount("-5.00000001"), ..good.clone() }),
        ("net_delta", PortfolioSnapshot { net_delta: Some(f64::NAN), ..good.clone() }),
    ] {
        let error = store.upsert_portfolio_snapshots(&[good.clone(), snapshot]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
        assert_eq!(error.context("row"), Some("1"), "{error}");
    }
    assert_eq!(store.portfolio_as_of(good.portfolio, EVERYTHING).await?, None);
    Ok(())
}

/// The portfolio snapshot of an account is computed from its account snapshot if all values are known, and is stored.
async fn an_account_has_a_history_of_its_worth(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at: Timestamp = Draft::on(0).at;
    let held = |instrument: &str, quantity, worth, open| HeldPosition {
        market_value: Some(amount(worth)),
        unrealized_pnl: Some(amount(open)),
        ..HeldPosition::new(parsed(instrument), amount(quantity))
    };
    let account = AccountSnapshot {
        balances: Balances { cash: Some(amount("1000.25")), realized_pnl: Some(amount("-3")), ..Balances::default() },
        positions: vec![held("SPY", "1", "600.5", "12.5"), held("SPY   251219P00600000", "-1", "-195", "10")],
        ..AccountSnapshot::new(parsed("U1"), at, source("broker"))
    };
    let snapshot = PortfolioSnapshot::of_account(&account).unwrap_or_else(|| panic!("all is known"));
    let expected = PortfolioSnapshot {
        portfolio: parsed("U1"),
        total_value: amount("1405.75"),
        cash: amount("1000.25"),
        positions_value: amount("405.5"),
        total_pnl: Some(amount("19.5")),
        unrealized_pnl: Some(amount("22.5")),
        realized_pnl: Some(amount("-3")),
        total_exposure: amount("795.5"),
        net_exposure: amount("405.5"),
        positions: 2,
        net_delta: None,
        source: source("broker"),
        recorded_at: at,
        at,
    };
    assert_eq!(snapshot, expected);
    store.upsert_portfolio_snapshots(std::slice::from_ref(&snapshot)).await?;
    assert_eq!(store.portfolio_as_of(parsed("U1"), AsOf::instant(at)).await?, Some(snapshot));
    let mut unknown = account.clone();
    unknown.positions[1].market_value = None;
    assert_eq!(PortfolioSnapshot::of_account(&unknown), None, "a position of unknown worth is not worth nothing");
    let cashless = AccountSnapshot { balances: Balances::default(), ..account };
    assert_eq!(PortfolioSnapshot::of_account(&cashless), None);
    Ok(())
}
