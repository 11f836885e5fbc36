//! The run, and what came out of it.

use rust_decimal::prelude::ToPrimitive;
use strikebook_core::{
    Error, Id, Json, Name, Result,
    analytics::{Backtest, BacktestMetrics, BacktestPoint, BacktestTrade},
    market::{BarRepository, ChainRepository, UnderlyingRepository, calendar},
    trading::{
        journal::{CloseAction, ExitReason, JournalEvent, Projection, Side, Trade},
        metrics::{
            ClosedTrade, EquityPoint, WILSON_TWO_SIDED_95, drawdown, profit_factor, returns, sharpe, sortino, win_rate,
        },
    },
};

use super::{Issue, Plan, book::Book, market::Day, play::Play};
use crate::{
    journal::projections,
    statistics::{TRADING_DAYS, volatility},
    wheel::Valuing,
};

/// What a plan came to.
#[derive(Clone, Debug, PartialEq)]
pub struct WheelRun {
    /// The run, with its parameters, curve, trades and metrics. Its identity follows from the plan and the model.
    pub backtest: Backtest,
    /// What was done, oldest first.
    pub events: Vec<JournalEvent>,
    /// The cycles and trades that the events come to, in the order of the cycles' identities.
    pub projections: Vec<Projection>,
    /// What the account was worth at the close of each day, and before the first.
    pub equity: Vec<EquityPoint>,
    /// What cash earned.
    pub interest: strikebook_core::Decimal,
    /// What was missing.
    pub issues: Vec<Issue>,
}

/// Plays a plan over stored chains. Nothing is written.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when the plan is not [valid](Plan::validate), and those
/// of the engine. What the market did not say on a day is no error: the run tells it.
///
/// # Cancel safety
/// Safe.
pub async fn run_wheel(
    market: &(impl ChainRepository + UnderlyingRepository + BarRepository + ?Sized),
    plan: &Plan,
    valuing: Option<Valuing<'_>>,
) -> Result<WheelRun> {
    plan.validate()?;
    let model = valuing.map(|valuing| format!("{}/{}", valuing.pricer.model(), valuing.pricer.revision()));
    let assumed = valuing.map(|valuing| (valuing.rate, valuing.dividend_yield));
    let parameters = Json::of(&(plan, &model, assumed))?;
    let mut backtest = Backtest::new(plan.run_at, plan.strategy, plan.first_day, plan.last_day);
    backtest.id = Id::named(&format!("wheel/{parameters}"));
    backtest.model_version = model.as_deref().map(Name::new).transpose()?;
    backtest.parameters = Json::of(plan)?;

    let start = calendar::close_on(plan.first_day.pred_opt().unwrap_or(plan.first_day))?;
    let mut game = Play {
        plan,
        valuing,
        book: Book::new(plan, backtest.id),
        equity: vec![EquityPoint { at: start, equity: plan.cash }],
        interest: strikebook_core::Decimal::ZERO,
        issues: Vec::new(),
        last_price: None,
        last_day: None,
    };
    for date in calendar::trading_days(plan.first_day, plan.last_day) {
        let held = game.book.short.map(|short| short.contract);
        game.pass(&Day::read(market, plan, date, held).await?)?;
    }

    let Play { book, equity, interest, issues, .. } = game;
    let projections = projections(&book.events)?;
    let trades = || projections.iter().flat_map(|one| &one.trades);
    backtest.equity = equity.iter().map(|point| BacktestPoint { at: point.at, equity: number(point.equity) }).collect();
    backtest.trades = trades().map(told).collect::<Result<_>>()?;
    backtest.trades.sort_by_key(|trade| (trade.opened_at, trade.instrument));
    let closed: Vec<_> = trades().filter_map(Trade::closed).collect();
    backtest.metrics = metrics(plan, &equity, &closed)?;
    Ok(WheelRun { backtest, events: book.events, projections, equity, interest, issues })
}

/// Why a trade of a run ended: one that was bought back had reached its target.
pub(super) fn exit_reason(trade: &Trade) -> Option<ExitReason> {
    let bought = trade.execution.close_action == Some(CloseAction::BuyToClose);
    trade.execution.exit_reason.or_else(|| bought.then_some(ExitReason::ProfitTarget))
}

fn number(amount: strikebook_core::Decimal) -> f64 {
    amount.to_f64().unwrap_or_default()
}

fn told(trade: &Trade) -> Result<BacktestTrade> {
    let execution = &trade.execution;
    let quantity = if execution.side == Side::Short { -execution.quantity } else { execution.quantity };
    let closed_at = execution.exited_at.zip(execution.exit_price);
    Ok(BacktestTrade {
        instrument: trade.subject.instrument,
        quantity: number(quantity),
        opened_at: trade.at,
        open_price: number(execution.entry_price),
        closed_at: closed_at.map(|(at, _)| at),
        close_price: closed_at.map(|(_, price)| number(price)),
        pnl: trade.outcome.net_pnl.map(number),
        costs: trade.outcome.total_costs.map(number),
        exit_reason: exit_reason(trade).map(|reason| Name::new(reason.as_str())).transpose()?,
    })
}

fn metrics(plan: &Plan, equity: &[EquityPoint], closed: &[ClosedTrade]) -> Result<BacktestMetrics> {
    let daily = returns(equity.iter().map(|point| point.equity)).unwrap_or_default();
    let last = equity.last().map_or(plan.cash, |point| point.equity);
    let total = last.checked_div(plan.cash).ok_or_else(|| Error::invalid_input("the account's worth is too large"))?;
    let total = number(total);
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
