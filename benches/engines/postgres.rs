//! PostgreSQL and TimescaleDB without the adapter: binary COPY of bytes made by hand.

use std::{
    collections::HashMap,
    error::Error,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::{BufMut, Bytes, BytesMut};
use chrono::NaiveDate;
use futures_util::{SinkExt, TryStreamExt};
use strikebook::{Timestamp, market::OptionContract};
use tokio::runtime::Handle;
use tokio_postgres::{
    Client, Config, NoTls, Row,
    types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked},
};

use crate::{
    Result,
    data::{CONTRACT_COLUMNS, Order, QUOTE_COLUMNS, RawContract, RawQuote, UNDERLYING, shared},
    side::{Engine, Place, Raw, RawChainRow, RawQuery, Statement, contract},
};

/// PostgreSQL's epoch, 2000-01-01, in microseconds and in days since 1970.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const EPOCH_DAYS: i64 = 10_957;
/// The approximate size of the pieces in which bytes are sent.
const PIECE: usize = 1 << 20;

/// A database of the environment.
pub(crate) struct Postgres {
    name: &'static str,
    url: String,
    runtime: Handle,
}

impl Postgres {
    /// Returns the database that an environment variable names, if any.
    pub(crate) fn from_environment(name: &'static str, variable: &str, runtime: &Handle) -> Option<Self> {
        let url = std::env::var(variable).ok().filter(|url| !url.is_empty())?;
        Some(Self { name, url, runtime: runtime.clone() })
    }
}

impl Engine for Postgres {
    fn name(&self) -> &'static str {
        self.name
    }

    fn order(&self) -> Order {
        Order::Key
    }

    fn ingest_target(&self) -> f64 {
        1.25
    }

    fn repeat_target(&self) -> f64 {
        1.5
    }

    fn place(&self) -> Result<Box<dyn Place>> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("bench_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Ok(Box::new(Schema { name, url: self.url.clone(), runtime: self.runtime.clone() }))
    }
}

struct Schema {
    name: String,
    url: String,
    runtime: Handle,
}

impl Schema {
    fn connect(&self) -> Result<Client> {
        let mut config: Config = self.url.parse()?;
        // The adapter's settings.
        config.options(format!("-c search_path={} -c TimeZone=UTC -c jit=off", self.name));
        self.runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await?;
            self.runtime.spawn(connection);
            Ok(client)
        })
    }
}

impl Place for Schema {
    fn url(&self) -> String {
        let mark = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{mark}schema={}", self.url, self.name)
    }

    fn raw(&self) -> Result<Box<dyn Raw>> {
        Ok(Box::new(Program { client: self.connect()?, runtime: self.runtime.clone(), prepared: HashMap::new() }))
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let dropped = self.connect().and_then(|client| {
            let drop = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name);
            Ok(self.runtime.block_on(client.batch_execute(&drop))?)
        });
        if let Err(error) = dropped {
            eprintln!("the schema {} is left behind: {error}", self.name);
        }
    }
}

struct Program {
    client: Client,
    runtime: Handle,
    prepared: HashMap<&'static str, tokio_postgres::Statement>,
}

/// Values in binary COPY's form: each after its length, which is -1 for a missing value.
struct Values(BytesMut);

impl Values {
    fn row(&mut self, columns: usize) -> Result<()> {
        self.0.put_i16(i16::try_from(columns)?);
        Ok(())
    }

    fn integer(&mut self, value: Option<i64>) {
        match value {
            Some(value) => {
                self.0.put_i32(8);
                self.0.put_i64(value);
            }
            None => self.0.put_i32(-1),
        }
    }

    fn double(&mut self, value: Option<f64>) {
        match value {
            Some(value) => {
                self.0.put_i32(8);
                self.0.put_f64(value);
            }
            None => self.0.put_i32(-1),
        }
    }

    fn instant(&mut self, micros: i64) {
        self.integer(Some(micros - EPOCH_MICROS));
    }

    fn day(&mut self, day: Option<NaiveDate>) -> Result<()> {
        match day {
            Some(day) => {
                self.0.put_i32(4);
                self.0.put_i32(i32::try_from((day - NaiveDate::default()).num_days() - EPOCH_DAYS)?);
            }
            None => self.0.put_i32(-1),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.0.put_i32(i32::try_from(text.len())?);
        self.0.put_slice(text.as_bytes());
        Ok(())
    }

    fn contract(&mut self, RawContract { id, details }: &RawContract) -> Result<()> {
        let contract = details.contract;
        self.row(CONTRACT_COLUMNS.len())?;
        self.integer(Some(*id));
        self.text(contract.root().as_str())?;
        self.day(Some(contract.expiration()))?;
        self.text(contract.option_type().as_str())?;
        self.double(Some(contract.strike().to_f64()));
        self.text(details.underlying.as_str())?;
        let (product, life) = (details.product, details.life());
        self.integer(Some(product.multiplier.into()));
        self.text(product.exercise_style.as_str())?;
        self.text(product.settlement.as_str())?;
        self.text(product.delivery.as_str())?;
        self.text(product.last_trading.as_str())?;
        self.text(product.hours.as_str())?;
        for flag in [contract.root().is_adjusted(), details.is_override()] {
            self.0.put_i32(1);
            self.0.put_u8(flag.into());
        }
        self.instant(life.settles_at.as_micros());
        self.instant(life.last_trade_at.as_micros());
        self.day(details.listed_on)?;
        self.text(details.source.as_str())?;
        self.instant(details.recorded_at.as_micros());
        Ok(())
    }

    fn quote(&mut self, quote: &RawQuote) -> Result<()> {
        self.row(QUOTE_COLUMNS.len())?;
        self.integer(Some(quote.contract_id));
        self.instant(quote.at);
        quote.prices.into_iter().for_each(|value| self.double(value));
        quote.counts.into_iter().for_each(|value| self.integer(value));
        quote.analytics.into_iter().for_each(|value| self.double(value));
        self.text(&quote.source)?;
        self.instant(quote.recorded_at);
        Ok(())
    }
}

/// Sends rows by binary COPY.
async fn copy<T>(
    client: &Client,
    table: &str,
    columns: &[&str],
    rows: &[T],
    write: impl Fn(&mut Values, &T) -> Result<()>,
) -> Result<()> {
    let sql = format!("COPY {table} ({}) FROM STDIN (FORMAT binary)", columns.join(", "));
    let mut sink = pin!(client.copy_in::<_, Bytes>(&sql).await?);
    let mut values = Values(BytesMut::with_capacity(PIECE + 1024));
    values.0.put_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    for row in rows {
        write(&mut values, row)?;
        if values.0.len() >= PIECE {
            sink.send(values.0.split().freeze()).await?;
            values.0.reserve(PIECE + 1024);
        }
    }
    values.0.put_i16(-1);
    sink.send(values.0.freeze()).await?;
    sink.finish().await?;
    Ok(())
}

/// Converts an instant from PostgreSQL's form.
#[derive(Debug)]
struct Micros(i64);

impl FromSql<'_> for Micros {
    fn from_sql(_: &Type, raw: &[u8]) -> std::result::Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?) + EPOCH_MICROS))
    }

    accepts!(TIMESTAMPTZ);
}

impl ToSql for Micros {
    fn to_sql(&self, _: &Type, to: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn Error + Sync + Send>> {
        to.put_i64(self.0 - EPOCH_MICROS);
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

fn instant(at: Timestamp) -> Micros {
    Micros(at.as_micros())
}

fn read_quote(row: &Row, source: &mut Arc<str>) -> Result<RawQuote> {
    shared(source, row.try_get(16)?);
    Ok(RawQuote {
        contract_id: row.try_get(0)?,
        at: row.try_get::<_, Micros>(1)?.0,
        prices: [row.try_get(2)?, row.try_get(3)?, row.try_get(4)?],
        counts: [row.try_get(5)?, row.try_get(6)?, row.try_get(7)?, row.try_get(8)?],
        analytics: [
            row.try_get(9)?,
            row.try_get(10)?,
            row.try_get(11)?,
            row.try_get(12)?,
            row.try_get(13)?,
            row.try_get(14)?,
            row.try_get(15)?,
        ],
        source: Arc::clone(source),
        recorded_at: row.try_get::<_, Micros>(17)?.0,
    })
}

impl Raw for Program {
    fn ingest(&mut self, contracts: &[RawContract], quotes: &[RawQuote]) -> Result<()> {
        let client = &self.client;
        self.runtime.block_on(async {
            client.batch_execute("BEGIN").await?;
            if !contracts.is_empty() {
                copy(client, "option_contracts", &CONTRACT_COLUMNS, contracts, Values::contract).await?;
            }
            copy(client, "option_quotes", &QUOTE_COLUMNS, quotes, Values::quote).await?;
            client.batch_execute("COMMIT").await?;
            Ok(())
        })
    }

    fn settle(&mut self) -> Result<()> {
        Ok(self.runtime.block_on(self.client.batch_execute("ANALYZE option_contracts; ANALYZE option_quotes"))?)
    }

    fn statements(&self) -> &'static [Statement] {
        &[
            Statement {
                name: "LATERAL for each contract",
                sql: "SELECT q.* FROM option_contracts c CROSS JOIN LATERAL (SELECT * FROM option_quotes x \
                      WHERE x.contract_id = c.contract_id AND x.at BETWEEN $2 AND $3 \
                      AND x.recorded_at <= $3 ORDER BY x.at DESC LIMIT 1) q \
                      WHERE c.underlying = $1 AND c.last_trade_at >= $3 AND NOT c.adjusted",
            },
            Statement {
                name: "join with max(at)",
                sql: "SELECT q.* FROM (SELECT x.contract_id, max(x.at) AS at FROM option_quotes x \
                      WHERE x.at BETWEEN $2 AND $3 AND x.recorded_at <= $3 GROUP BY x.contract_id) m \
                      JOIN option_quotes q ON q.contract_id = m.contract_id AND q.at = m.at AND q.at BETWEEN $2 AND $3 \
                      AND q.recorded_at <= $3 \
                      JOIN option_contracts c ON c.contract_id = q.contract_id \
                      WHERE c.underlying = $1 AND c.last_trade_at >= $3 AND NOT c.adjusted",
            },
            Statement {
                name: "DISTINCT ON",
                sql: "SELECT DISTINCT ON (q.contract_id) q.* \
                      FROM option_quotes q JOIN option_contracts c USING (contract_id) \
                      WHERE c.underlying = $1 AND c.last_trade_at >= $3 AND NOT c.adjusted AND q.at BETWEEN $2 AND $3 \
                      AND q.recorded_at <= $3 \
                      ORDER BY q.contract_id, q.at DESC",
            },
        ]
    }

    fn chain(
        &mut self,
        statement: &Statement,
        query: RawQuery,
        contracts: &[OptionContract],
    ) -> Result<Vec<RawChainRow>> {
        let (client, prepared) = (&self.client, &mut self.prepared);
        self.runtime.block_on(async {
            if !prepared.contains_key(statement.name) {
                let types = [Type::TEXT, Type::TIMESTAMPTZ, Type::TIMESTAMPTZ];
                prepared.insert(statement.name, client.prepare_typed(statement.sql, &types).await?);
            }
            let statement = prepared.get(statement.name).ok_or("a statement that is not prepared")?;
            let (from, at) = (instant(query.from), instant(query.at));
            let params: [&(dyn ToSql + Sync); 3] = [&UNDERLYING, &from, &at];
            let mut rows = pin!(client.query_raw(statement, params).await?);
            let (mut chain, mut source) = (Vec::with_capacity(contracts.len()), Arc::from(""));
            while let Some(row) = rows.try_next().await? {
                let quote = read_quote(&row, &mut source)?;
                chain.push(RawChainRow { _contract: contract(contracts, quote.contract_id)?, quote });
            }
            Ok(chain)
        })
    }
}
