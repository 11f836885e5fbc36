//! Hostile arguments, the same ones on every run.

use fastrand::Rng;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{VolatilityQuote, american::Preset, black76::ForwardInputs, heston, ou, sabr, svi};

/// Numbers at which formulas break: zeros, subnormals, powers that overflow when they are squared, ends of the range.
const EDGES: [f64; 36] = [
    0.0,
    -0.0,
    5e-324,
    1e-320,
    1e-310,
    f64::MIN_POSITIVE,
    1e-300,
    1e-200,
    1e-155,
    1e-100,
    1e-30,
    1e-16,
    f64::EPSILON,
    1e-8,
    1e-3,
    0.5,
    1.0 - f64::EPSILON / 2.0,
    1.0,
    1.0 + f64::EPSILON,
    2.0,
    50.0,
    100.0,
    1e4,
    1e8,
    1e16,
    1e50,
    1e100,
    1e150,
    1e155,
    1e200,
    1e300,
    1e308,
    f64::MAX,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// Draws the arguments of one call.
#[derive(Debug)]
pub(crate) struct Draw {
    rng: Rng,
    /// The probability that a number is hostile.
    hostility: f64,
}

impl Draw {
    /// Returns the arguments of a target's call with this index, from 0. A quarter of the calls have hostile numbers
    /// alone, the others some or hardly any.
    pub(crate) fn new(target: &str, index: u64) -> Self {
        let name = target.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut rng = Rng::with_seed(name ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let hostility = rng.choice([0.02, 0.1, 0.3, 1.0]).unwrap_or(1.0);
        Self { rng, hostility }
    }

    /// Returns a hostile number: an edge, any magnitude, or any bits.
    pub(crate) fn number(&mut self) -> f64 {
        let size = match self.rng.u8(..8) {
            0..5 => self.rng.choice(EDGES).unwrap_or(0.0),
            5..7 => 10_f64.powf(-323.0 + 631.0 * self.rng.f64()),
            _ => return f64::from_bits(self.rng.u64(..)),
        };
        if self.rng.u8(..6) == 0 { -size } else { size }
    }

    /// Returns the sane number, or a hostile one.
    pub(crate) fn or(&mut self, sane: f64) -> f64 {
        if self.is_hostile() { self.number() } else { sane }
    }

    fn is_hostile(&mut self) -> bool {
        self.rng.f64() < self.hostility
    }

    /// Returns a number between two, or a hostile one.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        let sane = low + (high - low) * self.rng.f64();
        self.or(sane)
    }

    /// Returns a positive number between two powers of ten, or a hostile number.
    pub(crate) fn magnitude(&mut self, low: f64, high: f64) -> f64 {
        let sane = 10_f64.powf(low + (high - low) * self.rng.f64());
        self.or(sane)
    }

    /// Returns a count: mostly small, sometimes the largest possible.
    pub(crate) fn count(&mut self) -> usize {
        match self.rng.u8(..8) {
            0 => usize::MAX - self.rng.usize(..3),
            1 => usize::MAX >> self.rng.u32(0..64),
            2 => isize::MAX.unsigned_abs(),
            _ => self.rng.usize(..40),
        }
    }

    /// Returns a length of a list, from 0: rarely a hundred times as long as most.
    pub(crate) fn length(&mut self, most: usize) -> usize {
        let longest = if self.rng.u8(..) == 0 { 100 * most } else { most };
        self.rng.usize(..=longest)
    }

    /// Returns a list of values of a random length.
    pub(crate) fn list<T>(&mut self, most: usize, mut of: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.length(most)).map(|_| of(self)).collect()
    }

    /// Returns one of several values.
    pub(crate) fn one_of<T: Copy, const N: usize>(&mut self, all: [T; N]) -> T {
        all[self.rng.usize(..N)]
    }

    /// Returns a value or `None`.
    pub(crate) fn sometimes<T>(&mut self, of: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.rng.bool().then(|| of(self))
    }

    pub(crate) fn option_type(&mut self) -> OptionType {
        self.one_of([OptionType::Call, OptionType::Put])
    }

    pub(crate) fn years(&mut self) -> f64 {
        if self.rng.u8(..16) == 0 { 0.0 } else { self.between(0.003, 3.0) }
    }

    pub(crate) fn rate(&mut self) -> f64 {
        self.between(-0.05, 0.15)
    }

    pub(crate) fn volatility(&mut self) -> f64 {
        self.magnitude(-2.0, 0.7)
    }

    /// Returns an option whose numbers are near each other, now and then exactly at the money.
    pub(crate) fn option(&mut self) -> OptionInputs {
        let spot = self.magnitude(0.0, 4.0);
        let ratio = self.one_of([1.0, 0.97, 1.2, 0.5, 3.0, 30.0]);
        OptionInputs {
            option_type: self.option_type(),
            spot,
            strike: self.or(spot * ratio),
            years: self.years(),
            rate: self.rate(),
            dividend_yield: self.rate(),
        }
    }

    pub(crate) fn forward(&mut self) -> ForwardInputs {
        let OptionInputs { option_type, spot, strike, years, rate, .. } = self.option();
        ForwardInputs { option_type, forward: spot, strike, years, rate }
    }

    /// Returns an option with a price that it may have.
    pub(crate) fn priced(&mut self) -> (OptionInputs, f64) {
        let option = self.option();
        let part = self.rng.f64();
        let price = self.or(part * option.spot.max(option.strike));
        (option, price)
    }

    pub(crate) fn american(&mut self) -> Preset {
        self.one_of([Preset::Fast, Preset::Fast, Preset::Fast, Preset::Accurate, Preset::Precise])
    }

    pub(crate) fn heston(&mut self) -> heston::Parameters {
        heston::Parameters {
            variance: self.magnitude(-4.0, 0.0),
            reversion: self.magnitude(-1.0, 1.0),
            long_variance: self.magnitude(-4.0, 0.0),
            volatility: self.magnitude(-2.0, 0.5),
            correlation: self.between(-1.0, 1.0),
        }
    }

    pub(crate) fn sabr(&mut self) -> (sabr::Parameters, sabr::Point) {
        let forward = self.magnitude(-2.0, 4.0);
        let parameters = sabr::Parameters {
            alpha: self.magnitude(-3.0, 2.0),
            beta: self.between(0.0, 1.0),
            rho: self.between(-1.0, 1.0),
            nu: self.magnitude(-2.0, 1.0),
        };
        let ratio = self.one_of([1.0, 0.9, 1.000_000_1, 3.0]);
        (parameters, sabr::Point { forward, strike: self.or(forward * ratio), years: self.years() })
    }

    pub(crate) fn raw(&mut self) -> svi::Raw {
        svi::Raw {
            a: self.between(-0.01, 0.1),
            b: self.magnitude(-3.0, 0.5),
            rho: self.between(-1.0, 1.0),
            m: self.between(-1.0, 1.0),
            sigma: self.magnitude(-3.0, 0.5),
        }
    }

    pub(crate) fn process(&mut self) -> ou::Process {
        ou::Process {
            speed: self.magnitude(-1.0, 2.0),
            mean: self.between(-10.0, 10.0),
            volatility: self.magnitude(-2.0, 1.0),
        }
    }

    /// Returns a series: a walk that is drawn back, a constant, a line, or nothing but hostile numbers.
    pub(crate) fn series(&mut self, most: usize) -> Vec<f64> {
        let length = self.length(most);
        let scale = self.magnitude(-3.0, 3.0);
        let back = self.one_of([1.0, 0.9, 0.5, 0.0, -0.5]);
        let drift = self.one_of([0.0, 0.0, 1.0]);
        let noise = self.one_of([1.0, 1.0, 0.0]);
        let mut level = 0.0;
        let mut next = || {
            level = back * level + drift + noise * (self.rng.f64() - 0.5);
            let value = scale * level;
            if self.rng.f64() < 0.05 * self.hostility { self.number() } else { value }
        };
        (0..length).map(|_| next()).collect()
    }

    /// Returns quotes of one expiration, or of several.
    pub(crate) fn quotes(&mut self, most: usize) -> Vec<VolatilityQuote> {
        let (forward, years) = (self.magnitude(0.0, 4.0), self.between(0.01, 3.0));
        let expirations = self.one_of([1.0, 1.0, 3.0]);
        let (level, skew) = (self.magnitude(-1.5, 0.3), self.between(-0.5, 0.5));
        // A fit's time grows with its quotes: no more than a chain has.
        let count = if self.rng.u8(..) == 0 { 5 * most } else { self.rng.usize(..=most) };
        let quote = |draw: &mut Self| {
            let k = 2.0 * draw.rng.f64() - 1.0;
            let mid = (level + skew * k).max(0.01);
            let spread = mid * 0.1 * draw.rng.f64();
            let expiration = (expirations * draw.rng.f64()).ceil().max(1.0);
            VolatilityQuote {
                forward: draw.rarely(forward),
                strike: draw.rarely(forward * k.exp()),
                years: draw.rarely(years * expiration),
                bid: draw.rarely(mid - spread),
                ask: draw.rarely(mid + spread),
            }
        };
        (0..count).map(|_| quote(self)).collect()
    }

    /// Returns the sane number, and rarely a hostile one, for lists in which one in ten would be too many.
    pub(crate) fn rarely(&mut self, sane: f64) -> f64 {
        if self.rng.f64() < 0.03 * self.hostility { self.number() } else { sane }
    }
}
