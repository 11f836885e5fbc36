//! The directory: what the store holds, found item by item.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    AsOf, Name, Page, Result,
    analytics::ModelRevision,
    directory::{DirectoryQuery, DirectoryRepository},
    market::{BarKey, SeriesId, Symbol, Timeframe},
    port::{last_item, page_of_items},
};

use crate::{
    codec::{Field, Row},
    days::DAYS,
    engine::Engine,
    repository::SqlStore,
    session::Session,
    sql::{Sql, limited, one_more},
};

/// A column whose distinct values are listed, and the rows that decide which of them are.
struct Listed {
    table: &'static str,
    column: &'static str,
    rows: Rows,
}

/// The rows of which one must lie within the limits.
enum Rows {
    /// Those of the table, and the superseded versions.
    Versions,
    /// Those of the table alone.
    Entries,
    /// The days of the quotes of contracts.
    QuoteDays,
    /// The days of Greeks.
    GreeksDays,
}

/// The condition that a row `AS d` of the days is of quotes.
const OF_QUOTES: &str = "d.dataset = 'option_quotes' AND d.part = ''";

impl Listed {
    const fn versions(table: &'static str, column: &'static str) -> Self {
        Self { table, column, rows: Rows::Versions }
    }

    const fn entries(table: &'static str, column: &'static str) -> Self {
        Self { table, column, rows: Rows::Entries }
    }

    /// Returns the tables that have the rows, with the condition of those that count.
    fn sources(&self, as_of: AsOf) -> Vec<(String, &'static str)> {
        let table = self.table;
        match self.rows {
            // The current version of a row has its `at`, and without a knowledge limit it will do.
            Rows::Versions if as_of.known_by.is_some() => {
                vec![(format!("{table} AS d"), ""), (format!("{table}_history AS d"), "")]
            }
            Rows::Versions | Rows::Entries => vec![(format!("{table} AS d"), "")],
            Rows::QuoteDays => {
                let join =
                    "option_contracts AS c JOIN stored_days AS d ON d.root = c.root AND d.expiration = c.expiration";
                vec![(join.to_owned(), OF_QUOTES)]
            }
            Rows::GreeksDays => vec![(format!("{DAYS} AS d"), "d.dataset = 'greeks'")],
        }
    }

    /// Returns the column's name in [`sources`](Self::sources).
    fn name(&self) -> String {
        format!("{}.{}", if matches!(self.rows, Rows::QuoteDays) { "c" } else { "d" }, self.column)
    }

    /// Appends the condition that a value has a row within both limits.
    fn is_held(&self, mut sql: Sql, value: &str, and: &str, as_of: AsOf) -> Sql {
        sql = sql.push("(");
        for (index, (source, of_source)) in self.sources(as_of).iter().enumerate() {
            let or = if index == 0 { "" } else { " OR " };
            sql = sql.push(&format!("{or}EXISTS (SELECT 1 FROM {source} WHERE {} = {value}{and}", self.name()));
            sql = within(sql.push(&condition(of_source)), as_of).push(")");
        }
        sql.push(")")
    }

    /// Appends a query for the column's values from a first one on, in order, each once and whether it is held or not.
    /// The engine goes from value to value in an index that begins with the column.
    fn each_value(&self, sql: Sql, from: Option<&(&str, bool)>) -> Sql {
        let (table, column) = (self.table, self.column);
        let of_part = if matches!(self.rows, Rows::GreeksDays) { "t.dataset = 'greeks' AND " } else { "" };
        let next = format!("SELECT min(t.{column}) FROM {table} AS t WHERE {of_part}t.{column}");
        let sql = sql.push("WITH RECURSIVE items(item) AS (").push(&next);
        let sql = match from {
            None => sql.push(" IS NOT NULL"),
            Some((from, true)) => sql.push(" >= ").bind(*from),
            Some((from, false)) => sql.push(" > ").bind(*from),
        };
        sql.push(&format!(" UNION ALL SELECT ({next} > items.item) FROM items WHERE items.item IS NOT NULL)"))
    }

    /// Returns a query for the held values of the column behind `after`, in order.
    fn values(&self, seeks: bool, after: Option<&str>, as_of: AsOf, limit: Option<usize>) -> Sql {
        if seeks {
            let sql = self.each_value(Sql::default(), after.map(|after| (after, false)).as_ref());
            let sql = sql.push(" SELECT items.item FROM items WHERE items.item IS NOT NULL AND ");
            return self.is_held(sql, "items.item", "", as_of).push(&limited(limit));
        }
        let name = self.name();
        let mut sql = Sql::default();
        for (index, (source, of_source)) in self.sources(as_of).iter().enumerate() {
            let union = if index == 0 { "" } else { " UNION " };
            sql = sql.push(&format!("{union}SELECT DISTINCT {name} AS item FROM {source} WHERE "));
            sql = sql.push("d.\"at\" <= ").bind(as_of.at).bind_some(" AND d.recorded_at <= ", as_of.known_by);
            sql = sql.push(&condition(of_source)).bind_some(&format!(" AND {name} > "), after);
        }
        sql.push(" ORDER BY item").push(&limited(limit))
    }
}

fn condition(of_source: &str) -> String {
    if of_source.is_empty() { String::new() } else { format!(" AND {of_source}") }
}

/// Appends the condition that a row `AS d` lies within both limits.
fn within(sql: Sql, as_of: AsOf) -> Sql {
    sql.push(" AND d.\"at\" <= ").bind(as_of.at).bind_some(" AND d.recorded_at <= ", as_of.known_by)
}

const BARS: Listed = Listed::versions("bars", "instrument");

/// Returns a query for the keys of bars behind `after`, by instrument and timeframe.
fn bar_keys(seeks: bool, after: Option<BarKey>, as_of: AsOf, limit: Option<usize>) -> Sql {
    let after = after.map(|key| (key.instrument.to_string(), key.timeframe.as_str()));
    let behind = |sql: Sql, instrument: &str, timeframe: &str| match &after {
        None => sql,
        Some((last, last_timeframe)) => {
            let sql = sql.push(&format!(" AND ({instrument} > ")).bind(last.as_str());
            let sql = sql.push(&format!(" OR ({instrument} = ")).bind(last.as_str());
            sql.push(&format!(" AND {timeframe} > ")).bind(*last_timeframe).push("))")
        }
    };
    if seeks {
        let from = after.as_ref().map(|(instrument, _)| (instrument.as_str(), true));
        let timeframes: Vec<_> = Timeframe::ALL.iter().map(|timeframe| format!("('{timeframe}')")).collect();
        let sql = BARS.each_value(Sql::default(), from.as_ref());
        let sql = sql.push(&format!(", frames(timeframe) AS (VALUES {})", timeframes.join(", ")));
        let sql = sql
            .push(" SELECT i.item, f.timeframe FROM (SELECT items.item FROM items WHERE items.item IS NOT NULL AND ");
        // The instrument of the last key may have no further one.
        let instruments = limit.map(|limit| limit.saturating_add(1));
        let sql = BARS.is_held(sql, "items.item", "", as_of).push(&limited(instruments));
        let sql = BARS.is_held(
            sql.push(") AS i CROSS JOIN frames AS f WHERE "),
            "i.item",
            " AND d.timeframe = f.timeframe",
            as_of,
        );
        return behind(sql, "i.item", "f.timeframe").push(" ORDER BY 1, 2").push(&limited(limit));
    }
    let mut sql = Sql::default();
    for (index, (source, _)) in BARS.sources(as_of).iter().enumerate() {
        let union = if index == 0 { "" } else { " UNION " };
        sql = sql.push(&format!("{union}SELECT DISTINCT d.instrument, d.timeframe FROM {source} WHERE d.\"at\" <= "));
        sql = sql.bind(as_of.at).bind_some(" AND d.recorded_at <= ", as_of.known_by);
        sql = behind(sql, "d.instrument", "d.timeframe");
    }
    sql.push(" ORDER BY 1, 2").push(&limited(limit))
}

/// Returns a query for the values of a column of the days of an underlying's quotes behind `after`, in order.
fn of_quote_days(column: &str, underlying: Symbol, after: Option<NaiveDate>, as_of: AsOf, limit: Option<usize>) -> Sql {
    let sql = Sql::new(format!(
        "SELECT DISTINCT d.{column} FROM (SELECT DISTINCT root, expiration FROM option_contracts WHERE underlying = "
    ));
    let sql = sql.bind(underlying.as_str()).push(") AS c JOIN stored_days AS d ON d.root = c.root");
    let sql = sql.push(&format!(" AND d.expiration = c.expiration WHERE {OF_QUOTES}"));
    let sql = within(sql, as_of).bind_some(&format!(" AND d.{column} > "), after);
    sql.push(&format!(" ORDER BY d.{column}")).push(&limited(limit))
}

fn read_all<T>(session: &mut dyn Session, sql: &Sql, read: impl Fn(&dyn Row) -> Result<T>) -> Result<Vec<T>> {
    let mut items = Vec::new();
    session.query(&sql.text, &sql.params, &mut |row| {
        items.push(read(row)?);
        Ok(())
    })?;
    Ok(items)
}

impl<E: Engine> SqlStore<E> {
    /// Returns a page of the values of some columns.
    async fn listed<T>(&self, list: &'static str, query: &DirectoryQuery, columns: &'static [Listed]) -> Result<Page<T>>
    where
        T: Display + FromStr + Send + 'static,
    {
        let seeks = self.engine().dialect().seeks_values;
        self.page_of(list, query, move |session, previous: Option<T>, as_of, limit| {
            let previous = previous.map(|item| item.to_string());
            let mut found = BTreeSet::new();
            for column in columns {
                let sql = column.values(seeks, previous.as_deref(), as_of, limit);
                found.extend(read_all(session, &sql, |row| String::require(row, 0))?);
            }
            let items = found.into_iter().enumerate().filter(|(place, _)| limit.is_none_or(|limit| *place < limit));
            items.map(|(_, text)| parsed(list, &text)).collect()
        })
        .await
    }

    /// Returns a page of what `find` finds behind the last item of the page before, which are one more than the page
    /// holds.
    async fn page_of<T>(
        &self,
        list: &'static str,
        query: &DirectoryQuery,
        find: impl FnOnce(&mut dyn Session, Option<T>, AsOf, Option<usize>) -> Result<Vec<T>> + Send + 'static,
    ) -> Result<Page<T>>
    where
        T: Display + FromStr + Send + 'static,
    {
        let previous = last_item::<T>(list, query).map_err(|error| self.named(list, error))?;
        let (as_of, limit) = (query.as_of, query.paging.limit);
        self.read(list, move |session| {
            let items = find(session, previous, as_of, one_more(limit))?;
            Ok(page_of_items(list, items, limit))
        })
        .await
    }
}

#[async_trait]
impl<E: Engine> DirectoryRepository for SqlStore<E> {
    async fn list_underlyings(&self, query: &DirectoryQuery) -> Result<Page<Symbol>> {
        const COLUMNS: &[Listed] = &[
            Listed { table: "option_contracts", column: "underlying", rows: Rows::QuoteDays },
            Listed::versions("chain_snapshots", "underlying"),
        ];
        self.listed("list_underlyings", query, COLUMNS).await
    }

    async fn list_expirations(&self, underlying: Symbol, query: &DirectoryQuery) -> Result<Page<NaiveDate>> {
        self.page_of("list_expirations", query, move |session, last, as_of, limit| {
            let sql = of_quote_days("expiration", underlying, last, as_of, limit);
            read_all(session, &sql, |row| NaiveDate::require(row, 0))
        })
        .await
    }

    async fn list_quote_days(&self, underlying: Symbol, query: &DirectoryQuery) -> Result<Page<NaiveDate>> {
        self.page_of("list_quote_days", query, move |session, last, as_of, limit| {
            let sql = of_quote_days("day", underlying, last, as_of, limit);
            read_all(session, &sql, |row| NaiveDate::require(row, 0))
        })
        .await
    }

    async fn list_quoted_symbols(&self, query: &DirectoryQuery) -> Result<Page<Symbol>> {
        const COLUMNS: &[Listed] = &[Listed::versions("underlying_quotes", "symbol")];
        self.listed("list_quoted_symbols", query, COLUMNS).await
    }

    async fn list_bar_keys(&self, query: &DirectoryQuery) -> Result<Page<BarKey>> {
        let seeks = self.engine().dialect().seeks_values;
        self.page_of("list_bar_keys", query, move |session, last, as_of, limit| {
            read_all(session, &bar_keys(seeks, last, as_of, limit), |row| {
                Ok(BarKey { instrument: Field::require(row, 0)?, timeframe: Field::require(row, 1)? })
            })
        })
        .await
    }

    async fn list_series(&self, query: &DirectoryQuery) -> Result<Page<SeriesId>> {
        const COLUMNS: &[Listed] = &[Listed::versions("economic_observations", "series")];
        self.listed("list_series", query, COLUMNS).await
    }

    async fn list_models(&self, query: &DirectoryQuery) -> Result<Page<ModelRevision>> {
        const COLUMNS: &[Listed] = &[Listed { table: DAYS, column: "part", rows: Rows::GreeksDays }];
        self.listed("list_models", query, COLUMNS).await
    }

    async fn list_accounts(&self, query: &DirectoryQuery) -> Result<Page<Name>> {
        const COLUMNS: &[Listed] = &[
            Listed::entries("orders", "account"),
            Listed::entries("executions", "account"),
            Listed::entries("account_snapshots", "account"),
            Listed::entries("journal_events", "account"),
        ];
        self.listed("list_accounts", query, COLUMNS).await
    }

    async fn list_strategy_names(&self, query: &DirectoryQuery) -> Result<Page<Name>> {
        const COLUMNS: &[Listed] = &[
            Listed::entries("signals", "strategy"),
            Listed::entries("orders", "strategy"),
            Listed::entries("backtests", "strategy"),
            Listed::entries("trades", "strategy"),
        ];
        self.listed("list_strategy_names", query, COLUMNS).await
    }
}

/// Reads an item that was stored as text.
fn parsed<T: FromStr>(list: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(|_| {
        strikebook_core::Error::corrupt("a stored text is no item of its list").with("list", list).with("text", text)
    })
}
