//! Where what is pulled comes from.

use std::{fmt, future::Future, io, path::PathBuf};

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{Decimal, Error, ErrorKind, Name, Result, Timestamp};
use strikebook_vendors::{Batch, ReadOptions, RecordedAt, read_file};

use super::{ChainRequest, PriceRequest, Request};

/// What a provider answers.
#[derive(Debug)]
pub enum Answer<B> {
    /// Here it is.
    Data {
        /// The records.
        batch: B,
        /// How many bytes came, as they were sent.
        bytes: u64,
    },
    /// There is nothing: no such symbol, no chain.
    Empty {
        /// For how long there will be nothing; `None` when the provider does not say.
        retry_after: Option<TimeDelta>,
    },
}

/// Someone who answers requests of a kind: a broker's interface, a vendor's web service, a model that computes.
#[async_trait]
pub trait Provider<R: Request>: fmt::Debug + Send + Sync + 'static {
    /// Its name, by which it is paid and its answers are known. Rows that it gives have it as their
    /// [source](strikebook_core::Source): those of other sources are kept when [what was fetched](super::clean_up)
    /// goes.
    fn name(&self) -> Name;

    /// What it takes for a request, whether it answers or not. By default nothing.
    fn price(&self, request: &R) -> Decimal {
        let _ = request;
        Decimal::ZERO
    }

    /// Answers a request made at an instant. The records' `at` and `recorded_at` must not be later than the clock that
    /// gave `now` shows by the time of the answer, but for a [tolerance](super::PullOptions::max_clock_skew) in which
    /// clocks may differ.
    ///
    /// An error that is [retryable](Error::is_retryable) is followed by another attempt, after the error's
    /// [`retry_after`](Error::retry_after) where it has one. The future is dropped after a
    /// [timeout](super::PullOptions::timeout), which must be safe.
    ///
    /// # Errors
    /// [`RateLimited`](ErrorKind::RateLimited) for too many requests, [`Unavailable`](ErrorKind::Unavailable) and
    /// [`Timeout`](ErrorKind::Timeout) for what may pass, [`PermissionDenied`](ErrorKind::PermissionDenied) for a
    /// refused key or address, [`Corrupt`](ErrorKind::Corrupt) for an answer that cannot be read. To have nothing is
    /// not an error, and an error is never [`Answer::Empty`], which is believed for an hour.
    async fn fetch(&self, request: &R, now: Timestamp) -> Result<Answer<R::Batch>>;
}

/// A provider that is a function.
pub struct FnProvider<F> {
    name: Name,
    price: Decimal,
    fetch: F,
}

impl<F> FnProvider<F> {
    /// A provider that takes nothing.
    pub const fn new(name: Name, fetch: F) -> Self {
        Self { name, price: Decimal::ZERO, fetch }
    }

    /// Sets what each request costs.
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
    A: Future<Output = Result<Answer<R::Batch>>> + Send,
{
    fn name(&self) -> Name {
        self.name
    }

    fn price(&self, _request: &R) -> Decimal {
        self.price
    }

    async fn fetch(&self, request: &R, now: Timestamp) -> Result<Answer<R::Batch>> {
        (self.fetch)(request.clone(), now).await
    }
}

/// A provider that reads vendors' files: one for each underlying, under a name that follows from the symbol.
#[derive(Clone, Debug)]
pub struct FileProvider {
    name: Name,
    folder: PathBuf,
    suffix: String,
    options: ReadOptions,
}

impl FileProvider {
    /// Reads `SYMBOL` + `suffix` in a folder, such as `SPY_quotes.csv`. Rows count as learned when they are fetched.
    pub fn new(name: Name, folder: impl Into<PathBuf>, suffix: impl Into<String>) -> Self {
        Self { name, folder: folder.into(), suffix: suffix.into(), options: ReadOptions::default() }
    }

    /// Sets how files are read, but for when rows count as learned.
    #[must_use]
    pub fn with_options(mut self, options: ReadOptions) -> Self {
        self.options = options;
        self
    }

    /// What the file of a symbol holds. A file that is not there has nothing; one with a row that cannot be read is
    /// refused, since a part of a chain is not the chain.
    async fn read(&self, symbol: &str, now: Timestamp) -> Result<Answer<Batch>> {
        let path = self.folder.join(format!("{symbol}{}", self.suffix));
        let options = self.options.clone().with_recorded_at(RecordedAt::At(now));
        let read = tokio::task::spawn_blocking(move || {
            let bytes = match path.metadata() {
                Ok(file) => file.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Answer::Empty { retry_after: None });
                }
                Err(error) => {
                    let kind = match error.kind() {
                        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                        _ => ErrorKind::Unavailable,
                    };
                    return Err(Error::new(kind, "cannot read the file").with("path", path.display()).caused_by(error));
                }
            };
            let mut reader = read_file(&path, &options)?;
            let mut batch = Batch::default();
            for record in reader.by_ref() {
                batch.push(record?);
            }
            match reader.report().rejections.first() {
                None => Ok(Answer::Data { batch, bytes }),
                Some(rejection) => Err(Error::corrupt("a row of the file cannot be read").with("row", rejection)),
            }
        });
        read.await.map_err(|error| Error::new(ErrorKind::Internal, "the reader panicked").caused_by(error))?
    }
}

#[async_trait]
impl Provider<ChainRequest> for FileProvider {
    fn name(&self) -> Name {
        self.name
    }

    async fn fetch(&self, request: &ChainRequest, now: Timestamp) -> Result<Answer<Batch>> {
        self.read(request.underlying.as_str(), now).await
    }
}

#[async_trait]
impl Provider<PriceRequest> for FileProvider {
    fn name(&self) -> Name {
        self.name
    }

    async fn fetch(&self, request: &PriceRequest, now: Timestamp) -> Result<Answer<Batch>> {
        self.read(request.symbol.as_str(), now).await
    }
}
