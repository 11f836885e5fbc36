//! Differences between a vendor's numbers and computed ones.

use strikebook_core::{analytics::ComputedGreeks, market::OptionQuote};

/// A computed number and the vendor's, in the library's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// The number that the model computed.
    pub own: f64,
    /// The number that the vendor quoted.
    pub vendor: f64,
    /// The worth of the difference, ours less the vendor's, per share in the contract's currency, so that all numbers
    /// compare in one unit: for delta and gamma over a move of the underlying by 1 %, for theta over a day, for vega
    /// and rho over one percentage point; for the volatility times vega.
    pub per_share: f64,
}

impl Compared {
    /// Returns the computed number less the vendor's.
    pub fn difference(&self) -> f64 {
        self.own - self.vendor
    }
}

/// The comparison of a quote's volatility and Greeks; `None` where the vendor has none or none was computed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Disagreement {
    /// Implied volatility per 1.00 a year.
    pub implied_volatility: Option<Compared>,
    /// The delta, dV/dS, per share.
    pub delta: Option<Compared>,
    /// The gamma, d²V/dS², per share.
    pub gamma: Option<Compared>,
    /// The theta, dV/dt per year.
    pub theta: Option<Compared>,
    /// The vega, dV/dσ per 1.00 of volatility.
    pub vega: Option<Compared>,
    /// The rho, dV/dr per 1.00.
    pub rho: Option<Compared>,
}

impl Disagreement {
    /// Compares a quote's numbers with the computed ones.
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

    /// Returns the comparisons with their names, in the order of the fields.
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

/// The sizes of differences, whatever their sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DisagreementSpread {
    /// The number of differences.
    pub count: usize,
    /// The median size, in the library's unit.
    pub median: f64,
    /// The 95th percentile of the sizes.
    pub percentile_95: f64,
    /// The largest of the differences in size.
    pub largest: f64,
    /// The median worth per share: see [`Compared::per_share`].
    pub median_per_share: f64,
}

impl DisagreementSpread {
    /// Returns the spread of differences; `None` without any.
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
            percentile_95: *sizes.get((count * 95 / 100).min(count - 1))?,
            largest: *sizes.last()?,
            median_per_share: *worths.get(count / 2)?,
        })
    }
}

/// Returns the spread of each comparison by name, where there are any.
pub(super) fn spreads(disagreements: &[Disagreement]) -> Vec<(&'static str, DisagreementSpread)> {
    let mut compared = Disagreement::default().all().map(|(name, _)| (name, Vec::new()));
    for one in disagreements {
        for ((_, all), (_, one)) in compared.iter_mut().zip(one.all()) {
            all.extend(one);
        }
    }
    compared.into_iter().filter_map(|(name, all)| Some((name, DisagreementSpread::of(&all)?))).collect()
}
