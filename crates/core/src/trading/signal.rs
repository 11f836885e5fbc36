//! Signals: what a strategy would do.

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Entry, Error, ErrorKind, Id, Json, Listing, Name, Page, Result, Timestamp, Upserted,
    market::Symbol,
    validate::{check, fraction, price, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// What a signal calls for.
    SignalAction, "signal action" {
        /// Open or add to a position that gains when the price rises.
        Long = "long",
        /// Open or add to a position that gains when the price falls.
        Short = "short",
        /// Close a long position.
        ExitLong = "exit_long",
        /// Close a short position.
        ExitShort = "exit_short",
        /// Do nothing.
        Hold = "hold",
    }
}

impl SignalAction {
    /// What `BUY`, `SELL` or `HOLD` of another system means, given the position held: its quantity, negative when
    /// short. To buy while short is to exit the short position, and to sell while long to exit the long one.
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

    /// `BUY`, `SELL` or `HOLD`, as systems without positions say it.
    pub const fn side(self) -> &'static str {
        match self {
            Self::Long | Self::ExitShort => "BUY",
            Self::Short | Self::ExitLong => "SELL",
            Self::Hold => "HOLD",
        }
    }
}

vocabulary! {
    /// Where a signal is in its life. An active one becomes one of the others, and those stay what they are.
    SignalStatus, "signal status" {
        /// It may be acted on.
        Active = "active",
        /// It was acted on.
        Executed = "executed",
        /// Its time ran out.
        Expired = "expired",
        /// It was taken back.
        Cancelled = "cancelled",
    }
}

/// What a strategy would do, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Its identity.
    pub id: Id<Self>,
    /// When it was given.
    pub at: Timestamp,
    /// The strategy that gave it.
    pub strategy: Name,
    /// What it is about.
    pub symbol: Symbol,
    /// What it calls for.
    pub action: SignalAction,
    /// How much of it, from 0 to 1.
    pub strength: f64,
    /// How sure the strategy is, from 0 to 1.
    pub confidence: f64,
    /// The price to take profit at.
    pub target_price: Option<f64>,
    /// The price to give up at.
    pub stop_price: Option<f64>,
    /// The instant from which on it must not be acted on.
    pub valid_until: Option<Timestamp>,
    /// The version of the model behind it.
    pub model_version: Option<Name>,
    /// Why, in words.
    pub reasoning: Option<String>,
    /// What the model saw.
    pub features: Json,
    /// Where it is in its life.
    pub status: SignalStatus,
    /// When it got there; `None` while it is as it was given.
    pub status_at: Option<Timestamp>,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl Signal {
    /// An active signal of full strength, given and learned at one instant.
    pub fn new(at: Timestamp, strategy: Name, symbol: Symbol, action: SignalAction, confidence: f64) -> Self {
        Self {
            id: Id::new(at),
            at,
            strategy,
            symbol,
            action,
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

    /// Whether it may be acted on at an instant: it is given, active, and its time has not run out.
    pub fn is_active_at(&self, now: Timestamp) -> bool {
        self.status == SignalStatus::Active && self.at <= now && self.valid_until.is_none_or(|end| now < end)
    }

    /// Moves an active signal on. To move it where it is changes nothing.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when its life has ended otherwise, or would start again.
    pub fn move_to(&mut self, status: SignalStatus, at: Timestamp) -> Result<()> {
        if self.status == status {
            return Ok(());
        }
        if self.status != SignalStatus::Active {
            return Err(Error::new(ErrorKind::Conflict, "the signal's life has ended")
                .with("signal", self.id)
                .with("status", self.status)
                .with("wanted", status));
        }
        self.status = status;
        self.status_at = Some(at);
        Ok(())
    }
}

/// What a list of signals is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignalFilter {
    /// Signals about this symbol.
    pub symbol: Option<Symbol>,
    /// Signals of this strategy.
    pub strategy: Option<Name>,
    /// Signals in this state.
    pub status: Option<SignalStatus>,
    /// Signals that [may be acted on](Signal::is_active_at) at this instant.
    pub active_at: Option<Timestamp>,
    /// Signals with more confidence than this.
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

    fn validate(&self) -> Result<()> {
        fraction("strength", self.strength)?;
        fraction("confidence", self.confidence)?;
        check!(price, self.target_price => "target_price", self.stop_price => "stop_price");
        check!(text, self.reasoning.as_deref() => "reasoning");
        if (self.status == SignalStatus::Active) != self.status_at.is_none() {
            return Err(Error::invalid_input("status_at tells when a signal's life ended, and only that")
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

/// Which signals to list.
pub type SignalQuery = Listing<SignalFilter>;

/// How a symbol's signals of some time were.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalPerformance {
    /// The symbol.
    pub symbol: Symbol,
    /// How many called for each action, in the order of [`SignalAction::ALL`].
    pub counts: [u64; 5],
    /// The mean of their confidences.
    pub mean_confidence: f64,
}

impl SignalPerformance {
    /// How many called for an action.
    pub fn count(&self, action: SignalAction) -> u64 {
        SignalAction::ALL
            .iter()
            .zip(self.counts)
            .find_map(|(one, count)| (*one == action).then_some(count))
            .unwrap_or(0)
    }
}

/// How a symbol's signals of a day were.
#[derive(Clone, Debug, PartialEq)]
pub struct DailySignals {
    /// The day in New York.
    pub day: NaiveDate,
    /// How many called for each action, and how sure they were.
    pub signals: SignalPerformance,
}

/// Signals.
#[async_trait]
pub trait SignalRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new signals.
    ///
    /// A signal told again counts as unchanged, whatever its state is by now. An empty batch is fine and does nothing.
    /// Either all signals are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](ErrorKind::Conflict) when its identity is that of another signal, both with its index as `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all signals or none.
    async fn insert_signals(&self, signals: &[Signal]) -> Result<Upserted>;

    /// The signal with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_signal(&self, id: Id<Signal>) -> Result<Option<Signal>>;

    /// The signals that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the cursor is not one of this method's, or `confidence_above` is
    /// not from 0 to 1.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_signals(&self, query: &SignalQuery) -> Result<Page<Signal>>;

    /// [Moves](Signal::move_to) a signal on in its life, and returns it. To move it where it is changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such signal; [`Conflict`](ErrorKind::Conflict) when its life
    /// has ended otherwise, or would start again.
    ///
    /// # Cancel safety
    /// A dropped call moves the signal or leaves it.
    async fn move_signal(&self, id: Id<Signal>, status: SignalStatus, at: Timestamp) -> Result<Signal>;

    /// Moves every active signal whose `valid_until` is at or before an instant to [`Expired`](SignalStatus::Expired),
    /// and returns how many those were. A signal without an end stays.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call moves all of them or none.
    async fn expire_signals(&self, now: Timestamp) -> Result<u64>;

    /// For each symbol, how the signals given from one instant to another, both included, were; in the order of the
    /// symbols. A symbol without signals does not appear. The mean is exact to 10⁻¹².
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn signal_performance(&self, from: Timestamp, until: Timestamp) -> Result<Vec<SignalPerformance>>;

    /// The same for each day in New York from one to another, both included: in the order of days, and of symbols
    /// within one. A day without signals does not appear.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for more than a hundred years, and for days out of [`Timestamp`]'s
    /// range.
    ///
    /// # Cancel safety
    /// Safe.
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
