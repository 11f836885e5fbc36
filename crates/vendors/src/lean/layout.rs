//! The asset class and resolution of a file, which LEAN's folders tell and its names do not.

use std::path::Path;

use chrono_tz::Tz;
use strikebook_core::{Error, ErrorKind, Result, market::Timeframe};

/// The asset class of a file: the folder below LEAN's data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeanAsset {
    /// Stocks and funds: bars, and quotes of the underlying. Prices are in ten-thousandths, times New York's.
    Equity,
    /// Options on stocks and funds. Prices are in ten-thousandths, times New York's.
    Option,
    /// Levels of indices. Prices are in units, times Chicago's.
    Index,
    /// Options on indices. Prices are in ten-thousandths, times New York's.
    IndexOption,
    /// Options on futures. Prices are in units, times UTC's, around the clock.
    FutureOption,
}

impl LeanAsset {
    const FOLDERS: [(&str, Self); 5] = [
        ("equity", Self::Equity),
        ("option", Self::Option),
        ("index", Self::Index),
        ("indexoption", Self::IndexOption),
        ("futureoption", Self::FutureOption),
    ];

    pub(super) const fn is_option(self) -> bool {
        matches!(self, Self::Option | Self::IndexOption | Self::FutureOption)
    }

    /// Returns the divisor of prices. Strikes in names of entries are always ten-thousandths.
    pub(super) const fn price_scale(self) -> f64 {
        match self {
            Self::Equity | Self::Option | Self::IndexOption => 10_000.0,
            Self::Index | Self::FutureOption => 1.0,
        }
    }

    pub(super) const fn zone(self) -> Tz {
        match self {
            Self::Equity | Self::Option | Self::IndexOption => Tz::America__New_York,
            Self::Index => Tz::America__Chicago,
            Self::FutureOption => Tz::UTC,
        }
    }

    /// Returns true for sessions of the New York exchanges, false for trading around the clock.
    pub(super) const fn has_sessions(self) -> bool {
        !matches!(self, Self::FutureOption)
    }
}

/// The resolution of a file: the folder below the market's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeanResolution {
    /// Minutes: one file a day.
    Minute,
    /// Hours: one file a year, or all of a symbol.
    Hour,
    /// Days: one file a year, or all of a symbol.
    Daily,
}

impl LeanResolution {
    const FOLDERS: [(&str, Self); 3] = [("minute", Self::Minute), ("hour", Self::Hour), ("daily", Self::Daily)];

    pub(super) const fn timeframe(self) -> Timeframe {
        match self {
            Self::Minute => Timeframe::Minute1,
            Self::Hour => Timeframe::Hour1,
            Self::Daily => Timeframe::Day1,
        }
    }
}

/// The layout of a LEAN file.
///
/// - **Quotes of options** are bars of bid and ask; the close of each side is the quote at the bar's end. A side
///   without prices is missing. Quotes of equities are quotes of the underlying, in the same way.
/// - **Trades**, and the files of equities and indices, are [bars](strikebook_core::market::Bar). `opened_at` is the
///   label, midnight for a daily bar. `at` is the end: one minute later; one hour later, but not after the exchange's
///   close if it started before; for a daily bar the exchange's close. Around the clock a day ends at the next midnight
///   of its zone. An hourly file's row of midnight is a misplaced daily row and is rejected, since its end would be
///   before the day.
/// - **Open interest** is a quote without prices. It is counted overnight and published before the open, and its labels
///   differ with the resolution; its `at` is 09:30 in New York on its day, or its label's end if that is later. So it
///   never has the instant of a quote of that day, which it would otherwise replace in a store.
///
/// Prices are raw: splits and dividends are read from LEAN's factor files,
/// [`Format::LeanFactors`](crate::Format::LeanFactors).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeanLayout {
    /// The asset class, a folder's name.
    pub asset: LeanAsset,
    /// The resolution, a folder's name.
    pub resolution: LeanResolution,
}

impl LeanLayout {
    /// Creates the layout of an asset class and a resolution.
    pub const fn new(asset: LeanAsset, resolution: LeanResolution) -> Self {
        Self { asset, resolution }
    }

    /// Returns the layout of a path by its folders `ASSET/MARKET/RESOLUTION`, the innermost when there are several;
    /// `None` for other folders.
    ///
    /// ```
    /// use strikebook_vendors::{LeanAsset, LeanLayout, LeanResolution};
    ///
    /// let layout = LeanLayout::of_path("data/option/usa/minute/goog/20151224_quote_american.zip".as_ref())?;
    /// assert_eq!(layout, Some(LeanLayout::new(LeanAsset::Option, LeanResolution::Minute)));
    /// # Ok::<(), strikebook_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Unsupported`](strikebook_core::ErrorKind::Unsupported) for futures.
    pub fn of_path(path: &Path) -> Result<Option<Self>> {
        let folders: Vec<_> = path.iter().filter_map(|folder| folder.to_str()).collect();
        for window in folders.windows(3).rev() {
            let [asset, _market, resolution] = window else { continue };
            let Some(resolution) = known(&LeanResolution::FOLDERS, resolution) else { continue };
            if let Some(asset) = known(&LeanAsset::FOLDERS, asset) {
                return Ok(Some(Self { asset, resolution }));
            }
            if asset.eq_ignore_ascii_case("future") {
                return Err(Error::new(ErrorKind::Unsupported, "LEAN's files of futures are not read")
                    .with("file", path.display()));
            }
        }
        Ok(None)
    }
}

fn known<T: Copy>(folders: &[(&str, T)], folder: &str) -> Option<T> {
    folders.iter().find(|(name, _)| folder.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}
