"""What `services::etl` does, with pandas: an operational SQLite file becomes an analytical file of DuckDB or SQLite.

    python pandas_etl.py plain|arrays SOURCE TARGET

Bars, series, contracts and quotes are copied, and features of each day computed. `plain` computes the worst days of a window
as the manual of pandas suggests, with a function applied to each window; `arrays` sorts all windows of a symbol at once with
NumPy. Modules are imported before the clock starts. The last lines tell the seconds, and of each feature how many days have it
and what they add up to.
"""

import sqlite3
import sys
import time

import duckdb
import numpy as np
import pandas as pd

MONTH, YEAR, DAYS = 20, 250, 252
LEVELS = {"95": (5, 1.6448536269514727), "99": (1, 2.326347874040841)}


def tables(source):
    with sqlite3.connect(source) as file:
        return {
            "bars": pd.read_sql("SELECT * FROM bars ORDER BY instrument, timeframe, at", file),
            "economic_observations": pd.read_sql("SELECT * FROM economic_observations ORDER BY series, at", file),
            "option_contracts": pd.read_sql("SELECT * FROM option_contracts", file),
            "option_quotes": pd.read_sql("SELECT * FROM option_quotes", file),
        }


def shortfall(ordered, percent):
    """The mean loss of the worst days, the last of them in part."""
    beyond = ordered.shape[-1] * percent / 100
    whole = int(beyond)
    return -(ordered[..., :whole].sum(axis=-1) + (beyond - whole) * ordered[..., whole]) / beyond


def worst_plain(returns, features):
    year = returns.rolling(YEAR)
    for level, (percent, _) in LEVELS.items():
        features[f"var_{level}"] = -year.quantile(percent / 100, interpolation="lower")
        features[f"cvar_{level}"] = year.apply(lambda days: shortfall(np.sort(days), percent), raw=True)


def worst_arrays(returns, features):
    values = returns.to_numpy()
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(values[1:], YEAR), axis=1)
    for level, (percent, _) in LEVELS.items():
        value_at_risk, conditional = np.full(len(values), np.nan), np.full(len(values), np.nan)
        value_at_risk[YEAR:] = -windows[:, YEAR * percent // 100]
        conditional[YEAR:] = shortfall(windows, percent)
        features[f"var_{level}"], features[f"cvar_{level}"] = value_at_risk, conditional


def features_of(symbol, bars, worst):
    returns = bars["close"].pct_change()
    features = bars[["at", "close", "source", "recorded_at"]].copy()
    features.insert(0, "symbol", symbol)
    features["daily_return"] = returns
    month, year = returns.rolling(MONTH), returns.rolling(YEAR)
    deviation, mean = year.std(), year.mean()
    features["volatility_20d"] = month.std() * np.sqrt(DAYS)
    features["volatility_250d"] = deviation * np.sqrt(DAYS)
    worst(returns, features)
    for level, (percent, quantile) in LEVELS.items():
        density = np.exp(-quantile**2 / 2) / np.sqrt(2 * np.pi)
        features[f"normal_var_{level}"] = deviation * quantile - mean
        features[f"normal_cvar_{level}"] = deviation * density / (percent / 100) - mean
    return features


def transform(read, worst):
    daily = read["bars"][read["bars"]["timeframe"] == "1d"]
    features = pd.concat([features_of(symbol, bars, worst) for symbol, bars in daily.groupby("instrument", sort=False)])
    features = features.sort_values("at", kind="stable")
    observed = read["economic_observations"]
    for name, series, unit in (("risk_free_rate", "DGS3MO", 0.01), ("vix", "VIXCLS", 1.0)):
        values = observed.loc[observed["series"] == series, ["at", "value"]].rename(columns={"value": name})
        features = pd.merge_asof(features, values.sort_values("at"), on="at")
        features[name] *= unit
    return features


def write(target, written):
    if target.endswith(".duckdb"):
        file = duckdb.connect(target)
        for name, frame in written.items():
            file.register("frame", frame)
            file.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
            file.unregister("frame")
        file.close()
    else:
        file = sqlite3.connect(target)
        for name, frame in written.items():
            frame.to_sql(name, file, index=False)
        file.commit()
        file.close()


def main():
    way, source, target = sys.argv[1:]
    started = time.perf_counter()
    read = tables(source)
    features = transform(read, {"plain": worst_plain, "arrays": worst_arrays}[way])
    write(target, read | {"backtest_features": features})
    print("seconds", time.perf_counter() - started)
    for name in features.columns.drop(["symbol", "at", "source", "recorded_at"]):
        print("feature", name, features[name].count(), features[name].sum())


main()
