//! LEAN's factor and map files.

use std::io::Cursor;

use strikebook_core::market::{ActionKind, CorporateAction, Symbol};
use strikebook_testkit::{
    trial::{self, Trial},
    trials,
};
use strikebook_vendors::{Format, LeanSymbols, ReadOptions, ReadReport, Record, read_file, read_from};

use crate::{read, reasons};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        actions_follow_from_neighbours,
        ratios_are_simple_fractions_or_quotients,
        a_file_that_is_cut_off_gives_no_action_of_its_end,
        rows_that_cannot_be_read_are_rejected,
        map_files_are_changes_of_symbol,
        actions_are_under_the_symbol_of_their_date,
        the_actions_of_apple,
        every_factor_file_gives_its_factors_back,
        the_symbols_of_real_companies
    ]
}

fn actions(records: &[Record]) -> Vec<CorporateAction> {
    let action = |record: &Record| if let Record::Action(action) = record { Some(action.clone()) } else { None };
    records.iter().filter_map(action).collect()
}

fn factors(name: &str, text: &str) -> (Vec<CorporateAction>, ReadReport) {
    let (records, report) = read(&format!("data/equity/usa/factor_files/{name}.csv"), text.as_bytes().to_vec());
    (actions(&records), report)
}

/// Returns an action as a line: symbol, kind, date, ratio, amount, counterpart.
fn line(action: &CorporateAction) -> String {
    let terms = &action.terms;
    let ratio = terms.new_shares.zip(terms.old_shares).map(|(new, old)| format!("{new}:{old}"));
    let rest =
        [ratio, terms.amount.map(|amount| amount.to_string()), terms.counterpart.map(|symbol| symbol.to_string())];
    let words = [action.key.to_string(), action.date().to_string()].into_iter().chain(rest.into_iter().flatten());
    words.collect::<Vec<_>>().join(" ")
}

fn lines(actions: &[CorporateAction]) -> Vec<String> {
    actions.iter().map(line).collect()
}

/// A dividend and a split of two neighbours: the date is the next trading day, over a weekend and a holiday, and the
/// action is known from its opening.
fn actions_follow_from_neighbours() {
    let text = "20140102,0.9702,0.142857,1\n20140530,0.9702,0.142857,700\n20140606,0.98,0.142857,645.57\n\
                20140703,0.98,1,90\n20501231,1,1,0";
    let (actions, report) = factors("xyz", text);
    assert_eq!(
        lines(&actions),
        ["XYZ/cash_dividend 2014-06-02 7", "XYZ/split 2014-06-09 7:1", "XYZ/cash_dividend 2014-07-07 1.8"]
    );
    assert_eq!((report.actions, report.read, report.rejected), (3, 3, 0), "{report}");
    assert_eq!(actions[1].at.to_string(), "2014-06-09T04:00:00Z");
    assert_eq!(actions[1].recorded_at.to_string(), "2014-06-09T13:30:00Z");
    assert_eq!(actions[0].terms.currency.map(|name| name.to_string()).as_deref(), Some("USD"));
    assert_eq!(actions[0].source.as_str(), "lean");
}

fn ratios_are_simple_fractions_or_quotients() {
    for (before, after, ratio) in [
        ("0.5", "1", "2:1"),
        ("0.66666667", "1", "3:2"),
        ("0.01785710", "0.03571430", "2:1"),
        ("0.11111099", "0.33333299", "3:1"),
        ("10", "1", "1:10"),
        ("0.95238095", "1", "21:20"),
        ("0.997307", "1", "1:0.997307"),
        ("34.965", "1", "1:34.965"),
    ] {
        let text = format!("20140102,1,{before},1\n20140606,1,{before},100\n20140609,1,{after},100\n20501231,1,1,0\n");
        let (actions, _) = factors("xyz", &text);
        assert_eq!(line(&actions[0]), format!("XYZ/split 2014-06-09 {ratio}"), "{before} {after}");
    }
}

/// Without a row of factors 1 behind it, the last row may be cut off within a number.
fn a_file_that_is_cut_off_gives_no_action_of_its_end() {
    let (actions, report) = factors("xyz", "20140102,0.9,1,1\n20140530,0.9,1,100\n20140606,0.95,1,100\n20140703,0.9");
    assert_eq!(lines(&actions), ["XYZ/cash_dividend 2014-06-02 5.263"]);
    assert_eq!(report.rejected, 1, "{report}");
    let (actions, report) = factors("xyz", "20140102,0.9,1,1\n20140530,0.9,1,100\n20140606,0.9500001,1,100");
    assert_eq!(lines(&actions), Vec::<String>::new());
    assert_eq!(reasons(&report), [(2, "the file ends with factors other than 1: it is cut off")]);
}

fn rows_that_cannot_be_read_are_rejected() {
    let text = "20140102,0.9,1,1\nx,1,1,1\n20140530,0,1,100\n20140606,1,inf,100\n20140605,0.9,1,100\n20140604,1,1,1\n\
                20501231,1,1,0\n";
    let (actions, report) = factors("xyz", text);
    assert_eq!(report.rejections.iter().map(|rejection| rejection.line).collect::<Vec<_>>(), [2, 3, 4, 6], "{report}");
    assert_eq!(lines(&actions), ["XYZ/cash_dividend 2014-06-06 10"]);
}

fn map_files_are_changes_of_symbol() {
    let text = "20120518,fb,Q\n20220608,fb,Q\n20501231,meta,Q\n";
    let (records, report) = read("equity/usa/map_files/meta.csv", text.as_bytes().to_vec());
    assert_eq!(lines(&actions(&records)), ["FB/listing 2012-05-18", "FB/symbol_change 2022-06-09 META"]);
    assert_eq!((report.actions, report.rejected), (2, 0), "{report}");
    let (records, _) = read("equity/usa/map_files/x.csv", b"19980102,x\n20010111,x\n".to_vec());
    assert_eq!(lines(&actions(&records)), ["X/delisting 2001-01-12"], "the first day is that of LEAN's data");
    let (_, report) = read("equity/usa/map_files/x.csv", b"19990104,x\n19981231,x\n20010111\n".to_vec());
    assert_eq!(report.rejections.iter().map(|rejection| rejection.line).collect::<Vec<_>>(), [2, 3], "{report}");
}

/// With its map file a factor file gives each action under the symbol of its date; without one under the file's name,
/// without the number of an earlier company.
fn actions_are_under_the_symbol_of_their_date() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |kind: &str, name: &str, text: &str| {
        let path = folder.path().join(kind).join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(&path, text).expect("written");
        path
    };
    let text = "20120518,0.81,1,1\n20210104,0.81,1,100\n20220608,0.9,1,100\n20501231,1,1,0";
    let named = file("factor_files", "meta.csv", text);
    let read = |path: &std::path::Path| {
        let reader = read_file(path, &ReadOptions::default()).expect("a factor file");
        lines(&actions(&reader.collect::<Result<Vec<_>, _>>().expect("records")))
    };
    assert_eq!(read(&named), ["META/cash_dividend 2021-01-05 10", "META/cash_dividend 2022-06-09 10"]);
    let map = file("map_files", "meta.csv", "20120518,fb,Q\n20220608,fb,Q\n20501231,meta,Q\n");
    assert_eq!(read(&named), ["FB/cash_dividend 2021-01-05 10", "META/cash_dividend 2022-06-09 10"]);
    assert_eq!(read(&file("factor_files", "aaa.1.csv", text))[0], "AAA/cash_dividend 2021-01-05 10");
    assert_eq!(read(&file("factor_files", "tap.a.csv", text))[0], "TAP.A/cash_dividend 2021-01-05 10");
    let symbols = LeanSymbols::read(map).expect("a map file");
    let options = ReadOptions::default().with_format(Format::LeanFactors(symbols));
    let reader = read_from("any.csv", Cursor::new(text), &options).expect("a factor file");
    let records = reader.collect::<Result<Vec<_>, _>>().expect("records");
    assert_eq!(actions(&records)[0].key.symbol, Symbol::new("FB").expect("a symbol"));
}

/// The dividends of Apple are those that the company declared, and its splits are three.
fn the_actions_of_apple() {
    let path = trial::data("lean/Data/equity/usa/factor_files/aapl.csv");
    let mut reader = read_file(path, &ReadOptions::default()).expect("a factor file");
    let records = reader.by_ref().collect::<Result<Vec<_>, _>>().expect("records");
    let lines = lines(&actions(&records));
    let splits: Vec<_> = lines.iter().filter(|line| line.contains("split")).map(String::as_str).collect();
    assert_eq!(
        splits,
        [
            "AAPL/split 2000-06-21 2:1",
            "AAPL/split 2005-02-28 2:1",
            "AAPL/split 2014-06-09 7:1",
            "AAPL/split 2020-08-31 4:1"
        ]
    );
    for dividend in ["2012-08-09 2.65", "2013-05-09 3.05", "2014-05-08 3.29", "2014-08-07 0.47", "2015-05-07 0.52"] {
        assert!(lines.contains(&format!("AAPL/cash_dividend {dividend}")), "{dividend}: {lines:?}");
    }
    assert_eq!(reader.report().rejected, 0);
}

/// From the last row back, the products of the actions' factors are the factors of every file within their precision.
fn every_factor_file_gives_its_factors_back() {
    let folder = trial::data("lean/Data/equity/usa/factor_files");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("text");
        let reader = read_file(&path, &ReadOptions::default()).expect("a factor file");
        let actions = actions(&reader.collect::<Result<Vec<_>, _>>().expect("records"));
        let rows: Vec<Vec<f64>> =
            text.lines().map(|row| row.split(',').map(|cell| cell.parse().expect("a number")).collect()).collect();
        let (mut price, mut split) = (1.0, 1.0);
        for row in rows.iter().rev().skip(1).take(rows.len() - 2) {
            let day = chrono::NaiveDate::parse_from_str(&format!("{:.0}", row[0]), "%Y%m%d").expect("a day");
            let later = |action: &&CorporateAction| action.date() > day && action.date() <= day + chrono::Days::new(6);
            for action in actions.iter().filter(later).filter(|action| {
                // The next row's actions may lie within the same days.
                let between = day.iter_days().skip(1).take_while(|next| *next < action.date());
                between.filter(|day| strikebook_core::market::calendar::is_trading_day(*day)).count() == 0
            }) {
                split /= action.shares_per_share().unwrap_or(1.0);
                let paid = action.cash_per_share().map_or(0.0, |paid| f64::try_from(paid).expect("a number"));
                price *= 1.0 - paid / row[3].max(f64::MIN_POSITIVE);
            }
            assert!((split / row[2] - 1.0).abs() < 2e-5, "{} {day}: {split} is not {}", path.display(), row[2]);
            assert!((price / row[1] - 1.0).abs() < 2e-3, "{} {day}: {price} is not {}", path.display(), row[1]);
        }
        files += 1;
    }
    assert_eq!(files, 22);
}

fn the_symbols_of_real_companies() {
    let read = |name: &str| {
        let path = trial::data(&format!("lean/Data/equity/usa/map_files/{name}.csv"));
        let reader = read_file(path, &ReadOptions::default()).expect("a map file");
        lines(&actions(&reader.collect::<Result<Vec<_>, _>>().expect("records")))
    };
    assert_eq!(read("bac"), ["NB/symbol_change 1998-10-01 BAC"]);
    assert_eq!(
        read("qqq"),
        ["QQQ/listing 1999-03-10", "QQQ/symbol_change 2004-12-01 QQQQ", "QQQQ/symbol_change 2011-03-23 QQQ"]
    );
    assert_eq!(
        read("tfcfa"),
        [
            "NWSA/listing 2004-11-12",
            "NWSA/symbol_change 2013-07-01 FOXA",
            "FOXA/symbol_change 2019-03-19 TFCFA",
            "TFCFA/delisting 2019-03-21"
        ]
    );
    assert_eq!(read("fb.1"), ["FB/listing 1999-09-29", "FB/delisting 2003-03-31"]);
    assert_eq!(read("fb"), ["FB/listing 2012-05-18"]);
    assert_eq!(ActionKind::SymbolChange.as_str(), "symbol_change");
}
