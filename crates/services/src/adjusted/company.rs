//! The symbols of a company over time, and its bars under all of them.

use strikebook_core::{
    AsOf, Result, Timestamp,
    market::{
        ActionKind, ActionStatus, Bar, BarKey, BarQuery, BarRepository, CorporateAction, CorporateActionRepository,
        Symbol,
    },
};

use super::{AdjustedBar, Adjustment, Step, symbol_of, with_factors};

/// A time in which a company had a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymbolPeriod {
    /// The symbol of the company from `from` until `until`.
    pub symbol: Symbol,
    /// The start of the first day; [`Timestamp::MIN`] when no earlier one is known.
    pub from: Timestamp,
    /// The start of the first day under the next symbol; `None` for the last symbol.
    pub until: Option<Timestamp>,
}

/// Returns the symbols of the company that has a symbol at the event limit, oldest first, as far as the stored actions
/// tell.
///
/// A change of symbol leads back to the symbol before it. A [listing](ActionKind::Listing), a
/// [delisting](ActionKind::Delisting) and a change away from the symbol are the beginning of the company's time under
/// it: what came before was another company's. Only confirmed actions within the limits count.
///
/// # Errors
/// Those of the store.
pub async fn symbol_history(
    actions: &(impl CorporateActionRepository + ?Sized),
    symbol: Symbol,
    as_of: AsOf,
) -> Result<Vec<SymbolPeriod>> {
    let mut periods = Vec::new();
    let (mut symbol, mut until) = (symbol, None);
    loop {
        let counts = |action: &CorporateAction| {
            action.status == ActionStatus::Confirmed && until.is_none_or(|until| action.at < until)
        };
        let mut into = actions.corporate_actions_into(symbol, as_of).await?;
        into.retain(|action| action.key.kind == ActionKind::SymbolChange && counts(action));
        let mut own = actions.corporate_actions_of(symbol, Timestamp::MIN, as_of).await?;
        let begins = [ActionKind::SymbolChange, ActionKind::Listing, ActionKind::Delisting];
        own.retain(|action| begins.contains(&action.key.kind) && counts(action));
        let (renamed, begun) = (into.last(), own.last().map(|action| action.at));
        let renamed = renamed.filter(|renamed| begun.is_none_or(|begun| begun <= renamed.at));
        let from = match (renamed, begun) {
            (Some(renamed), _) => renamed.at,
            (None, Some(begun)) => begun,
            (None, None) => Timestamp::MIN,
        };
        periods.push(SymbolPeriod { symbol, from, until });
        let Some(renamed) = renamed else { break };
        (symbol, until) = (renamed.key.symbol, Some(renamed.at));
    }
    periods.reverse();
    Ok(periods)
}

/// Returns the bars of the company that has a query's symbol at the event limit, under all symbols that it had,
/// adjusted as [`adjusted_bars`](super::adjusted_bars) does; oldest first, without pages. The bars of another company
/// with one of these symbols are not among them.
///
/// # Errors
/// As [`adjusted_bars`](super::adjusted_bars).
pub async fn company_bars(
    market: &(impl BarRepository + CorporateActionRepository + ?Sized),
    query: &BarQuery,
    adjustment: Adjustment,
) -> Result<Vec<AdjustedBar>> {
    let (mut bars, mut steps) = (Vec::<Bar>::new(), Vec::new());
    for period in symbol_history(market, symbol_of(&query.key)?, query.as_of).await? {
        let as_of = AsOf { at: period.until.map_or(query.as_of.at, |until| until.min(query.as_of.at)), ..query.as_of };
        let key = BarKey::new(period.symbol, query.key.timeframe);
        let from = query.from.max(period.from);
        bars.extend(market.list_bars(&BarQuery::new(key, as_of).with_from(from)).await?.items);
        for action in market.corporate_actions_of(period.symbol, from, as_of).await? {
            if period.until.is_some_and(|until| action.at >= until) {
                continue;
            }
            // The company's own close, also under an earlier symbol. Without one no bar is adjusted.
            let close = bars.iter().rev().find(|bar| bar.at <= action.at).map(|bar| bar.close);
            steps.push(Step::of(&action, adjustment, close)?);
        }
    }
    Ok(with_factors(bars, &steps))
}
