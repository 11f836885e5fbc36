//! Searches that an engine does in its own way: what is searched for, in words that every engine's statement is put
//! together from. An adapter's [`Dialect`](crate::Dialect) names its functions for both.

use std::fmt::Write as _;

use strikebook_core::{
    Result, Timestamp,
    analytics::ModelRevision,
    market::{ChainQuery, OptionType, Strike, Symbol},
    port::ChangePlace,
};

use crate::{
    codec::{Row, Table, Value},
    session::Session,
    sql::{Sql, limited},
};

/// The key columns of one series and their values, all but `at`.
pub type Series = Vec<(&'static str, Value)>;

/// Appends the condition that a row is of one series, for others to follow. A prefix such as `v.` stands before each
/// column.
pub fn of_series(sql: Sql, prefix: &str, series: &Series) -> Sql {
    series
        .iter()
        .fold(sql, |sql, (name, value)| sql.push(&format!("{prefix}\"{name}\" = ")).bind(value.clone()).push(" AND "))
}

/// A search for the newest quote of each contract of chains, or for the newest Greeks of a model, within the limits of
/// a query. Statements call the table of contracts `c`. Behind the columns of the table they return one more: false
/// only if no stored details override the product table for the contract.
#[derive(Debug)]
pub struct NewestQuotes<'a> {
    /// The conditions of the chains.
    pub(crate) query: &'a ChainQuery,
    /// The underlyings of the chains, at least one.
    pub(crate) underlyings: &'a [Symbol],
    /// The model of the Greeks; `None` for quotes.
    pub(crate) model: Option<ModelRevision>,
    /// The knowledge limit; `None` for current versions, whenever they were recorded.
    pub(crate) known_by: Option<Timestamp>,
    pub(crate) table: &'a Table,
}

impl NewestQuotes<'_> {
    /// Returns the name of the table that is searched, which has one row for a contract and instant.
    pub fn table(&self) -> &'static str {
        self.table.name
    }

    /// Returns the columns that the search reads, in order, each behind a prefix such as `q.`.
    pub fn columns(&self, prefix: &str) -> String {
        self.table.columns_with(prefix)
    }

    /// Appends the condition that the query admits the contract of a row of `option_contracts AS c`.
    pub fn of_contracts(&self, sql: Sql) -> Sql {
        let query = self.query;
        let sql = match self.underlyings {
            [underlying] => sql.push("c.underlying = ").bind(underlying.as_str()),
            several => {
                let symbols = several.iter().map(|symbol| Value::from(symbol.as_str()));
                sql.push("c.underlying IN (").bind_all(symbols).push(")")
            }
        };
        let (first, last) = query.last_trade_limits();
        let sql = sql.push(" AND c.last_trade_at >= ").bind(first).bind_some(" AND c.last_trade_at <= ", last);
        let sql = if query.adjusted { sql } else { sql.push(" AND c.adjusted = ").bind(false) };
        sql.bind_some(" AND c.expiration >= ", query.expiring_from)
            .bind_some(" AND c.expiration <= ", query.expiring_until)
            .bind_some(" AND c.option_type = ", query.option_type.map(OptionType::as_str))
            .bind_some(" AND c.strike >= ", query.min_strike.map(Strike::to_f64))
            .bind_some(" AND c.strike <= ", query.max_strike.map(Strike::to_f64))
    }

    /// Appends the condition that a row of the table, named by its alias, lies within the query's limits.
    pub fn of_quotes(&self, sql: Sql, alias: &str) -> Sql {
        let sql = match self.model {
            None => sql,
            Some(ModelRevision { model, revision }) => {
                let sql = sql.push(&format!("{alias}.model = ")).bind(model.as_str());
                sql.push(&format!(" AND {alias}.revision = ")).bind(revision).push(" AND ")
            }
        };
        let sql = sql.push(&format!("{alias}.\"at\" BETWEEN ")).bind(self.query.oldest_quote());
        let sql = sql.push(" AND ").bind(self.query.as_of.at);
        sql.bind_some(&format!(" AND {alias}.recorded_at <= "), self.known_by)
    }
}

/// The instants between which a change lies, and the place of the last one that was read.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) after: Option<ChangePlace>,
    pub(crate) limit: Option<usize>,
}

/// A search for every version of some series within a window, current and superseded, in the order of series, event
/// time and knowledge time. Statements call the table of versions `v`, and return the number of the series as a column
/// behind those of the table.
#[derive(Debug)]
pub struct SeriesVersions<'a> {
    pub(crate) table: &'a Table,
    pub(crate) series: &'a [&'a (usize, Series)],
    pub(crate) window: &'a Window,
}

impl SeriesVersions<'_> {
    /// Returns the columns of the table, in order, each behind a prefix such as `v.`.
    pub fn columns(&self, prefix: &str) -> String {
        self.table.columns_with(prefix)
    }

    /// Returns the names of the tables of current and of superseded versions.
    pub fn tables(&self) -> [String; 2] {
        [self.table.name.to_owned(), self.table.history()]
    }

    /// Returns the series and their numbers, in order. There is at least one.
    pub fn series(&self) -> &[&(usize, Series)] {
        self.series
    }

    /// Returns the most versions to find; `None` for all.
    pub fn limit(&self) -> Option<usize> {
        self.window.limit
    }

    /// Returns the number of the first series, event time and knowledge time behind which the versions lie, where a
    /// page before this one ended.
    pub fn after(&self) -> Option<ChangePlace> {
        self.window.after
    }

    /// Appends the condition that a version lies within the window, for which others stand before.
    pub fn within(&self, mut sql: Sql) -> Sql {
        for time in ["v.\"at\"", "v.recorded_at"] {
            sql = sql.push(&format!(" AND {time} <= ")).bind(self.window.until);
        }
        if self.window.from > Timestamp::MIN {
            sql = sql.push(" AND (v.\"at\" >= ").bind(self.window.from);
            sql = sql.push(" OR v.recorded_at >= ").bind(self.window.from).push(")");
        }
        sql
    }

    /// Appends the condition that a version of one series lies behind another of the series.
    pub fn behind(sql: Sql, at: Timestamp, recorded_at: Timestamp) -> Sql {
        let sql = sql.push("(v.\"at\" > ").bind(at).push(" OR (v.\"at\" = ").bind(at);
        sql.push(" AND v.recorded_at > ").bind(recorded_at).push("))")
    }

    /// Finds the versions of all series with one statement that joins the tables to a list of the series.
    ///
    /// # Errors
    /// Those of the engine and of `each`.
    pub fn in_one_statement(
        session: &mut dyn Session,
        search: &SeriesVersions<'_>,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let sql = search.joined();
        session.query(&sql.text, &sql.params, each)
    }

    fn joined(&self) -> Sql {
        let names: Vec<_> = self.series.first().into_iter().flat_map(|(_, columns)| columns).collect();
        let same: Vec<_> = names.iter().map(|(name, _)| format!("v.\"{name}\" = w.\"{name}\"")).collect();
        let versions = |sql: Sql, table: &str| {
            let text = format!(
                "SELECT {}, CAST(w.place AS BIGINT) AS place FROM wanted AS w CROSS JOIN {table} AS v WHERE {}",
                self.columns("v."),
                same.join(" AND ")
            );
            let sql = self.within(sql.push(&text));
            let Some((place, at, recorded_at)) = self.after() else { return sql };
            let sql = sql.push(&format!(" AND (w.place > {place} OR "));
            let sql = Self::behind(sql, at, recorded_at).push(")");
            // The same condition once more, in a form that an index can use.
            if self.series.len() == 1 { sql.push(" AND v.\"at\" >= ").bind(at) } else { sql }
        };
        let [current, superseded] = self.tables();
        let sql = self.wanted().push(&format!(" SELECT {}, place FROM (", self.columns("")));
        let sql = versions(versions(sql, &current).push(" UNION ALL "), &superseded);
        sql.push(") AS changes ORDER BY place, \"at\", recorded_at").push(&limited(self.limit()))
    }

    /// Returns `WITH wanted(place, a, b) AS (VALUES ...)`: the series by their numbers.
    fn wanted(&self) -> Sql {
        let columns = self.series.first().into_iter().flat_map(|(_, columns)| columns);
        let names: Vec<_> = columns.map(|(name, _)| format!("\"{name}\"")).collect();
        let mut sql = Sql::new(format!("WITH wanted(place, {}) AS (VALUES ", names.join(", ")));
        for (row, (place, values)) in self.series.iter().enumerate() {
            // Writing to a `String` cannot fail.
            let _ = write!(sql.text, "{}({place}", if row == 0 { "" } else { ", " });
            for (_, value) in values {
                sql = match value {
                    // A number of our own needs no parameter, and a list of thousands is planned faster without.
                    Value::Integer(id) => sql.push(&format!(", {id}")),
                    // No engine guesses the type of a parameter that stands alone.
                    text => sql.push(", CAST(").bind(text.clone()).push(" AS TEXT)"),
                };
            }
            sql.text.push(')');
        }
        sql.push(")")
    }
}
