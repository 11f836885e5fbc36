//! Small histories of each kind, and a real one to the cent.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
    path::PathBuf,
};

use chrono::Datelike;
use strikebook_core::{
    Decimal, Listing, Name, Timestamp, Upserted,
    memory::MemoryStore,
    trading::journal::{
        EventKind, ImportFilter, ImportRepository, ImportedRow, JournalEvent, JournalRepository, Projection, WheelPhase,
    },
};
use strikebook_services::journal::{ImportAccount, MappedHistory, import_history, map_history};
use strikebook_testkit::{async_trials, trial, trials};
use strikebook_vendors::broker::{BrokerFormat, BrokerHistory, read_file, read_from};

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn map(history: &BrokerHistory) -> MappedHistory {
    let recorded_at: Timestamp = "2024-08-17T12:00:00Z".parse().expect("an instant");
    let name = |text| Name::new(text).expect("a name");
    let account = ImportAccount::new(name("margin"), name("manual"), history, recorded_at).expect("a source");
    let mapping = map_history(history, &account);
    let rows = mapping.mapped + mapping.cash.len() as u64 + mapping.unmapped.len() as u64;
    assert_eq!(rows, history.rows.len() as u64, "every row ends somewhere");
    mapping
}

/// The result of the events of each cycle.
fn projections(events: &[JournalEvent]) -> Vec<Projection> {
    let mapping = MappedHistory { events: events.to_vec(), ..MappedHistory::default() };
    mapping.projections().expect("events that fit together")
}

/// A row of tastytrade's CSV: time, type and sub type, action, what, value, quantity and costs, order.
type Row<'a> = (&'a str, (&'a str, &'a str), &'a str, &'a str, (&'a str, &'a str, &'a str), &'a str);

/// A history, newest row first, as the broker writes it.
fn history(rows: &[Row<'_>]) -> BrokerHistory {
    let mut text = "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,Commissions,Fees,\
                    Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,Call or Put,Order #,Currency\n"
        .to_owned();
    for (at, (kind, sub_kind), action, symbol, (value, quantity, costs), order) in rows.iter().rev() {
        let (root, instrument, multiplier) = match symbol.split_once(' ') {
            Some((root, _)) => (root.trim_end_matches('1'), "Equity Option", "100"),
            None => ("", if symbol.is_empty() { "" } else { "Equity" }, ""),
        };
        let line = format!(
            "{at}:00+0000,{kind},{sub_kind},{action},{symbol},{instrument},text,\"{value}\",{quantity},,--,{costs},{multiplier},{root},{root},,,,{order},USD\n"
        );
        text.push_str(&line);
    }
    let history = read_from("history.csv", Cursor::new(text), BrokerFormat::Tastytrade).expect("a history");
    assert_eq!(history.report.rejected, 0, "{:?}", history.report.rejections);
    history
}

const TRADE: (&str, &str) = ("Trade", "x");

/// A put that is rolled and assigned, a dividend with its tax, and a call that takes the shares.
fn wheel() -> Vec<Row<'static>> {
    const PUT: &str = "F     240119P00012000";
    const NEXT: &str = "F     240216P00011500";
    const CALL: &str = "F     240315C00012000";
    vec![
        ("2024-01-02T15:00", TRADE, "SELL_TO_OPEN", PUT, ("50.00", "1", "-1.14"), "1"),
        ("2024-01-18T15:00", TRADE, "BUY_TO_CLOSE", PUT, ("-40.00", "1", "-0.14"), "2"),
        ("2024-01-18T15:00", TRADE, "SELL_TO_OPEN", NEXT, ("65.00", "1", "-1.14"), "2"),
        ("2024-02-16T22:00", ("Receive Deliver", "Assignment"), "", NEXT, ("0.00", "1", "0.00"), ""),
        ("2024-02-16T22:00", ("Receive Deliver", "Buy to Open"), "BUY_TO_OPEN", "F", ("-1,150.00", "100", "-5.00"), ""),
        ("2024-02-20T15:00", TRADE, "SELL_TO_OPEN", CALL, ("30.00", "1", "-1.14"), "3"),
        ("2024-03-01T22:00", ("Money Movement", "Dividend"), "", "F", ("15.00", "0", "0.00"), ""),
        ("2024-03-01T22:00", ("Money Movement", "Dividend"), "", "F", ("-2.25", "0", "0.00"), ""),
        ("2024-03-15T22:00", ("Receive Deliver", "Assignment"), "", CALL, ("0.00", "1", "0.00"), ""),
        (
            "2024-03-15T22:00",
            ("Receive Deliver", "Sell to Close"),
            "SELL_TO_CLOSE",
            "F",
            ("1,200.00", "100", "-5.00"),
            "",
        ),
    ]
}

fn a_wheel_is_one_cycle() {
    let mapping = map(&history(&wheel()));
    assert_eq!(mapping.unmapped, []);
    let kinds: Vec<_> = mapping.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds[..4], [EventKind::Open, EventKind::Roll, EventKind::Assign, EventKind::Open]);
    assert_eq!(
        kinds[4..].iter().collect::<BTreeSet<_>>(),
        [EventKind::CalledAway, EventKind::Dividend, EventKind::Fee].iter().collect()
    );
    let [one] = &projections(&mapping.events)[..] else { panic!("one cycle") };
    assert_eq!((one.cycle.phase, one.cycle.shares), (WheelPhase::Flat, Decimal::ZERO));
    assert_eq!(one.cycle.premium, decimal("105"));
    assert_eq!(
        one.cycle.realized_pnl,
        decimal("154.19"),
        "105 of premium, 50 of shares, 12.75 of dividend, 13.56 of costs"
    );
    assert_eq!(one.cycle.realized_pnl, mapping.cash_flow().expect("in range"));
}

fn a_second_import_gives_the_same_events() {
    let whole = wheel();
    let (first, all) = (map(&history(&whole[..6])), map(&history(&whole)));
    assert_eq!(first.events, all.events[..first.events.len()], "a longer file adds what is new");
    let ids: BTreeSet<_> = all.events.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), all.events.len());
}

/// The rows of a history as a store returns them.
async fn kept(store: &MemoryStore) -> Vec<ImportedRow> {
    store.list_imported_rows(&Listing::default()).await.expect("a list").items
}

async fn every_row_is_kept_with_what_became_of_it() {
    let (whole, store) = (wheel(), MemoryStore::new());
    let import = async |rows: &[Row<'_>]| {
        let (history, name) = (history(rows), |text| Name::new(text).expect("a name"));
        let recorded = "2024-08-17T12:00:00Z".parse().expect("an instant");
        let account = ImportAccount::new(name("margin"), name("manual"), &history, recorded).expect("a source");
        import_history(&store, &history, &account).await.expect("an import").rows
    };
    // The history starts too late: the put that is bought back was sold before, and what follows hangs in the air.
    assert_eq!(import(&whole[1..2]).await, Upserted { inserted: 1, ..Upserted::default() });
    let [row] = &kept(&store).await[..] else { panic!("one row") };
    assert!(row.rejection.as_ref().is_some_and(|reason| reason.contains("starts too late")), "{row:?}");
    assert_eq!((row.line, row.content.as_value()["Value"].as_str()), (2, Some("-40.00")));
    // A longer one tells where it comes from.
    assert_eq!(import(&whole).await, Upserted { inserted: 9, corrected: 1, ..Upserted::default() });
    let rows = kept(&store).await;
    assert_eq!((rows.len(), rows.iter().filter(|row| row.is_accepted()).count()), (10, 10));
    let events = store.list_journal_events(&Listing::default()).await.expect("a list").items;
    for event in &events {
        let of_it = ImportFilter { event: Some(event.id), ..ImportFilter::default() };
        let rows = store.list_imported_rows(&Listing::new(of_it)).await.expect("a list").items;
        let expected = match event.kind {
            EventKind::Roll | EventKind::Assign | EventKind::CalledAway => 2,
            _ => 1,
        };
        assert_eq!(rows.len(), expected, "{event:?}");
    }
    let roll = events.iter().find(|event| event.kind == EventKind::Roll).expect("a roll");
    assert_eq!(roll.broker_order_id.map(|order| order.to_string()).as_deref(), Some("2"));
    assert_eq!(import(&whole).await, Upserted { unchanged: 10, ..Upserted::default() });
    assert_eq!(kept(&store).await, rows);
}

async fn rows_that_cannot_be_read_are_kept_too() {
    let text = "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,Commissions,Fees,\
                Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,Call or Put,Order #,Currency\n\
                2024-01-02T15:00:00+0000,Trade,x,BUY_TO_OPEN,F,Equity,text,n/a,100,,--,0.00,,,,,,,1,USD\n\
                2024-01-01T15:00:00+0000,Money Movement,Deposit,,,,text,5.00,0,,--,0.00,,,,,,,,USD\n";
    let history = read_from("a.csv", Cursor::new(text), BrokerFormat::Tastytrade).expect("a history");
    let (name, store) = (|text| Name::new(text).expect("a name"), MemoryStore::new());
    for (day, counts) in [
        ("18", Upserted { inserted: 2, ..Upserted::default() }),
        ("19", Upserted { unchanged: 2, ..Upserted::default() }),
    ] {
        let recorded: Timestamp = format!("2024-08-{day}T12:00:00Z").parse().expect("an instant");
        let account = ImportAccount::new(name("margin"), name("manual"), &history, recorded).expect("a source");
        assert_eq!(import_history(&store, &history, &account).await.expect("an import").rows, counts);
    }
    let [_, row] = &kept(&store).await[..] else { panic!("two rows") };
    assert_eq!((row.file.as_str(), row.line, row.events.len()), ("a.csv", 2, 0));
    assert_eq!(row.at.to_string(), "2024-08-18T12:00:00Z", "when it was first recorded");
    assert!(row.rejection.as_ref().is_some_and(|reason| reason.contains("n/a")), "{row:?}");
    assert_eq!(row.content.as_value()["Value"], "n/a");
}

fn a_history_that_starts_too_late_is_reported() {
    let whole = wheel();
    let mapping = map(&history(&whole[1..]));
    let lines: Vec<_> = mapping.unmapped.iter().map(|one| one.row.line).collect();
    assert_eq!(lines, [10], "the put that was bought back was sold before");
    assert!(mapping.unmapped[0].reason.contains("starts too late"));
    assert_eq!(mapping.count(EventKind::Roll), 0);
    projections(&mapping.events);
}

fn positions_go_on_under_new_names() {
    let replaced = ("Receive Deliver", "Reverse Split");
    let mapping = map(&history(&[
        ("2024-01-02T15:00", TRADE, "BUY_TO_OPEN", "OLD", ("-1,000.00", "100", "0.00"), "1"),
        ("2024-01-02T15:00", TRADE, "SELL_TO_OPEN", "OLD   240119C00012000", ("50.00", "1", "-1.14"), "1"),
        ("2024-01-10T12:00", replaced, "SELL_TO_CLOSE", "OLD", ("1,000.00", "100", "0.00"), ""),
        ("2024-01-10T12:00", replaced, "BUY_TO_OPEN", "NEW", ("-1,000.00", "10", "0.00"), ""),
        ("2024-01-10T12:01", replaced, "BUY_TO_CLOSE", "OLD   240119C00012000", ("-50.00", "1", "0.00"), ""),
        ("2024-01-10T12:01", replaced, "SELL_TO_OPEN", "NEW1  240119C00012000", ("50.00", "1", "0.00"), ""),
        ("2024-01-19T22:00", ("Receive Deliver", "Expiration"), "", "NEW1  240119C00012000", ("0.00", "1", "0.00"), ""),
        ("2024-01-22T15:00", TRADE, "SELL_TO_CLOSE", "NEW", ("1,100.00", "10", "-0.10"), "2"),
    ]));
    assert_eq!(mapping.unmapped, []);
    let [one] = &projections(&mapping.events)[..] else { panic!("one cycle") };
    assert_eq!(one.cycle.symbol.as_str(), "NEW");
    assert_eq!((one.cycle.phase, one.cycle.realized_pnl), (WheelPhase::Flat, decimal("148.76")));
}

fn an_adjusted_contract_delivers_what_it_says() {
    let mapping = map(&history(&[
        ("2024-01-02T15:00", TRADE, "SELL_TO_OPEN", "GRE1  240119P00022000", ("560.00", "1", "0.00"), "1"),
        ("2024-01-19T22:00", ("Receive Deliver", "Assignment"), "", "GRE1  240119P00022000", ("0.00", "1", "0.00"), ""),
        (
            "2024-01-19T22:00",
            ("Receive Deliver", "Buy to Open"),
            "BUY_TO_OPEN",
            "GRE",
            ("-2,200.00", "11", "-5.00"),
            "",
        ),
        ("2024-01-22T15:00", TRADE, "SELL_TO_CLOSE", "GRE", ("300.00", "11", "0.00"), "2"),
    ]));
    assert_eq!((mapping.unmapped.len(), mapping.count(EventKind::Split)), (0, 1));
    let [one] = &projections(&mapping.events)[..] else { panic!("one cycle") };
    assert_eq!((one.cycle.phase, one.cycle.realized_pnl), (WheelPhase::Flat, decimal("-1345")));
}

/// Profits before costs by the year of their closing, up to a day.
fn gross_by_year(events: &[JournalEvent], until: &str) -> BTreeMap<i32, Decimal> {
    let free: Vec<_> = events
        .iter()
        .filter(|event| !matches!(event.kind, EventKind::Dividend | EventKind::Fee))
        .map(|event| JournalEvent { fees: Decimal::ZERO, ..event.clone() })
        .collect();
    let mut years = BTreeMap::<i32, Decimal>::new();
    for projection in projections(&free) {
        for closing in projection.cycle.lots.iter().flat_map(|lot| &lot.closings) {
            let day = closing.at.new_york_date();
            if day.to_string().as_str() <= until {
                *years.entry(day.year()).or_default() += closing.pnl;
            }
        }
    }
    years.into_iter().map(|(year, gross)| (year, gross.round_dp(2))).collect()
}

/// The round trips of a real account against its author's matching: gross profit by year, and the day of the last one.
fn matched_by_the_author(path: PathBuf) -> (BTreeMap<i32, Decimal>, String) {
    let text = std::fs::read_to_string(path).expect("readable");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let column = |name| header.iter().position(|column| *column == name).expect("a column");
    let (amount, closing) = (column("Amount"), column("Closing Date"));
    let (mut years, mut last) = (BTreeMap::<i32, Decimal>::new(), String::new());
    for row in lines {
        *years.entry(row[closing][..4].parse().expect("a year")).or_default() += decimal(row[amount]);
        last = last.max(row[closing][..10].to_owned());
    }
    (years, last)
}

fn a_real_history_comes_out_to_the_cent() {
    let path = trial::data("tastytrade/tastytrade_transactions_history_180201_to_240817.csv");
    let history = read_file(path, BrokerFormat::Tastytrade).expect("a history");
    let mapping = map(&history);
    assert_eq!((mapping.mapped, mapping.cash.len(), mapping.unmapped.len()), (886, 196, 0));
    let counts = EventKind::ALL.iter().map(|kind| mapping.count(*kind));
    assert_eq!(counts.collect::<Vec<_>>(), [399, 369, 2, 14, 21, 0, 7, 11, 19, 8]);
    // The events brought what the broker says to the last digit.
    let money: Decimal = history.rows.iter().map(|row| row.value - row.costs).sum();
    let cash: Decimal = mapping.cash.iter().map(|row| row.value - row.costs).sum();
    assert_eq!(mapping.cash_flow().expect("in range"), money - cash);

    let cycles = projections(&mapping.events);
    assert_eq!(cycles.len(), 169);
    let open: Vec<_> =
        cycles.iter().filter(|one| !one.cycle.is_closed()).map(|one| one.cycle.symbol.to_string()).collect();
    assert_eq!(open, ["SCHG"]);

    // The author's matching ends on a day in 2023, and one of its prices is rounded to cents.
    let path = trial::data("tastytrade/closed-trades.csv");
    let (author, last) = matched_by_the_author(path);
    let ours = gross_by_year(&mapping.events, &last);
    for (year, theirs) in &author {
        let difference = (ours[year] - theirs).round_dp(3);
        let expected = if *year == 2021 { decimal("0.004") } else { Decimal::ZERO };
        assert_eq!(difference, expected, "{year}");
    }
    assert_eq!(ours.len(), author.len());
    let total = |years: &BTreeMap<i32, Decimal>| years.values().sum::<Decimal>();
    let after = total(&gross_by_year(&mapping.events, "2024-12-31")) - total(&ours);
    let (net, lots): (Decimal, usize) = cycles
        .iter()
        .fold((Decimal::ZERO, 0), |(net, lots), one| (net + one.cycle.realized_pnl, lots + one.trades.len()));
    strikebook_testkit::note!(
        "until {last}: ours {ours:?}; after it {after}; {lots} trades; {net} realized after costs, with dividends"
    );
}

fn a_real_flex_query_tells_what_it_lacks() {
    let path = trial::data("ibkr_flex/trades.xml");
    let mapping = map(&read_file(path, BrokerFormat::IbkrFlex).expect("a history"));
    // It starts in the middle: of eleven executions six close what was opened before.
    assert_eq!((mapping.mapped, mapping.unmapped.len()), (5, 6));
    assert_eq!(mapping.count(EventKind::Open), 5);
    projections(&mapping.events);
}

fn amounts_out_of_range_are_unmapped_and_nothing_overflows() {
    let put = "SPY   240816P00500000";
    let whole = history(&[
        ("2024-08-01T14:00", ("Trade", "Sell to Open"), "SELL_TO_OPEN", put, ("100.00", "1", "0"), "1"),
        ("2024-08-02T14:00", ("Trade", "Buy to Close"), "BUY_TO_CLOSE", put, ("-50.00", "1", "0"), "2"),
    ]);
    let numbers = [Decimal::MAX, Decimal::MIN, Decimal::from(1_000_000_000_000_u64), Decimal::ZERO];
    for number in numbers {
        for multiplier in [0, 100, u32::MAX] {
            let changes: [fn(&mut strikebook_vendors::broker::BrokerRow) -> &mut Decimal; 4] =
                [|row| &mut row.quantity, |row| &mut row.price, |row| &mut row.value, |row| &mut row.costs];
            for change in changes {
                let mut hostile = whole.clone();
                for row in &mut hostile.rows {
                    *change(row) = number;
                    row.multiplier = multiplier;
                }
                let mapping = map(&hostile);
                assert!(number.is_zero() || mapping.unmapped.len() == 2, "{number} {multiplier}");
                // Whatever was mapped comes to something, or is refused.
                drop((mapping.projections(), mapping.cash_flow()));
            }
        }
    }
}

fn main() -> std::process::ExitCode {
    strikebook_testkit::main(
        [
            trials![
                a_wheel_is_one_cycle,
                a_second_import_gives_the_same_events,
                a_history_that_starts_too_late_is_reported,
                positions_go_on_under_new_names,
                an_adjusted_contract_delivers_what_it_says,
                a_real_history_comes_out_to_the_cent,
                a_real_flex_query_tells_what_it_lacks,
                amounts_out_of_range_are_unmapped_and_nothing_overflows
            ],
            async_trials![every_row_is_kept_with_what_became_of_it, rows_that_cannot_be_read_are_kept_too],
        ]
        .concat(),
    )
}
