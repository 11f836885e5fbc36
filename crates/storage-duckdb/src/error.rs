//! DuckDB's errors, and the kinds that they become.

use duckdb::Error as DuckdbError;
use strikebook_core::{Error, ErrorKind};

use crate::NAME;

/// Classifies an error. DuckDB's C interface gives no code for most of them, only the name of the error's class in
/// front of its message; that name is looked at, and of the rest nothing but the two sentences that tell a locked and a
/// foreign file.
pub(crate) fn classify(error: DuckdbError) -> Error {
    let text = match &error {
        DuckdbError::DuckDBFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
    let class = text.split(" Error:").next().unwrap_or_default();
    let (kind, message) = match class {
        "IO" if text.contains("Could not set lock") => {
            (ErrorKind::Unavailable, "another process has the database file open")
        }
        "IO" if text.contains("not a valid DuckDB database file") => {
            (ErrorKind::Corrupt, "the file is not a DuckDB database")
        }
        "IO" if text.contains("Cannot open file") => (ErrorKind::InvalidConfig, "the database file cannot be opened"),
        "IO" if text.contains("corrupt") || text.contains("checksum") || text.contains("Could not read") => {
            (ErrorKind::Corrupt, "the database file is damaged")
        }
        "IO" => (ErrorKind::Unavailable, "reading or writing the file failed"),
        "Serialization" => (ErrorKind::Corrupt, "the database file is damaged"),
        "Constraint" => (ErrorKind::Conflict, "the write breaks a constraint"),
        "TransactionContext" | "Transaction" => (ErrorKind::Conflict, "two transactions collided"),
        "INTERRUPT" => (ErrorKind::Timeout, "the statement was stopped"),
        "Out of Memory" => (ErrorKind::Unavailable, "the memory limit is reached"),
        "Invalid Input" if text.contains("read-only") => (ErrorKind::Unsupported, "the database can only be read"),
        _ => (ErrorKind::Internal, "DuckDB refused a statement"),
    };
    Error::new(kind, message).on_backend(NAME).caused_by(error)
}
