//! Computed Greeks, kept by model and revision.

use arrayvec::ArrayString;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Cursor, Error, Limit, Page, Result, SeriesQuery, Source, Timestamp, Upserted,
    market::{OptionContract, instrument::text_conversions},
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
    /// A model by its name.
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

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(Model);

/// Whose Greeks, and by which model. The revision tells results of a mended model from those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GreeksKey {
    /// The contract.
    pub contract: OptionContract,
    /// The model.
    pub model: Model,
    /// The model's revision, up to 2³¹ − 1.
    pub revision: u32,
}

/// A model's price and Greeks of a contract at an instant, with the inputs they come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComputedGreeks {
    /// Whose Greeks, and by which model.
    pub key: GreeksKey,
    /// The instant that the inputs are of.
    pub at: Timestamp,
    /// The underlying's price that went in.
    pub spot: f64,
    /// The continuously compounded interest rate that went in, per 1.00 a year.
    pub rate: f64,
    /// The continuously compounded dividend yield that went in, per 1.00 a year.
    pub dividend_yield: f64,
    /// The volatility that went in, per 1.00 a year.
    pub implied_volatility: f64,
    /// Price and Greeks, in the units of [`Valuation`].
    pub valuation: Valuation,
    /// The source of the quote that they were computed from.
    pub source: Source,
    /// When they were computed.
    pub recorded_at: Timestamp,
}

impl ComputedGreeks {
    /// Checks every number: finite and not absurdly large, prices and volatility not negative.
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

/// Which Greeks of one contract and model to list.
pub type GreeksQuery = SeriesQuery<GreeksKey>;

/// Where Greeks are kept: whose they are, and the instant that their inputs are of. Sorted by contract, revision and
/// instant among those of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GreeksPlace {
    /// Whose Greeks, and by which model.
    pub key: GreeksKey,
    /// The instant that the inputs are of.
    pub at: Timestamp,
}

/// Which Greeks to list that earlier revisions of a model computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutdatedGreeksQuery {
    /// The model.
    pub model: Model,
    /// Greeks of revisions below this one.
    pub below: u32,
    /// At most so many in a page; `None` puts all into one.
    pub limit: Option<Limit>,
    /// Continue after a page.
    pub after: Option<Cursor>,
}

impl OutdatedGreeksQuery {
    /// All Greeks of a model's revisions below one.
    pub const fn new(model: Model, below: u32) -> Self {
        Self { model, below, limit: None, after: None }
    }

    /// At most so many in a page.
    #[must_use]
    pub const fn with_limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Continue after a page.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// The last place of the page before; `None` for the first page. For implementors of a port.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one that
    /// [`cursor_behind`](Self::cursor_behind) made.
    pub fn last_seen(&self) -> Result<Option<GreeksPlace>> {
        let Some(cursor) = &self.after else { return Ok(None) };
        let parse = |text: &str| {
            let mut parts = text.splitn(3, '/');
            let contract = parts.next()?.parse().ok()?;
            let revision = parts.next()?.parse().ok()?;
            let at = Timestamp::from_micros(parts.next()?.parse().ok()?).ok()?;
            Some(GreeksPlace { key: GreeksKey { contract, model: self.model, revision }, at })
        };
        parse(cursor.key()).map(Some).ok_or_else(|| {
            Error::invalid_input("the cursor is not one that a list of outdated Greeks gave")
                .with("cursor", cursor.key())
        })
    }

    /// The cursor behind a place. For implementors of a port.
    pub fn cursor_behind(place: &GreeksPlace) -> Cursor {
        let GreeksKey { contract, revision, .. } = place.key;
        Cursor::from_key(format!("{contract}/{revision}/{}", place.at.as_micros()))
    }
}

/// Computed Greeks. A row's key is its contract, model, revision and `at`; every version that was believed is kept
/// ([`Upserted`]).
#[async_trait]
pub trait GreeksRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores computed Greeks. A contract not seen before becomes known with its
    /// [standard details](crate::market::ContractDetails::standard).
    ///
    /// Writing the same rows again changes nothing. A row that differs from what is stored becomes the current version,
    /// or, if it was computed earlier, a past one; the other version is kept. Of several rows with one key the last
    /// wins. An empty batch is fine and does nothing. Either all rows are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not [valid](ComputedGreeks::validate), with its
    /// index as `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store does
    /// not allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all rows or none.
    async fn upsert_greeks(&self, greeks: &[ComputedGreeks]) -> Result<Upserted>;

    /// The last Greeks of a contract, model and revision within both limits; `None` when there are none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn greeks_as_of(&self, key: &GreeksKey, as_of: AsOf) -> Result<Option<ComputedGreeks>>;

    /// The Greeks of one contract, model and revision within the query's limits, oldest first.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_greeks(&self, query: &GreeksQuery) -> Result<Page<ComputedGreeks>>;

    /// Where Greeks are that revisions of a model below one computed: the work list of a recomputation. Each place
    /// appears once, however often its Greeks were corrected, in the order of contract, revision and instant. Places
    /// stay in the list when Greeks of a later revision are stored beside them.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_outdated_greeks(&self, query: &OutdatedGreeksQuery) -> Result<Page<GreeksPlace>>;
}
