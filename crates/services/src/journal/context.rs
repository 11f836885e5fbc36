//! The market at the entry and the exit of a trade, and the extremes of its profit in between.
//!
//! A [`ContextReader`] reads the market as of any instant, on both clocks, so that the same read gives the same result
//! later. Values that the market did not quote stay missing. [`fill_contexts`] puts the results into the trades of a
//! journal, at entry and at exit; a roll is the exit of one trade and the entry of the next.

mod chance;
mod excursion;
mod fill;
mod volatility;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, Result, Timestamp,
    analytics::{FeatureRepository, GreeksKey, GreeksRepository, Model},
    market::{
        BarKey, BarQuery, BarRepository, ChainQuery, ChainRepository, ContractRepository, CorporateActionRepository,
        Instrument, OptionContract, OptionQuote, SnapshotQuery, Symbol, Timeframe, UnderlyingRepository,
    },
    trading::journal::MarketContext,
};

pub use chance::probability_of_profit;
pub use excursion::{Excursions, excursions};
pub use fill::{FilledContexts, fill_contexts, with_context};

use crate::{
    adjusted::{AdjustedBar, Adjustment, adjusted_bars},
    amount::{float, money},
    technical::{Regime, RegimeRule, VwapSpan, average_true_range, directional, regime, vwap},
    wheel::EventCalendar,
};

/// The repositories of market data that a context is read from.
pub trait ContextMarket:
    ContractRepository
    + ChainRepository
    + UnderlyingRepository
    + BarRepository
    + CorporateActionRepository
    + GreeksRepository
    + FeatureRepository
{
}

impl<T> ContextMarket for T where
    T: ContractRepository
        + ChainRepository
        + UnderlyingRepository
        + BarRepository
        + CorporateActionRepository
        + GreeksRepository
        + FeatureRepository
        + ?Sized
{
}

/// The rules by which contexts are read.
#[derive(Clone, Debug)]
pub struct ContextRules {
    /// The greatest age of a quote, and of Greeks and a snapshot.
    pub max_quote_age: TimeDelta,
    /// The greatest age of a daily bar and of features.
    pub max_day_age: TimeDelta,
    /// The model whose Greeks are preferred, and its revision. Where it has none, the vendor's are taken.
    pub model: Option<(Model, u32)>,
    /// The thresholds of the regime, and the period of ATR and ADX, over daily bars.
    pub regime: RegimeRule,
    /// The earnings and ex-dividend dates.
    pub calendar: EventCalendar,
    /// The number of trading days, before the instant's own, among which an implied volatility is ranked.
    pub rank_days: u32,
    /// The fewest of these days with a known volatility for a rank.
    pub min_rank_days: usize,
}

impl Default for ContextRules {
    /// Returns ages of one day for quotes and five for bars; the vendor's Greeks; the default regime; no known events;
    /// ranks over 252 days of which at least 20 are known.
    fn default() -> Self {
        Self {
            max_quote_age: TimeDelta::days(1),
            max_day_age: TimeDelta::days(5),
            model: None,
            regime: RegimeRule::default(),
            calendar: EventCalendar::default(),
            rank_days: 252,
            min_rank_days: 20,
        }
    }
}

/// The market at an instant, with both sides of the instrument's market.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstantContext {
    /// The market around the underlying.
    pub context: MarketContext,
    /// The quoted bid of the instrument.
    pub bid: Option<f64>,
    /// The quoted ask of the instrument.
    pub ask: Option<f64>,
}

/// Reads contexts from a store of market data, and remembers the implied volatilities of the days that it has read.
#[derive(Debug)]
pub struct ContextReader<'a, M: ?Sized> {
    market: &'a M,
    rules: ContextRules,
    volatilities: BTreeMap<(Symbol, NaiveDate), Option<f64>>,
}

impl<'a, M: ContextMarket + ?Sized> ContextReader<'a, M> {
    /// Creates a reader of a market by some rules.
    pub const fn new(market: &'a M, rules: ContextRules) -> Self {
        Self { market, rules, volatilities: BTreeMap::new() }
    }

    /// Returns the market around an instrument at an instant.
    ///
    /// - Greeks, spread, volume and open interest are those of the contract's last quote.
    /// - The underlying's price is the one quoted with the option, or else its own last quote, or else the one quoted
    ///   with any of its options, or else its last close.
    /// - IV rank and percentile are those of the [volatility at the money](ContextRules::rank_days) among the closes of
    ///   the trading days before.
    /// - Regime, ADX and ATR are of daily bars adjusted for splits and dividends; VWAP is that of the day's bars of one
    ///   or five minutes so far, or else the last daily bar's own.
    /// - `hv20`, VIX and the risk-free rate are of the last features.
    ///
    /// # Errors
    /// Those of the store, and those of [`regime`] for its rule.
    pub async fn around(&mut self, symbol: Symbol, instrument: Instrument, at: Timestamp) -> Result<InstantContext> {
        let as_of = AsOf::instant(at);
        let mut around = InstantContext::default();
        let context = &mut around.context;
        if let Instrument::Option(contract) = instrument
            && let Some(quote) = self.quote(symbol, contract, as_of).await?
        {
            (around.bid, around.ask) = (quote.bid, quote.ask);
            set_quote(context, &quote)?;
            self.greeks(context, contract, as_of).await?;
        }
        let daily = self.daily(symbol, as_of).await?;
        if context.underlying_price.is_none() {
            let price = self.price(symbol, as_of).await?.or_else(|| daily.last().map(|bar| bar.raw.close));
            context.underlying_price = price.map(money).transpose()?;
        }
        if let Instrument::Option(contract) = instrument {
            // An expired contract has no days to expiration.
            let details = self.market.get_contract(&contract).await?;
            let life = details.map_or_else(|| contract.standard_life(), |details| details.life());
            context.dte = u32::try_from(life.days_to_expiration(at)).ok();
            let price = context.underlying_price.map(float).transpose()?;
            context.moneyness = price.map(|price| price / contract.strike().to_f64());
        }
        self.indicators(context, &daily)?;
        context.vwap = self.vwap(symbol, as_of).await?.or_else(|| daily.last().and_then(|bar| bar.raw.vwap));
        self.features(context, symbol, as_of).await?;
        (context.iv_rank, context.iv_percentile) = self.ranks(symbol, as_of).await?;
        let ahead = (at.new_york_date(), at.new_york_date() + Days::new(366));
        let tomorrow = (at.new_york_date() + Days::new(1), ahead.1);
        context.next_earnings = self.rules.calendar.earnings(symbol, ahead, at);
        context.next_ex_dividend = self.rules.calendar.ex_dividend(symbol, tomorrow, at).map(|(day, _)| day);
        let from = at.saturating_sub(self.rules.max_quote_age);
        let snapshots = self.market.list_snapshots(&SnapshotQuery::new(symbol, as_of).with_from(from)).await?;
        context.chain_snapshot_at = snapshots.items.last().map(|snapshot| snapshot.at);
        Ok(around)
    }

    async fn quote(&self, symbol: Symbol, contract: OptionContract, as_of: AsOf) -> Result<Option<OptionQuote>> {
        let query = ChainQuery::new(symbol, as_of)
            .with_expiration(contract.expiration())
            .with_option_type(contract.option_type())
            .with_strikes(contract.strike(), contract.strike())
            .with_max_quote_age(self.rules.max_quote_age)
            .with_adjusted();
        let chain = self.market.chain_as_of(&query).await?;
        Ok(chain.get(&contract).map(|row| row.quote.clone()))
    }

    /// Replaces the vendor's Greeks with the model's, if there are any.
    async fn greeks(&self, context: &mut MarketContext, contract: OptionContract, as_of: AsOf) -> Result<()> {
        let Some((model, revision)) = self.rules.model else { return Ok(()) };
        let greeks = self.market.greeks_as_of(&GreeksKey { contract, model, revision }, as_of).await?;
        let Some(greeks) = greeks.filter(|greeks| as_of.at.since(greeks.at) <= self.rules.max_quote_age) else {
            return Ok(());
        };
        let value = greeks.valuation;
        context.iv = Some(greeks.implied_volatility);
        (context.delta, context.gamma) = (Some(value.delta), Some(value.gamma));
        (context.theta, context.vega, context.rho) = (Some(value.theta), Some(value.vega), Some(value.rho));
        context.greeks_revision = Some(revision);
        Ok(())
    }

    async fn price(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<f64>> {
        let quote = self.market.underlying_as_of(symbol, as_of).await?;
        let fresh = quote.filter(|quote| as_of.at.since(quote.at) <= self.rules.max_quote_age);
        if let Some(price) = fresh.and_then(|quote| quote.price()) {
            return Ok(Some(price));
        }
        let query = ChainQuery::new(symbol, as_of).with_max_quote_age(self.rules.max_quote_age);
        Ok(self.market.chain_as_of(&query).await?.underlying_price())
    }

    /// Returns the daily bars of the last two years; none when the last one is too old.
    async fn daily(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<AdjustedBar>> {
        let key = BarKey::new(symbol, Timeframe::Day1);
        let from = as_of.at.saturating_sub(TimeDelta::days(731));
        let query = BarQuery::new(key, as_of).with_from(from);
        let bars = adjusted_bars(self.market, &query, Adjustment::SplitsAndDividends).await?.items;
        let fresh = bars.last().is_some_and(|last| as_of.at.since(last.raw.at) <= self.rules.max_day_age);
        Ok(if fresh { bars } else { Vec::new() })
    }

    fn indicators(&self, context: &mut MarketContext, daily: &[AdjustedBar]) -> Result<()> {
        let rule = &self.rules.regime;
        let daily = &daily.iter().map(AdjustedBar::to_bar).collect::<Result<Vec<_>>>()?[..];
        context.atr = average_true_range(daily, rule.period)?.last().copied().flatten();
        context.adx = directional(daily, rule.period)?.last().copied().flatten().and_then(|moved| moved.adx);
        let regime = regime(daily, rule)?.last().copied().flatten();
        context.regime = regime.map(Regime::name).transpose()?;
        Ok(())
    }

    async fn vwap(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<f64>> {
        let midnight = strikebook_core::market::calendar::instant(as_of.at.new_york_date(), chrono::NaiveTime::MIN)?;
        for timeframe in [Timeframe::Minute1, Timeframe::Minute5] {
            let query = BarQuery::new(BarKey::new(symbol, timeframe), as_of).with_from(midnight);
            let bars = self.market.list_bars(&query).await?.items;
            if let Some(price) = vwap(&bars, VwapSpan::Session)?.last().copied().flatten() {
                return Ok(Some(price));
            }
        }
        Ok(None)
    }

    async fn features(&self, context: &mut MarketContext, symbol: Symbol, as_of: AsOf) -> Result<()> {
        let features = self.market.features_as_of(symbol, as_of).await?;
        if let Some(features) = features.filter(|one| as_of.at.since(one.at) <= self.rules.max_day_age) {
            context.hv20 = features.volatility_20d;
            context.vix = features.vix;
            context.risk_free_rate = features.risk_free_rate;
        }
        Ok(())
    }
}

/// Sets the fields that a quote has.
fn set_quote(context: &mut MarketContext, quote: &OptionQuote) -> Result<()> {
    let greeks = quote.greeks;
    context.underlying_price = quote.underlying_price.map(money).transpose()?;
    context.iv = quote.implied_volatility;
    (context.delta, context.gamma) = (greeks.delta, greeks.gamma);
    (context.theta, context.vega, context.rho) = (greeks.theta, greeks.vega, greeks.rho);
    let spread = quote.spread().zip(quote.mid()).filter(|(spread, mid)| *spread >= 0.0 && *mid > 0.0);
    context.spread_percent = spread.map(|(spread, mid)| 100.0 * spread / mid);
    (context.open_interest, context.volume) = (quote.open_interest, quote.volume);
    Ok(())
}
