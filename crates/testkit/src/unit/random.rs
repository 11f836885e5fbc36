//! Random units, which end as their calls one by one.

use proptest::{collection::vec, prelude::*, sample::select};
use strikebook_core::{
    Error, Result, Store,
    maintenance::DatasetStatistics,
    memory::MemoryStore,
    port::{Entry, Keyed, check_unit},
    trading::{OrderMove, OrderStatus, SignalStatus},
    unit::{Applied, UnitOfWork, Write},
};

use super::calls::call;
use crate::{
    Bench,
    bar::Bars,
    chain::{Quotes, contract},
    check_random,
    configuration::Settings,
    entries::{Entries, all, day, identity},
    execution::Executions,
    generate::{batches, drafts},
    keyed::{self, KeyedRows},
    order::Orders,
    position::Positions,
    series,
    signal::Signals,
};

/// Entries of three identities, now and then an other one with the same identity.
fn some_entries<S: Entries>() -> impl Strategy<Value = Vec<S::Entry>> {
    let entry = (0..3_usize, prop::bool::weighted(0.1)).prop_map(|(number, is_other)| {
        let entry = S::entry(number, day(number));
        if is_other { S::altered(entry) } else { entry }
    });
    vec(entry, 0..3)
}

/// Rows of three keys and two values.
fn some_rows<S: KeyedRows>() -> impl Strategy<Value = Vec<S::Row>> {
    let row = (0..3_usize, any::<bool>(), 0..3_usize).prop_map(|(number, is_other, at)| {
        let row = S::row(number, day(at));
        if is_other { S::altered(row) } else { row }
    });
    vec(row, 0..3)
}

fn writes() -> impl Strategy<Value = Write> {
    let number = || 0..4_usize;
    let status = select(&[OrderStatus::Open, OrderStatus::Cancelled, OrderStatus::Rejected]);
    let becomes = select(&[SignalStatus::Executed, SignalStatus::Cancelled, SignalStatus::Expired]);
    let of_time = prop_oneof![
        batches(drafts().prop_map(|draft| draft.row::<Quotes>())).prop_map(|rows| Write::UpsertQuotes(rows.into())),
        batches(drafts().prop_map(|draft| draft.row::<Bars>())).prop_map(|rows| Write::UpsertBars(rows.into())),
        some_entries::<Signals>().prop_map(|rows| Write::InsertSignals(rows.into())),
        some_entries::<Orders>().prop_map(|rows| Write::InsertOrders(rows.into())),
        some_entries::<Executions>().prop_map(|rows| Write::RecordExecutions(rows.into())),
    ];
    let of_keys = prop_oneof![
        some_rows::<Positions>().prop_map(|rows| Write::UpsertPositions(rows.into())),
        some_rows::<Settings>().prop_map(|rows| Write::UpsertSettings(rows.into())),
        number().prop_map(|number| Write::DeletePosition(keyed_of::<Positions>(number).into())),
        number().prop_map(|number| Write::DeleteSetting(keyed_of::<Settings>(number).into())),
        (number(), status, number()).prop_map(|(number, status, at)| {
            Write::MoveOrder(identity(number).into(), OrderMove::new(status, day(at)))
        }),
        (number(), becomes, number()).prop_map(|(number, status, at)| Write::MoveSignal(
            identity(number).into(),
            status,
            day(at)
        )),
    ];
    prop_oneof![of_time, of_keys]
}

fn keyed_of<S: KeyedRows>(number: usize) -> <S::Row as Keyed>::Key {
    S::row(number, day(0)).key()
}

/// The kind of an error and the write that it is about.
type Refusal = (String, Option<String>);

/// Applies a unit to a store in memory, call by call on a new one that has what was stored before.
async fn one_by_one(stored: &[Write], unit: &UnitOfWork) -> (MemoryStore, Result<Vec<Applied>, Refusal>) {
    let model = MemoryStore::new();
    for write in stored {
        if let Err(error) = call(&model, write).await {
            panic!("stored before, and now: {error}");
        }
    }
    let mut done = Vec::new();
    if let Err(error) = check_unit(unit, false, None) {
        return (model, Err(reported(&error)));
    }
    for (index, write) in unit.writes().iter().enumerate() {
        match call(&model, write).await {
            Ok(applied) => done.push(applied),
            Err(error) => return (model, Err(reported(&error.with("write", index)))),
        }
    }
    (model, Ok(done))
}

fn reported(error: &Error) -> Refusal {
    (error.kind().to_string(), error.context("write").map(str::to_owned))
}

/// Everything that random writes may have stored.
async fn contents(store: &dyn Store) -> Result<String> {
    let statistics = store.statistics().await?.into_iter();
    let counts: Vec<_> = statistics.map(|found| DatasetStatistics { bytes: None, row_bytes: None, ..found }).collect();
    let mut quotes = Vec::new();
    for number in 0..3 {
        quotes.extend(series::all::<Quotes>(store, contract(number)).await?);
    }
    let (signals, orders) = (all::<Signals>(store).await?, all::<Orders>(store).await?);
    let executions: Vec<_> = all::<Executions>(store).await?.iter().map(Entry::id).collect();
    let (positions, settings) = (keyed::all::<Positions>(store).await?, keyed::all::<Settings>(store).await?);
    Ok(format!("{counts:#?}\n{quotes:#?}\n{signals:#?}\n{orders:#?}\n{executions:#?}\n{positions:#?}\n{settings:#?}"))
}

/// Random units are stored, counted and refused as their calls one by one, and a refused one changes nothing.
pub(super) async fn random_units_are_their_calls_one_by_one(bench: &Bench) -> Result<()> {
    let units = vec(vec(writes(), 0..5), 1..8);
    check_random(bench, units, async |bench, units| {
        let store = bench.open().await?;
        let mut stored = Vec::new();
        for (step, writes) in units.into_iter().enumerate() {
            let unit = writes.iter().cloned().fold(UnitOfWork::new(), UnitOfWork::with);
            let (model, expected) = one_by_one(&stored, &unit).await;
            let found = store.apply(&unit).await;
            let found_kind = found.as_ref().map(Vec::clone).map_err(reported);
            assert_eq!(found_kind, expected, "unit {step}: {unit:#?}\n{found:?}");
            let model = if expected.is_ok() {
                stored.extend(writes);
                model
            } else {
                one_by_one(&stored, &UnitOfWork::new()).await.0
            };
            assert_eq!(contents(&*store).await?, contents(&model).await?, "unit {step}: {unit:#?}");
        }
        store.close().await
    })
    .await
}
