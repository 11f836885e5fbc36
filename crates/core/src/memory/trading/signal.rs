//! Signals of strategies, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDate;

use crate::{
    Id, Page, Result, Timestamp, Upserted,
    market::calendar,
    memory::{MemoryStore, State},
    trading::{DailySignals, Signal, SignalAction, SignalPerformance, SignalQuery, SignalRepository, SignalStatus},
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
        self.write("move_signal", |state| state.move_signal(id, status, at))
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
            Ok(state.signal_performance(|signal| (from..=until).contains(&signal.at)))
        })
    }

    async fn daily_signals(&self, from: NaiveDate, until: NaiveDate) -> Result<Vec<DailySignals>> {
        self.read("daily_signals", |state| {
            let days = calendar::days(from, until)?.into_iter();
            let signals = days.flat_map(|day| {
                let signals = state.signal_performance(|signal| (day.start..day.end).contains(&signal.at)).into_iter();
                signals.map(move |signals| DailySignals { day: day.date, signals })
            });
            Ok(signals.collect())
        })
    }
}

impl State {
    pub(in crate::memory) fn move_signal(
        &mut self,
        id: Id<Signal>,
        status: SignalStatus,
        at: Timestamp,
    ) -> Result<Signal> {
        self.signals.update(id, |signal| signal.move_to(status, at))
    }

    /// Returns the performance of the signals between two instants, by symbol.
    fn signal_performance(&self, of_time: impl Fn(&Signal) -> bool) -> Vec<SignalPerformance> {
        let mut of_symbols = BTreeMap::<_, Vec<&Signal>>::new();
        for signal in self.signals.iter().filter(|signal| of_time(signal)) {
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
        of_symbols.into_iter().map(performance).collect()
    }
}
