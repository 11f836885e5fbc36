//! Computed Greeks, stored by model and revision.

use std::{fmt, str::FromStr};

use arrayvec::ArrayString;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Error, Page, Paging, Result, SeriesQuery, Source, Timestamp, Upserted,
    market::{ChainQuery, ChainRow, OptionChain, OptionContract, QuoteGreeks, instrument::text_conversions},
    page::paging_builders,
    pricing::Valuation,
    validate::{number, price, volatility},
};

/// The name of a pricing model, such as `black_scholes_merton`.
///
/// One to 32 characters out of `a-z 0-9 _`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Model(ArrayString<32>);

impl Model {
    /// Creates a model name from its text.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is empty, too long, or holds another character.
    pub fn new(text: &str) -> Result<Self> {
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        match ArrayString::from(text) {
            Ok(name) if !text.is_empty() && text.bytes().all(allowed) => Ok(Self(name)),
            _ => Err(Error::invalid_input("a model must be named by 1 to 32 characters out of a-z 0-9 _")
                .with("model", format_args!("{text:?}"))),
        }
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(Model);

/// A pricing model in one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelRevision {
    /// The name of the pricing model.
    pub model: Model,
    /// The model's revision, up to 2³¹ − 1.
    pub revision: u32,
}

impl fmt::Display for ModelRevision {
    /// Writes model and revision, such as `black_scholes_merton/0000000001`. Texts sort as the revisions do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:010}", self.model, self.revision)
    }
}

impl FromStr for ModelRevision {
    type Err = Error;

    /// Parses the text that `Display` writes.
    fn from_str(text: &str) -> Result<Self> {
        let malformed = || {
            Error::invalid_input("a model's revision must be written as in black_scholes_merton/0000000001")
                .with("text", format_args!("{text:?}"))
        };
        let (model, revision) = text.rsplit_once('/').ok_or_else(malformed)?;
        Ok(Self { model: Model::new(model)?, revision: revision.parse().map_err(|_| malformed())? })
    }
}

/// The key of a series of computed Greeks: contract, model and revision. The revision separates results of a
/// corrected model from earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GreeksKey {
    /// The contract that was valued.
    pub contract: OptionContract,
    /// The pricing model of the Greeks.
    pub model: Model,
    /// The model's revision, up to 2³¹ − 1.
    pub revision: u32,
}

/// A model's price and Greeks of a contract at an instant, with the inputs of the computation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComputedGreeks {
    /// The series of the Greeks.
    pub key: GreeksKey,
    /// The event time: the instant of the inputs.
    pub at: Timestamp,
    /// The input price of the underlying.
    pub spot: f64,
    /// The input interest rate, continuously compounded, per 1.00 a year.
    pub rate: f64,
    /// The input dividend yield, continuously compounded, per 1.00 a year.
    pub dividend_yield: f64,
    /// The input volatility, per 1.00 a year.
    pub implied_volatility: f64,
    /// Price and Greeks, in the units of [`Valuation`].
    pub valuation: Valuation,
    /// The source of the quote behind the inputs.
    pub source: Source,
    /// The knowledge time: when the Greeks were computed.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(ComputedGreeks);
crate::port::recorded!(ComputedGreeks, (GreeksKey, Timestamp), "contract": |it| (it.key, it.at), it.key.contract);

impl ComputedGreeks {
    /// Checks every number: finite and below 10¹² in size; prices and volatility not negative; the revision at most
    /// 2³¹ − 1.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        if i32::try_from(self.key.revision).is_err() {
            return Err(Error::invalid_input("revision must be at most 2147483647")
                .with("field", "revision")
                .with("value", self.key.revision));
        }
        price("spot", self.spot)?;
        number("rate", self.rate)?;
        number("dividend_yield", self.dividend_yield)?;
        volatility("implied_volatility", self.implied_volatility)?;
        price("price", self.valuation.price)?;
        self.valuation.greeks().into_iter().try_for_each(|(field, value)| number(field, value))
    }
}

/// A chain with the Greeks that a model computed, side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct GreeksChain {
    /// The chain with its quotes.
    pub chain: OptionChain,
    /// The Greeks of each row of the chain, in its order; `None` for a contract without Greeks within the limits.
    pub greeks: Vec<Option<ComputedGreeks>>,
}

impl GreeksChain {
    /// Returns each row of the chain with its Greeks.
    pub fn rows(&self) -> impl Iterator<Item = (&ChainRow, Option<&ComputedGreeks>)> {
        self.chain.rows().iter().zip(self.greeks.iter().map(Option::as_ref))
    }

    /// Converts into a chain whose quotes have the computed Greeks and volatility in the place of the vendor's, so that
    /// selections by delta use them. Quotes without computed Greeks have none.
    pub fn into_chain(self) -> OptionChain {
        let (underlying, as_of) = (self.chain.underlying, self.chain.as_of);
        let rows = self.chain.into_rows().into_iter().zip(self.greeks).map(|(mut row, greeks)| {
            row.quote.implied_volatility = greeks.as_ref().map(|greeks| greeks.implied_volatility);
            row.quote.greeks =
                greeks.map_or_else(QuoteGreeks::default, |ComputedGreeks { valuation, .. }| QuoteGreeks {
                    delta: Some(valuation.delta),
                    gamma: Some(valuation.gamma),
                    theta: Some(valuation.theta),
                    vega: Some(valuation.vega),
                    rho: Some(valuation.rho),
                });
            row
        });
        OptionChain::new(underlying, as_of, rows.collect())
    }
}

/// A query for Greeks of one contract, model and revision.
pub type GreeksQuery = SeriesQuery<GreeksKey>;

/// The position of stored Greeks: their series and instant. Ordered by contract, revision and instant within one
/// model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GreeksPlace {
    /// The series of the Greeks.
    pub key: GreeksKey,
    /// The instant of the inputs.
    pub at: Timestamp,
}

/// A query for Greeks that earlier revisions of a model computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutdatedGreeksQuery {
    /// The model of the Greeks.
    pub model: Model,
    /// The upper bound of the revisions, exclusive.
    pub below: u32,
    /// The part of the list to return.
    pub paging: Paging,
}

impl OutdatedGreeksQuery {
    /// Creates a query for all Greeks of a model with a revision below `below`.
    pub const fn new(model: Model, below: u32) -> Self {
        Self { model, below, paging: Paging::ALL }
    }

    paging_builders!();
}

/// Computed Greeks. The key of a row is its contract, model, revision and `at`; Greeks are stored in
/// [versions](Upserted#versions).
///
/// ```
/// use strikebook_core::{
///     AsOf, Source,
///     analytics::{ComputedGreeks, GreeksKey, GreeksRepository, Model},
///     memory::MemoryStore,
///     pricing::Valuation,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let contract = "SPY251219C00650000".parse()?;
/// let key = GreeksKey { contract, model: Model::new("black_scholes_merton")?, revision: 1 };
/// let at = "2025-09-25T20:00:00Z".parse()?;
/// let greeks = ComputedGreeks {
///     key,
///     at,
///     spot: 658.05,
///     rate: 0.04,
///     dividend_yield: 0.012,
///     implied_volatility: 0.17,
///     valuation: Valuation { price: 31.2, delta: 0.58, ..Valuation::default() },
///     source: Source::new("cboe")?,
///     recorded_at: at,
/// };
/// let store = MemoryStore::new();
/// store.upsert_greeks(&[greeks]).await?;
/// let last = store.greeks_as_of(&key, AsOf::instant(at)).await?;
/// assert_eq!(last.map(|greeks| greeks.valuation.delta), Some(0.58));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`, and a row of a simulated source with [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store
/// allows such rows. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait GreeksRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores computed Greeks by the [rules of every upsert](Upserted#rules-of-every-upsert). A contract that the
    /// store does not know yet is stored with its [standard details](crate::market::ContractDetails::standard).
    async fn upsert_greeks(&self, greeks: &[ComputedGreeks]) -> Result<Upserted>;

    /// Returns the last Greeks of a contract, model and revision within both limits, in the version valid at the
    /// knowledge limit; `None` when there are none.
    async fn greeks_as_of(&self, key: &GreeksKey, as_of: AsOf) -> Result<Option<ComputedGreeks>>;

    /// Returns the [chain](crate::market::ChainRepository::chain_as_of) of a query, and for each of its contracts the
    /// last Greeks of a model's revision within both limits, in the version valid at the knowledge limit. Greeks older
    /// than `max_quote_age` at the event limit do not count.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative `max_quote_age`.
    async fn chain_with_greeks(&self, query: &ChainQuery, model: ModelRevision) -> Result<GreeksChain>;

    /// Returns the Greeks of one contract, model and revision within the query's limits, in the versions valid at its
    /// knowledge limit, oldest first.
    async fn list_greeks(&self, query: &GreeksQuery) -> Result<Page<ComputedGreeks>>;

    /// Returns the positions of Greeks that earlier revisions of a model computed: the work list of a recomputation.
    /// Each position appears once, however often its Greeks were corrected, ordered by contract, revision and
    /// instant. A position stays in the list when Greeks of a later revision are stored for it.
    async fn list_outdated_greeks(&self, query: &OutdatedGreeksQuery) -> Result<Page<GreeksPlace>>;
}
