"""What `services::etl` does, with pandas: an operational SQLite file becomes an analytical file of DuckDB or SQLite.

    python pandas_etl.py plain|arrays SOURCE TARGET

Bars, series, contracts and quotes are copied, and features of each day computed. `plain` computes the worst days of a window
as the manual of pandas suggests, with a function applied to each window; `arrays` sorts all windows of a symbol at once with
NumPy. Rates and the VIX are joined as they were known. What is written is merged by its key with what is there, so that the
script can be run again; rows that were learned later overwrite the earlier ones. Modules are imported before the clock starts.
The last lines tell the seconds, and of each feature how many days have it and what they add up to.
"""

import sqlite3
import sys
import time

import duckdb
import numpy as np
import pandas as pd

MONTH, YEAR, DAYS = 20, 250, 252
KEYS = {
    "bars": ["instrument", "timeframe", "at"],
    "economic_observations": ["series", "at"],
    "option_contracts": ["contract_id"],
    "option_quotes": ["contract_id", "at"],
    "backtest_features": ["symbol", "at"],
}
TYPES = {"i": "BIGINT", "f": "DOUBLE", "O": "VARCHAR", "b": "BOOLEAN"}
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
    features = features.sort_values("recorded_at", kind="stable")
    observed = read["economic_observations"]
    for name, series, unit in (("risk_free_rate", "DGS3MO", 0.01), ("vix", "VIXCLS", 1.0)):
        values = observed[observed["series"] == series]
        known = pd.DataFrame({"known": values[["at", "recorded_at"]].max(axis=1), name: values["value"] * unit})
        features = pd.merge_asof(features, known.sort_values("known"), left_on="recorded_at", right_on="known")
        features = features.drop(columns="known")
    return features


def create(file, table, frame, constraint=""):
    columns = ", ".join(f'"{column}" {TYPES[kind.kind]}' for column, kind in frame.dtypes.items())
    file.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns}{constraint})")


def merge_sqlite(file, table, frame):
    """As the manual of pandas writes frames into tables that have a key."""
    key = ", ".join(KEYS[table])
    create(file, table, frame, f", PRIMARY KEY ({key})")

    def upsert(into, cursor, columns, rows):
        values = ", ".join("?" * len(columns))
        new = ", ".join(f'"{column}" = excluded."{column}"' for column in columns)
        statement = f"INSERT INTO {into.name} VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {new}"
        cursor.executemany(f"{statement} WHERE excluded.recorded_at > {into.name}.recorded_at", rows)

    frame.to_sql(table, file, index=False, if_exists="append", method=upsert)


def merge_duckdb(file, table, frame):
    create(file, table, frame)
    file.register("frame", frame)
    same = " AND ".join(f't."{key}" = f."{key}"' for key in KEYS[table])
    file.execute(f"DELETE FROM {table} AS t USING frame AS f WHERE {same} AND f.recorded_at > t.recorded_at")
    file.execute(f"INSERT INTO {table} SELECT * FROM frame AS f WHERE NOT EXISTS (FROM {table} AS t WHERE {same})")
    file.unregister("frame")


def write(target, written):
    duck = target.endswith(".duckdb")
    file = duckdb.connect(target) if duck else sqlite3.connect(target)
    file.execute("BEGIN")
    for table, frame in written.items():
        (merge_duckdb if duck else merge_sqlite)(file, table, frame)
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
