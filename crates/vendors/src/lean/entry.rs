//! The names of entries.

use chrono::NaiveDate;
use strikebook_core::{
    Error, Result,
    market::{ExerciseStyle, Instrument, OptionContract, OptionRoot, Strike, Symbol},
};

use super::{LeanLayout, LeanResolution};
use crate::value;

/// The kind of an entry's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Trade,
    Quote,
    OpenInterest,
}

/// The contents of an entry's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) instrument: Instrument,
    pub(super) kind: Kind,
    /// The day, for an entry of one day.
    pub(super) date: Option<NaiveDate>,
}

/// Returns true for the name of an entry with data.
pub(super) fn is_data(name: &str) -> bool {
    stem(name).is_some()
}

/// Returns the name without folders and extension.
fn stem(name: &str) -> Option<&str> {
    let file = name.rsplit(['/', '\\']).next()?;
    file.strip_suffix(".csv").filter(|stem| !stem.starts_with('.'))
}

impl Entry {
    /// Reads a name such as `20151224_goog_minute_quote_american_call_7500000_20160115.csv` or, in an hourly or daily
    /// file, `goog_quote_american_call_7500000_20160115.csv`. Other than for an option the name ends before the style,
    /// or with the symbol.
    pub(super) fn of_name(name: &str, layout: LeanLayout) -> Result<Self> {
        let refuse = || value::unexpected("the entry's name", "one of its asset class and resolution", name);
        let parts: Vec<&str> = stem(name).ok_or_else(refuse)?.split('_').collect();
        let (date, symbol, rest) = match (layout.resolution, parts.as_slice()) {
            (LeanResolution::Minute, [date, symbol, "minute", rest @ ..]) => (Some(day(date)?), symbol, rest),
            (LeanResolution::Hour | LeanResolution::Daily, [symbol, rest @ ..]) => (None, symbol, rest),
            _ => return Err(refuse()),
        };
        let symbol = symbol.to_ascii_uppercase();
        let (kind, instrument) = match (layout.asset.is_option(), rest) {
            (true, [kind, style, right, strike, expiration]) => {
                let _: ExerciseStyle = style.parse()?;
                let root = OptionRoot::new(&symbol)?;
                let contract = OptionContract::new(root, day(expiration)?, right.parse()?, parse_strike(strike)?)?;
                (*kind, Instrument::Option(contract))
            }
            (false, [kind]) => (*kind, Instrument::Symbol(Symbol::new(&symbol)?)),
            (false, []) => ("trade", Instrument::Symbol(Symbol::new(&symbol)?)),
            _ => return Err(refuse()),
        };
        let kind = match kind {
            "trade" => Kind::Trade,
            "quote" => Kind::Quote,
            "openinterest" if layout.asset.has_sessions() => Kind::OpenInterest,
            "openinterest" => {
                return Err(Error::invalid_input("the open interest of options on futures is not supported"));
            }
            _ => return Err(refuse()),
        };
        Ok(Self { instrument, kind, date })
    }
}

fn day(text: &str) -> Result<NaiveDate> {
    value::date("a date in the entry's name", text, &["%Y%m%d"])
}

/// Reads a strike in ten-thousandths, which must be whole thousandths.
fn parse_strike(text: &str) -> Result<Strike> {
    let strike = text.parse().ok().filter(|strike: &u64| strike.is_multiple_of(10));
    let thousandths = strike.and_then(|strike| u32::try_from(strike / 10).ok());
    let strike = thousandths.and_then(|thousandths| Strike::from_thousandths(thousandths).ok());
    strike.ok_or_else(|| value::unexpected("the strike in the entry's name", "ten-thousandths up to 99999.999", text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LeanAsset;

    fn entry(name: &str, asset: LeanAsset, resolution: LeanResolution) -> Result<Entry> {
        Entry::of_name(name, LeanLayout::new(asset, resolution))
    }

    #[test]
    fn names_tell_contract_kind_and_day() {
        let day = NaiveDate::from_ymd_opt(2015, 12, 24);
        for (name, asset, resolution, instrument, kind, date) in [
            (
                "20151224_goog_minute_quote_american_call_7525000_20160115.csv",
                LeanAsset::Option,
                LeanResolution::Minute,
                "GOOG  160115C00752500",
                Kind::Quote,
                day,
            ),
            (
                "spxw_openinterest_european_put_32000000_20210115.csv",
                LeanAsset::IndexOption,
                LeanResolution::Hour,
                "SPXW  210115P03200000",
                Kind::OpenInterest,
                None,
            ),
            (
                "es_trade_american_put_29300000_20200320.csv",
                LeanAsset::FutureOption,
                LeanResolution::Daily,
                "ES    200320P02930000",
                Kind::Trade,
                None,
            ),
            ("20151224_goog_minute_quote.csv", LeanAsset::Equity, LeanResolution::Minute, "GOOG", Kind::Quote, day),
            ("aapl.csv", LeanAsset::Equity, LeanResolution::Daily, "AAPL", Kind::Trade, None),
        ] {
            let entry = entry(name, asset, resolution).expect(name);
            assert_eq!((entry.instrument.to_string().as_str(), entry.kind, entry.date), (instrument, kind, date));
        }
    }

    #[test]
    fn names_that_tell_too_little_are_refused() {
        for (name, asset, resolution) in [
            ("aapl.csv", LeanAsset::Option, LeanResolution::Daily),
            ("aapl.csv", LeanAsset::Equity, LeanResolution::Minute),
            ("20151224_goog_minute_quote_american_call_7525000_20160115.csv", LeanAsset::Option, LeanResolution::Hour),
            ("goog_quote_american_call_7525005_20160115.csv", LeanAsset::Option, LeanResolution::Hour),
            ("goog_quote_american_call_0_20160115.csv", LeanAsset::Option, LeanResolution::Hour),
            ("goog_quote_american_call_7525000_20160230.csv", LeanAsset::Option, LeanResolution::Hour),
            ("goog_quote_bermudan_call_7525000_20160115.csv", LeanAsset::Option, LeanResolution::Hour),
            ("toolongroot_quote_american_call_7525000_20160115.csv", LeanAsset::Option, LeanResolution::Hour),
            ("og_openinterest_american_call_16000000_20200225.csv", LeanAsset::FutureOption, LeanResolution::Hour),
            ("LICENSE", LeanAsset::Option, LeanResolution::Hour),
        ] {
            assert!(entry(name, asset, resolution).is_err(), "{name}");
        }
    }
}
