//! The journal's account of each row.

use std::collections::BTreeMap;

use strikebook_core::{Name, Result, Source, Timestamp};
use strikebook_vendors::broker::{BrokerHistory, BrokerRow, Currency};

/// The account of an imported history.
///
/// A journal's account has one currency, so that its amounts can be added. Rows in another currency go to an account of
/// their own, named after both: `U1 EUR` beside `U1`. Metrics of an account are therefore metrics in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportAccount {
    /// The name of the account. Of a file with several accounts, each goes to an account with the broker's name for it
    /// instead, unless [`accounts`](Self::accounts) has another.
    pub account: Name,
    /// The strategy of its trades. Discretionary trades have one of their own, such as `manual`.
    pub strategy: Name,
    /// The source of the history.
    pub source: Source,
    /// The currency of the account; dollars by default.
    pub currency: Currency,
    /// The journal's accounts by the broker's names for them.
    pub accounts: BTreeMap<Name, Name>,
    /// The `recorded_at` of the imported rows and events. A row that the broker dates later, as one of today without a
    /// time of day can be, is recorded at its own time.
    pub recorded_at: Timestamp,
}

impl ImportAccount {
    /// Creates an account in dollars for a history from a broker's file, with the format as its source.
    ///
    /// # Errors
    /// None in practice: the source of every format is valid.
    pub fn new(account: Name, strategy: Name, history: &BrokerHistory, recorded_at: Timestamp) -> Result<Self> {
        let (source, accounts) = (Source::new(history.format.source())?, BTreeMap::new());
        Ok(Self { account, strategy, source, currency: Currency::USD, accounts, recorded_at })
    }

    /// Sets the currency of the account.
    #[must_use]
    pub const fn with_currency(mut self, currency: Currency) -> Self {
        self.currency = currency;
        self
    }

    /// Sets the journal's account for one of the broker's.
    #[must_use]
    pub fn with_account(mut self, of_broker: Name, account: Name) -> Self {
        self.accounts.insert(of_broker, account);
        self
    }

    /// Returns the rows of a history by the journal's accounts, in the order of the accounts' names, and the rows whose
    /// account has too long a name.
    pub(in super::super) fn parts<'a>(&self, history: &'a BrokerHistory) -> (Vec<AccountRows<'a>>, Vec<&'a BrokerRow>) {
        let first = history.rows.iter().find_map(|row| row.account.as_ref());
        let is_single = history.rows.iter().filter_map(|row| row.account.as_ref()).all(|name| Some(name) == first);
        let mut parts: BTreeMap<Name, Vec<&BrokerRow>> = BTreeMap::new();
        let mut refused = Vec::new();
        for row in &history.rows {
            let of_broker = row.account.as_ref().map(|name| **name);
            let named = of_broker.and_then(|name| self.accounts.get(&name).copied());
            let name = match (named, of_broker) {
                (Some(named), _) => named,
                (None, Some(of_broker)) if !is_single => of_broker,
                _ => self.account,
            };
            let name =
                if row.currency == self.currency { Ok(name) } else { Name::new(&format!("{name} {}", row.currency)) };
            match name {
                Ok(name) => parts.entry(name).or_default().push(row),
                Err(_) => refused.push(row),
            }
        }
        let of_name = |(name, rows)| AccountRows { account: Self { account: name, ..self.clone() }, rows };
        (parts.into_iter().map(of_name).collect(), refused)
    }
}

/// The rows of one of the journal's accounts, oldest first.
pub(in super::super) struct AccountRows<'a> {
    pub(in super::super) account: ImportAccount,
    pub(in super::super) rows: Vec<&'a BrokerRow>,
}
