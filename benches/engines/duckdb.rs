//! DuckDB without the adapter: whole Arrow columns through the appender, in one transaction.

use std::sync::Arc;

use chrono::NaiveDate;
use duckdb::{
    Config, Connection,
    arrow::{
        array::{
            Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray,
            TimestampMicrosecondArray,
        },
        datatypes::{Field, Float64Type, Int64Type, Schema, TimestampMicrosecondType},
        record_batch::RecordBatch,
    },
    params,
    types::{TimeUnit, Value},
};
use strikebook::{
    Timestamp,
    market::{OptionContract, OptionRoot},
};
use tempfile::TempDir;

use crate::{
    Result,
    data::{CONTRACT_COLUMNS, Order, QUOTE_COLUMNS, RawContract, RawQuote, UNDERLYING, shared},
    side::{Engine, Place, Raw, RawChainRow, RawQuery, Statement, contract},
};

/// The number of rows in one Arrow batch; smaller and larger batches are slower.
const BATCH: usize = 2048 * 16;

pub(crate) struct Duckdb;

impl Engine for Duckdb {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn order(&self) -> Order {
        Order::Time
    }

    fn ingest_target(&self) -> f64 {
        1.20
    }

    fn repeat_target(&self) -> f64 {
        1.0
    }

    fn place(&self) -> Result<Box<dyn Place>> {
        Ok(Box::new(File(tempfile::tempdir()?)))
    }
}

struct File(TempDir);

impl File {
    fn path(&self) -> String {
        self.0.path().join("store.duckdb").display().to_string()
    }
}

impl Place for File {
    fn url(&self) -> String {
        format!("duckdb:{}", self.path())
    }

    fn raw(&self) -> Result<Box<dyn Raw>> {
        // The adapter's settings.
        let config = Config::default().enable_autoload_extension(false)?;
        Ok(Box::new(Program(Connection::open_with_flags(self.path(), config)?)))
    }
}

struct Program(Connection);

fn batch(names: &[&str], columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    let fields: Vec<_> =
        names.iter().zip(&columns).map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn contract_batch(contracts: &[RawContract]) -> Result<RecordBatch> {
    fn text<'a>(rows: &'a [RawContract], of: impl Fn(&'a RawContract) -> &'a str) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    }
    let days = |day: NaiveDate| i32::try_from((day - NaiveDate::default()).num_days()).unwrap_or(i32::MAX);
    let rows = contracts.iter();
    let micros = |of: &dyn Fn(&RawContract) -> Timestamp| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(contracts.iter().map(|row| of(row).as_micros())))
    };
    let roots: Vec<_> = rows.clone().map(|row| row.details.contract.root()).collect();
    batch(
        &CONTRACT_COLUMNS,
        vec![
            Arc::new(Int64Array::from_iter_values(rows.clone().map(|row| row.id))),
            Arc::new(StringArray::from_iter_values(roots.iter().map(OptionRoot::as_str))),
            Arc::new(Date32Array::from_iter_values(rows.clone().map(|row| days(row.details.contract.expiration())))),
            text(contracts, |row| row.details.contract.option_type().as_str()),
            Arc::new(Float64Array::from_iter_values(rows.clone().map(|row| row.details.contract.strike().to_f64()))),
            text(contracts, |row| row.details.underlying.as_str()),
            Arc::new(Int64Array::from_iter_values(rows.clone().map(|row| row.details.product.multiplier.into()))),
            text(contracts, |row| row.details.product.exercise_style.as_str()),
            text(contracts, |row| row.details.product.settlement.as_str()),
            text(contracts, |row| row.details.product.delivery.as_str()),
            text(contracts, |row| row.details.product.last_trading.as_str()),
            text(contracts, |row| row.details.product.hours.as_str()),
            Arc::new(roots.iter().map(|root| Some(root.is_adjusted())).collect::<BooleanArray>()),
            Arc::new(rows.clone().map(|row| Some(row.details.is_override())).collect::<BooleanArray>()),
            micros(&|row| row.details.life().settles_at),
            micros(&|row| row.details.life().last_trade_at),
            Arc::new(rows.map(|row| row.details.listed_on.map(days)).collect::<Date32Array>()),
            text(contracts, |row| row.details.source.as_str()),
            micros(&|row| row.details.recorded_at),
        ],
    )
}

fn quote_batch(rows: &[RawQuote]) -> Result<RecordBatch> {
    let integers = |of: fn(&RawQuote) -> i64| Int64Array::from_iter_values(rows.iter().map(of));
    let instants = |of: fn(&RawQuote) -> i64| TimestampMicrosecondArray::from_iter_values(rows.iter().map(of));
    let mut columns: Vec<ArrayRef> = vec![Arc::new(integers(|row| row.contract_id)), Arc::new(instants(|row| row.at))];
    for place in 0..3 {
        columns.push(Arc::new(rows.iter().map(|row| row.prices[place]).collect::<Float64Array>()));
    }
    for place in 0..4 {
        columns.push(Arc::new(rows.iter().map(|row| row.counts[place]).collect::<Int64Array>()));
    }
    for place in 0..7 {
        columns.push(Arc::new(rows.iter().map(|row| row.analytics[place]).collect::<Float64Array>()));
    }
    columns.push(Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &*row.source))));
    columns.push(Arc::new(instants(|row| row.recorded_at)));
    batch(&QUOTE_COLUMNS, columns)
}

fn instant(at: Timestamp) -> Value {
    Value::Timestamp(TimeUnit::Microsecond, at.as_micros())
}

fn some<T>(is_null: bool, value: T) -> Option<T> {
    (!is_null).then_some(value)
}

fn read_batch(
    batch: &RecordBatch,
    contracts: &[OptionContract],
    source: &mut Arc<str>,
    chain: &mut Vec<RawChainRow>,
) -> Result<()> {
    let integer = |column: usize| batch.column(column).as_primitive::<Int64Type>();
    let double = |column: usize| batch.column(column).as_primitive::<Float64Type>();
    let instant = |column: usize| batch.column(column).as_primitive::<TimestampMicrosecondType>();
    let (ids, at, recorded_at, sources) = (integer(0), instant(1), instant(17), batch.column(16).as_string::<i32>());
    let prices = [2, 3, 4].map(double);
    let counts = [5, 6, 7, 8].map(integer);
    let analytics = [9, 10, 11, 12, 13, 14, 15].map(double);
    for row in 0..batch.num_rows() {
        shared(source, sources.value(row));
        let contract_id = ids.value(row);
        let quote = RawQuote {
            contract_id,
            at: at.value(row),
            prices: prices.map(|column| some(column.is_null(row), column.value(row))),
            counts: counts.map(|column| some(column.is_null(row), column.value(row))),
            analytics: analytics.map(|column| some(column.is_null(row), column.value(row))),
            source: Arc::clone(source),
            recorded_at: recorded_at.value(row),
        };
        chain.push(RawChainRow { _contract: contract(contracts, contract_id)?, quote });
    }
    Ok(())
}

impl Raw for Program {
    fn ingest(&mut self, contracts: &[RawContract], quotes: &[RawQuote]) -> Result<()> {
        // The appender borrows the connection, so the transaction is begun and ended by hand.
        self.0.execute_batch("BEGIN TRANSACTION")?;
        if !contracts.is_empty() {
            let mut appender = self.0.appender("option_contracts")?;
            appender.append_record_batch(contract_batch(contracts)?)?;
            appender.flush()?;
        }
        let mut appender = self.0.appender("option_quotes")?;
        for rows in quotes.chunks(BATCH) {
            appender.append_record_batch(quote_batch(rows)?)?;
        }
        appender.flush()?;
        drop(appender);
        self.0.execute_batch("COMMIT")?;
        Ok(())
    }

    fn statements(&self) -> &'static [Statement] {
        &[
            Statement {
                name: "QUALIFY row_number(), contracts by a subquery",
                sql: "SELECT q.* FROM option_quotes q WHERE q.\"at\" BETWEEN $2 AND $3 \
                      AND q.recorded_at <= $3 AND q.contract_id IN \
                      (SELECT contract_id FROM option_contracts \
                      WHERE underlying = $1 AND last_trade_at >= $3 AND NOT adjusted) \
                      QUALIFY row_number() OVER (PARTITION BY q.contract_id ORDER BY q.\"at\" DESC) = 1",
            },
            Statement {
                name: "QUALIFY row_number(), contracts joined",
                sql: "SELECT q.* FROM option_quotes q JOIN option_contracts c USING (contract_id) \
                      WHERE q.\"at\" BETWEEN $2 AND $3 \
                      AND q.recorded_at <= $3 AND c.underlying = $1 AND c.last_trade_at >= $3 AND NOT c.adjusted \
                      QUALIFY row_number() OVER (PARTITION BY q.contract_id ORDER BY q.\"at\" DESC) = 1",
            },
            Statement {
                name: "rows of the numbers that arg_max finds",
                sql: "SELECT q.* FROM option_quotes q WHERE q.rowid IN \
                      (SELECT arg_max(w.rowid, w.\"at\") FROM option_quotes w \
                      WHERE w.\"at\" BETWEEN $2 AND $3 AND w.recorded_at <= $3 AND w.contract_id IN \
                      (SELECT contract_id FROM option_contracts \
                      WHERE underlying = $1 AND last_trade_at >= $3 AND NOT adjusted) \
                      GROUP BY w.contract_id)",
            },
        ]
    }

    fn chain(
        &mut self,
        statement: &Statement,
        query: RawQuery,
        contracts: &[OptionContract],
    ) -> Result<Vec<RawChainRow>> {
        let mut statement = self.0.prepare_cached(statement.sql)?;
        let (mut chain, mut source) = (Vec::with_capacity(contracts.len()), Arc::from(""));
        for batch in statement.query_arrow(params![UNDERLYING, instant(query.from), instant(query.at)])? {
            read_batch(&batch, contracts, &mut source, &mut chain)?;
        }
        Ok(chain)
    }
}
