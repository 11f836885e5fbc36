//! The lines above the columns: the underlying's name and price, the date, and its best bid and ask.
//!
//! Since 2019 each field begins with its name (`Last: 4500.53`). Before, the first line was a symbol with a name, a
//! price and its change, and the second the date and pairs of a name and a value (`Bid,184.60`).

use strikebook_core::{Result, Timestamp, market::Symbol};

use super::date;
use crate::{text::Row, value};

/// The names of fields after the date in a line, where the date has commas of its own.
const NAMES: [&str; 8] = ["Last", "Change", "Bid", "Ask", "Size", "Volume", "Vol", "Net"];

/// The heading above the columns.
#[derive(Debug, Default)]
pub(super) struct Heading {
    /// The line of the date, from 1.
    pub(super) line: u64,
    pub(super) at: Option<Timestamp>,
    /// The underlying's symbol, which stands in the headings before 2019 alone.
    pub(super) symbol: Option<Symbol>,
    pub(super) last: Option<f64>,
    pub(super) bid: Option<f64>,
    pub(super) ask: Option<f64>,
    pub(super) volume: Option<u64>,
}

impl Heading {
    /// Reads a line. The date is not read when the caller has given the instant.
    pub(super) fn read(&mut self, row: Row<'_>, line: u64, has_instant: bool) -> Result<()> {
        let fields: Vec<&str> = row.iter().collect();
        if let Some(text) = date_text(&fields) {
            self.line = line;
            if !has_instant {
                self.at = Some(date::read(&text)?);
            }
        }
        for (index, field) in fields.iter().enumerate() {
            match (field.split_once(':'), fields.get(index + 1)) {
                (Some((name, text)), _) if NAMES.contains(&name) => self.set(name, text.trim())?,
                (None, Some(text)) if NAMES.contains(field) => self.set(field, text)?,
                _ => {}
            }
        }
        if let [name, price, ..] = fields.as_slice()
            && let Some((symbol, _)) = name.split_once(" (")
            && self.at.is_none()
            && self.last.is_none()
            && let Ok(symbol) = Symbol::new(symbol.trim_start_matches('^'))
            && let Ok(price) = value::grouped("Last", price)
        {
            (self.symbol, self.last) = (Some(symbol), value::positive(Some(price)));
        }
        Ok(())
    }

    fn set(&mut self, name: &str, text: &str) -> Result<()> {
        let price = || value::grouped(name, text).map(|price| value::positive(Some(price)));
        match name {
            "Last" => self.last = price()?,
            // A quote of zero stands for an index, which has no quotes.
            "Bid" => self.bid = price()?,
            "Ask" => self.ask = price()?,
            "Volume" | "Vol" => self.volume = Some(value::grouped_count(name, text)?),
            _ => {}
        }
        Ok(())
    }
}

/// Returns the text of the date, whose commas may have parted it into fields; `None` for a line without one.
fn date_text(fields: &[&str]) -> Option<String> {
    let start = fields.iter().position(|field| field.starts_with("Date:") || field.contains(" @ "))?;
    let is_date = |field: &&&str| {
        let name = field.split_once(':').map_or(**field, |(name, _)| name);
        !NAMES.contains(&name)
    };
    let parts: Vec<&str> = fields.get(start..)?.iter().take_while(is_date).copied().collect();
    let text = parts.join(", ");
    Some(text.strip_prefix("Date:").map_or(text.as_str(), str::trim).to_owned())
}
