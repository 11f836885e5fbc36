//! The detection of a file's format.

mod looks;

use std::{
    fmt,
    fs::File,
    io::{BufRead, Read, Seek},
    path::Path,
    str::FromStr,
};

use chrono::NaiveTime;
use chrono_tz::Tz;
use strikebook_core::{
    Error, Result, Timestamp,
    market::{SeriesId, Symbol},
};

use crate::{
    CsvLayout, LeanLayout, LeanSymbols, cboe, cboe_json, end_of_day,
    formats::{FILE_KINDS, FileKind},
    fred,
    input::{Documents, io_error},
    preset::{PRESETS, Preset},
    text::Header,
    tradier,
};

/// The lines of a file that are read to detect its format.
const DETECTION_LINES: usize = 6;

/// The format of a file. `{}` writes its name in [`FILE_KINDS`], and a name parses into the format:
/// `cboe`, `polygon_minute`, `index_history:VIX`, `lean:option/usa/minute`.
///
/// [`read_file`](crate::read_file) detects all formats but a [`Csv`](Self::Csv) whose layout has no name.
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
    /// Tradier's JSON of an option chain.
    ///
    /// `at` is the later of the bid's and the ask's instant, unless the caller gives one. Implied volatility is
    /// `mid_iv`. Theta, vega and rho are left out, since their units are not stated.
    Tradier,
    /// Any CSV, by a layout: the caller's, or a named one of [`FILE_KINDS`].
    Csv(Box<CsvLayout>),
}

impl Format {
    /// Returns the name of the format in [`FILE_KINDS`].
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cboe => "cboe",
            Self::CboeJson => "cboe_json",
            Self::Lean(_) => "lean",
            Self::LeanFactors(_) => "lean_factors",
            Self::LeanMap => "lean_map",
            Self::EndOfDay => "end_of_day",
            Self::OptionsDesk => "options_desk",
            Self::Fred => "fred",
            Self::IndexHistory(_) => "index_history",
            Self::Tradier => "tradier",
            Self::Csv(layout) => layout.name.map_or("csv", |name| name),
        }
    }

    /// Returns the named layout as a format.
    fn of_preset(preset: &Preset) -> Self {
        Self::Csv(Box::new(preset.layout()))
    }

    /// Sets the symbol of all rows, if the caller gives one.
    pub(crate) fn with_symbol(self, symbol: Option<Symbol>) -> Result<Self> {
        match (self, symbol) {
            (format, None) => Ok(format),
            (Self::Csv(layout), Some(symbol)) => Ok(Self::Csv(Box::new(layout.with_symbol_of_all(symbol.as_str())))),
            (_, Some(symbol)) => {
                let error = Error::invalid_config("a symbol for a whole file is for CSV by a layout");
                Err(error.with("symbol", symbol))
            }
        }
    }

    /// Returns the source of the format's rows.
    pub(crate) fn source(&self) -> Option<&str> {
        match self {
            Self::Cboe | Self::CboeJson | Self::IndexHistory(_) => Some("cboe"),
            Self::Lean(_) | Self::LeanFactors(_) | Self::LeanMap => Some("lean"),
            Self::EndOfDay => Some("historicaloptiondata"),
            Self::OptionsDesk => Some("options_desk"),
            Self::Fred => Some("fred"),
            Self::Tradier => Some("tradier"),
            Self::Csv(layout) => layout.source.as_deref(),
        }
    }

    /// Checks the format, for a file whose caller gives its instant or does not.
    pub(crate) fn validate(&self, has_instant: bool) -> Result<()> {
        match self {
            Self::Csv(layout) => layout.validate(has_instant),
            Self::Cboe | Self::CboeJson | Self::OptionsDesk | Self::Tradier => Ok(()),
            _ if has_instant => {
                Err(Error::invalid_config("an instant for a whole file is for chains and quotes of one instant"))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// Parses the name of a format, after a colon with what the format needs: the series of an index's history, the
    /// folders of LEAN's data. LEAN's factor files are recognised by their folder alone, and a CSV by its layout.
    fn from_str(text: &str) -> Result<Self> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let known = match (name, argument) {
            ("cboe", None) => Some(Self::Cboe),
            ("cboe_json", None) => Some(Self::CboeJson),
            ("lean_map", None) => Some(Self::LeanMap),
            ("end_of_day", None) => Some(Self::EndOfDay),
            ("options_desk", None) => Some(Self::OptionsDesk),
            ("fred", None) => Some(Self::Fred),
            ("tradier", None) => Some(Self::Tradier),
            ("index_history", Some(series)) => Some(Self::IndexHistory(SeriesId::new(series)?)),
            ("lean", Some(folders)) => LeanLayout::of_path(Path::new(folders))?.map(Self::Lean),
            (name, None) => Preset::find(name).map(Self::of_preset),
            _ => None,
        };
        known.ok_or_else(|| {
            let error = Error::invalid_input("a format must be one of the known names");
            error.with("text", format_args!("{text:?}")).with("known", names())
        })
    }
}

/// Returns the names of the formats that are read.
fn names() -> String {
    let read = FILE_KINDS.iter().filter(|kind| !matches!(kind.reading, crate::Reading::Refused(_)));
    read.map(|kind| kind.name).collect::<Vec<_>>().join(", ")
}

/// The certainty of a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The file is of no known format.
    Unknown,
    /// The file fits the format, and may be of another: the columns are common, or the first row was needed.
    Likely,
    /// The file's folder, or columns that no other format has, say its format.
    Certain,
}

/// The format that a file seems to have.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// The format; `None` for a file that is not read.
    pub format: Option<Format>,
    /// The certainty of the format.
    pub confidence: Confidence,
    /// A description of the file: the kind of [`FILE_KINDS`], or what the file looks like.
    pub description: String,
}

impl Detection {
    fn new(format: Format, confidence: Confidence) -> Self {
        let kind: Option<&FileKind> = FILE_KINDS.iter().find(|kind| kind.name == format.name());
        let description = kind.map_or_else(|| format.name().to_owned(), |kind| kind.files.to_owned());
        Self { format: Some(format), confidence, description }
    }

    /// Returns the format, or the error that says what the file looks like.
    pub(crate) fn into_format(self, file: &str) -> Result<Format> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        if self.description == crate::crypto::REASON {
            return Err(Error::new(strikebook_core::ErrorKind::Unsupported, self.description).with("file", file));
        }
        let message = "the file has no known format: name the format, or a layout of its columns";
        Err(Error::invalid_input(message).with("file", file).with("found", self.description).with("known", names()))
    }
}

/// Detects the format of a file.
///
/// ```no_run
/// let detection = strikebook_vendors::detect_file("quotes.csv")?;
/// println!("{:?}: {}", detection.confidence, detection.description);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
///
/// # Errors
/// [`NotFound`](strikebook_core::ErrorKind::NotFound) when the file does not exist, and those of an archive that cannot
/// be read. A file of no known format is no error.
pub fn detect_file(path: impl AsRef<Path>) -> Result<Detection> {
    let path = path.as_ref();
    let name = path.to_string_lossy();
    let file = File::open(path).map_err(|error| io_error(error, &name))?;
    detect_from(&name, file)
}

/// Detects the format of an input other than a file. The name stands for the path.
///
/// # Errors
/// As [`detect_file`].
pub fn detect_from(name: &str, input: impl Read + Seek + Send + 'static) -> Result<Detection> {
    detect(&mut Documents::open(name, Box::new(input))?)
}

/// Detects the format of an opened file by its folders and the start of its first document. Nothing is consumed.
pub(crate) fn detect(documents: &mut Documents) -> Result<Detection> {
    let name = documents.name();
    let is_archive = documents.is_archive();
    let certain = |format| Ok(Detection::new(format, Confidence::Certain));
    if let (true, Some(layout)) = (is_archive, LeanLayout::of_path(Path::new(&*name))?) {
        return certain(Format::Lean(layout));
    }
    let path = Path::new(&*name);
    match path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str()) {
        Some("factor_files") => return certain(Format::LeanFactors(LeanSymbols::of_factor_file(path)?)),
        Some("map_files") => return certain(Format::LeanMap),
        _ => {}
    }
    let Some(document) = documents.peek()? else {
        return Err(Error::invalid_input("the archive has no entries").with("file", name));
    };
    let start = document.body.fill_buf().map_err(|error| io_error(error, &name))?;
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let unknown = |description| Ok(Detection { format: None, confidence: Confidence::Unknown, description });
    if text.starts_with('{') {
        let keys = looks::keys(text);
        let is_desk = ["quotes", "updated", "underlyingPrice"].iter().any(|key| keys.contains(key));
        return if cboe_json::is_start(text) {
            certain(Format::CboeJson)
        } else if tradier::is_start(text) {
            certain(Format::Tradier)
        } else if is_desk || is_archive {
            Ok(Detection::new(Format::OptionsDesk, Confidence::Likely))
        } else {
            unknown(looks::like_json(&keys))
        };
    }
    let lines: Vec<Header> = text.lines().take(DETECTION_LINES).filter_map(Header::of_line).collect();
    let first = lines.first();
    if lines.iter().any(cboe::is_header) {
        certain(Format::Cboe)
    } else if first.is_some_and(end_of_day::is_header) {
        certain(Format::EndOfDay)
    } else if let Some((preset, confidence)) = preset(&lines, &name.to_lowercase()) {
        Ok(Detection::new(Format::of_preset(preset), confidence))
    } else if let Some(refusal) = looks::like_crypto(&lines) {
        unknown(refusal)
    } else if first.is_some_and(fred::is_header) {
        certain(Format::Fred)
    } else if let Some(series) = first.and_then(|header| fred::index_history(header, &document.entry)) {
        certain(Format::IndexHistory(series))
    } else {
        unknown(looks::like(start, &document.entry, first))
    }
}

/// Returns the named layout that the column names fit, the most particular one of several.
fn preset(lines: &[Header], name: &str) -> Option<(&'static Preset, Confidence)> {
    lines.iter().enumerate().find_map(|(index, header)| {
        let row = lines.get(index + 1);
        let fitting: Vec<_> = PRESETS.iter().filter(|preset| preset.fits(header, row)).collect();
        let longest = fitting.iter().map(|preset| preset.signature.len()).max()?;
        let best: Vec<&Preset> = fitting.into_iter().filter(|preset| preset.signature.len() == longest).collect();
        match best.as_slice() {
            [one] if one.name == "yfinance_history" => Some((*one, Confidence::Likely)),
            [one] => Some((*one, Confidence::Certain)),
            _ => of_timeframe(&best, name, header, row),
        }
    })
}

/// Returns Polygon's minutes or days, which have the same columns: told apart by the names of the file and its folders,
/// or by a first bar that begins at midnight in New York.
fn of_timeframe(
    presets: &[&'static Preset],
    name: &str,
    header: &Header,
    row: Option<&Header>,
) -> Option<(&'static Preset, Confidence)> {
    let named = |word: &str| presets.iter().find(|preset| preset.name.ends_with(word)).copied();
    match (name.contains("minute"), name.contains("day")) {
        (true, false) => return Some((named("minute")?, Confidence::Certain)),
        (false, true) => return Some((named("day")?, Confidence::Certain)),
        _ => {}
    }
    let nanos: i64 = header.find("window_start").and_then(|column| row?.names().nth(column)?.parse().ok())?;
    let at = Timestamp::from_micros(nanos / 1_000).ok()?.to_datetime().with_timezone(&Tz::America__New_York);
    let word = if at.time() == NaiveTime::MIN { "day" } else { "minute" };
    Some((named(word)?, Confidence::Likely))
}
