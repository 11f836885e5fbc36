//! A row of a broker's history.

use std::{borrow::Cow, fmt, sync::Arc};

use strikebook_core::{
    Decimal, Name, Timestamp,
    market::{Instrument, Symbol},
};

use super::{Currency, RawRow};

/// The kind of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrokerAction {
    /// A trade that opens a position.
    Open,
    /// A trade that closes a position.
    Close,
    /// A trade that closes a position and opens one on the other side.
    Reversal,
    /// A trade of which the broker does not say what it does to the position.
    Trade,
    /// A cancellation of an earlier trade, with the opposite quantity and money.
    Cancellation,
    /// An expiration of contracts. The quantity has no sign where the broker writes none.
    Expiration,
    /// An assignment or exercise of contracts. The quantity has no sign where the broker writes none; price and value
    /// are those of a cash settlement, where the broker has them, and otherwise zero.
    Assignment,
    /// Shares delivered by assigned or exercised contracts, to open a position or to close one.
    Delivery,
    /// A position that a split, a change of symbol or a merger removes.
    Replaced,
    /// The position in its place.
    Replacement,
    /// A corporate action: units removed or added, of which the description tells the rest. A split has the number of
    /// new units for an old one as its price.
    CorporateAction,
    /// Units transferred from another account, with their cost basis as the price; zero where the broker has none.
    TransferIn,
    /// Units transferred to another account.
    TransferOut,
    /// A dividend, or the tax on one.
    Dividend,
    /// Money that the owner pays in, or out with a value below zero.
    Deposit,
    /// Other money: fees and interest.
    Cash,
}

impl BrokerAction {
    /// Every kind, in the order of their definition.
    pub const ALL: [Self; 16] = [
        Self::Open,
        Self::Close,
        Self::Reversal,
        Self::Trade,
        Self::Cancellation,
        Self::Expiration,
        Self::Assignment,
        Self::Delivery,
        Self::Replaced,
        Self::Replacement,
        Self::CorporateAction,
        Self::TransferIn,
        Self::TransferOut,
        Self::Dividend,
        Self::Deposit,
        Self::Cash,
    ];

    /// Returns the kind in words: `open`, `corporate action`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
            Self::Reversal => "reversal",
            Self::Trade => "trade",
            Self::Cancellation => "cancellation",
            Self::Expiration => "expiration",
            Self::Assignment => "assignment",
            Self::Delivery => "delivery",
            Self::Replaced => "replaced",
            Self::Replacement => "replacement",
            Self::CorporateAction => "corporate action",
            Self::TransferIn => "transfer in",
            Self::TransferOut => "transfer out",
            Self::Dividend => "dividend",
            Self::Deposit => "deposit",
            Self::Cash => "cash",
        }
    }

    /// Returns true for money that changes no position.
    pub const fn is_money(self) -> bool {
        matches!(self, Self::Dividend | Self::Deposit | Self::Cash)
    }
}

impl fmt::Display for BrokerAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A row of a broker's history.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerRow {
    /// The line in the file, from 1; of XML the position of the element among those with attributes, from 1.
    pub line: u64,
    /// The row as it is in the file. Its [`content`](RawRow::content) is an object of its fields.
    pub raw: RawRow,
    /// The identity of the row within its account. [`id`](Self::id) is its text.
    pub identity: RowIdentity,
    /// The instant of the event. Of a row with a date alone the day's close in New York, a microsecond later for each
    /// earlier row of the day.
    pub at: Timestamp,
    /// The kind of the row.
    pub action: BrokerAction,
    /// The account in the broker's words; `None` for a file that does not tell.
    pub account: Option<Arc<Name>>,
    /// The currency of price, value and costs.
    pub currency: Currency,
    /// The stock or underlying; `None` for money of neither.
    pub symbol: Option<Symbol>,
    /// The stock or contract; `None` for money.
    pub instrument: Option<Instrument>,
    /// The change of the units held; zero for money.
    pub quantity: Decimal,
    /// The price per share, not negative and with at most eight digits.
    pub price: Decimal,
    /// The money received before costs, below zero for a payment.
    pub value: Decimal,
    /// The commission and fees, below zero for a rebate.
    pub costs: Decimal,
    /// The broker's commission, a part of `costs`; `None` where the file has one sum for both.
    pub commission: Option<Decimal>,
    /// The shares per unit.
    pub multiplier: u32,
    /// The order of the trade, or the corporate action of which the row is a part. In a box, since many rows of a
    /// history are money without an order.
    pub order: Option<Box<Name>>,
    /// The description in the broker's words.
    pub description: String,
}

impl BrokerRow {
    /// Creates a row without money and without units, of a file that does not tell the account. The caller sets line,
    /// raw row and the count among rows of the same meaning.
    pub(super) fn blank(action: BrokerAction, at: Timestamp, currency: Currency) -> Self {
        Self {
            line: 0,
            raw: RawRow::default(),
            identity: RowIdentity::Count(1),
            at,
            action,
            account: None,
            currency,
            symbol: None,
            instrument: None,
            quantity: Decimal::ZERO,
            price: Decimal::ZERO,
            value: Decimal::ZERO,
            costs: Decimal::ZERO,
            commission: None,
            multiplier: 1,
            order: None,
            description: String::new(),
        }
    }

    /// Returns the text that identifies the row among all rows of its account, whichever file holds it.
    pub fn id(&self) -> Cow<'_, str> {
        match &self.identity {
            RowIdentity::Given(id) => Cow::Borrowed(id),
            RowIdentity::Count(count) => Cow::Owned(format!("{}#{count}", self.meaning())),
        }
    }

    /// Returns the meaning of the row in words that do not depend on the layout of its file: kind, instrument, minute,
    /// quantity, money and currency. Older layouts have no seconds.
    pub(super) fn meaning(&self) -> String {
        let currency = self.currency;
        // Not every layout tells a deposit from other money.
        let action = if self.action == BrokerAction::Deposit { BrokerAction::Cash } else { self.action };
        let subject = match (self.instrument, self.symbol) {
            (Some(instrument), _) => instrument.to_string(),
            (None, Some(symbol)) => symbol.to_string(),
            (None, None) => String::new(),
        };
        let minute = self.at.to_datetime().format("%Y-%m-%dT%H:%M");
        let (quantity, value) = (self.quantity.normalize(), self.value.normalize());
        format!("{action}|{subject}|{minute}|{quantity}|{value}|{currency}")
    }
}

/// The identity of a row within its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowIdentity {
    /// The broker's identity, with instrument, quantity and price: a corrected trade keeps the identity.
    Given(Box<str>),
    /// The meaning of the row, which has no identity of the broker's, and its position among rows of the same meaning,
    /// from 1.
    Count(u32),
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectedRow {
    /// The line in the file, from 1; of XML the position of the element among those with attributes, from 1.
    pub line: u64,
    /// The text that identifies the row among all rows of its account: the row as it is, counted among the kept
    /// rejected rows.
    pub id: String,
    /// The row as it is in the file; of one that is longer than 8,192 characters the beginning, as a line without
    /// column names.
    pub raw: RawRow,
    /// The error of reading the row, without its kind; at most 500 characters.
    pub reason: String,
}
