//! A simulated history: three years of a wheel on one stock, equal in every run.

use std::io::Cursor;

use chrono::{Days, NaiveDate};
use strikebook::{
    Decimal, Name, Result, Source, Timestamp,
    services::journal::ImportAccount,
    vendors::broker::{BrokerFormat, BrokerHistory, read_from},
};

const HEADER: &str = "Date,Type,Sub Type,Action,Symbol,Instrument Type,Description,Value,Quantity,Average Price,Commissions,Fees,\
                      Multiplier,Root Symbol,Underlying Symbol,Expiration Date,Strike Price,Call or Put,Order #,Currency";

/// The equity of the simulated account before its first trade.
pub(crate) const EQUITY: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

/// A small generator of pseudo-random numbers from 0 to 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 33).unwrap_or_default()) / f64::from(1_u32 << 31)
    }
}

/// Writes rows in the layout of a broker's file.
struct Writer {
    rows: Vec<String>,
}

impl Writer {
    fn option(
        &mut self,
        day: NaiveDate,
        (kind, sub_kind, action): (&str, &str, &str),
        symbol: &str,
        (value, fees): (i64, &str),
    ) {
        self.rows.push(format!(
            "{day}T20:00:00+0000,{kind},{sub_kind},{action},{symbol},Equity Option,simulated,{value}.00,1,,--,{fees},100,SIM,SIM,,,,,USD"
        ));
    }

    fn shares(&mut self, day: NaiveDate, action: &str, value: i64) {
        let words = if action.starts_with("BUY") { "Buy to Open" } else { "Sell to Close" };
        self.rows.push(format!(
            "{day}T20:00:00+0000,Receive Deliver,{words},{action},SIM,Equity,simulated,{value}.00,100,,--,-5.00,,,,,,,,USD"
        ));
    }
}

/// Simulates puts until one is assigned, then calls until one takes the shares, month after month.
pub(crate) fn history() -> Result<(BrokerHistory, ImportAccount)> {
    let (mut noise, mut writer) = (Noise(7), Writer { rows: Vec::new() });
    let mut day = NaiveDate::from_ymd_opt(2022, 1, 3).unwrap_or_default();
    let (mut price, mut cost) = (50_i64, None);
    for _ in 0..36 {
        let expiration = day.checked_add_days(Days::new(28)).unwrap_or(day);
        let (letter, strike) = if let Some(cost) = cost { ('C', price.max(cost) + 1) } else { ('P', price - 1) };
        let symbol = format!("SIM   {}{letter}{:08}", expiration.format("%y%m%d"), strike * 1_000);
        #[expect(clippy::cast_possible_truncation, reason = "a premium of some ten dollars")]
        let premium = (80.0 + 120.0 * noise.next()) as i64;
        writer.option(day, ("Trade", "Sell to Open", "SELL_TO_OPEN"), &symbol, (premium, "-1.14"));
        #[expect(clippy::cast_possible_truncation, reason = "a move of some dollars")]
        let step = (noise.next() * 11.0) as i64 - 5;
        price = (price + step).max(20);
        let assigned = if letter == 'P' { price < strike } else { price > strike };
        let how = if assigned { "Assignment" } else { "Expiration" };
        writer.option(expiration, ("Receive Deliver", how, ""), &symbol, (0, "0.00"));
        if assigned && letter == 'P' {
            writer.shares(expiration, "BUY_TO_OPEN", -100 * strike);
            cost = Some(strike);
        } else if assigned {
            writer.shares(expiration, "SELL_TO_CLOSE", 100 * strike);
            cost = None;
        }
        day = expiration.checked_add_days(Days::new(3)).unwrap_or(expiration);
    }
    writer.rows.push(HEADER.to_owned());
    writer.rows.reverse();
    let text = writer.rows.join("\n");
    let history = read_from("simulated", Cursor::new(text), BrokerFormat::Tastytrade)?;
    let recorded_at: Timestamp = "2025-01-01T00:00:00Z".parse()?;
    let mut account = ImportAccount::new(Name::new("account")?, Name::new("wheel")?, &history, recorded_at)?;
    account.source = Source::simulated("journal_report")?;
    Ok((history, account))
}
