//! Metrics of the journal's trades.

use std::collections::BTreeMap;

use strikebook_core::{
    Decimal, Error, Id, Listing, Name, Result, Source, Timestamp, Upserted,
    trading::{
        MetricsKey, MetricsRepository, StoredMetrics,
        journal::{Cycle, CycleFilter, JournalRepository, LegGroup, RollChain, Trade, TradeFilter, TradeRepository},
        metrics::{ClosedTrade, Conventions, TradeUnit, Window, grouped, in_order},
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
    /// The unit in which trades are measured.
    pub unit: TradeUnit,
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
            let key = MetricsKey { account: scope.account, strategy, regime, window: *window, unit: scope.unit };
            let MetricsScope { at, conventions, source, recorded_at, .. } = scope;
            let metrics = StoredMetrics::of(key, *at, admitted, *conventions, source.clone());
            measured.push(StoredMetrics { recorded_at: *recorded_at, ..metrics });
        }
    }
    measured
}

/// Computes the metrics of an account's closed [`decisions`] or lots in a store, and stores them.
///
/// Amounts in different currencies are never added. The currency of a trade is the one that its outcome states; trades
/// that state none count as trades of one currency, so name the account where each account has a currency of its own.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for trades of several currencies, with two of them; and
/// those of [`list_trades`](TradeRepository::list_trades), [`list_cycles`](JournalRepository::list_cycles) and
/// [`upsert_metrics`](MetricsRepository::upsert_metrics).
///
/// # Cancel safety
/// A dropped call stores all metrics or none.
pub async fn store_metrics(
    store: &(impl TradeRepository + JournalRepository + MetricsRepository + ?Sized),
    scope: &MetricsScope,
) -> Result<Upserted> {
    let trades = match scope.unit {
        TradeUnit::Lot => {
            let filter = TradeFilter { exited_until: Some(scope.at), open: Some(false), ..of_account(scope) };
            let lots = list_trades(store, filter).await?;
            check_currencies(&lots)?;
            lots.iter().filter_map(Trade::closed).collect()
        }
        TradeUnit::Decision => {
            let filter = CycleFilter { account: scope.account, open: Some(false), ..CycleFilter::default() };
            let cycles = store.list_cycles(&filter).await?;
            let lots = list_trades(store, of_account(scope)).await?;
            check_currencies(&lots)?;
            let decisions = decisions(&cycles, &lots);
            decisions.into_iter().filter(|trade| trade.closed <= scope.at).collect::<Vec<_>>()
        }
    };
    store.upsert_metrics(&measure(&trades, scope)).await
}

/// Checks that all trades that count state the same currency, or none.
fn check_currencies(trades: &[Trade]) -> Result<()> {
    let mut counted = trades.iter().filter(|trade| trade.voided_at.is_none());
    let Some(first) = counted.next() else { return Ok(()) };
    match counted.find(|trade| trade.outcome.currency != first.outcome.currency) {
        None => Ok(()),
        Some(other) => {
            let code =
                |trade: &Trade| trade.outcome.currency.map_or_else(|| "none".to_owned(), |code| code.to_string());
            let error = Error::invalid_input("metrics need trades of one currency: measure each account alone");
            Err(error.with("currency", code(first)).with("other", code(other)).with("trade", other.id))
        }
    }
}

fn of_account(scope: &MetricsScope) -> TradeFilter {
    TradeFilter { account: scope.account, ..TradeFilter::default() }
}

async fn list_trades(store: &(impl TradeRepository + ?Sized), filter: TradeFilter) -> Result<Vec<Trade>> {
    let mut query = Listing::new(filter).with_limit(ROWS_PER_PAGE);
    let mut trades = Vec::new();
    loop {
        let page = store.list_trades(&query).await?;
        trades.extend(page.items);
        let Some(next) = page.next else { return Ok(trades) };
        query = query.after(next);
    }
}

/// The group of a trade that belongs to no cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Rolls(Id<RollChain>),
    Legs(Id<LegGroup>),
    Alone(Id<Trade>),
}

/// Returns the closed decisions of an account, first closed first: each closed cycle, and of trades without a cycle
/// each roll chain, group of legs or single trade of which nothing is open. `trades` are all trades of the account;
/// voided ones do not count.
///
/// Initial risk and collateral of a decision are the sums over the trades that its first order opened, since later
/// trades follow from them; each is `None` unless all of these have it. A decision of several lots has no excursions:
/// those of lots do not add up.
pub fn decisions(cycles: &[Cycle], trades: &[Trade]) -> Vec<ClosedTrade> {
    let mut of_cycles = BTreeMap::<_, Vec<&Trade>>::new();
    let mut of_groups = BTreeMap::<_, Vec<&Trade>>::new();
    for trade in trades.iter().filter(|trade| trade.voided_at.is_none()) {
        let origin = &trade.origin;
        let (rolls, legs) = (origin.roll_chain.map(Group::Rolls), origin.leg_group.map(Group::Legs));
        if let Some(cycle) = origin.cycle {
            of_cycles.entry(cycle).or_default().push(trade);
        } else {
            let alone = || Some(Group::Alone(trade.id));
            of_groups.entry(rolls.or(legs).or_else(alone)).or_default().push(trade);
        }
    }
    let cycles = cycles.iter().filter_map(|cycle| {
        let lots = of_cycles.get(&cycle.id).map_or(&[][..], Vec::as_slice);
        closed_cycle(cycle).map(|closed| with_lots(closed, lots))
    });
    let groups = of_groups.values().filter_map(|lots| closed_group(lots).map(|closed| with_lots(closed, lots)));
    in_order(cycles.chain(groups).collect())
}

/// Returns trades as one; `None` while one of them is open.
fn closed_group(lots: &[&Trade]) -> Option<ClosedTrade> {
    let closed = lots.iter().map(|lot| lot.closed()).collect::<Option<Vec<_>>>()?;
    let sum = |amount: fn(&ClosedTrade) -> Decimal| {
        closed.iter().try_fold(Decimal::ZERO, |sum, lot| sum.checked_add(amount(lot)))
    };
    let (opened, ended) = (closed.iter().map(|lot| lot.opened).min()?, closed.iter().map(|lot| lot.closed).max()?);
    let mut trade = ClosedTrade::new(opened, ended, sum(|lot| lot.gross)?, sum(|lot| lot.costs)?);
    let premiums = closed.iter().filter_map(|lot| lot.premium_received);
    trade.strategy = closed.first()?.strategy;
    trade.premium_received = premiums.reduce(Decimal::saturating_add);
    Some(trade)
}

/// Sets the properties of a decision that its lots have.
fn with_lots(mut decision: ClosedTrade, lots: &[&Trade]) -> ClosedTrade {
    let Some(first) = lots.iter().min_by_key(|lot| (lot.at, lot.id)) else { return decision };
    let order = first.origin.order_ids.first();
    let is_of_first = |lot: &&&Trade| match order {
        Some(order) => lot.origin.order_ids.first() == Some(order),
        None => lot.at == first.at,
    };
    let entered: Vec<_> = lots.iter().filter(is_of_first).collect();
    let sum = |amount: fn(&Trade) -> Option<Decimal>| {
        let amounts = entered.iter().map(|lot| amount(lot)).collect::<Option<Vec<_>>>()?;
        amounts.into_iter().reduce(Decimal::saturating_add).filter(|sum| *sum > Decimal::ZERO)
    };
    decision.regime = first.entry.regime;
    decision.initial_risk = sum(|lot| lot.risk.initial_risk);
    decision.collateral = sum(|lot| lot.risk.collateral);
    if let [only] = lots {
        (decision.mae, decision.mfe) = (only.risk.mae, only.risk.mfe);
    }
    decision
}

/// Returns a cycle as one trade, the unit of its owner's decision; `None` while a position is open. The trade's costs
/// are all fees of the cycle, negative when rebates exceed them.
pub fn closed_cycle(cycle: &Cycle) -> Option<ClosedTrade> {
    let gross = cycle.realized_pnl.checked_add(cycle.fees)?;
    let mut trade = ClosedTrade::new(cycle.opened_at, cycle.closed_at?, gross, cycle.fees);
    trade.strategy = Some(cycle.strategy);
    trade.premium_received = Some(cycle.premium).filter(|premium| *premium > Decimal::ZERO);
    Some(trade)
}
