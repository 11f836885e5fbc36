//! The error type of every public signature.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

#[cfg(doc)]
use crate::port::{Entry, Keyed};
use crate::vocabulary::vocabulary;

/// A `Result` with [`Error`] as its default error type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// The longest message, context value or cause that an error shows, in bytes. Longer ones are cut: they echo input,
/// which may be a file of megabytes, into logs.
const LONGEST: usize = 500;

/// Shortens a text that is too long to be echoed, and appends its length.
fn shortened(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return text;
    }
    let kept = (0..=LONGEST).rev().find_map(|end| text.get(..end)).unwrap_or_default();
    Cow::Owned(format!("{kept}… ({} bytes)", text.len()))
}

vocabulary! {
    /// The kind of an error, in terms that a program can act on.
    ///
    /// # Errors of an engine
    /// Every method of every port can return these, whatever it does; its own `# Errors` section lists others only:
    ///
    /// - [`Unavailable`](Self::Unavailable), [`Timeout`](Self::Timeout) and [`Closed`](Self::Closed) of the connection,
    /// - [`PermissionDenied`](Self::PermissionDenied) when the database role lacks a privilege,
    /// - [`Corrupt`](Self::Corrupt) when stored data cannot be decoded,
    /// - [`Conflict`](Self::Conflict) when two writers collided and the engine gave up one of them,
    /// - [`Internal`](Self::Internal) for whatever should not happen.
    #[non_exhaustive]
    ErrorKind, "error kind" {
        /// The named thing does not exist, and the operation requires it.
        NotFound = "not_found",
        /// The write contradicts a stored row, or two writers collided.
        Conflict = "conflict",
        /// A value passed in is outside its documented range. Nothing was written.
        InvalidInput = "invalid_input",
        /// A row of simulated data was offered to a store that was not opened with `allow_simulated`. Nothing was
        /// written.
        SimulatedData = "simulated_data",
        /// A URL, option or setting is wrong, or a database is not one that this version can use.
        InvalidConfig = "invalid_config",
        /// The user, key or actor may not do this: a missing privilege, a refused key, a record in another's name.
        PermissionDenied = "permission_denied",
        /// A provider or server refuses further calls for now. [`Error::retry_after`] is the wait that it asked for,
        /// if any.
        RateLimited = "rate_limited",
        /// The clocks of two parties differ by more than the tolerance. The context names both times.
        ClockSkew = "clock_skew",
        /// The engine, or the mode in which it was opened, cannot do this at all.
        Unsupported = "unsupported",
        /// The engine cannot be reached, or another process has locked it. A later attempt may succeed.
        Unavailable = "unavailable",
        /// The operation exceeded its time limit. A write may or may not have been stored; writes are idempotent, so
        /// repeating one is safe.
        Timeout = "timeout",
        /// The store was closed before or during the operation.
        Closed = "closed",
        /// Stored data differs from what strikebook wrote: truncated, altered, or written by another program.
        Corrupt = "corrupt",
        /// A broken invariant or an unexpected answer of a driver. Please report such an error.
        Internal = "internal",
    }
}

/// An error: its [kind](ErrorKind), a message, the operation, the backend, a context of named values, and the cause.
///
/// | form | shows |
/// |---|---|
/// | `{}` | the error on one line, without its cause, which [`source`](StdError::source) returns |
/// | `{:#}` | the error and the chain of its causes on one line |
/// | `{:?}` | the same on several lines |
///
/// No form contains a password: adapters redact URLs before they reach an error. Messages, values and causes are cut
/// at 500 bytes each.
///
/// ```
/// use std::io;
///
/// use strikebook_core::{Error, ErrorKind};
///
/// let error = Error::invalid_input("bid must not be negative").with("row", 7).with("value", -0.05);
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert_eq!(error.context("row"), Some("7"));
/// assert_eq!(error.to_string(), "invalid_input: bid must not be negative [row: 7, value: -0.05]");
///
/// let error = Error::corrupt("page 3 is unreadable").caused_by(io::Error::other("disk on fire"));
/// assert_eq!(format!("{error}"), "corrupt: page 3 is unreadable");
/// assert_eq!(format!("{error:#}"), "corrupt: page 3 is unreadable: disk on fire");
/// ```
///
/// # Context
/// Keys are `snake_case` and have one meaning each. The name of an entry or a keyed row ([`Entry::NAME`],
/// [`Keyed::NAME`]), such as `order` or `cache_entry`, is the key of the identity of one.
///
/// | key | value |
/// |---|---|
/// | `row`, `index` | the place in the batch, or in a list of the row, from 0 |
/// | `write`, `key` | the place of a write in a [unit of work](crate::unit), from 0, and the key of its row |
/// | `line`, `byte` | the line of a file from 1, the offset in it |
/// | `field`, `value`, `expected` | a wrong field, its value, the accepted values |
/// | `found`, `text`, `part` | the text found, the whole text that was read, its wrong part |
/// | `column`, `columns`, `fields` | a column, the numbers of columns and of fields |
/// | `attribute`, `missing`, `json` | an XML attribute, a missing field, the message of the JSON reader |
/// | `row_group` | a row group of a Parquet file, from 0 |
/// | `file`, `path`, `log` | an input file, a path, the log beside a database's file |
/// | `entries`, `read`, `rejected` | the numbers of an archive's entries, of rows read and of rows rejected |
/// | `wrong_rows`, `first` | the number of wrong rows, and the first of them |
/// | `cursor`, `window`, `pattern` | the text of a cursor, of a window, of a pattern of times |
/// | `limit`, `timeout`, `patience` | the time limit of an operation |
/// | `position` | the place of an option in a URL; a position's key or place in its account |
/// | `at`, `from`, `until`, `day`, `time` | instants, a day, a local time |
/// | `micros`, `days_since_2000` | an instant, a day as a number |
/// | `opened`, `entered`, `asked_at`, `claimed_at` | the start of the position, the trade, the fetch, the lease |
/// | `record_at`, `now`, `ahead`, `tolerance` | a record's instant, our clock, the difference and its tolerance |
/// | `newest`, `read_at`, `lag` | the newest record's instant, the instant of the read, a publication lag |
/// | `symbol`, `underlying`, `instrument` | a symbol, an underlying, an instrument |
/// | `contract`, `root`, `expiration`, `strike` | an option contract or a part of it |
/// | `thousandths`, `contract_id` | a strike's number, the number of a contract in a database |
/// | `option` | a contract's type; an option of a URL |
/// | `series`, `timeframe`, `pair` | an economic series, a timeframe, a pair of symbols |
/// | `account`, `portfolio`, `metrics` | the key of the row, or a part of it |
/// | `model`, `inputs`, `maturity` | a model, the hash of its inputs, a maturity in years |
/// | `source`, `dataset`, `table` | the source of a row, its dataset, its table |
/// | `list`, `resource` | a list of the directory, the kind of thing that an audit entry is about |
/// | `id`, `name`, `email` | the text of an identity, a name, an e-mail address |
/// | `broker_order_id`, `other` | the broker's identity of an order, the order that has it already |
/// | `group`, `currency` | a group of linked orders, the currency of an amount |
/// | `lot`, `held`, `too_many` | a lot, the shares held, the units in excess of the open ones |
/// | `status`, `wanted` | a status or HTTP code, the requested status |
/// | `kind`, `reason`, `failure` | the kind of an event, the reason, the failure of the fetch before |
/// | `quantity`, `filled`, `multiplier` | quantities and multiplier of an order or lot |
/// | `price`, `bid`, `ask`, `one`, `other` | amounts that contradict each other |
/// | `intrinsic`, `bound` | the discounted intrinsic value of an option, the upper bound of its price |
/// | `have`, `need`, `length`, `left`, `right` | numbers of values: there, needed, of a column, of two columns |
/// | `result`, `coefficient` | a result that does not exist, the autoregressive coefficient of a series |
/// | `total_exposure` | a portfolio's exposure |
/// | `spent`, `cap`, `quotes`, `greeks` | money spent, its cap, the numbers of a batch's quotes and Greeks |
/// | `type`, `sub_type`, `action` | a broker's words for the kind of a transaction |
/// | `step`, `steps`, `written`, `unchanged` | a step of a run, the steps so far, rows written, rows unchanged |
/// | `actor` | the actor of the store, where the audit entry names another `user` |
/// | `provider`, `url`, `retry_after` | a provider, an address, the instant before which the provider is not asked |
/// | `store`, `scheme`, `feature` | a store's place in the configuration, a URL's scheme, the feature to enable |
/// | `setting`, `variable`, `known` | a setting, an environment variable, the known options |
/// | `sslcert`, `sslkey`, `sslrootcert` | files of certificates |
/// | `server`, `schema`, `sqlstate` | of PostgreSQL: the server, the schema, the code of the error |
/// | `constraint`, `detail` | of PostgreSQL: the constraint, the detail of the error |
/// | `migration`, `pending`, `newest_known` | a migration, the first pending one, the newest of this version |
/// | `known_checksum`, `applied_checksum` | a migration's checksum here and in the database |
/// | `sent`, `taken`, `copied`, `deleted` | numbers of rows that must be equal |
/// | `sections`, `rows`, `options`, `results` | how many there are, where another number is expected |
/// | `amount`, `equity`, `first_day` | an amount of money, an account's equity, the first day of the data |
/// | `panic` | the message of a panic |
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    operation: Option<&'static str>,
    backend: Option<&'static str>,
    context: Vec<(&'static str, String)>,
    retry_after: Option<Duration>,
    source: Option<Source>,
}

impl Error {
    /// Creates an error of a kind with a message.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: shortened(message.into()),
            operation: None,
            backend: None,
            context: Vec::new(),
            retry_after: None,
            source: None,
        }))
    }

    /// Creates an error of kind [`InvalidInput`](ErrorKind::InvalidInput).
    pub fn invalid_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// Creates an error of kind [`InvalidConfig`](ErrorKind::InvalidConfig).
    pub fn invalid_config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidConfig, message)
    }

    /// Creates an error of kind [`Corrupt`](ErrorKind::Corrupt).
    pub fn corrupt(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    /// Creates an error of kind [`Internal`](ErrorKind::Internal): an invariant of this library does not hold.
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Creates the error of kind [`Closed`](ErrorKind::Closed) that a closed store returns.
    pub fn closed() -> Self {
        Self::new(ErrorKind::Closed, "the store is closed")
    }

    /// Adds a named value to the context, with a `snake_case` key of the [table](Self#context). A value of more than
    /// 500 bytes is cut and its length appended. Control characters are escaped, so that an error stays one line of a
    /// log.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        let mut value = shortened(value.to_string().into()).into_owned();
        if value.contains(char::is_control) {
            let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
            value = value.chars().map(escaped).collect();
        }
        self.0.context.push((key, value));
        self
    }

    /// Sets the operation, unless one is set already: the innermost name is the most precise.
    #[must_use]
    pub fn in_operation(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Sets the backend, unless one is set already.
    #[must_use]
    pub fn on_backend(mut self, backend: &'static str) -> Self {
        self.0.backend.get_or_insert(backend);
        self
    }

    /// Sets the wait before the next attempt.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Sets the cause, which [`source`](StdError::source) returns.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the message without kind, context or cause.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the port's operation that failed, such as `upsert_quotes`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the backend on which the operation failed, such as `sqlite`.
    pub fn backend(&self) -> Option<&'static str> {
        self.0.backend
    }

    /// Returns the first context value of a key.
    pub fn context(&self, key: &str) -> Option<&str> {
        self.0.context.iter().find(|(k, _)| *k == key).map(|(_, value)| value.as_str())
    }

    /// Returns the whole context, in the order in which it was added.
    pub fn contexts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.context.iter().map(|(key, value)| (*key, value.as_str()))
    }

    /// Returns the wait that the refusing side asked for, if any.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the texts of the chain of causes, the nearest first. A cause whose text the one before ends with is left
    /// out: drivers' errors often show their own cause.
    fn causes(&self) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if texts.last().is_none_or(|last| !last.ends_with(&text)) {
                texts.push(text);
            }
            cause = error.source();
        }
        texts.into_iter().map(|text| shortened(text.into()).into_owned()).collect()
    }

    /// Returns true if the same call may succeed later unchanged: [`Unavailable`](ErrorKind::Unavailable),
    /// [`Timeout`](ErrorKind::Timeout) and, after [`retry_after`](Self::retry_after),
    /// [`RateLimited`](ErrorKind::RateLimited). Writes are idempotent, so repeating one is safe.
    pub fn is_retryable(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, operation, backend, context, retry_after, source: _ } = &*self.0;
        if let Some(backend) = backend {
            write!(f, "{backend}: ")?;
        }
        if let Some(operation) = operation {
            write!(f, "{operation}: ")?;
        }
        write!(f, "{kind}: {message}")?;
        for (i, (key, value)) in context.iter().enumerate() {
            write!(f, "{}{key}: {value}", if i == 0 { " [" } else { ", " })?;
        }
        if !context.is_empty() {
            f.write_str("]")?;
        }
        if let Some(wait) = retry_after {
            write!(f, ", retry after {wait:?}")?;
        }
        if f.alternate() {
            self.causes().iter().try_for_each(|cause| write!(f, ": {cause}"))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, operation, backend, context, retry_after, source: _ } = &*self.0;
        write!(f, "{kind}: {message}")?;
        if let Some(backend) = backend {
            write!(f, "\n  backend: {backend}")?;
        }
        if let Some(operation) = operation {
            write!(f, "\n  operation: {operation}")?;
        }
        for (key, value) in context {
            write!(f, "\n  {key}: {value}")?;
        }
        if let Some(wait) = retry_after {
            write!(f, "\n  retry after: {wait:?}")?;
        }
        self.causes().iter().try_for_each(|cause| write!(f, "\n  caused by: {cause}"))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_operation_and_backend_stay() {
        let error = Error::closed().in_operation("ping").in_operation("outer").on_backend("sqlite").on_backend("other");
        assert_eq!((error.operation(), error.backend()), (Some("ping"), Some("sqlite")));
        assert_eq!(error.to_string(), "sqlite: ping: closed: the store is closed");
    }

    #[test]
    fn only_transient_errors_are_retryable() {
        assert!(Error::new(ErrorKind::Unavailable, "x").is_retryable());
        assert!(Error::new(ErrorKind::Timeout, "x").is_retryable());
        assert!(Error::new(ErrorKind::RateLimited, "x").is_retryable());
        assert!(!Error::new(ErrorKind::PermissionDenied, "x").is_retryable());
        assert!(!Error::new(ErrorKind::Conflict, "x").is_retryable());
    }

    #[test]
    fn the_requested_wait_is_reported() {
        let error = Error::new(ErrorKind::RateLimited, "too many requests").with_retry_after(Duration::from_secs(30));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
        assert_eq!(error.to_string(), "rate_limited: too many requests, retry after 30s");
        assert_eq!(format!("{error:?}"), "rate_limited: too many requests\n  retry after: 30s");
    }

    #[test]
    fn kinds_are_read_back_and_context_is_listed() {
        assert!(ErrorKind::ALL.iter().all(|kind| kind.as_str().parse::<ErrorKind>().is_ok_and(|read| read == *kind)));
        let error = Error::invalid_input("x").with("row", 7).with("bid", -0.05);
        assert_eq!(error.contexts().collect::<Vec<_>>(), [("row", "7"), ("bid", "-0.05")]);
    }

    #[test]
    fn echoed_text_is_cut_between_characters() {
        let long = "é".repeat(1_000_000);
        let error = Error::invalid_config(format!("no such option {long}")).with("path", &long).caused_by(long.clone());
        let path = format!("{}… (2000000 bytes)", "é".repeat(LONGEST / 2));
        assert_eq!(error.context("path"), Some(path.as_str()));
        for shown in [format!("{error:#}"), format!("{error:?}"), error.message().to_owned()] {
            assert!(shown.len() < 4 * LONGEST, "{} bytes", shown.len());
        }
        let exact = "x".repeat(LONGEST);
        assert_eq!(Error::closed().with("value", &exact).context("value"), Some(exact.as_str()));
        assert_eq!(Error::closed().with("value", "a\0b\nc").context("value"), Some("a\\u{0}b\\nc"));
        let odd = format!("x{long}");
        assert!(Error::closed().with("value", odd).context("value").is_some_and(|cut| cut.starts_with("xé")));
    }

    #[test]
    fn display_leaves_the_cause_to_the_source() {
        let io = std::io::Error::other("disk on fire");
        let inner = Error::corrupt("page 3 is unreadable").with("path", "a.db").caused_by(io);
        let error = Error::internal("the copy failed").caused_by(inner);
        assert_eq!(error.to_string(), "internal: the copy failed");
        let cause = error.source().expect("a cause");
        assert_eq!(cause.to_string(), "corrupt: page 3 is unreadable [path: a.db]");
        assert_eq!(cause.source().map(ToString::to_string).as_deref(), Some("disk on fire"));
    }

    #[test]
    fn the_alternate_form_and_debug_show_the_whole_chain() {
        let io = std::io::Error::other("disk on fire");
        let error = Error::corrupt("page 3 is unreadable").with("path", "a.db").caused_by(io);
        assert_eq!(format!("{error:#}"), "corrupt: page 3 is unreadable [path: a.db]: disk on fire");
        assert_eq!(format!("{error:?}"), "corrupt: page 3 is unreadable\n  path: a.db\n  caused by: disk on fire");
        let outer = Error::internal("the copy failed").caused_by(error);
        let chain = "internal: the copy failed: corrupt: page 3 is unreadable [path: a.db]: disk on fire";
        assert_eq!(format!("{outer:#}"), chain);
    }

    #[test]
    fn a_cause_that_the_one_before_shows_is_not_repeated() {
        #[derive(Debug)]
        struct Showing(std::io::Error);

        impl fmt::Display for Showing {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "cannot connect: {}", self.0)
            }
        }

        impl StdError for Showing {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                Some(&self.0)
            }
        }

        let error = Error::closed().caused_by(Showing(std::io::Error::other("refused")));
        assert_eq!(format!("{error:#}"), "closed: the store is closed: cannot connect: refused");
    }
}
