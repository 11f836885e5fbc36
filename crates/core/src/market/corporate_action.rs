//! Corporate actions: splits, dividends, changes of symbol, mergers, spin-offs, adjusted contracts, earnings dates.

use std::fmt;

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Symbol, calendar};
use crate::{
    AsOf, ChangeQuery, Decimal, Error, Name, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version, money,
    validate::check, vocabulary::vocabulary,
};

vocabulary! {
    /// The kind of a corporate action.
    ActionKind, "kind of corporate action" {
        /// Old shares became new ones: 7 for 1, or 1 for 10 in a reverse split.
        Split = "split",
        /// A regular dividend in cash.
        CashDividend = "cash_dividend",
        /// A dividend in cash beside the regular ones. The same date may have one of each.
        SpecialDividend = "special_dividend",
        /// A dividend in shares of the same company.
        StockDividend = "stock_dividend",
        /// The company has another symbol from this date on.
        SymbolChange = "symbol_change",
        /// The shares were exchanged for another company's, for cash, or for both.
        Merger = "merger",
        /// Holders received shares of a company that was part of this one.
        SpinOff = "spin_off",
        /// Contracts of an option root, which is the symbol of the action, have other terms from this date on.
        ContractAdjustment = "contract_adjustment",
        /// The company reports its earnings.
        Earnings = "earnings",
        /// The first day on which a company traded under this symbol, after an offering or another company's end.
        Listing = "listing",
        /// The first day on which the company did not trade any more.
        Delisting = "delisting",
    }
}

vocabulary! {
    /// The certainty of a corporate action. A correction moves an action from one to another.
    ActionStatus, "status of a corporate action" {
        /// Expected by a vendor; the company has not announced the action.
        Estimated = "estimated",
        /// Announced, or in force.
        Confirmed = "confirmed",
        /// Called off, or moved to another date, which has a row of its own.
        Cancelled = "cancelled",
    }
}

vocabulary! {
    /// The part of a day in which a company reports earnings.
    EarningsTime, "time of an earnings report" {
        /// Before the session opens.
        BeforeOpen = "before_open",
        /// While the session is open.
        DuringSession = "during_session",
        /// After the session has closed.
        AfterClose = "after_close",
    }
}

/// The key of a series of corporate actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActionKey {
    /// The symbol of the company; for a contract adjustment the old option root.
    pub symbol: Symbol,
    /// The kind of the actions.
    pub kind: ActionKind,
}

impl ActionKey {
    /// Creates the key of a symbol's actions of a kind.
    pub const fn new(symbol: Symbol, kind: ActionKind) -> Self {
        Self { symbol, kind }
    }

    /// Returns the keys of a symbol's actions of every kind.
    pub fn all_of(symbol: Symbol) -> impl Iterator<Item = Self> {
        ActionKind::ALL.iter().map(move |kind| Self::new(symbol, *kind))
    }
}

impl fmt::Display for ActionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.symbol, self.kind)
    }
}

/// A part of what one adjusted contract delivers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliverable {
    /// The symbol of the delivered shares; `None` for cash.
    pub symbol: Option<Symbol>,
    /// The number of shares, or the amount of cash.
    pub quantity: Decimal,
}

crate::port::canonical!(Deliverable: quantity);

/// An option contract after an adjustment by the Options Clearing Corporation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustedContract {
    /// The number of new contracts for each old one.
    pub contracts: Decimal,
    /// The deliverable of one new contract.
    pub deliverable: Vec<Deliverable>,
}

crate::port::canonical!(AdjustedContract: contracts deliverable);

/// The terms of a corporate action. Each kind has its own, and the others are `None`:
///
/// | kind | terms |
/// |---|---|
/// | split | `old_shares` became `new_shares` |
/// | cash and special dividend | `amount` a share in `currency` (absent while estimated), `record_date`, `pay_date` |
/// | stock dividend | `new_shares` in addition to `old_shares`, `record_date`, `pay_date` |
/// | symbol change | the new symbol as `counterpart` |
/// | merger | `counterpart`, with `new_shares` of it for `old_shares`; `amount` a share in `currency`; or both |
/// | spin-off | `counterpart`, with `new_shares` of it for `old_shares` held |
/// | contract adjustment | the new root as `counterpart`, `contract`, and strikes times `old_shares` ∕ `new_shares` |
/// | earnings | `report_time` |
/// | listing, delisting | none |
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionTerms {
    /// The number of shares received.
    pub new_shares: Option<Decimal>,
    /// The number of shares for which they are received.
    pub old_shares: Option<Decimal>,
    /// The cash for each share held before the action.
    pub amount: Option<Decimal>,
    /// The currency of the amount: a code such as `USD`.
    pub currency: Option<Name>,
    /// The day at whose end the company's register decides who receives the dividend.
    pub record_date: Option<NaiveDate>,
    /// The day of the payment.
    pub pay_date: Option<NaiveDate>,
    /// The other symbol: of the renamed, acquiring or spun-off company, or the new option root.
    pub counterpart: Option<Symbol>,
    /// The contract after an adjustment.
    pub contract: Option<AdjustedContract>,
    /// The part of the day in which earnings are reported; `None` while unknown.
    pub report_time: Option<EarningsTime>,
}

crate::port::canonical!(ActionTerms: new_shares old_shares amount contract);

/// A corporate action of a company or an option root.
///
/// The event time is the midnight in New York at which the action's date starts: the ex-date of splits and dividends,
/// and the first day of a new symbol. So a read [as of](AsOf) an instant has the actions that are in force, and a later
/// event limit with the same knowledge limit adds those that were announced by then. A restated action is a
/// correction; one that moves to another date is [cancelled](ActionStatus::Cancelled) and has a new row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorporateAction {
    /// The series of the action: symbol and kind.
    pub key: ActionKey,
    /// The event time: the start of the action's date in New York.
    pub at: Timestamp,
    /// The certainty of the action.
    pub status: ActionStatus,
    /// The terms of the action.
    pub terms: ActionTerms,
    /// The source of the action.
    pub source: Source,
    /// The knowledge time: the announcement, or when these terms were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(CorporateAction: terms);
// Corporate actions are announced before they take effect.
crate::port::recorded!(CorporateAction, (ActionKey, Timestamp), "symbol": |it| (it.key, it.at), it.key.symbol, None);

impl CorporateAction {
    /// Creates a confirmed action without terms, known from the start of its date.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the date is outside [`Timestamp`]'s range.
    pub fn new(symbol: Symbol, kind: ActionKind, date: NaiveDate, source: Source) -> Result<Self> {
        let (key, at) = (ActionKey::new(symbol, kind), calendar::midnight(date)?);
        let (status, terms) = (ActionStatus::Confirmed, ActionTerms::default());
        Ok(Self { key, at, status, terms, source, recorded_at: at })
    }

    /// Sets the shares received for old ones: `with_ratio(7, 1)` of a split of seven for one.
    #[must_use]
    pub fn with_ratio(mut self, new_shares: impl Into<Decimal>, old_shares: impl Into<Decimal>) -> Self {
        (self.terms.new_shares, self.terms.old_shares) = (Some(new_shares.into()), Some(old_shares.into()));
        self
    }

    /// Sets the cash for each share, and its currency.
    #[must_use]
    pub const fn with_amount(mut self, amount: Decimal, currency: Name) -> Self {
        (self.terms.amount, self.terms.currency) = (Some(amount), Some(currency));
        self
    }

    /// Sets the other symbol.
    #[must_use]
    pub const fn with_counterpart(mut self, counterpart: Symbol) -> Self {
        self.terms.counterpart = Some(counterpart);
        self
    }

    /// Sets the knowledge time.
    #[must_use]
    pub const fn with_recorded_at(mut self, recorded_at: Timestamp) -> Self {
        self.recorded_at = recorded_at;
        self
    }

    /// Returns the action's date: the ex-date of splits and dividends.
    pub fn date(&self) -> NaiveDate {
        self.at.new_york_date()
    }

    /// Returns the number of shares that each share becomes: 7 for a split of seven for one, 1.05 for a stock dividend
    /// of five percent. `None` for other kinds, and unless the action is confirmed.
    pub fn shares_per_share(&self) -> Option<f64> {
        let ActionTerms { new_shares, old_shares, .. } = &self.terms;
        let [new, old] = [*new_shares, *old_shares].map(|shares| shares.and_then(|shares| f64::try_from(shares).ok()));
        let received = new? / old?;
        match (self.status, self.key.kind) {
            (ActionStatus::Confirmed, ActionKind::Split) => Some(received),
            (ActionStatus::Confirmed, ActionKind::StockDividend) => Some(1.0 + received),
            _ => None,
        }
    }

    /// Returns the cash that a confirmed dividend pays for each share; `None` for other actions.
    pub fn cash_per_share(&self) -> Option<Decimal> {
        let pays = matches!(self.key.kind, ActionKind::CashDividend | ActionKind::SpecialDividend);
        self.terms.amount.filter(|_| pays && self.status == ActionStatus::Confirmed)
    }

    /// Checks that the event time is a midnight in New York, that the kind's terms and no others are present, and that
    /// shares and amounts are above zero, below 10¹² and have at most eight decimals.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        let refuse = |field: &'static str, value: &dyn fmt::Display, expected: &str| {
            Err(Error::invalid_input(format!("{field} must be {expected}")).with("field", field).with("value", value))
        };
        if calendar::midnight(self.date())? != self.at {
            return refuse("at", &self.at, "the midnight in New York at which the action's date starts");
        }
        let ActionTerms { new_shares, old_shares, amount, currency, record_date, pay_date, counterpart, .. } =
            &self.terms;
        check!(money::positive, *new_shares => "new_shares", *old_shares => "old_shares", *amount => "amount");
        if let Some(contract) = &self.terms.contract {
            money::positive("contracts", contract.contracts)?;
            contract.deliverable.iter().try_for_each(|part| money::positive("deliverable", part.quantity))?;
        }
        let (needed, possible) = self.key.kind.terms();
        let needs = |field| needed.contains(&field) && self.status != ActionStatus::Estimated;
        for (field, is_present) in [
            ("new_shares", new_shares.is_some()),
            ("old_shares", old_shares.is_some()),
            ("amount", amount.is_some()),
            ("currency", currency.is_some()),
            ("record_date", record_date.is_some()),
            ("pay_date", pay_date.is_some()),
            ("counterpart", counterpart.is_some()),
            ("contract", self.terms.contract.is_some()),
            ("report_time", self.terms.report_time.is_some()),
        ] {
            if is_present && !needed.contains(&field) && !possible.contains(&field) {
                return refuse(field, &"present", &format!("absent for the kind {}", self.key.kind));
            }
            if !is_present && needs(field) {
                return refuse(field, &"absent", &format!("present for the kind {}", self.key.kind));
            }
        }
        for (field, other, are_paired) in [
            ("old_shares", "new_shares", new_shares.is_some() == old_shares.is_some()),
            ("currency", "amount", amount.is_some() == currency.is_some()),
        ] {
            if !are_paired {
                return refuse(field, &"unpaired", &format!("present exactly when {other} is"));
            }
        }
        if self.key.kind == ActionKind::Merger && new_shares.is_none() && amount.is_none() {
            return refuse("amount", &"absent", "present for a merger without shares");
        }
        if new_shares.is_some() && self.key.kind == ActionKind::Merger && counterpart.is_none() {
            return refuse("counterpart", &"absent", "present for a merger with shares");
        }
        Ok(())
    }
}

impl ActionKind {
    /// Returns the names of the terms that a kind needs, and of those that are possible besides.
    const fn terms(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Split => (&["new_shares", "old_shares"], &[]),
            Self::CashDividend | Self::SpecialDividend => (&["amount", "currency"], &["record_date", "pay_date"]),
            Self::StockDividend => (&["new_shares", "old_shares"], &["record_date", "pay_date"]),
            Self::SymbolChange => (&["counterpart"], &[]),
            Self::Merger => (&[], &["counterpart", "new_shares", "old_shares", "amount", "currency"]),
            Self::SpinOff => (&["counterpart", "new_shares", "old_shares"], &[]),
            Self::ContractAdjustment => (&["counterpart", "contract"], &["new_shares", "old_shares"]),
            Self::Earnings => (&[], &["report_time"]),
            Self::Listing | Self::Delisting => (&[], &[]),
        }
    }
}

/// Corporate actions. The key of an action is its [`ActionKey`] and `at`; actions are stored in
/// [versions](Upserted#versions).
///
/// ```
/// use strikebook_core::{
///     AsOf, Source, Timestamp,
///     market::{ActionKind, CorporateAction, CorporateActionRepository, Symbol},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (aapl, ex_date) = (Symbol::new("AAPL")?, "2014-06-09".parse().expect("a date"));
/// let announced: Timestamp = "2014-04-23T20:30:00Z".parse()?;
/// let split = CorporateAction::new(aapl, ActionKind::Split, ex_date, Source::new("nasdaq")?)?
///     .with_ratio(7, 1)
///     .with_recorded_at(announced);
/// let store = MemoryStore::new();
/// store.upsert_corporate_actions(&[split]).await?;
/// // In May the split is known, and not in force.
/// let may: Timestamp = "2014-05-15T20:00:00Z".parse()?;
/// let in_force = store.corporate_actions_of(aapl, Timestamp::MIN, AsOf::instant(may)).await?;
/// let known = store.corporate_actions_of(aapl, may, AsOf::with_hindsight(Timestamp::MAX).known_by(may)).await?;
/// assert_eq!((in_force.len(), known.len()), (0, 1));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`, and a row of a simulated source with [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store
/// allows such rows. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait CorporateActionRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores corporate actions by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_corporate_actions(&self, actions: &[CorporateAction]) -> Result<Upserted>;

    /// Returns the actions of a symbol of every kind with `at` from an instant up to the limits, in the versions valid
    /// at the knowledge limit, ordered by `at` and kind. Cancelled and estimated ones are among them.
    async fn corporate_actions_of(&self, symbol: Symbol, from: Timestamp, as_of: AsOf) -> Result<Vec<CorporateAction>>;

    /// Returns the actions within the limits that have a symbol as their counterpart, in the versions valid at the
    /// knowledge limit, ordered by `at`, symbol and kind: changes of symbol to it, mergers into it, its own spin-off.
    async fn corporate_actions_into(&self, counterpart: Symbol, as_of: AsOf) -> Result<Vec<CorporateAction>>;

    /// Returns the actions of one series within the query's limits, in the versions valid at its knowledge limit,
    /// oldest first.
    async fn list_corporate_actions(&self, query: &SeriesQuery<ActionKey>) -> Result<Page<CorporateAction>>;

    /// Returns every version of the action of a series on a date, in the order of `recorded_at`. Empty when there is
    /// no such action.
    async fn list_corporate_action_versions(
        &self,
        key: ActionKey,
        date: NaiveDate,
    ) -> Result<Vec<Version<CorporateAction>>>;

    /// Returns the changes of the actions of some series, ordered by symbol, kind, `at` and `recorded_at`. Empty
    /// without keys.
    async fn list_corporate_action_changes(&self, query: &ChangeQuery<ActionKey>) -> Result<Page<CorporateAction>>;
}
