//! Readers of vendors' files into strikebook's domain types, row by row, with a reason for every rejected row.
//!
//! [`read_file`] opens a file and detects its format; the [`Reader`] is an iterator of [`Record`]s that never holds
//! more than a few of them, within [limits](Reader#limits) for any file. The [`ReadReport`] counts the rows that cannot
//! be read and keeps the first 1,000 with file, line and reason: `read` is always `accepted + rejected`.
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
//! [`FILE_KINDS`] lists the kinds of files with their records, the part that is read, and the page from which the
//! format is known; `docs/formats.md` is the same table for readers. Each [`Format`] documents its units and instants.
//! [`detect_file`] names the format of a file with its confidence, or what the file looks like.
//!
//! A file may be plain, a gzip, or a zip with an entry for each document. [`broker`] reads brokers' histories of an
//! account.
//!
//! # Common to all formats
//! - **Missing stays missing.** Vendors write an ask of 0 where nobody offers; it reads as `None`. A bid of 0 under an
//!   ask is a bid of `Some(0.0)`; without an ask there is no market, and the bid reads as `None`. A last price, an
//!   underlying's price or an implied volatility of 0 reads as `None`. Volumes and open interests of 0 are numbers.
//! - **Units are the library's**: vega per 1.00 of volatility, theta per year, rho per 1.00. Readers convert, and their
//!   documentation says from which unit.
//! - **Every record is valid**: it has passed core's `validate`. An invalid one is rejected with that reason.
//! - **Facts are kept**: crossed quotes, quotes of expired contracts and bars of odd prices are read as they are. Two
//!   quotes of one contract at one instant are both read; a store keeps the last.
//! - **A truncated line is no silent row.** Half a number is a number too, so the last line of a plain text file must
//!   end with a line end; without it the line is rejected, and read by a [`CsvLayout`] with a
//!   [warning](ReadReport::warnings). In a gzip or zip the checksum proves that the text is whole.
//! - **The caller sets `recorded_at`**: see [`RecordedAt`].
//!
//! # Features
//! | feature | adds | libraries |
//! |---|---|---|
//! | none | [`Record`] and [`Batch`] | |
//! | `files` (default) | the readers of vendors' files | `csv-core`, `flate2`, `serde_json`, `zip` |
//! | `brokers` (default) | [`broker`], with `files` | `quick-xml` |

#[cfg(feature = "brokers")]
pub mod broker;
#[cfg(feature = "files")]
mod cboe;
#[cfg(feature = "files")]
mod cboe_json;
#[cfg(feature = "files")]
mod crypto;
#[cfg(feature = "files")]
mod detect;
#[cfg(feature = "files")]
mod end_of_day;
#[cfg(feature = "files")]
mod formats;
#[cfg(feature = "files")]
mod fred;
#[cfg(feature = "files")]
mod generic;
#[cfg(feature = "files")]
mod input;
#[cfg(feature = "files")]
mod json;
#[cfg(feature = "files")]
mod lean;
#[cfg(feature = "files")]
mod number;
#[cfg(feature = "files")]
mod options;
#[cfg(feature = "files")]
mod options_desk;
#[cfg(feature = "files")]
mod preset;
#[cfg(feature = "files")]
mod progress;
#[cfg(feature = "files")]
mod reader;
mod record;
#[cfg(feature = "files")]
mod report;
#[cfg(feature = "files")]
mod text;
#[cfg(feature = "files")]
mod tradier;
#[cfg(feature = "files")]
mod value;
#[cfg(feature = "files")]
mod zone;

#[cfg(feature = "files")]
pub use chrono_tz::Tz;
#[cfg(feature = "files")]
pub use detect::{Confidence, Detection, Format, detect_file, detect_from};
#[cfg(feature = "files")]
pub use formats::{FILE_KINDS, FileKind, Reading};
#[cfg(feature = "files")]
pub use generic::{BarLabel, CsvField, CsvLayout, CsvPart, TimeFormat};
#[cfg(feature = "files")]
pub use lean::{LeanAsset, LeanLayout, LeanResolution, LeanSymbols};
#[cfg(feature = "files")]
pub use options::{ReadOptions, RecordedAt};
#[cfg(feature = "files")]
pub use progress::{OnProgress, Progress};
#[cfg(feature = "files")]
pub use reader::{Reader, read_file, read_from};
pub use record::{Batch, Record};
#[cfg(feature = "files")]
pub use report::{ReadReport, Rejection};
