//! Pricing of chains: the volatility and the Greeks of every quote, or the reason why there are none.
//!
//! ```
//! # use strikebook_core::{analytics::Model, pricing::{OptionInputs, Pricer, Unpriced, Valuation}};
//! # #[derive(Debug)] struct Free;
//! # impl Pricer for Free {
//! #     fn model(&self) -> Model { Model::new("free").expect("a name") }
//! #     fn revision(&self) -> u32 { 1 }
//! #     fn value(&self, o: &[(OptionInputs, f64)]) -> Vec<Result<Valuation, Unpriced>> { vec![Ok(Valuation::default()); o.len()] }
//! #     fn implied_volatility(&self, o: &[(OptionInputs, f64)]) -> Vec<Result<f64, Unpriced>> { vec![Ok(0.2); o.len()] }
//! # }
//! # let (american, european) = (Free, Free);
//! use strikebook_core::{
//!     AsOf, Source, Timestamp,
//!     market::{ChainRow, OptionChain, OptionQuote, Symbol},
//!     pricing::ForwardCurve,
//! };
//! use strikebook_services::pricing::{ChainPricing, price_chain};
//!
//! let at: Timestamp = "2025-09-25T20:00:00Z".parse()?;
//! let quote = OptionQuote::new("SPY251219P00650000".parse()?, at, Source::new("example")?)
//!     .with_market(Some(15.10), Some(15.14));
//! let rows = vec![ChainRow::new(quote, chrono::TimeDelta::zero())];
//! let chain = OptionChain::new(Symbol::new("SPY")?, AsOf::instant(at), rows);
//!
//! let curve = ForwardCurve::flat(658.05, 0.042, 0.012)?;
//! let pricing = ChainPricing { curve: &curve, american: &american, european: &european, computed_at: at };
//! let priced = price_chain(&chain, &pricing)?;
//! assert!(priced.rows[0].greeks.is_ok());
//! # Ok::<(), strikebook_core::Error>(())
//! ```

mod disagreement;

use std::fmt;

use strikebook_core::{
    AsOf, Error, ErrorKind, Result, Timestamp, Upserted,
    analytics::{ComputedGreeks, GreeksKey, GreeksRepository},
    market::{ChainRow, ExerciseStyle, OptionChain, QuoteGreeks, Symbol},
    pricing::{ForwardCurve, OptionInputs, Pricer, Unpriced, Valuation},
};

pub use disagreement::{Compared, Disagreement, DisagreementSpread};

/// The curve and the models of a chain's pricing.
#[derive(Clone, Copy, Debug)]
pub struct ChainPricing<'a> {
    /// The underlying's price with its rates and yields by time, implied by the chain or given.
    pub curve: &'a ForwardCurve,
    /// The model of American contracts, which may be exercised at any time.
    pub american: &'a dyn Pricer,
    /// The model of European contracts, which are exercised at expiration only.
    pub european: &'a dyn Pricer,
    /// The instant of the computation, the `recorded_at` of the Greeks.
    pub computed_at: Timestamp,
}

/// The reason why a quote has no Greeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotPriced {
    /// Bid or ask is missing.
    OneSided,
    /// The bid is zero: any price below the ask is possible.
    NoBid,
    /// The bid is above the ask.
    Crossed,
    /// The payoff of the contract was struck by the chain's event limit or by the quote.
    Settled,
    /// The contract was adjusted after a corporate action, and delivers something other than its root's underlying.
    Adjusted,
    /// The model has no value, for this reason.
    Model(Unpriced),
    /// The model's numbers are outside of the range of [`ComputedGreeks::validate`].
    OutOfRange,
}

impl fmt::Display for NotPriced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneSided => f.write_str("bid or ask is missing"),
            Self::NoBid => f.write_str("the bid is zero"),
            Self::Crossed => f.write_str("the bid is above the ask"),
            Self::Settled => f.write_str("the contract has settled"),
            Self::Adjusted => f.write_str("the contract was adjusted"),
            Self::Model(reason) => fmt::Display::fmt(reason, f),
            Self::OutOfRange => f.write_str("volatility or Greeks are out of range"),
        }
    }
}

/// A quote with its computed Greeks.
#[derive(Clone, Debug, PartialEq)]
pub struct PricedRow {
    /// The quote as it was stored.
    pub row: ChainRow,
    /// Volatility, price and Greeks by the model of the contract's exercise style, as [`GreeksRepository`] takes them.
    pub greeks: Result<ComputedGreeks, NotPriced>,
    /// The differences of the vendor's numbers, where there are both.
    pub disagreement: Disagreement,
}

/// A chain with the computed Greeks of each quote, in the chain's order.
#[derive(Clone, Debug, PartialEq)]
pub struct PricedChain {
    /// The underlying of the chain.
    pub underlying: Symbol,
    /// The limits of the read that returned the chain.
    pub as_of: AsOf,
    /// The rows in the chain's order.
    pub rows: Vec<PricedRow>,
}

/// Computes volatility and Greeks of each quote from its mid price.
///
/// Each contract is priced by the terms of its row, which are those of its stored details, else of the product table:
/// exercise style, and the time from the quote's own instant to [the
/// settlement](strikebook_core::market::ContractLife). Spot, rate and yield are the curve's. Nothing is priced after it
/// has settled. A quote without a two-sided market has no Greeks: a last trade is the option's price at that time, not
/// now.
///
/// # Errors
/// [`Internal`](ErrorKind::Internal) when a model returns another number of results than it was given options.
pub fn price_chain(chain: &OptionChain, pricing: &ChainPricing<'_>) -> Result<PricedChain> {
    // Each row is priced under one of the two styles, or has a reason before any model is called.
    let mut greeks: Vec<_> = chain.rows().iter().map(|row| price(row, chain.as_of).map(|_| None)).collect();
    for style in [ExerciseStyle::American, ExerciseStyle::European] {
        let of_style = chain.rows().iter().enumerate().filter_map(|(index, row)| {
            let price = price(row, chain.as_of).ok().filter(|_| row.product.exercise_style == style)?;
            Some((index, row, price))
        });
        for (index, computed) in price_quotes(of_style.collect(), style, pricing)? {
            if let Some(greeks) = greeks.get_mut(index) {
                *greeks = computed.map(Some);
            }
        }
    }
    let mut rows = Vec::with_capacity(greeks.len());
    for (row, greeks) in chain.rows().iter().zip(greeks) {
        let greeks = match greeks {
            Ok(Some(greeks)) => Ok(greeks),
            Ok(None) => return Err(Error::new(ErrorKind::Internal, "a quote was priced under no exercise style")),
            Err(reason) => Err(reason),
        };
        let disagreement = match &greeks {
            Ok(greeks) => Disagreement::between(greeks, &row.quote),
            Err(_) => Disagreement::default(),
        };
        rows.push(PricedRow { row: row.clone(), greeks, disagreement });
    }
    Ok(PricedChain { underlying: chain.underlying, as_of: chain.as_of, rows })
}

/// Returns the price from which the volatility is computed.
fn price(ChainRow { quote, life, .. }: &ChainRow, as_of: AsOf) -> Result<f64, NotPriced> {
    match (quote.bid, quote.mid()) {
        _ if life.is_settled(quote.at.max(as_of.at)) => Err(NotPriced::Settled),
        _ if quote.contract.root().is_adjusted() => Err(NotPriced::Adjusted),
        (Some(_), Some(_)) if quote.is_crossed() => Err(NotPriced::Crossed),
        (Some(bid), Some(mid)) if bid > 0.0 => Ok(mid),
        (Some(_), Some(_)) => Err(NotPriced::NoBid),
        _ => Err(NotPriced::OneSided),
    }
}

/// Prices quotes of one exercise style in two batches: volatilities from prices, and Greeks from volatilities.
fn price_quotes(
    rows: Vec<(usize, &ChainRow, f64)>,
    style: ExerciseStyle,
    pricing: &ChainPricing<'_>,
) -> Result<Vec<(usize, Result<ComputedGreeks, NotPriced>)>> {
    let model = if style == ExerciseStyle::American { pricing.american } else { pricing.european };
    let inputs: Vec<_> = rows.iter().map(|(_, row, price)| (inputs(row, pricing.curve), *price)).collect();
    let volatilities = model.implied_volatility(&inputs);
    check_count(model, inputs.len(), volatilities.len())?;
    let solved = inputs.iter().zip(&volatilities);
    let solved: Vec<_> =
        solved.filter_map(|((inputs, _), volatility)| Some((*inputs, volatility.as_ref().ok().copied()?))).collect();
    let valuations = model.value(&solved);
    check_count(model, solved.len(), valuations.len())?;
    let mut valuations = valuations.into_iter();

    let mut priced = Vec::with_capacity(rows.len());
    for (((index, ChainRow { quote, .. }, _), (inputs, _)), volatility) in
        rows.into_iter().zip(inputs).zip(volatilities)
    {
        let computed = match volatility {
            Err(reason) => Err(NotPriced::Model(reason)),
            Ok(volatility) => match valuations.next() {
                None => return Err(wrong_count(model)),
                Some(Err(reason)) => Err(NotPriced::Model(reason)),
                Some(Ok(valuation)) => in_range(ComputedGreeks {
                    key: GreeksKey { contract: quote.contract, model: model.model(), revision: model.revision() },
                    at: quote.at,
                    spot: inputs.spot,
                    rate: inputs.rate,
                    dividend_yield: inputs.dividend_yield,
                    implied_volatility: volatility,
                    valuation,
                    source: quote.source.clone(),
                    recorded_at: pricing.computed_at,
                }),
            },
        };
        priced.push((index, computed));
    }
    Ok(priced)
}

fn in_range(greeks: ComputedGreeks) -> Result<ComputedGreeks, NotPriced> {
    match greeks.validate() {
        Ok(()) => Ok(greeks),
        Err(_) => Err(NotPriced::OutOfRange),
    }
}

/// Checks that a model returned one result for each option.
pub(crate) fn check_count(model: &dyn Pricer, options: usize, results: usize) -> Result<()> {
    if options == results { Ok(()) } else { Err(wrong_count(model).with("options", options).with("results", results)) }
}

fn wrong_count(model: &dyn Pricer) -> Error {
    Error::new(ErrorKind::Internal, "a model must return one result for each option").with("model", model.model())
}

fn inputs(row: &ChainRow, curve: &ForwardCurve) -> OptionInputs {
    let years = row.years_to_expiration();
    OptionInputs {
        option_type: row.quote.contract.option_type(),
        spot: curve.spot(),
        strike: row.quote.contract.strike().to_f64(),
        years,
        rate: curve.rate(years),
        dividend_yield: curve.dividend_yield(years),
    }
}

impl PricedChain {
    /// Returns the computed Greeks, for [`GreeksRepository::upsert_greeks`].
    pub fn greeks(&self) -> impl Iterator<Item = &ComputedGreeks> {
        self.rows.iter().filter_map(|row| row.greeks.as_ref().ok())
    }

    /// Returns the reasons of the quotes without Greeks, each with its number, the most frequent first.
    pub fn reasons(&self) -> Vec<(NotPriced, usize)> {
        let mut reasons: Vec<(NotPriced, usize)> = Vec::new();
        for reason in self.rows.iter().filter_map(|row| row.greeks.as_ref().err()) {
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, count)) => *count += 1,
                None => reasons.push((*reason, 1)),
            }
        }
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        reasons
    }

    /// Returns the differences of the vendor's numbers over the chain: for the volatility and each of the Greeks, the
    /// name and the spread of the differences.
    pub fn disagreements(&self) -> Vec<(&'static str, DisagreementSpread)> {
        disagreement::spreads(&self.rows.iter().map(|row| row.disagreement).collect::<Vec<_>>())
    }

    /// Returns the chain with the computed volatilities and Greeks in place of the vendor's. Quotes without computed
    /// ones have none.
    pub fn to_chain(&self) -> OptionChain {
        let row = |PricedRow { row, greeks, .. }: &PricedRow| {
            let mut row = row.clone();
            let greeks = greeks.as_ref().ok();
            row.quote.implied_volatility = greeks.map(|greeks| greeks.implied_volatility);
            row.quote.greeks = greeks.map_or_else(QuoteGreeks::default, |greeks| quote_greeks(&greeks.valuation));
            row
        };
        OptionChain::new(self.underlying, self.as_of, self.rows.iter().map(row).collect())
    }
}

const fn quote_greeks(valuation: &Valuation) -> QuoteGreeks {
    let Valuation { delta, gamma, theta, vega, rho, .. } = *valuation;
    QuoteGreeks { delta: Some(delta), gamma: Some(gamma), theta: Some(theta), vega: Some(vega), rho: Some(rho) }
}

/// Stores the Greeks of a priced chain, with their model and revision.
///
/// # Errors
/// Those of [`upsert_greeks`](GreeksRepository::upsert_greeks).
///
/// # Cancel safety
/// A dropped call stores all Greeks or none.
pub async fn store_greeks(store: &(impl GreeksRepository + ?Sized), priced: &PricedChain) -> Result<Upserted> {
    store.upsert_greeks(&priced.greeks().cloned().collect::<Vec<_>>()).await
}
