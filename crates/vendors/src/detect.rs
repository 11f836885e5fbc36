//! The detection of a file's format.

use std::{io::BufRead, path::Path};

use strikebook_core::{Error, Result, market::SeriesId};

use crate::{
    CsvLayout, LeanLayout, LeanSymbols, cboe, cboe_json, end_of_day, fred,
    input::{Documents, io_error},
    text::Header,
};

/// The lines of a file that are read to detect its format.
const DETECTION_LINES: usize = 6;

/// The format of a file.
///
/// [`read_file`](crate::read_file) detects all formats but [`Csv`](Self::Csv).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// The CSV that Cboe's delayed-quotes page exports: a chain with a strike's call and put on one line.
    ///
    /// Each line has two quotes. `at` is the time in the heading, which is that of the download: the quotes are of that
    /// time or, after hours, of the close before it. Every quote of a contract on the underlying gets its price in the
    /// heading, which is also a quote of its own; its symbol is that of the first contract's root, since the heading
    /// has only a name. The heading's sizes are left out, since their unit is not stated.
    Cboe,
    /// The JSON of Cboe's delayed quotes, as `cdn.cboe.com/api/global/delayed_quotes/options` serves it: the underlying
    /// and its whole chain.
    ///
    /// `at` is the document's `timestamp`, taken as UTC: the quotes are of about 15 minutes before or, after hours, of
    /// the close. Every quote of a contract on the underlying gets its price, which is also a quote of its own. Sizes,
    /// vega, theta and rho are left out, since their units are not stated. A document is read whole: a truncated one
    /// gives an error and no rows.
    CboeJson,
    /// A zip of the LEAN engine's data. The folders of the file, such as `option/usa/minute/goog`, determine asset
    /// class and resolution.
    Lean(LeanLayout),
    /// A factor file of the LEAN engine: the splits and the dividends of a company, each under the symbol of its date.
    ///
    /// An action is known from the opening of its ex-date on, since the file has no announcements. Dividends are taken
    /// as regular ones in dollars. LEAN's stock dividends and spin-offs are splits of an uneven ratio. The detection
    /// takes a file of the folder `factor_files`, with the map file of the same name beside.
    LeanFactors(LeanSymbols),
    /// A map file of the LEAN engine: the changes of a company's symbol, its listing unless LEAN's data begins with it,
    /// and its delisting. The detection takes a file of the folder `map_files`.
    LeanMap,
    /// An end-of-day chain in historicaloptiondata's layout, with columns such as `optionroot` and `quotedate`.
    ///
    /// `at` is the exchange's close on the quote's day. Theta is per year and vega per 1.00 of volatility already.
    /// Files with the volatilities of bid and ask instead of one get their mean, from which their delta and gamma are
    /// computed, and none where the vendor could not compute one of the two and wrote 0.
    EndOfDay,
    /// Chains as JSON documents with `symbol`, `updated`, `underlyingPrice` and `quotes`.
    ///
    /// `at` is `updated`, and the contract is that of the OCC `symbol`; Yahoo lists a few series a second time under
    /// another expiration, and both quotes are read. Theta per day is multiplied by 365, vega per volatility point and
    /// rho per percentage point by 100. An implied volatility of 0.00001, which Yahoo writes where it has none, reads
    /// as `None`. The underlying keeps the vendor's symbol (`BRK-B` beside options of the root `BRKB`). Options of
    /// another company, listed under the underlying after a takeover, do not get its price. A document is read whole: a
    /// truncated one gives an error and no rows.
    OptionsDesk,
    /// Daily series as FRED exports them: a column of dates, and one for each series, named by its id.
    ///
    /// A day without a value (empty, or `.`) has no observation, and is counted as
    /// [`blank`](crate::ReadReport::blank). See [`RecordedAt`](crate::RecordedAt) about publication.
    Fred,
    /// An index's daily history as Cboe publishes it, `DATE,OPEN,HIGH,LOW,CLOSE`: the close as an observation of this
    /// series. The detection takes the series from the file's name: `VIX_History.csv` is `VIX`. For all four prices
    /// read bars by a [`CsvLayout`].
    IndexHistory(SeriesId),
    /// Any CSV, by a layout.
    Csv(Box<CsvLayout>),
}

impl Format {
    /// Returns the source of the format's rows.
    pub(crate) fn source(&self) -> Option<&'static str> {
        match self {
            Self::Cboe | Self::CboeJson | Self::IndexHistory(_) => Some("cboe"),
            Self::Lean(_) | Self::LeanFactors(_) | Self::LeanMap => Some("lean"),
            Self::EndOfDay => Some("historicaloptiondata"),
            Self::OptionsDesk => Some("options_desk"),
            Self::Fred => Some("fred"),
            Self::Csv(layout) => layout.named.map(|(_, source)| source),
        }
    }

    /// Checks the format, for a file whose caller gives its instant or does not.
    pub(crate) fn validate(&self, has_instant: bool) -> Result<()> {
        match self {
            Self::Csv(layout) => layout.validate(has_instant),
            Self::Cboe | Self::CboeJson | Self::OptionsDesk => Ok(()),
            _ if has_instant => {
                Err(Error::invalid_config("an instant for a whole file is for chains and quotes of one instant"))
            }
            _ => Ok(()),
        }
    }

    /// Detects the format of an opened file by its folders and the start of its first document. Nothing is consumed.
    pub(crate) fn detect(documents: &mut Documents) -> Result<Self> {
        let name = documents.name();
        if let (true, Some(layout)) = (documents.is_archive(), LeanLayout::of_path(Path::new(&*name))?) {
            return Ok(Self::Lean(layout));
        }
        let path = Path::new(&*name);
        match path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str()) {
            Some("factor_files") => return Ok(Self::LeanFactors(LeanSymbols::of_factor_file(path)?)),
            Some("map_files") => return Ok(Self::LeanMap),
            _ => {}
        }
        let Some(document) = documents.peek()? else {
            return Err(Error::invalid_input("the archive has no entries").with("file", name));
        };
        let start = document.body.fill_buf().map_err(|error| io_error(error, &name))?;
        let text = String::from_utf8_lossy(start);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('{') {
            return Ok(if cboe_json::is_start(text) { Self::CboeJson } else { Self::OptionsDesk });
        }
        let lines: Vec<Header> = text.lines().take(DETECTION_LINES).filter_map(Header::of_line).collect();
        let first = lines.first();
        if lines.iter().any(cboe::is_header) {
            Ok(Self::Cboe)
        } else if first.is_some_and(end_of_day::is_header) {
            Ok(Self::EndOfDay)
        } else if first.is_some_and(fred::is_header) {
            Ok(Self::Fred)
        } else if let Some(series) = first.and_then(|header| fred::index_history(header, &document.entry)) {
            Ok(Self::IndexHistory(series))
        } else {
            let message = "the file has no known format: name the format in the options";
            Err(Error::invalid_input(message).with("file", name))
        }
    }
}
