//! Every format: small files written here for each layout and trap, real files for their counts, and arbitrary bytes.

mod archives;
mod broker;
mod cases;
mod cboe;
mod cboe_json;
mod detection;
mod end_of_day;
mod fred;
mod generic;
mod last_century;
mod layouts;
mod lean;
mod lean_actions;
mod options_desk;
mod presets;
mod properties;
mod real_data;
mod tradier;

use std::{
    io::{Cursor, Write},
    process::ExitCode,
};

use strikebook_core::{
    Error,
    market::{Bar, Observation, OptionQuote, UnderlyingQuote},
};
use strikebook_vendors::{ReadOptions, ReadReport, Record, read_from};

/// All records of a file, and the account of it.
fn read_with(name: &str, bytes: impl Into<Vec<u8>>, options: &ReadOptions) -> Result<(Vec<Record>, ReadReport), Error> {
    let mut reader = read_from(name, Cursor::new(bytes.into()), options)?;
    let records = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
    let report = reader.report().clone();
    assert_eq!(report.read, report.accepted + report.rejected);
    assert_eq!(report.accepted, records.len() as u64);
    assert_eq!(report.rejected, report.reasons.values().sum::<u64>());
    Ok((records, report))
}

fn read(name: &str, bytes: impl Into<Vec<u8>>) -> (Vec<Record>, ReadReport) {
    read_with(name, bytes, &ReadOptions::default()).expect("a file of a known format")
}

fn quotes(records: &[Record]) -> Vec<OptionQuote> {
    records
        .iter()
        .filter_map(|record| if let Record::Quote(quote) = record { Some(quote.clone()) } else { None })
        .collect()
}

fn bars(records: &[Record]) -> Vec<Bar> {
    records.iter().filter_map(|record| if let Record::Bar(bar) = record { Some(bar.clone()) } else { None }).collect()
}

fn underlying_quotes(records: &[Record]) -> Vec<UnderlyingQuote> {
    let underlying = |record: &Record| if let Record::Underlying(quote) = record { Some(quote.clone()) } else { None };
    records.iter().filter_map(underlying).collect()
}

fn observations(records: &[Record]) -> Vec<Observation> {
    let observation =
        |record: &Record| if let Record::Observation(value) = record { Some(value.clone()) } else { None };
    records.iter().filter_map(observation).collect()
}

/// The warnings of a report with their counts.
fn warnings(report: &ReadReport) -> Vec<(&str, u64)> {
    report.warnings.iter().map(|(warning, count)| (*warning, *count)).collect()
}

/// The lines and reasons of a report's rejections.
fn reasons(report: &ReadReport) -> Vec<(u64, &str)> {
    report.rejections.iter().map(|rejection| (rejection.line, rejection.reason.as_str())).collect()
}

/// A zip of entries.
fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a name");
        archive.write_all(text.as_bytes()).expect("memory");
    }
    archive.finish().expect("memory").into_inner()
}

/// A zip of one entry that is packed.
fn deflated(text: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    archive.start_file("x.csv", options).expect("a name");
    archive.write_all(text.as_bytes()).expect("memory");
    archive.finish().expect("memory").into_inner()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

fn main() -> ExitCode {
    let tests = [
        archives::trials(),
        broker::trials(),
        cases::trials(),
        cboe::trials(),
        cboe_json::trials(),
        detection::trials(),
        end_of_day::trials(),
        fred::trials(),
        generic::trials(),
        last_century::trials(),
        layouts::trials(),
        lean::trials(),
        lean_actions::trials(),
        options_desk::trials(),
        presets::trials(),
        properties::trials(),
        real_data::trials(),
        tradier::trials(),
    ];
    strikebook_testkit::main(tests.concat())
}
