//! By how much a vendor's numbers differ from computed ones.

use strikebook_core::{analytics::ComputedGreeks, market::OptionQuote};

/// A number of ours and the vendor's, in the library's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// As it was computed here.
    pub own: f64,
    /// As the vendor told it.
    pub vendor: f64,
    /// What the difference, ours less the vendor's, is worth per share in the contract's currency, so that all of them
    /// can be told in one unit: for delta and gamma over a move of the underlying by 1 %, for theta over a day, for
    /// vega and rho over one percentage point; that of the volatility times vega.
    pub per_share: f64,
}

impl Compared {
    /// Ours less the vendor's.
    pub fn difference(&self) -> f64 {
        self.own - self.vendor
    }
}

/// A quote's volatility and Greeks compared; `None` where the vendor told none or none was computed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Disagreement {
    /// Implied volatility per 1.00 a year.
    pub implied_volatility: Option<Compared>,
    /// dV/dS.
    pub delta: Option<Compared>,
    /// d²V/dS².
    pub gamma: Option<Compared>,
    /// dV/dt per year.
    pub theta: Option<Compared>,
    /// dV/dσ per 1.00 of volatility.
    pub vega: Option<Compared>,
    /// dV/dr per 1.00.
    pub rho: Option<Compared>,
}

impl Disagreement {
    /// Compares a quote's numbers with those computed of it.
    pub fn between(computed: &ComputedGreeks, quote: &OptionQuote) -> Self {
        const POINT: f64 = 0.01;
        const DAY: f64 = 1.0 / 365.0;
        let (own, vendor, step) = (&computed.valuation, &quote.greeks, 0.01 * computed.spot);
        let compared = |own: f64, vendor: Option<f64>, worth: f64| {
            vendor.map(|vendor| Compared { own, vendor, per_share: (own - vendor) * worth })
        };
        Self {
            implied_volatility: compared(computed.implied_volatility, quote.implied_volatility, own.vega),
            delta: compared(own.delta, vendor.delta, step),
            gamma: compared(own.gamma, vendor.gamma, 0.5 * step * step),
            theta: compared(own.theta, vendor.theta, DAY),
            vega: compared(own.vega, vendor.vega, POINT),
            rho: compared(own.rho, vendor.rho, POINT),
        }
    }

    /// The comparisons with their names, in the order of the fields.
    pub const fn all(&self) -> [(&'static str, Option<Compared>); 6] {
        [
            ("implied_volatility", self.implied_volatility),
            ("delta", self.delta),
            ("gamma", self.gamma),
            ("theta", self.theta),
            ("vega", self.vega),
            ("rho", self.rho),
        ]
    }
}

/// How far differences are from zero, whatever their sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// Half of them are at most so large, in the library's unit.
    pub median: f64,
    /// 95 % of them are.
    pub most: f64,
    /// The largest.
    pub largest: f64,
    /// What half of them are worth at most, per share: see [`Compared::per_share`].
    pub median_per_share: f64,
}

impl Spread {
    /// `None` without differences.
    fn of(compared: &[Compared]) -> Option<Self> {
        let sorted = |of: &dyn Fn(&Compared) -> f64| {
            let mut sizes: Vec<_> = compared.iter().map(|one| of(one).abs()).collect();
            sizes.sort_by(f64::total_cmp);
            sizes
        };
        let (sizes, worths) = (sorted(&Compared::difference), sorted(&|one| one.per_share));
        let count = sizes.len();
        Some(Self {
            count,
            median: *sizes.get(count / 2)?,
            most: *sizes.get((count * 95 / 100).min(count - 1))?,
            largest: *sizes.last()?,
            median_per_share: *worths.get(count / 2)?,
        })
    }
}

/// The spread of each comparison by its name, where there are any.
pub(super) fn spreads(disagreements: &[Disagreement]) -> Vec<(&'static str, Spread)> {
    let mut compared = Disagreement::default().all().map(|(name, _)| (name, Vec::new()));
    for one in disagreements {
        for ((_, all), (_, one)) in compared.iter_mut().zip(one.all()) {
            all.extend(one);
        }
    }
    compared.into_iter().filter_map(|(name, all)| Some((name, Spread::of(&all)?))).collect()
}
