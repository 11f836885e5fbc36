//! Vendors' files read into strikebook's domain types: a row at a time, with a reason for every row that is refused.
//!
//! [`read_file`] opens a file and tells its format; the [`Reader`] it gives is an iterator of [`Record`]s that never
//! holds more than a few of them, within [limits](Reader#limits) for any file. The [`ReadReport`] counts the rows that
//! cannot be read and keeps the first 1,000 with file, line and reason: `read` is always `accepted + rejected`.
//!
//! ```
//! use std::io::Cursor;
//! use strikebook_vendors::{ReadOptions, Record, read_from};
//!
//! let file = "observation_date,DGS10\n2005-01-14,4.23\n2005-01-17,\n2005-01-18,4.21x\n";
//! let mut reader = read_from("DGS10.csv", Cursor::new(file), &ReadOptions::default())?;
//! let Some(Record::Observation(first)) = reader.next().transpose()? else { panic!("a day with a value") };
//! assert_eq!((first.series.as_str(), first.value), ("DGS10", 4.23));
//!
//! assert!(reader.next().is_none());
//! let report = reader.report();
//! assert_eq!((report.read, report.accepted, report.rejected, report.blank), (2, 1, 1, 1));
//! assert_eq!(report.rejections[0].to_string(), "DGS10.csv:4: DGS10 must be a number [value: \"4.21x\"]");
//! # Ok::<(), strikebook_core::Error>(())
//! ```
//!
//! # Formats
//! | [`Format`] | files | gives | source |
//! |---|---|---|---|
//! | [`Cboe`](Format::Cboe) | the CSV that Cboe's delayed-quotes page exports | option quotes, the underlying's quote | `cboe` |
//! | [`CboeJson`](Format::CboeJson) | the JSON of Cboe's delayed quotes | option quotes, the underlying's quote | `cboe` |
//! | [`Lean`](Format::Lean) | the LEAN engine's zips, minute, hour and daily | option quotes, bars, open interest, quotes of equities | `lean` |
//! | [`EndOfDay`](Format::EndOfDay) | chains in historicaloptiondata's layout | option quotes | `historicaloptiondata` |
//! | [`OptionsDesk`](Format::OptionsDesk) | chains as JSON documents | option quotes, the underlying's quote | `options_desk` |
//! | [`Fred`](Format::Fred) | series by day as FRED exports them | observations | `fred` |
//! | [`IndexHistory`](Format::IndexHistory) | an index's daily history as Cboe publishes it | observations of the close | `cboe` |
//! | [`Csv`](Format::Csv) | any CSV, by a [`CsvLayout`] | what the layout says | the caller's |
//!
//! Each may come plain, in a gzip, or as the entries of a zip. Brokers' histories of an account are read by [`broker`].
//!
//! # What all formats have in common
//! - **Missing stays missing.** An ask of 0 is how vendors write that nobody offers, and reads as `None`. A bid of 0
//!   under an ask is a bid of `Some(0.0)`; without an ask it is no market at all, and reads as `None`. A last price, an
//!   underlying's price or an implied volatility of 0 reads as `None`. Volumes and open interests of 0 are numbers.
//! - **Units are the library's**: vega per 1.00 of volatility, theta per year, rho per 1.00. Readers convert and say
//!   how.
//! - **Every record is valid**: it has passed core's `validate`. One that does not pass is rejected with that reason.
//! - **Facts are kept**: crossed quotes, quotes of contracts that have expired, and bars of odd prices are delivered as
//!   they are. Two quotes of the same contract at the same instant are both delivered; a store keeps the last.
//! - **A line cut short is never a row.** The last line of a plain text file must end with a line end, since a number
//!   cut in half is a number too; without it the line is rejected. In a gzip or zip the archive's checksum vouches for
//!   it.
//! - **When the rows were learned is the caller's to say**: [`RecordedAt`].

pub mod broker;
mod cboe;
mod cboe_json;
mod detect;
mod end_of_day;
mod fred;
mod generic;
mod input;
mod json;
mod lean;
mod options;
mod options_desk;
mod reader;
mod record;
mod report;
mod text;
mod value;
mod zone;

pub use chrono_tz::Tz;
pub use detect::Format;
pub use generic::{CsvLayout, Field, Label, TimeFormat};
pub use lean::{LeanAsset, LeanLayout, LeanResolution};
pub use options::{ReadOptions, RecordedAt};
pub use reader::{Reader, read_file, read_from};
pub use record::{Batch, Record};
pub use report::{ReadReport, Rejection};
