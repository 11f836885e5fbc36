//! Workloads: the steps that a writer takes, and the states that a kill may leave.
//!
//! A new kind of write is tortured by a workload in [`WORKLOADS`].

use std::{io::Cursor, str::FromStr, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, TimeDelta};
use strikebook::{
    Decimal, FixedClock, Id, Name, Result, Source, Store, Timestamp, new_id,
    operations::Actor,
    services::{
        fills::record_fill,
        journal::{ImportAccount, import_history},
    },
    trading::{
        Execution, Fill, Order, OrderSide,
        journal::{Note, NoteKind},
    },
    unit::UnitOfWork,
    vendors::broker::{BrokerFormat, read_from},
};

use crate::{book::Book, draw::Draw};

/// The phase in which a writer closes its store and opens it again.
pub(crate) const CLOSE: &str = "close";

/// Steps that a writer takes one after another. A step follows from seed and number alone, and taking it again changes
/// nothing.
#[async_trait]
pub(crate) trait Workload: Send + Sync {
    /// Returns the name that writers are started with.
    fn name(&self) -> &'static str;

    /// Returns the kind of a step, which is the phase that a kill during the step counts to.
    fn kind(&self, number: u64) -> &'static str;

    /// Returns the number of fills that a step records.
    fn fills(&self, number: u64) -> u64;

    /// Takes the step of a number.
    async fn write(&self, store: &dyn Store, seed: u64, number: u64) -> Result<()>;

    /// Reads everything that the steps write.
    async fn read(&self, store: &dyn Store) -> Result<Book>;

    /// Returns true if a killed step may leave this state: between those before and after a step, where the
    /// documentation of the call admits one.
    fn admits(&self, number: u64, found: &Book, before: &Book, after: &Book) -> bool;
}

/// Every workload. Databases take turns.
pub(crate) const WORKLOADS: [&dyn Workload; 1] = [&Trading];

/// Returns the workload with a name.
pub(crate) fn named(name: &str) -> Result<&'static dyn Workload, String> {
    let found = WORKLOADS.into_iter().find(|workload| workload.name() == name);
    found.ok_or_else(|| format!("unknown workload `{name}`"))
}

/// Returns the store in the name of the actor whose audit is checked.
pub(crate) fn audited(store: &dyn Store) -> Result<Arc<dyn Store>> {
    Ok(store.audited(Actor::new(Name::new("writer")?, Arc::new(FixedClock(instant(0))), new_id)))
}

/// Fills of orders in three accounts, units of work, and imports of a broker's file that grows.
pub(crate) struct Trading;

/// The steps of a round: two orders are filled, one on each side, and a window of a broker's history is imported.
const STEPS: [(&str, u64); 7] =
    [("unit", 1), ("fill", 1), ("fills", 2), ("import", 0), ("fill", 1), ("unit", 1), (CLOSE, 0)];

const PUT: &str = "SPY   251219P00600000";
const HEADER: &str = "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,\
                      Commissions,Fees,Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,\
                      Call or Put,Order #,Currency";

/// Returns an instant some seconds after the first round began.
fn instant(seconds: u64) -> Timestamp {
    let start = Timestamp::from_str("2024-01-02T15:00:00Z").unwrap_or(Timestamp::MIN);
    start.saturating_add(TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1_000_000)))
}

fn split(number: u64) -> (u64, usize) {
    let steps = STEPS.len() as u64;
    (number / steps, usize::try_from(number % steps).unwrap_or(0))
}

/// The seconds from the start of a round to that of the next.
const ROUND: u64 = 600;

/// The two orders of a round, and the random numbers of their fills.
struct Round {
    number: u64,
    seed: u64,
    orders: [Order; 2],
    /// The quantities of the fills of each order.
    parts: [Vec<u64>; 2],
}

impl Round {
    fn new(seed: u64, number: u64) -> Result<Self> {
        let mut draw = Draw::new(seed, number);
        let account = ["U1", "U2", "U3"][index(&mut draw, 3)];
        let instrument = ["SPY", PUT, "QQQ"][index(&mut draw, 3)];
        let sides = [OrderSide::Buy, OrderSide::Sell];
        let first = index(&mut draw, 2);
        let mut part = || 1 + draw.below(9);
        let parts = vec![part(), part(), part(), part()];
        let others = vec![part(), part()];
        // Every other pair of orders is flat at its end.
        let others = if draw.below(2) == 0 { vec![parts[0] + parts[1], parts[2] + parts[3]] } else { others };
        let order = |side: usize, parts: &[u64]| -> Result<Order> {
            let id = Id::named(&format!("order {number} {side}"));
            let quantity = Decimal::from(parts.iter().sum::<u64>());
            let (strategy, account) = (Name::new("bot")?, Name::new(account)?);
            let at = instant(number * ROUND);
            Ok(Order::new(id, at, strategy, account, instrument.parse()?, sides[side], quantity))
        };
        let orders = [order(first, &parts)?, order(1 - first, &others)?];
        Ok(Self { number, seed, orders, parts: [parts, others] })
    }

    /// Returns a fill of one of the orders. Some are reported late, after others of a later time.
    fn fill(&self, order: usize, part: usize, step: u64) -> Result<Fill> {
        let mut draw = Draw::new(!self.seed, self.number * 64 + (order * 8 + part) as u64);
        let late = draw.below(4) == 0;
        let at = instant(self.number * ROUND + if late { 1 } else { 60 * (step + 1) });
        let price = Decimal::new(1 + i64::try_from(draw.below(100_000)).unwrap_or_default(), 2);
        let quantity = self.parts[order][part];
        let id = Id::named(&format!("fill {} {order} {part}", self.number));
        let execution = Execution {
            commission: Decimal::new(65, 2),
            broker_execution_id: Some(Name::new(&format!("B{}.{order}.{part}", self.number))?),
            ..Execution::new(id, &self.orders[order], at, quantity.into(), price)
        };
        Ok(Fill::new(execution, Source::new("broker")?))
    }

    fn note(&self, text: &str) -> Note {
        let order = &self.orders[0];
        let id = Id::named(&format!("note {} {text}", self.number));
        Note::new(id, order.at, order.account, NoteKind::Observation, text)
    }
}

fn index(draw: &mut Draw, limit: u64) -> usize {
    usize::try_from(draw.below(limit)).unwrap_or(0)
}

/// Returns the rows of a round in a broker's file: a put is sold and bought back.
fn broker_rows(seed: u64, round: u64) -> String {
    let mut draw = Draw::new(seed ^ 0xB20C, round);
    let mut rows = String::new();
    for (minute, action, sign) in [(1, "SELL_TO_OPEN", ""), (2, "BUY_TO_CLOSE", "-")] {
        let micros = instant(round * ROUND + 60 * minute).as_micros();
        let at = DateTime::from_timestamp_micros(micros).unwrap_or_default();
        let at = at.to_rfc3339_opts(SecondsFormat::Secs, false).replace("+00:00", "+0000");
        let (value, order) = (100 + draw.below(9_000), 2 * round + minute);
        // The newest row comes first.
        let row = format!(
            "{at},Trade,x,{action},F     250117P00012000,Equity Option,text,{sign}{value}.00,1,,--,-1.14,100,F,F,,,,\
             {order},USD\n"
        );
        rows.insert_str(0, &row);
    }
    rows
}

/// Imports the windows of this and the last round.
async fn import(store: &dyn Store, seed: u64, round: u64) -> Result<()> {
    let before = round.checked_sub(1).map_or_else(String::new, |last| broker_rows(seed, last));
    let text = format!("{HEADER}\n{}{before}", broker_rows(seed, round));
    let history = read_from(&format!("history-{round}.csv"), Cursor::new(text), BrokerFormat::Tastytrade)?;
    let recorded_at = instant((round + 1) * ROUND);
    let account = ImportAccount::new(Name::new("margin")?, Name::new("manual")?, &history, recorded_at)?;
    import_history(store, &history, &account).await.map(drop)
}

#[async_trait]
impl Workload for Trading {
    fn name(&self) -> &'static str {
        "trading"
    }

    fn kind(&self, number: u64) -> &'static str {
        STEPS[split(number).1].0
    }

    fn fills(&self, number: u64) -> u64 {
        STEPS[split(number).1].1
    }

    async fn write(&self, store: &dyn Store, seed: u64, number: u64) -> Result<()> {
        let (round, step) = split(number);
        let of = Round::new(seed, round)?;
        let fill = |order, part| of.fill(order, part, step as u64);
        match step {
            0 => {
                let unit = UnitOfWork::new().insert_orders(of.orders.to_vec()).add_notes(of.note("opened"));
                store.apply(&unit.record_fills(fill(0, 0)?)).await.map(drop)
            }
            1 => record_fill(store, &fill(0, 1)?).await.map(drop),
            2 => store.record_fills(&[fill(0, 2)?, fill(1, 0)?]).await.map(drop),
            3 => import(store, seed, round).await,
            4 => record_fill(store, &fill(1, 1)?).await.map(drop),
            5 => {
                let unit = UnitOfWork::new().record_fills(fill(0, 3)?).add_notes(of.note("filled"));
                store.apply(&unit).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    async fn read(&self, store: &dyn Store) -> Result<Book> {
        Book::of(store).await
    }

    /// An import stores the rows of the file before their events.
    fn admits(&self, number: u64, found: &Book, before: &Book, after: &Book) -> bool {
        self.kind(number) == "import" && found.is_between(before, after, &["imported_rows"])
    }
}
