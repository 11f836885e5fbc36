//! Every case that is written is in the list, under its subject.

use std::{collections::BTreeSet, fs, path::Path};

/// The names of the cases that a file defines.
fn defined(file: &str) -> BTreeSet<String> {
    let path = Path::new("src").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let names = text.lines().filter_map(|line| line.strip_prefix("pub async fn "));
    names.filter_map(|rest| rest.split(['(', '<']).next()).map(str::to_owned).collect()
}

/// The names in the list between a line and the next that closes its brace.
fn listed(start: &str) -> BTreeSet<String> {
    let list = include_str!("../src/cases.rs");
    let after = list.split_once(start).unwrap_or_else(|| panic!("the list has no {start}")).1;
    let names = after.lines().skip(1).map(str::trim).take_while(|line| !line.starts_with('}'));
    names.filter_map(|line| line.strip_suffix(',')).map(str::to_owned).collect()
}

#[test]
fn every_case_is_listed() {
    for (start, file) in [
        ("run contract ", "market/contract.rs"),
        ("run chain ", "market/chain.rs"),
        ("run question ", "market/question.rs"),
        ("run snapshot ", "market/snapshot.rs"),
        ("run underlying ", "market/underlying.rs"),
        ("run bar ", "market/bar.rs"),
        ("run aggregate ", "market/aggregate.rs"),
        ("run economic ", "market/economic.rs"),
        ("run greeks ", "analytics/greeks.rs"),
        ("run heston ", "analytics/heston.rs"),
        ("run sabr ", "analytics/sabr.rs"),
        ("run svi ", "analytics/svi.rs"),
        ("run ou ", "analytics/ou.rs"),
        ("run feature ", "analytics/feature.rs"),
        ("run backtest ", "analytics/backtest.rs"),
        ("run prediction ", "analytics/prediction.rs"),
        ("run signal ", "trading/signal.rs"),
        ("run order ", "trading/order.rs"),
        ("run execution ", "trading/execution.rs"),
        ("run position ", "trading/position.rs"),
        ("run account ", "trading/account.rs"),
        ("run portfolio ", "trading/portfolio.rs"),
        ("run audit ", "operations/audit.rs"),
        ("run access ", "operations/access.rs"),
        ("run configuration ", "operations/configuration.rs"),
        ("run cache ", "operations/cache.rs"),
        ("run coverage ", "operations/coverage.rs"),
        ("run spending ", "operations/spending.rs"),
        ("run quality ", "operations/quality.rs"),
        ("run run ", "operations/run.rs"),
        ("run watermark ", "operations/watermark.rs"),
        ("run strategy ", "operations/strategy.rs"),
        ("run event ", "operations/event.rs"),
        ("run state ", "operations/state.rs"),
        ("run metrics ", "trading/metrics.rs"),
        ("run journal ", "trading/journal.rs"),
        ("run import ", "trading/import.rs"),
        ("run trade ", "trading/trade.rs"),
        ("run note ", "trading/note.rs"),
        ("run rule ", "trading/rule.rs"),
        ("run daily ", "trading/daily.rs"),
        ("run risk ", "trading/risk.rs"),
        ("run input ", "input.rs"),
        ("run maintenance ", "maintenance.rs"),
        ("run eviction ", "eviction.rs"),
        ("run store ", "store.rs"),
        ("run_on_threads concurrency ", "concurrency.rs"),
        ("run model ", "model.rs"),
    ] {
        assert_eq!(listed(start), defined(file), "{file}");
    }
    let shared = ["series/changes.rs", "series/history.rs", "series/reading.rs", "series/writing.rs"]
        .map(defined)
        .into_iter()
        .flatten();
    assert_eq!(listed("macro_rules! with_series_cases"), shared.collect());
    assert_eq!(listed("macro_rules! with_entry_cases"), defined("entries.rs"));
    assert_eq!(listed("macro_rules! with_keyed_cases"), defined("keyed.rs"));
}
