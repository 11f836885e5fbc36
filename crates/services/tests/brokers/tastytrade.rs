//! The layouts of tastytrade's history.

use std::io::Cursor;

use strikebook_core::{Listing, memory::MemoryStore, trading::journal::TradeRepository};
use strikebook_services::journal::{deposits, import_history};
use strikebook_testkit::{async_trials, trial::Trial};
use strikebook_vendors::broker::read_from;

use crate::{account, book, books, cycles, decimal, expected, import, read};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    async_trials![
        a_trade_in_two_layouts_is_one,
        expirations_may_have_an_action,
        cash_settlements_come_in_one_row_or_two,
        reinvested_dividends_are_held,
        deposits_are_what_the_description_says,
        commissions_are_kept_apart_from_fees
    ]
}

/// The columns of today.
pub(crate) const TASTY: &str = include_str!("files/tastytrade_header.csv");

async fn a_trade_in_two_layouts_is_one() {
    let today = include_str!("files/tastytrade_21_columns.csv");
    let before = today.replace(",Total,", ",").replace(",-170.14,", ",").replace(",368.85,", ",");
    let offset = today.replace("T15:57:13+0200", "T13:57:13+0000");
    let columns_18 = today
        .replace(",Sub Type", "")
        .replace(",Buy to Close,", ",")
        .replace(",Sell to Open,", ",")
        .replace(",Total,Currency", "")
        .replace(",-170.14,USD", "")
        .replace(",368.85,USD", "");
    let legacy = include_str!("files/tastytrade_legacy.csv");
    let layouts = [today, &before, &offset, &columns_18, legacy];
    for first in layouts {
        let store = MemoryStore::new();
        import(&store, &read(first)).await;
        let alone = book(&cycles(&store, "margin").await);
        for second in layouts {
            let report = import(&store, &read(second)).await;
            assert_eq!((report.stored.inserted, report.rows.inserted), (0, 0), "{first}\n{second}\n{report}");
        }
        assert_eq!(book(&cycles(&store, "margin").await), alone);
    }
    assert_eq!(books(&[today, &before]).await, expected("198.71", &[]));
    // Two fills that are equal in everything are two.
    let sold = today.lines().nth(2).expect("a sale");
    let twice = format!("{TASTY}{sold}\n{sold}\n");
    assert_eq!(books(&[&twice, &twice]).await, expected("0", &[("MMM   210917C00099000", "-2")]));
}

async fn expirations_may_have_an_action() {
    let file = include_str!("files/tastytrade_expiration.csv");
    assert_eq!(books(&[file]).await, expected("13.86", &[]));
    // A sub type that nobody knows is never taken for another.
    let unknown = file.replace("Receive Deliver,Expiration,", "Receive Deliver,Transmogrification,");
    let history = read_from("f.csv", Cursor::new(unknown), None).expect("a history");
    assert!(history.rejected[0].reason.contains("Transmogrification"), "{}", history.rejected[0].reason);
}

async fn cash_settlements_come_in_one_row_or_two() {
    let settled = include_str!("files/tastytrade_settled.csv");
    let removed = include_str!("files/tastytrade_removed.csv");
    let sold = include_str!("files/tastytrade_sold.csv");
    let late = removed.replace("T16:00:00", "T17:30:00");
    for rows in
        [settled.to_owned(), format!("{removed}{settled}"), format!("{settled}{removed}"), format!("{late}{settled}")]
    {
        assert_eq!(books(&[&format!("{TASTY}{rows}{sold}")]).await, expected("-987.1", &[]), "{rows}");
    }
}

async fn reinvested_dividends_are_held() {
    let file = include_str!("files/tastytrade_reinvested.csv");
    assert_eq!(books(&[file]).await, expected("36.95", &[("MMM", "102.41503")]));
    assert_eq!(read(file).report.left_out.get("Future"), Some(&1));
}

async fn deposits_are_what_the_description_says() {
    let row = |at: &str, kind: &str, description: &str, value: &str| {
        format!("{at}T23:00:00+0200,Money Movement,{kind},,,,{description},{value},0,,--,0.00,,,,,,,,,USD\n")
    };
    // Sub types as a real history has them.
    let rows = [
        row("2020-03-16", "Withdrawal", "Wire Funds Received", "\"4,441.20\""),
        row("2020-04-16", "Deposit", "INTEREST ON CREDIT BALANCE", "0.09"),
        row("2020-05-16", "Withdrawal", "FROM 04/16 THRU 05/15 @ 8    %", "-9.81"),
        row("2023-06-15", "Withdrawal", "WIRE TRANSFER", "\"-6,000.00\""),
    ];
    let store = MemoryStore::new();
    let history = read(&format!("{TASTY}{}", rows.concat()));
    let account = account(&history);
    import_history(&store, &history, &account).await.expect("an import");
    let found = deposits(&store, &history, &account).await.expect("a list");
    let found: Vec<_> = found.iter().map(|one| (one.amount, one.description.as_str())).collect();
    assert_eq!(found, [(decimal("4441.20"), "Wire Funds Received"), (decimal("-6000"), "WIRE TRANSFER")]);
}

async fn commissions_are_kept_apart_from_fees() {
    let store = MemoryStore::new();
    import(&store, &read(include_str!("files/tastytrade_21_columns.csv"))).await;
    let trades = store.list_trades(&Listing::default()).await.expect("a list").items;
    let costs: Vec<_> = trades.iter().map(|trade| (trade.outcome.total_costs, trade.execution.commission)).collect();
    assert_eq!(costs, [(Some(decimal("1.29")), Some(decimal("1")))]);
    // The layout before had one sum of both.
    let store = MemoryStore::new();
    import(&store, &read(include_str!("files/tastytrade_legacy.csv"))).await;
    let trades = store.list_trades(&Listing::default()).await.expect("a list").items;
    assert!(trades.iter().all(|trade| trade.execution.commission.is_none()), "{trades:?}");
}
