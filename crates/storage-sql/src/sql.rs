//! A statement in the making: text and parameters.

use strikebook_core::Limit;

use crate::{codec::Value, dialect::AppendOrder};

/// A statement's text and its parameters, `$1`, `$2` and so on in the order in which they were bound.
#[derive(Clone, Debug, Default)]
pub struct Sql {
    /// The text.
    pub text: String,
    /// The parameters.
    pub params: Vec<Value>,
}

impl Sql {
    /// A statement that starts with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), params: Vec::new() }
    }

    /// Appends text.
    #[must_use]
    pub fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Appends a parameter.
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

/// The end of a statement that gives so many rows at most. Engines count in signed 64-bit integers.
pub(crate) fn limited(limit: Option<usize>) -> String {
    limit.map_or_else(String::new, |limit| format!(" LIMIT {}", i64::try_from(limit).unwrap_or(i64::MAX)))
}

/// One row more than a page holds, to know whether another page follows.
pub(crate) fn one_more(limit: Option<Limit>) -> Option<usize> {
    /// No table has as many rows, and every engine takes it for a limit.
    const ALL: usize = 1 << 40;
    limit.map(|limit| limit.get().saturating_add(1).min(ALL))
}

/// Conditions of which exactly one holds for a row that has one of some values, in order and each once, in a column.
pub(crate) fn any_of(column: &str, values: &[Value], order: AppendOrder) -> Vec<Sql> {
    /// Engines take some ten thousand parameters at most.
    const AT_ONCE: usize = 4096;
    /// What planning one run takes, in numbers of a list.
    const RUN: usize = 10;
    let runs = if order == AppendOrder::Time { runs(values) } else { None };
    if let Some(runs) = runs.filter(|runs| runs.len() * RUN <= values.len()) {
        // An engine without an index looks at all rows of that time, and checks few bounds faster than many numbers.
        let run = |(first, last): &(i64, i64)| format!("{column} BETWEEN {first} AND {last}");
        let any = |runs: &[(i64, i64)]| runs.iter().map(run).collect::<Vec<_>>().join(" OR ");
        return runs.chunks(AT_ONCE).map(|runs| Sql::new(any(runs))).collect();
    }
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
    values.chunks(AT_ONCE).map(any).collect()
}

/// Runs of consecutive numbers, each by its first and last; `None` when the values are no numbers.
fn runs(values: &[Value]) -> Option<Vec<(i64, i64)>> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for value in values {
        let Value::Integer(number) = value else { return None };
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    Some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(numbers: impl IntoIterator<Item = i64>, order: AppendOrder) -> Vec<String> {
        let values: Vec<_> = numbers.into_iter().map(Value::Integer).collect();
        any_of("id", &values, order).into_iter().map(|sql| sql.text).collect()
    }

    #[test]
    fn few_runs_are_asked_for_by_their_bounds_and_many_by_their_numbers() {
        assert_eq!(texts((1..=20).chain(31..=50), AppendOrder::Time), ["id BETWEEN 1 AND 20 OR id BETWEEN 31 AND 50"]);
        assert_eq!(texts([1, 3, 4], AppendOrder::Time), ["id IN (1, 3, 4)"]);
        assert_eq!(texts(1..=3, AppendOrder::Key), ["id IN (1, 2, 3)"]);
        assert!(texts([], AppendOrder::Time).is_empty());
    }
}
