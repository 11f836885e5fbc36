//! Any broker's CSV, by a layout: the columns, the broker's words, and the conventions of signs and times.

use std::{collections::BTreeMap, sync::Arc};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use strikebook_core::{
    Decimal, Error, Name, Result, Source,
    market::{Instrument, Symbol},
};

use super::{
    BrokerAction, BrokerHistory, BrokerRow, Currency, RawRow, RowIdentity,
    amount::{exact_in, money_in, paid, price_of, product, shares_per_unit},
    csv::{self, Reading},
    fields::Fields,
    moment::{self, DateOrder, day},
    named::{compact_contract, contract, option_type, order, spoken_contract, symbol, symbol_of},
};
use crate::{
    input::Document,
    text::{Header, Table},
    value::unexpected,
};

/// A field of a broker's row, for which a layout names the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BrokerColumn {
    /// The date of the row, or its date and time. Required.
    Date,
    /// The time of day, where it has a column of its own.
    Time,
    /// The broker's word for the row, which the layout's words explain. Required.
    Action,
    /// The stock, or a contract: an OCC symbol, `XLU260710P44.5`, or `XLU 07/10/2026 44.50 P`. Required.
    Symbol,
    /// The underlying of an option.
    Underlying,
    /// The expiration of an option, where the symbol is that of its underlying.
    Expiration,
    /// The strike price of an option.
    Strike,
    /// The type of an option: C, P, CALL or PUT.
    OptionType,
    /// The number of units, with a sign or without.
    Quantity,
    /// The price per share, whatever its sign.
    Price,
    /// The money of the row; without this column it is price times units.
    Amount,
    /// The commission of the row.
    Commission,
    /// The fees of the row, beside the commission.
    Fees,
    /// The broker's identity of the order.
    Order,
    /// The broker's identity of the row.
    Id,
    /// The account in the broker's words.
    Account,
    /// The currency: a code of three letters. Without this column amounts are dollars.
    Currency,
    /// The shares per unit. Without this column 100 for an option and 1 for a stock.
    Multiplier,
    /// The description in the broker's words.
    Description,
}

/// The meaning of a broker's word for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LayoutAction {
    /// A purchase that opens a position.
    BuyToOpen,
    /// A sale that opens a position.
    SellToOpen,
    /// A purchase that closes a position.
    BuyToClose,
    /// A sale that closes a position.
    SellToClose,
    /// A purchase that closes what is held short, and opens the rest.
    Buy,
    /// A sale that closes what is held, and opens the rest short.
    Sell,
    /// An expiration of contracts.
    Expiration,
    /// An assignment or exercise of contracts.
    Assignment,
    /// A purchase of shares that assigned or exercised contracts delivered.
    DeliveryIn,
    /// A sale of shares that assigned or exercised contracts delivered.
    DeliveryOut,
    /// Units transferred in, with their cost basis as the price.
    TransferIn,
    /// A dividend, or the tax on one.
    Dividend,
    /// Money that the owner pays in, or out with an amount below zero.
    Deposit,
    /// Other money: fees and interest.
    Cash,
    /// A row to leave out.
    LeaveOut,
}

/// The sign of commissions and fees in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostSign {
    /// Paid costs are above zero.
    #[default]
    PaidIsPositive,
    /// Paid costs are below zero.
    PaidIsNegative,
}

/// The layout of a broker's CSV, built in code or deserialised from a configuration.
///
/// ```
/// use std::io::Cursor;
/// use strikebook_core::Source;
/// use strikebook_vendors::broker::{self, BrokerColumn, BrokerFormat, BrokerLayout, LayoutAction};
///
/// let layout = BrokerLayout::new(Source::new("mybroker")?)
///     .with_column(BrokerColumn::Date, "Trade Time")
///     .with_column(BrokerColumn::Action, "Side")
///     .with_column(BrokerColumn::Symbol, "Contract")
///     .with_column(BrokerColumn::Quantity, "Qty")
///     .with_column(BrokerColumn::Price, "Price")
///     .with_column(BrokerColumn::Fees, "Fee")
///     .with_action("STO", LayoutAction::SellToOpen)
///     .with_action("BTC", LayoutAction::BuyToClose);
/// let file = "Trade Time,Side,Contract,Qty,Price,Fee\n2026-06-10 10:30:00,STO,XLU 07/10/2026 44.50 P,1,0.85,0.67\n";
/// let history = broker::read_from("trades.csv", Cursor::new(file), BrokerFormat::from(layout))?;
/// // A dry run: the first rows as they are understood. Nothing is stored.
/// assert_eq!(
///     history.preview(1),
///     "line 2: 2026-06-10T14:30:00Z open −1 XLU   260710P00044500 at 0.85, value 85.00 USD, costs 0.67\n"
/// );
/// # Ok::<(), strikebook_core::Error>(())
/// ```
///
/// As TOML or JSON the fields have the names below, and columns and actions those of their enums in `snake_case`.
#[expect(clippy::struct_excessive_bools, reason = "each is a convention of its own of a file")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerLayout {
    /// The source of the rows: a name of the broker.
    pub source: Source,
    /// The name of the column of each field. Case, blanks and punctuation do not matter.
    pub columns: BTreeMap<BrokerColumn, String>,
    /// The meaning of each of the broker's words. A row with another word is rejected with that reason.
    pub actions: BTreeMap<String, LayoutAction>,
    /// The character between fields, a comma by default.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// True if numbers have a comma before their decimals, and points between thousands.
    #[serde(default)]
    pub decimal_comma: bool,
    /// True if dates with slashes begin with the day.
    #[serde(default)]
    pub day_first: bool,
    /// The time zone of times without one, by its IANA name; New York by default.
    #[serde(default = "new_york")]
    pub zone: String,
    /// True if the amount is what is left after the costs; by default it is the money before them.
    #[serde(default)]
    pub amount_after_costs: bool,
    /// The sign of commissions and fees.
    #[serde(default)]
    pub cost_sign: CostSign,
    /// True if the rows have a date alone, and the newest comes first.
    #[serde(default)]
    pub daily: bool,
}

const fn comma() -> char {
    ','
}

fn new_york() -> String {
    Tz::America__New_York.name().to_owned()
}

impl BrokerLayout {
    /// Creates a layout without columns and words.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            columns: BTreeMap::new(),
            actions: BTreeMap::new(),
            delimiter: comma(),
            decimal_comma: false,
            day_first: false,
            zone: new_york(),
            amount_after_costs: false,
            cost_sign: CostSign::PaidIsPositive,
            daily: false,
        }
    }

    /// Sets the column of a field.
    #[must_use]
    pub fn with_column(mut self, field: BrokerColumn, column: impl Into<String>) -> Self {
        self.columns.insert(field, column.into());
        self
    }

    /// Sets the meaning of a broker's word.
    #[must_use]
    pub fn with_action(mut self, word: impl Into<String>, action: LayoutAction) -> Self {
        self.actions.insert(word.into(), action);
        self
    }

    /// Sets the time zone of times without one.
    #[must_use]
    pub fn with_zone(mut self, zone: Tz) -> Self {
        zone.name().clone_into(&mut self.zone);
        self
    }

    /// Sets the character between fields.
    #[must_use]
    pub const fn with_delimiter(mut self, delimiter: char) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Lets numbers have a comma before their decimals.
    #[must_use]
    pub const fn with_decimal_comma(mut self) -> Self {
        self.decimal_comma = true;
        self
    }

    /// Lets dates with slashes begin with the day.
    #[must_use]
    pub const fn with_day_first(mut self) -> Self {
        self.day_first = true;
        self
    }

    /// Takes amounts as what is left after the costs.
    #[must_use]
    pub const fn with_amount_after_costs(mut self) -> Self {
        self.amount_after_costs = true;
        self
    }

    /// Sets the sign of commissions and fees.
    #[must_use]
    pub const fn with_cost_sign(mut self, sign: CostSign) -> Self {
        self.cost_sign = sign;
        self
    }

    /// Takes rows as having a date alone.
    #[must_use]
    pub const fn with_daily_rows(mut self) -> Self {
        self.daily = true;
        self
    }

    fn validate(&self) -> Result<()> {
        let required = [BrokerColumn::Date, BrokerColumn::Action, BrokerColumn::Symbol, BrokerColumn::Quantity];
        if let Some(missing) = required.iter().find(|field| !self.columns.contains_key(field)) {
            let name = format!("{missing:?}");
            return Err(Error::invalid_config(
                "a broker's layout must name the column of date, action, symbol and quantity",
            )
            .with("missing", name));
        }
        if !self.columns.contains_key(&BrokerColumn::Price) && !self.columns.contains_key(&BrokerColumn::Amount) {
            return Err(Error::invalid_config("a broker's layout must name the column of the price or the amount"));
        }
        if !self.delimiter.is_ascii() {
            return Err(Error::invalid_config("the delimiter of a layout must be an ASCII character"));
        }
        self.time_zone().map(drop)
    }

    fn time_zone(&self) -> Result<Tz> {
        self.zone.parse().map_err(|_| unexpected("zone", "the IANA name of a time zone", &self.zone))
    }

    fn text<'a>(&self, fields: &'a Fields<'_>, field: BrokerColumn) -> &'a str {
        self.columns.get(&field).map_or("", |column| fields.text(column))
    }

    fn number(&self, fields: &Fields<'_>, field: BrokerColumn) -> Result<Decimal> {
        let text = self.text(fields, field);
        let name = self.columns.get(&field).map_or("", |column| column);
        money_in(self.decimal_comma, name, text)
    }

    fn is_header(&self, header: &Header) -> bool {
        self.columns.values().all(|column| header.names().any(|name| name.eq_ignore_ascii_case(column)))
    }

    fn instrument(&self, fields: &Fields<'_>) -> Result<Option<Instrument>> {
        let text = self.text(fields, BrokerColumn::Symbol);
        let expiration = self.text(fields, BrokerColumn::Expiration);
        if text.is_empty() {
            return Ok(None);
        }
        if !expiration.is_empty() {
            let expiration = day("expiration", expiration, self.dates())?;
            let kind = option_type(self.text(fields, BrokerColumn::OptionType))?;
            let strike = exact_in(self.decimal_comma, "strike", self.text(fields, BrokerColumn::Strike))?;
            return contract(text, expiration, kind, &strike.to_string()).map(|it| Some(it.into()));
        }
        let option = compact_contract(text).or_else(|_| spoken_contract(text));
        match option {
            Ok(option) => Ok(Some(option.into())),
            Err(_) => symbol(text).map(|stock| Some(stock.into())),
        }
    }

    const fn dates(&self) -> DateOrder {
        if self.day_first { DateOrder::DayFirst } else { DateOrder::MonthFirst }
    }

    pub(super) fn row(&self, fields: &Fields<'_>, line: u64) -> Result<Reading> {
        let word = self.text(fields, BrokerColumn::Action);
        let known = || self.actions.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let meaning =
            self.actions.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, action)| *action);
        let meaning =
            meaning.ok_or_else(|| unexpected("the action", &format!("one of the layout: {}", known()), word))?;
        let (action, is_sale) = match meaning {
            LayoutAction::BuyToOpen => (BrokerAction::Open, Some(false)),
            LayoutAction::SellToOpen => (BrokerAction::Open, Some(true)),
            LayoutAction::BuyToClose => (BrokerAction::Close, Some(false)),
            LayoutAction::SellToClose => (BrokerAction::Close, Some(true)),
            LayoutAction::Buy => (BrokerAction::Trade, Some(false)),
            LayoutAction::Sell => (BrokerAction::Trade, Some(true)),
            LayoutAction::DeliveryIn => (BrokerAction::Delivery, Some(false)),
            LayoutAction::DeliveryOut => (BrokerAction::Delivery, Some(true)),
            LayoutAction::Expiration => (BrokerAction::Expiration, None),
            LayoutAction::Assignment => (BrokerAction::Assignment, None),
            LayoutAction::TransferIn => (BrokerAction::TransferIn, None),
            LayoutAction::Dividend => (BrokerAction::Dividend, None),
            LayoutAction::Deposit => (BrokerAction::Deposit, None),
            LayoutAction::Cash => (BrokerAction::Cash, None),
            LayoutAction::LeaveOut => return Reading::left_out(word),
        };
        let instrument = self.instrument(fields)?;
        let quantity = self.number(fields, BrokerColumn::Quantity)?;
        if !action.is_money() && (instrument.is_none() || quantity.is_zero()) {
            return Err(Error::invalid_input("a row that changes a position must have a symbol and a quantity"));
        }
        let quantity = match is_sale {
            Some(true) => -quantity.abs(),
            Some(false) => quantity.abs(),
            None => quantity,
        };
        let standard = if matches!(instrument, Some(Instrument::Option(_))) { "100" } else { "1" };
        let multiplier = match self.text(fields, BrokerColumn::Multiplier) {
            "" => shares_per_unit("multiplier", standard, quantity)?,
            text => shares_per_unit("multiplier", text, quantity)?,
        };
        let costs = self.costs(fields)?;
        let stated = self.number(fields, BrokerColumn::Price)?.abs();
        let value = match self.text(fields, BrokerColumn::Amount) {
            "" if action.is_money() || action == BrokerAction::TransferIn => Decimal::ZERO,
            "" => product("the price times the units", &[quantity, multiplier.into(), -stated])?,
            _ if self.amount_after_costs => {
                paid("amount and costs", -self.number(fields, BrokerColumn::Amount)?, -costs)?
            }
            _ => self.number(fields, BrokerColumn::Amount)?,
        };
        let price = match action {
            action if action.is_money() => Decimal::ZERO,
            _ if !stated.is_zero() => stated,
            _ => price_of("amount", value, quantity, multiplier)?,
        };
        let account = Some(self.text(fields, BrokerColumn::Account)).filter(|name| !name.is_empty());
        let id = self.text(fields, BrokerColumn::Id);
        Ok(BrokerRow {
            line,
            // The caller sets the raw row and its count among those of the same meaning.
            raw: RawRow::default(),
            identity: if id.is_empty() { RowIdentity::Count(1) } else { RowIdentity::Given(id.into()) },
            at: self.at(fields)?,
            action,
            account: account.map(Name::new).transpose()?.map(Arc::new),
            currency: match self.text(fields, BrokerColumn::Currency) {
                "" => Currency::USD,
                text => text.parse()?,
            },
            symbol: self.underlying(fields, instrument)?,
            instrument: instrument.filter(|_| !action.is_money()),
            quantity: if action.is_money() { Decimal::ZERO } else { quantity },
            price,
            value,
            costs,
            commission: self.commission(fields)?.filter(|_| !action.is_money()),
            multiplier,
            order: order(self.text(fields, BrokerColumn::Order))?,
            description: self.text(fields, BrokerColumn::Description).to_owned(),
        }
        .into())
    }

    fn at(&self, fields: &Fields<'_>) -> Result<strikebook_core::Timestamp> {
        let date = self.text(fields, BrokerColumn::Date);
        let zone = self.time_zone()?;
        match self.text(fields, BrokerColumn::Time) {
            "" => moment::instant("the date", date, zone, self.dates()),
            time => moment::instant("date and time", &format!("{date} {time}"), zone, self.dates()),
        }
    }

    fn costs(&self, fields: &Fields<'_>) -> Result<Decimal> {
        let costs = (self.number(fields, BrokerColumn::Commission)?, self.number(fields, BrokerColumn::Fees)?);
        match self.cost_sign {
            CostSign::PaidIsPositive => paid("commission and fees", -costs.0, -costs.1),
            CostSign::PaidIsNegative => paid("commission and fees", costs.0, costs.1),
        }
    }

    /// Returns the commission; `None` unless the layout has columns of commission and of fees.
    fn commission(&self, fields: &Fields<'_>) -> Result<Option<Decimal>> {
        if ![BrokerColumn::Commission, BrokerColumn::Fees].iter().all(|column| self.columns.contains_key(column)) {
            return Ok(None);
        }
        let commission = self.number(fields, BrokerColumn::Commission)?;
        Ok(Some(if self.cost_sign == CostSign::PaidIsPositive { commission } else { -commission }))
    }

    fn underlying(&self, fields: &Fields<'_>, instrument: Option<Instrument>) -> Result<Option<Symbol>> {
        match (self.text(fields, BrokerColumn::Underlying), instrument) {
            ("", instrument) => instrument.map(symbol_of).transpose(),
            (text, _) => symbol(text).map(Some),
        }
    }
}

pub(super) fn read(document: Document, history: &mut BrokerHistory, layout: &BrokerLayout) -> Result<()> {
    layout.validate()?;
    // A layout promises the last field of no row: a row without a line end is rejected.
    let delimiter = u8::try_from(layout.delimiter).map_or(b',', |delimiter| delimiter);
    let mut table = Table::new(document, delimiter).with_quoted_lines();
    let mut header: Option<Arc<Header>> = None;
    while table.advance()? {
        let (line, bytes, text) = (table.number(), table.bytes(), table.text());
        let Some(header) = &header else {
            let found = table.row().map(Header::of).ok().filter(|header| layout.is_header(header));
            if found.is_none() {
                history.leave_out("line before the header");
            }
            header = found.map(Arc::new);
            continue;
        };
        let raw = RawRow::line(text, header);
        let reading = table.row().and_then(|row| {
            row.expect(header.len())?;
            layout.row(&Fields::of_line(header, row), line)
        });
        history.take(line, raw, reading, bytes)?;
    }
    if header.is_none() {
        let wanted: Vec<&str> = layout.columns.values().map(String::as_str).collect();
        return Err(Error::invalid_input("the file lacks the line of column names")
            .with("file", &history.file)
            .with("expected", wanted.join(", ")));
    }
    csv::finish(history, layout.daily);
    Ok(())
}
