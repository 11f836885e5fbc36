//! PostgreSQL's errors by their codes.

use std::{error::Error as StdError, io};

use deadpool::managed::PoolError;
use strikebook_core::{Error, ErrorKind};
use tokio_postgres::error::{DbError, SqlState};

/// The error code with which poolers answer in place of the server.
const PROTOCOL: &str = "08P01";

/// Classifies an error of an open connection by its code, never by its text.
pub(crate) fn classify(error: tokio_postgres::Error) -> Error {
    if error.code().is_some_and(|code| code.code() == PROTOCOL) {
        // Poolers say this of a session whose server connection is gone.
        return unavailable("the connection was lost").caused_by(cause(error));
    }
    sorted(error, ErrorKind::Internal, "PostgreSQL driver error")
}

/// Classifies an error of setting a session's settings, which stem from the URL.
pub(crate) fn refused_setting(error: tokio_postgres::Error) -> Error {
    match error.code().map(SqlState::code) {
        // An unknown setting, a value that it cannot have, and one that only a new process can be given.
        Some(code) if ["42704", "22023", "55P02"].contains(&code) => {
            Error::invalid_config("the server refuses a session setting").with("sqlstate", code).caused_by(cause(error))
        }
        _ => classify(error),
    }
}

/// Classifies an error of connecting. What is neither the network's nor the server's lies in what was configured.
pub(crate) fn connecting(error: tokio_postgres::Error) -> Error {
    sorted(error, ErrorKind::InvalidConfig, "the connection's settings do not fit the server")
}

/// Classifies an error of getting a connection.
pub(crate) fn no_connection(error: PoolError<Error>) -> Error {
    match error {
        PoolError::Backend(error) => error,
        PoolError::Closed => Error::closed(),
        PoolError::Timeout(_) => unavailable("the server did not answer in time"),
        other => Error::new(ErrorKind::Internal, "cannot get a connection").caused_by(other),
    }
}

fn unavailable(message: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

fn sorted(error: tokio_postgres::Error, kind: ErrorKind, message: &'static str) -> Error {
    let source = error.source();
    if let Some(error) = source.and_then(|source| source.downcast_ref::<DbError>()) {
        return refused(error);
    }
    if let Some(io) = source.and_then(|source| source.downcast_ref::<io::Error>()) {
        // A TLS handshake fails with the reason wrapped into an error of the network.
        if io.get_ref().is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>) {
            let message = "the server's certificate or TLS version is not accepted";
            return Error::new(ErrorKind::InvalidConfig, message).caused_by(cause(error));
        }
        return unavailable("the server cannot be reached").caused_by(cause(error));
    }
    if error.is_closed() {
        return unavailable("the connection was lost");
    }
    Error::new(kind, message).caused_by(cause(error))
}

/// Returns the cause of an error of the driver, whose own text says little.
pub(crate) fn cause(error: tokio_postgres::Error) -> Box<dyn StdError + Send + Sync> {
    let text = error.to_string();
    error.into_source().unwrap_or_else(|| text.into())
}

/// Returns the error for a statement that the server refused.
fn refused(refusal: &DbError) -> Error {
    let code = refusal.code().code();
    let (kind, message) = kind_of(code);
    let mut error = Error::new(kind, message).with("sqlstate", code);
    for (key, value) in [("table", refusal.table()), ("constraint", refusal.constraint()), ("detail", refusal.detail())]
    {
        if let Some(value) = value {
            error = error.with(key, value);
        }
    }
    error.caused_by(refusal.clone())
}

/// The kind of a code of PostgreSQL's "Error Codes" appendix.
fn kind_of(code: &str) -> (ErrorKind, &'static str) {
    use ErrorKind::{
        Conflict, Corrupt, Internal, InvalidConfig, InvalidInput, PermissionDenied, Timeout, Unavailable, Unsupported,
    };
    match code {
        "57014" => return (Timeout, "the statement was stopped"),
        // Nothing is wrong with the rows and nothing was written: to try again is all there is to do.
        "40001" | "40P01" | "55P03" => return (Unavailable, "another transaction got in the way"),
        "42501" => return (PermissionDenied, "the user lacks a privilege"),
        "25006" => return (Unsupported, "the database can only be read"),
        // Poolers say this when they do not take a connection.
        PROTOCOL => {
            return (InvalidConfig, "the server, or a pooler in front of it, refuses the connection's settings");
        }
        "XX001" | "XX002" => return (Corrupt, "the database is damaged"),
        _ => {}
    }
    match code.get(..2).unwrap_or_default() {
        "08" | "57" => (Unavailable, "the server is stopping, starting or gone"),
        "53" | "58" => (Unavailable, "the server is out of a resource"),
        "28" => (InvalidConfig, "the server refuses the user, the password or the certificate"),
        "3D" => (InvalidConfig, "the database does not exist"),
        "3F" => (InvalidConfig, "the schema does not exist"),
        "23" => (Conflict, "the write breaks a constraint"),
        "22" => (InvalidInput, "PostgreSQL cannot hold a value"),
        "0A" => (Unsupported, "this server cannot do this"),
        _ => (Internal, "PostgreSQL refused a statement"),
    }
}
