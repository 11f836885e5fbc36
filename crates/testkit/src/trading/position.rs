//! Cases of positions, which every engine passes.

use async_trait::async_trait;
use strikebook_core::{
    Decimal, ErrorKind, Name, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    market::Instrument,
    port::Keyed,
    trading::{Position, PositionFilter, PositionKey},
};

use super::{amount, parsed};
use crate::{
    Bench,
    case::{Case, cases},
    entries::day,
    keyed::{self, KeyedRows, all, some},
};

/// Positions, as the shared cases see them.
#[derive(Debug)]
pub struct Positions;

fn key(number: usize) -> PositionKey {
    let (account, rest) = (number % 2, number / 2);
    PositionKey {
        account: parsed(["U2", "U1"][account]),
        // An option sorts after every symbol, also where its text does not.
        instrument: if rest % 2 == 0 { parsed("AAPL  251219C00250000") } else { parsed("SPY") },
        strategy: parsed(&format!("strategy {}", 1_000 - rest / 2)),
    }
}

#[async_trait]
impl KeyedRows for Positions {
    type Row = Position;

    const DATASET: Dataset = Dataset::Positions;

    fn row(number: usize, recorded_at: Timestamp) -> Position {
        Position { recorded_at, ..Position::new(key(number), amount("-2"), amount("1.05"), day(0)) }
    }

    fn altered(row: Position) -> Position {
        Position { quantity: amount("-3"), ..row }
    }

    fn invalid(row: Position) -> Option<Position> {
        Some(Position { quantity: amount("1000000000000"), ..row })
    }

    async fn upsert(store: &dyn Store, rows: &[Position]) -> Result<Upserted> {
        store.upsert_positions(rows).await
    }

    async fn get(store: &dyn Store, key: &PositionKey) -> Result<Option<Position>> {
        store.get_position(key).await
    }

    async fn list(store: &dyn Store, filter: &PositionFilter) -> Result<Vec<Position>> {
        store.list_positions(filter).await
    }

    async fn delete(store: &dyn Store, key: &PositionKey) -> Result<bool> {
        store.delete_position(key).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        keyed::cases::<Positions>(),
        cases![every_field_comes_back, amounts_out_of_range_are_refused, filters_keep_what_they_name],
    ]
    .concat()
}

/// Every field comes back as it was written, to the last digit, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let full = Position {
        strategy: parsed("covered 'call'; --"),
        quantity: amount("-999999999999.99999999"),
        average_cost: Some(amount("0.00000001")),
        realized_pnl: amount("-123456789012.12345678"),
        updated_at: day(3),
        recorded_at: day(4),
        ..Positions::row(0, day(0))
    };
    let missing = Position { average_cost: None, ..Positions::row(1, day(1)) };
    let flat = Position { quantity: Decimal::ZERO, average_cost: Some(amount("0.10")), ..Positions::row(2, day(1)) };
    store.upsert_positions(&[full.clone(), missing.clone(), flat.clone()]).await?;
    for position in [full, missing, flat] {
        assert_eq!(store.get_position(&position.key()).await?, Some(position));
    }
    Ok(())
}

/// Amounts have at most eight decimal places and are below 10¹².
async fn amounts_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let valid = Positions::row(0, day(0));
    for (field, position) in [
        ("quantity", Position { quantity: amount("0.123456789"), ..valid.clone() }),
        ("average_cost", Position { average_cost: Some(amount("-1000000000000")), ..valid.clone() }),
        ("realized_pnl", Position { realized_pnl: amount("0.000000001"), ..valid.clone() }),
    ] {
        let error = store.upsert_positions(&[position]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    assert_eq!(all::<Positions>(&*store).await?, []);
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut positions = some::<Positions>(16);
    for position in positions.iter_mut().skip(1).step_by(3) {
        position.quantity = amount("0.00");
    }
    store.upsert_positions(&positions).await?;
    let (account, instrument): (Name, Instrument) = (parsed("U1"), parsed("SPY"));
    let by_account = PositionFilter { account: Some(account), ..PositionFilter::default() };
    let by_instrument = PositionFilter { instrument: Some(instrument), ..PositionFilter::default() };
    let by_strategy = PositionFilter { strategy: Some(parsed("strategy 999")), ..PositionFilter::default() };
    let open = PositionFilter { open: true, ..PositionFilter::default() };
    let together = PositionFilter { open: true, instrument: Some(instrument), ..by_account.clone() };
    let nobody = PositionFilter { account: Some(parsed("nobody")), ..PositionFilter::default() };
    for (filter, count) in
        [(by_account, 8), (by_instrument, 8), (by_strategy, 4), (open, 11), (together, 3), (nobody, 0)]
    {
        let found = store.list_positions(&filter).await?;
        let expected = positions.iter().filter(|position| position.is_admitted_by(&filter));
        assert_eq!(found, expected.cloned().collect::<Vec<_>>(), "{filter:?}");
        assert_eq!(found.len(), count, "{filter:?}");
    }
    Ok(())
}
