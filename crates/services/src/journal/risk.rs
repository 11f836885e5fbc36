//! The initial risk of trades: the planned loss that R multiples, expected R and the system quality number measure
//! profits in.
//!
//! | the trade | basis | initial risk |
//! |---|---|---|
//! | has a stop | `stop` | the loss at the stop |
//! | options of one expiration that limit the loss: a spread, a long option | `max_loss` | the largest loss |
//! | holds collateral, with a share among the rules | `collateral_share` | that share |
//! | any other, with an amount among the rules | `policy` | that amount |
//!
//! A put whose loss ends where the stock is worthless has no limited loss in this sense: the strike less the premium is
//! nobody's plan, and would make every R tiny. Without a rule such a trade has no initial risk.

use std::collections::BTreeMap;

use strikebook_core::{
    Decimal, Error, Id, Listing, Name, Result,
    market::{Instrument, OptionType},
    money::SCALE,
    trading::journal::{LegGroup, RiskBasis, Side, Trade, TradeFilter, TradeRepository},
};

use super::ROWS_PER_PAGE;

/// The owner's rules for trades whose loss neither a stop nor the contracts limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RiskRules {
    /// The share of the collateral that a trade risks, such as 0.05; `None` for no such rule.
    pub collateral_share: Option<Decimal>,
    /// The amount that a trade risks, in money; `None` for no such rule.
    pub amount: Option<Decimal>,
}

/// The counts of trades that [`fill_risks`] read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilledRisks {
    /// The number of trades that got an initial risk.
    pub filled: u64,
    /// The number of trades that had one, or are finalised.
    pub kept: u64,
    /// The number of trades for which no rule applies.
    pub without: u64,
}

/// Returns the initial risk of trades that were entered together, with its basis; `None` when no rule applies or an
/// amount exceeds the range of a decimal. Known costs are a part of the risk at a stop and of the largest loss.
pub fn initial_risk(legs: &[Trade], rules: &RiskRules) -> Option<(Decimal, RiskBasis)> {
    let found = |risk: Option<Decimal>, basis| {
        let risk = risk.map(|risk| risk.round_dp(SCALE)).filter(|risk| *risk > Decimal::ZERO);
        risk.map(|risk| (risk, basis))
    };
    let costs = || {
        let known = legs.iter().filter_map(|leg| leg.outcome.total_costs).try_fold(Decimal::ZERO, Decimal::checked_add);
        known.map(|costs| costs.max(Decimal::ZERO))
    };
    let share = || {
        let mut collateral = legs.iter().filter_map(|leg| leg.risk.collateral);
        collateral.try_fold(Decimal::ZERO, Decimal::checked_add)?.checked_mul(rules.collateral_share?)
    };
    found(loss_at_stops(legs).and_then(|loss| loss.checked_add(costs()?)), RiskBasis::Stop)
        .or_else(|| found(largest_loss(legs).and_then(|loss| loss.checked_add(costs()?)), RiskBasis::MaxLoss))
        .or_else(|| found(share(), RiskBasis::CollateralShare))
        .or_else(|| found(rules.amount, RiskBasis::Policy))
}

/// Returns the units of a leg in shares, negative when short.
fn shares(leg: &Trade) -> Option<Decimal> {
    let shares = leg.execution.quantity.checked_mul(leg.subject.multiplier.into())?;
    Some(if leg.execution.side == Side::Short { -shares } else { shares })
}

/// Returns the loss at the stops; `None` unless every leg has one.
fn loss_at_stops(legs: &[Trade]) -> Option<Decimal> {
    legs.iter().try_fold(Decimal::ZERO, |sum, leg| {
        let each = leg.execution.entry_price.checked_sub(leg.risk.stop_loss?)?;
        sum.checked_add(each.checked_mul(shares(leg)?)?)
    })
}

/// Returns the largest loss at expiration of options on one underlying with one expiration; `None` for other legs, and
/// when the loss grows with the price, or until the price is zero.
fn largest_loss(legs: &[Trade]) -> Option<Decimal> {
    let first = legs.first()?;
    let is_alike = |leg: &&Trade| {
        leg.subject.symbol == first.subject.symbol && leg.subject.expiration() == first.subject.expiration()
    };
    if !legs.iter().all(|leg| is_alike(&leg)) {
        return None;
    }
    let mut contracts = Vec::new();
    let mut paid = Decimal::ZERO;
    for leg in legs {
        let Instrument::Option(contract) = leg.subject.instrument else { return None };
        let shares = shares(leg)?;
        paid = paid.checked_add(shares.checked_mul(leg.execution.entry_price)?)?;
        contracts.push((contract.option_type(), contract.strike().to_decimal(), shares));
    }
    let held = |of: OptionType| contracts.iter().filter(move |(option_type, ..)| *option_type == of);
    let open_ended = |of| held(of).map(|(.., shares)| *shares).sum::<Decimal>() < Decimal::ZERO;
    if open_ended(OptionType::Call) || open_ended(OptionType::Put) {
        return None;
    }
    let profit = |price: Decimal| {
        let worth = contracts.iter().try_fold(Decimal::ZERO, |sum, (option_type, strike, shares)| {
            let each = if *option_type == OptionType::Call { price - strike } else { strike - price };
            sum.checked_add(each.max(Decimal::ZERO).checked_mul(*shares)?)
        });
        worth?.checked_sub(paid)
    };
    let profits = contracts.iter().map(|(_, strike, _)| profit(*strike)).collect::<Option<Vec<_>>>()?;
    profits.into_iter().min().map(|least| -least)
}

/// Sets the initial risk of an account's trades that have none, legs of one order together: each leg bears an equal
/// part. A risk that is set stays, and finalised and voided trades stay as they are.
///
/// # Errors
/// Those of [`list_trades`](TradeRepository::list_trades) and [`replace_trade`](TradeRepository::replace_trade);
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a rule that is not above zero.
///
/// # Cancel safety
/// A dropped call has filled some trades; another call fills the others.
pub async fn fill_risks(
    store: &(impl TradeRepository + ?Sized),
    account: Name,
    rules: &RiskRules,
) -> Result<FilledRisks> {
    for (field, rule) in [("collateral_share", rules.collateral_share), ("amount", rules.amount)] {
        if let Some(rule) = rule.filter(|rule| *rule <= Decimal::ZERO) {
            return Err(Error::invalid_input("a rule of risk must be above zero")
                .with("field", field)
                .with("value", rule));
        }
    }
    let mut query =
        Listing::new(TradeFilter { account: Some(account), ..TradeFilter::default() }).with_limit(ROWS_PER_PAGE);
    let (mut groups, mut done) =
        (BTreeMap::<(Option<Id<LegGroup>>, Id<Trade>), Vec<Trade>>::new(), FilledRisks::default());
    loop {
        let page = store.list_trades(&query).await?;
        for trade in page.items {
            if trade.finalised || trade.voided_at.is_some() || trade.risk.initial_risk.is_some() {
                done.kept += 1;
                continue;
            }
            let group = trade.origin.leg_group;
            let key = group.map_or((None, trade.id), |group| (Some(group), Id::from_uuid(group.as_uuid())));
            groups.entry(key).or_default().push(trade);
        }
        let Some(next) = page.next else { break };
        query = query.after(next);
    }
    for legs in groups.into_values() {
        let Some((risk, basis)) = initial_risk(&legs, rules) else {
            done.without += legs.len() as u64;
            continue;
        };
        let parts = Decimal::from(legs.len());
        let mut left = (risk, parts);
        for mut leg in legs {
            let part = if left.1 == Decimal::ONE { left.0 } else { (risk / parts).round_dp(SCALE) };
            left = (left.0 - part, left.1 - Decimal::ONE);
            (leg.risk.initial_risk, leg.risk.risk_basis) = (Some(part), Some(basis));
            if basis == RiskBasis::MaxLoss {
                leg.risk.max_risk = leg.risk.max_risk.or(Some(part));
            }
            store.replace_trade(&leg).await?;
            done.filled += 1;
        }
    }
    Ok(done)
}
