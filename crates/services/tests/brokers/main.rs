//! Small files of each broker and kind, read and imported into a journal, with the right result of each.

mod cases;
mod exports;
mod flex;
mod tastytrade;
mod windows;

use std::{io::Cursor, process::ExitCode};

use strikebook_core::{
    Decimal, Name, Timestamp,
    memory::MemoryStore,
    trading::journal::{Cycle, CycleFilter, JournalRepository},
};
use strikebook_services::journal::{ImportAccount, ImportReport, import_history};
use strikebook_vendors::broker::{BrokerHistory, read_from};

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

/// Reads a text, in the format that is detected.
fn read(text: &str) -> BrokerHistory {
    let history = read_from("file", Cursor::new(text.to_owned()), None).expect("a history");
    let report = &history.report;
    let left_out: u64 = report.left_out.values().sum();
    assert_eq!(report.read, report.accepted + report.rejected + left_out, "{report}");
    assert_eq!(report.rejected, 0, "{report}");
    history
}

async fn import(store: &MemoryStore, history: &BrokerHistory) -> ImportReport {
    import_history(store, history, &account(history)).await.expect("an import")
}

fn account(history: &BrokerHistory) -> ImportAccount {
    let recorded: Timestamp = "2026-11-30T12:00:00Z".parse().expect("an instant");
    ImportAccount::new(name("margin"), name("manual"), history, recorded).expect("a source")
}

/// The result of an account: the realized profit of all cycles, and the positions that are open.
#[derive(Clone, Debug, PartialEq)]
struct Book {
    realized: Decimal,
    open: Vec<(String, Decimal)>,
}

fn book(cycles: &[Cycle]) -> Book {
    let mut open: Vec<(String, Decimal)> = Vec::new();
    for lot in cycles.iter().flat_map(|cycle| &cycle.lots).filter(|lot| !lot.open.is_zero()) {
        let text = lot.instrument.to_string();
        match open.iter_mut().find(|(held, _)| *held == text) {
            Some((_, units)) => *units += lot.open,
            None => open.push((text, lot.open)),
        }
    }
    open.sort();
    let realized: Decimal = cycles.iter().map(|cycle| cycle.realized_pnl).sum();
    Book {
        realized: realized.normalize(),
        open: open.into_iter().map(|(held, units)| (held, units.normalize())).collect(),
    }
}

async fn cycles(store: &MemoryStore, account: &str) -> Vec<Cycle> {
    let filter = CycleFilter { account: Some(name(account)), ..CycleFilter::default() };
    store.list_cycles(&filter).await.expect("a list")
}

/// The book of files that are imported one after the other, each row of which is in an event or money alone.
async fn books(files: &[&str]) -> Book {
    let store = MemoryStore::new();
    for file in files {
        let report = import(&store, &read(file)).await;
        assert_eq!(report.unmapped, [], "{report}");
    }
    book(&cycles(&store, "margin").await)
}

fn expected(realized: &str, open: &[(&str, &str)]) -> Book {
    let open = open.iter().map(|(held, units)| ((*held).to_owned(), decimal(units))).collect();
    Book { realized: decimal(realized), open }
}

/// A Flex query of some elements, each with its section.
fn flex(elements: &str) -> String {
    format!(
        "<FlexQueryResponse queryName=\"q\" type=\"AF\"><FlexStatements count=\"1\">\
         <FlexStatement accountId=\"U7\" fromDate=\"20250101\" toDate=\"20251231\">{elements}</FlexStatement>\
         </FlexStatements></FlexQueryResponse>"
    )
}

/// A trade of a Flex query: number, time, category and symbol, quantity, price, and further attributes.
fn trade(
    number: u32,
    at: &str,
    (category, symbol): (&str, &str),
    (quantity, price): (&str, &str),
    more: &str,
) -> String {
    let multiplier = if category == "OPT" { 100 } else { 1 };
    let proceeds = -decimal(quantity) * decimal(price) * Decimal::from(multiplier);
    format!(
        "<Trade accountId=\"U7\" currency=\"USD\" assetCategory=\"{category}\" symbol=\"{symbol}\" \
         multiplier=\"{multiplier}\" transactionID=\"{number}\" tradeID=\"9{number}\" dateTime=\"{at}\" \
         quantity=\"{quantity}\" tradePrice=\"{price}\" \
         proceeds=\"{proceeds}\" ibCommission=\"-1\" levelOfDetail=\"EXECUTION\" {more}/>"
    )
}

const MMM: (&str, &str) = ("STK", "MMM");
const OPENS: &str = "openCloseIndicator=\"O\"";
const CLOSES: &str = "openCloseIndicator=\"C\"";

fn main() -> ExitCode {
    let tests = [cases::trials(), exports::trials(), flex::trials(), tastytrade::trials(), windows::trials()];
    strikebook_testkit::main(tests.concat())
}
