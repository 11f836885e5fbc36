//! Cases of system states.

use async_trait::async_trait;
use strikebook_core::{
    Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{StateFilter, StateQuery, SystemState},
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, day, identity, some},
    parsed,
    series::just_before,
};

/// System states, as the shared cases see them.
#[derive(Debug)]
pub struct States;

#[async_trait]
impl Entries for States {
    type Entry = SystemState;

    const DATASET: Dataset = Dataset::States;

    fn entry(number: usize, at: Timestamp) -> SystemState {
        SystemState { active_strategy: Some(parsed("wheel")), ..SystemState::new(identity(number), at) }
    }

    fn altered(entry: SystemState) -> SystemState {
        SystemState { active_strategy: None, ..entry }
    }

    fn invalid(entry: SystemState) -> SystemState {
        SystemState { risk_limits: "[500]".parse().unwrap_or_default(), ..entry }
    }

    fn recorded(entry: SystemState, recorded_at: Timestamp) -> SystemState {
        SystemState { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[SystemState]) -> Result<Upserted> {
        store.insert_states(entries).await
    }

    async fn get(store: &dyn Store, id: Id<SystemState>) -> Result<Option<SystemState>> {
        store.get_state(id).await
    }

    async fn list(store: &dyn Store, query: &StateQuery) -> Result<Page<SystemState>> {
        store.list_states(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<States>(),
        cases![every_field_comes_back, filters_keep_what_they_name, the_state_at_an_instant_is_the_last_one],
    ]
    .concat()
}

/// Every field comes back as it was written, and what is missing stays missing.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = SystemState::new(identity(0), day(0));
    let full = SystemState {
        id: identity(1),
        at: day(1),
        regime: Some(parsed("high volatility")),
        active_strategy: Some(parsed("condor 16Δ")),
        risk_limits: r#"{"daily_loss": 500.0, "positions": 8}"#.parse()?,
        risk_state: r#"{"daily_loss": 120.5, "positions": 3, "halted": false}"#.parse()?,
        recorded_at: day(2),
    };
    store.insert_states(&[missing.clone(), full.clone()]).await?;
    for state in [missing, full] {
        assert_eq!(store.get_state(state.id).await?, Some(state));
    }
    Ok(())
}

/// A filter restricts the list to states of a regime, of a strategy, or both.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut states = some::<States>(4);
    states[1].regime = Some(parsed("calm"));
    states[2].regime = Some(parsed("calm"));
    states[2].active_strategy = Some(parsed("condor"));
    states[3].active_strategy = None;
    store.insert_states(&states).await?;
    let kept = async |regime, active_strategy| {
        let filter = StateFilter { regime, active_strategy };
        let items = store.list_states(&Listing::new(filter)).await?.items;
        let place = |item| states.iter().position(|state| state == item);
        Ok::<_, strikebook_core::Error>(items.iter().filter_map(place).collect::<Vec<_>>())
    };
    assert_eq!(kept(None, None).await?, [0, 1, 2, 3]);
    assert_eq!(kept(Some(parsed("calm")), None).await?, [1, 2]);
    assert_eq!(kept(None, Some(parsed("wheel"))).await?, [0, 1]);
    assert_eq!(kept(Some(parsed("calm")), Some(parsed("wheel"))).await?, [1]);
    Ok(())
}

/// The state at an instant is the last one up to it; of two at one instant the one with the greater identity.
async fn the_state_at_an_instant_is_the_last_one(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    assert_eq!(store.state_at(Timestamp::MAX).await?, None);
    let mut states = some::<States>(4);
    states[3].at = day(2);
    states.sort_by_key(|state| (state.at, state.id));
    store.insert_states(&states).await?;
    assert_eq!(store.state_at(just_before(day(0))).await?, None);
    assert_eq!(store.state_at(day(0)).await?, Some(states[0].clone()));
    assert_eq!(store.state_at(just_before(day(2))).await?, Some(states[1].clone()));
    assert_eq!(store.state_at(day(2)).await?, Some(states[3].clone()));
    assert_eq!(store.state_at(Timestamp::MAX).await?, Some(states[3].clone()));
    Ok(())
}
