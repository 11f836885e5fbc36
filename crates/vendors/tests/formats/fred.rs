use chrono::TimeDelta;
use strikebook_core::{ErrorKind, market::SeriesId};
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{Format, ReadOptions, RecordedAt};

use crate::{observations, read, read_with, reasons};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        days_without_a_value_are_blank,
        a_publication_lag_keeps_a_value_out_of_the_past,
        an_index_history_gives_its_close,
        rows_that_cannot_be_read_are_rejected,
        columns_that_are_no_series_are_an_error
    ]
}

fn days_without_a_value_are_blank() {
    let text = "observation_date,DGS10,SOFR\n2005-01-14,4.23,.\n2005-01-17,,\n2005-01-18,-0.5,1.75\n";
    let (records, report) = read("fredgraph.csv", text);
    assert_eq!((report.read, report.accepted, report.blank, report.observations), (3, 3, 3, 3));
    let seen: Vec<_> = observations(&records)
        .iter()
        .map(|value| (value.series.to_string(), value.date.to_string(), value.value))
        .collect();
    let expected = [("DGS10", "2005-01-14", 4.23), ("DGS10", "2005-01-18", -0.5), ("SOFR", "2005-01-18", 1.75)];
    assert_eq!(seen, expected.map(|(series, date, value)| (series.to_owned(), date.to_owned(), value)));
}

fn a_publication_lag_keeps_a_value_out_of_the_past() {
    let text = "DATE,DGS10\n2005-01-14,4.23\n";
    let recorded = |options: &ReadOptions| {
        observations(&read_with("DGS10.csv", text, options).expect("a series").0)[0].recorded_at.to_string()
    };
    assert_eq!(recorded(&ReadOptions::default()), "2005-01-15T05:00:00Z");
    let lag = RecordedAt::After(TimeDelta::days(3));
    assert_eq!(recorded(&ReadOptions::default().with_recorded_at(lag)), "2005-01-18T05:00:00Z");

    let early = ReadOptions::default().with_recorded_at(RecordedAt::After(TimeDelta::seconds(-1)));
    assert_eq!(read_with("DGS10.csv", text, &early).expect_err("too early").kind(), ErrorKind::InvalidConfig);
}

fn an_index_history_gives_its_close() {
    let text = "DATE,OPEN,HIGH,LOW,CLOSE\r\n01/02/1990,17.1,17.3,17.0,17.24\r\n1990-01-03,18.1,18.3,18.0,18.19\r\n";
    let (records, report) = read("history/VIX_History.csv", text);
    assert_eq!((report.read, report.observations), (2, 2));
    let values = observations(&records);
    assert_eq!((values[0].series.as_str(), values[0].value, values[0].source.as_str()), ("VIX", 17.24, "cboe"));
    assert_eq!(values[1].date.to_string(), "1990-01-03");

    let named = ReadOptions::default().with_format(Format::IndexHistory(SeriesId::new("VIX9D").expect("valid")));
    let (records, _) = read_with("x.csv", text, &named).expect("a history");
    assert_eq!(observations(&records)[0].series.as_str(), "VIX9D");
}

fn rows_that_cannot_be_read_are_rejected() {
    let text =
        "observation_date,A,B\n2005-01-14,x,2\n2005-02-30,1,2\n2005-01-18,1\n2005-01-19,inf,1e13\n2005-01-20,1,2";
    let (records, report) = read("ab.csv", text);
    assert_eq!((records.len(), report.rejected), (1, 9));
    let expected = [
        (2, "A must be a number [value: \"x\"]"),
        (3, "the date must be a date [value: \"2005-02-30\"]"),
        (3, "the date must be a date [value: \"2005-02-30\"]"),
        (4, "the row must have as many fields as the header has columns [fields: 2, columns: 3]"),
        (4, "the row must have as many fields as the header has columns [fields: 2, columns: 3]"),
        (5, "value must be finite and below 1e12 in size [field: value, value: inf]"),
        (5, "value must be finite and below 1e12 in size [field: value, value: 10000000000000]"),
        (6, "the file ends within this line: its last line needs a line end"),
        (6, "the file ends within this line: its last line needs a line end"),
    ];
    assert_eq!(reasons(&report), expected);
}

fn columns_that_are_no_series_are_an_error() {
    let options = ReadOptions::default().with_format(Format::Fred);
    for text in ["observation_date\n2005-01-14\n", "day,DGS10\n2005-01-14,4.2\n", "DATE,ten years\n"] {
        let error = read_with("x.csv", text, &options).expect_err(text);
        assert_eq!((error.kind(), error.context("line")), (ErrorKind::InvalidInput, Some("1")), "{error}");
    }
}
