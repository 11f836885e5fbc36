//! Aggregates of live quotes and of bars.

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};

use crate::{
    AsOf, Result, Timestamp,
    market::{
        AggregateRepository, Bar, BarKey, BarQuery, DailyOptions, HourlyOptions, OptionQuote, OptionVolume, QuoteQuery,
        Symbol, Timeframe, UnderlyingQuery, calendar,
    },
    memory::{MemoryStore, State, market::contract::Contract},
    port::{BarGroup, BarPart, Resampling, bars_of},
};

#[async_trait]
impl AggregateRepository for MemoryStore {
    async fn live_bars(&self, symbol: Symbol, timeframe: Timeframe, from: Timestamp, as_of: AsOf) -> Result<Vec<Bar>> {
        self.read("live_bars", |state| {
            let start = calendar::midnight(from.new_york_date()).unwrap_or(Timestamp::MIN);
            let quotes = state.underlyings.list(&UnderlyingQuery::new(symbol, as_of).with_from(start))?.items;
            bars_of(symbol, timeframe, quotes.iter().map(BarPart::from).collect(), from, as_of.at)
        })
    }

    async fn resample_bars(
        &self,
        series: &BarKey,
        timeframe: Timeframe,
        from: Timestamp,
        as_of: AsOf,
    ) -> Result<Vec<Bar>> {
        self.read("resample_bars", |state| {
            let resampling = Resampling::new(*series, timeframe)?;
            let bars = state.bars.list(&BarQuery::new(*series, as_of).with_from(from))?.items;
            // A bar that ends as another starts is of the one before.
            let groups = bars.iter().filter(|bar| bar.at > from).map(BarGroup::from);
            Ok(resampling.bars(groups.collect(), from, as_of.at))
        })
    }

    async fn hourly_options(&self, underlying: Symbol, day: NaiveDate, as_of: AsOf) -> Result<Vec<HourlyOptions>> {
        self.read("hourly_options", |state| {
            let (mut hours, mut before) = (Vec::new(), OptionVolume::default());
            for day in calendar::days(day, day)? {
                let mut from = day.start;
                // A day has 23 to 25 hours.
                while from < day.end.min(as_of.at) {
                    let until = from.saturating_add(TimeDelta::hours(1)).min(as_of.at);
                    let so_far = state.volume_reported(underlying, day.start, AsOf { at: until, ..as_of })?;
                    let quoted = state.quoted(underlying, from, AsOf { at: until, ..as_of })?;
                    if !quoted.is_empty() {
                        let volume = OptionVolume {
                            calls: so_far.calls.saturating_sub(before.calls),
                            puts: so_far.puts.saturating_sub(before.puts),
                        };
                        let known: Vec<_> = quoted.iter().filter_map(|quote| quote.implied_volatility).collect();
                        let mean = known.iter().sum::<f64>() / known.len() as f64;
                        let implied_volatility = (!known.is_empty()).then_some(mean);
                        hours.push(HourlyOptions {
                            from,
                            until,
                            volume,
                            implied_volatility,
                            quoted: quoted.len() as u64,
                        });
                    }
                    (from, before) = (until, so_far);
                }
            }
            Ok(hours)
        })
    }

    async fn daily_options(
        &self,
        underlying: Symbol,
        from: NaiveDate,
        until: NaiveDate,
        as_of: AsOf,
    ) -> Result<Vec<DailyOptions>> {
        self.read("daily_options", |state| {
            let mut days = Vec::new();
            for day in calendar::days(from, until)? {
                let limits = AsOf { at: day.end.min(as_of.at), ..as_of };
                let volume = state.volume_reported(underlying, day.start, limits)?;
                if volume != OptionVolume::default() {
                    days.push(DailyOptions { day: day.date, volume });
                }
            }
            Ok(days)
        })
    }
}

impl State {
    /// Returns the quotes after an instant of each contract of an underlying.
    fn quotes_after(
        &self,
        underlying: Symbol,
        from: Timestamp,
        as_of: AsOf,
    ) -> Result<Vec<(&Contract, Vec<OptionQuote>)>> {
        let quotes = self.contracts_of(underlying).map(|contract| {
            let query = QuoteQuery::new(contract.details.contract, as_of).with_from(from);
            let mut quotes = self.quotes.list(&query)?.items;
            quotes.retain(|quote| quote.at > from);
            Ok((contract, quotes))
        });
        quotes.collect()
    }

    /// Returns the sum of the last volumes that contracts stated after an instant.
    fn volume_reported(&self, underlying: Symbol, from: Timestamp, as_of: AsOf) -> Result<OptionVolume> {
        let mut volume = OptionVolume::default();
        for (Contract { details, .. }, quotes) in self.quotes_after(underlying, from, as_of)? {
            if let Some(day_volume) = quotes.iter().rev().find_map(|quote| quote.volume) {
                volume.add(details.contract.option_type(), day_volume);
            }
        }
        Ok(volume)
    }

    /// Returns the last quote after an instant of each contract that trades later.
    fn quoted(&self, underlying: Symbol, from: Timestamp, as_of: AsOf) -> Result<Vec<OptionQuote>> {
        let quotes = self.quotes_after(underlying, from, as_of)?.into_iter();
        Ok(quotes
            .filter(|(contract, _)| contract.life.last_trade_at > from)
            .filter_map(|(_, mut quotes)| quotes.pop())
            .collect())
    }
}
