//! The rows of a Flex query: trades, confirmations, orders, money, corporate actions, options' events and transfers.
//!
//! Sources: IBKR, "Activity Flex Query Reference" and "Trade Confirmation Flex Query Reference" (IBKR Guides), and the
//! tables of attributes and codes of the library ibflex. The queries choose their attributes, so a row asks for those
//! alone without which it cannot be understood.

use std::sync::Arc;

use chrono_tz::Tz;
use strikebook_core::{
    Decimal, Error, Name, Result, Timestamp,
    market::{Instrument, OptionContract, Symbol},
};

use super::{
    super::{
        BrokerAction, BrokerRow, Currency, RowIdentity,
        amount::{exact, money, paid, price_of, product, shares_per_unit},
        csv::Reading,
        fields::Fields,
        moment::{self, DateOrder, day},
        named::{contract, listed_symbol, option_type, order, spoken_contract, symbol, symbol_of},
    },
    date_order,
};
use crate::value::unexpected;

/// The part of a statement's attributes that its rows may lack.
#[derive(Default)]
pub(super) struct Statement {
    account: Option<Arc<Name>>,
    dates: DateOrder,
}

impl Statement {
    pub(super) fn of(fields: &Fields<'_>) -> Self {
        let account = Name::new(fields.text("accountId")).ok().map(Arc::new);
        let dates = date_order(&[fields.text("toDate"), fields.text("fromDate"), fields.text("whenGenerated")]);
        Self { account, dates }
    }
}

/// The level of detail of a row: rows of one may repeat those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// An execution, or a row that no other repeats.
    Execution,
    /// The sum of an order's executions.
    Order,
    /// An event of `OptionEAE`, which `Trades` has as well.
    OptionEvent,
    /// An element of a section that is not read.
    Unread,
}

/// Reads an element by its name.
pub(super) fn read(element: &str, fields: &Fields<'_>, statement: &Statement) -> Result<(Reading, Level)> {
    let row = FlexRow { fields, statement };
    let level = fields.text("levelOfDetail");
    let is_summary = matches!(level, "SYMBOL_SUMMARY" | "ASSET_SUMMARY" | "CLOSED_LOT" | "WASH_SALE" | "SUMMARY");
    match element {
        "Trade" | "TradeConfirm" | "Order" | "OptionEAE" | "CorporateAction" | "Transfer" | "CashTransaction"
            if is_summary =>
        {
            let kind = format!("{element} by {}", level.to_ascii_lowercase().replace('_', " "));
            Ok((Reading::LeftOut(kind), Level::Execution))
        }
        "Trade" | "TradeConfirm" | "Order" => {
            let level = if element == "Order" || level == "ORDER" { Level::Order } else { Level::Execution };
            row.of_kind(element, FlexRow::trade).map(|reading| (reading, level))
        }
        "OptionEAE" => row.of_kind(element, FlexRow::option_event).map(|reading| (reading, Level::OptionEvent)),
        "CorporateAction" => row.of_kind(element, FlexRow::corporate_action).map(execution),
        "Transfer" => row.transfer().map(execution),
        "CashTransaction" => row.cash_transaction().map(execution),
        "Lot" | "SymbolSummary" | "AssetSummary" | "WashSale" => {
            Ok((Reading::LeftOut(element.to_owned()), Level::Execution))
        }
        other => Ok((Reading::LeftOut(other.to_owned()), Level::Unread)),
    }
}

fn execution(reading: Reading) -> (Reading, Level) {
    (reading, Level::Execution)
}

/// An element or line of a statement.
struct FlexRow<'a> {
    fields: &'a Fields<'a>,
    statement: &'a Statement,
}

/// The instrument of a row, with its stock or underlying.
type Subject = (Instrument, Symbol);

impl FlexRow<'_> {
    /// Reads a row of a stock or option; rows of others are left out by their kind.
    fn of_kind(&self, element: &str, read: impl Fn(&Self, Subject) -> Result<Reading>) -> Result<Reading> {
        match self.fields.need("assetCategory")? {
            "STK" | "OPT" => read(self, self.subject()?),
            other => Reading::left_out(format!("{element} of {other}")),
        }
    }

    fn subject(&self) -> Result<Subject> {
        let fields = self.fields;
        let text = fields.need("symbol")?;
        if fields.text("assetCategory") == "STK" {
            let listing = fields.first(&["listingExchange", "exchange", "currency"]).map_or("", |listing| listing);
            // A corporate action renames what it removes: the book has the name before.
            let symbol = listed_symbol(text.strip_suffix(".OLD").map_or(text, |name| name), listing)?;
            return Ok((symbol.into(), symbol));
        }
        let contract = self.contract(text)?;
        let underlying = match fields.text("underlyingSymbol") {
            "" => symbol_of(contract.into())?,
            text => symbol(text)?,
        };
        Ok((contract.into(), underlying))
    }

    /// Reads the contract by its OCC symbol, by its terms, or by its description.
    fn contract(&self, text: &str) -> Result<OptionContract> {
        let unreadable = match text.parse() {
            Ok(contract) => return Ok(contract),
            Err(error) => error,
        };
        let fields = self.fields;
        let terms =
            [fields.text("underlyingSymbol"), fields.text("expiry"), fields.text("putCall"), fields.text("strike")];
        if let [underlying, expiry, kind, strike] = terms
            && !terms.contains(&"")
        {
            let expiry = day("expiry", expiry, self.statement.dates)?;
            return contract(underlying, expiry, option_type(kind)?, strike);
        }
        spoken_contract(text).or_else(|_| spoken_contract(fields.text("description"))).map_err(|_| unreadable)
    }

    fn account(&self) -> Result<Option<Arc<Name>>> {
        match self.fields.first(&["accountId", "clientAccountID"]) {
            None | Some("-") => Ok(self.statement.account.clone()),
            Some(id) if self.statement.account.as_ref().is_some_and(|name| name.as_str() == id) => {
                Ok(self.statement.account.clone())
            }
            Some(id) => Name::new(id).map(|name| Some(Arc::new(name))),
        }
    }

    /// Reads the instant in the first of some attributes that the query has.
    fn at(&self, names: &[&'static str]) -> Result<Timestamp> {
        let fields = self.fields;
        // The times of an order that was filled in parts are written as one word.
        if let Some(text) = fields.first(&["dateTime"]).filter(|text| *text != "MULTI") {
            return moment::instant("dateTime", text, Tz::America__New_York, self.statement.dates);
        }
        if let (Some(date), Some(time)) = (fields.first(&["tradeDate"]), fields.first(&["tradeTime"])) {
            let text = format!("{date};{time}");
            return moment::instant("tradeDate and tradeTime", &text, Tz::America__New_York, self.statement.dates);
        }
        let missing =
            || Error::invalid_input("the row lacks a date: the query needs dateTime").with("attribute", "dateTime");
        let text = fields.first(names).ok_or_else(missing)?;
        moment::instant("the date", text, Tz::America__New_York, self.statement.dates)
    }

    /// Returns the broker's identity of a row together with its terms, since a trade that is booked anew keeps the
    /// number of the trade; without a number the row is counted among those of the same meaning.
    fn identity(&self, numbers: &[&str], (instrument, quantity, price): (&str, Decimal, Decimal)) -> RowIdentity {
        match self.fields.first(numbers) {
            None => RowIdentity::Count(1),
            Some(number) => {
                let (quantity, price) = (quantity.normalize(), price.normalize());
                RowIdentity::Given(format!("{number}|{instrument}|{quantity}|{price}").into())
            }
        }
    }

    fn currency(&self) -> Result<Currency> {
        // Queries without the attribute are of accounts with one currency; the format's table says so.
        self.fields.first(&["currency", "currencyPrimary"]).map_or(Ok(Currency::USD), str::parse)
    }

    /// Creates a row without money and without units.
    fn blank(&self, action: BrokerAction, at: Timestamp) -> Result<BrokerRow> {
        Ok(BrokerRow {
            account: self.account()?,
            description: self.fields.text("description").to_owned(),
            ..BrokerRow::blank(action, at, self.currency()?)
        })
    }

    fn multiplier(&self, instrument: Instrument, quantity: Decimal) -> Result<u32> {
        let standard = if matches!(instrument, Instrument::Option(_)) { "100" } else { "1" };
        let text = self.fields.first(&["multiplier"]).map_or(standard, |text| text);
        shares_per_unit("multiplier", text, quantity)
    }

    /// Reads an execution, a trade confirmation or an order.
    fn trade(&self, (instrument, symbol): Subject) -> Result<Reading> {
        let fields = self.fields;
        let action = self.action(instrument)?;
        let quantity = self.signed_quantity()?;
        let multiplier = self.multiplier(instrument, quantity)?;
        let traded = match fields.first(&["tradePrice", "price"]) {
            None => None,
            Some(text) => Some(exact("tradePrice", text)?),
        };
        let value = match (fields.first(&["proceeds", "tradeMoney"]), traded) {
            (Some(_), _) if fields.first(&["proceeds"]).is_some() => exact("proceeds", fields.text("proceeds"))?,
            (Some(text), _) => -exact("tradeMoney", text)?,
            (None, Some(price)) => product("proceeds", &[quantity, multiplier.into(), -price])?,
            (None, None) => {
                return Err(Error::invalid_input("the row lacks a price").with("attribute", "tradePrice"));
            }
        };
        let price = match (action, traded) {
            // The trade is booked at zero; an index option settles at its closing price.
            (BrokerAction::Assignment, _) => fields.optional("closePrice")?,
            (_, Some(price)) if !price.is_sign_negative() => price,
            (_, Some(_)) => return Err(unexpected("tradePrice", "not negative", fields.text("tradePrice"))),
            (_, None) => price_of("proceeds", value, quantity, multiplier)?,
        };
        let number = self
            .identity(&["tradeID", "transactionID", "ibExecID", "execID"], (&instrument.to_string(), quantity, price));
        let commission = self.commission()?;
        let taxes = fields.first(&["taxes", "tax"]).map_or(Ok(Decimal::ZERO), |text| exact("taxes", text))?;
        Ok(BrokerRow {
            identity: number,
            symbol: Some(symbol),
            instrument: Some(instrument),
            quantity,
            price,
            value,
            costs: paid("ibCommission and taxes", commission, taxes)?,
            commission: Some(-commission),
            multiplier,
            order: order(fields.first(&["ibOrderID", "orderID"]).map_or("", |order| order))?,
            ..self.blank(action, self.at(&["tradeDate", "orderTime", "reportDate"])?)?
        }
        .into())
    }

    /// Returns the commission in the row's currency, with the stated rate where it was charged in the base currency.
    fn commission(&self) -> Result<Decimal> {
        let fields = self.fields;
        let commission = fields.first(&["ibCommission", "commission"]);
        let commission = commission.map_or(Ok(Decimal::ZERO), |text| exact("ibCommission", text))?;
        let charged = fields.first(&["ibCommissionCurrency", "commissionCurrency"]);
        if commission.is_zero() || charged.is_none_or(|charged| charged == self.fields.text("currency")) {
            return Ok(commission);
        }
        let rate = fields.optional("fxRateToBase")?;
        // A rate of 1 says that the row's own currency is the base, so that the rate of the commission is not stated.
        let converted = Some(rate).filter(|rate| *rate > Decimal::ZERO && *rate != Decimal::ONE);
        converted.and_then(|rate| commission.checked_div(rate)).map(|it| it.round_dp(8)).ok_or_else(|| {
            Error::invalid_input("the commission is in another currency, and its rate is not stated")
                .with("attribute", "ibCommissionCurrency")
        })
    }

    /// Reads the change of the units held: some queries write sales without a sign.
    fn signed_quantity(&self) -> Result<Decimal> {
        let quantity = self.fields.number("quantity")?;
        if quantity.is_zero() {
            return Err(unexpected("quantity", "not zero", "0"));
        }
        // The cancellation of a purchase takes units away.
        let sells = matches!(self.fields.text("buySell"), "SELL" | "BUY (Ca.)");
        let is_confirmation = self.fields.first(&["ibCommission", "tradePrice"]).is_none();
        Ok(if sells && is_confirmation && quantity > Decimal::ZERO { -quantity } else { quantity })
    }

    /// Returns the kind of a trade by its codes: `A` assigned, `Ex` exercised, `Ep` expired, `Ca` cancelled; `O` opens
    /// and `C` closes.
    fn action(&self, instrument: Instrument) -> Result<BrokerAction> {
        let fields = self.fields;
        let is_option = matches!(instrument, Instrument::Option(_));
        let notes = fields.first(&["notes", "code", "notesCodes"]).map_or("", |notes| notes);
        let codes: Vec<&str> = notes.split([';', ',', ' ']).map(str::trim).filter(|code| !code.is_empty()).collect();
        let has = |one: &str| codes.contains(&one);
        if has("Ca") || fields.text("transactionType") == "TradeCancel" || fields.text("buySell").ends_with("(Ca.)") {
            return Ok(BrokerAction::Cancellation);
        }
        let is_delivered = has("A") || has("Ex") || has("AEx") || has("MEx") || has("GEA");
        let indicator = fields.first(&["openCloseIndicator"]).map_or("", |indicator| indicator);
        let (opens, closes) = match indicator {
            "O" => (true, false),
            "C" => (false, true),
            "C;O" | "O;C" | "CO" => (true, true),
            // A confirmation has the indicator among its codes.
            "" | "-" => (has("O"), has("C")),
            other => return Err(unexpected("openCloseIndicator", "O, C, C;O or absent", other)),
        };
        Ok(match (is_option, is_delivered, has("Ep")) {
            (true, true, _) => BrokerAction::Assignment,
            (true, _, true) => BrokerAction::Expiration,
            (false, true, _) => BrokerAction::Delivery,
            _ => match (opens, closes) {
                (true, true) => BrokerAction::Reversal,
                (true, false) => BrokerAction::Open,
                (false, true) => BrokerAction::Close,
                (false, false) => BrokerAction::Trade,
            },
        })
    }

    fn option_event(&self, (instrument, symbol): Subject) -> Result<Reading> {
        let fields = self.fields;
        let is_option = matches!(instrument, Instrument::Option(_));
        let action = match fields.need("transactionType")? {
            "Assignment" | "Exercise" | "Cash Settlement" if is_option => BrokerAction::Assignment,
            "Expiration" if is_option => BrokerAction::Expiration,
            "Buy" | "Sell" if !is_option => BrokerAction::Delivery,
            other => {
                return Err(unexpected(
                    "transactionType",
                    "Assignment, Exercise, Expiration or Cash Settlement",
                    other,
                ));
            }
        };
        let quantity = fields.number("quantity")?;
        if quantity.is_zero() {
            return Err(unexpected("quantity", "not zero", "0"));
        }
        let price = if is_option { fields.optional("markPrice")? } else { fields.optional("tradePrice")? };
        let costs = fields.first(&["commisionsAndTax", "commissionsAndTax"]);
        Ok(BrokerRow {
            identity: self.identity(&["tradeID"], (&instrument.to_string(), quantity, price)),
            symbol: Some(symbol),
            instrument: Some(instrument),
            quantity,
            price: price.abs(),
            value: fields.optional("proceeds")?,
            costs: paid(
                "commisionsAndTax",
                costs.map_or(Ok(Decimal::ZERO), |text| exact("commisionsAndTax", text))?,
                Decimal::ZERO,
            )?,
            multiplier: self.multiplier(instrument, quantity)?,
            ..self.blank(action, self.at(&["date", "reportDate"])?)?
        }
        .into())
    }

    fn corporate_action(&self, (instrument, symbol): Subject) -> Result<Reading> {
        let fields = self.fields;
        let quantity = fields.number("quantity")?;
        let value = fields.optional("proceeds")?;
        if quantity.is_zero() && value.is_zero() {
            return Reading::left_out("CorporateAction without units and money");
        }
        let described = fields.first(&["actionDescription", "description"]).map_or("", |text| text);
        corporate_action_row(
            BrokerRow {
                identity: self.identity(&["transactionID"], (&instrument.to_string(), quantity, Decimal::ZERO)),
                symbol: Some(symbol),
                instrument: Some(instrument),
                quantity,
                value,
                multiplier: self.multiplier(instrument, quantity)?,
                description: described.to_owned(),
                ..self.blank(BrokerAction::CorporateAction, self.at(&["reportDate"])?)?
            },
            fields.text("actionID"),
        )
    }

    fn transfer(&self) -> Result<Reading> {
        let fields = self.fields;
        let category = fields.text("assetCategory");
        let moment = || self.at(&["date", "reportDate"]);
        let cash = fields.optional("cashTransfer")?;
        if !matches!(category, "STK" | "OPT") {
            if cash.is_zero() {
                return Reading::left_out(format!("Transfer of {category}"));
            }
            let identity = self.identity(&["transactionID", "tradeID"], ("cash", Decimal::ZERO, cash));
            return Ok(BrokerRow { identity, value: cash, ..self.blank(BrokerAction::Deposit, moment()?)? }.into());
        }
        let (instrument, symbol) = self.subject()?;
        let quantity = fields.number("quantity")?;
        let action = match fields.need("direction")? {
            "IN" => BrokerAction::TransferIn,
            "OUT" => BrokerAction::TransferOut,
            other => return Err(unexpected("direction", "IN or OUT", other)),
        };
        if quantity.is_zero() {
            return Err(unexpected("quantity", "not zero", "0"));
        }
        let price = fields.optional("transferPrice")?.abs();
        let multiplier = self.multiplier(instrument, quantity)?;
        Ok(BrokerRow {
            identity: self.identity(&["transactionID", "tradeID"], (&instrument.to_string(), quantity, price)),
            symbol: Some(symbol),
            instrument: Some(instrument),
            quantity,
            price,
            multiplier,
            ..self.blank(action, moment()?)?
        }
        .into())
    }

    fn cash_transaction(&self) -> Result<Reading> {
        let fields = self.fields;
        let value = fields.number("amount")?;
        let kind = fields.need("type")?;
        let action = match kind {
            "Dividends" | "Payment In Lieu Of Dividends" | "Withholding Tax" | "871(m) Withholding" => {
                BrokerAction::Dividend
            }
            "Deposits/Withdrawals" | "Deposits & Withdrawals" => BrokerAction::Deposit,
            _ => BrokerAction::Cash,
        };
        let category = fields.text("assetCategory");
        let of_stock = matches!(category, "STK" | "OPT") && fields.first(&["symbol"]).is_some();
        let subject = if of_stock { Some(self.subject()?.1) } else { None };
        let name = subject.map_or(String::new(), |symbol| symbol.to_string());
        Ok(BrokerRow {
            identity: self.identity(&["transactionID"], (&name, Decimal::ZERO, value)),
            symbol: subject,
            value,
            ..self.blank(action, self.at(&["reportDate", "settleDate", "date"])?)?
        }
        .into())
    }
}

/// Completes a row of a corporate action: the ratio of a split is its price, and its order is the action, by its
/// number or by the first words of the description, which the rows of one action share.
pub(in crate::broker) fn corporate_action_row(row: BrokerRow, number: &str) -> Result<Reading> {
    let key = match number {
        "" => row.description.rsplit_once(" (").map_or(&*row.description, |(action, _)| action).trim(),
        number => number,
    };
    let key: String = key.chars().filter(|letter| !letter.is_control()).take(48).collect();
    let price = match split_ratio(&row.description) {
        Some(ratio) => ratio,
        None => Decimal::ZERO,
    };
    Ok(BrokerRow { price, order: order(key.trim())?, ..row }.into())
}

/// Returns the number of new units for an old one out of `… SPLIT 1 FOR 10 (…)`; `None` for another action.
fn split_ratio(description: &str) -> Option<Decimal> {
    let words: Vec<String> = description.split_whitespace().map(str::to_ascii_uppercase).collect();
    let at = words.iter().position(|word| word.ends_with("SPLIT"))?;
    let number = |offset: usize| words.get(at + offset).and_then(|word| money("ratio", word).ok());
    let (new, is_for, old) = (number(1)?, words.get(at + 2)? == "FOR", number(3)?);
    let is_ratio = is_for && new > Decimal::ZERO && old > Decimal::ZERO;
    is_ratio.then(|| new.checked_div(old)).flatten().map(|ratio| ratio.round_dp(8)).filter(|it| !it.is_zero())
}
