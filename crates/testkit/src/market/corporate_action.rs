//! Cases of corporate actions.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    AsOf, ChangeQuery, Decimal, ErrorKind, Name, Page, Result, SeriesQuery, Store, Timestamp, Upserted, Version,
    maintenance::Dataset,
    market::{
        ActionKey, ActionKind, ActionStatus, ActionTerms, AdjustedContract, CorporateAction, Deliverable, EarningsTime,
        Symbol,
    },
};

use crate::{
    Bench, amount,
    case::{Case, cases, reading},
    parsed,
    series::{self, Changes, Draft, EVERYTHING, Series, all, corrected, inserted, instant, just_before, source},
    underlying::symbol,
};

/// Corporate actions, as the shared cases see them: splits. A row's `at` is the start of the draft's day in New York.
#[derive(Debug)]
pub struct CorporateActions;

#[async_trait]
impl Series for CorporateActions {
    type Key = ActionKey;
    type Row = CorporateAction;

    const DATASET: Dataset = Dataset::CorporateActions;

    fn row(draft: &Draft) -> CorporateAction {
        let date = draft.at.new_york_date();
        let action = CorporateAction::new(symbol(draft.series), ActionKind::Split, date, draft.source.clone());
        // A value that is no number is refused as a number of shares that is too large.
        let shares = Decimal::from_f64_retain(draft.value).map_or(Decimal::MAX, |shares| shares.round_dp(8));
        let shares = if shares.is_zero() { Decimal::new(1, 8) } else { shares };
        let Ok(action) = action else { panic!("the day of {draft:?} is out of range") };
        action.with_ratio(shares, 1).with_recorded_at(draft.recorded_at)
    }

    async fn upsert(store: &dyn Store, rows: &[CorporateAction]) -> Result<Upserted> {
        store.upsert_corporate_actions(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<ActionKey>) -> Result<Page<CorporateAction>> {
        store.list_corporate_actions(query).await
    }

    async fn versions(store: &dyn Store, row: &CorporateAction) -> Result<Option<Vec<Version<CorporateAction>>>> {
        store.list_corporate_action_versions(row.key, row.date()).await.map(Some)
    }
}

#[async_trait]
impl Changes for CorporateActions {
    async fn changes(store: &dyn Store, query: &ChangeQuery<ActionKey>) -> Result<Page<CorporateAction>> {
        store.list_corporate_action_changes(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![
        every_field_of_every_kind_comes_back,
        an_announced_action_is_known_before_it_is_in_force,
        a_restated_action_is_a_correction,
        the_actions_of_a_symbol_are_those_of_every_kind,
        the_actions_of_a_symbol_keep_to_both_limits,
        actions_into_a_symbol_are_found_by_their_counterpart,
        a_corrected_counterpart_is_found_at_its_time_only
    ];
    let writes = cases![
        terms_are_those_of_the_kind,
        shares_and_amounts_are_above_zero_and_exact,
        an_action_starts_at_a_midnight_in_new_york,
        a_day_out_of_range_has_no_action
    ];
    let shared = [series::cases::<CorporateActions>(), series::change_cases::<CorporateActions>()].concat();
    [shared, reading(answers), writes].concat()
}

fn day(text: &str) -> NaiveDate {
    let Ok(day) = text.parse() else { panic!("{text} is no day") };
    day
}

/// Creates an action without terms, recorded long before.
fn action(symbol: &str, kind: ActionKind, date: &str) -> Result<CorporateAction> {
    let action = CorporateAction::new(Symbol::new(symbol)?, kind, day(date), source("test"))?;
    Ok(action.with_recorded_at(instant("1990-01-01T00:00:00Z")))
}

fn usd() -> Name {
    parsed("USD")
}

/// Returns an action of each kind with all of its terms.
fn one_of_each_kind() -> Result<Vec<CorporateAction>> {
    let dates = |mut action: CorporateAction| {
        (action.terms.record_date, action.terms.pay_date) = (Some(day("2014-08-11")), Some(day("2014-08-14")));
        action
    };
    let symbol = |text| Symbol::new(text);
    let adjusted = AdjustedContract {
        contracts: 1.into(),
        deliverable: vec![
            Deliverable { symbol: Some(symbol("PYPL")?), quantity: amount("100") },
            Deliverable { symbol: None, quantity: amount("12.34567891") },
        ],
    };
    let mut adjustment = action("EBAY", ActionKind::ContractAdjustment, "2015-07-20")?
        .with_ratio(3, 2)
        .with_counterpart(symbol("EBAY1")?);
    adjustment.terms.contract = Some(adjusted);
    let mut earnings = action("AAPL", ActionKind::Earnings, "2014-07-22")?;
    earnings.terms.report_time = Some(EarningsTime::AfterClose);
    Ok(vec![
        action("AAPL", ActionKind::Split, "2014-06-09")?.with_ratio(7, 1),
        dates(action("AAPL", ActionKind::CashDividend, "2014-08-07")?.with_amount(amount("0.47"), usd())),
        dates(action("COST", ActionKind::SpecialDividend, "2020-12-01")?.with_amount(amount("10"), usd())),
        dates(action("TOOT", ActionKind::StockDividend, "2018-05-14")?.with_ratio(amount("0.05"), 1)),
        action("FB", ActionKind::SymbolChange, "2022-06-09")?.with_counterpart(symbol("META")?),
        action("TWX", ActionKind::Merger, "2018-06-15")?
            .with_ratio(amount("1.437"), 1)
            .with_amount(amount("53.75"), usd())
            .with_counterpart(symbol("T")?),
        action("EBAY", ActionKind::SpinOff, "2015-07-20")?.with_ratio(1, 1).with_counterpart(symbol("PYPL")?),
        adjustment,
        earnings,
        action("META", ActionKind::Listing, "2022-06-09")?,
        action("TWTR", ActionKind::Delisting, "2022-11-08")?,
    ])
}

/// Every field of an action of every kind comes back as it was written, also on its own among the others.
async fn every_field_of_every_kind_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = one_of_each_kind()?;
    assert!(ActionKind::ALL.iter().all(|kind| rows.iter().any(|row| row.key.kind == *kind)), "a kind is missing");
    assert_eq!(store.upsert_corporate_actions(&rows).await?, inserted(rows.len() as u64));
    for row in rows {
        assert_eq!(all::<CorporateActions>(&*store, row.key).await?, [row]);
    }
    Ok(())
}

/// A read as of an instant has the actions in force; a later event limit adds those announced by the knowledge limit.
async fn an_announced_action_is_known_before_it_is_in_force(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let announced = instant("2014-04-23T20:30:00Z");
    let split = action("AAPL", ActionKind::Split, "2014-06-09")?.with_ratio(7, 1).with_recorded_at(announced);
    store.upsert_corporate_actions(std::slice::from_ref(&split)).await?;
    let of = async |as_of| store.corporate_actions_of(split.key.symbol, Timestamp::MIN, as_of).await;
    let (none, one) = (Vec::new(), vec![split.clone()]);
    assert_eq!(split.at, instant("2014-06-09T04:00:00Z"), "the start of the ex-date in New York");
    assert_eq!(of(AsOf::instant(just_before(split.at))).await?, none);
    assert_eq!(of(AsOf::instant(split.at)).await?, one);
    assert_eq!(of(AsOf::with_hindsight(Timestamp::MAX).known_by(announced)).await?, one);
    assert_eq!(of(AsOf::with_hindsight(Timestamp::MAX).known_by(just_before(announced))).await?, none);
    Ok(())
}

/// A restated action supersedes the earlier one; a read as of before has the earlier terms. A cancelled action stays.
async fn a_restated_action_is_a_correction(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = action("GE", ActionKind::Split, "2021-08-02")?.with_ratio(1, 10);
    let second = first.clone().with_ratio(1, 8).with_recorded_at(instant("2021-07-01T12:00:00Z"));
    let third = CorporateAction { status: ActionStatus::Cancelled, ..second.clone() };
    let third = third.with_recorded_at(instant("2021-07-15T12:00:00Z"));
    assert_eq!(store.upsert_corporate_actions(std::slice::from_ref(&first)).await?, inserted(1));
    for row in [&second, &third] {
        assert_eq!(store.upsert_corporate_actions(std::slice::from_ref(row)).await?, corrected(1));
    }
    for (known_by, valid) in [
        (just_before(second.recorded_at), &first),
        (second.recorded_at, &second),
        (just_before(third.recorded_at), &second),
        (Timestamp::MAX, &third),
    ] {
        let limits = AsOf::with_hindsight(Timestamp::MAX).known_by(known_by);
        let found = store.corporate_actions_of(first.key.symbol, Timestamp::MIN, limits).await?;
        assert_eq!(found.iter().collect::<Vec<_>>(), [valid], "{known_by}");
    }
    let versions = store.list_corporate_action_versions(first.key, first.date()).await?;
    assert_eq!(versions.into_iter().map(|version| version.row).collect::<Vec<_>>(), [first, second, third]);
    Ok(())
}

/// The actions of a symbol are those of every kind and status, ordered by `at` and kind, and of no similar symbol. A
/// regular and a special dividend may have one date.
async fn the_actions_of_a_symbol_are_those_of_every_kind(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let estimated =
        CorporateAction { status: ActionStatus::Estimated, ..action("F", ActionKind::Earnings, "2023-02-02")? };
    let regular = action("F", ActionKind::CashDividend, "2023-02-10")?.with_amount(amount("0.15"), usd());
    let special = action("F", ActionKind::SpecialDividend, "2023-02-10")?.with_amount(amount("0.65"), usd());
    let cancelled = CorporateAction {
        status: ActionStatus::Cancelled,
        ..action("F", ActionKind::Split, "2023-02-13")?.with_ratio(2, 1)
    };
    let other = action("F1", ActionKind::Earnings, "2023-02-02")?;
    let rows = [estimated, regular, special, cancelled];
    let written: Vec<_> = rows.iter().rev().cloned().chain([other]).collect();
    store.upsert_corporate_actions(&written).await?;
    let ford = Symbol::new("F")?;
    assert_eq!(store.corporate_actions_of(ford, Timestamp::MIN, EVERYTHING).await?, rows);
    assert_eq!(store.corporate_actions_of(ford, rows[1].at, EVERYTHING).await?, rows[1..], "from is included");
    assert_eq!(store.corporate_actions_of(Symbol::new("GM")?, Timestamp::MIN, EVERYTHING).await?, []);
    Ok(())
}

/// No action of a symbol passes either limit, and of each the version valid at the knowledge limit is returned.
async fn the_actions_of_a_symbol_keep_to_both_limits(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let drafts = [
        Draft::on(0),
        Draft::on(3),
        Draft::on(3).value(2.0).recorded_after(40),
        Draft::on(6).value(3.0).recorded_after(-90),
    ];
    for draft in &drafts {
        CorporateActions::upsert(&*store, &[draft.row::<CorporateActions>()]).await?;
    }
    let rows: Vec<_> = drafts.iter().map(Draft::row::<CorporateActions>).collect();
    for at in rows.iter().map(|row| row.at) {
        for known_by in rows.iter().flat_map(|row| [just_before(row.recorded_at), row.recorded_at]) {
            let limits = AsOf::with_hindsight(at).known_by(known_by);
            let found = store.corporate_actions_of(symbol(0), Timestamp::MIN, limits).await?;
            let listed = store.list_corporate_actions(&SeriesQuery::new(rows[0].key, limits)).await?.items;
            assert_eq!(found, listed, "{limits:?}");
            assert!(found.iter().all(|row| limits.admits(row.at, row.recorded_at)), "{limits:?}");
        }
    }
    Ok(())
}

/// Changes of symbol, mergers and spin-offs are found by their counterpart, in the order of `at`, symbol and kind.
async fn actions_into_a_symbol_are_found_by_their_counterpart(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = one_of_each_kind()?;
    store.upsert_corporate_actions(&rows).await?;
    let into = async |text| store.corporate_actions_into(Symbol::new(text)?, EVERYTHING).await;
    let of = |kind| rows.iter().filter(|row| row.key.kind == kind).cloned().collect::<Vec<_>>();
    assert_eq!(into("META").await?, of(ActionKind::SymbolChange));
    assert_eq!(into("T").await?, of(ActionKind::Merger));
    assert_eq!(into("PYPL").await?, of(ActionKind::SpinOff));
    assert_eq!(into("FB").await?, []);
    let second = action("ANY", ActionKind::SymbolChange, "2022-06-09")?.with_counterpart(Symbol::new("META")?);
    store.upsert_corporate_actions(std::slice::from_ref(&second)).await?;
    assert_eq!(into("META").await?, [vec![second.clone()], of(ActionKind::SymbolChange)].concat());
    let before = AsOf::with_hindsight(just_before(second.at));
    assert_eq!(store.corporate_actions_into(Symbol::new("META")?, before).await?, []);
    Ok(())
}

/// An action whose counterpart was corrected is found by the counterpart that was valid at the knowledge limit.
async fn a_corrected_counterpart_is_found_at_its_time_only(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (wrong, right) = (Symbol::new("MVRS")?, Symbol::new("META")?);
    let first = action("FB", ActionKind::SymbolChange, "2022-06-09")?.with_counterpart(wrong);
    let restated = instant("2022-05-31T12:00:00Z");
    let second = first.clone().with_counterpart(right).with_recorded_at(restated);
    store.upsert_corporate_actions(std::slice::from_ref(&first)).await?;
    store.upsert_corporate_actions(std::slice::from_ref(&second)).await?;
    let limits = |known_by| AsOf::with_hindsight(Timestamp::MAX).known_by(known_by);
    for (counterpart, known_by, found) in [
        (wrong, just_before(restated), vec![first]),
        (right, just_before(restated), Vec::new()),
        (wrong, restated, Vec::new()),
        (right, restated, vec![second.clone()]),
        (wrong, Timestamp::MAX, Vec::new()),
    ] {
        assert_eq!(store.corporate_actions_into(counterpart, limits(known_by)).await?, found, "{counterpart}");
    }
    assert_eq!(store.corporate_actions_into(wrong, EVERYTHING).await?, []);
    assert_eq!(store.corporate_actions_into(right, EVERYTHING).await?, [second]);
    Ok(())
}

/// Asserts that an action is refused for a field, and returns nothing stored.
async fn refused(store: &dyn Store, row: &CorporateAction, field: &str) -> Result<()> {
    let Err(error) = store.upsert_corporate_actions(std::slice::from_ref(row)).await else {
        panic!("{field} of {row:?} was accepted")
    };
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    assert_eq!((error.context("row"), error.context("symbol")), (Some("0"), Some(row.key.symbol.as_str())), "{error}");
    Ok(())
}

/// Sets one term of an action to something else.
type Change = fn(&mut ActionTerms);

/// Each kind needs its own terms and refuses those of others; pairs are complete; an estimated action may lack terms.
async fn terms_are_those_of_the_kind(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let removals: [(&str, Change); 9] = [
        ("new_shares", |terms| terms.new_shares = None),
        ("old_shares", |terms| terms.old_shares = None),
        ("amount", |terms| terms.amount = None),
        ("currency", |terms| terms.currency = None),
        ("record_date", |terms| terms.record_date = None),
        ("pay_date", |terms| terms.pay_date = None),
        ("counterpart", |terms| terms.counterpart = None),
        ("contract", |terms| terms.contract = None),
        ("report_time", |terms| terms.report_time = None),
    ];
    let mut full = ActionTerms::default();
    one_of_each_kind()?.into_iter().for_each(|row| fill(&mut full, row.terms));
    let optional = ["record_date", "pay_date", "report_time"];
    for row in one_of_each_kind()? {
        for (field, remove) in removals {
            let mut terms = row.terms.clone();
            remove(&mut terms);
            if terms == row.terms {
                // The kind has no such term: one out of `full` must be refused.
                let mut with = full.clone();
                removals.iter().filter(|(other, _)| *other != field).for_each(|(_, remove)| remove(&mut with));
                let before = row.terms.clone();
                let mut wrong = CorporateAction { terms: with, ..row.clone() };
                fill(&mut wrong.terms, before);
                refused(store, &wrong, field).await?;
                continue;
            }
            let without = CorporateAction { terms, ..row.clone() };
            let may_lack = optional.contains(&field)
                || row.key.kind == ActionKind::ContractAdjustment && field.ends_with("_shares")
                || row.key.kind == ActionKind::Merger;
            if !may_lack {
                refused(store, &without, field).await?;
            }
        }
        let estimated =
            CorporateAction { status: ActionStatus::Estimated, terms: ActionTerms::default(), ..row.clone() };
        if row.key.kind != ActionKind::Merger {
            assert_eq!(store.upsert_corporate_actions(&[estimated]).await?, inserted(1), "{:?}", row.key);
        }
    }
    let merger = action("TWX", ActionKind::Merger, "2018-06-15")?;
    refused(store, &merger, "amount").await?;
    refused(store, &merger.clone().with_ratio(2, 1), "counterpart").await?;
    for spoil in [(|terms| terms.new_shares = None) as Change, |terms| terms.old_shares = None] {
        let mut unpaired = merger.clone().with_ratio(2, 1).with_counterpart(Symbol::new("T")?);
        spoil(&mut unpaired.terms);
        refused(store, &unpaired, "old_shares").await?;
    }
    let mut unpaired = merger.with_amount(amount("53.75"), usd());
    unpaired.terms.currency = None;
    refused(store, &unpaired, "currency").await
}

/// Puts the terms that are missing from others.
fn fill(terms: &mut ActionTerms, others: ActionTerms) {
    terms.new_shares = terms.new_shares.or(others.new_shares);
    terms.old_shares = terms.old_shares.or(others.old_shares);
    terms.amount = terms.amount.or(others.amount);
    terms.currency = terms.currency.or(others.currency);
    terms.record_date = terms.record_date.or(others.record_date);
    terms.pay_date = terms.pay_date.or(others.pay_date);
    terms.counterpart = terms.counterpart.or(others.counterpart);
    terms.contract = terms.contract.take().or(others.contract);
    terms.report_time = terms.report_time.or(others.report_time);
}

/// Shares and amounts are above zero, below 10¹², and keep eight decimals exactly.
async fn shares_and_amounts_are_above_zero_and_exact(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let split = action("AAPL", ActionKind::Split, "2014-06-09")?;
    let dividend = action("AAPL", ActionKind::CashDividend, "2014-08-07")?;
    for bad in ["0", "-1", "1000000000000", "0.000000001"].map(amount) {
        refused(store, &split.clone().with_ratio(bad, 1), "new_shares").await?;
        refused(store, &split.clone().with_ratio(1, bad), "old_shares").await?;
        refused(store, &dividend.clone().with_amount(bad, usd()), "amount").await?;
        let mut adjustment = action("A", ActionKind::ContractAdjustment, "2014-08-07")?;
        adjustment.terms.counterpart = Some(Symbol::new("A1")?);
        let part = Deliverable { symbol: None, quantity: bad };
        adjustment.terms.contract = Some(AdjustedContract { contracts: 1.into(), deliverable: vec![part] });
        refused(store, &adjustment, "deliverable").await?;
        adjustment.terms.contract = Some(AdjustedContract { contracts: bad, deliverable: Vec::new() });
        refused(store, &adjustment, "contracts").await?;
    }
    let exact = [
        split.with_ratio(amount("999999999999.99999999"), amount("0.00000001")),
        dividend.with_amount(amount("0.10313131"), usd()),
    ];
    assert_eq!(store.upsert_corporate_actions(&exact).await?, inserted(2));
    assert_eq!(store.corporate_actions_of(exact[0].key.symbol, Timestamp::MIN, EVERYTHING).await?, exact);
    Ok(())
}

/// An action whose `at` is not the start of a day in New York is refused, in summer as in winter.
async fn an_action_starts_at_a_midnight_in_new_york(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let winter = action("AAPL", ActionKind::Earnings, "2025-01-30")?;
    assert_eq!(winter.at, instant("2025-01-30T05:00:00Z"));
    for at in ["2025-01-30T00:00:00Z", "2025-01-30T04:00:00Z", "2025-07-31T05:00:00Z", "2025-01-30T05:00:00.000001Z"] {
        refused(store, &CorporateAction { at: instant(at), ..winter.clone() }, "at").await?;
    }
    let summer = CorporateAction { at: instant("2025-07-31T04:00:00Z"), ..winter };
    assert_eq!(summer.date(), day("2025-07-31"));
    assert_eq!(store.upsert_corporate_actions(&[summer]).await?, inserted(1));
    Ok(())
}

/// No action can be created for a day out of range, and such a day has no versions.
async fn a_day_out_of_range_has_no_action(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let key = action("AAPL", ActionKind::Earnings, "2025-01-30")?.key;
    for date in [NaiveDate::MIN, NaiveDate::MAX] {
        let error = CorporateAction::new(key.symbol, key.kind, date, source("test")).expect_err("a day out of range");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(store.list_corporate_action_versions(key, date).await?, []);
    }
    Ok(())
}
