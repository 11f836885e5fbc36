//! SQLite without the adapter: prepared statements in one transaction.

use std::sync::Arc;

use rusqlite::{Connection, Row, Statement as Prepared, params};
use strikebook::market::OptionContract;
use tempfile::TempDir;

use crate::{
    Result,
    data::{CONTRACT_COLUMNS, Order, QUOTE_COLUMNS, RawContract, RawQuote, UNDERLYING, shared},
    side::{Engine, Place, Raw, RawChainRow, RawQuery, Statement, contract},
};

pub(crate) struct Sqlite;

impl Engine for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn order(&self) -> Order {
        Order::Key
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
        self.0.path().join("store.db").display().to_string()
    }
}

impl Place for File {
    fn url(&self) -> String {
        format!("sqlite:{}", self.path())
    }

    fn raw(&self) -> Result<Box<dyn Raw>> {
        let connection = Connection::open(self.path())?;
        // The adapter's settings.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; \
             PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 2146435072",
        )?;
        Ok(Box::new(Program(connection)))
    }
}

struct Program(Connection);

/// The number of rows that one statement inserts.
const AT_ONCE: usize = 16;

fn insert(table: &str, columns: &[&str], rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    // A statement that may not fail half way needs no copy of the pages that it changes.
    format!("INSERT OR ROLLBACK INTO {table} ({}) VALUES {}", columns.join(", "), vec![row; rows].join(", "))
}

fn insert_quotes(statement: &mut Prepared<'_>, quotes: &[RawQuote]) -> Result<()> {
    for (row, quote) in quotes.iter().enumerate() {
        let before = row * QUOTE_COLUMNS.len();
        statement.raw_bind_parameter(before + 1, quote.contract_id)?;
        statement.raw_bind_parameter(before + 2, quote.at)?;
        for (place, value) in (before + 3..).zip(quote.prices) {
            statement.raw_bind_parameter(place, value)?;
        }
        for (place, value) in (before + 6..).zip(quote.counts) {
            statement.raw_bind_parameter(place, value)?;
        }
        for (place, value) in (before + 10..).zip(quote.analytics) {
            statement.raw_bind_parameter(place, value)?;
        }
        statement.raw_bind_parameter(before + 17, &*quote.source)?;
        statement.raw_bind_parameter(before + 18, quote.recorded_at)?;
    }
    statement.raw_execute()?;
    Ok(())
}

fn read_quote(row: &Row<'_>, source: &mut Arc<str>) -> rusqlite::Result<RawQuote> {
    shared(source, row.get_ref(16)?.as_str()?);
    Ok(RawQuote {
        contract_id: row.get(0)?,
        at: row.get(1)?,
        prices: [row.get(2)?, row.get(3)?, row.get(4)?],
        counts: [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?],
        analytics: [row.get(9)?, row.get(10)?, row.get(11)?, row.get(12)?, row.get(13)?, row.get(14)?, row.get(15)?],
        source: Arc::clone(source),
        recorded_at: row.get(17)?,
    })
}

impl Raw for Program {
    fn ingest(&mut self, contracts: &[RawContract], quotes: &[RawQuote]) -> Result<()> {
        let transaction = self.0.transaction()?;
        {
            let mut statement = transaction.prepare(&insert("option_contracts", &CONTRACT_COLUMNS, 1))?;
            for RawContract { id, details } in contracts {
                let (contract, life) = (details.contract, details.life());
                statement.execute(params![
                    id,
                    contract.root().as_str(),
                    contract.expiration().to_string(),
                    contract.option_type().as_str(),
                    contract.strike().to_f64(),
                    details.underlying.as_str(),
                    details.product.multiplier,
                    details.product.exercise_style.as_str(),
                    details.product.settlement.as_str(),
                    details.product.delivery.as_str(),
                    details.product.last_trading.as_str(),
                    details.product.hours.as_str(),
                    contract.root().is_adjusted(),
                    details.is_override(),
                    life.settles_at.as_micros(),
                    life.last_trade_at.as_micros(),
                    details.listed_on.map(|day| day.to_string()),
                    details.source.as_str(),
                    details.recorded_at.as_micros(),
                ])?;
            }
            let (many, rest) = quotes.as_chunks::<AT_ONCE>();
            let mut statement = transaction.prepare(&insert("option_quotes", &QUOTE_COLUMNS, AT_ONCE))?;
            many.iter().try_for_each(|quotes| insert_quotes(&mut statement, quotes))?;
            let mut statement = transaction.prepare(&insert("option_quotes", &QUOTE_COLUMNS, 1))?;
            rest.chunks(1).try_for_each(|quotes| insert_quotes(&mut statement, quotes))?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn statements(&self) -> &'static [Statement] {
        &[
            Statement {
                name: "join with max(at)",
                sql: "SELECT q.* FROM option_contracts c JOIN option_quotes q ON q.contract_id = c.contract_id \
                      AND q.at = (SELECT max(x.at) FROM option_quotes x \
                      WHERE x.contract_id = c.contract_id AND x.at BETWEEN ?2 AND ?3 AND x.recorded_at <= ?3) \
                      WHERE c.underlying = ?1 AND c.last_trade_at >= ?3 AND c.adjusted = 0",
            },
            Statement {
                name: "join with the first of a descending range",
                sql: "SELECT q.* FROM option_contracts c JOIN option_quotes q ON q.contract_id = c.contract_id \
                      AND q.at = (SELECT x.at FROM option_quotes x \
                      WHERE x.contract_id = c.contract_id AND x.at BETWEEN ?2 AND ?3 \
                      AND x.recorded_at <= ?3 ORDER BY x.at DESC LIMIT 1) \
                      WHERE c.underlying = ?1 AND c.last_trade_at >= ?3 AND c.adjusted = 0",
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
        let mut rows = statement.query(params![UNDERLYING, query.from.as_micros(), query.at.as_micros()])?;
        let (mut chain, mut source) = (Vec::with_capacity(contracts.len()), Arc::from(""));
        while let Some(row) = rows.next()? {
            let quote = read_quote(row, &mut source)?;
            chain.push(RawChainRow { _contract: contract(contracts, quote.contract_id)?, quote });
        }
        Ok(chain)
    }
}
