//! Corporate actions on positions: what an account holds from the action's date on.
//!
//! Prices are not adjusted by mergers and spin-offs, so that their value shows in the positions alone.
//!
//! | action | stock | option contract |
//! |---|---|---|
//! | split, stock dividend | quantity times, cost over the ratio | after a whole split likewise, with the strike |
//! | symbol change | the new symbol | the new symbol as the root |
//! | merger | the other company's shares with the same cost less the cash; for cash alone a closed position | |
//! | spin-off | as many as before, and the new company's shares beside, whose cost is unknown until it is allocated | |
//! | contract adjustment | | the new root, with its contracts and strike |
//!
//! Strikes are rounded to cents. These are the usual adjustments of the Options Clearing Corporation (by-laws, article
//! VI, section 11A). Where an option is left out of the table, its adjusted terms are the contract adjustment's, which
//! is an action of its own. [`apply_actions`] applies the stored actions to all that an account holds.
//!
//! ```
//! use strikebook_core::{
//!     Name, Source,
//!     market::{ActionKind, CorporateAction, Symbol},
//!     trading::{Position, PositionKey},
//! };
//! use strikebook_services::positions::after_action;
//!
//! let (aapl, ex_date) = (Symbol::new("AAPL")?, "2014-06-09".parse().expect("a date"));
//! let split = CorporateAction::new(aapl, ActionKind::Split, ex_date, Source::new("nasdaq")?)?.with_ratio(7, 1);
//! let key = PositionKey { account: Name::new("U1")?, instrument: aapl.into(), strategy: Name::new("wheel")? };
//! let held = Position::new(key, 100.into(), 630.into(), "2014-05-01T14:30:00Z".parse()?);
//! let after = after_action(&held, &split)?;
//! assert_eq!((after[0].quantity, after[0].average_cost), (700.into(), Some(90.into())));
//! # Ok::<(), strikebook_core::Error>(())
//! ```

mod apply;
mod events;

use rust_decimal::{RoundingStrategy::MidpointAwayFromZero, prelude::ToPrimitive};
use strikebook_core::{
    Decimal, Error, Result,
    market::{ActionKind, ActionStatus, ActionTerms, CorporateAction, Instrument, OptionContract, OptionRoot, Strike},
    money::SCALE,
    trading::Position,
};

pub use apply::{AppliedActions, OpenAction, OpenReason, apply_actions};

/// Returns the positions that a position becomes by a confirmed action: mostly one, none beside it for an action that
/// does not concern it. The caller stores them, and deletes the old one where its key is not among theirs.
///
/// # Errors
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for amounts beyond the range of a decimal, and for terms
/// that no contract can have.
pub fn after_action(position: &Position, action: &CorporateAction) -> Result<Vec<Position>> {
    let changed = |changed: Option<Position>| {
        // An announced action is known before it changes anything.
        let recorded_at = action.at.max(action.recorded_at);
        let updated = |changed| Position { updated_at: action.at, recorded_at, ..changed };
        changed.map_or_else(|| position.clone(), updated)
    };
    if action.status != ActionStatus::Confirmed || !position.is_open() {
        return Ok(vec![position.clone()]);
    }
    Ok(match position.instrument {
        Instrument::Option(contract) => vec![changed(contract_after(position, contract, action)?)],
        Instrument::Symbol(symbol) if symbol == action.key.symbol => match action.key.kind {
            ActionKind::SpinOff => {
                vec![changed(Some(position.clone())), changed(Some(spun_off(position, &action.terms)?))]
            }
            _ => vec![changed(shares_after(position, action)?)],
        },
        Instrument::Symbol(_) => vec![position.clone()],
    })
}

fn too_large() -> Error {
    Error::invalid_input("a position after a corporate action exceeds the range of a decimal")
}

/// Returns the new shares for each old one, exact up to eight decimals in the products.
fn ratio(terms: &ActionTerms) -> Option<(Decimal, Decimal)> {
    terms.new_shares.zip(terms.old_shares)
}

fn times(number: Decimal, (by, over): (Decimal, Decimal)) -> Result<Decimal> {
    let product = number.checked_mul(by).and_then(|product| product.checked_div(over));
    product.map(|product| product.round_dp(SCALE)).ok_or_else(too_large)
}

/// Returns a position with its units multiplied and its cost divided.
fn multiplied(position: &Position, (new, old): (Decimal, Decimal)) -> Result<Position> {
    let average_cost = position.average_cost.map(|cost| times(cost, (old, new))).transpose()?;
    Ok(Position { quantity: times(position.quantity, (new, old))?, average_cost, ..position.clone() })
}

fn shares_after(position: &Position, action: &CorporateAction) -> Result<Option<Position>> {
    let terms = &action.terms;
    Ok(match (action.key.kind, ratio(terms), terms.counterpart) {
        (ActionKind::Split, Some(ratio), _) => Some(multiplied(position, ratio)?),
        (ActionKind::StockDividend, Some((new, old)), _) => {
            Some(multiplied(position, (new.checked_add(old).ok_or_else(too_large)?, old))?)
        }
        (ActionKind::SymbolChange, _, Some(to)) => Some(Position { instrument: to.into(), ..position.clone() }),
        (ActionKind::Merger, Some(ratio), Some(into)) => {
            let average_cost = match (position.average_cost, terms.amount) {
                (Some(cost), Some(cash)) => Some(cost.checked_sub(cash).ok_or_else(too_large)?),
                (cost, _) => cost,
            };
            let paid = Position { average_cost, ..position.clone() };
            Some(Position { instrument: into.into(), ..multiplied(&paid, ratio)? })
        }
        (ActionKind::Merger, None, _) => terms.amount.map(|amount| sold(position, amount)).transpose()?,
        _ => None,
    })
}

/// Returns a position that was closed at a price. Without a known cost the profit is unknown and left out.
fn sold(position: &Position, price: Decimal) -> Result<Position> {
    let closed = Position { quantity: Decimal::ZERO, ..position.clone() };
    let Some(cost) = position.average_cost else { return Ok(closed) };
    let gain = price.checked_sub(cost).ok_or_else(too_large)?;
    let gain = gain.checked_mul(position.quantity).ok_or_else(too_large)?.round_dp(SCALE);
    let realized_pnl = position.realized_pnl.checked_add(gain).ok_or_else(too_large)?;
    Ok(Position { realized_pnl, ..closed })
}

fn spun_off(position: &Position, terms: &ActionTerms) -> Result<Position> {
    let missing = || Error::invalid_input("a spin-off must have a company and its shares");
    let (company, ratio) = terms.counterpart.zip(ratio(terms)).ok_or_else(missing)?;
    Ok(Position {
        instrument: company.into(),
        quantity: times(position.quantity, ratio)?,
        average_cost: None,
        realized_pnl: Decimal::ZERO,
        ..position.clone()
    })
}

/// Returns the position in an adjusted contract; `None` for an action that does not adjust it.
fn contract_after(position: &Position, contract: OptionContract, action: &CorporateAction) -> Result<Option<Position>> {
    let (terms, root) = (&action.terms, contract.root());
    let is_root = root.as_str() == action.key.symbol.as_str();
    let is_underlying = root.underlying()? == action.key.symbol && !root.is_adjusted();
    let adjusted = match (action.key.kind, ratio(terms), terms.counterpart) {
        (ActionKind::Split, Some((new, old)), _) if is_underlying => {
            let Some(into) = split_contract(contract, (new, old))? else { return Ok(None) };
            (into, multiplied(position, (new, old))?)
        }
        (ActionKind::SymbolChange, _, Some(to)) if is_underlying => {
            (with_terms(contract, OptionRoot::new(to.as_str())?, contract.strike())?, position.clone())
        }
        (ActionKind::ContractAdjustment, ratio, Some(to)) if is_root => {
            let contracts = terms.contract.as_ref().map_or(Decimal::ONE, |adjusted| adjusted.contracts);
            let strike = ratio.map_or(Ok(contract.strike()), |ratio| divided(contract.strike(), ratio))?;
            let into = with_terms(contract, OptionRoot::new(to.as_str())?, strike)?;
            (into, multiplied(position, (contracts, Decimal::ONE))?)
        }
        _ => return Ok(None),
    };
    Ok(Some(Position { instrument: adjusted.0.into(), ..adjusted.1 }))
}

/// Returns the contract after a split that multiplies contracts by a whole number and divides strikes by it, rounded to
/// cents, as the Options Clearing Corporation adjusts them; `None` after any other split, for which the contracts have
/// a new root.
pub(crate) fn split_contract(
    contract: OptionContract,
    (new, old): (Decimal, Decimal),
) -> Result<Option<OptionContract>> {
    let is_whole = new > old && new.checked_rem(old) == Some(Decimal::ZERO);
    if !is_whole {
        return Ok(None);
    }
    with_terms(contract, contract.root(), divided(contract.strike(), (new, old))?).map(Some)
}

/// Divides a strike, rounded to cents.
fn divided(strike: Strike, (new, old): (Decimal, Decimal)) -> Result<Strike> {
    let exact =
        strike.to_decimal().checked_mul(old).and_then(|strike| strike.checked_div(new)).ok_or_else(too_large)?;
    let thousandths = exact.round_dp_with_strategy(2, MidpointAwayFromZero).checked_mul(Decimal::ONE_THOUSAND);
    let thousandths = thousandths.and_then(|thousandths| thousandths.to_u32()).ok_or_else(too_large)?;
    Strike::from_thousandths(thousandths)
}

fn with_terms(contract: OptionContract, root: OptionRoot, strike: Strike) -> Result<OptionContract> {
    OptionContract::new(root, contract.expiration(), contract.option_type(), strike)
}
