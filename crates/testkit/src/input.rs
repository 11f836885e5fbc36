//! Invalid and unusual input: refused with the field named, or stored unchanged.

use strikebook_core::{
    AsOf, ErrorKind, Result, SeriesQuery, Source, Store, Timestamp,
    analytics::{ComputedGreeks, Features, HestonParameters, Model, OuParameters, SabrParameters, SviParameters},
    market::{
        Bar, BarKey, ChainQuery, ChainSnapshot, Instrument, Observation, OptionContract, OptionQuote, SeriesId, Strike,
        Symbol, Timeframe, UnderlyingQuote,
    },
};

use crate::{
    Bench,
    bar::Bars,
    case::{Case, cases},
    chain::Quotes,
    economic::Observations,
    feature::FeatureRows,
    greeks::Greeks,
    heston::Heston,
    ou::Ou,
    parsed,
    sabr::Sabr,
    series::{Draft, EVERYTHING, Series, all, instant, just_after, key, source},
    svi::Svi,
    underlying::UnderlyingQuotes,
};

/// Sets a field of a row to a value.
type Spoil<R, V> = fn(&mut R, V);

/// Values that are not valid measurements.
const NO_NUMBERS: [f64; 5] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e12, -1e300];
/// Values that are not valid prices.
const NO_PRICES: [f64; 7] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e12, f64::MAX, -0.01, -f64::MIN_POSITIVE];
/// Values that are not valid volatilities.
const NO_VOLATILITIES: [f64; 5] = [f64::NAN, f64::INFINITY, -0.01, 1_000.01, 1e9];
/// Values that are not valid fractions.
const NO_FRACTIONS: [f64; 4] = [f64::NAN, f64::INFINITY, -0.001, 1.001];
/// Values that are not valid correlations.
const NO_CORRELATIONS: [f64; 4] = [f64::NAN, f64::NEG_INFINITY, -1.001, 1.001];
/// Counts that no engine can store exactly.
const NO_COUNTS: [u64; 2] = [i64::MAX.unsigned_abs() + 1, u64::MAX];

/// Asserts that each value is refused in each field, that the error names the field, and that nothing is stored.
async fn refuses<S: Series, V: Copy + ToString>(
    store: &dyn Store,
    fields: &[(&str, Spoil<S::Row, V>)],
    values: &[V],
) -> Result<()> {
    for (field, spoil) in fields {
        for value in values {
            let mut row = Draft::on(0).row::<S>();
            spoil(&mut row, *value);
            let Err(error) = S::upsert(store, std::slice::from_ref(&row)).await else {
                panic!("{field} of {} was accepted", value.to_string())
            };
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert_eq!((error.context("field"), error.context("row")), (Some(*field), Some("0")), "{error}");
            assert_eq!(error.context("value"), Some(&*value.to_string()), "{error}");
        }
    }
    assert_eq!(all::<S>(store, key::<S>(&Draft::on(0).row::<S>())).await?, []);
    Ok(())
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    cases![
        fields_of_option_quotes_are_checked,
        fields_of_underlying_quotes_are_checked,
        fields_of_bars_are_checked,
        prices_below_zero_are_kept_where_an_instrument_can_have_them,
        fields_of_observations_are_checked,
        fields_of_greeks_are_checked,
        fields_of_models_are_checked,
        fields_of_features_are_checked,
        crossed_and_locked_markets_are_kept,
        counts_are_exact,
        sums_of_the_largest_counts_do_not_overflow,
        strikes_are_exact,
        names_are_checked_by_their_types,
        the_bounds_of_time_are_usable
    ]
}

/// Every field of an option quote is checked.
async fn fields_of_option_quotes_are_checked(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let prices: [(&str, Spoil<OptionQuote, f64>); 3] = [
        ("bid", |row, value| row.bid = Some(value)),
        ("ask", |row, value| row.ask = Some(value)),
        ("last", |row, value| row.last = Some(value)),
    ];
    let numbers: [(&str, Spoil<OptionQuote, f64>); 6] = [
        ("underlying_price", |row, value| row.underlying_price = Some(value)),
        ("delta", |row, value| row.greeks.delta = Some(value)),
        ("gamma", |row, value| row.greeks.gamma = Some(value)),
        ("theta", |row, value| row.greeks.theta = Some(value)),
        ("vega", |row, value| row.greeks.vega = Some(value)),
        ("rho", |row, value| row.greeks.rho = Some(value)),
    ];
    let counts: [(&str, Spoil<OptionQuote, u64>); 4] = [
        ("bid_size", |row, value| row.bid_size = Some(value)),
        ("ask_size", |row, value| row.ask_size = Some(value)),
        ("volume", |row, value| row.volume = Some(value)),
        ("open_interest", |row, value| row.open_interest = Some(value)),
    ];
    refuses::<Quotes, _>(&*store, &prices, &NO_PRICES).await?;
    refuses::<Quotes, _>(&*store, &numbers, &NO_NUMBERS).await?;
    refuses::<Quotes, _>(&*store, &counts, &NO_COUNTS).await?;
    let volatility: Spoil<OptionQuote, f64> = |row, value| row.implied_volatility = Some(value);
    refuses::<Quotes, _>(&*store, &[("implied_volatility", volatility)], &NO_VOLATILITIES).await
}

/// Every field of an underlying's quote is checked.
async fn fields_of_underlying_quotes_are_checked(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let prices: [(&str, Spoil<UnderlyingQuote, f64>); 3] = [
        ("bid", |row, value| row.bid = Some(value)),
        ("ask", |row, value| row.ask = Some(value)),
        ("last", |row, value| row.last = Some(value)),
    ];
    let counts: [(&str, Spoil<UnderlyingQuote, u64>); 3] = [
        ("bid_size", |row, value| row.bid_size = Some(value)),
        ("ask_size", |row, value| row.ask_size = Some(value)),
        ("volume", |row, value| row.volume = Some(value)),
    ];
    refuses::<UnderlyingQuotes, _>(&*store, &prices, &NO_NUMBERS).await?;
    refuses::<UnderlyingQuotes, _>(&*store, &counts, &NO_COUNTS).await
}

/// Every field of a bar is checked, alone and against the others.
async fn fields_of_bars_are_checked(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let prices: [(&str, Spoil<Bar, f64>); 5] = [
        ("open", |row, value| row.open = value),
        ("high", |row, value| row.high = value),
        ("low", |row, value| row.low = value),
        ("close", |row, value| row.close = value),
        ("vwap", |row, value| row.vwap = Some(value)),
    ];
    refuses::<Bars, _>(&*store, &prices, &NO_NUMBERS).await?;
    let of_option: [(&str, Spoil<Bar, f64>); 2] = [
        ("low", |row, value| (row.key.instrument, row.low) = (option(), value)),
        ("vwap", |row, value| (row.key.instrument, row.vwap) = (option(), Some(value))),
    ];
    refuses::<Bars, _>(&*store, &of_option, &NO_PRICES).await?;
    let volume: Spoil<Bar, u64> = |row, value| row.volume = Some(value);
    refuses::<Bars, _>(&*store, &[("volume", volume)], &NO_COUNTS).await?;
    // Open, high, low and close of a draft are all 1.05.
    let high: Spoil<Bar, f64> = |row, value| row.high = value;
    refuses::<Bars, _>(&*store, &[("high", high)], &[1.04, 0.0]).await?;
    let low: Spoil<Bar, f64> = |row, value| (row.low, row.high) = (value, value);
    refuses::<Bars, _>(&*store, &[("low", low)], &[1.06]).await?;
    let opened_at: Spoil<Bar, Timestamp> = |row, value| row.opened_at = value;
    let at = Draft::on(0).at;
    refuses::<Bars, _>(&*store, &[("opened_at", opened_at)], &[at, just_after(at), Timestamp::MAX]).await
}

fn option() -> Instrument {
    parsed::<OptionContract>("SPY251219C00650000").into()
}

/// Prices below zero, which futures and spreads have, are stored unchanged, and bars are made of them.
async fn prices_below_zero_are_kept_where_an_instrument_can_have_them(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    // West Texas crude of May 2020, on the day before its last.
    let symbol: Symbol = parsed("CLK20");
    let bar = Bar {
        key: BarKey::new(symbol, Timeframe::Day1),
        opened_at: instant("2020-04-20T13:30:00Z"),
        at: instant("2020-04-20T20:00:00Z"),
        open: 17.73,
        high: 17.85,
        low: -40.32,
        close: -37.63,
        volume: Some(247_947),
        vwap: Some(-3.21),
        source: source("test"),
        recorded_at: instant("2020-04-20T21:00:00Z"),
    };
    store.upsert_bars(std::slice::from_ref(&bar)).await?;
    assert_eq!(store.bar_as_of(&bar.key, AsOf::instant(bar.recorded_at)).await?.as_ref(), Some(&bar));

    let quote = UnderlyingQuote::new(symbol, instant("2020-04-20T18:20:30Z"), source("test"));
    let quote = UnderlyingQuote { bid: Some(-38.0), ask: Some(-37.5), last: Some(-37.63), ..quote };
    store.upsert_underlying_quotes(std::slice::from_ref(&quote)).await?;
    let as_of = AsOf::instant(instant("2020-04-20T18:21:00Z"));
    assert_eq!(store.underlying_as_of(symbol, as_of).await?.as_ref(), Some(&quote));
    let made = store.live_bars(symbol, Timeframe::Minute1, Timestamp::MIN, as_of).await?;
    assert_eq!(made.iter().map(|bar| (bar.low, bar.close)).collect::<Vec<_>>(), [(-37.63, -37.63)]);

    let option = OptionQuote { underlying_price: Some(-37.63), ..Draft::on(0).row::<Quotes>() };
    let snapshot = ChainSnapshot::of(symbol, std::slice::from_ref(&option))?;
    store.upsert_snapshot(&snapshot, std::slice::from_ref(&option)).await?;
    assert_eq!(all::<Quotes>(&*store, option.contract).await?, [option]);
    assert_eq!(snapshot.underlying_price, Some(-37.63));
    let features = Features { close: -37.63, ..Draft::on(0).row::<FeatureRows>() };
    store.upsert_features(std::slice::from_ref(&features)).await?;
    assert_eq!(all::<FeatureRows>(&*store, features.symbol).await?, [features]);
    Ok(())
}

/// The value of an observation is checked.
async fn fields_of_observations_are_checked(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let value: Spoil<Observation, f64> = |row, value| row.value = value;
    refuses::<Observations, _>(&*store, &[("value", value)], &NO_NUMBERS).await
}

/// Every field of computed Greeks is checked.
async fn fields_of_greeks_are_checked(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let prices: [(&str, Spoil<ComputedGreeks, f64>); 2] =
        [("spot", |row, value| row.spot = value), ("price", |row, value| row.valuation.price = value)];
    let numbers: [(&str, Spoil<ComputedGreeks, f64>); 12] = [
        ("rate", |row, value| row.rate = value),
        ("dividend_yield", |row, value| row.dividend_yield = value),
        ("delta", |row, value| row.valuation.delta = value),
        ("gamma", |row, value| row.valuation.gamma = value),
        ("theta", |row, value| row.valuation.theta = value),
        ("vega", |row, value| row.valuation.vega = value),
        ("rho", |row, value| row.valuation.rho = value),
        ("epsilon", |row, value| row.valuation.epsilon = value),
        ("vanna", |row, value| row.valuation.vanna = value),
        ("vomma", |row, value| row.valuation.vomma = value),
        ("charm", |row, value| row.valuation.charm = value),
        ("veta", |row, value| row.valuation.veta = value),
    ];
    refuses::<Greeks, _>(&*store, &prices, &NO_PRICES).await?;
    refuses::<Greeks, _>(&*store, &numbers, &NO_NUMBERS).await?;
    let volatility: Spoil<ComputedGreeks, f64> = |row, value| row.implied_volatility = value;
    refuses::<Greeks, _>(&*store, &[("implied_volatility", volatility)], &NO_VOLATILITIES).await?;
    let revision: Spoil<ComputedGreeks, u32> = |row, value| row.key.revision = value;
    refuses::<Greeks, _>(&*store, &[("revision", revision)], &[i32::MAX.unsigned_abs() + 1, u32::MAX]).await
}

/// Every field of calibrated models is checked.
async fn fields_of_models_are_checked(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let positive: [(&str, Spoil<HestonParameters, f64>); 3] = [
        ("kappa", |row, value| row.kappa = value),
        ("theta", |row, value| row.theta = value),
        ("sigma", |row, value| row.sigma = value),
    ];
    refuses::<Heston, _>(&*store, &positive, &[&NO_PRICES[..], &[0.0, -0.0]].concat()).await?;
    let prices: [(&str, Spoil<HestonParameters, f64>); 2] =
        [("v0", |row, value| row.v0 = value), ("rmse", |row, value| row.fit.rmse = Some(value))];
    refuses::<Heston, _>(&*store, &prices, &NO_PRICES).await?;
    let r_squared: Spoil<HestonParameters, f64> = |row, value| row.fit.r_squared = Some(value);
    refuses::<Heston, _>(&*store, &[("r_squared", r_squared)], &[&NO_NUMBERS[..], &[1.000_1]].concat()).await?;
    let counts: [(&str, Spoil<HestonParameters, u64>); 2] = [
        ("n_options", |row, value| row.fit.n_options = Some(value)),
        ("calibration_time_ms", |row, value| row.fit.calibration_time_ms = Some(value)),
    ];
    refuses::<Heston, _>(&*store, &counts, &NO_COUNTS).await?;
    let rho: Spoil<HestonParameters, f64> = |row, value| row.rho = value;
    refuses::<Heston, _>(&*store, &[("rho", rho)], &NO_CORRELATIONS).await?;

    let alpha: Spoil<SabrParameters, f64> = |row, value| row.alpha = value;
    refuses::<Sabr, _>(&*store, &[("alpha", alpha)], &[&NO_PRICES[..], &[0.0]].concat()).await?;
    let beta: Spoil<SabrParameters, f64> = |row, value| row.beta = value;
    refuses::<Sabr, _>(&*store, &[("beta", beta)], &NO_FRACTIONS).await?;
    let rho: Spoil<SabrParameters, f64> = |row, value| row.rho = value;
    refuses::<Sabr, _>(&*store, &[("rho", rho)], &NO_CORRELATIONS).await?;
    let prices: [(&str, Spoil<SabrParameters, f64>); 2] =
        [("nu", |row, value| row.nu = value), ("rmse", |row, value| row.fit.rmse = Some(value))];
    refuses::<Sabr, _>(&*store, &prices, &NO_PRICES).await?;

    let numbers: [(&str, Spoil<SviParameters, f64>); 2] =
        [("a", |row, value| row.a = value), ("m", |row, value| row.m = value)];
    refuses::<Svi, _>(&*store, &numbers, &NO_NUMBERS).await?;
    let a: Spoil<SviParameters, f64> = |row, value| row.a = value;
    // Below, or just at, what the rest of the row adds to the least total variance.
    refuses::<Svi, _>(&*store, &[("a", a)], &[-1.0, -0.020]).await?;
    let rho: Spoil<SviParameters, f64> = |row, value| row.rho = value;
    refuses::<Svi, _>(&*store, &[("rho", rho)], &[&NO_CORRELATIONS[..], &[-1.0, 1.0]].concat()).await?;
    let b: Spoil<SviParameters, f64> = |row, value| row.b = value;
    refuses::<Svi, _>(&*store, &[("b", b)], &NO_PRICES).await?;
    let sigma: Spoil<SviParameters, f64> = |row, value| row.sigma = value;
    refuses::<Svi, _>(&*store, &[("sigma", sigma)], &[&NO_PRICES[..], &[0.0]].concat()).await?;

    let positive: [(&str, Spoil<OuParameters, f64>); 2] =
        [("theta", |row, value| row.theta = value), ("sigma", |row, value| row.sigma = value)];
    refuses::<Ou, _>(&*store, &positive, &[&NO_PRICES[..], &[0.0]].concat()).await?;
    let numbers: [(&str, Spoil<OuParameters, f64>); 7] = [
        ("hedge_ratio", |row, value| row.hedge_ratio = value),
        ("mu", |row, value| row.mu = value),
        ("adf_statistic", |row, value| row.adf_statistic = Some(value)),
        ("entry_lower", |row, value| row.entry_lower = Some(value)),
        ("entry_upper", |row, value| row.entry_upper = Some(value)),
        ("exit_target", |row, value| row.exit_target = Some(value)),
        ("stop_loss", |row, value| row.stop_loss = Some(value)),
    ];
    refuses::<Ou, _>(&*store, &numbers, &NO_NUMBERS).await?;
    let p_value: Spoil<OuParameters, f64> = |row, value| row.adf_p_value = Some(value);
    refuses::<Ou, _>(&*store, &[("adf_p_value", p_value)], &NO_FRACTIONS).await?;
    let crossed: Spoil<OuParameters, f64> = |row, value| (row.entry_lower, row.entry_upper) = (Some(1.0), Some(value));
    refuses::<Ou, _>(&*store, &[("entry_upper", crossed)], &[0.999, -1.0]).await
}

/// Every field of features is checked, alone and against the others.
async fn fields_of_features_are_checked(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let vix: Spoil<Features, f64> = |row, value| row.vix = Some(value);
    refuses::<FeatureRows, _>(&*store, &[("vix", vix)], &NO_PRICES).await?;
    let volatilities: [(&str, Spoil<Features, f64>); 2] = [
        ("volatility_20d", |row, value| row.volatility_20d = Some(value)),
        ("volatility_250d", |row, value| row.volatility_250d = Some(value)),
    ];
    refuses::<FeatureRows, _>(&*store, &volatilities, &NO_VOLATILITIES).await?;
    let numbers: [(&str, Spoil<Features, f64>); 11] = [
        ("close", |row, value| row.close = value),
        ("daily_return", |row, value| row.daily_return = Some(value)),
        ("var_95", |row, value| row.var_95 = Some(value)),
        ("var_99", |row, value| row.var_99 = Some(value)),
        ("cvar_95", |row, value| row.cvar_95 = Some(value)),
        ("cvar_99", |row, value| row.cvar_99 = Some(value)),
        ("normal_var_95", |row, value| row.normal_var_95 = Some(value)),
        ("normal_var_99", |row, value| row.normal_var_99 = Some(value)),
        ("normal_cvar_95", |row, value| row.normal_cvar_95 = Some(value)),
        ("normal_cvar_99", |row, value| row.normal_cvar_99 = Some(value)),
        ("risk_free_rate", |row, value| row.risk_free_rate = Some(value)),
    ];
    refuses::<FeatureRows, _>(&*store, &numbers, &NO_NUMBERS).await?;
    let below: [(&str, Spoil<Features, f64>); 4] = [
        ("cvar_95", |row, value| (row.var_95, row.cvar_95) = (Some(0.02), Some(value))),
        ("cvar_99", |row, value| (row.var_99, row.cvar_99) = (Some(0.02), Some(value))),
        ("normal_cvar_95", |row, value| (row.normal_var_95, row.normal_cvar_95) = (Some(0.02), Some(value))),
        ("normal_cvar_99", |row, value| (row.normal_var_99, row.normal_cvar_99) = (Some(0.02), Some(value))),
    ];
    refuses::<FeatureRows, _>(&*store, &below, &[0.019_99, -0.02]).await
}

/// Crossed and locked markets, and a quote of zero, are stored unchanged.
async fn crossed_and_locked_markets_are_kept(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..)
        .zip([(2.0, 1.0), (1.5, 1.5), (0.0, 0.0), (0.0, 0.05), (5.0, 0.0)])
        .map(|(day, (bid, ask))| Draft::on(day).row::<Quotes>().with_market(Some(bid), Some(ask)))
        .collect();
    store.upsert_quotes(&rows).await?;
    assert_eq!(all::<Quotes>(&*store, rows[0].contract).await?, rows);
    let quote = |symbol: &str, bid, ask| {
        let quote = UnderlyingQuote::new(Symbol::new(symbol)?, Draft::on(0).at, source("test"));
        Ok::<_, strikebook_core::Error>(UnderlyingQuote { bid: Some(bid), ask: Some(ask), ..quote })
    };
    let rows = [quote("CROSSED", 2.0, 1.0)?, quote("LOCKED", 1.0, 1.0)?];
    store.upsert_underlying_quotes(&rows).await?;
    for row in &rows {
        assert_eq!(all::<UnderlyingQuotes>(&*store, row.symbol).await?, std::slice::from_ref(row));
    }
    Ok(())
}

/// Counts are exact up to the largest valid one, beyond the precision of a float.
async fn counts_are_exact(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let counts = [0, 1, u64::from(u32::MAX) + 1, (1 << 53) + 1, i64::MAX.unsigned_abs() - 1, i64::MAX.unsigned_abs()];
    let rows: Vec<_> = (0..)
        .zip(counts)
        .map(|(day, count)| OptionQuote {
            bid_size: Some(count),
            ask_size: Some(count),
            volume: Some(count),
            open_interest: Some(count),
            ..Draft::on(day).row::<Quotes>()
        })
        .collect();
    store.upsert_quotes(&rows).await?;
    assert_eq!(all::<Quotes>(&*store, rows[0].contract).await?, rows);
    let rows: Vec<_> =
        (0..).zip(counts).map(|(day, count)| Bar { volume: Some(count), ..Draft::on(day).row::<Bars>() }).collect();
    store.upsert_bars(&rows).await?;
    assert_eq!(all::<Bars>(&*store, rows[0].key).await?, rows);
    Ok(())
}

/// Sums of the largest counts end at the largest number and overflow nothing.
async fn sums_of_the_largest_counts_do_not_overflow(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = instant("2025-09-25T20:00:00Z");
    let most = i64::MAX.unsigned_abs();
    let quotes: Vec<_> = ["C00640000", "C00650000", "C00660000", "P00650000"]
        .map(|contract| OptionQuote {
            volume: Some(most),
            open_interest: Some(most),
            ..OptionQuote::new(parsed(&format!("SPY251219{contract}")), at, source("test"))
        })
        .into();
    store.upsert_quotes(&quotes).await?;
    let spy: Symbol = parsed("SPY");
    let volume = store.option_volume(spy, Timestamp::MIN, AsOf::instant(at)).await?;
    assert_eq!((volume.calls, volume.puts), (u64::MAX, most));
    let chain = store.chain_as_of(&ChainQuery::new(spy, AsOf::instant(at))).await?;
    assert!(chain.put_call_volume_ratio().is_some_and(|ratio| (ratio - 1.0 / 3.0).abs() < 1e-12));
    let day = at.new_york_date();
    let hours = store.hourly_options(spy, day, EVERYTHING).await?;
    let days = store.daily_options(spy, day, day, EVERYTHING).await?;
    for calls in [hours[0].volume.calls, days[0].volume.calls] {
        assert!(calls > most, "{calls}");
    }
    Ok(())
}

/// Strikes come back exactly, and a chain's bounds compare exactly.
async fn strikes_are_exact(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = instant("2025-09-25T20:00:00Z");
    let strikes = [1, 9, 10, 999, 1_005, 2_675, 33_335, 650_000, 1_000_001, 16_777_217, 99_999_998, 99_999_999];
    let contract = |thousandths: u32| -> Result<OptionContract> { format!("SPY251219C{thousandths:08}").parse() };
    let quotes: Vec<_> = strikes
        .into_iter()
        .map(|thousandths| Ok(OptionQuote::new(contract(thousandths)?, at, source("test"))))
        .collect::<Result<_>>()?;
    store.upsert_quotes(&quotes).await?;
    let query = ChainQuery::new(Symbol::new("SPY")?, AsOf::instant(at));
    let found = store.chain_as_of(&query).await?.into_rows();
    assert_eq!(found.iter().map(|row| row.quote.contract.strike().thousandths()).collect::<Vec<_>>(), strikes);
    for thousandths in strikes {
        let strike = Strike::from_thousandths(thousandths)?;
        let chain = store.chain_as_of(&query.clone().with_strikes(strike, strike)).await?;
        let found: Vec<_> = chain.rows().iter().map(|row| row.quote.contract.strike()).collect();
        assert_eq!(found, [strike]);
        assert!(store.get_contract(&contract(thousandths)?).await?.is_some(), "{strike}");
    }
    Ok(())
}

/// Dangerous names are refused before they reach a store, and names with every allowed character are stored.
async fn names_are_checked_by_their_types(bench: &Bench) -> Result<()> {
    for text in ["", " ", "A'", "A\"B", "A;B", "A\0", "A\n", "ROCKET🚀", "ÄÖ", "'); DROP TABLE bars;--", "A\\B", "A%"]
    {
        assert!(Symbol::new(text).is_err() && SeriesId::new(text).is_err(), "{text:?}");
        assert!(Source::new(text).is_err() && Model::new(&text.to_lowercase()).is_err(), "{text:?}");
        assert!(text.parse::<OptionContract>().is_err(), "{text:?}");
    }
    let store = bench.open().await?;
    let every = "ABCXYZabcxyz0189._-/:".to_owned();
    let row = Draft { source: source(&format!("{every}{every}{every}x")), ..Draft::on(0) }.row::<Quotes>();
    assert_eq!(row.source.as_str().len(), 64);
    store.upsert_quotes(std::slice::from_ref(&row)).await?;
    assert_eq!(all::<Quotes>(&*store, row.contract).await?, [row]);
    let quote = UnderlyingQuote::new(Symbol::new("^A.0-Z/9=_")?, Draft::on(0).at, source("simulate:d"));
    store.upsert_underlying_quotes(std::slice::from_ref(&quote)).await?;
    assert_eq!(all::<UnderlyingQuotes>(&*store, quote.symbol).await?, [quote]);
    Ok(())
}

/// The first and the last valid instant are usable as `at`, as `recorded_at` and as limits.
async fn the_bounds_of_time_are_usable(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let symbol = Symbol::new("SPY")?;
    let row = |at, recorded_at| UnderlyingQuote { recorded_at, ..UnderlyingQuote::new(symbol, at, source("test")) };
    let rows = [row(Timestamp::MIN, Timestamp::MIN), row(Timestamp::MAX, Timestamp::MAX)];
    store.upsert_underlying_quotes(&rows).await?;
    assert_eq!(store.underlying_as_of(symbol, AsOf::instant(Timestamp::MIN)).await?.as_ref(), Some(&rows[0]));
    assert_eq!(store.underlying_as_of(symbol, AsOf::instant(Timestamp::MAX)).await?.as_ref(), Some(&rows[1]));
    let query = SeriesQuery::new(symbol, EVERYTHING).with_limit(strikebook_core::Limit::MIN);
    let first = store.list_underlying_quotes(&query).await?;
    assert_eq!(first.items, rows[..1]);
    let Some(next) = first.next else { panic!("a second page follows") };
    let second = store.list_underlying_quotes(&query.after(next)).await?;
    assert_eq!((&second.items[..], second.next), (&rows[1..], None));
    let late = UnderlyingQuote { last: Some(1.0), ..row(Timestamp::MIN, Timestamp::MAX) };
    store.upsert_underlying_quotes(std::slice::from_ref(&late)).await?;
    let versions = store.list_underlying_versions(symbol, Timestamp::MIN).await?;
    assert_eq!(versions.first().map(|version| version.superseded_at), Some(Some(Timestamp::MAX)));
    assert_eq!(store.underlying_as_of(symbol, AsOf::with_hindsight(Timestamp::MIN)).await?, Some(late));
    Ok(())
}
