//! The cases of real software beside the folder of real files, with the right result of each.

use strikebook_core::memory::MemoryStore;
use strikebook_testkit::{
    async_trials,
    trial::{self, Trial},
};

use crate::{book, cycles, expected, import, read};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    async_trials![the_cases_come_out_right]
}

/// The right result of each of the cases: files, realized profit, open positions.
type Case = (&'static [&'static str], &'static str, &'static [(&'static str, &'static str)]);

const CASES: [Case; 16] = [
    (&["01_flex_dateTime.xml"], "0", &[("ALSN", "-100")]),
    (&["02_flex_reverse_split.xml"], "18", &[]),
    (&["06_flex_reversal_CO.xml"], "147", &[]),
    (&["08_flex_2024.xml", "08_flex_2025.xml"], "48", &[]),
    (&["08_flex_2025.xml", "08_flex_2024.xml"], "48", &[]),
    (&["09_flex_assigned_without_shares.xml"], "199", &[("XYZ", "100")]),
    (&["10_tasty_cash_settled.csv"], "-982.1", &[]),
    (&["ibkr_flex_dividend_ignored.xml"], "49", &[]),
    (&["ibkr_flex_trade_confirms_read_0.xml"], "0", &[("NVDA  261002C00232500", "1")]),
    (&["tastytrade_expiration_with_action.csv"], "13.86", &[]),
    (&["tastytrade_20_columns.csv", "tastytrade_21_columns.csv"], "198.71", &[]),
    (&["tastytrade_drip.csv"], "333.55", &[("CHWY", "300"), ("SVOL", "102.41503")]),
    (&["ibkr_flex.csv"], "0", &[("AA    260717C00047000", "-1")]),
    (&["schwab_opts.csv"], "99.34", &[]),
    (&["robinhood.csv"], "123.9", &[]),
    (&["fidelity.csv"], "0", &[("MU    250201P00100000", "-1")]),
];

/// Reads the cases beside the folder of real files.
async fn the_cases_come_out_right() {
    let folder = trial::data("../cases");
    let text = |file: &str| std::fs::read_to_string(folder.join(file)).expect(file);
    for (files, realized, open) in CASES {
        let store = MemoryStore::new();
        for file in files {
            import(&store, &read(&text(file))).await;
        }
        assert_eq!(book(&cycles(&store, "margin").await), expected(realized, open), "{files:?}");
    }
    let store = MemoryStore::new();
    import(&store, &read(&text("03_flex_two_accounts.xml"))).await;
    assert_eq!(book(&cycles(&store, "U1").await), expected("0", &[("AAPL", "10")]));
    assert_eq!(book(&cycles(&store, "U2").await), expected("100", &[]));
    let store = MemoryStore::new();
    import(&store, &read(&text("ibkr_flex_trade_cancel.xml"))).await;
    let held = book(&cycles(&store, "margin").await).open;
    assert_eq!(held, expected("0", &[("CZR   260821C00030000", "2"), ("CZR   260821P00030000", "2")]).open);
    let store = MemoryStore::new();
    let report = import(&store, &read(&text("ibkr_flex_settle_without_close.xml"))).await;
    assert!(report.unmapped[0].reason.contains("closePrice"), "{report}");
    assert_eq!(read(&text("tastytrade_legacy_layout.csv")).rows.len(), 7);
}
