//! Greeks in the units of a trading screen, converted on request.

use super::Greeks;

/// Calendar days in a year, the convention of the `per_day` methods.
const DAYS_PER_YEAR: f64 = 365.0;
/// Trading days in a year, the convention of the `per_trading_day` methods.
const TRADING_DAYS_PER_YEAR: f64 = 252.0;
/// Points in a volatility or rate of 1.00, the convention of the `per_point` methods.
const POINTS_PER_UNIT: f64 = 100.0;

impl Greeks {
    /// Returns theta per calendar day: the 365th part of [`theta`](Self::theta).
    pub fn theta_per_day(&self) -> f64 {
        self.theta / DAYS_PER_YEAR
    }

    /// Returns theta per trading day: the 252nd part of [`theta`](Self::theta).
    pub fn theta_per_trading_day(&self) -> f64 {
        self.theta / TRADING_DAYS_PER_YEAR
    }

    /// Returns charm per calendar day: the 365th part of [`charm`](Self::charm).
    pub fn charm_per_day(&self) -> f64 {
        self.charm / DAYS_PER_YEAR
    }

    /// Returns color per calendar day: the 365th part of [`color`](Self::color).
    pub fn color_per_day(&self) -> f64 {
        self.color / DAYS_PER_YEAR
    }

    /// Returns veta per percentage point of volatility and calendar day.
    pub fn veta_per_point_and_day(&self) -> f64 {
        self.veta / (POINTS_PER_UNIT * DAYS_PER_YEAR)
    }

    /// Returns vega per percentage point of volatility: the hundredth part of [`vega`](Self::vega).
    pub fn vega_per_point(&self) -> f64 {
        self.vega / POINTS_PER_UNIT
    }

    /// Returns vanna per percentage point of volatility: the hundredth part of [`vanna`](Self::vanna).
    pub fn vanna_per_point(&self) -> f64 {
        self.vanna / POINTS_PER_UNIT
    }

    /// Returns zomma per percentage point of volatility: the hundredth part of [`zomma`](Self::zomma).
    pub fn zomma_per_point(&self) -> f64 {
        self.zomma / POINTS_PER_UNIT
    }

    /// Returns volga per squared percentage point of volatility: the change of [`vega_per_point`](Self::vega_per_point)
    /// with one point.
    pub fn volga_per_point_squared(&self) -> f64 {
        self.volga / (POINTS_PER_UNIT * POINTS_PER_UNIT)
    }

    /// Returns ultima per cubed percentage point of volatility.
    pub fn ultima_per_point_cubed(&self) -> f64 {
        self.ultima / (POINTS_PER_UNIT * POINTS_PER_UNIT * POINTS_PER_UNIT)
    }

    /// Returns rho per percentage point of the rate: the hundredth part of [`rho`](Self::rho).
    pub fn rho_per_point(&self) -> f64 {
        self.rho / POINTS_PER_UNIT
    }

    /// Returns epsilon per percentage point of the dividend yield: the hundredth part of [`epsilon`](Self::epsilon).
    pub fn epsilon_per_point(&self) -> f64 {
        self.epsilon / POINTS_PER_UNIT
    }
}
