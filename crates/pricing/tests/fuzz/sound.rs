//! The soundness of results: each is finite numbers, or an error that says why there are none.

use strikebook_core::pricing::Valuation;
use strikebook_pricing::{FitError, Greeks, PricingError, Quality, american, heston};

/// A result that can be examined.
pub(crate) trait Sound {
    /// Returns true if every number in the result is finite.
    fn is_sound(&self) -> bool;

    /// Returns true if the result is an error.
    fn is_refused(&self) -> bool {
        false
    }
}

impl Sound for f64 {
    fn is_sound(&self) -> bool {
        self.is_finite()
    }
}

impl Sound for () {
    fn is_sound(&self) -> bool {
        true
    }
}

/// A rule that a target checks by itself.
impl Sound for bool {
    fn is_sound(&self) -> bool {
        *self
    }
}

impl<T: Sound> Sound for Option<T> {
    fn is_sound(&self) -> bool {
        self.as_ref().is_none_or(Sound::is_sound)
    }
}

impl<T: Sound, E> Sound for Result<T, E> {
    fn is_sound(&self) -> bool {
        self.as_ref().map_or(true, Sound::is_sound)
    }

    fn is_refused(&self) -> bool {
        self.is_err()
    }
}

impl<T: Sound> Sound for Vec<T> {
    fn is_sound(&self) -> bool {
        self.iter().all(Sound::is_sound)
    }

    fn is_refused(&self) -> bool {
        !self.is_empty() && self.iter().all(Sound::is_refused)
    }
}

impl<T: Sound, const N: usize> Sound for [T; N] {
    fn is_sound(&self) -> bool {
        self.iter().all(Sound::is_sound)
    }
}

impl<A: Sound, B: Sound> Sound for (A, B) {
    fn is_sound(&self) -> bool {
        self.0.is_sound() && self.1.is_sound()
    }
}

impl<A: Sound, B: Sound, C: Sound> Sound for (A, B, C) {
    fn is_sound(&self) -> bool {
        self.0.is_sound() && self.1.is_sound() && self.2.is_sound()
    }
}

impl Sound for Greeks {
    fn is_sound(&self) -> bool {
        let Self { delta, gamma, vega, theta, rho, epsilon, vanna, volga, charm, .. } = *self;
        let Self { veta, speed, color, zomma, ultima, dual_delta, dual_gamma, probability_in_the_money, .. } = *self;
        [delta, gamma, vega, theta, rho, epsilon, vanna, volga, charm].is_sound()
            && [veta, speed, color, zomma, ultima, dual_delta, dual_gamma].is_sound()
            && (0.0..=1.0).contains(&probability_in_the_money)
            && self.lambda.is_sound()
    }
}

impl Sound for Valuation {
    fn is_sound(&self) -> bool {
        self.price.is_finite() && self.greeks().iter().all(|(_, value)| value.is_finite())
    }
}

impl Sound for american::AmericanValuation {
    fn is_sound(&self) -> bool {
        let american::Greeks { delta, gamma, vega, theta, rho, epsilon } = self.greeks;
        [self.price, delta, gamma, vega, theta, rho, epsilon].is_sound()
    }
}

impl Sound for heston::HestonValuation {
    fn is_sound(&self) -> bool {
        let heston::Greeks { delta, gamma, vega, theta, rho, epsilon } = self.greeks;
        let heston::Gradient { variance, reversion, long_variance, volatility, correlation } = self.gradient;
        [self.price, delta, gamma, vega, theta, rho, epsilon].is_sound()
            && [variance, reversion, long_variance, volatility, correlation].is_sound()
    }
}

impl Sound for Quality {
    fn is_sound(&self) -> bool {
        self.rmse.is_finite() && self.r_squared.is_sound()
    }
}

/// Errors are sound with any number in them, if they can be printed.
impl Sound for PricingError {
    fn is_sound(&self) -> bool {
        !self.to_string().is_empty()
    }
}

impl Sound for FitError {
    fn is_sound(&self) -> bool {
        !self.to_string().is_empty()
    }
}
