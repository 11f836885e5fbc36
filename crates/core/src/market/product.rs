//! Products: the terms that all contracts of a root share, in a table by root.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::{OptionRoot, Symbol};
use crate::{Error, Result};

/// Implements the stored text of an enum: `as_str`, `Display` and `FromStr`.
macro_rules! stored_text {
    ($type:ident, $what:literal, $($variant:ident => $text:literal),+) => {
        impl $type {
            /// Every value, in the order of the table of texts.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the stored text.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = Error;

            /// Parses the stored text.
            fn from_str(text: &str) -> Result<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    let all: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    Error::invalid_input(format!("{} must be {}", $what, all.join(" or ")))
                        .with("text", format_args!("{text:?}"))
                })
            }
        }
    };
}

/// The exercise style of an option: the time in which the holder may exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExerciseStyle {
    /// At any time up to expiration.
    American,
    /// At the expiration only.
    European,
}

stored_text!(ExerciseStyle, "an exercise style", American => "american", European => "european");

/// The prices of the settlement day that strike the payoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettlementTime {
    /// The opening prices, at 9:30.
    Am,
    /// The closing prices, at 16:00 or at the close of a half day.
    Pm,
}

stored_text!(SettlementTime, "a settlement", Am => "am", Pm => "pm");

/// The object that exercise delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The intrinsic value in cash.
    Cash,
    /// Shares of the underlying against the strike price.
    Shares,
}

stored_text!(Delivery, "a delivery", Cash => "cash", Shares => "shares");

/// The regular trading hours of a product, in New York.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradingHours {
    /// From 9:30 to the close of the stock exchanges: 16:00, on half days 13:00.
    Regular,
    /// From 9:30 to a quarter of an hour after that close: 16:15, on half days 13:15.
    Late,
}

stored_text!(TradingHours, "trading hours", Regular => "regular", Late => "late");

/// The rule for the end of trading in an expiring contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastTrading {
    /// The end of the trading hours of the session before the settlement day.
    DayBefore,
    /// The close of the stock exchanges on the settlement day, also where other contracts of the product trade on.
    AtClose,
    /// The end of the trading hours of the settlement day.
    FullDay,
}

stored_text!(LastTrading, "a last trading rule",
    DayBefore => "day_before", AtClose => "at_close", FullDay => "full_day");

/// The terms that all contracts of a product share.
///
/// [`OptionRoot::product`] returns those of the product table; [`ContractDetails`](super::ContractDetails) in a store
/// override them. The [guide](crate::contract_lives) shows how terms and date make a contract's
/// [life](super::ContractLife).
///
/// ```
/// use strikebook_core::market::{Delivery, ExerciseStyle, LastTrading, OptionRoot, SettlementTime};
///
/// let vix = OptionRoot::new("VIX")?.product();
/// assert_eq!((vix.settlement, vix.delivery), (SettlementTime::Am, Delivery::Cash));
/// assert_eq!((vix.exercise_style, vix.last_trading), (ExerciseStyle::European, LastTrading::DayBefore));
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Product {
    /// The number of shares per contract (for an index the dollars per point): 100 for standard contracts, at least
    /// 1.
    pub multiplier: u32,
    /// The exercise style of the options.
    pub exercise_style: ExerciseStyle,
    /// The prices that strike the payoff.
    pub settlement: SettlementTime,
    /// The object that exercise delivers.
    pub delivery: Delivery,
    /// The rule for the end of trading in an expiring contract.
    pub last_trading: LastTrading,
    /// The regular trading hours.
    pub hours: TradingHours,
}

impl Product {
    /// The revision of the product table and of the trading calendar, which increases whenever a contract's terms or
    /// life change. A store that was written under another revision recomputes the contracts whose terms follow the
    /// table, and the lives of all, when it is next [migrated](crate::maintenance::Maintenance::migrate).
    pub const TABLE_REVISION: u32 = 1;

    /// Options on shares of stocks and funds.
    const SHARES: Self = Self {
        multiplier: 100,
        exercise_style: ExerciseStyle::American,
        settlement: SettlementTime::Pm,
        delivery: Delivery::Shares,
        last_trading: LastTrading::FullDay,
        hours: TradingHours::Regular,
    };

    /// Options on shares of funds that trade to 16:15.
    const LATE_SHARES: Self = Self { hours: TradingHours::Late, ..Self::SHARES };

    /// Index options that settle at the opening.
    const AM_INDEX: Self = Self {
        multiplier: 100,
        exercise_style: ExerciseStyle::European,
        settlement: SettlementTime::Am,
        delivery: Delivery::Cash,
        last_trading: LastTrading::DayBefore,
        hours: TradingHours::Late,
    };

    /// Options on indices of industries, which settle at the opening and trade as stocks do.
    const AM_SECTOR: Self = Self { hours: TradingHours::Regular, ..Self::AM_INDEX };

    /// Index options that settle at the close, where trading in expiring ones ends.
    const PM_INDEX: Self =
        Self { settlement: SettlementTime::Pm, last_trading: LastTrading::AtClose, ..Self::AM_INDEX };

    /// Options on the S&P 100 that may be exercised early.
    const OEX: Self = Self { exercise_style: ExerciseStyle::American, ..Self::PM_INDEX };

    /// Options on indices of MSCI, which settle at the close and trade last on the day before.
    const MSCI: Self = Self { last_trading: LastTrading::DayBefore, ..Self::PM_INDEX };

    /// Options of one dollar a point.
    const NANO: Self = Self { multiplier: 1, ..Self::PM_INDEX };

    /// Returns the roots of the product table, in alphabetical order. Every other root is that of shares, or is one of
    /// these with a digit before or behind it.
    pub fn listed_roots() -> impl Iterator<Item = &'static str> {
        BY_ROOT.keys().copied()
    }

    /// Checks the multiplier, from 1 to 2,147,483,647, and that no contract trades after it has settled: a product
    /// that settles at the opening trades last on the day before.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) that names the `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        if self.multiplier < 1 || i32::try_from(self.multiplier).is_err() {
            return Err(Error::invalid_input("multiplier must be between 1 and 2147483647")
                .with("field", "multiplier")
                .with("value", self.multiplier));
        }
        if self.settlement == SettlementTime::Am && self.last_trading != LastTrading::DayBefore {
            return Err(Error::invalid_input("last_trading must be day_before for a settlement at the opening")
                .with("field", "last_trading")
                .with("value", self.last_trading));
        }
        Ok(())
    }
}

/// A row of the product table.
struct Entry {
    /// The roots, separated by blanks.
    roots: &'static str,
    /// The underlying; `None` where it has the root's name.
    underlying: Option<&'static str>,
    product: Product,
}

const fn own(roots: &'static str, product: Product) -> Entry {
    Entry { roots, underlying: None, product }
}

const fn of(underlying: &'static str, roots: &'static str, product: Product) -> Entry {
    Entry { roots, underlying: Some(underlying), product }
}

/// The products by root, as their exchanges specify them today. A root that is not here is that of shares.
///
/// Sources: Cboe Global Markets, "Contract specifications" of SPX and SPXW, XSP, NANOS, OEX and XEO, DJX, RUT, RUTW,
/// MRUT, RUI, RLG, RLV, VIX, RVX and other volatility indices, MXEA and MXEF (their trading ends at 16:15 on the day
/// before a settlement at the close), the Select Sector indices, CBTX and MBTX, SPEQX and SPEQW; Nasdaq, "Index
/// options" (NDX, NDXP, NQX, XND, VOLQ); Cboe's regulatory circular RG17-002 on SPXPM.
const TABLE: &[Entry] = &[
    own("SPX NDX RUT DJX RUI RLG RLV MNX VOLQ CBTX MBTX SPEQX", Product::AM_INDEX),
    own("VIX RVX VXN OVX GVZ VXST VXEEM VXEWZ VXD", Product::AM_INDEX),
    of("VIX", "VIXW", Product::AM_INDEX),
    of("VXST", "VSTW", Product::AM_INDEX),
    own("SIXB SIXC SIXE SIXI SIXM SIXR SIXRE SIXT SIXU SIXV SIXY", Product::AM_SECTOR),
    own("XSP XEO MRUT XND NQX MXUSA", Product::PM_INDEX),
    of("SPX", "SPXW SPXQ SPXPM", Product::PM_INDEX),
    of("NDX", "NDXP", Product::PM_INDEX),
    of("RUT", "RUTW RUTQ", Product::PM_INDEX),
    of("MRUT", "MRUTW", Product::PM_INDEX),
    of("XEO", "XEOW", Product::PM_INDEX),
    of("CBTX", "CBTXW", Product::PM_INDEX),
    of("MBTX", "MBTXW", Product::PM_INDEX),
    of("SPEQX", "SPEQW", Product::PM_INDEX),
    own("OEX", Product::OEX),
    of("OEX", "OEXW", Product::OEX),
    own("MXEA MXEF MXACW MXWLD", Product::MSCI),
    own("NANOS", Product::NANO),
    // The exchanges' lists of funds and notes whose options trade to 16:15 (Cboe, "Options that trade until 3:15 p.m.
    // Central"; NYSE Arca Options, "Trading hours").
    own("AMJ DBA DBB DBC DBO DIA EEM EFA GAZ GLD IWM IWN IWO IWV JJC KBE KRE MDY MOO OEF OIL", Product::LATE_SHARES),
    own("QQQ SLX SPY SVIX SVXY UNG UUP UVIX UVXY VIXM VIXY VXX VXZ XHB", Product::LATE_SHARES),
    own("XLB XLC XLE XLF XLI XLK XLP XLRE XLU XLV XLY XME XRT", Product::LATE_SHARES),
    // Classes of shares: a root leaves the point out.
    of("BRK.B", "BRKB", Product::SHARES),
    of("BF.A", "BFA", Product::SHARES),
    of("BF.B", "BFB", Product::SHARES),
    of("GEF.B", "GEFB", Product::SHARES),
    of("HEI.A", "HEIA", Product::SHARES),
    of("HUB.A", "HUBA", Product::SHARES),
    of("HUB.B", "HUBB", Product::SHARES),
    of("JW.A", "JWA", Product::SHARES),
    of("LEN.B", "LENB", Product::SHARES),
    of("LGF.A", "LGFA", Product::SHARES),
    of("LGF.B", "LGFB", Product::SHARES),
    of("MOG.A", "MOGA", Product::SHARES),
    of("PBR.A", "PBRA", Product::SHARES),
    of("RDS.A", "RDSA", Product::SHARES),
    of("RDS.B", "RDSB", Product::SHARES),
    of("UHAL.B", "UHALB", Product::SHARES),
];

/// The rows of the table by root.
static BY_ROOT: LazyLock<BTreeMap<&'static str, &'static Entry>> =
    LazyLock::new(|| TABLE.iter().flat_map(|entry| entry.roots.split(' ').map(move |root| (root, entry))).collect());

impl OptionRoot {
    /// Returns the underlying that the product table names, otherwise the one that the root implies: `SPX` for `SPXW`,
    /// `BRK.B` for `BRKB`, `AAPL` for the adjusted `AAPL1`, `SPX` for the FLEX root `2SPX`.
    /// [`ContractDetails`](super::ContractDetails) override it.
    ///
    /// # Errors
    /// None for a root that [`new`](Self::new) accepts; the type is that of [`Symbol::new`].
    pub fn underlying(&self) -> Result<Symbol> {
        let (_, class) = self.class();
        Symbol::new(BY_ROOT.get(class).and_then(|entry| entry.underlying).unwrap_or(class))
    }

    /// Returns the terms of the product table: of a root that is not listed, those of options on shares.
    /// [`ContractDetails`](super::ContractDetails) override them.
    ///
    /// The digit in front of a FLEX root names style and settlement (OCC, FLEX symbology): 1 American and AM, 2
    /// European and AM, 3 American and PM, 4 European and PM. Options on shares settle at the close under any digit.
    pub fn product(&self) -> Product {
        let (flex, class) = self.class();
        let product = BY_ROOT.get(class).map_or(Product::SHARES, |entry| entry.product);
        let Some(flex) = flex else { return product };
        let exercise_style = if matches!(flex, '1' | '3') { ExerciseStyle::American } else { ExerciseStyle::European };
        let (settlement, last_trading) = match (product.delivery, flex) {
            (Delivery::Shares, _) => (SettlementTime::Pm, product.last_trading),
            (Delivery::Cash, '1' | '2') => (SettlementTime::Am, LastTrading::DayBefore),
            (Delivery::Cash, _) => (SettlementTime::Pm, LastTrading::AtClose),
        };
        Product { exercise_style, settlement, last_trading, ..product }
    }

    /// Returns the digit of a FLEX root, and the root without it and without the digits of an adjustment.
    fn class(&self) -> (Option<char>, &str) {
        let root = self.as_str();
        let flex = root.chars().next().filter(|first| ('1'..='4').contains(first));
        let class = if flex.is_some() { root.split_at(1).1 } else { root };
        (flex, class.trim_end_matches(|c: char| c.is_ascii_digit()))
    }
}
