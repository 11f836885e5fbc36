//! Adjusted prices: bars read as if every split, or every split and dividend, in force had always been in force.
//!
//! Stored bars are raw. A read names its limits and the [`Adjustment`], and each bar comes back with the factor of the
//! actions between its end and the event limit. **Adjusted prices are for returns, volatilities and indicators.
//! Whatever meets a strike, a fill or cash uses raw prices.**
//!
//! # Formula
//! The adjusted price is the raw price times the product of the factors of all actions after it, and the adjusted
//! volume is the raw volume divided by the product of the factors of splits and stock dividends:
//!
//! | action | factor |
//! |---|---|
//! | split of n new shares for o old ones | o ∕ n |
//! | stock dividend of n shares for o held | o ∕ (o + n) |
//! | cash dividend of D a share | 1 − D ∕ C, with C the last close of the series before the ex-date |
//!
//! These are the factors of the Center for Research in Security Prices as price vendors apply them (Yahoo Finance,
//! *What is the adjusted close?*; `QuantConnect` LEAN, `CorporateFactorRow`: *pf(i+1) × (C − D) ∕ C*). Over an ex-date
//! the return of adjusted prices is P ∕ (C − D) − 1. Other actions change no price: a merger or a spin-off is no
//! dividend in cash, and its value is not known from its terms.
//!
//! # No look-ahead
//! A factor is applied only for an action that is [confirmed](strikebook_core::market::ActionStatus), whose ex-date has
//! come by the event limit, and in the version valid at the knowledge limit; C is the close that was valid then. So the
//! last bar is always raw, as of the day before an ex-date the series is raw, and the return between two bars depends
//! on the actions between these two alone.
//!
//! ```
//! use strikebook_core::{
//!     AsOf, Source,
//!     market::{
//!         ActionKind, Bar, BarKey, BarQuery, BarRepository, CorporateAction, CorporateActionRepository, Symbol,
//!         Timeframe,
//!     },
//!     memory::MemoryStore,
//! };
//! use strikebook_services::adjusted::{Adjustment, adjusted_bars, adjusted_closes};
//!
//! # async fn example() -> strikebook_core::Result<()> {
//! let (store, aapl, source) = (MemoryStore::new(), Symbol::new("AAPL")?, Source::new("nasdaq")?);
//! let key = BarKey::new(aapl, Timeframe::Day1);
//! for (day, close) in [("2014-06-06", 645.57), ("2014-06-09", 93.70)] {
//!     let (opened_at, at) = (format!("{day}T13:30:00Z").parse()?, format!("{day}T20:00:00Z").parse()?);
//!     let (open, high, low, volume, vwap, source) = (close, close, close, None, None, source.clone());
//!     let recorded_at = at;
//!     let bar = Bar { key, opened_at, at, open, high, low, close, volume, vwap, source, recorded_at };
//!     store.upsert_bars(&[bar]).await?;
//! }
//! let split = CorporateAction::new(aapl, ActionKind::Split, "2014-06-09".parse().expect("a date"), source)?;
//! store.upsert_corporate_actions(&[split.with_ratio(7, 1)]).await?;
//!
//! let as_of = AsOf::instant("2014-06-09T20:00:00Z".parse()?);
//! let bars = adjusted_bars(&store, &BarQuery::new(key, as_of), Adjustment::SplitsAndDividends).await?;
//! let closes = adjusted_closes(&bars.items);
//! assert!((closes[1] / closes[0] - 1.0 - 0.0160).abs() < 5e-5, "a return of +1.60 %");
//! assert_eq!(bars.items[0].raw.close, 645.57);
//! # Ok(())
//! # }
//! ```

mod company;

use strikebook_core::{
    AsOf, Error, Page, Result, Source, Timestamp,
    market::{
        ActionKind, Bar, BarKey, BarQuery, BarRepository, CorporateAction, CorporateActionRepository, Instrument,
        Symbol,
    },
};

pub use company::{SymbolPeriod, company_bars, symbol_history};

/// The actions for which prices are adjusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// Splits, and dividends in shares.
    Splits,
    /// Splits, stock dividends, and dividends in cash: the right choice for returns and volatilities.
    SplitsAndDividends,
}

/// The factors of an adjustment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// The factor of prices.
    pub price: f64,
    /// The factor of volumes: the shares that one share became.
    pub volume: f64,
}

impl Factor {
    /// The factor that changes nothing.
    pub const ONE: Self = Self { price: 1.0, volume: 1.0 };

    /// Returns the factor of an action, given the last close before its ex-date. [`ONE`](Self::ONE) for an action that
    /// changes no price or is not confirmed, and for a dividend without a close before it.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a dividend that is not below the close.
    pub fn of(action: &CorporateAction, adjustment: Adjustment, close_before: Option<f64>) -> Result<Self> {
        if let Some(shares) = action.shares_per_share() {
            return Ok(Self { price: 1.0 / shares, volume: shares });
        }
        let pays = action.cash_per_share().filter(|_| adjustment == Adjustment::SplitsAndDividends);
        let (Some(amount), Some(close)) = (pays, close_before) else { return Ok(Self::ONE) };
        let paid = crate::amount::float(amount)?;
        if paid >= close {
            return Err(Error::invalid_input("a dividend must be below the close before its ex-date")
                .with("symbol", action.key.symbol)
                .with("at", action.at)
                .with("amount", amount)
                .with("price", close));
        }
        Ok(Self { price: 1.0 - paid / close, volume: 1.0 })
    }

    fn and(self, other: Self) -> Self {
        Self { price: self.price * other.price, volume: self.volume * other.volume }
    }

    fn inverse(self) -> Self {
        Self { price: 1.0 / self.price, volume: 1.0 / self.volume }
    }
}

/// A bar with the factor of its adjustment.
#[derive(Clone, Debug, PartialEq)]
pub struct AdjustedBar {
    /// The bar as it is stored.
    pub raw: Bar,
    /// The factor of the actions after the bar.
    pub factor: Factor,
}

impl AdjustedBar {
    /// Returns the adjusted close.
    pub fn close(&self) -> f64 {
        self.raw.close * self.factor.price
    }

    /// Returns a bar of adjusted prices, for [indicators](crate::technical). The source is `simulated:adjusted`, since
    /// adjusted prices are not to be stored: the next action changes them all.
    ///
    /// # Errors
    /// None in practice: the source is valid.
    pub fn to_bar(&self) -> Result<Bar> {
        let Self { raw, factor } = self;
        let volume = raw.volume.map(|volume| (volume as f64 * factor.volume).round());
        Ok(Bar {
            open: raw.open * factor.price,
            high: raw.high * factor.price,
            low: raw.low * factor.price,
            close: self.close(),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative, and saturating"
            )]
            volume: volume.map(|volume| volume as u64),
            vwap: raw.vwap.map(|vwap| vwap * factor.price),
            source: Source::simulated("adjusted")?,
            ..raw.clone()
        })
    }
}

/// Returns the adjusted closes of bars.
pub fn adjusted_closes(bars: &[AdjustedBar]) -> Vec<f64> {
    bars.iter().map(AdjustedBar::close).collect()
}

/// Returns the bars of an underlying within a query's limits, adjusted for the actions that are in force at the event
/// limit and known at the knowledge limit, oldest first. The bars of a week or month over an ex-date get the factor of
/// their end, although their first prices are from before it.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for bars of an option contract, whose terms are adjusted
/// instead, and for a dividend that is not below the close before it; and those of the store.
pub async fn adjusted_bars(
    market: &(impl BarRepository + CorporateActionRepository + ?Sized),
    query: &BarQuery,
    adjustment: Adjustment,
) -> Result<Page<AdjustedBar>> {
    symbol_of(&query.key)?;
    let page = market.list_bars(query).await?;
    let steps = steps(market, &query.key, &page.items, query.as_of, adjustment).await?;
    Ok(Page { items: with_factors(page.items, &steps), next: page.next })
}

/// An action's effect on prices before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The event time of the action: the opening of its ex-date.
    pub(crate) at: Timestamp,
    /// The knowledge time of the action.
    pub(crate) recorded_at: Timestamp,
    pub(crate) factor: Factor,
}

impl Step {
    fn of(action: &CorporateAction, adjustment: Adjustment, close_before: Option<f64>) -> Result<Self> {
        let factor = Factor::of(action, adjustment, close_before)?;
        Ok(Self { at: action.at, recorded_at: action.recorded_at, factor })
    }
}

/// Returns the steps of the actions after the first of some bars, in the order of time. `key` is that of the stored
/// bars which the bars are or were made of.
///
/// # Errors
/// As [`adjusted_bars`].
pub(crate) async fn steps(
    market: &(impl BarRepository + CorporateActionRepository + ?Sized),
    key: &BarKey,
    bars: &[Bar],
    as_of: AsOf,
    adjustment: Adjustment,
) -> Result<Vec<Step>> {
    let symbol = symbol_of(key)?;
    let Some(first) = bars.first() else { return Ok(Vec::new()) };
    let mut steps = Vec::new();
    for action in &market.corporate_actions_of(symbol, first.at, as_of).await? {
        let close = close_before(market, key, action, as_of).await?;
        steps.push(Step::of(action, adjustment, close)?);
    }
    Ok(steps)
}

/// Returns the symbol of bars of an underlying.
fn symbol_of(key: &BarKey) -> Result<Symbol> {
    match key.instrument {
        Instrument::Symbol(symbol) => Ok(symbol),
        Instrument::Option(contract) => {
            Err(Error::invalid_input("prices of option contracts have no adjustment: their terms are adjusted")
                .with("instrument", contract))
        }
    }
}

/// Returns the last close before the ex-date of a dividend; `None` for other actions and without such a close.
async fn close_before(
    market: &(impl BarRepository + ?Sized),
    key: &BarKey,
    action: &CorporateAction,
    as_of: AsOf,
) -> Result<Option<f64>> {
    if !matches!(action.key.kind, ActionKind::CashDividend | ActionKind::SpecialDividend) {
        return Ok(None);
    }
    let bar = market.bar_as_of(key, AsOf { at: action.at, ..as_of }).await?;
    Ok(bar.map(|bar| bar.close))
}

/// Returns bars in the prices of the first one, each divided by the factors of the actions before its end, with the
/// latest knowledge time of these actions. Such a bar never changes with a later action, unlike one in the prices of
/// the last. Both lists are in the order of time.
pub(crate) fn in_first_prices(bars: &[Bar], steps: &[Step]) -> Vec<(AdjustedBar, Timestamp)> {
    let (mut before, mut known_at, mut left) = (Factor::ONE, Timestamp::MIN, steps.iter().peekable());
    let adjusted = bars.iter().map(|raw| {
        while let Some(step) = left.next_if(|step| step.at < raw.at) {
            before = before.and(step.factor);
            known_at = known_at.max(step.recorded_at);
        }
        (AdjustedBar { raw: raw.clone(), factor: before.inverse() }, known_at)
    });
    adjusted.collect()
}

/// Returns bars with the product of the factors from their end on. Both lists are in the order of time.
pub(crate) fn with_factors(bars: Vec<Bar>, steps: &[Step]) -> Vec<AdjustedBar> {
    let (mut factor, mut left) = (Factor::ONE, steps.iter().rev().peekable());
    let mut adjusted: Vec<_> = bars
        .into_iter()
        .rev()
        .map(|raw| {
            while let Some(step) = left.next_if(|step| step.at >= raw.at) {
                factor = factor.and(step.factor);
            }
            AdjustedBar { raw, factor }
        })
        .collect();
    adjusted.reverse();
    adjusted
}
