//! The lives of contracts: chains, lists and aggregates end with the last trade, and terms follow the stored details.

use chrono::NaiveDate;
use strikebook_core::{
    AsOf, Result, Store, Timestamp,
    market::{
        ChainQuery, ChainRow, ContractDetails, ContractLife, ContractQuery, Delivery, ExerciseStyle, LastTrading,
        OptionContract, OptionQuote, Product, SettlementTime, Symbol, calendar,
    },
};

use crate::{
    Bench,
    case::{Case, cases, reading},
    parsed,
    series::{corrected, just_after, just_before, source, unchanged},
};

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![
        a_chain_ends_with_the_last_trade_of_each_product,
        contracts_dated_on_a_day_without_session_end_with_the_session_before,
        contracts_on_their_last_day_are_those_of_zero_days,
        days_to_expiration_bound_a_chain,
        rows_state_the_terms_of_the_product_table,
        details_override_terms_and_life,
        details_that_agree_with_the_table_again_restore_its_life,
        hours_of_options_end_with_the_last_trade,
        contracts_of_1973_to_1999_are_stored,
        a_root_with_a_point_is_stored_without
    ];
    reading(answers)
}

/// Returns an instant of New York, such as `2025-12-18 16:15`.
fn new_york(text: &str) -> Timestamp {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap_or_else(|error| panic!("{error}"));
    calendar::instant(wall.date(), wall.time()).unwrap_or_else(|error| panic!("{error}"))
}

/// Quotes a contract at an instant of New York.
fn quote(contract: &str, at: &str) -> OptionQuote {
    OptionQuote::new(parsed(contract), new_york(at), source("test")).with_market(Some(1.0), Some(1.1))
}

async fn chain(store: &dyn Store, underlying: &str, at: Timestamp) -> Result<Vec<String>> {
    rows(store, &ChainQuery::new(parsed(underlying), AsOf::instant(at))).await
}

async fn rows(store: &dyn Store, query: &ChainQuery) -> Result<Vec<String>> {
    Ok(store.chain_as_of(query).await?.rows().iter().map(|row| row.quote.contract.to_compact()).collect())
}

async fn row(store: &dyn Store, contract: &str, at: Timestamp) -> Result<Option<ChainRow>> {
    let contract: OptionContract = parsed(contract);
    let details = store.get_contract(&contract).await?;
    let underlying = details.map_or_else(|| contract.root().underlying(), |details| Ok(details.underlying))?;
    let query = ChainQuery::new(underlying, AsOf::instant(at)).with_adjusted();
    Ok(store.chain_as_of(&query).await?.get(&contract).cloned())
}

/// A chain and a list as of a point contain a contract up to and including its last instant of trading, by product: SPX
/// and VIX to 16:15 on the day before the settlement day, an expiring SPXW to 16:00, SPY to 16:15.
async fn a_chain_ends_with_the_last_trade_of_each_product(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let lives = [
        ("SPX251219C06500000", "SPX", "2025-12-18 16:15"),
        ("SPXW251219C06500000", "SPX", "2025-12-19 16:00"),
        ("VIX251217C00020000", "VIX", "2025-12-16 16:15"),
        ("VIX260519C00020000", "VIX", "2026-05-18 16:15"),
        ("SPY251219C00650000", "SPY", "2025-12-19 16:15"),
        ("AAPL251219C00200000", "AAPL", "2025-12-19 16:00"),
        ("MXEF251219C01000000", "MXEF", "2025-12-18 16:15"),
        ("SPX260618C06500000", "SPX", "2026-06-17 16:15"),
        ("SPX190418C02900000", "SPX", "2019-04-17 16:15"),
        ("SPY251128C00650000", "SPY", "2025-11-28 13:15"),
        ("GOOG151224C00750000", "GOOG", "2015-12-24 13:00"),
    ];
    for (contract, underlying, last_trade) in lives {
        let bench = bench.another().await?;
        let store = bench.open().await?;
        let end = new_york(last_trade);
        let quoted = OptionQuote { at: just_before(end), recorded_at: just_before(end), ..quote(contract, last_trade) };
        store.upsert_quotes(&[quoted]).await?;
        let listed = ContractQuery::new(parsed(underlying));
        for (at, expected) in [(just_before(end), vec![contract]), (end, vec![contract]), (just_after(end), vec![])] {
            assert_eq!(chain(&*store, underlying, at).await?, expected, "{contract} at {at}");
            let list = store.list_contracts(&listed.clone().with_as_of(AsOf::instant(at))).await?.items;
            let list: Vec<_> = list.iter().map(|details| details.contract.to_compact()).collect();
            assert_eq!(list, expected, "{contract} at {at}");
        }
        store.close().await?;
    }
    store.close().await
}

/// A contract dated on a Saturday or on a holiday trades last on the session before; one that settles at the opening,
/// on the session before that.
async fn contracts_dated_on_a_day_without_session_end_with_the_session_before(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (contract, underlying, last_trade) in [
        ("SPY140322C00185000", "SPY", "2014-03-21 16:15"),
        ("SPX140322C01850000", "SPX", "2014-03-20 16:15"),
        ("SPY080322C00130000", "SPY", "2008-03-20 16:15"),
        ("SPX080322C01300000", "SPX", "2008-03-19 16:15"),
    ] {
        let end = new_york(last_trade);
        store.upsert_quotes(&[OptionQuote { at: end, recorded_at: end, ..quote(contract, last_trade) }]).await?;
        assert_eq!(chain(&*store, underlying, end).await?, [contract]);
        assert_eq!(chain(&*store, underlying, just_after(end)).await?, [""; 0]);
    }
    Ok(())
}

/// Zero days to expiration select the contracts on their last trading day, whatever the date in their symbols.
async fn contracts_on_their_last_day_are_those_of_zero_days(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (day, underlying, contracts) in [
        ("2025-12-18", "SPX", vec!["SPXW251218C06500000", "SPX251219C06500000"]),
        ("2025-12-19", "SPX", vec!["SPXW251219C06500000"]),
        ("2014-03-21", "SPY", vec!["SPY140322C00185000"]),
        ("2008-03-20", "SPY", vec!["SPY080322C00130000"]),
    ] {
        let at = format!("{day} 12:00");
        let quotes: Vec<_> =
            contracts.iter().chain(&["SPX260320C06500000"]).map(|contract| quote(contract, &at)).collect();
        store.upsert_quotes(&quotes).await?;
        let whole = ChainQuery::new(parsed(underlying), AsOf::instant(new_york(&at)));
        assert_eq!(rows(&*store, &whole.clone().with_days_to_expiration(0, 0)).await?, contracts, "{day}");
        let selected = store.chain_as_of(&whole).await?.within_days(0..=0);
        assert_eq!(selected.rows().iter().map(|row| row.quote.contract.to_compact()).collect::<Vec<_>>(), contracts);
    }
    Ok(())
}

/// Days to expiration bound a chain from both sides, both ends included; bounds beyond all time select nothing more.
async fn days_to_expiration_bound_a_chain(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = "2025-12-12 12:00";
    let contracts = ["SPXW251212C06500000", "SPX251219C06500000", "SPXW251219C06500000", "SPX260116C06500000"];
    store.upsert_quotes(&contracts.map(|contract| quote(contract, at))).await?;
    let query = ChainQuery::new(parsed("SPX"), AsOf::instant(new_york(at)));
    for (fewest, most, expected) in [
        (0, 0, &contracts[..1]),
        (0, 6, &contracts[..2]),
        (6, 6, &contracts[1..2]),
        (7, 7, &contracts[2..3]),
        (1, 33, &contracts[1..3]),
        (1, 34, &contracts[1..]),
        (0, u32::MAX, &contracts[..]),
        (u32::MAX, u32::MAX, &[]),
        (8, 2, &[]),
    ] {
        let found = rows(&*store, &query.clone().with_days_to_expiration(fewest, most)).await?;
        assert_eq!(found, expected, "{fewest} to {most} days");
    }
    Ok(())
}

/// A row of a chain states the terms and the life of its contract.
async fn rows_state_the_terms_of_the_product_table(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = "2025-12-12 12:00";
    let contracts = ["SPX251219C06500000", "SPXW251219C06500000", "SPY251219C00650000", "NANOS251219C00650000"];
    let contracts = [&contracts[..], &["OEX251219C03000000", "BRKB251219C00500000", "AAPL1251219C00200000"]].concat();
    store.upsert_quotes(&contracts.iter().map(|contract| quote(contract, at)).collect::<Vec<_>>()).await?;
    for contract in contracts {
        let found = row(&*store, contract, new_york(at)).await?;
        let contract: OptionContract = parsed(contract);
        let expected = Some((contract.root().product(), contract.standard_life()));
        assert_eq!(found.map(|row| (row.product, row.life)), expected, "{contract}");
    }
    Ok(())
}

/// Details override underlying, terms and life; before, after and again they are what was written last.
async fn details_override_terms_and_life(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (contract, at) = ("SPXW101126C01200000", "2010-11-24 16:14");
    store.upsert_quotes(&[quote(contract, at), quote("SPXW101126P01200000", at)]).await?;
    // Weekly options on the S&P 500 settled at the opening until December 2010.
    let standard = ContractDetails::standard(parsed(contract), source("test"), new_york(at))?;
    let product = Product { settlement: SettlementTime::Am, last_trading: LastTrading::DayBefore, ..standard.product };
    let stated = ContractDetails { product, ..standard.clone() };
    assert!(stated.is_override());
    assert_eq!(store.upsert_contracts(std::slice::from_ref(&stated)).await?, corrected(1));
    assert_eq!(store.upsert_contracts(std::slice::from_ref(&stated)).await?, unchanged(1));
    assert_eq!(store.get_contract(&stated.contract).await?.as_ref(), Some(&stated));
    let expected =
        ContractLife { settles_at: new_york("2010-11-26 09:30"), last_trade_at: new_york("2010-11-24 16:15") };
    let found = row(&*store, contract, new_york(at)).await?;
    assert_eq!(found.map(|row| (row.product, row.life)), Some((product, expected)));
    let other = row(&*store, "SPXW101126P01200000", new_york(at)).await?;
    assert_eq!(other.map(|row| row.life.settles_at), Some(new_york("2010-11-26 13:00")), "the put is as before");
    // As of an instant after the last trade, only the other one still trades.
    let end = just_after(expected.last_trade_at);
    assert_eq!(chain(&*store, "SPX", end).await?, ["SPXW101126P01200000"]);
    // Quotes that come later change no terms.
    store.upsert_quotes(&[quote(contract, "2010-11-24 16:15")]).await?;
    assert_eq!(row(&*store, contract, expected.last_trade_at).await?.map(|row| row.product), Some(product));

    // A root that the table does not list: an index of the user's own.
    let own = Product {
        exercise_style: ExerciseStyle::European,
        delivery: Delivery::Cash,
        multiplier: 10,
        ..parsed::<OptionContract>("DEMO101126C01200000").root().product()
    };
    let contract: OptionContract = parsed("DEMO101126C01200000");
    let details = ContractDetails::standard(contract, source("test"), new_york(at))?;
    let details = ContractDetails { product: own, underlying: parsed("^DEMO"), ..details };
    store.upsert_contracts(std::slice::from_ref(&details)).await?;
    store.upsert_quotes(&[quote("DEMO101126C01200000", at)]).await?;
    assert_eq!(row(&*store, "DEMO101126C01200000", new_york(at)).await?.map(|row| row.product), Some(own));
    Ok(())
}

/// Details that state the table's terms again take an override back.
async fn details_that_agree_with_the_table_again_restore_its_life(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (contract, at) = ("SPX251219C06500000", "2025-12-18 12:00");
    store.upsert_quotes(&[quote(contract, at)]).await?;
    let standard = ContractDetails::standard(parsed(contract), source("test"), new_york(at))?;
    let pm = Product { settlement: SettlementTime::Pm, last_trading: LastTrading::AtClose, ..standard.product };
    let listed_on = NaiveDate::from_ymd_opt(2025, 1, 2);
    let [stated, restored] =
        [pm, standard.product].map(|product| ContractDetails { product, listed_on, ..standard.clone() });
    let (thursday, friday) = (new_york("2025-12-18 16:15"), new_york("2025-12-19 16:00"));
    for (details, last) in [(stated, friday), (restored, thursday)] {
        store.upsert_contracts(std::slice::from_ref(&details)).await?;
        assert_eq!(chain(&*store, "SPX", last).await?, [contract]);
        assert_eq!(chain(&*store, "SPX", just_after(last)).await?, [""; 0]);
        let query = ContractQuery::new(parsed("SPX")).with_as_of(AsOf::instant(just_after(last)));
        assert_eq!(store.list_contracts(&query).await?.items, []);
    }
    Ok(())
}

/// An hour of options counts the contracts that trade after its start: SPX ends with the hour that holds 16:15 on
/// Thursday, SPXW with the hour to 16:00 on Friday.
async fn hours_of_options_end_with_the_last_trade(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut quotes = Vec::new();
    for contract in ["SPX251219C06500000", "SPXW251219C06500000"] {
        for at in ["2025-12-18 15:30", "2025-12-18 16:10", "2025-12-18 17:30", "2025-12-19 15:30", "2025-12-19 16:30"] {
            quotes.push(quote(contract, at));
        }
    }
    store.upsert_quotes(&quotes).await?;
    let counts_of = async |day: &str| {
        let as_of = AsOf::instant(new_york("2025-12-20 12:00"));
        let hours = store.hourly_options(parsed::<Symbol>("SPX"), parsed_day(day), as_of).await?;
        Ok::<_, strikebook_core::Error>(hours.iter().map(|hour| hour.quoted).collect::<Vec<_>>())
    };
    assert_eq!(counts_of("2025-12-18").await?, [2, 2, 1]);
    assert_eq!(counts_of("2025-12-19").await?, [1]);
    Ok(())
}

fn parsed_day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Contracts of the last century have quotes, chains and lists as those of this one, in the order of their dates.
async fn contracts_of_1973_to_1999_are_stored(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let contracts = ["IBM730427C00400000", "IBM990115C00180000", "IBM000121C00120000", "IBM721216C00120000"];
    let quotes = [
        quote(contracts[0], "1973-04-26 15:00"),
        quote(contracts[1], "1998-12-31 15:00"),
        quote(contracts[2], "1998-12-31 15:00"),
        quote(contracts[3], "1998-12-31 15:00"),
    ];
    store.upsert_quotes(&quotes).await?;
    let listed = store.list_contracts(&ContractQuery::new(parsed("IBM"))).await?.items;
    assert_eq!(listed.iter().map(|details| details.contract.to_compact()).collect::<Vec<_>>(), contracts);
    assert_eq!(chain(&*store, "IBM", new_york("1973-04-27 16:00")).await?, contracts[..1]);
    assert_eq!(chain(&*store, "IBM", new_york("1999-01-15 16:00")).await?, contracts[1..]);
    assert_eq!(chain(&*store, "IBM", new_york("1999-01-15 16:01")).await?, contracts[2..]);
    Ok(())
}

/// A root with a point is stored as the same root without, under the underlying with it.
async fn a_root_with_a_point_is_stored_without(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = "2025-12-12 12:00";
    store.upsert_quotes(&[quote("BRK.B251219C00500000", at), quote("BRKB251219C00500000", at)]).await?;
    assert_eq!(chain(&*store, "BRK.B", new_york(at)).await?, ["BRKB251219C00500000"]);
    assert_eq!(chain(&*store, "BRKB", new_york(at)).await?, [""; 0]);
    Ok(())
}
