//! Data computed from the market: Greeks, calibrated models, features, backtests, predictions.

pub(crate) mod backtest;
pub(crate) mod feature;
pub(crate) mod greeks;
pub(crate) mod indicator;
pub(crate) mod model;
pub(crate) mod prediction;

pub use backtest::{
    Backtest, BacktestFilter, BacktestMetrics, BacktestPoint, BacktestQuery, BacktestRepository, BacktestTrade,
};
pub use feature::{FeatureQuery, FeatureRepository, Features};
pub use greeks::{
    ComputedGreeks, GreeksChain, GreeksKey, GreeksPlace, GreeksQuery, GreeksRepository, Model, ModelRevision,
    OutdatedGreeksQuery,
};
pub use indicator::{IndicatorQuery, IndicatorRepository, Indicators};
pub use model::{
    FitQuality, HestonParameters, HestonQuery, HestonRepository, InputsHash, Maturity, OuParameters, OuQuery,
    OuRepository, SabrParameters, SabrQuery, SabrRepository, SmileKey, SviParameters, SviQuery, SviRepository,
};
pub use prediction::{Prediction, PredictionFilter, PredictionQuery, PredictionRepository};
