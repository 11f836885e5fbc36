//! Flex queries of Interactive Brokers: every setting and section that is read.

use std::io::Cursor;

use strikebook_core::{Decimal, ErrorKind, memory::MemoryStore, trading::journal::WheelPhase};
use strikebook_testkit::{async_trials, trial::Trial, trials};
use strikebook_vendors::broker::{Currency, read_from};

use crate::{CLOSES, MMM, OPENS, book, books, cycles, decimal, expected, flex, import, read, trade};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        trials![instruments_and_sections_that_are_not_read_are_named],
        async_trials![
            times_are_read_in_the_settings_of_the_query,
            splits_change_what_is_held,
            corporate_actions_are_read,
            accounts_of_one_file_stay_apart,
            one_execution_closes_and_opens,
            assigned_contracts_deliver_shares_by_their_product,
            index_options_settle_in_cash,
            cancelled_trades_leave_their_costs,
            dividends_and_their_taxes_are_read,
            confirmations_and_orders_are_trades,
            amounts_of_two_currencies_are_never_added,
            transfers_bring_their_basis_or_say_that_it_is_missing,
            events_of_options_are_read_where_trades_lack_them
        ],
    ]
    .concat()
}

const PUT: (&str, &str) = ("OPT", "MMM   250321P00050000");

async fn times_are_read_in_the_settings_of_the_query() {
    for at in ["20250530;122935", "2025-05-30;12:29:35", "2025-05-30;12:29:35 EST", "05/30/2025;122935", "20250530"] {
        let file = flex(&format!("<Trades>{}</Trades>", trade(1, at, MMM, ("-100", "42.4725"), OPENS)));
        assert_eq!(books(&[&file]).await, expected("0", &[("MMM", "-100")]), "{at}");
    }
    let day_first =
        flex(&trade(1, "03/04/2025;100000", MMM, ("1", "2"), OPENS)).replace("\"20251231\"", "\"31/12/2025\"");
    assert_eq!(read(&day_first).rows[0].at.to_string(), "2025-04-03T14:00:00Z");
}

async fn splits_change_what_is_held() {
    let split = |text: &str, quantity: &str, ratio: &str| {
        format!(
            "<CorporateActions><CorporateAction accountId=\"U7\" currency=\"USD\" assetCategory=\"STK\" symbol=\"MMM\" \
             description=\"MMM(US1) {text} (MMM, M INC, US2)\" dateTime=\"20250617;202500\" type=\"{ratio}\" \
             quantity=\"{quantity}\" transactionID=\"5\"/></CorporateActions>"
        )
    };
    let bought = trade(1, "20250602;100000", MMM, ("100", "1"), OPENS);
    let sold = trade(2, "20250701;100000", MMM, ("-10", "12"), CLOSES);
    let file = flex(&format!("<Trades>{bought}{sold}</Trades>{}", split("SPLIT 1 FOR 10", "-90", "RS")));
    assert_eq!(books(&[&file]).await, expected("18", &[]), "a reverse split");
    let forward = flex(&format!("<Trades>{bought}</Trades>{}", split("SPLIT 3 FOR 2", "50", "FS")));
    assert_eq!(books(&[&forward]).await, expected("0", &[("MMM", "150")]), "a forward split");
}

async fn corporate_actions_are_read() {
    let action = |number: u32, symbol: &str, text: &str, quantity: &str, proceeds: &str| {
        format!(
            "<CorporateAction accountId=\"U7\" currency=\"USD\" assetCategory=\"STK\" symbol=\"{symbol}\" \
             actionID=\"77\" \
             description=\"{text}\" dateTime=\"20250617;202500\" quantity=\"{quantity}\" proceeds=\"{proceeds}\" \
             transactionID=\"{number}\"/>"
        )
    };
    let held = |actions: &str| {
        let bought = trade(1, "20250602;100000", MMM, ("100", "10"), OPENS);
        flex(&format!("<Trades>{bought}</Trades><CorporateActions>{actions}</CorporateActions>"))
    };
    let change = "MMM(US1) CUSIP/ISIN CHANGE TO (US2) (NNN, N INC, US2)";
    let renamed = [action(5, "MMM.OLD", change, "-100", "0"), action(6, "NNN", change, "100", "0")].concat();
    assert_eq!(books(&[&held(&renamed)]).await, expected("0", &[("NNN", "100")]), "a change of symbol");
    let two_rows = "MMM(US1) SPLIT 1 FOR 4 (MMM, M INC, US2)";
    let split = [action(5, "MMM.OLD", two_rows, "-100", "0"), action(6, "MMM", two_rows, "25", "0")].concat();
    assert_eq!(books(&[&held(&split)]).await, expected("0", &[("MMM", "25")]), "a split in two rows");
    let merger = "MMM(US1) MERGED(Acquisition) WITH US3 1 FOR 2 (PPP, P INC, US3)";
    let exchange = [action(5, "MMM", merger, "-100", "0"), action(6, "PPP", merger, "50", "0")].concat();
    assert_eq!(books(&[&held(&exchange)]).await, expected("0", &[("PPP", "50")]), "a merger for shares");
    let cash =
        action(5, "MMM", "MMM(US1) MERGED(Acquisition)  FOR USD 30.60 PER SHARE (MMM, M INC, US1)", "-100", "3060");
    assert_eq!(books(&[&held(&cash)]).await, expected("2059", &[]), "a merger for cash");
    let worthless = action(5, "MMM", "(US1) DELISTED (MMM, M INC, US1)", "-100", "0");
    assert_eq!(books(&[&held(&worthless)]).await, expected("-1001", &[]), "a company that is worth nothing");
    let spin_off = action(5, "SSS", "MMM(US1) SPINOFF  1 FOR 4 (SSS, S INC, US4)", "25", "0");
    assert_eq!(books(&[&held(&spin_off)]).await, expected("0", &[("MMM", "100"), ("SSS", "25")]), "a spin-off");
}

async fn accounts_of_one_file_stay_apart() {
    let of = |account: &str, trades: &str| {
        format!("<FlexStatement accountId=\"{account}\"><Trades>{trades}</Trades></FlexStatement>")
            .replace("\"U7\"", &format!("\"{account}\""))
    };
    let first = trade(1, "20250303;100000", MMM, ("10", "100"), OPENS);
    let second = [
        trade(2, "20250303;103000", MMM, ("10", "50"), OPENS),
        trade(3, "20250303;110000", MMM, ("-10", "60"), CLOSES),
    ];
    // The statements overlap: a row stands in two of them.
    let statements = [of("U7", &first), of("U8", &second.concat()), of("U8", &second[0])].concat();
    let file = format!("<FlexQueryResponse><FlexStatements>{statements}</FlexStatements></FlexQueryResponse>");
    let (store, history) = (MemoryStore::new(), read(&file));
    assert_eq!(history.report.left_out.get("repeated row"), Some(&1), "{}", history.report);
    import(&store, &history).await;
    assert_eq!(book(&cycles(&store, "U7").await), expected("0", &[("MMM", "10")]));
    assert_eq!(book(&cycles(&store, "U8").await), expected("98", &[]));
}

async fn one_execution_closes_and_opens() {
    for indicator in ["openCloseIndicator=\"C;O\"", "openCloseIndicator=\"-\"", ""] {
        let trades = [
            trade(1, "20250303;100000", MMM, ("5", "100"), OPENS),
            trade(2, "20250303;110000", MMM, ("-10", "110"), indicator),
            trade(3, "20250303;120000", MMM, ("5", "90"), CLOSES),
        ];
        let file = flex(&format!("<Trades>{}</Trades>", trades.concat()));
        assert_eq!(books(&[&file]).await, expected("147", &[]), "{indicator}");
    }
}

async fn assigned_contracts_deliver_shares_by_their_product() {
    let option = "underlyingSymbol=\"MMM\"";
    let sold = trade(1, "20250303;100000", PUT, ("-2", "2"), &format!("{OPENS} {option}"));
    let assigned =
        trade(2, "20250321;162000", PUT, ("2", "0"), &format!("notes=\"A\" closePrice=\"4\" {CLOSES} {option}"));
    let assigned = assigned.replace("ibCommission=\"-1\"", "ibCommission=\"0\"");
    let shares = |number, at, quantity| trade(number, at, MMM, (quantity, "50"), &format!("notes=\"A\" {OPENS}"));
    for (case, delivered) in [
        ("at another second", shares(3, "20250321;162100", "200")),
        ("in two rows", [shares(3, "20250321;162000", "100"), shares(4, "20250324;092000", "100")].concat()),
        ("not at all", String::new()),
    ] {
        let store = MemoryStore::new();
        import(&store, &read(&flex(&format!("<Trades>{sold}{assigned}{delivered}</Trades>")))).await;
        let cycles = cycles(&store, "margin").await;
        let [cycle] = &cycles[..] else { panic!("{case}: one cycle") };
        assert_eq!((cycle.phase, cycle.shares), (WheelPhase::Shares, decimal("200")), "{case}");
        let lot = cycle.lots.iter().find(|lot| lot.instrument.to_string() == "MMM").expect("shares");
        assert_eq!((lot.price, cycle.premium), (decimal("50"), decimal("400")), "{case}");
    }
    // The shares come in the next window: they are those that the assignment delivered.
    let store = MemoryStore::new();
    import(&store, &read(&flex(&format!("{sold}{assigned}")))).await;
    let late = import(&store, &read(&flex(&shares(3, "20250324;092000", "200")))).await;
    assert_eq!(late.unmapped, [], "{late}");
    let [cycle] = &cycles(&store, "margin").await[..] else { panic!("one cycle") };
    assert_eq!(
        (cycle.shares, cycle.fees),
        (decimal("200"), decimal("2")),
        "the shares once, with the costs of both rows"
    );
}

async fn index_options_settle_in_cash() {
    let option: (&str, &str) = ("OPT", "SPXW  240119P04800000");
    let sold = trade(1, "20240102;100000", option, ("-1", "6"), &format!("{OPENS} underlyingSymbol=\"SPX\""));
    let assigned = |more: &str| {
        trade(
            2,
            "20240119;162000",
            option,
            ("1", "0"),
            &format!("{CLOSES} notes=\"A\" underlyingSymbol=\"SPX\" {more}"),
        )
        .replace("ibCommission=\"-1\"", "ibCommission=\"0\"")
    };
    let file = flex(&format!("{sold}{}", assigned("closePrice=\"4.5\"")));
    assert_eq!(books(&[&file]).await, expected("149", &[]));
    // Without the settlement price the reason names the attribute to add to the query.
    let store = MemoryStore::new();
    let report = import(&store, &read(&flex(&format!("{sold}{}", assigned(""))))).await;
    let [unmapped] = &report.unmapped[..] else { panic!("{report}") };
    assert!(unmapped.reason.contains("closePrice"), "{}", unmapped.reason);
}

async fn cancelled_trades_leave_their_costs() {
    let order = "ibOrderID=\"31\" openCloseIndicator=\"O\"";
    let option = ("OPT", "MMM   260821C00030000");
    let cancelled = "transactionType=\"TradeCancel\" notes=\"Ca\" buySell=\"BUY (Ca.)\" ibOrderID=\"31\"";
    let rows = [
        trade(1, "20260717;120440", option, ("2", "0.73"), order),
        trade(2, "20260717;120440", option, ("-2", "0.73"), cancelled)
            .replace("ibCommission=\"-1\"", "ibCommission=\"0\""),
        trade(3, "20260717;120440", option, ("1", "0.73"), order),
        trade(4, "20260717;120619", option, ("1", "0.73"), order),
    ];
    let file = flex(&format!("<Trades>{}</Trades>", rows.concat()));
    let store = MemoryStore::new();
    let report = import(&store, &read(&file)).await;
    assert_eq!((report.unmapped.len(), report.stored.inserted), (0, 3), "{report}");
    let [cycle] = &cycles(&store, "margin").await[..] else { panic!("one cycle") };
    assert_eq!((cycle.fees, cycle.cash_flow), (decimal("3"), decimal("-149")), "the costs of what was cancelled too");
    let open: Decimal = cycle.lots.iter().map(|lot| lot.open).sum();
    assert_eq!(open, decimal("2"));
    // A cancellation that comes in a later file takes the trade back.
    let (trade, cancel) = (flex(&rows[0]), flex(&rows[1]));
    assert_eq!(books(&[&trade, &cancel]).await, expected("-1", &[]));
}

async fn dividends_and_their_taxes_are_read() {
    let trades = [
        trade(1, "20260116;135242", MMM, ("100", "70"), OPENS),
        trade(2, "20260716;135242", MMM, ("-100", "70"), CLOSES),
    ];
    let cash = |number: u32, kind: &str, amount: &str, of: &str| {
        format!(
            "<CashTransaction accountId=\"U7\" currency=\"USD\" {of} description=\"text\" dateTime=\"20260401;202000\" \
             amount=\"{amount}\" type=\"{kind}\" transactionID=\"{number}\" levelOfDetail=\"DETAIL\"/>"
        )
    };
    let stock = "assetCategory=\"STK\" symbol=\"MMM\"";
    let money = [
        cash(3, "Dividends", "51", stock),
        cash(4, "Withholding Tax", "-7.65", stock),
        cash(5, "Broker Interest Paid", "-3", ""),
        cash(6, "Deposits/Withdrawals", "1000", ""),
        cash(7, "Dividends", "51", stock).replace("DETAIL", "SUMMARY"),
    ];
    let file =
        flex(&format!("<Trades>{}</Trades><CashTransactions>{}</CashTransactions>", trades.concat(), money.concat()));
    let store = MemoryStore::new();
    let report = import(&store, &read(&file)).await;
    assert_eq!((report.cash, report.read.left_out.values().sum::<u64>()), (2, 1), "{report}");
    assert_eq!(book(&cycles(&store, "margin").await), expected("41.35", &[]));
    // A dividend that comes before the position is known is in the cycle as soon as it is.
    let (dividend, position) = (flex(&money[0]), flex(&trades.concat()));
    assert_eq!(books(&[&dividend, &position]).await, expected("49", &[]));
}

async fn confirmations_and_orders_are_trades() {
    let confirmation = "<TradeConfirms><TradeConfirm accountId=\"U7\" currency=\"USD\" assetCategory=\"OPT\" \
        symbol=\"NVDA  261002C00232500\" underlyingSymbol=\"NVDA\" multiplier=\"100\" tradeID=\"91\" orderID=\"2\" \
        tradeDate=\"20260928\" dateTime=\"20260928;101500\" buySell=\"BUY\" quantity=\"1\" price=\"1.20\" \
        proceeds=\"-120\" commission=\"-0.70\" code=\"O\" levelOfDetail=\"EXECUTION\"/></TradeConfirms>";
    let store = MemoryStore::new();
    import(&store, &read(&flex(confirmation))).await;
    // The same trade as the activity of the next day.
    let activity = trade(1, "20260928;101500", ("OPT", "NVDA  261002C00232500"), ("1", "1.20"), OPENS);
    let again = import(&store, &read(&flex(&activity))).await;
    assert_eq!((again.stored.inserted, again.rows.inserted), (0, 0), "{again}");
    assert_eq!(book(&cycles(&store, "margin").await), expected("0", &[("NVDA  261002C00232500", "1")]));
    // Orders are read where the query has no executions, and left out beside them.
    let execution = trade(1, "20250303;100000", MMM, ("10", "100"), &format!("ibOrderID=\"4\" {OPENS}"));
    let order =
        execution.replace("<Trade ", "<Order ").replace("EXECUTION", "ORDER").replace("tradeID=\"91\"", "tradeID=\"\"");
    assert_eq!(books(&[&flex(&order)]).await, expected("0", &[("MMM", "10")]));
    let both = read(&flex(&format!("<Trades>{order}{execution}</Trades>")));
    assert_eq!((both.rows.len(), both.report.left_out.get("Order beside its executions")), (1, Some(&1)));
}

fn instruments_and_sections_that_are_not_read_are_named() {
    let future = trade(1, "20250303;100000", ("FUT", "ESH5"), ("1", "5000"), OPENS);
    let forex = trade(2, "20250303;100000", ("CASH", "EUR.USD"), ("1", "1.1"), OPENS);
    let stock = trade(3, "20250303;100000", ("STK", "BRK B"), ("1", "500"), OPENS);
    let position = "<OpenPositions><OpenPosition symbol=\"A\"/></OpenPositions>";
    let history = read(&flex(&format!("<Trades>{future}{forex}{stock}</Trades>{position}")));
    let left_out: Vec<_> = history.report.left_out.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(left_out, [("OpenPosition", 1), ("Trade of CASH", 1), ("Trade of FUT", 1)]);
    assert_eq!(history.report.ignored.iter().map(|name| &**name).collect::<Vec<_>>(), ["file/OpenPositions"]);
    assert_eq!(history.rows[0].symbol.map(|symbol| symbol.to_string()).as_deref(), Some("BRK.B"));
    let digits = trade(3, "20250303;100000", ("STK", "700"), ("1", "500"), "listingExchange=\"SEHK\"");
    assert_eq!(read(&flex(&digits)).rows[0].symbol.map(|symbol| symbol.to_string()).as_deref(), Some("700.SEHK"));
    let error = read_from("f.xml", Cursor::new(flex(&future)), None).expect_err("nothing is read");
    assert_eq!((error.kind(), error.context("sections")), (ErrorKind::Unsupported, Some("Trade of FUT")));
}

async fn amounts_of_two_currencies_are_never_added() {
    let dollars = [
        trade(1, "20250303;100000", MMM, ("1", "100"), OPENS),
        trade(2, "20250304;100000", MMM, ("-1", "110"), CLOSES),
    ];
    let euros = [
        trade(3, "20250303;100000", ("STK", "SAP"), ("1", "200"), OPENS),
        trade(4, "20250304;100000", ("STK", "SAP"), ("-1", "250"), CLOSES),
    ];
    let euros = euros.concat().replace("\"USD\"", "\"EUR\"");
    let file = flex(&format!("<Trades>{}{euros}</Trades>", dollars.concat()));
    let store = MemoryStore::new();
    import(&store, &read(&file)).await;
    assert_eq!(book(&cycles(&store, "margin").await), expected("8", &[]));
    assert_eq!(book(&cycles(&store, "margin EUR").await), expected("48", &[]));
    // A commission in the base currency is converted at the rate that the row states, or else the row is rejected.
    let stated = format!("{OPENS} ibCommissionCurrency=\"EUR\" fxRateToBase=\"0.8\"");
    let row = read(&flex(&trade(1, "20250303;100000", MMM, ("1", "100"), &stated))).rows.remove(0);
    assert_eq!((row.costs, row.currency), (decimal("1.25"), Currency::USD));
    let unstated = trade(1, "20250303;100000", MMM, ("1", "100"), "ibCommissionCurrency=\"EUR\" fxRateToBase=\"1\"");
    let error = read_from("f.xml", Cursor::new(flex(&unstated)), None).expect_err("no rate");
    assert!(error.context("first").is_some_and(|reason| reason.contains("ibCommissionCurrency")), "{error}");
}

async fn transfers_bring_their_basis_or_say_that_it_is_missing() {
    let transfer = |direction: &str, quantity: &str, price: &str, number: u32| {
        format!(
            "<Transfer accountId=\"U7\" currency=\"USD\" assetCategory=\"STK\" symbol=\"MMM\" date=\"20250{number}01\" \
             direction=\"{direction}\" quantity=\"{quantity}\" transferPrice=\"{price}\" transactionID=\"{number}\"/>"
        )
    };
    let sold = trade(9, "20250501;100000", MMM, ("-40", "15"), CLOSES);
    let file = flex(&format!(
        "<Transfers>{}{}</Transfers><Trades>{sold}</Trades>",
        transfer("IN", "100", "10", 2),
        transfer("OUT", "-60", "0", 6)
    ));
    assert_eq!(books(&[&file]).await, expected("199", &[]), "what leaves makes no profit");
    let store = MemoryStore::new();
    let report = import(&store, &read(&flex(&transfer("IN", "100", "0", 2)))).await;
    assert!(report.unmapped[0].reason.contains("cost basis"), "{report}");
}

async fn events_of_options_are_read_where_trades_lack_them() {
    let sold = trade(1, "20250303;100000", PUT, ("-1", "2"), &format!("{OPENS} underlyingSymbol=\"MMM\""));
    let expired =
        trade(2, "20250321;162000", PUT, ("1", "0"), "notes=\"Ep\" openCloseIndicator=\"C\" underlyingSymbol=\"MMM\"")
            .replace("ibCommission=\"-1\"", "");
    let event = "<OptionEAE><OptionEAE accountId=\"U7\" currency=\"USD\" assetCategory=\"OPT\" \
        symbol=\"MMM   250321P00050000\" underlyingSymbol=\"MMM\" multiplier=\"100\" date=\"2025-03-21\" \
        transactionType=\"Expiration\" quantity=\"1\" tradePrice=\"0.0000\" markPrice=\"0.0000\" \
        proceeds=\"0.00\" commisionsAndTax=\"0.00\" tradeID=\"\"/></OptionEAE>";
    assert_eq!(books(&[&flex(&format!("<Trades>{sold}</Trades>{event}"))]).await, expected("199", &[]));
    let both = read(&flex(&format!("<Trades>{sold}{expired}</Trades>{event}")));
    assert_eq!(both.report.left_out.get("OptionEAE beside its trade"), Some(&1), "{}", both.report);
}
