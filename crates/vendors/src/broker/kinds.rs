//! The kinds of brokers' files that are read, in part or not.

use crate::{FileKind, Reading};

const HISTORY: &str = "trades, expirations, assignments, deliveries, corporate actions, transfers, money";

const fn kind(name: &'static str, files: &'static str, reading: Reading, known_from: &'static str) -> FileKind {
    FileKind { name, files, records: HISTORY, reading, known_from }
}

/// All kinds of brokers' files that are known, those that are read first. The names are those of
/// [`BrokerFormat`](super::BrokerFormat).
pub const BROKER_FILES: &[FileKind] = &[
    kind(
        "tastytrade",
        "tastytrade's transaction history as CSV: 21, 20 and 18 columns, and the legacy layout of 15",
        Reading::Part(
            "futures, options on them and crypto currencies are left out by kind; times of the legacy layout \
            are taken as New \
             York's",
        ),
        "a public export of 2018 to 2024; <https://github.com/laroche/tastyworks-pnl>; \
         <https://github.com/gotasty/tastypl>",
    ),
    kind(
        "ibkr_flex",
        "Flex queries of Interactive Brokers, activity and trade confirmations, as XML or CSV",
        Reading::Part(
            "Trades, TradeConfirms, Orders, CashTransactions, CorporateActions, OptionEAE and Transfers of \
            stocks and options; \
             other sections and instruments are left out by kind; a query without the attribute currency is \
             taken as dollars",
        ),
        "<https://www.ibkrguides.com/orgportal/performanceandstatements/activityflex.htm>; \
         <https://github.com/csingley/ibflex>",
    ),
    kind(
        "ibkr_activity",
        "Activity statements of Interactive Brokers as CSV, in English",
        Reading::Part(
            "Trades by order, dividends, taxes, interest, fees, deposits, Corporate Actions and Transfers of \
            stocks and options; \
             other sections are left out by kind; rows have no identity in common with those of Flex queries, \
             so read one of the \
             two for a period",
        ),
        "public statements; <https://github.com/oittaa/ibkr-report-parser>",
    ),
    kind(
        "schwab",
        "Charles Schwab's transaction history as CSV",
        Reading::Part(
            "rows have a date alone; shares of assigned contracts are those bought or sold at the strike within \
            four days; a spin-off \
             costs nothing",
        ),
        "<https://github.com/coffee-cpu/capital-gains-uk-101>; \
         <https://github.com/vroonhof/opensteuerauszug>",
    ),
    kind(
        "fidelity",
        "Fidelity's account history as CSV, of one account or several",
        Reading::Part("rows have a date alone; the money market fund of the account's cash is left out"),
        "<https://github.com/dgunay/fidelity_options_perf>; public samples of its words for a row",
    ),
    kind(
        "robinhood",
        "Robinhood's activity report as CSV, whose descriptions have several lines",
        Reading::Part("rows have a date alone; costs are the difference between price and amount"),
        "<https://github.com/acarlson98/rhParser>; public samples",
    ),
    kind(
        "thinkorswim",
        "thinkorswim's account statement as CSV: Account Trade History and Cash Balance",
        Reading::Part(
            "stocks and options on them; the shares of assigned contracts are implied; the time zone is taken \
            as New York's, \
             and the costs of a second's trades as those of the first of them",
        ),
        "<https://github.com/edgebips/johnny>; \
         <https://github.com/jabontz09/thinkorswim-statement-converter>",
    ),
    kind("layout", "Any other CSV, by a BrokerLayout of its columns and words", Reading::Whole, "the caller"),
    kind(
        "webull",
        "Webull's order history as CSV",
        Reading::Refused("it has neither expirations nor assignments nor costs: read the trades by the layout below"),
        "public samples",
    ),
    kind(
        "etrade",
        "E*TRADE, Tradier, Merrill, Vanguard and other exports",
        Reading::Refused("no public description or sample of options was found: read the CSV by a layout"),
        "none",
    ),
    kind(
        "documents",
        "Statements as PDF, JSON, OFX, QFX and Excel workbooks",
        Reading::Refused("export the history as CSV, or of Interactive Brokers as a Flex query"),
        "none",
    ),
];
