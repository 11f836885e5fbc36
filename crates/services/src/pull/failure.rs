//! The failure of a fetch, shared by all who waited for it.

use std::{error::Error as StdError, fmt, sync::Arc};

use strikebook_core::Error;

/// The failure of a fetch, shared by all who waited for it.
#[derive(Clone, Debug)]
pub(super) struct FetchFailure {
    pub(super) error: Arc<Error>,
    pub(super) cause: FailureCause,
}

/// The origin of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureCause {
    /// The provider was called. The failure is cached.
    Provider,
    /// The monthly cap is reached.
    Cap,
    /// The provider failed before, and was not called.
    Paused,
}

impl FetchFailure {
    pub(super) fn new(error: Error, cause: FailureCause) -> Self {
        Self { error: Arc::new(error), cause }
    }
}

impl From<Error> for FetchFailure {
    fn from(error: Error) -> Self {
        Self::new(error, FailureCause::Provider)
    }
}

impl From<FetchFailure> for Error {
    /// Copies the error, once for each of those who waited.
    fn from(FetchFailure { error: shared, .. }: FetchFailure) -> Self {
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

/// The source of a shared error.
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
    fn a_copy_displays_as_the_error() {
        let error = || {
            let source = Error::corrupt("half a document").caused_by(std::io::Error::other("reset by peer"));
            let error = Error::new(ErrorKind::RateLimited, "too many requests").with("status", 429).with("url", "a");
            error.in_operation("fetch").with_retry_after(Duration::from_secs(9)).caused_by(source)
        };
        let copy = Error::from(FetchFailure::from(error()));
        assert_eq!(format!("{copy:#}"), format!("{:#}", error()));
        assert_eq!((copy.kind(), copy.context("url")), (ErrorKind::RateLimited, Some("a")));
        assert_eq!(copy.retry_after(), Some(Duration::from_secs(9)));
    }
}
