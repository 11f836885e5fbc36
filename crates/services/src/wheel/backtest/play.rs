//! A day of the wheel.

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Error, Result,
    market::{OptionChain, OptionContract},
    money::SCALE,
    trading::metrics::EquityPoint,
};

use super::{
    Issue, IssueKind, Plan, Roll,
    book::{Book, Short},
    market::Day,
    price,
};
use crate::{
    amount::money,
    wheel::{Holdings, Question, Valuing, advise},
};

/// A cent in the money: from here on expiring options are exercised.
const EXERCISED: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// A run in play.
pub(super) struct Play<'a> {
    pub(super) plan: &'a Plan,
    pub(super) valuing: Option<Valuing<'a>>,
    pub(super) book: Book<'a>,
    pub(super) equity: Vec<EquityPoint>,
    pub(super) interest: Decimal,
    pub(super) issues: Vec<Issue>,
    /// The last price of the stock that was known, and of which day.
    pub(super) last_price: Option<(NaiveDate, Decimal)>,
    pub(super) last_day: Option<NaiveDate>,
}

impl Play<'_> {
    pub(super) fn pass(&mut self, day: &Day) -> Result<()> {
        if day.chain.is_empty() {
            self.tell(day, IssueKind::NoQuotes);
        }
        match day.spot {
            Some(spot) => self.last_price = Some((day.date, money(spot)?)),
            None => self.tell(day, IssueKind::NoPrice),
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

    fn tell(&mut self, day: &Day, kind: IssueKind) {
        self.issues.push(Issue { day: day.date, kind });
    }

    fn earn_interest(&mut self, date: NaiveDate) -> Result<()> {
        let days = self.last_day.map_or(0, |last| (date - last).num_days());
        self.last_day = Some(date);
        let rate = Decimal::try_from(self.plan.interest * days as f64 / 365.0).unwrap_or_default();
        let too_large = || Error::invalid_input("the interest on the account's cash is too large").with("day", date);
        let earned = self.book.cash.max(Decimal::ZERO).checked_mul(rate).ok_or_else(too_large)?.round_dp(SCALE);
        self.interest = self.interest.checked_add(earned).ok_or_else(too_large)?;
        self.book.cash = self.book.cash.checked_add(earned).ok_or_else(too_large)?;
        Ok(())
    }

    fn receive_dividend(&mut self, day: &Day) -> Result<()> {
        let today = self.plan.calendar.ex_dividend(self.plan.underlying, (day.date, day.date), day.at);
        match today {
            Some((_, Some(amount))) if self.book.shares > Decimal::ZERO => {
                self.book.receive_dividend(day.at, amount.round_dp(SCALE))
            }
            _ => Ok(()),
        }
    }

    /// Settles an option whose life ends before the next trading day; tells whether it did.
    fn settle(&mut self, day: &Day) -> Result<bool> {
        let expires = |short: &Short| short.contract.expiration() < day.next;
        let Some(short) = self.book.short.filter(expires) else { return Ok(false) };
        // One was sold at a known price of the stock, so there is a last one.
        let Some((of, price)) = self.last_price else { return Ok(false) };
        if of != day.date {
            self.tell(day, IssueKind::SettledAt(short.contract, of));
        }
        if short.intrinsic(price) >= EXERCISED {
            self.book.assign(short.contract.expires_at(), short)?;
        } else {
            self.book.expire(short)?;
        }
        Ok(true)
    }

    /// Assigns a call on the eve of an ex-dividend day when its holder earns more so; tells whether it did.
    fn assign_early(&mut self, day: &Day) -> Result<bool> {
        let Some(short) = self.book.short.filter(Short::is_call) else { return Ok(false) };
        let Some((_, amount)) = self.plan.calendar.ex_dividend(self.plan.underlying, (day.next, day.next), day.at)
        else {
            return Ok(false);
        };
        let intrinsic = day.spot.map(money).transpose()?.map(|spot| short.intrinsic(spot));
        if intrinsic.is_some_and(|intrinsic| intrinsic.is_zero()) {
            return Ok(false);
        }
        let mark = day.chain.get(&short.contract).and_then(|row| row.quote.mark());
        let (Some(intrinsic), Some(mark), Some(amount)) = (intrinsic, mark, amount) else {
            self.tell(day, IssueKind::EarlyAssignmentUnknown(short.contract));
            return Ok(false);
        };
        let rational = money(mark)? - intrinsic < amount;
        if rational {
            self.book.assign(day.at, short)?;
        }
        Ok(rational)
    }

    /// Buys the open option back, or rolls it, where the plan says so.
    fn manage(&mut self, day: &Day) -> Result<()> {
        let Some(short) = self.book.short else { return Ok(()) };
        let Some(row) = day.chain.get(&short.contract) else { return Ok(()) };
        let Some(cost) = price::purchase(&row.quote, self.plan.slippage)? else { return Ok(()) };
        let target = self.plan.take_profit.and_then(|part| Decimal::try_from(1.0 - part).ok());
        if target.is_some_and(|left| cost <= short.price * left) {
            return self.book.buy_back(day.at, short, cost);
        }
        let (Some(roll), Some(spot)) = (self.plan.roll, day.spot) else { return Ok(()) };
        let near = short.contract.days_to_expiration(day.at) <= roll.days_left;
        if near
            && short.intrinsic(money(spot)?) > Decimal::ZERO
            && let Some(into) = self.roll_target(&day.chain, short, cost, roll)?
        {
            self.book.roll(day.at, short, cost, into)?;
        }
        Ok(())
    }

    fn roll_target(
        &self,
        chain: &OptionChain,
        short: Short,
        cost: Decimal,
        roll: Roll,
    ) -> Result<Option<(OptionContract, Decimal)>> {
        let (limits, from) = (&self.plan.limits, short.contract);
        let days = limits.min_days..=limits.max_days;
        let later = chain.filter(|row| {
            let to = row.quote.contract;
            let further = if short.is_call() { to.strike() >= from.strike() } else { to.strike() <= from.strike() };
            to.option_type() == from.option_type()
                && to.root() == from.root()
                && to.expiration() > from.expiration()
                && days.contains(&to.days_to_expiration(chain.as_of.at))
                && further
        });
        let mut best: Option<(OptionContract, Decimal)> = None;
        for row in later.liquid(limits.max_spread, limits.min_open_interest, limits.min_volume).rows() {
            let Some(price) = price::sale(&row.quote, self.plan.slippage)? else { continue };
            let to = row.quote.contract;
            let further = |best: OptionContract| {
                let (one, other) = if short.is_call() { (to, best) } else { (best, to) };
                (one.strike(), best.expiration()) > (other.strike(), to.expiration())
            };
            if price - cost >= roll.min_credit && best.is_none_or(|(best, _)| further(best)) {
                best = Some((to, price));
            }
        }
        Ok(best)
    }

    /// Sells the best put, or the best call on shares, when no option is open.
    fn sell(&mut self, day: &Day) -> Result<()> {
        let (None, Some(spot)) = (self.book.short, day.spot) else { return Ok(()) };
        let holds = self.book.shares > Decimal::ZERO;
        let holdings = Holdings {
            free_cash: self.book.cash.max(Decimal::ZERO),
            free_shares: self.book.shares,
            basis: self.book.basis()?,
        };
        let Plan { calendar, limits, slippage, .. } = self.plan;
        let question = Question { holdings: &holdings, calendar, limits, valuing: self.valuing };
        let advice = advise(&day.chain, spot, &question)?;
        let best = if holds { advice.calls.first() } else { advice.puts.first() };
        let Some(best) = best else { return Ok(()) };
        let row = day.chain.get(&best.contract);
        let price = row.map_or(Ok(None), |row| price::sale(&row.quote, *slippage))?;
        price.map_or(Ok(()), |price| self.book.open(day.at, best.contract, best.contracts, price))
    }

    /// What the account is worth at the close.
    fn mark(&mut self, day: &Day) -> Result<()> {
        if let Some(short) = &mut self.book.short {
            match day.chain.get(&short.contract).and_then(|row| row.quote.mark()) {
                Some(mark) => short.mark = money(mark)?,
                None => self.issues.push(Issue { day: day.date, kind: IssueKind::NotQuoted(short.contract) }),
            }
        }
        let stock = self.last_price.map_or(Decimal::ZERO, |(_, price)| price.saturating_mul(self.book.shares));
        let owed = self.book.short.map_or(Decimal::ZERO, |short| short.mark.saturating_mul(short.shares()));
        self.equity.push(EquityPoint { at: day.at, equity: self.book.cash + stock - owed });
        Ok(())
    }
}
