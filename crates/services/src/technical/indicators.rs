//! Indicators of bars, to be kept beside them.

use strikebook_core::{
    AsOf, Error, Result, Timestamp, Upserted,
    analytics::{IndicatorRepository, Indicators},
    market::{Bar, BarKey, BarQuery, BarRepository, CorporateActionRepository, Instrument},
};

use super::{Regime, RegimeRule, VwapSpan, average_true_range, directional, regime, vwap};
use crate::adjusted::{Adjustment, Step, in_first_prices, steps};

/// Returns the indicators at each bar: ADX and average true range of the rule's period, the VWAP of the session and the
/// regime. They were known when the last of their bars was.
///
/// # Errors
/// As [`regime`].
pub fn indicators(bars: &[Bar], rule: &RegimeRule) -> Result<Vec<Indicators>> {
    let movement = directional(bars, rule.period)?;
    let ranges = average_true_range(bars, rule.period)?;
    let (prices, regimes) = (vwap(bars, VwapSpan::Session)?, regime(bars, rule)?);
    let mut known_at = Timestamp::MIN;
    let mut rows = Vec::with_capacity(bars.len());
    for (row, bar) in bars.iter().enumerate() {
        let missing = || Error::internal("an indicator must have one value for each bar").with("row", row);
        let movement = movement.get(row).ok_or_else(missing)?;
        known_at = known_at.max(bar.recorded_at);
        rows.push(Indicators {
            adx: movement.and_then(|movement| movement.adx),
            atr: *ranges.get(row).ok_or_else(missing)?,
            vwap: *prices.get(row).ok_or_else(missing)?,
            regime: regimes.get(row).ok_or_else(missing)?.map(Regime::name).transpose()?,
            recorded_at: known_at,
            ..Indicators::new(bar.key, bar.at, bar.source.clone())
        });
    }
    Ok(rows)
}

/// Computes the indicators of a series of stored bars within two limits, and stores them beside the bars. Doing so
/// again changes nothing; after new or corrected bars and corporate actions it adds what differs.
///
/// ADX and regime are those of [adjusted](crate::adjusted) prices, as known at the limits. The average true range is in
/// the prices of its own bar, and the VWAP is raw: no later action changes a stored row.
///
/// ```
/// use strikebook_core::{
///     AsOf,
///     analytics::IndicatorRepository,
///     market::{BarKey, Symbol, Timeframe},
///     memory::MemoryStore,
/// };
/// use strikebook_services::technical::{RegimeRule, keep_indicators};
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (store, key) = (MemoryStore::new(), BarKey::new(Symbol::new("SPY")?, Timeframe::Day1));
/// let now = AsOf::instant("2025-09-25T20:00:00Z".parse()?);
/// keep_indicators(&store, &key, &RegimeRule::default(), now).await?;
/// let last = store.indicators_as_of(&key, now).await?;
/// assert_eq!(last.and_then(|last| last.regime), None);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`indicators`], and those of the store.
///
/// # Cancel safety
/// A dropped call stores all indicators or none.
pub async fn keep_indicators(
    store: &(impl BarRepository + CorporateActionRepository + IndicatorRepository + ?Sized),
    key: &BarKey,
    rule: &RegimeRule,
    as_of: AsOf,
) -> Result<Upserted> {
    let bars = store.list_bars(&BarQuery::new(*key, as_of)).await?.items;
    let steps = match key.instrument {
        Instrument::Symbol(_) => steps(store, key, &bars, as_of, Adjustment::SplitsAndDividends).await?,
        // The terms of a contract are adjusted, not its prices.
        Instrument::Option(_) => Vec::new(),
    };
    store.upsert_indicators(&over_actions(&bars, &steps, rule)?).await
}

/// Returns the indicators of bars in the prices of the first one, stated in the prices of each bar.
fn over_actions(bars: &[Bar], steps: &[Step], rule: &RegimeRule) -> Result<Vec<Indicators>> {
    if steps.is_empty() {
        return indicators(bars, rule);
    }
    let adjusted = in_first_prices(bars, steps);
    let in_first: Vec<_> = adjusted.iter().map(|(bar, _)| bar.to_bar()).collect::<Result<_>>()?;
    let (mut rows, prices) = (indicators(&in_first, rule)?, vwap(bars, VwapSpan::Session)?);
    for ((row, (bar, known_at)), price) in rows.iter_mut().zip(&adjusted).zip(prices) {
        row.atr = row.atr.map(|range| range / bar.factor.price);
        row.vwap = price;
        row.source.clone_from(&bar.raw.source);
        row.recorded_at = row.recorded_at.max(*known_at);
    }
    Ok(rows)
}
