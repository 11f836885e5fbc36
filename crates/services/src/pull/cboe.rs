//! Cboe's delayed quotes over HTTP.

use std::{io::Cursor, time::Duration};

use async_trait::async_trait;
use chrono::DateTime;
use strikebook_core::{Error, ErrorKind, Name, Result, Timestamp, market::Symbol};
use strikebook_vendors::{Batch, Format, ReadOptions, RecordedAt, read_from};
use ureq::{
    Agent, Body,
    http::{HeaderMap, Response},
};

use super::{ChainRequest, PriceRequest, Provider, ProviderResponse};

/// The address of Cboe's documents.
const ADDRESS: &str = "https://cdn.cboe.com/api/global/delayed_quotes/options";
/// The most bytes of a document, far more than the largest chain, that of SPX.
const MAX_DOCUMENT_BYTES: u64 = 256 << 20;
/// A chain may have one unreadable quote in this many.
const QUOTES_PER_UNREADABLE: u64 = 100;
/// The indices, whose documents have an underscore before the symbol.
const INDICES: [&str; 12] = ["DJX", "MRUT", "NDX", "OEX", "RUI", "RUT", "SPX", "VIX", "VIXW", "XEO", "XND", "XSP"];

/// Cboe's delayed quotes: the whole chain of a symbol and the underlying's quote in one document, about 15 minutes old,
/// free and without a key. A response holds all expirations, whichever one the request names.
///
/// | status | result |
/// |---|---|
/// | 404 | [empty](ProviderResponse::Empty): no such symbol |
/// | 401, 403, 407 | [`PermissionDenied`](ErrorKind::PermissionDenied). Cboe answers 403 to an address that it blocks, and may do so for a symbol without options |
/// | 429 | [`RateLimited`](ErrorKind::RateLimited) |
/// | 408, 5xx | [`Unavailable`](ErrorKind::Unavailable) |
///
/// `Retry-After`, in seconds or as a date, is the error's [`retry_after`](Error::retry_after). A document with more
/// than one unreadable quote in a hundred is refused whole; fewer are left out.
#[derive(Clone, Debug)]
pub struct Cboe {
    name: Name,
    agent: Agent,
    address: String,
}

impl Cboe {
    /// Creates a provider that calls Cboe, with a timeout of one minute for each call.
    ///
    /// # Errors
    /// None in practice: `cboe` is a valid name.
    pub fn new() -> Result<Self> {
        let agent = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .user_agent(concat!("strikebook/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self { name: Name::new("cboe")?, agent, address: ADDRESS.to_owned() })
    }

    /// Sets the address of another server with the same documents, such as a mirror. A document's URL is the address,
    /// a slash, the symbol and `.json`.
    #[must_use]
    pub fn at(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// Downloads and reads the document of a symbol. The client's blocking call runs on a thread of its own; without a
    /// waiting caller it ends with its timeout.
    async fn document(&self, symbol: Symbol, now: Timestamp) -> Result<ProviderResponse<Batch>> {
        let mark = if INDICES.contains(&symbol.as_str()) { "_" } else { "" };
        let url = format!("{}/{mark}{symbol}.json", self.address);
        let agent = self.agent.clone();
        let call = tokio::task::spawn_blocking(move || {
            let response = agent.get(&url).call().map_err(failed).and_then(|response| read(response, symbol, now));
            response.map_err(|error| error.with("url", url))
        });
        call.await.map_err(|error| Error::new(ErrorKind::Internal, "the HTTP client panicked").caused_by(error))?
    }
}

/// Reads a response by its status.
fn read(mut response: Response<Body>, symbol: Symbol, now: Timestamp) -> Result<ProviderResponse<Batch>> {
    let status = response.status();
    let refused = |kind, message: &'static str| {
        let error = Error::new(kind, message).with("status", status);
        Err(match retry_after(response.headers(), now) {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        })
    };
    match status.as_u16() {
        200 => {}
        404 => return Ok(ProviderResponse::Empty { retry_after: None }),
        401 | 403 | 407 => return refused(ErrorKind::PermissionDenied, "the server denied access to the document"),
        429 => return refused(ErrorKind::RateLimited, "the server limits the rate of requests"),
        408 | 500.. => return refused(ErrorKind::Unavailable, "the server failed to answer"),
        _ => return refused(ErrorKind::Internal, "unexpected HTTP status"),
    }
    let document = response.body_mut().with_config().limit(MAX_DOCUMENT_BYTES).read_to_vec().map_err(failed)?;
    let bytes = document.len() as u64;
    let options = ReadOptions::default().with_format(Format::CboeJson).with_recorded_at(RecordedAt::At(now));
    let mut reader = read_from(&format!("{symbol}.json"), Cursor::new(document), &options)?;
    let mut batch = Batch::default();
    for record in reader.by_ref() {
        batch.push(record?);
    }
    let report = reader.report();
    if report.rejected.saturating_mul(QUOTES_PER_UNREADABLE) > report.read {
        let error = Error::corrupt("more than one quote in a hundred of the chain cannot be read");
        let error = error.with("read", report.read).with("rejected", report.rejected);
        return Err(match report.rejections.first() {
            Some(first) => error.with("first", first),
            None => error,
        });
    }
    Ok(ProviderResponse::Data { batch, bytes })
}

/// Returns the wait of a `Retry-After` header: seconds, or a date less the server's own `Date`, or less our clock where
/// there is none. `None` for a header that is neither.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let date = |text: &str| Timestamp::try_from(DateTime::parse_from_rfc2822(text).ok()?.to_utc()).ok();
    let value = text("retry-after")?;
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let wait = date(value)?.since(text("date").and_then(date).unwrap_or(now));
    // A past date asks for no wait.
    Some(wait.to_std().unwrap_or(Duration::ZERO))
}

/// Converts the client's error. A failed connection is retryable; a document that is too large is not.
fn failed(error: ureq::Error) -> Error {
    let (kind, message) = match &error {
        ureq::Error::Timeout(_) => (ErrorKind::Timeout, "the server did not answer within the timeout"),
        ureq::Error::BodyExceedsLimit(_) => (ErrorKind::Corrupt, "the document is larger than 256 MiB"),
        ureq::Error::BadUri(_) => (ErrorKind::InvalidConfig, "the address is no valid URL"),
        _ => (ErrorKind::Unavailable, "the server cannot be reached, or the connection broke"),
    };
    Error::new(kind, message).caused_by(error)
}

#[async_trait]
impl Provider<ChainRequest> for Cboe {
    fn name(&self) -> Name {
        self.name
    }

    async fn fetch(&self, request: &ChainRequest, now: Timestamp) -> Result<ProviderResponse<Batch>> {
        self.document(request.underlying, now).await
    }
}

#[async_trait]
impl Provider<PriceRequest> for Cboe {
    fn name(&self) -> Name {
        self.name
    }

    async fn fetch(&self, request: &PriceRequest, now: Timestamp) -> Result<ProviderResponse<Batch>> {
        self.document(request.symbol, now).await
    }
}
