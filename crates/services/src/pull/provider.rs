//! Providers, from which a puller fetches.

use std::{fmt, future::Future};

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{Decimal, Name, Result, Timestamp};

use super::Request;

/// The response of a provider.
#[derive(Debug)]
pub enum ProviderResponse<B> {
    /// The provider has data.
    Data {
        /// The records of the response.
        batch: B,
        /// The number of bytes as they were sent.
        bytes: u64,
    },
    /// The provider has nothing: no such symbol, no chain.
    Empty {
        /// The time after which to ask again; `None` when the provider names none.
        retry_after: Option<TimeDelta>,
    },
}

/// A source of answers to requests of one kind: a broker's interface, a vendor's web service, a model that computes.
#[async_trait]
pub trait Provider<R: Request>: fmt::Debug + Send + Sync + 'static {
    /// Returns the provider's name, which cache entries and charges carry. The provider's rows must have the name as
    /// their [source](strikebook_core::Source): a [clean-up](super::clean_up) keeps rows of other sources.
    fn name(&self) -> Name;

    /// Returns the price of one call, whatever its response. By default calls are free.
    fn price(&self, request: &R) -> Decimal {
        let _ = request;
        Decimal::ZERO
    }

    /// Answers a request made at an instant. The records' `at` and `recorded_at` must not be later than the puller's
    /// clock at the time of the response, except for the [tolerated](super::PullOptions::max_clock_skew) difference
    /// between clocks.
    ///
    /// A [retryable](strikebook_core::Error::is_retryable) error is followed by another attempt, after the error's
    /// [`retry_after`](strikebook_core::Error::retry_after) if there is one. The puller drops the future after a
    /// [timeout](super::PullOptions::timeout), which must be safe.
    ///
    /// # Errors
    /// - [`RateLimited`](strikebook_core::ErrorKind::RateLimited) for too many requests;
    /// - [`Unavailable`](strikebook_core::ErrorKind::Unavailable) and [`Timeout`](strikebook_core::ErrorKind::Timeout)
    ///   for passing failures;
    /// - [`PermissionDenied`](strikebook_core::ErrorKind::PermissionDenied) for a refused key or address;
    /// - [`Corrupt`](strikebook_core::ErrorKind::Corrupt) for a response that cannot be read.
    ///
    /// Having nothing is not an error, and a failure must not be reported as [`ProviderResponse::Empty`], which is
    /// cached for an hour.
    async fn fetch(&self, request: &R, now: Timestamp) -> Result<ProviderResponse<R::Batch>>;
}

/// A provider backed by an async function.
pub struct FnProvider<F> {
    name: Name,
    price: Decimal,
    fetch: F,
}

impl<F> FnProvider<F> {
    /// Creates a provider whose calls are free.
    pub const fn new(name: Name, fetch: F) -> Self {
        Self { name, price: Decimal::ZERO, fetch }
    }

    /// Sets the price of each call.
    #[must_use]
    pub fn with_price(self, price: Decimal) -> Self {
        Self { price, ..self }
    }
}

impl<F> fmt::Debug for FnProvider<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnProvider").field("name", &self.name).field("price", &self.price).finish_non_exhaustive()
    }
}

#[async_trait]
impl<R, F, A> Provider<R> for FnProvider<F>
where
    R: Request,
    F: Fn(R, Timestamp) -> A + Send + Sync + 'static,
    A: Future<Output = Result<ProviderResponse<R::Batch>>> + Send,
{
    fn name(&self) -> Name {
        self.name
    }

    fn price(&self, _request: &R) -> Decimal {
        self.price
    }

    async fn fetch(&self, request: &R, now: Timestamp) -> Result<ProviderResponse<R::Batch>> {
        (self.fetch)(request.clone(), now).await
    }
}
