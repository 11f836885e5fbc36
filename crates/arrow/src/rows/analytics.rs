//! The datasets of analytics.

use chrono::NaiveDate;
use strikebook_core::{
    Id, Json, Name, Source, Timestamp,
    analytics::{
        Backtest, BacktestMetrics, BacktestPoint, BacktestTrade, ComputedGreeks, Features, FitQuality, GreeksKey,
        HestonParameters, Indicators, InputsHash, Maturity, Model, OuParameters, Prediction, SabrParameters, SmileKey,
        SviParameters,
    },
    market::{BarKey, OptionContract, Symbol},
    pricing::Valuation,
};

use crate::{columns::group, rows::rows};

group! {
    GreeksKey { contract: OptionContract, model: Model, revision: u32 }

    Valuation {
        price: f64, delta: f64, gamma: f64, theta: f64, vega: f64, rho: f64, epsilon: f64, vanna: f64, vomma: f64,
        charm: f64, veta: f64,
    }

    FitQuality {
        rmse: Option<f64>, r_squared: Option<f64>, n_options: Option<u64>, calibration_time_ms: Option<u64>,
        inputs: Option<InputsHash>,
    }

    SmileKey { symbol: Symbol, maturity: Maturity }

    BacktestMetrics {
        total_return: Option<f64>, annualised_return: Option<f64>, volatility: Option<f64>, sharpe: Option<f64>,
        sortino: Option<f64>, max_drawdown: Option<f64>, win_rate: Option<f64>, profit_factor: Option<f64>,
    }
}

rows! {
    ComputedGreeks in Greeks version 1 {
        key { key: GreeksKey, at: Timestamp }
        value {
            spot: f64, rate: f64, dividend_yield: f64, implied_volatility: f64, valuation: Valuation, source: Source,
        }
    }

    Backtest in Backtests version 1 {
        key { id: Id<Backtest> }
        value {
            at: Timestamp, strategy: Name, model_version: Option<Name>, first_day: NaiveDate, last_day: NaiveDate,
            parameters: Json, equity: Vec<BacktestPoint>, trades: Vec<BacktestTrade>, metrics: BacktestMetrics,
        }
    }

    Features in Features version 1 {
        key { symbol: Symbol, at: Timestamp }
        value {
            close: f64, daily_return: Option<f64>, volatility_20d: Option<f64>, volatility_250d: Option<f64>,
            var_95: Option<f64>, var_99: Option<f64>, cvar_95: Option<f64>, cvar_99: Option<f64>,
            normal_var_95: Option<f64>, normal_var_99: Option<f64>, normal_cvar_95: Option<f64>,
            normal_cvar_99: Option<f64>, risk_free_rate: Option<f64>, vix: Option<f64>, source: Source,
        }
    }

    Indicators in Indicators version 1 {
        key { key: BarKey, at: Timestamp }
        value { adx: Option<f64>, atr: Option<f64>, vwap: Option<f64>, regime: Option<Name>, source: Source }
    }

    HestonParameters in HestonParameters version 1 {
        key { symbol: Symbol, at: Timestamp }
        value { kappa: f64, theta: f64, sigma: f64, rho: f64, v0: f64, source: Source, fit: FitQuality }
    }

    SabrParameters in SabrParameters version 1 {
        key { key: SmileKey, at: Timestamp }
        value { alpha: f64, beta: f64, rho: f64, nu: f64, source: Source, fit: FitQuality }
    }

    SviParameters in SviParameters version 1 {
        key { key: SmileKey, at: Timestamp }
        value { a: f64, b: f64, rho: f64, m: f64, sigma: f64, source: Source, fit: FitQuality }
    }

    OuParameters in OuParameters version 1 {
        key { pair: Name, at: Timestamp }
        value {
            first: Symbol, second: Symbol, hedge_ratio: f64, theta: f64, mu: f64, sigma: f64,
            adf_statistic: Option<f64>, adf_p_value: Option<f64>, entry_lower: Option<f64>,
            entry_upper: Option<f64>, exit_target: Option<f64>, stop_loss: Option<f64>, source: Source,
            fit: FitQuality,
        }
    }

    Prediction in Predictions version 1 {
        key { id: Id<Prediction> }
        value {
            at: Timestamp, model: Name, model_version: Name, symbol: Option<Symbol>, inputs: Json, outputs: Json,
        }
    }
}
