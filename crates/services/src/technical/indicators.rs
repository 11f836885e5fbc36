//! Indicators of bars, to be kept beside them.

use strikebook_core::{
    AsOf, Error, Result, Timestamp, Upserted,
    analytics::{IndicatorRepository, Indicators},
    market::{Bar, BarKey, BarQuery, BarRepository},
};

use super::{Regime, RegimeRule, VwapSpan, average_true_range, directional, regime, vwap};

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
/// again changes nothing; after new or corrected bars it adds what differs.
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
    store: &(impl BarRepository + IndicatorRepository + ?Sized),
    key: &BarKey,
    rule: &RegimeRule,
    as_of: AsOf,
) -> Result<Upserted> {
    let bars = store.list_bars(&BarQuery::new(*key, as_of)).await?.items;
    store.upsert_indicators(&indicators(&bars, rule)?).await
}
