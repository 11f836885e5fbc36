//! The simulation of a day.

use chrono::NaiveDate;
use rust_decimal::prelude::ToPrimitive;
use strikebook_core::{
    Decimal, Error, ErrorKind, Result,
    market::{ChainRow, CorporateAction, Delivery, OptionChain},
    money::SCALE,
    trading::metrics::EquityPoint,
};

use super::{
    BacktestIssue, BacktestIssueKind, RollRule, WheelPlan,
    account::{Account, Short},
    market::Day,
    price,
};
use crate::{
    amount::{decimal, money},
    positions::split_contract,
    wheel::{AdviceInputs, ValuationModel, WheelHoldings, advise},
};

/// One cent: the least exercise value at which an expiring option is exercised.
const EXERCISE_THRESHOLD: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// A run under way.
pub(super) struct Simulation<'a> {
    pub(super) plan: &'a WheelPlan,
    pub(super) model: Option<ValuationModel<'a>>,
    pub(super) account: Account<'a>,
    pub(super) equity: Vec<EquityPoint>,
    pub(super) interest: Decimal,
    pub(super) issues: Vec<BacktestIssue>,
    /// The last known price of the stock, with its day.
    pub(super) last_price: Option<(NaiveDate, Decimal)>,
    pub(super) last_day: Option<NaiveDate>,
}

/// Returns the number of shares that a share becomes, with eight decimals; `None` of an action that is not confirmed.
fn split_ratio(action: &CorporateAction) -> Result<Option<Decimal>> {
    let Some(shares) = action.shares_per_share() else { return Ok(None) };
    let ratio = decimal(shares)?.round_dp(SCALE);
    let error = || Error::invalid_input("the ratio of a split rounds to zero").with("symbol", action.key.symbol);
    if ratio.is_zero() { Err(error()) } else { Ok(Some(ratio)) }
}

/// Returns the open option after a split; `None` where its contract would deliver something other than 100 shares.
fn adjusted(short: Short, ratio: Decimal) -> Result<Option<Short>> {
    let Some(contract) = split_contract(short.contract, (ratio, Decimal::ONE))? else { return Ok(None) };
    let Some(contracts) = ratio.to_u32().and_then(|ratio| short.contracts.checked_mul(ratio)) else { return Ok(None) };
    let each = |price: Decimal| (price / ratio).round_dp(SCALE);
    Ok(Some(Short { contract, contracts, price: each(short.price), mark: each(short.mark), ..short }))
}

impl Simulation<'_> {
    /// Simulates a day.
    pub(super) fn run_day(&mut self, day: &Day) -> Result<()> {
        if day.chain.is_empty() {
            self.report(day, BacktestIssueKind::NoQuotes);
        }
        self.split(day)?;
        match day.spot {
            Some(spot) => self.last_price = Some((day.date, money(spot)?)),
            None => self.report(day, BacktestIssueKind::NoPrice),
        }
        self.earn_interest(day.date)?;
        self.receive_dividend(day)?;
        let settled = self.settle(day)? || self.assign_early(day)?;
        if !settled {
            self.manage(day)?;
            self.sell(day)?;
        }
        self.mark(day)
    }

    fn report(&mut self, day: &Day, kind: BacktestIssueKind) {
        self.issues.push(BacktestIssue { day: day.date, kind });
    }

    fn earn_interest(&mut self, date: NaiveDate) -> Result<()> {
        let days = self.last_day.map_or(0, |last| (date - last).num_days());
        self.last_day = Some(date);
        let rate = decimal(self.plan.interest * days as f64 / 365.0)?;
        let too_large = || {
            Error::invalid_input("the interest on the account's cash exceeds the range of a decimal").with("day", date)
        };
        let earned = self.account.cash.max(Decimal::ZERO).checked_mul(rate).ok_or_else(too_large)?.round_dp(SCALE);
        self.interest = self.interest.checked_add(earned).ok_or_else(too_large)?;
        self.account.cash = self.account.cash.checked_add(earned).ok_or_else(too_large)?;
        Ok(())
    }

    /// Applies the splits of the day to the shares, the open option and the last price.
    fn split(&mut self, day: &Day) -> Result<()> {
        for split in &day.splits {
            let Some(ratio) = split_ratio(split)? else { continue };
            if let Some(short) = self.account.short {
                if let Some(into) = adjusted(short, ratio)? {
                    self.account.split_option(split.at, short, into, ratio)?;
                } else {
                    self.report(day, BacktestIssueKind::NotAdjusted(short.contract));
                    self.account.buy_back(split.at, short, short.mark)?;
                }
            }
            if !self.account.shares.is_zero() {
                self.account.split_shares(split.at, ratio)?;
            }
            if let Some((of, price)) = self.last_price {
                self.last_price = price.checked_div(ratio).map(|price| (of, price.round_dp(SCALE)));
            }
        }
        Ok(())
    }

    fn receive_dividend(&mut self, day: &Day) -> Result<()> {
        let today = day.calendar.ex_dividend(self.plan.underlying, (day.date, day.date), day.at);
        match today {
            Some((_, Some(amount))) if self.account.shares > Decimal::ZERO => {
                self.account.receive_dividend(day.at, amount.round_dp(SCALE))
            }
            _ => Ok(()),
        }
    }

    /// Settles an option whose payoff was struck by the close of the day; returns true when there was one.
    fn settle(&mut self, day: &Day) -> Result<bool> {
        let expires = |short: &Short| short.life.is_settled(day.at);
        let Some(short) = self.account.short.filter(expires) else { return Ok(false) };
        let Some((of, price)) = self.last_price else {
            return Err(Error::new(ErrorKind::Internal, "an option was sold without a price of the stock"));
        };
        if of != day.date {
            self.report(day, BacktestIssueKind::SettledAt(short.contract, of));
        }
        let value = short.intrinsic(price);
        match short.delivery {
            _ if value < EXERCISE_THRESHOLD => self.account.expire(short)?,
            Delivery::Shares => self.account.assign(short.life.settles_at, short)?,
            Delivery::Cash => self.account.settle_in_cash(short, value)?,
        }
        Ok(true)
    }

    /// Assigns a call on the eve of an ex-dividend date when its holder earns more by exercising; returns true when it
    /// did.
    fn assign_early(&mut self, day: &Day) -> Result<bool> {
        let Some(short) = self.account.short.filter(Short::is_call) else { return Ok(false) };
        let Some((_, amount)) = day.calendar.ex_dividend(self.plan.underlying, (day.next, day.next), day.at) else {
            return Ok(false);
        };
        let intrinsic = day.spot.map(money).transpose()?.map(|spot| short.intrinsic(spot));
        if intrinsic.is_some_and(|intrinsic| intrinsic.is_zero()) {
            return Ok(false);
        }
        let mark = day.chain.get(&short.contract).and_then(|row| row.quote.mark());
        let (Some(intrinsic), Some(mark), Some(amount)) = (intrinsic, mark, amount) else {
            self.report(day, BacktestIssueKind::EarlyAssignmentUnknown(short.contract));
            return Ok(false);
        };
        let is_rational = money(mark)? - intrinsic < amount;
        if is_rational {
            self.account.assign(day.at, short)?;
        }
        Ok(is_rational)
    }

    /// Buys the open option back, or rolls it, under the plan's rules.
    fn manage(&mut self, day: &Day) -> Result<()> {
        let Some(short) = self.account.short else { return Ok(()) };
        let Some(row) = day.chain.get(&short.contract) else { return Ok(()) };
        let Some(cost) = price::purchase(&row.quote, self.plan.slippage)? else { return Ok(()) };
        if let Some(earned) = self.plan.take_profit
            && cost <= short.price * decimal(1.0 - earned)?
        {
            return self.account.buy_back(day.at, short, cost);
        }
        let (Some(roll), Some(spot)) = (self.plan.roll, day.spot) else { return Ok(()) };
        let is_near = short.life.days_to_expiration(day.at) <= roll.days_left;
        if is_near
            && short.intrinsic(money(spot)?) > Decimal::ZERO
            && let Some(into) = self.roll_target(&day.chain, short, cost, roll)?
        {
            self.account.roll(day.at, short, cost, into)?;
        }
        Ok(())
    }

    fn roll_target<'c>(
        &self,
        chain: &'c OptionChain,
        short: Short,
        cost: Decimal,
        roll: RollRule,
    ) -> Result<Option<(&'c ChainRow, Decimal)>> {
        let (limits, from) = (&self.plan.limits, short.contract);
        let days = limits.min_days..=limits.max_days;
        let later = |row: &&ChainRow| {
            let to = row.quote.contract;
            let further = if short.is_call() { to.strike() >= from.strike() } else { to.strike() <= from.strike() };
            to.option_type() == from.option_type()
                && to.root() == from.root()
                && to.expiration() > from.expiration()
                && days.contains(&row.life.days_to_expiration(chain.as_of.at))
                && further
                && row.is_liquid(limits.max_spread, limits.min_open_interest, limits.min_volume)
        };
        let mut best: Option<(&ChainRow, Decimal)> = None;
        for row in chain.rows().iter().filter(later) {
            let Some(price) = price::sale(&row.quote, self.plan.slippage)? else { continue };
            let to = row.quote.contract;
            let further = |best: &ChainRow| {
                let best = best.quote.contract;
                let (one, other) = if short.is_call() { (to, best) } else { (best, to) };
                (one.strike(), best.expiration()) > (other.strike(), to.expiration())
            };
            if price - cost >= roll.min_credit && best.is_none_or(|(best, _)| further(best)) {
                best = Some((row, price));
            }
        }
        Ok(best)
    }

    /// Sells the best put, or the best call on shares, when no option is open.
    fn sell(&mut self, day: &Day) -> Result<()> {
        let (None, Some(spot)) = (self.account.short, day.spot) else { return Ok(()) };
        let has_shares = self.account.shares > Decimal::ZERO;
        let holdings = WheelHoldings {
            free_cash: self.account.cash.max(Decimal::ZERO),
            free_shares: self.account.shares,
            basis: self.account.basis()?,
        };
        let WheelPlan { limits, slippage, .. } = self.plan;
        let inputs = AdviceInputs { holdings: &holdings, calendar: &day.calendar, limits, model: self.model };
        let advice = advise(&day.chain, spot, &inputs)?;
        let best = if has_shares { advice.calls.first() } else { advice.puts.first() };
        let Some(best) = best else { return Ok(()) };
        let row = day.chain.get(&best.contract).ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the advised contract is not in the chain").with("contract", best.contract)
        })?;
        match price::sale(&row.quote, *slippage)? {
            Some(price) => self.account.open(day.at, row, best.contracts, price),
            None => Ok(()),
        }
    }

    /// Marks the account to market at the close.
    fn mark(&mut self, day: &Day) -> Result<()> {
        if let Some(short) = &mut self.account.short {
            if let Some(mark) = day.chain.get(&short.contract).and_then(|row| row.quote.mark()) {
                short.mark = money(mark)?;
            } else {
                let kind = BacktestIssueKind::NotQuoted(short.contract);
                self.issues.push(BacktestIssue { day: day.date, kind });
            }
        }
        let stock = self.last_price.map_or(Decimal::ZERO, |(_, price)| price.saturating_mul(self.account.shares));
        let owed = self.account.short.map_or(Decimal::ZERO, |short| short.mark.saturating_mul(short.shares()));
        let equity = self.account.cash.checked_add(stock).and_then(|worth| worth.checked_sub(owed));
        let equity = equity.ok_or_else(|| {
            Error::invalid_input("the account's equity exceeds the range of a decimal").with("day", day.date)
        })?;
        self.equity.push(EquityPoint { at: day.at, equity });
        Ok(())
    }
}
