//! The returns of a closed cycle on its collateral.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Cycle, Lot};
use crate::{
    Decimal, Timestamp,
    market::{Instrument, OptionContract, OptionType},
};

/// The returns of a closed cycle on the most cash that it tied up at once: 0.08 is 8 %.
///
/// Cash secures short puts at their strikes, and pays for shares and bought options at their opening prices. Calls are
/// covered by shares and tie up nothing of their own. Legs do not offset each other, so the collateral of a spread is
/// that of its short put, not its width.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleReturns {
    /// The most cash tied up after any instant of the cycle; above zero.
    pub collateral: Decimal,
    /// The realised profit over the collateral.
    pub realized: f64,
    /// `realized` times 365 over the days from opening to closing; `None` for a cycle closed in its first instant.
    pub annualized: Option<f64>,
    /// The static return: net option credits and dividends less fees, over the collateral, as if the share price had
    /// stayed the same. (The Options Industry Council, *Covered Call*: "static return".)
    pub if_unchanged: f64,
    /// The static return plus the gain from the cost of the shares to the strike of the last written call, as if it had
    /// been exercised ("if-called return"); `None` for a cycle without a call on its shares.
    pub if_called: Option<f64>,
}

/// The holdings of a cycle that tie up cash.
#[derive(Clone, Copy, Default)]
struct Tied {
    cash: Decimal,
    shares: Decimal,
    /// The shares that short calls may demand.
    on_call: Decimal,
}

impl Cycle {
    /// Returns the returns on collateral; `None` while something is open, for a cycle with calls that no shares cover
    /// or with shares sold short, whose collateral is the broker's to set, and for one that ties up no cash.
    pub fn returns(&self) -> Option<CycleReturns> {
        let closed_at = self.closed_at?;
        let collateral = self.collateral()?;
        let over = |amount: Decimal| -> Option<f64> { amount.checked_div(collateral)?.try_into().ok() };
        let income = self.premium.checked_add(self.dividends)?.checked_sub(self.fees)?;
        let realized = over(self.realized_pnl)?;
        let days = closed_at.since(self.opened_at).as_seconds_f64() / 86_400.0;
        let if_called = match self.gain_if_called() {
            None => None,
            Some(gain) => Some(over(income.checked_add(gain)?)?),
        };
        Some(CycleReturns {
            collateral,
            realized,
            annualized: (days > 0.0).then(|| realized * 365.0 / days),
            if_unchanged: over(income)?,
            if_called,
        })
    }

    /// Returns the most cash tied up after any instant; `None` when the collateral is unknown, or is none.
    fn collateral(&self) -> Option<Decimal> {
        let mut changes = BTreeMap::<Timestamp, Tied>::new();
        let mut change = |at, lot: &Lot, units: Decimal| {
            let tied = changes.entry(at).or_default();
            let shares = units.checked_mul(lot.multiplier.into())?;
            match kind(lot) {
                Kind::ShortPut(contract) => {
                    let secured = contract.strike().to_decimal().checked_mul(-shares)?;
                    tied.cash = tied.cash.checked_add(secured)?;
                }
                Kind::ShortCall(_) => tied.on_call = tied.on_call.checked_sub(shares)?,
                Kind::Long => tied.cash = tied.cash.checked_add(lot.price.checked_mul(shares)?)?,
                Kind::Shares => {
                    tied.cash = tied.cash.checked_add(lot.price.checked_mul(shares)?)?;
                    tied.shares = tied.shares.checked_add(shares)?;
                }
            }
            Some(())
        };
        for lot in &self.lots {
            change(lot.opened_at, lot, lot.quantity)?;
            for closing in &lot.closings {
                change(closing.at, lot, closing.quantity)?;
            }
        }
        let (mut tied, mut most) = (Tied::default(), Decimal::ZERO);
        for step in changes.values() {
            tied.cash = tied.cash.checked_add(step.cash)?;
            tied.shares = tied.shares.checked_add(step.shares)?;
            tied.on_call = tied.on_call.checked_add(step.on_call)?;
            if tied.shares < Decimal::ZERO || tied.on_call > tied.shares {
                return None;
            }
            most = most.max(tied.cash);
        }
        Some(most).filter(|most| *most > Decimal::ZERO)
    }

    /// Returns the gain of the shares to the strike of the last call written on them.
    fn gain_if_called(&self) -> Option<Decimal> {
        let calls = self.lots.iter().filter_map(|lot| match kind(lot) {
            Kind::ShortCall(contract) => Some((lot, contract)),
            _ => None,
        });
        let (call, contract) = calls.max_by_key(|(lot, contract)| (lot.opened_at, contract.strike()))?;
        let (mut shares, mut cost) = (Decimal::ZERO, Decimal::ZERO);
        for lot in self.lots.iter().filter(|lot| matches!(kind(lot), Kind::Shares) && lot.opened_at <= call.opened_at) {
            let before = lot.closings.iter().filter(|closing| closing.at < call.opened_at);
            let held = before.fold(lot.quantity, |held, closing| held + closing.quantity);
            shares = shares.checked_add(held)?;
            cost = cost.checked_add(held.checked_mul(lot.price)?)?;
        }
        let each = contract.strike().to_decimal().checked_sub(cost.checked_div(shares)?)?;
        let written = call.quantity.abs().checked_mul(call.multiplier.into())?;
        each.checked_mul(written)
    }
}

/// The kinds of lots by what they tie up. `Long` is a bought option; `Shares` may be sold short.
enum Kind {
    ShortPut(OptionContract),
    ShortCall(OptionContract),
    Long,
    Shares,
}

fn kind(lot: &Lot) -> Kind {
    match lot.instrument {
        Instrument::Symbol(_) => Kind::Shares,
        Instrument::Option(_) if lot.quantity > Decimal::ZERO => Kind::Long,
        Instrument::Option(contract) if contract.option_type() == OptionType::Put => Kind::ShortPut(contract),
        Instrument::Option(contract) => Kind::ShortCall(contract),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Id, Name, Source,
        market::Symbol,
        trading::journal::{EventKind, JournalEvent, Projection},
    };

    const PUT: &str = "ABC   240216P00100000";
    const CALL: &str = "ABC   240315C00105000";

    fn cycle(events: &[(u32, EventKind, &str, i64, i64)]) -> Cycle {
        let name = |text| Name::new(text).expect("a name");
        let events = events.iter().enumerate().map(|(number, (day, kind, instrument, quantity, price))| {
            JournalEvent::new(
                Id::named(&number.to_string()),
                (name("U1"), name("wheel"), Id::named("cycle")),
                (
                    format!("2024-01-{day:02}T20:00:00Z").parse().expect("an instant"),
                    Source::new("t").expect("a source"),
                ),
                *kind,
                (Symbol::new("ABC").expect("a symbol"), instrument.parse().expect("an instrument")),
                ((*quantity).into(), (*price).into()),
            )
        });
        Projection::of(&events.collect::<Vec<_>>()).expect("a cycle").cycle
    }

    #[test]
    fn a_wheel_is_measured_on_its_put_and_shares() {
        let events = [
            (1, EventKind::Open, PUT, -1, 2),
            (11, EventKind::Assign, PUT, 1, 0),
            (12, EventKind::Open, CALL, -1, 1),
            (21, EventKind::CalledAway, CALL, 1, 0),
        ];
        let returns = cycle(&events).returns().expect("a closed cycle");
        assert_eq!(returns.collateral, 10_000.into());
        assert_eq!((returns.realized, returns.if_unchanged, returns.if_called), (0.08, 0.03, Some(0.08)));
        assert_eq!(returns.annualized, Some(0.08 * 365.0 / 20.0));
        assert_eq!(cycle(&events[..3]).returns(), None, "open");
    }

    #[test]
    fn a_call_bought_back_tells_what_it_promised() {
        let bought = cycle(&[
            (1, EventKind::Open, "ABC", 200, 50),
            (2, EventKind::Open, CALL, -2, 3),
            (3, EventKind::Close, CALL, 2, 4),
            (3, EventKind::Close, "ABC", -200, 52),
        ]);
        let returns = bought.returns().expect("a closed cycle");
        // Credits of 600 and debits of 800 on 10,000, and 55 a share up to the strike.
        assert_eq!((returns.realized, returns.if_unchanged, returns.if_called), (0.02, -0.02, Some(1.08)));
    }

    #[test]
    fn puts_alone_are_not_called_and_naked_calls_have_no_collateral() {
        let put = cycle(&[(1, EventKind::Open, PUT, -1, 2), (2, EventKind::Expire, PUT, 1, 0)]);
        assert_eq!(put.returns().map(|returns| (returns.realized, returns.if_called)), Some((0.02, None)));
        let naked = cycle(&[(1, EventKind::Open, CALL, -1, 2), (2, EventKind::Expire, CALL, 1, 0)]);
        assert_eq!(naked.returns(), None);
    }
}
