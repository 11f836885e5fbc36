//! What is computed from the market: Greeks, calibrated models, features.

pub mod feature;
pub mod greeks;
pub mod model;

pub use feature::{FeatureQuery, FeatureRepository, Features};
pub use greeks::{ComputedGreeks, GreeksKey, GreeksPlace, GreeksQuery, GreeksRepository, Model, OutdatedGreeksQuery};
pub use model::{
    Fit, HestonParameters, HestonQuery, InputsHash, Maturity, ModelRepository, OuParameters, OuQuery, SabrKey,
    SabrParameters, SabrQuery,
};
