//! Implied volatilities: the search of the columns, and the checks where it finds none.

use implied_vol::{
    DefaultSpecialFn, ImpliedBlackVolatilityNormalised, ImpliedNormalVolatility, PriceBlackScholesNormalised,
};
use strikebook_core::market::OptionType;

use super::limits::require_finite;
use crate::{
    error::PricingError,
    kernel::{BLOCK, Kernel, any_not_finite, lane, sign},
    lanes::{
        Arithmetic, Plain,
        implied::{Inputs, OptionsSideBySide, Target},
        ln::ln_ratio,
        mills::INVERSE_SQRT_TWO_PI,
    },
};

/// The kernel of spot, strike, years, rate, dividend yield and price.
pub(crate) struct Lognormal;

impl Kernel<6, 1> for Lognormal {
    #[inline(always)]
    fn lane<A: Arithmetic>(sign: f64, [spot, strike, years, rate, dividend_yield, price]: [f64; 6]) -> [f64; 1] {
        let (target, guess) = Target::new::<A>(Inputs { sign, spot, strike, years, rate, dividend_yield, price });
        [target.volatility::<A>(guess, years)]
    }

    /// Has a loop for each step, because one loop of all steps has more intermediate numbers than there are registers.
    #[inline(always)]
    fn block<A: Arithmetic>(
        signs: &[f64; BLOCK],
        inputs: &[[f64; BLOCK]; 6],
        [output]: &mut [[f64; BLOCK]; 1],
    ) -> bool {
        let [spot, strike, years, rate, dividend_yield, price] = inputs;
        let mut targets = Targets::default();
        for lane in 0..BLOCK {
            let (target, s) = Target::new::<A>(Inputs {
                sign: signs[lane],
                spot: spot[lane],
                strike: strike[lane],
                years: years[lane],
                rate: rate[lane],
                dividend_yield: dividend_yield[lane],
                price: price[lane],
            });
            targets.set(lane, target);
            output[lane] = s;
        }
        for (lane, s) in output.iter_mut().enumerate() {
            *s = targets.get(lane).finish::<A, OptionsSideBySide>(*s, years[lane]);
        }
        any_not_finite(output)
    }

    fn row(option_type: OptionType, inputs: [f64; 6]) -> Result<[f64; 1], PricingError> {
        let [volatility] = lane::<Self, 6, 1>(option_type, inputs);
        if volatility.is_finite() { Ok([volatility]) } else { Ok([TimeValue::new(option_type, inputs)?.volatility()?]) }
    }
}

/// The kernel of forward, strike, years, rate and price.
pub(crate) struct LognormalForward;

#[inline(always)]
fn with_yield([forward, strike, years, rate, price]: [f64; 5]) -> [f64; 6] {
    [forward, strike, years, rate, rate, price]
}

impl Kernel<5, 1> for LognormalForward {
    #[inline(always)]
    fn lane<A: Arithmetic>(sign: f64, inputs: [f64; 5]) -> [f64; 1] {
        Lognormal::lane::<A>(sign, with_yield(inputs))
    }

    #[inline(always)]
    fn block<A: Arithmetic>(signs: &[f64; BLOCK], inputs: &[[f64; BLOCK]; 5], outputs: &mut [[f64; BLOCK]; 1]) -> bool {
        let [forward, strike, years, rate, price] = *inputs;
        Lognormal::block::<A>(signs, &[forward, strike, years, rate, rate, price], outputs)
    }

    fn row(option_type: OptionType, inputs: [f64; 5]) -> Result<[f64; 1], PricingError> {
        PricingError::check_positive("forward", inputs[0])?;
        Lognormal::row(option_type, with_yield(inputs))
    }
}

/// The [`Target`]s of a block, in columns.
struct Targets([[f64; BLOCK]; 2]);

impl Default for Targets {
    fn default() -> Self {
        Self([[0.0; BLOCK]; 2])
    }
}

impl Targets {
    #[inline(always)]
    fn set(&mut self, lane: usize, target: Target) {
        let Self([distance, price]) = self;
        Target { distance: distance[lane], price: price[lane] } = target;
    }

    #[inline(always)]
    fn get(&self, lane: usize) -> Target {
        let Self([distance, price]) = self;
        Target { distance: distance[lane], price: price[lane] }
    }
}

/// An option's time value: its price above the discounted intrinsic value, and the unit of that difference.
struct TimeValue {
    price: f64,
    bound: f64,
    /// `ln(F/K)`.
    log_moneyness: f64,
    /// The time value in units of the geometric mean of the discounted spot and strike.
    normalised: f64,
    sqrt_years: f64,
}

impl TimeValue {
    /// Checks the inputs, and that some volatility has this price.
    fn new(
        option_type: OptionType,
        [spot, strike, years, rate, dividend_yield, price]: [f64; 6],
    ) -> Result<Self, PricingError> {
        PricingError::check_positive("spot", spot)?;
        PricingError::check_positive("strike", strike)?;
        PricingError::check_not_negative("years", years)?;
        PricingError::check_finite("rate", rate)?;
        PricingError::check_finite("dividend_yield", dividend_yield)?;
        PricingError::check_positive("price", price)?;
        if years == 0.0 {
            return Err(PricingError::Expired);
        }
        let discounted_spot = spot * (-dividend_yield * years).exp();
        let discounted_strike = strike * (-rate * years).exp();
        let log_ratio = if spot.is_normal() && strike.is_normal() {
            ln_ratio::<Plain>(spot, strike)
        } else {
            spot.ln() - strike.ln()
        };
        let log_moneyness = log_ratio + (rate - dividend_yield) * years;
        require_finite("the discounted spot", discounted_spot)?;
        require_finite("the discounted strike", discounted_strike)?;
        require_finite("the log-moneyness of the forward", log_moneyness)?;

        let intrinsic = (sign(option_type) * (discounted_spot - discounted_strike)).max(0.0);
        if price <= intrinsic {
            return Err(PricingError::NoTimeValue { price, intrinsic });
        }
        let bound = match option_type {
            OptionType::Call => discounted_spot,
            OptionType::Put => discounted_strike,
        };
        if price >= bound {
            return Err(PricingError::AboveUpperBound { price, bound });
        }
        let normalised = (price - intrinsic) / (discounted_spot.sqrt() * discounted_strike.sqrt());
        Ok(Self { price, bound, log_moneyness, normalised, sqrt_years: years.sqrt() })
    }

    /// Returns the volatility by Jäckel's *Let's Be Rational* (2013 to 2024), for prices that the search cannot invert.
    fn volatility(&self) -> Result<f64, PricingError> {
        let total_volatility = self.total_volatility()?;
        if total_volatility.is_infinite() {
            return Err(PricingError::AboveUpperBound { price: self.price, bound: self.bound });
        }
        let volatility = total_volatility / self.sqrt_years;
        if volatility > 0.0 && volatility.is_finite() {
            Ok(volatility)
        } else {
            Err(PricingError::NotRepresentable { quantity: "the implied volatility" })
        }
    }

    /// Returns `σ·√T`; infinite where the price is rounded to its bound.
    fn total_volatility(&self) -> Result<f64, PricingError> {
        let Self { normalised, log_moneyness, .. } = *self;
        // A subnormal price has too few digits left to be inverted.
        if !normalised.is_normal() {
            return Err(PricingError::NotRepresentable { quantity: "the time value" });
        }
        // The square of a log-moneyness this close to zero underflows, and the inverse fails; no market comes near.
        if log_moneyness != 0.0 && log_moneyness.abs() < 1e-30 {
            return Err(PricingError::NotRepresentable { quantity: "the log-moneyness of the forward" });
        }
        let volatility = ImpliedBlackVolatilityNormalised::builder()
            .log_moneyness(log_moneyness)
            .normalised_price(normalised)
            .build()
            .and_then(|inverse| inverse.calculate::<DefaultSpecialFn>())
            .unwrap_or(f64::INFINITY);
        // One more Newton step reduces the error close to the money from four times the attainable accuracy to about
        // two.
        let missing = normalised - normalised_price(log_moneyness, volatility);
        let step = missing / normalised_vega(log_moneyness, volatility);
        Ok(if step.is_finite() { volatility + step } else { volatility })
    }
}

/// Returns an option's time value in units of the geometric mean of discounted spot and strike.
fn normalised_price(log_moneyness: f64, total_volatility: f64) -> f64 {
    PriceBlackScholesNormalised::builder()
        .log_moneyness(log_moneyness)
        .total_volatility(total_volatility)
        .build_unchecked()
        .calculate::<DefaultSpecialFn>()
}

/// Returns the derivative of [`normalised_price`] by the total volatility.
fn normalised_vega(log_moneyness: f64, total_volatility: f64) -> f64 {
    let widths = log_moneyness / total_volatility;
    let exponent = -0.5 * (widths * widths + 0.25 * total_volatility * total_volatility);
    INVERSE_SQRT_TWO_PI * exponent.exp()
}

/// The kernel of forward, strike, years, rate and price in a normal model.
pub(crate) struct Normal;

impl Kernel<5, 1> for Normal {
    /// Returns NaN in every lane, since each row is computed on its own.
    #[inline(always)]
    fn lane<A: Arithmetic>(_: f64, _: [f64; 5]) -> [f64; 1] {
        [f64::NAN]
    }

    #[inline(always)]
    fn block<A: Arithmetic>(_: &[f64; BLOCK], _: &[[f64; BLOCK]; 5], [output]: &mut [[f64; BLOCK]; 1]) -> bool {
        *output = [f64::NAN; BLOCK];
        true
    }

    fn row(option_type: OptionType, [forward, strike, years, rate, price]: [f64; 5]) -> Result<[f64; 1], PricingError> {
        PricingError::check_finite("forward", forward)?;
        PricingError::check_finite("strike", strike)?;
        PricingError::check_not_negative("years", years)?;
        PricingError::check_finite("rate", rate)?;
        PricingError::check_positive("price", price)?;
        if years == 0.0 {
            return Err(PricingError::Expired);
        }
        let discount = (-rate * years).exp();
        let intrinsic = discount * (sign(option_type) * (forward - strike)).max(0.0);
        require_finite("the discounted intrinsic value", intrinsic)?;
        if price <= intrinsic {
            return Err(PricingError::NoTimeValue { price, intrinsic });
        }
        // From the out-of-the-money side, whose price is the time value.
        ImpliedNormalVolatility::builder()
            .forward(forward)
            .strike(strike)
            .expiry(years)
            .is_call(forward <= strike)
            .option_price((price - intrinsic) / discount)
            .build()
            .and_then(|inverse| inverse.calculate::<DefaultSpecialFn>())
            .filter(|volatility| volatility.is_finite() && *volatility > 0.0)
            .map(|volatility| [volatility])
            .ok_or(PricingError::NotRepresentable { quantity: "the implied volatility" })
    }
}
