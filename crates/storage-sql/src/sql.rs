//! A statement in the making: text and parameters.

use strikebook_core::Limit;

use crate::codec::Value;

/// A statement's text and its parameters, `$1`, `$2` and so on in the order in which they were bound.
#[derive(Clone, Debug, Default)]
pub struct Sql {
    /// The text of the statement.
    pub text: String,
    /// The parameters in their order.
    pub params: Vec<Value>,
}

impl Sql {
    /// Returns a statement that starts with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), params: Vec::new() }
    }

    /// Appends a text as it is.
    #[must_use]
    pub fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Appends a placeholder and its parameter.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        use std::fmt::Write as _;
        self.params.push(value.into());
        // Writing to a `String` cannot fail.
        let _ = write!(self.text, "${}", self.params.len());
        self
    }

    /// Appends parameters with commas between them.
    #[must_use]
    pub fn bind_all(self, values: impl IntoIterator<Item = Value>) -> Self {
        values.into_iter().enumerate().fold(self, |sql, (i, value)| {
            let sql = if i == 0 { sql } else { sql.push(", ") };
            sql.bind(value)
        })
    }

    /// Appends text and a parameter when there is a value.
    #[must_use]
    pub fn bind_some(self, text: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.push(text).bind(value),
            None => self,
        }
    }
}

/// Returns the end of a statement that returns at most `limit` rows. Engines count in signed 64-bit integers.
pub(crate) fn limited(limit: Option<usize>) -> String {
    limit.map_or_else(String::new, |limit| format!(" LIMIT {}", i64::try_from(limit).unwrap_or(i64::MAX)))
}

/// Returns one row more than a page holds, to know whether another page follows.
pub(crate) fn one_more(limit: Option<Limit>) -> Option<usize> {
    /// The largest limit: no table has as many rows, and every engine takes it.
    const ALL: usize = 1 << 40;
    limit.map(|limit| limit.get().saturating_add(1).min(ALL))
}

/// Returns conditions of which exactly one holds for a row that has one of some values in a column: lists of at most
/// `limit` values.
pub fn one_of_listed(column: &str, values: &[Value], limit: usize) -> Vec<Sql> {
    let any = |values: &[Value]| {
        let sql = Sql::new(format!("{column} IN ("));
        let listed = values.iter().enumerate().fold(sql, |sql, (i, value)| {
            let sql = if i == 0 { sql } else { sql.push(", ") };
            match value {
                // A number of our own needs no parameter, and a list of thousands is planned faster without.
                Value::Integer(id) => sql.push(&id.to_string()),
                other => sql.bind(other.clone()),
            }
        });
        listed.push(")")
    };
    values.chunks(limit).map(any).collect()
}
