//! Trading signals: recommendations of strategies.

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{SignalLeg, legs::check_legs};
use crate::{
    Error, ErrorKind, Id, Json, Listing, Name, Page, Result, Timestamp, Upserted,
    market::Symbol,
    port::Entry,
    validate::{check, fraction, price, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// The action that a signal recommends.
    SignalAction, "signal action" {
        /// Open or add to a position that profits from a rising price.
        Long = "long",
        /// Open or add to a position that profits from a falling price.
        Short = "short",
        /// Close a long position.
        ExitLong = "exit_long",
        /// Close a short position.
        ExitShort = "exit_short",
        /// Do nothing for now.
        Hold = "hold",
    }
}

impl SignalAction {
    /// Converts `BUY`, `SELL` or `HOLD` of another system, given the held quantity, which is negative for a short
    /// position: a buy while short exits the short position, a sell while long exits the long one.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for any other word.
    pub fn from_side(word: &str, position: f64) -> Result<Self> {
        match word.to_ascii_uppercase().as_str() {
            "BUY" if position < 0.0 => Ok(Self::ExitShort),
            "BUY" => Ok(Self::Long),
            "SELL" if position > 0.0 => Ok(Self::ExitLong),
            "SELL" => Ok(Self::Short),
            "HOLD" => Ok(Self::Hold),
            _ => Err(Error::invalid_input("a side must be BUY, SELL or HOLD").with("text", format_args!("{word:?}"))),
        }
    }

    /// Returns `BUY`, `SELL` or `HOLD`, for systems that ignore positions.
    pub const fn side(self) -> &'static str {
        match self {
            Self::Long | Self::ExitShort => "BUY",
            Self::Short | Self::ExitLong => "SELL",
            Self::Hold => "HOLD",
        }
    }
}

vocabulary! {
    /// The status of a signal. An active signal takes one of the other statuses, which are final.
    SignalStatus, "signal status" {
        /// The signal may be acted on.
        Active = "active",
        /// The signal was acted on.
        Executed = "executed",
        /// The signal reached its `valid_until`.
        Expired = "expired",
        /// The signal was withdrawn.
        Cancelled = "cancelled",
    }
}

/// A recommendation of a strategy, with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The identity of the signal.
    pub id: Id<Self>,
    /// The event time: when the strategy gave the signal.
    pub at: Timestamp,
    /// The strategy that gave the signal.
    pub strategy: Name,
    /// The symbol that the signal concerns.
    pub symbol: Symbol,
    /// The action that the strategy recommends.
    pub action: SignalAction,
    /// The contract, or the legs of a spread, that the strategy recommends; empty for the symbol itself.
    pub legs: Vec<SignalLeg>,
    /// The strength of the signal, from 0 to 1, such as a fraction of the usual position.
    pub strength: f64,
    /// The confidence of the strategy, from 0 to 1.
    pub confidence: f64,
    /// The price at which to take profit.
    pub target_price: Option<f64>,
    /// The price at which to stop out.
    pub stop_price: Option<f64>,
    /// The instant from which the signal must not be acted on; `None` for no limit.
    pub valid_until: Option<Timestamp>,
    /// The version of the model that the strategy used.
    pub model_version: Option<Name>,
    /// The reasons in plain text.
    pub reasoning: Option<String>,
    /// The model's features behind the signal.
    pub features: Json,
    /// The present status of the signal.
    pub status: SignalStatus,
    /// The instant of the last change of status; `None` while the signal is active.
    pub status_at: Option<Timestamp>,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Signal);

impl Signal {
    /// Creates an active signal of full strength, with `at` as its knowledge time.
    pub fn new(
        id: Id<Self>,
        at: Timestamp,
        strategy: Name,
        symbol: Symbol,
        action: SignalAction,
        confidence: f64,
    ) -> Self {
        Self {
            id,
            at,
            strategy,
            symbol,
            action,
            legs: Vec::new(),
            strength: 1.0,
            confidence,
            target_price: None,
            stop_price: None,
            valid_until: None,
            model_version: None,
            reasoning: None,
            features: Json::default(),
            status: SignalStatus::Active,
            status_at: None,
            recorded_at: at,
        }
    }

    /// Returns true if the signal may be acted on at an instant: it has been given, is active and still valid.
    pub fn is_active_at(&self, now: Timestamp) -> bool {
        self.status == SignalStatus::Active && self.at <= now && self.valid_until.is_none_or(|end| now < end)
    }

    /// Changes the status of an active signal. The present status is accepted and changes nothing.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when the signal has another status than active already.
    pub fn move_to(&mut self, status: SignalStatus, at: Timestamp) -> Result<()> {
        if self.status == status {
            return Ok(());
        }
        if self.status != SignalStatus::Active {
            return Err(Error::new(ErrorKind::Conflict, "a signal that is no longer active cannot change its status")
                .with("signal", self.id)
                .with("status", self.status)
                .with("wanted", status));
        }
        self.status = status;
        self.status_at = Some(at);
        Ok(())
    }
}

/// The conditions of a list of signals. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignalFilter {
    /// The symbol that the signals concern.
    pub symbol: Option<Symbol>,
    /// The strategy that gave the signals.
    pub strategy: Option<Name>,
    /// The status of the signals.
    pub status: Option<SignalStatus>,
    /// An instant at which the signals [may be acted on](Signal::is_active_at).
    pub active_at: Option<Timestamp>,
    /// The lower bound of the confidence, exclusive.
    pub confidence_above: Option<f64>,
}

impl Entry for Signal {
    const NAME: &'static str = "signal";

    type Filter = SignalFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        fraction("strength", self.strength)?;
        fraction("confidence", self.confidence)?;
        check!(price, self.target_price => "target_price", self.stop_price => "stop_price");
        check!(text, self.reasoning.as_deref() => "reasoning");
        check_legs(&self.legs)?;
        if (self.status == SignalStatus::Active) != self.status_at.is_none() {
            return Err(Error::invalid_input(
                "status_at must be absent for an active signal and present for any other",
            )
            .with("field", "status_at")
            .with("value", self.status));
        }
        Ok(())
    }

    fn validate_filter(filter: &SignalFilter) -> Result<()> {
        check!(fraction, filter.confidence_above => "confidence_above");
        Ok(())
    }

    fn is_admitted_by(&self, filter: &SignalFilter) -> bool {
        filter.symbol.is_none_or(|symbol| self.symbol == symbol)
            && filter.strategy.is_none_or(|strategy| self.strategy == strategy)
            && filter.status.is_none_or(|status| self.status == status)
            && filter.active_at.is_none_or(|now| self.is_active_at(now))
            && filter.confidence_above.is_none_or(|least| self.confidence > least)
    }

    fn is_repeat_of(&self, stored: &Self) -> bool {
        let life = (stored.status, stored.status_at);
        Self { status: life.0, status_at: life.1, ..self.clone() } == *stored
    }
}

/// A query for signals.
pub type SignalQuery = Listing<SignalFilter>;

/// Counts and confidence of a symbol's signals over a period.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalPerformance {
    /// The symbol of the signals.
    pub symbol: Symbol,
    /// The number of signals for each action, in the order of [`SignalAction::ALL`].
    pub counts: [u64; 5],
    /// The mean confidence of the signals, from 0 to 1.
    pub mean_confidence: f64,
}

impl SignalPerformance {
    /// Returns the number of signals that recommended an action.
    pub fn count(&self, action: SignalAction) -> u64 {
        SignalAction::ALL
            .iter()
            .zip(self.counts)
            .find_map(|(one, count)| (*one == action).then_some(count))
            .unwrap_or(0)
    }
}

/// Counts and confidence of a symbol's signals on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct DailySignals {
    /// The day in New York.
    pub day: NaiveDate,
    /// The counts and the confidence.
    pub signals: SignalPerformance,
}

/// Trading signals of strategies.
///
/// ```
/// use strikebook_core::{
///     Id, Name,
///     market::Symbol,
///     memory::MemoryStore,
///     trading::{Signal, SignalAction, SignalRepository, SignalStatus},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let at = "2025-09-25T20:00:00Z".parse()?;
/// let (id, trend, spy) = (Id::named("signal 1"), Name::new("trend")?, Symbol::new("SPY")?);
/// let signal = Signal::new(id, at, trend, spy, SignalAction::Long, 0.7);
/// store.insert_signals(&[signal.clone()]).await?;
/// let signal = store.move_signal(signal.id, SignalStatus::Executed, "2025-09-26T13:31:00Z".parse()?).await?;
/// assert_eq!(signal.status, SignalStatus::Executed);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait SignalRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new signals by the [rules of every insert](Entry#rules-of-every-insert). A stored signal that is
    /// inserted again counts as unchanged whatever its status is by now.
    async fn insert_signals(&self, signals: &[Signal]) -> Result<Upserted>;

    /// Returns the signal with an identity; `None` when there is no such signal.
    async fn get_signal(&self, id: Id<Signal>) -> Result<Option<Signal>>;

    /// Returns the signals that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when `confidence_above` is not from 0 to 1.
    async fn list_signals(&self, query: &SignalQuery) -> Result<Page<Signal>>;

    /// [Changes the status](Signal::move_to) of a signal, and returns the signal. The present status is accepted and
    /// changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such signal; [`Conflict`](ErrorKind::Conflict) when the
    /// signal has another status than active already.
    async fn move_signal(&self, id: Id<Signal>, status: SignalStatus, at: Timestamp) -> Result<Signal>;

    /// Expires every active signal whose `valid_until` is at or before an instant, all or none, and returns their
    /// number. Signals without `valid_until` never expire.
    async fn expire_signals(&self, now: Timestamp) -> Result<u64>;

    /// Returns counts and confidence of the signals given from one instant to another, both included, for each symbol
    /// in order. Symbols without signals are left out. The mean is accurate to 10⁻¹².
    async fn signal_performance(&self, from: Timestamp, until: Timestamp) -> Result<Vec<SignalPerformance>>;

    /// Returns the [performance](Self::signal_performance) of each day in New York from one to another, both
    /// included, ordered by day and symbol. Days without signals are left out.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for more than a hundred years, and for days outside [`Timestamp`]'s
    /// range.
    async fn daily_signals(&self, from: NaiveDate, until: NaiveDate) -> Result<Vec<DailySignals>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buying_while_short_is_an_exit() {
        let of = |word, position| SignalAction::from_side(word, position).expect("a side");
        assert_eq!(of("buy", 0.0), SignalAction::Long);
        assert_eq!(of("BUY", -3.0), SignalAction::ExitShort);
        assert_eq!(of("SELL", 3.0), SignalAction::ExitLong);
        assert_eq!(of("SELL", 0.0), SignalAction::Short);
        assert!(SignalAction::from_side("LONG", 0.0).is_err());
        for action in SignalAction::ALL {
            assert_eq!(action.as_str().parse::<SignalAction>().expect("a text"), *action);
        }
    }
}
