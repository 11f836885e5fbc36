//! Calibrated models: Heston, SABR and Ornstein–Uhlenbeck parameters, with how well they fit and what they were fitted to.

use std::{cmp::Ordering, fmt, hash};

use arrayvec::ArrayString;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Error, Name, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::{Symbol, instrument::text_conversions},
    validate::{check, correlation, count, fraction, number, positive, price},
};

/// The SHA-256 of what a model was calibrated to, as 64 lower-case hexadecimal digits: equal inputs have equal hashes, so
/// a calibration can be told from one of other quotes. What goes into it, and in which order, is the application's choice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct InputsHash(ArrayString<64>);

impl InputsHash {
    /// A hash by its text.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is not 64 lower-case hexadecimal digits.
    pub fn new(text: &str) -> Result<Self> {
        match ArrayString::from(text) {
            Ok(hash) if text.len() == 64 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) => {
                Ok(Self(hash))
            }
            _ => Err(Error::invalid_input("a hash of inputs must be 64 lower-case hexadecimal digits")
                .with("inputs", format_args!("{text:?}"))),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(InputsHash);

/// How well a model fits what it was calibrated to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// The root of the mean squared error, in the unit of what was fitted: of volatilities per 1.00.
    pub rmse: Option<f64>,
    /// The coefficient of determination: at most 1, negative for a fit worse than the mean.
    pub r_squared: Option<f64>,
    /// How many options, or observations, it was fitted to.
    pub n_options: Option<u64>,
    /// How long the calibration took, in milliseconds.
    pub calibration_time_ms: Option<u64>,
    /// The hash of what it was fitted to.
    pub inputs: Option<InputsHash>,
}

impl Fit {
    fn validate(&self) -> Result<()> {
        check!(price, self.rmse => "rmse");
        check!(number, self.r_squared => "r_squared");
        if let Some(value) = self.r_squared.filter(|value| *value > 1.0) {
            return Err(Error::invalid_input("r_squared must be at most 1")
                .with("field", "r_squared")
                .with("value", value));
        }
        check!(count, self.n_options => "n_options", self.calibration_time_ms => "calibration_time_ms");
        Ok(())
    }
}

/// Parameters of Heston's model of one symbol: dv = κ(θ − v)dt + σ√v dW, correlated with the price by ρ (Heston, *A
/// closed-form solution for options with stochastic volatility*, 1993). Times are in years.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HestonParameters {
    /// The symbol.
    pub symbol: Symbol,
    /// The instant that the calibration is of: that of its youngest input.
    pub at: Timestamp,
    /// κ, how fast the variance returns to its mean, per year: above zero.
    pub kappa: f64,
    /// θ, the variance's mean in the long run, per year: above zero. 0.04 is a volatility of 0.20.
    pub theta: f64,
    /// σ, the volatility of the variance, per 1.00: above zero.
    pub sigma: f64,
    /// ρ, the correlation of price and variance, from −1 to 1.
    pub rho: f64,
    /// The variance at the instant, per year: not negative.
    pub v0: f64,
    /// How well they fit.
    pub fit: Fit,
    /// The source of what they were fitted to.
    pub source: Source,
    /// When they were calibrated.
    pub recorded_at: Timestamp,
}

impl HestonParameters {
    /// Feller's condition 2κθ ≥ σ²: whether the variance never reaches zero (Feller, *Two singular diffusion problems*,
    /// 1951). It is told by the parameters and stored nowhere. Parameters that fail it are kept: many that fit a market do.
    pub fn satisfies_feller(&self) -> bool {
        2.0 * self.kappa * self.theta >= self.sigma * self.sigma
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        positive("kappa", self.kappa)?;
        positive("theta", self.theta)?;
        positive("sigma", self.sigma)?;
        correlation("rho", self.rho)?;
        price("v0", self.v0)?;
        self.fit.validate()
    }
}

/// The time to an expiration in years: above 0 and at most 200. Two of them are equal when they are to the last bit, so a
/// maturity should come from one formula.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub struct Maturity(f64);

impl Maturity {
    /// A maturity of some years.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is out of range.
    pub fn new(years: f64) -> Result<Self> {
        if years > 0.0 && years <= 200.0 {
            return Ok(Self(years));
        }
        Err(Error::invalid_input("a maturity must be above 0 and at most 200 years").with("maturity", years))
    }

    /// The years.
    pub const fn years(self) -> f64 {
        self.0
    }
}

// A maturity is never NaN, and never one of two zeros.

impl Eq for Maturity {}

impl Ord for Maturity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Maturity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl hash::Hash for Maturity {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl TryFrom<f64> for Maturity {
    type Error = Error;

    fn try_from(years: f64) -> Result<Self> {
        Self::new(years)
    }
}

impl From<Maturity> for f64 {
    fn from(maturity: Maturity) -> Self {
        maturity.0
    }
}

impl fmt::Display for Maturity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Whose smile: a symbol's, at one maturity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SabrKey {
    /// The symbol.
    pub symbol: Symbol,
    /// The time from the calibration's instant to the expiration.
    pub maturity: Maturity,
}

/// Parameters of the SABR model of one symbol and maturity: dF = αF^β dW, dα = να dZ, correlated by ρ (Hagan et al.,
/// *Managing smile risk*, 2002). Times are in years.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SabrParameters {
    /// Whose smile.
    pub key: SabrKey,
    /// The instant that the calibration is of: that of its youngest input.
    pub at: Timestamp,
    /// α, the volatility at the instant, in units of F^(1 − β): above zero.
    pub alpha: f64,
    /// β, the exponent, from 0 to 1.
    pub beta: f64,
    /// ρ, the correlation of forward and volatility, from −1 to 1.
    pub rho: f64,
    /// ν, the volatility of the volatility, per 1.00: not negative.
    pub nu: f64,
    /// How well they fit.
    pub fit: Fit,
    /// The source of what they were fitted to.
    pub source: Source,
    /// When they were calibrated.
    pub recorded_at: Timestamp,
}

impl SabrParameters {
    /// Checks every number.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        positive("alpha", self.alpha)?;
        fraction("beta", self.beta)?;
        correlation("rho", self.rho)?;
        price("nu", self.nu)?;
        self.fit.validate()
    }
}

/// Parameters of an Ornstein–Uhlenbeck process of a pair's spread: dx = θ(μ − x)dt + σ dW with x = first − `hedge_ratio` ×
/// second. Times are in years, and levels in the units of the spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OuParameters {
    /// The pair, such as `KO/PEP`.
    pub pair: Name,
    /// The instant that the fit is of: that of its youngest input.
    pub at: Timestamp,
    /// The symbol that is bought when the spread is.
    pub first: Symbol,
    /// The symbol that is sold against it.
    pub second: Symbol,
    /// Units of the second for one of the first.
    pub hedge_ratio: f64,
    /// θ, how fast the spread returns to its mean, per year: above zero.
    pub theta: f64,
    /// μ, the spread's mean.
    pub mu: f64,
    /// σ, the spread's volatility, in its units per √year: above zero.
    pub sigma: f64,
    /// The augmented Dickey–Fuller test's statistic.
    pub adf_statistic: Option<f64>,
    /// That test's p-value, from 0 to 1: small when the spread does return.
    pub adf_p_value: Option<f64>,
    /// Buy the spread below this level.
    pub entry_lower: Option<f64>,
    /// Sell the spread above this level, which is not below the other.
    pub entry_upper: Option<f64>,
    /// Close at this level.
    pub exit_target: Option<f64>,
    /// Give up at this level.
    pub stop_loss: Option<f64>,
    /// How well they fit.
    pub fit: Fit,
    /// The source of what they were fitted to.
    pub source: Source,
    /// When they were fitted.
    pub recorded_at: Timestamp,
}

impl OuParameters {
    /// The time in which half of a distance to the mean is expected to vanish, in years: ln 2 ∕ θ. It is told by θ and
    /// stored nowhere.
    pub fn half_life(&self) -> f64 {
        std::f64::consts::LN_2 / self.theta
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        number("hedge_ratio", self.hedge_ratio)?;
        positive("theta", self.theta)?;
        number("mu", self.mu)?;
        positive("sigma", self.sigma)?;
        check!(number, self.adf_statistic => "adf_statistic");
        check!(fraction, self.adf_p_value => "adf_p_value");
        check!(
            number,
            self.entry_lower => "entry_lower",
            self.entry_upper => "entry_upper",
            self.exit_target => "exit_target",
            self.stop_loss => "stop_loss",
        );
        if let (Some(lower), Some(upper)) = (self.entry_lower, self.entry_upper)
            && upper < lower
        {
            return Err(Error::invalid_input("entry_upper must not be below entry_lower")
                .with("field", "entry_upper")
                .with("value", upper));
        }
        self.fit.validate()
    }
}

/// Which Heston parameters of one symbol to list.
pub type HestonQuery = SeriesQuery<Symbol>;
/// Which SABR parameters of one symbol and maturity to list.
pub type SabrQuery = SeriesQuery<SabrKey>;
/// Which Ornstein–Uhlenbeck parameters of one pair to list.
pub type OuQuery = SeriesQuery<Name>;

/// Parameters of calibrated models. A row's key is its symbol, symbol and maturity, or pair, and its `at`; every version
/// that was believed is kept ([`Upserted`]).
///
/// Of all methods that write: writing the same rows again changes nothing. A row that differs from what is stored becomes
/// the current version, or, if it was calibrated earlier, a past one; the other version is kept. Of several rows with one
/// key the last wins. An empty batch is fine and does nothing. Either all rows are stored or none, also when the call is
/// dropped. Errors are [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not valid, with its index as `row`,
/// and [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store does not allow it.
///
/// All methods that read are cancel safe. The lists fail with [`InvalidInput`](crate::ErrorKind::InvalidInput) when the
/// cursor is not one of theirs, everything else with errors of the engine only.
#[async_trait]
pub trait ModelRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores Heston parameters.
    ///
    /// # Errors
    /// As said [above](Self) of methods that write.
    async fn upsert_heston(&self, parameters: &[HestonParameters]) -> Result<Upserted>;

    /// The last Heston parameters of a symbol within both limits; `None` when there are none.
    ///
    /// # Errors
    /// Those of the engine only.
    async fn heston_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<HestonParameters>>;

    /// The Heston parameters of one symbol within the query's limits, oldest first.
    ///
    /// # Errors
    /// As said [above](Self) of lists.
    async fn list_heston(&self, query: &HestonQuery) -> Result<Page<HestonParameters>>;

    /// Every version of the Heston parameters of a symbol and instant, in the order in which they were believed.
    ///
    /// # Errors
    /// Those of the engine only.
    async fn list_heston_versions(&self, symbol: Symbol, at: Timestamp) -> Result<Vec<Version<HestonParameters>>>;

    /// Stores SABR parameters.
    ///
    /// # Errors
    /// As said [above](Self) of methods that write.
    async fn upsert_sabr(&self, parameters: &[SabrParameters]) -> Result<Upserted>;

    /// The last SABR parameters of a symbol and maturity within both limits; `None` when there are none.
    ///
    /// # Errors
    /// Those of the engine only.
    async fn sabr_as_of(&self, key: SabrKey, as_of: AsOf) -> Result<Option<SabrParameters>>;

    /// The SABR parameters of a symbol's last calibration within both limits, one for each maturity, the shortest first:
    /// those of the last instant of which any are known. Empty when there are none.
    ///
    /// # Errors
    /// Those of the engine only.
    async fn sabr_surface_as_of(&self, symbol: Symbol, as_of: AsOf) -> Result<Vec<SabrParameters>>;

    /// The SABR parameters of one symbol and maturity within the query's limits, oldest first.
    ///
    /// # Errors
    /// As said [above](Self) of lists.
    async fn list_sabr(&self, query: &SabrQuery) -> Result<Page<SabrParameters>>;

    /// Every version of the SABR parameters of a symbol, maturity and instant, in the order in which they were believed.
    ///
    /// # Errors
    /// Those of the engine only.
    async fn list_sabr_versions(&self, key: SabrKey, at: Timestamp) -> Result<Vec<Version<SabrParameters>>>;

    /// Stores Ornstein–Uhlenbeck parameters.
    ///
    /// # Errors
    /// As said [above](Self) of methods that write.
    async fn upsert_ou(&self, parameters: &[OuParameters]) -> Result<Upserted>;

    /// The last Ornstein–Uhlenbeck parameters of a pair within both limits; `None` when there are none.
    ///
    /// # Errors
    /// Those of the engine only.
    async fn ou_as_of(&self, pair: Name, as_of: AsOf) -> Result<Option<OuParameters>>;

    /// The Ornstein–Uhlenbeck parameters of one pair within the query's limits, oldest first.
    ///
    /// # Errors
    /// As said [above](Self) of lists.
    async fn list_ou(&self, query: &OuQuery) -> Result<Page<OuParameters>>;

    /// Every version of the Ornstein–Uhlenbeck parameters of a pair and instant, in the order in which they were believed.
    ///
    /// # Errors
    /// Those of the engine only.
    async fn list_ou_versions(&self, pair: Name, at: Timestamp) -> Result<Vec<Version<OuParameters>>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feller_is_told_by_the_parameters() -> Result<()> {
        let at = Timestamp::from_micros(0)?;
        let heston = HestonParameters {
            symbol: Symbol::new("SPY")?,
            at,
            kappa: 2.0,
            theta: 0.0625,
            sigma: 0.5,
            rho: -0.7,
            v0: 0.04,
            fit: Fit::default(),
            source: Source::new("test")?,
            recorded_at: at,
        };
        assert!(heston.satisfies_feller(), "2κθ is σ² exactly");
        assert!(!HestonParameters { sigma: 0.500_001, ..heston.clone() }.satisfies_feller());
        assert!(HestonParameters { kappa: 2.000_001, ..heston }.satisfies_feller());
        Ok(())
    }

    #[test]
    fn a_hash_is_64_lower_case_digits() {
        assert!(InputsHash::new(&"0a".repeat(32)).is_ok());
        for text in [String::new(), "0a".repeat(31), "0A".repeat(32), "0g".repeat(32), "0a".repeat(33)] {
            assert!(InputsHash::new(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_maturity_is_above_zero() {
        for years in [f64::NAN, 0.0, -0.0, -1.0, 200.1, f64::INFINITY] {
            assert!(Maturity::new(years).is_err(), "{years}");
        }
        assert!(Maturity::new(f64::MIN_POSITIVE).is_ok());
    }
}
