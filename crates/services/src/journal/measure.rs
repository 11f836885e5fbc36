//! Metrics of the journal's trades.

use strikebook_core::{
    Decimal, Listing, Name, Result, Source, Timestamp, Upserted,
    trading::{
        MetricsKey, MetricsRepository, StoredMetrics,
        journal::{Cycle, Trade, TradeFilter, TradeRepository},
        metrics::{ClosedTrade, Conventions, Window, grouped, in_order},
    },
};

use super::ROWS_PER_PAGE;

/// The account, the windows and the conventions of metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsScope {
    /// The account; `None` for all accounts together.
    pub account: Option<Name>,
    /// The end of each window.
    pub at: Timestamp,
    /// The windows of trades to measure.
    pub windows: Vec<Window>,
    /// The conventions of the metrics.
    pub conventions: Conventions,
    /// The source of the trades.
    pub source: Source,
    /// The instant of the computation.
    pub recorded_at: Timestamp,
}

/// Returns the metrics of trades for each window: of all trades, of each strategy, of each regime, and of each strategy
/// in each regime. Trades without a regime are in no regime's metrics.
pub fn measure(trades: &[ClosedTrade], scope: &MetricsScope) -> Vec<StoredMetrics> {
    let trades = in_order(trades.to_vec());
    let known = |trade: &ClosedTrade| {
        [(None, None), (trade.strategy, None), (None, trade.regime), (trade.strategy, trade.regime)]
    };
    let mut scopes: Vec<_> = trades.iter().flat_map(known).collect();
    scopes.push((None, None));
    scopes.sort();
    scopes.dedup();
    let mut measured = Vec::new();
    for (strategy, regime) in scopes {
        let admitted = grouped(&trades, |trade| {
            strategy.is_none_or(|one| trade.strategy == Some(one)) && regime.is_none_or(|one| trade.regime == Some(one))
        });
        // A scope without trades has metrics too.
        let admitted = admitted.get(&true).map_or(&[][..], Vec::as_slice);
        for window in &scope.windows {
            let key = MetricsKey { account: scope.account, strategy, regime, window: *window };
            let MetricsScope { at, conventions, source, recorded_at, .. } = scope;
            let metrics = StoredMetrics::of(key, *at, admitted, *conventions, source.clone());
            measured.push(StoredMetrics { recorded_at: *recorded_at, ..metrics });
        }
    }
    measured
}

/// Computes the metrics of an account's trades in a store, each lot of each cycle, and stores them.
///
/// # Errors
/// Those of [`list_trades`](TradeRepository::list_trades) and [`upsert_metrics`](MetricsRepository::upsert_metrics).
///
/// # Cancel safety
/// A dropped call stores all metrics or none.
pub async fn store_metrics(
    store: &(impl TradeRepository + MetricsRepository + ?Sized),
    scope: &MetricsScope,
) -> Result<Upserted> {
    let filter = TradeFilter {
        account: scope.account,
        exited_until: Some(scope.at),
        open: Some(false),
        ..TradeFilter::default()
    };
    let mut query = Listing::new(filter).with_limit(ROWS_PER_PAGE);
    let mut trades = Vec::new();
    loop {
        let page = store.list_trades(&query).await?;
        trades.extend(page.items.iter().filter_map(Trade::closed));
        let Some(next) = page.next else { break };
        query = query.after(next);
    }
    store.upsert_metrics(&measure(&trades, scope)).await
}

/// Returns a cycle as one trade, the unit of its owner's decision; `None` while a position is open. The trade's costs
/// are all fees of the cycle; rebates beyond the fees are a part of its profit.
pub fn closed_cycle(cycle: &Cycle) -> Option<ClosedTrade> {
    let costs = cycle.fees.max(Decimal::ZERO);
    let gross = cycle.realized_pnl.checked_add(costs)?;
    let mut trade = ClosedTrade::new(cycle.opened_at, cycle.closed_at?, gross, costs);
    trade.strategy = Some(cycle.strategy);
    trade.premium_received = Some(cycle.premium).filter(|premium| *premium > Decimal::ZERO);
    Some(trade)
}
