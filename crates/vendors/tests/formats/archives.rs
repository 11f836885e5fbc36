//! Cases common to all formats: files that are missing, empty, cut short or of no format, and batches.

use std::{
    io::{Cursor, Write},
    sync::{Arc, Mutex},
};

use strikebook_core::ErrorKind;
use strikebook_testkit::{trial::Trial, trials};
use strikebook_vendors::{Format, ReadOptions, ReadReport, read_file, read_from};

use crate::{deflated, gzip, observations, read, read_with, zip};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_file_on_disk_is_read,
        files_of_no_known_format_are_an_error,
        a_gzip_cut_short_gives_its_rows_and_then_an_error,
        an_altered_gzip_is_reported_at_its_end,
        a_zip_cut_short_or_altered_is_an_error,
        the_end_of_a_line_is_needed_only_without_a_checksum,
        batches_hold_all_records_in_order,
        rejections_are_kept_up_to_a_bound_and_counted_beyond,
        a_document_without_a_row_that_can_be_read_is_given_up,
        lines_that_are_no_rows_are_refused_with_their_place,
        archives_that_unpack_to_too_much_are_refused,
        a_reader_can_move_to_another_thread,
        the_caller_limits_the_rejections,
        progress_is_reported_of_bad_rows_too
    ]
}

fn series(days: u32) -> String {
    let days = (0..days).map(|day| format!("{}-01-{:02},{day}.5\n", 1990 + day / 28, day % 28 + 1));
    format!("observation_date,DGS10\n{}", days.collect::<Vec<_>>().concat())
}

fn a_file_on_disk_is_read() {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(series(3).as_bytes()).expect("written");
    let mut reader = read_file(file.path(), &ReadOptions::default()).expect("a series");
    assert_eq!(reader.format(), &Format::Fred);
    assert_eq!(reader.by_ref().count(), 3);

    let missing = read_file(file.path().with_extension("none"), &ReadOptions::default()).expect_err("missing");
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert!(missing.context("file").is_some());
    let folder = file.path().parent().expect("a folder");
    assert_eq!(read_file(folder, &ReadOptions::default()).expect_err("a folder").kind(), ErrorKind::InvalidInput);
}

fn files_of_no_known_format_are_an_error() {
    for bytes in [b"".to_vec(), b"hello\n".to_vec(), b"symbol,date,close\nKO,2000-01-03,56.25\n".to_vec(), zip(&[])] {
        let error = read_with("x.csv", bytes, &ReadOptions::default()).expect_err("unknown");
        assert_eq!((error.kind(), error.context("file")), (ErrorKind::InvalidInput, Some("x.csv")), "{error}");
    }
}

fn a_gzip_cut_short_gives_its_rows_and_then_an_error() {
    let whole = gzip(&series(5_000));
    let cut = whole[..whole.len() / 2].to_vec();
    let mut reader = read_from("DGS10.csv.gz", Cursor::new(cut), &ReadOptions::default()).expect("a start");
    let mut records = 0;
    let error = loop {
        match reader.next_batch(1_000) {
            Ok(Some(batch)) => records += batch.observations.len() as u64,
            Ok(None) => panic!("the end was not reported"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(records > 1_000 && records < 5_000);
    assert_eq!((reader.report().read, reader.report().accepted), (records, records));
    assert_eq!(error.context("line"), Some((records + 2).to_string().as_str()));
    assert!(reader.next_batch(1_000).expect("nothing more").is_none());
}

fn an_altered_gzip_is_reported_at_its_end() {
    let mut altered = gzip(&series(10));
    let checksum = altered.len() - 8;
    altered[checksum] ^= 1;
    let mut reader = read_from("x.csv.gz", Cursor::new(altered), &ReadOptions::default()).expect("a start");
    let last = reader.by_ref().last().expect("an error");
    assert_eq!(last.expect_err("a wrong checksum").kind(), ErrorKind::Corrupt);
}

fn a_zip_cut_short_or_altered_is_an_error() {
    let whole = zip(&[("a/DGS10.csv", &series(500))]);
    let cut = whole[..whole.len() - 10].to_vec();
    assert_eq!(read_with("x.zip", cut, &ReadOptions::default()).expect_err("cut").kind(), ErrorKind::Corrupt);
    let mut altered = whole.clone();
    altered[200] ^= 0xff;
    assert_eq!(read_with("x.zip", altered, &ReadOptions::default()).expect_err("altered").kind(), ErrorKind::Corrupt);
    assert_eq!(read("x.zip", whole).0.len(), 500);
}

fn the_end_of_a_line_is_needed_only_without_a_checksum() {
    let text = series(2);
    let open = text.trim_end();
    assert_eq!(read("x.csv", open).1.rejected, 1);
    assert_eq!(read("x.csv.gz", gzip(open)).1.rejected, 0);
    assert_eq!(read("x.zip", zip(&[("x.csv", open)])).1.rejected, 0);
}

fn batches_hold_all_records_in_order() {
    let (records, _) = read("x.csv", series(25));
    let mut reader = read_from("x.csv", Cursor::new(series(25)), &ReadOptions::default()).expect("a series");
    let mut sizes = Vec::new();
    let mut batched = Vec::new();
    while let Some(batch) = reader.next_batch(10).expect("readable") {
        sizes.push(batch.len());
        batched.extend(batch.observations);
    }
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(batched, observations(&records));
    let mut reader = read_from("x.csv", Cursor::new(series(2)), &ReadOptions::default()).expect("a series");
    assert_eq!(reader.next_batch(0).expect("readable").map(|batch| batch.len()), Some(1));
}

fn rejections_are_kept_up_to_a_bound_and_counted_beyond() {
    let bad: Vec<_> = (0..2_500).map(|day| format!("1990-01-01,x{day}\n")).collect();
    let (_, report) = read("x.csv", format!("observation_date,DGS10\n{}", bad.concat()));
    assert_eq!((report.rejected, report.rejections.len()), (2_500, ReadReport::MAX_REJECTIONS));
    assert_eq!(report.reasons.into_iter().collect::<Vec<_>>(), [("DGS10 must be a number".to_owned(), 2_500)]);
    assert_eq!(report.rejections[999].to_string(), "x.csv:1001: DGS10 must be a number [value: \"x999\"]");
}

fn a_document_without_a_row_that_can_be_read_is_given_up() {
    let bad = format!("observation_date,DGS10\n{}", "1990-01-01,x\n".repeat(20_000));
    let error = read_with("x.csv", bad.clone(), &ReadOptions::default()).expect_err("nothing can be read");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let context = ["file", "rejected", "line", "first"].map(|key| error.context(key).unwrap_or_default().to_owned());
    assert_eq!(context, ["x.csv", "10000", "2", "DGS10 must be a number [value: \"x\"]"]);
    let mut good_at_last = bad.clone();
    good_at_last.insert_str(23, "1990-01-01,1\n");
    let error = read_with("x.csv", good_at_last, &ReadOptions::default()).expect_err("one row is no hope");
    assert!(error.message().contains("one row in a hundred"), "{error}");
    assert_eq!((error.kind(), error.context("rejected")), (ErrorKind::InvalidInput, Some("10000")));
    let good = series(200);
    let some = format!("{good}{}", "1990-01-01,x\n".repeat(20_000));
    assert_eq!(read("x.csv", some).1.rejected, 20_000, "one in a hundred is hope enough");
    let error = read_with("x.zip", zip(&[("a.csv", &series(5)), ("b.csv", &bad)]), &ReadOptions::default());
    assert_eq!(error.expect_err("one of its documents cannot").context("file"), Some("x.zip/b.csv"));
}

fn lines_that_are_no_rows_are_refused_with_their_place() {
    let head = "observation_date,DGS10\n";
    let refused = |text: String| read_with("x.csv", text, &ReadOptions::default()).expect_err("refused");
    for (text, line) in [
        (format!("{head}{}\n", ",".repeat(3 << 20)), "2"),
        (format!("{head}1990-01-01,1\n{}", "\n".repeat(3 << 20)), "1048579"),
    ] {
        let error = refused(text);
        assert_eq!(
            (error.kind(), error.context("file"), error.context("line")),
            (ErrorKind::Corrupt, Some("x.csv"), Some(line))
        );
    }
    let options = ReadOptions::default().with_format(Format::Fred);
    let error = read_with("x.csv", format!("{}\n{head}", ",".repeat(20_000)), &options).expect_err("no header");
    assert_eq!((error.kind(), error.context("line")), (ErrorKind::InvalidInput, Some("1")));
    let (_, report) = read("x.csv", format!("{head}1990-01-01,1\n{}\n1990-01-02,2\n", ",".repeat(20_000)));
    assert_eq!((report.accepted, report.rejected, report.rejections[0].line), (2, 1, 3));
    assert!(report.rejections[0].reason.contains("16,384 fields"), "{}", report.rejections[0]);
}

fn archives_that_unpack_to_too_much_are_refused() {
    let zeros = format!("{}\n", "0".repeat(1 << 16));
    let text = format!("observation_date,DGS10\n1990-01-01,1\n{}", zeros.repeat(1_100));
    for (name, bytes) in [("x.csv.gz", gzip(&text)), ("x.zip", deflated(&text))] {
        assert!(bytes.len() as u64 * 250 < text.len() as u64, "{name}");
        let mut reader = match read_from(name, Cursor::new(bytes), &ReadOptions::default()) {
            Ok(reader) => reader,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                continue;
            }
        };
        let error = reader.find_map(Result::err).expect("it is refused");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
}

fn a_reader_can_move_to_another_thread() {
    let reader = read_from("x.csv", Cursor::new(series(3)), &ReadOptions::default()).expect("a series");
    assert_eq!(std::thread::spawn(move || reader.count()).join().expect("no panic"), 3);
}

fn the_caller_limits_the_rejections() {
    let text = format!("{}1990-01-01,x\n1990-01-02,x\n1990-01-03,x\n", series(5));
    let options = ReadOptions::default();
    assert_eq!(read_with("x.csv", text.clone(), &options.clone().with_max_rejected(3)).expect("three").1.rejected, 3);
    let mut reader = read_from("x.csv", Cursor::new(text), &options.with_max_rejected(2)).expect("a series");
    assert_eq!(reader.by_ref().take(5).flatten().count(), 5, "the rows before come first");
    let error = reader.next().expect("an error").expect_err("a third");
    assert_eq!((error.kind(), error.context("expected")), (ErrorKind::InvalidInput, Some("at most 2")), "{error}");
    assert_eq!((error.context("line"), error.context("rejected")), (Some("7"), Some("3")), "{error}");
    assert!(reader.next().is_none());
}

fn progress_is_reported_of_bad_rows_too() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let options =
        ReadOptions::default().with_progress(move |progress| sink.lock().expect("sound").push(progress.clone()));
    let text = format!("{}{}", series(400), "1990-01-01,x\n".repeat(30_000));
    let size = text.len() as u64;
    read_with("x.csv", text, &options).expect("a series");
    let reports = std::mem::take(&mut *seen.lock().expect("sound"));
    assert_eq!(
        reports.iter().map(|one| one.accepted + one.rejected).collect::<Vec<_>>(),
        [10_000, 20_000, 30_000, 30_400]
    );
    let last = reports.last().expect("the end");
    assert_eq!((last.bytes, last.size, &*last.file), (size, Some(size), "x.csv"));
    assert_eq!(last.to_string(), "x.csv: 0 MiB of 0, 400 accepted, 30000 rejected");

    let archive = zip(&[("a.csv", &series(3)), ("b.csv", &series(4))]);
    read_with("x.zip", archive, &options).expect("series");
    let reports = std::mem::take(&mut *seen.lock().expect("sound"));
    let ends: Vec<_> = reports.iter().map(|one| (&*one.file, one.accepted, one.size)).collect();
    assert_eq!(ends, [("x.zip/a.csv", 3, None), ("x.zip/b.csv", 7, None)]);
    assert_eq!(reports[1].bytes, (series(3).len() + series(4).len()) as u64);
}
