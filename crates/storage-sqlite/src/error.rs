//! SQLite's errors by their codes.

use rusqlite::ErrorCode;
use strikebook_core::{Error, ErrorKind};

use crate::NAME;

/// Classifies an error by its code, never by its text.
pub(crate) fn classify(error: rusqlite::Error) -> Error {
    let (kind, message) = match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => (ErrorKind::Conflict, "the write breaks a constraint"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Unavailable, "another process keeps the database locked")
        }
        Some(ErrorCode::OperationInterrupted) => (ErrorKind::Timeout, "the statement was stopped"),
        Some(ErrorCode::NotADatabase) => (ErrorKind::Corrupt, "the file is not an SQLite database"),
        Some(ErrorCode::DatabaseCorrupt) => (ErrorKind::Corrupt, "the database file is damaged"),
        Some(ErrorCode::ReadOnly) => (ErrorKind::Unsupported, "the database can only be read"),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            (ErrorKind::InvalidConfig, "the database file cannot be opened")
        }
        Some(ErrorCode::DiskFull) => (ErrorKind::Unavailable, "the disk is full"),
        Some(ErrorCode::SystemIoFailure) => (ErrorKind::Unavailable, "reading or writing the file failed"),
        _ => (ErrorKind::Internal, "SQLite refused a statement"),
    };
    Error::new(kind, message).on_backend(NAME).caused_by(error)
}
