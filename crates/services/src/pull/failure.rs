//! Why a fetch brought nothing, as all who waited for it are told.

use std::{error::Error as StdError, fmt, sync::Arc};

use strikebook_core::Error;

/// Why a fetch brought nothing, for all who waited.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) error: Arc<Error>,
    pub(super) cause: Cause,
}

/// The origin of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The provider was asked. The failure is remembered.
    Provider,
    /// The month's cap is reached.
    Budget,
    /// The provider failed before, and was not asked.
    LeftAlone,
}

impl Failure {
    pub(super) fn new(error: Error, cause: Cause) -> Self {
        Self { error: Arc::new(error), cause }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error, Cause::Provider)
    }
}

impl From<Failure> for Error {
    /// Copies the error for each of those who waited.
    fn from(Failure { error: shared, .. }: Failure) -> Self {
        let mut copy = Self::new(shared.kind(), shared.message().to_owned());
        copy = copy.in_operation(shared.operation().unwrap_or("pull"));
        for (key, value) in shared.contexts() {
            copy = copy.with(key, value);
        }
        if let Some(backend) = shared.backend() {
            copy = copy.on_backend(backend);
        }
        if let Some(wait) = shared.retry_after() {
            copy = copy.with_retry_after(wait);
        }
        if shared.source().is_some() {
            copy = copy.caused_by(SharedSource(shared));
        }
        copy
    }
}

/// The cause of an error that several share.
#[derive(Debug)]
struct SharedSource(Arc<Error>);

impl fmt::Display for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.source() {
            Some(source) => write!(f, "{source}"),
            None => Ok(()),
        }
    }
}

impl StdError for SharedSource {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source().and_then(StdError::source)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use strikebook_core::ErrorKind;

    use super::*;

    #[test]
    fn a_copy_says_all_that_the_error_says_and_once() {
        let error = || {
            let source = Error::corrupt("half a document").caused_by(std::io::Error::other("reset by peer"));
            let error = Error::new(ErrorKind::RateLimited, "too many requests").with("status", 429).with("url", "a");
            error.in_operation("fetch").with_retry_after(Duration::from_secs(9)).caused_by(source)
        };
        let copy = Error::from(Failure::from(error()));
        assert_eq!(copy.to_string(), error().to_string());
        assert_eq!((copy.kind(), copy.context("url")), (ErrorKind::RateLimited, Some("a")));
        assert_eq!(copy.retry_after(), Some(Duration::from_secs(9)));
    }
}
