//! The run of a plan, and its result.

use strikebook_core::{
    Error, Id, Json, Name, Result,
    analytics::{Backtest, BacktestMetrics, BacktestPoint, BacktestTrade},
    market::{BarRepository, ChainRepository, CorporateActionRepository, UnderlyingRepository, calendar},
    trading::{
        journal::{CloseAction, ExitReason, JournalEvent, Projection, Side, Trade},
        metrics::{
            ClosedTrade, EquityPoint, WILSON_TWO_SIDED_95, drawdown, profit_factor, returns, sharpe, sortino, win_rate,
        },
    },
};

use super::{BacktestIssue, WheelPlan, account::Account, market::Day, simulation::Simulation};
use crate::{
    amount::float,
    journal::projections,
    statistics::{TRADING_DAYS, volatility},
    wheel::ValuationModel,
};

/// The result of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct WheelRun {
    /// The backtest, with its parameters, curve, trades and metrics. Its identity follows from the plan and the model.
    pub backtest: Backtest,
    /// The events, oldest first.
    pub events: Vec<JournalEvent>,
    /// The cycles and trades of the events, in the order of the cycles' identities.
    pub projections: Vec<Projection>,
    /// The account's equity at the close of each day, and before the first.
    pub equity: Vec<EquityPoint>,
    /// The interest on cash.
    pub interest: strikebook_core::Decimal,
    /// The days of which data was missing.
    pub issues: Vec<BacktestIssue>,
}

/// Simulates a plan over stored chains. Nothing is written.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when the plan is not [valid](WheelPlan::validate), and
/// those of the store. Missing data of a day is no error: the run lists it.
pub async fn run_wheel(
    market: &(impl ChainRepository + UnderlyingRepository + BarRepository + CorporateActionRepository + ?Sized),
    plan: &WheelPlan,
    model: Option<ValuationModel<'_>>,
) -> Result<WheelRun> {
    plan.validate()?;
    let version = model.map(|model| format!("{}/{}", model.pricer.model(), model.pricer.revision()));
    let assumptions = model.map(|model| (model.rate, model.dividend_yield));
    let parameters = Json::of(&(plan, &version, assumptions))?;
    let id = Id::named(&format!("wheel/{parameters}"));
    let mut backtest = Backtest::new(id, plan.run_at, plan.strategy, plan.first_day, plan.last_day);
    backtest.model_version = version.as_deref().map(Name::new).transpose()?;
    backtest.parameters = Json::of(plan)?;

    let day_before = plan.first_day.pred_opt().ok_or_else(|| {
        Error::invalid_input("the first day is the first of the calendar").with("first_day", plan.first_day)
    })?;
    let mut simulation = Simulation {
        plan,
        model,
        account: Account::new(plan, backtest.id),
        equity: vec![EquityPoint { at: calendar::close_on(day_before)?, equity: plan.cash }],
        interest: strikebook_core::Decimal::ZERO,
        issues: Vec::new(),
        last_price: None,
        last_day: None,
    };
    let mut before = day_before;
    for date in calendar::trading_days(plan.first_day, plan.last_day) {
        let held = simulation.account.short.map(|short| short.life);
        simulation.run_day(&Day::read(market, plan, (date, before), held).await?)?;
        before = date;
    }

    let Simulation { account, equity, interest, issues, .. } = simulation;
    let projections = projections(&account.events)?;
    let trades = || projections.iter().flat_map(|one| &one.trades);
    let point = |point: &EquityPoint| Ok(BacktestPoint { at: point.at, equity: float(point.equity)? });
    backtest.equity = equity.iter().map(point).collect::<Result<_>>()?;
    backtest.trades = trades().map(backtest_trade).collect::<Result<_>>()?;
    backtest.trades.sort_by_key(|trade| (trade.opened_at, trade.instrument));
    let closed: Vec<_> = trades().filter_map(Trade::closed).collect();
    backtest.metrics = metrics(plan, &equity, &closed)?;
    Ok(WheelRun { backtest, events: account.events, projections, equity, interest, issues })
}

/// Returns the exit reason of a trade: a trade that was bought back had reached its profit target.
pub(super) fn exit_reason(trade: &Trade) -> Option<ExitReason> {
    let bought = trade.execution.close_action == Some(CloseAction::BuyToClose);
    trade.execution.exit_reason.or_else(|| bought.then_some(ExitReason::ProfitTarget))
}

fn backtest_trade(trade: &Trade) -> Result<BacktestTrade> {
    let execution = &trade.execution;
    let quantity = if execution.side == Side::Short { -execution.quantity } else { execution.quantity };
    let exit = execution.exited_at.zip(execution.exit_price);
    Ok(BacktestTrade {
        instrument: trade.subject.instrument,
        quantity: float(quantity)?,
        opened_at: trade.at,
        open_price: float(execution.entry_price)?,
        closed_at: exit.map(|(at, _)| at),
        close_price: exit.map(|(_, price)| float(price)).transpose()?,
        pnl: trade.outcome.net_pnl.map(float).transpose()?,
        costs: trade.outcome.total_costs.map(float).transpose()?,
        exit_reason: exit_reason(trade).map(|reason| Name::new(reason.as_str())).transpose()?,
    })
}

fn metrics(plan: &WheelPlan, equity: &[EquityPoint], closed: &[ClosedTrade]) -> Result<BacktestMetrics> {
    // Returns are undefined from an equity of zero on; then there is no volatility either.
    let daily = returns(equity.iter().map(|point| point.equity)).unwrap_or_default();
    let last = equity.last().map_or(plan.cash, |point| point.equity);
    let total = last
        .checked_div(plan.cash)
        .ok_or_else(|| Error::invalid_input("the total return exceeds the range of a decimal").with("equity", last))?;
    let total = float(total)?;
    let days = ((plan.last_day - plan.first_day).num_days() + 1) as f64;
    let annualised = Some(total.powf(365.0 / days) - 1.0).filter(|rate| total > 0.0 && rate.abs() < 1e12);
    Ok(BacktestMetrics {
        total_return: Some(total - 1.0),
        annualised_return: annualised,
        volatility: volatility(&daily, TRADING_DAYS),
        sharpe: sharpe(&daily, 0.0, TRADING_DAYS).get().copied(),
        sortino: sortino(&daily, 0.0, TRADING_DAYS).get().copied(),
        max_drawdown: drawdown(equity).get().and_then(|fell| fell.fraction.ok()),
        win_rate: win_rate(closed, strikebook_core::Decimal::ZERO, WILSON_TWO_SIDED_95).get().map(|won| won.rate),
        profit_factor: profit_factor(closed).get().copied(),
    })
}
