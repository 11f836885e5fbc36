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

use super::{Answer, ChainRequest, PriceRequest, Provider};

/// Where Cboe serves them.
const ADDRESS: &str = "https://cdn.cboe.com/api/global/delayed_quotes/options";
/// More than the largest chain, that of SPX, by far.
const LARGEST: u64 = 256 << 20;
/// How many of a chain's quotes may be unreadable: one in so many.
const UNREADABLE: u64 = 100;
/// Indices, whose documents have a mark before the symbol.
const INDICES: [&str; 12] = ["DJX", "MRUT", "NDX", "OEX", "RUI", "RUT", "SPX", "VIX", "VIXW", "XEO", "XND", "XSP"];

/// Cboe's delayed quotes: the whole chain of a symbol and the underlying's quote in one document, about 15 minutes old,
/// free and without a key. An answer holds all expirations, whichever were asked for.
///
/// | status | answer |
/// |---|---|
/// | 404 | [nothing](Answer::Empty): no such symbol |
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
    /// Asks Cboe. What takes longer than a minute is given up.
    ///
    /// # Errors
    /// None that could happen: its name is one.
    pub fn new() -> Result<Self> {
        let agent = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .user_agent(concat!("strikebook/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self { name: Name::new("cboe")?, agent, address: ADDRESS.to_owned() })
    }

    /// Asks another server that serves the same documents, such as a mirror: this address, a slash, the symbol,
    /// `.json`.
    #[must_use]
    pub fn at(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// The document of a symbol. Blocking calls of the client have a thread of their own; one whose caller went away
    /// ends with its time.
    async fn document(&self, symbol: Symbol, now: Timestamp) -> Result<Answer<Batch>> {
        let mark = if INDICES.contains(&symbol.as_str()) { "_" } else { "" };
        let url = format!("{}/{mark}{symbol}.json", self.address);
        let agent = self.agent.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let answer = agent.get(&url).call().map_err(failed).and_then(|response| read(response, symbol, now));
            answer.map_err(|error| error.with("url", url))
        });
        asked.await.map_err(|error| Error::new(ErrorKind::Internal, "the client panicked").caused_by(error))?
    }
}

/// What a response says.
fn read(mut response: Response<Body>, symbol: Symbol, now: Timestamp) -> Result<Answer<Batch>> {
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
        404 => return Ok(Answer::Empty { retry_after: None }),
        401 | 403 | 407 => return refused(ErrorKind::PermissionDenied, "the server refuses access to the document"),
        429 => return refused(ErrorKind::RateLimited, "the server refuses more requests for now"),
        408 | 500.. => return refused(ErrorKind::Unavailable, "the server failed"),
        _ => return refused(ErrorKind::Internal, "unexpected status"),
    }
    let document = response.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(failed)?;
    let bytes = document.len() as u64;
    let options = ReadOptions::default().with_format(Format::CboeJson).with_recorded_at(RecordedAt::At(now));
    let mut reader = read_from(&format!("{symbol}.json"), Cursor::new(document), &options)?;
    let mut batch = Batch::default();
    for record in reader.by_ref() {
        batch.push(record?);
    }
    let report = reader.report();
    if report.rejected.saturating_mul(UNREADABLE) > report.read {
        let error = Error::corrupt("too many of the chain's quotes cannot be read");
        let error = error.with("read", report.read).with("rejected", report.rejected);
        return Err(match report.rejections.first() {
            Some(first) => error.with("first", first),
            None => error,
        });
    }
    Ok(Answer::Data { batch, bytes })
}

/// Returns the wait of a `Retry-After` header: seconds, or a date less the server's own `Date`, or less our clock where
/// there is none. `None` for a header that is neither.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let date = |text: &str| Timestamp::try_from(DateTime::parse_from_rfc2822(text).ok()?.to_utc()).ok();
    let told = text("retry-after")?;
    if let Ok(seconds) = told.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let wait = date(told)?.since(text("date").and_then(date).unwrap_or(now));
    // A date that is over asks for no wait.
    Some(wait.to_std().unwrap_or_default())
}

/// A connection that failed may work the next time; an answer that is too large will not.
fn failed(error: ureq::Error) -> Error {
    let (kind, message) = match &error {
        ureq::Error::Timeout(_) => (ErrorKind::Timeout, "the server gave no answer in time"),
        ureq::Error::BodyExceedsLimit(_) => (ErrorKind::Corrupt, "the answer is too large"),
        ureq::Error::BadUri(_) => (ErrorKind::InvalidConfig, "the address is none"),
        _ => (ErrorKind::Unavailable, "the server could not be reached, or broke off"),
    };
    Error::new(kind, message).caused_by(error)
}

#[async_trait]
impl Provider<ChainRequest> for Cboe {
    fn name(&self) -> Name {
        self.name
    }

    async fn fetch(&self, request: &ChainRequest, now: Timestamp) -> Result<Answer<Batch>> {
        self.document(request.underlying, now).await
    }
}

#[async_trait]
impl Provider<PriceRequest> for Cboe {
    fn name(&self) -> Name {
        self.name
    }

    async fn fetch(&self, request: &PriceRequest, now: Timestamp) -> Result<Answer<Batch>> {
        self.document(request.symbol, now).await
    }
}
