//! Option contracts: identity, symbols and details.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use arrayvec::ArrayString;
use async_trait::async_trait;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    instrument::{Symbol, text_conversions},
    life::ContractLife,
    product::Product,
};
use crate::{AsOf, Decimal, Error, Page, Paging, Result, Source, Timestamp, Upserted, page::paging_builders};

/// The type of an option: call or put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionType {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

impl OptionType {
    /// Returns the stored text, `call` or `put`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Put => "put",
        }
    }

    /// Returns the letter of an OCC symbol.
    const fn letter(self) -> char {
        match self {
            Self::Call => 'C',
            Self::Put => 'P',
        }
    }

    /// Returns the value per share of exercising the option at a price of its underlying; never negative.
    pub fn intrinsic(self, strike: Strike, underlying_price: f64) -> f64 {
        match self {
            Self::Call => (underlying_price - strike.to_f64()).max(0.0),
            Self::Put => (strike.to_f64() - underlying_price).max(0.0),
        }
    }
}

impl fmt::Display for OptionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for OptionType {
    type Err = Error;

    /// Parses `call`, `put`, `C` or `P` in any case.
    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "call" | "c" => Ok(Self::Call),
            "put" | "p" => Ok(Self::Put),
            _ => {
                Err(Error::invalid_input("an option type must be call, put, C or P")
                    .with("text", format_args!("{text:?}")))
            }
        }
    }
}

/// A strike price in whole thousandths, so that equality is exact: from 0.001 to 99,999.999, the range of an OCC
/// symbol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub struct Strike(u32);

impl Strike {
    const MAX_THOUSANDTHS: u32 = 99_999_999;

    /// Creates a strike from thousandths: 650,000 is a strike of 650.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) outside 1..=99,999,999.
    pub fn from_thousandths(thousandths: u32) -> Result<Self> {
        if (1..=Self::MAX_THOUSANDTHS).contains(&thousandths) {
            return Ok(Self(thousandths));
        }
        Err(Error::invalid_input("a strike must lie between 0.001 and 99999.999").with("thousandths", thousandths))
    }

    /// Returns the strike in thousandths.
    pub const fn thousandths(self) -> u32 {
        self.0
    }

    /// Returns the strike as a float. Two strikes are equal exactly when their floats are, and `try_from` converts
    /// back.
    pub fn to_f64(self) -> f64 {
        f64::from(self.0) / 1000.0
    }

    /// Returns the strike as an exact decimal.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0.into(), 3)
    }
}

impl TryFrom<f64> for Strike {
    type Error = Error;

    /// Converts a float that is a whole number of thousandths, up to the rounding of its last binary digits.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for NaN, for more than three decimals, and outside the range;
    /// a strike is never rounded.
    fn try_from(value: f64) -> Result<Self> {
        let thousandths = (value * 1000.0).round();
        let in_range = (1.0..=f64::from(Self::MAX_THOUSANDTHS)).contains(&thousandths);
        if in_range && (value * 1000.0 - thousandths).abs() <= thousandths * 4.0 * f64::EPSILON {
            // In range, so the cast is exact.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            return Ok(Self(thousandths as u32));
        }
        Err(Error::invalid_input("a strike must lie between 0.001 and 99999.999 and have at most three decimals")
            .with("strike", value))
    }
}

impl From<Strike> for f64 {
    fn from(strike: Strike) -> Self {
        strike.to_f64()
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_f64(), f)
    }
}

impl fmt::Debug for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The root of an OCC symbol: usually the underlying's symbol without its punctuation (`SPY`, `BRKB`), for some index
/// options a name of its own (`SPXW`), for contracts adjusted after a corporate action a numbered one (`AAPL1`), and
/// for FLEX options one with a digit in front (`2SPX`).
///
/// One to six characters out of `A-Z 0-9`, at least one of them a letter. A point is left out: `BRK.B` is `BRKB`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OptionRoot(ArrayString<6>);

impl OptionRoot {
    /// Creates a root from its text.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is empty, too long, or holds another character.
    pub fn new(text: &str) -> Result<Self> {
        const LENGTH: usize = 6;
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '.';
        let is_root =
            text.len() <= LENGTH && text.chars().all(allowed) && text.contains(|c: char| c.is_ascii_uppercase());
        let mut root = ArrayString::new();
        if is_root && text.chars().filter(|c| *c != '.').all(|c| root.try_push(c).is_ok()) {
            return Ok(Self(root));
        }
        Err(Error::invalid_input("an option root must be 1 to 6 characters out of A-Z 0-9 . and one of them a letter")
            .with("root", format_args!("{text:?}")))
    }

    /// Returns the root as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if contracts of this root were adjusted after a corporate action, and so may deliver something
    /// other than 100 shares. Adjusted roots end with a digit.
    pub fn is_adjusted(&self) -> bool {
        self.0.ends_with(|c: char| c.is_ascii_digit())
    }
}

text_conversions!(OptionRoot);

/// An option contract: OCC root, expiration, option type and strike.
///
/// Contracts are ordered by expiration, strike, call before put, then root. `Display` writes the OCC symbol of 21
/// characters; parsing accepts the compact form without blanks as well.
///
/// A symbol has two digits for the year: 73 to 99 are 1973, when listed options began, to 1999, and 00 to 72 are 2000
/// to 2072. A contract outside of 1973 to 2072 is refused, wherever it comes from.
///
/// ```
/// use strikebook_core::market::OptionContract;
///
/// let contract: OptionContract = "SPXW  251219P06500500".parse()?;
/// assert_eq!(contract, "SPXW251219P06500500".parse()?);
/// assert_eq!(contract.strike().to_f64(), 6500.5);
/// assert_eq!(contract.root().underlying()?.as_str(), "SPX");
/// assert_eq!(contract.standard_life().last_trade_at.to_string(), "2025-12-19T21:00:00Z");
/// assert_eq!(contract.to_string(), "SPXW  251219P06500500");
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OptionContract {
    expiration: NaiveDate,
    strike: Strike,
    option_type: OptionType,
    root: OptionRoot,
}

impl OptionContract {
    /// The length of the padded OCC symbol in characters.
    pub const OCC_LENGTH: usize = 21;
    /// The length of the part after the root: `YYMMDD`, `C` or `P`, and eight digits of strike.
    const TAIL: usize = 15;
    /// The years that two digits can name.
    const YEARS: RangeInclusive<i32> = 1973..=2072;

    /// Creates a contract from its parts.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the expiration is not in 1973..=2072, the years of an
    /// OCC symbol.
    pub fn new(root: OptionRoot, expiration: NaiveDate, option_type: OptionType, strike: Strike) -> Result<Self> {
        if Self::YEARS.contains(&expiration.year()) {
            return Ok(Self { expiration, strike, option_type, root });
        }
        Err(Error::invalid_input("an expiration must lie in the years 1973 to 2072, which an OCC symbol can hold")
            .with("expiration", expiration))
    }

    /// Returns the OCC root.
    pub const fn root(&self) -> OptionRoot {
        self.root
    }

    /// Returns the date in the symbol: the settlement day, or for older contracts the Saturday after it.
    pub const fn expiration(&self) -> NaiveDate {
        self.expiration
    }

    /// Returns the option type, call or put.
    pub const fn option_type(&self) -> OptionType {
        self.option_type
    }

    /// Returns the strike price.
    pub const fn strike(&self) -> Strike {
        self.strike
    }

    /// Returns the compact symbol, without blanks: `SPXW251219P06500500`.
    pub fn to_compact(&self) -> String {
        format!("{}{}", self.root, self.tail())
    }

    /// Returns the century of a date written `YYMMDD`.
    fn century(date: &str) -> &'static str {
        if date >= "73" { "19" } else { "20" }
    }

    fn tail(&self) -> impl fmt::Display {
        let Self { expiration, strike, option_type, .. } = self;
        format!("{}{}{:08}", expiration.format("%y%m%d"), option_type.letter(), strike.thousandths())
    }
}

impl FromStr for OptionContract {
    type Err = Error;

    /// Parses an OCC symbol, padded to 21 characters or compact.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) that names the offending part: `root`, `expiration`,
    /// `option_type` or `strike`.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = |part, found: &str, expected| {
            Error::invalid_input(format!("an OCC symbol's {part} must be {expected}"))
                .with("part", part)
                .with("found", format_args!("{found:?}"))
                .with("symbol", format_args!("{text:?}"))
        };
        let split = text.len().checked_sub(Self::TAIL).filter(|&split| split > 0 && text.is_ascii());
        let Some((root, tail)) = split.and_then(|split| text.split_at_checked(split)) else {
            return Err(refuse("length", text, "16 to 21 ASCII characters: root, YYMMDD, C or P, eight digits"));
        };
        let (Some(date), Some(letter), Some(strike)) = (tail.get(..6), tail.get(6..7), tail.get(7..)) else {
            return Err(refuse("length", text, "16 to 21 ASCII characters"));
        };
        // Blanks may only fill the root up to its six places.
        let root = match root.trim_end_matches(' ') {
            trimmed if trimmed.len() == root.len() || root.len() == 6 => OptionRoot::new(trimmed).ok(),
            _ => None,
        }
        .ok_or_else(|| refuse("root", root, "1 to 6 characters out of A-Z 0-9 . and padded with blanks to 6 or not"))?;
        let digits = |part: &str| part.bytes().all(|c| c.is_ascii_digit());
        let expiration = Some(date)
            .filter(|date| digits(date))
            .and_then(|date| NaiveDate::parse_from_str(&format!("{}{date}", Self::century(date)), "%Y%m%d").ok())
            .ok_or_else(|| refuse("expiration", date, "a day written YYMMDD"))?;
        let option_type = match letter {
            "C" => OptionType::Call,
            "P" => OptionType::Put,
            _ => return Err(refuse("option_type", letter, "C or P")),
        };
        let strike = Some(strike)
            .filter(|strike| digits(strike))
            .and_then(|strike| strike.parse().ok())
            .and_then(|thousandths| Strike::from_thousandths(thousandths).ok())
            .ok_or_else(|| refuse("strike", strike, "eight digits of thousandths, not all zero"))?;
        Self::new(root, expiration, option_type, strike)
    }
}

impl TryFrom<String> for OptionContract {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<OptionContract> for String {
    fn from(contract: OptionContract) -> Self {
        contract.to_string()
    }
}

impl fmt::Display for OptionContract {
    /// Writes the OCC symbol, padded to 21 characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<6}{}", self.root.as_str(), self.tail())
    }
}

impl fmt::Debug for OptionContract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The properties of a contract beyond its identity. Only the current details of a contract are stored.
///
/// Details that state another underlying or product than the [product table](OptionRoot::product) override it: the
/// contract's life, its chain and its pricing follow them. Details that agree with the table follow the table, also
/// when a later version of this library corrects it.
///
/// ```
/// use strikebook_core::{Source, market::{ContractDetails, LastTrading, SettlementTime}};
///
/// // The weekly options on the S&P 500 settled at the opening until December 2010.
/// let at = "2010-11-01T15:00:00Z".parse()?;
/// let mut details = ContractDetails::standard("SPXW101126C01200000".parse()?, Source::new("example")?, at)?;
/// details.product.settlement = SettlementTime::Am;
/// details.product.last_trading = LastTrading::DayBefore;
/// assert_eq!(details.life().settles_at.to_string(), "2010-11-26T14:30:00Z");
/// assert_eq!(details.life().last_trade_at.to_string(), "2010-11-24T21:15:00Z");
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractDetails {
    /// The contract that these details describe.
    pub contract: OptionContract,
    /// The underlying of the option.
    pub underlying: Symbol,
    /// The terms of the contract.
    pub product: Product,
    /// The first day of trading; `None` when unknown.
    pub listed_on: Option<NaiveDate>,
    /// The source of the details.
    pub source: Source,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(ContractDetails);
crate::port::recorded!(ContractDetails, OptionContract, "contract": |it| it.contract, it.contract, None);

impl ContractDetails {
    /// Returns the details that the contract's root implies: [its underlying](OptionRoot::underlying) and [its
    /// product](OptionRoot::product). A store assumes these for contracts that first appear in a quote.
    ///
    /// # Errors
    /// As [`OptionRoot::underlying`].
    pub fn standard(contract: OptionContract, source: Source, recorded_at: Timestamp) -> Result<Self> {
        Ok(Self {
            contract,
            underlying: contract.root.underlying()?,
            product: contract.root.product(),
            listed_on: None,
            source,
            recorded_at,
        })
    }

    /// Returns the life of the contract under these terms.
    pub fn life(&self) -> ContractLife {
        self.contract.life(&self.product)
    }

    /// Returns true if underlying or product differ from those that the root implies.
    pub fn is_override(&self) -> bool {
        let root = self.contract.root;
        self.product != root.product() || root.underlying().ok() != Some(self.underlying)
    }

    /// Checks the [product](Product::validate).
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) that names the field.
    pub fn validate(&self) -> Result<()> {
        self.product.validate()
    }
}

/// A query for contracts of one underlying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractQuery {
    /// The underlying of the options. Adjusted contracts are included.
    pub underlying: Symbol,
    /// The expiration to return; `None` returns all.
    pub expiration: Option<NaiveDate>,
    /// The point at which the contracts must be listed and still trade; `None` returns all.
    pub as_of: Option<AsOf>,
    /// The part of the list to return.
    pub paging: Paging,
}

impl ContractQuery {
    /// Creates a query for all contracts of an underlying.
    pub const fn new(underlying: Symbol) -> Self {
        Self { underlying, expiration: None, as_of: None, paging: Paging::ALL }
    }

    /// Restricts the query to one expiration.
    #[must_use]
    pub const fn with_expiration(mut self, expiration: NaiveDate) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// Restricts the query to contracts that are listed and still trade as of a point.
    #[must_use]
    pub const fn with_as_of(mut self, as_of: AsOf) -> Self {
        self.as_of = Some(as_of);
        self
    }

    paging_builders!();
}

/// Option contracts and their details.
///
/// Details have no versions: the current ones apply to reads of the past too.
///
/// ```
/// use strikebook_core::{
///     Source, Timestamp,
///     market::{ContractDetails, ContractQuery, ContractRepository, Symbol},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let contract = "SPXW251219P06500500".parse()?;
/// let details = ContractDetails::standard(contract, Source::new("cboe")?, "2025-09-25T20:00:00Z".parse()?)?;
/// store.upsert_contracts(&[details]).await?;
///
/// let listed = store.list_contracts(&ContractQuery::new(Symbol::new("SPX")?)).await?;
/// assert_eq!(listed.items[0].contract, contract);
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
pub trait ContractRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores details of contracts by the [rules of every upsert](Upserted#rules-of-every-upsert). They replace
    /// stored details, including those that the store assumed when the contract first appeared in a quote;
    /// [`corrected`](Upserted::corrected) counts the replaced ones. Details that differ in nothing but `recorded_at`
    /// count as unchanged.
    async fn upsert_contracts(&self, details: &[ContractDetails]) -> Result<Upserted>;

    /// Returns the details of a contract; `None` when the store does not know it.
    async fn get_contract(&self, contract: &OptionContract) -> Result<Option<ContractDetails>>;

    /// Returns the contracts that match, ordered by expiration, strike, call before put, then root.
    ///
    /// With `as_of`, the answer holds only contracts that [still traded](ContractLife::is_alive) then, where the last
    /// instant of trading still counts. In addition either the contract's details name a first trading day up to that
    /// day in New York and were recorded by the knowledge limit, or the contract has a quote within both limits.
    async fn list_contracts(&self, query: &ContractQuery) -> Result<Page<ContractDetails>>;
}
