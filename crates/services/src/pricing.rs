//! Chains priced: the volatility and the Greeks of every quote, or the reason why it has none.
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
//! use strikebook_services::pricing::{Market, price_chain};
//!
//! let at: Timestamp = "2025-09-25T20:00:00Z".parse()?;
//! let quote = OptionQuote::new("SPY251219P00650000".parse()?, at, Source::new("example")?)
//!     .with_market(Some(15.10), Some(15.14));
//! let rows = vec![ChainRow { quote, age: chrono::TimeDelta::zero() }];
//! let chain = OptionChain::new(Symbol::new("SPY")?, AsOf::instant(at), rows);
//!
//! let curve = ForwardCurve::flat(658.05, 0.042, 0.012)?;
//! let market = Market { curve: &curve, american: &american, european: &european, computed_at: at };
//! let priced = price_chain(&chain, &market);
//! assert!(priced.rows[0].greeks.is_ok());
//! # Ok::<(), strikebook_core::Error>(())
//! ```

mod disagreement;

use std::fmt;

use strikebook_core::{
    AsOf, Result, Timestamp, Upserted,
    analytics::{ComputedGreeks, GreeksKey, GreeksRepository},
    market::{ChainRow, ExerciseStyle, OptionChain, OptionQuote, QuoteGreeks, Symbol},
    pricing::{ForwardCurve, OptionInputs, Pricer, Unpriced, Valuation},
};

pub use disagreement::{Compared, Disagreement, Spread};

/// What a chain is priced with.
#[derive(Clone, Copy, Debug)]
pub struct Market<'a> {
    /// The underlying's price with its rates and yields by time: implied by the chain, or given.
    pub curve: &'a ForwardCurve,
    /// The model of contracts that may be exercised at any time.
    pub american: &'a dyn Pricer,
    /// The model of contracts that are exercised at expiration only.
    pub european: &'a dyn Pricer,
    /// When the Greeks are computed: their `recorded_at`.
    pub computed_at: Timestamp,
}

/// Why a quote has no volatility.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotPriced {
    /// Bid or ask is missing.
    OneSided,
    /// The bid is zero: the price is anywhere below the ask.
    NoBid,
    /// The bid is above the ask.
    Crossed,
    /// The contract was adjusted after a corporate action, and delivers something else than its root's underlying.
    Adjusted,
    /// The model's reason.
    Model(Unpriced),
    /// The model's numbers are out of the range that [`ComputedGreeks::validate`] takes.
    OutOfRange,
}

impl fmt::Display for NotPriced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneSided => f.write_str("bid or ask is missing"),
            Self::NoBid => f.write_str("the bid is zero"),
            Self::Crossed => f.write_str("the bid is above the ask"),
            Self::Adjusted => f.write_str("the contract was adjusted"),
            Self::Model(reason) => fmt::Display::fmt(reason, f),
            Self::OutOfRange => f.write_str("volatility or Greeks are out of range"),
        }
    }
}

/// A quote, and what was computed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PricedRow {
    /// The quote as it was.
    pub row: ChainRow,
    /// Volatility, price and Greeks by the model of the contract's exercise style, as [`GreeksRepository`] takes them.
    pub greeks: Result<ComputedGreeks, NotPriced>,
    /// By how much the vendor's numbers differ, where there are both.
    pub disagreement: Disagreement,
}

/// A chain with what was computed of each quote, in the chain's order.
#[derive(Clone, Debug, PartialEq)]
pub struct PricedChain {
    /// The underlying.
    pub underlying: Symbol,
    /// The limits of the read that gave the chain.
    pub as_of: AsOf,
    /// The rows.
    pub rows: Vec<PricedRow>,
}

/// Computes volatility and Greeks of each quote from its mid price.
///
/// Contracts are American or European as their [root](strikebook_core::market::OptionRoot::exercise_style) tells. Time
/// is counted from the quote's own instant; spot, rate and yield are the curve's. A quote without a two-sided market
/// has none: a last trade tells what an option was worth then, not now.
pub fn price_chain(chain: &OptionChain, market: &Market<'_>) -> PricedChain {
    let mut greeks: Vec<_> = chain.rows().iter().map(|row| mid(&row.quote).map(|_| None)).collect();
    for style in [ExerciseStyle::American, ExerciseStyle::European] {
        let of_style = chain.rows().iter().enumerate().filter_map(|(index, ChainRow { quote, .. })| {
            let price = mid(quote).ok().filter(|_| quote.contract.root().exercise_style() == style)?;
            Some((index, quote, price))
        });
        for (index, computed) in priced(of_style.collect(), style, market) {
            if let Some(greeks) = greeks.get_mut(index) {
                *greeks = computed.map(Some);
            }
        }
    }
    let row = |(row, greeks): (&ChainRow, Result<Option<ComputedGreeks>, NotPriced>)| {
        let greeks = greeks.and_then(|greeks| greeks.ok_or(NotPriced::OutOfRange));
        let disagreement = greeks.as_ref().map(|greeks| Disagreement::between(greeks, &row.quote)).unwrap_or_default();
        PricedRow { row: row.clone(), greeks, disagreement }
    };
    let rows = chain.rows().iter().zip(greeks).map(row).collect();
    PricedChain { underlying: chain.underlying, as_of: chain.as_of, rows }
}

/// The price that a volatility is computed from.
fn mid(quote: &OptionQuote) -> Result<f64, NotPriced> {
    match (quote.bid, quote.mid()) {
        _ if quote.contract.root().is_adjusted() => Err(NotPriced::Adjusted),
        (Some(_), Some(_)) if quote.is_crossed() => Err(NotPriced::Crossed),
        (Some(bid), Some(mid)) if bid > 0.0 => Ok(mid),
        (Some(_), Some(_)) => Err(NotPriced::NoBid),
        _ => Err(NotPriced::OneSided),
    }
}

/// Quotes of one exercise style in two batches: volatilities by prices, and Greeks by volatilities.
fn priced(
    quotes: Vec<(usize, &OptionQuote, f64)>,
    style: ExerciseStyle,
    market: &Market<'_>,
) -> Vec<(usize, Result<ComputedGreeks, NotPriced>)> {
    let model = if style == ExerciseStyle::American { market.american } else { market.european };
    let inputs: Vec<_> = quotes.iter().map(|(_, quote, price)| (inputs(quote, market.curve), *price)).collect();
    let volatilities = model.implied_volatility(&inputs);
    let solved = inputs.iter().zip(&volatilities);
    let solved: Vec<_> =
        solved.filter_map(|((inputs, _), volatility)| Some((*inputs, volatility.as_ref().ok().copied()?))).collect();
    let mut values = model.value(&solved).into_iter();

    let key =
        |quote: &OptionQuote| GreeksKey { contract: quote.contract, model: model.model(), revision: model.revision() };
    let computed = |(((index, quote, _), (inputs, _)), volatility): (((_, &OptionQuote, _), (OptionInputs, _)), _)| {
        let volatility: Result<f64, Unpriced> = volatility;
        let value = |implied_volatility| {
            let valuation: Valuation = values.next().unwrap_or(Err(Unpriced::InvalidInput("batch")))?;
            Ok(ComputedGreeks {
                key: key(quote),
                at: quote.at,
                spot: inputs.spot,
                rate: inputs.rate,
                dividend_yield: inputs.dividend_yield,
                implied_volatility,
                valuation,
                source: quote.source.clone(),
                recorded_at: market.computed_at,
            })
        };
        let greeks = volatility.and_then(value).map_err(NotPriced::Model);
        (index, greeks.and_then(|greeks| greeks.validate().map(|()| greeks).map_err(|_| NotPriced::OutOfRange)))
    };
    quotes.into_iter().zip(inputs).zip(volatilities).map(computed).collect()
}

fn inputs(quote: &OptionQuote, curve: &ForwardCurve) -> OptionInputs {
    let years = quote.contract.years_to_expiration(quote.at);
    OptionInputs {
        option_type: quote.contract.option_type(),
        spot: curve.spot(),
        strike: quote.contract.strike().to_f64(),
        years,
        rate: curve.rate(years),
        dividend_yield: curve.dividend_yield(years),
    }
}

impl PricedChain {
    /// The rows that have Greeks, for [`GreeksRepository::upsert_greeks`].
    pub fn greeks(&self) -> impl Iterator<Item = &ComputedGreeks> {
        self.rows.iter().filter_map(|row| row.greeks.as_ref().ok())
    }

    /// How many quotes have no volatility for each reason, the most frequent first.
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

    /// How far the vendor's numbers are from the computed ones over the chain: of the volatility and of each Greek its
    /// name and the spread of the differences.
    pub fn disagreements(&self) -> Vec<(&'static str, Spread)> {
        disagreement::spreads(&self.rows.iter().map(|row| row.disagreement).collect::<Vec<_>>())
    }

    /// The chain with the computed volatilities and Greeks in place of the vendor's, and none where none could be
    /// computed.
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
