//! The formats of brokers' exports, and their detection.

use std::{fmt, str::FromStr, sync::Arc};

use strikebook_core::{Error, Result};

use super::{BrokerLayout, activity, fidelity, flex, robinhood, schwab, tastytrade, thinkorswim};
use crate::{text::Header, value::unexpected};

/// The lines at the start of a file among which a header is looked for.
const DETECTION_LINES: usize = 60;
/// The most characters of a file's first line in an error.
const SHOWN_CHARS: usize = 160;

/// A test of a line of column names.
type IsHeader = fn(&Header) -> bool;

/// The format of a broker's export. [`BROKER_FILES`](super::BROKER_FILES) says what of each is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrokerFormat {
    /// The CSV of tastytrade's transaction history, in the layouts of 18, 20 and 21 columns and in the legacy one of
    /// 15, whose times are taken as New York's.
    Tastytrade,
    /// A Flex query of Interactive Brokers, as XML or CSV. Times without a zone are New York's.
    IbkrFlex,
    /// The CSV of an activity statement of Interactive Brokers, in English. Times are New York's.
    IbkrActivity,
    /// The CSV of Charles Schwab's transaction history. Rows have a date alone.
    Schwab,
    /// The CSV of Fidelity's account history. Rows have a date alone.
    Fidelity,
    /// The CSV of Robinhood's activity report. Rows have a date alone.
    Robinhood,
    /// The CSV of thinkorswim's account statement, of which the trade history and the cash balance are read. Times are
    /// New York's.
    Thinkorswim,
    /// Any CSV, by a layout.
    Layout(Arc<BrokerLayout>),
}

impl BrokerFormat {
    /// Every format that has a name of its own.
    pub const NAMED: [Self; 7] = [
        Self::Tastytrade,
        Self::IbkrFlex,
        Self::IbkrActivity,
        Self::Schwab,
        Self::Fidelity,
        Self::Robinhood,
        Self::Thinkorswim,
    ];

    /// Returns the format's name: `tastytrade`, `ibkr_flex`, `layout`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Tastytrade => "tastytrade",
            Self::IbkrFlex => "ibkr_flex",
            Self::IbkrActivity => "ibkr_activity",
            Self::Schwab => "schwab",
            Self::Fidelity => "fidelity",
            Self::Robinhood => "robinhood",
            Self::Thinkorswim => "thinkorswim",
            Self::Layout(_) => "layout",
        }
    }

    /// Returns the format's source, which is that of the broker: `ibkr` for both exports of Interactive Brokers.
    pub fn source(&self) -> &str {
        match self {
            Self::IbkrFlex | Self::IbkrActivity => "ibkr",
            Self::Layout(layout) => layout.source.as_str(),
            named => named.name(),
        }
    }

    /// Detects the format of a file by the text of its beginning, of which some kilobytes are enough.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) with the beginning as `found` and the names of the
    /// formats as `known`.
    pub fn detect(beginning: &str) -> Result<Self> {
        let text = beginning.trim_start_matches('\u{feff}').trim_start();
        let found = if text.starts_with('<') {
            text.contains("<FlexQueryResponse").then_some(Self::IbkrFlex)
        } else {
            let headers: Vec<_> = text.lines().take(DETECTION_LINES).filter_map(Header::of_line).collect();
            let tests: [(IsHeader, Self); 7] = [
                (tastytrade::is_header, Self::Tastytrade),
                (flex::is_header, Self::IbkrFlex),
                (activity::is_header, Self::IbkrActivity),
                (schwab::is_header, Self::Schwab),
                (fidelity::is_header, Self::Fidelity),
                (robinhood::is_header, Self::Robinhood),
                (thinkorswim::is_header, Self::Thinkorswim),
            ];
            tests.into_iter().find(|(is_header, _)| headers.iter().any(is_header)).map(|(_, format)| format)
        };
        found.ok_or_else(|| {
            let looks = match text.lines().next() {
                None => "an empty file".to_owned(),
                Some(line) => format!("{} that begins with {:?}", kind(text), shown(line)),
            };
            let known = Self::NAMED.map(|format| format.name()).join(", ");
            Error::invalid_input(
                "the file is no broker's history of a known format: name its format, or read the CSV by a BrokerLayout",
            )
            .with("found", looks)
            .with("known", known)
        })
    }
}

fn shown(line: &str) -> String {
    line.chars().take(SHOWN_CHARS).collect()
}

/// Returns the kind of a text, as far as its first character tells.
fn kind(text: &str) -> &'static str {
    match text.chars().next() {
        Some('<') => "XML or HTML",
        Some('{' | '[') => "JSON",
        Some('%') => "a PDF",
        _ if text.lines().next().is_some_and(|line| line.contains([',', ';', '\t'])) => "a table",
        _ => "a text",
    }
}

impl From<BrokerLayout> for BrokerFormat {
    fn from(layout: BrokerLayout) -> Self {
        Self::Layout(Arc::new(layout))
    }
}

impl FromStr for BrokerFormat {
    type Err = Error;

    /// Parses the name of a format other than a layout.
    fn from_str(text: &str) -> Result<Self> {
        let named = Self::NAMED.into_iter().find(|format| format.name() == text);
        named.ok_or_else(|| unexpected("the format", &Self::NAMED.map(|format| format.name()).join(", "), text))
    }
}

impl fmt::Display for BrokerFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
