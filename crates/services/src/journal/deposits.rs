//! Deposits and withdrawals of an account, from the rows of brokers' files that the journal keeps.

use strikebook_core::{
    Decimal, Listing, Result, Timestamp,
    trading::journal::{ImportFilter, ImportRepository},
};
use strikebook_vendors::broker::{BrokerAction, BrokerHistory};

use super::{ROWS_PER_PAGE, mapping::ImportAccount};

/// Money that an owner paid into an account, or out of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// The instant of the booking.
    pub at: Timestamp,
    /// The amount after costs in the account's currency; below zero for a withdrawal.
    pub amount: Decimal,
    /// The description in the broker's words.
    pub description: String,
}

/// Returns the deposits and withdrawals of an account that the journal knows of, oldest first: of every file that was
/// imported, in the format of `history`. Interest and fees are none, and neither are transfers of shares.
///
/// # Errors
/// Those of [`list_imported_rows`](ImportRepository::list_imported_rows).
pub async fn deposits(
    store: &(impl ImportRepository + ?Sized),
    history: &BrokerHistory,
    account: &ImportAccount,
) -> Result<Vec<Deposit>> {
    let filter = ImportFilter {
        account: Some(account.account),
        source: Some(account.source.clone()),
        accepted: Some(true),
        ..ImportFilter::default()
    };
    let mut query = Listing::new(filter).with_limit(ROWS_PER_PAGE);
    let mut deposits = Vec::new();
    loop {
        let page = store.list_imported_rows(&query).await?;
        for stored in page.items.iter().filter(|row| row.events.is_empty()) {
            // A row that another version of the format has read may not be readable by this one.
            let Ok(Some(row)) = history.reread(&stored.content) else { continue };
            if row.action == BrokerAction::Deposit {
                let (amount, description) = (row.value.saturating_sub(row.costs), row.description);
                deposits.push(Deposit { at: stored.at, amount, description });
            }
        }
        let Some(next) = page.next else { return Ok(deposits) };
        query = query.after(next);
    }
}
