//! Signals.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{
    Id, Page, Result, Timestamp, Upserted,
    memory::MemoryStore,
    trading::{Signal, SignalAction, SignalPerformance, SignalQuery, SignalRepository, SignalStatus},
};

#[async_trait]
impl SignalRepository for MemoryStore {
    async fn insert_signals(&self, signals: &[Signal]) -> Result<Upserted> {
        self.insert("insert_signals", signals, |state| &mut state.signals)
    }

    async fn get_signal(&self, id: Id<Signal>) -> Result<Option<Signal>> {
        self.read("get_signal", |state| Ok(state.signals.get(id).cloned()))
    }

    async fn list_signals(&self, query: &SignalQuery) -> Result<Page<Signal>> {
        self.read("list_signals", |state| state.signals.list(query))
    }

    async fn move_signal(&self, id: Id<Signal>, status: SignalStatus, at: Timestamp) -> Result<Signal> {
        self.write("move_signal", |state| state.signals.update(id, |signal| signal.move_to(status, at)))
    }

    async fn expire_signals(&self, now: Timestamp) -> Result<u64> {
        self.write("expire_signals", |state| {
            let is_over = |signal: &Signal| signal.valid_until.is_some_and(|end| end <= now);
            state.signals.update_all(
                |signal| signal.status == SignalStatus::Active && is_over(signal),
                |signal| signal.move_to(SignalStatus::Expired, now),
            )
        })
    }

    async fn signal_performance(&self, from: Timestamp, until: Timestamp) -> Result<Vec<SignalPerformance>> {
        self.read("signal_performance", |state| {
            let mut of_symbols = BTreeMap::<_, Vec<&Signal>>::new();
            for signal in state.signals.iter().filter(|signal| (from..=until).contains(&signal.at)) {
                of_symbols.entry(signal.symbol).or_default().push(signal);
            }
            let performance = |(symbol, signals): (_, Vec<&Signal>)| {
                let count = |action| signals.iter().filter(|signal| signal.action == action).count() as u64;
                let [long, short, exit_long, exit_short, hold] = [
                    SignalAction::Long,
                    SignalAction::Short,
                    SignalAction::ExitLong,
                    SignalAction::ExitShort,
                    SignalAction::Hold,
                ]
                .map(count);
                let confidence: f64 = signals.iter().map(|signal| signal.confidence).sum();
                SignalPerformance {
                    symbol,
                    counts: [long, short, exit_long, exit_short, hold],
                    mean_confidence: confidence / signals.len() as f64,
                }
            };
            Ok(of_symbols.into_iter().map(performance).collect())
        })
    }
}
