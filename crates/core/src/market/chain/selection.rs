//! Option chains in memory: expirations, strikes, and the selections that traders make.

use std::{collections::BTreeSet, ops::RangeInclusive};

use chrono::NaiveDate;

use super::{ChainRow, Symbol};
use crate::{
    AsOf, Timestamp,
    market::{OptionContract, OptionType, Strike},
};

/// The quotes of an underlying's contracts as of a point, one row a contract, ordered by expiration, strike, call
/// before put, then root.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionChain {
    /// The underlying of the chain.
    pub underlying: Symbol,
    /// The limits of the read that returned the chain.
    pub as_of: AsOf,
    rows: Vec<ChainRow>,
}

impl OptionChain {
    /// Creates a chain from rows in any order. Of several rows for one contract the youngest quote is kept.
    pub fn new(underlying: Symbol, as_of: AsOf, mut rows: Vec<ChainRow>) -> Self {
        rows.sort_by_key(|row| (row.quote.contract, row.age));
        rows.dedup_by_key(|row| row.quote.contract);
        Self { underlying, as_of, rows }
    }

    /// Returns the rows in order.
    pub fn rows(&self) -> &[ChainRow] {
        &self.rows
    }

    /// Converts the chain into its rows, in order.
    pub fn into_rows(self) -> Vec<ChainRow> {
        self.rows
    }

    /// Returns the number of contracts.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns true if the chain has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the row of a contract.
    pub fn get(&self, contract: &OptionContract) -> Option<&ChainRow> {
        let at = self.rows.binary_search_by_key(contract, |row| row.quote.contract).ok()?;
        self.rows.get(at)
    }

    /// Returns the expirations, nearest first.
    pub fn expirations(&self) -> Vec<NaiveDate> {
        let mut expirations: Vec<_> = self.rows.iter().map(|row| row.quote.contract.expiration()).collect();
        expirations.dedup();
        expirations
    }

    /// Returns the instants at which contracts settle, nearest first. An expiration has two where some of its contracts
    /// settle at the opening and others at the close, as of SPX and SPXW.
    pub fn settlements(&self) -> Vec<Timestamp> {
        let settlements: BTreeSet<_> = self.rows.iter().map(|row| row.life.settles_at).collect();
        settlements.into_iter().collect()
    }

    /// Returns the strikes, lowest first.
    pub fn strikes(&self) -> Vec<Strike> {
        let strikes: BTreeSet<_> = self.rows.iter().map(|row| row.quote.contract.strike()).collect();
        strikes.into_iter().collect()
    }

    /// Returns the calls in order.
    pub fn calls(&self) -> impl Iterator<Item = &ChainRow> {
        self.of_type(OptionType::Call)
    }

    /// Returns the puts in order.
    pub fn puts(&self) -> impl Iterator<Item = &ChainRow> {
        self.of_type(OptionType::Put)
    }

    fn of_type(&self, option_type: OptionType) -> impl Iterator<Item = &ChainRow> {
        self.rows.iter().filter(move |row| row.quote.contract.option_type() == option_type)
    }

    /// Returns the underlying's price of the youngest quote that has one.
    pub fn underlying_price(&self) -> Option<f64> {
        let priced = self.rows.iter().filter(|row| row.quote.underlying_price.is_some());
        priced.min_by_key(|row| row.age)?.quote.underlying_price
    }

    /// Returns the strike nearest to a price of the underlying; of two equally near the lower one.
    pub fn at_the_money(&self, underlying_price: f64) -> Option<Strike> {
        let distance = |strike: &Strike| (strike.to_f64() - underlying_price).abs();
        self.strikes().into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// Returns the rows for which `keep` holds, as a chain.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&ChainRow) -> bool) -> Self {
        let rows = self.rows.iter().filter(|row| keep(row)).cloned().collect();
        Self { rows, ..*self }
    }

    /// Returns the contracts of one expiration.
    #[must_use]
    pub fn expiring_on(&self, expiration: NaiveDate) -> Self {
        self.filter(|row| row.quote.contract.expiration() == expiration)
    }

    /// Returns the contracts whose last trading day lies so many calendar days after the chain's event limit: `0..=0`
    /// are those on their last day.
    #[must_use]
    pub fn within_days(&self, days: RangeInclusive<i64>) -> Self {
        self.filter(|row| days.contains(&row.life.days_to_expiration(self.as_of.at)))
    }

    /// Returns, for each expiration, the strike nearest to a price and up to `each_side` strikes below and above it.
    #[must_use]
    pub fn around_the_money(&self, underlying_price: f64, each_side: usize) -> Self {
        let mut rows = Vec::new();
        for expiration in self.expirations() {
            let chain = self.expiring_on(expiration);
            let strikes = chain.strikes();
            let center = chain.at_the_money(underlying_price).and_then(|atm| strikes.binary_search(&atm).ok());
            let Some(center) = center else { continue };
            let (low, high) = (center.saturating_sub(each_side), center.saturating_add(each_side));
            let near = strikes.get(low..=high.min(strikes.len() - 1)).unwrap_or_default();
            rows.extend(chain.rows.into_iter().filter(|row| near.contains(&row.quote.contract.strike())));
        }
        Self { rows, ..*self }
    }

    /// Returns the contracts whose strike is within a fraction of a price: 0.05 keeps strikes from 95 % to 105 % of
    /// it.
    #[must_use]
    pub fn within_percent(&self, underlying_price: f64, fraction: f64) -> Self {
        self.filter(|row| {
            let strike = row.quote.contract.strike().to_f64();
            (strike - underlying_price).abs() <= fraction * underlying_price
        })
    }

    /// Returns the contracts whose quoted delta is within `tolerance` of `target`: 0.30 and 0.05 for calls, −0.30 and
    /// 0.05 for puts. Contracts without a delta are excluded.
    #[must_use]
    pub fn near_delta(&self, target: f64, tolerance: f64) -> Self {
        self.filter(|row| row.quote.greeks.delta.is_some_and(|delta| (delta - target).abs() <= tolerance))
    }

    /// Returns the [liquid](ChainRow::is_liquid) contracts.
    #[must_use]
    pub fn liquid(&self, max_spread: f64, min_open_interest: u64, min_volume: u64) -> Self {
        self.filter(|row| row.is_liquid(max_spread, min_open_interest, min_volume))
    }

    /// Returns the volume of puts over the volume of calls; `None` when no call was traded.
    pub fn put_call_volume_ratio(&self) -> Option<f64> {
        // Summed in 128 bits: a chain in memory may hold volumes that no store has checked.
        let traded = |rows: &mut dyn Iterator<Item = &ChainRow>| {
            rows.filter_map(|row| row.quote.volume).map(u128::from).sum::<u128>()
        };
        let calls = traded(&mut self.calls());
        (calls > 0).then(|| traded(&mut self.puts()) as f64 / calls as f64)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{Result, Source, market::OptionQuote};

    fn chain() -> Result<OptionChain> {
        let at = "2025-09-25T20:00:00Z".parse()?;
        let mut rows = Vec::new();
        for (symbol, bid, ask, delta, volume) in [
            ("SPY251017P00650000", 5.0, 5.1, -0.30, 40),
            ("SPY251017C00660000", 8.0, 8.2, 0.50, 80),
            ("SPY251017C00650000", 15.0, 15.1, 0.70, 10),
            ("SPY251017C00670000", 3.0, 2.9, 0.31, 10),
            ("SPY251219C00655000", 20.0, 20.4, 0.60, 0),
        ] {
            let mut quote =
                OptionQuote::new(symbol.parse()?, at, Source::new("test")?).with_market(Some(bid), Some(ask));
            quote.greeks.delta = Some(delta);
            quote.volume = Some(volume);
            quote.underlying_price = Some(658.0);
            rows.push(ChainRow::new(quote, TimeDelta::zero()));
        }
        Ok(OptionChain::new(Symbol::new("SPY")?, AsOf::instant(at), rows))
    }

    fn strikes(chain: &OptionChain) -> Vec<f64> {
        chain.rows().iter().map(|row| row.quote.contract.strike().to_f64()).collect()
    }

    #[test]
    fn rows_are_in_order_and_selections_select() -> Result<()> {
        let chain = chain()?;
        assert_eq!(strikes(&chain), [650.0, 650.0, 660.0, 670.0, 655.0]);
        assert_eq!(chain.expirations().len(), 2);
        assert_eq!(chain.at_the_money(658.0).map(Strike::to_f64), Some(660.0));
        assert_eq!(chain.at_the_money(655.0).map(Strike::to_f64), Some(655.0));
        assert_eq!(strikes(&chain.around_the_money(658.0, 1)), [650.0, 650.0, 660.0, 670.0, 655.0]);
        assert_eq!(strikes(&chain.around_the_money(658.0, 0)), [660.0, 655.0]);
        assert_eq!(strikes(&chain.within_percent(658.0, 0.005)), [660.0, 655.0]);
        assert_eq!(strikes(&chain.near_delta(0.30, 0.05)), [670.0]);
        assert_eq!(strikes(&chain.near_delta(-0.30, 0.0)), [650.0]);
        assert_eq!(strikes(&chain.liquid(0.05, 0, 10)), [650.0, 650.0, 660.0], "crossed and untraded are left out");
        assert!(chain.liquid(0.05, 1, 0).is_empty(), "an unknown open interest is not an open interest");
        Ok(())
    }

    #[test]
    fn the_put_call_ratio_needs_calls() -> Result<()> {
        let chain = chain()?;
        assert_eq!(chain.put_call_volume_ratio(), Some(0.4));
        let largest = OptionChain::new(
            chain.underlying,
            chain.as_of,
            chain
                .rows()
                .iter()
                .cloned()
                .map(|mut row| {
                    row.quote.volume = Some(u64::MAX);
                    row
                })
                .collect(),
        );
        assert_eq!(largest.put_call_volume_ratio(), Some(0.25));
        assert_eq!(
            chain.filter(|row| row.quote.contract.option_type() == OptionType::Put).put_call_volume_ratio(),
            None
        );
        Ok(())
    }

    #[test]
    fn of_two_rows_for_a_contract_the_younger_stays() -> Result<()> {
        let chain = chain()?;
        let mut older = chain.rows()[0].clone();
        older.age = TimeDelta::minutes(5);
        let rows = std::iter::once(older).chain(chain.rows().iter().cloned()).collect();
        assert_eq!(OptionChain::new(chain.underlying, chain.as_of, rows), chain);
        Ok(())
    }
}
