//! The mapping of corporate actions: splits, renames, mergers, spin-offs, and cash for shares.

use strikebook_core::{Decimal, market::Instrument, money::SCALE, trading::journal::EventKind};
use strikebook_vendors::broker::{BrokerAction, BrokerRow};

use super::{
    book::Book,
    group::{Mapped, NOT_OPEN, UNEVEN, against, ratio},
};

const PART: &str = "the corporate action changes another number of units than are held";
/// The names of splits at brokers that tell no ratio.
const SPLITS: [&str; 3] = ["Stock Split", "SPL", "STOCK SPLIT"];

impl Book<'_> {
    /// Maps the rows of corporate actions, those of one action together.
    pub(super) fn corporate_actions(&mut self, left: &mut Vec<&BrokerRow>) {
        let is_action = |row: &&BrokerRow| row.action == BrokerAction::CorporateAction;
        while let Some(first) = left.iter().copied().find(is_action) {
            let is_part = |row: &&BrokerRow| is_action(row) && row.order == first.order;
            let rows: Vec<&BrokerRow> = left.iter().copied().filter(is_part).collect();
            left.retain(|row| !is_part(row));
            self.corporate_action(rows);
        }
    }

    fn corporate_action(&mut self, mut rows: Vec<&BrokerRow>) {
        // Removed positions come first, each with the position in its place.
        let removed: Vec<&BrokerRow> = rows.iter().copied().filter(|row| self.removes(row)).collect();
        for row in removed {
            rows.retain(|other| !std::ptr::eq(*other, row));
            let place = rows.iter().position(|other| replaces(row, other));
            let mapped = match place.map(|index| rows.remove(index)) {
                Some(new) => {
                    let mapped = self.replaced_whole(row).and_then(|()| self.replace(row, new));
                    if let Err(reason) = mapped {
                        self.refuse(new, reason);
                    }
                    mapped
                }
                None if !row.price.is_zero() => self.split_by(row, row.price),
                None => self.paid_out(row),
            };
            if let Err(reason) = mapped {
                self.refuse(row, reason);
            }
        }
        for row in rows {
            if let Err(reason) = self.addition(row) {
                self.refuse(row, reason);
            }
        }
    }

    /// Returns true if a row takes units of a held position away.
    fn removes(&self, row: &BrokerRow) -> bool {
        row.instrument.is_some_and(|instrument| against(self.held(instrument), row.quantity))
    }

    fn replaced_whole(&self, row: &BrokerRow) -> Mapped {
        let held = row.instrument.map_or(Decimal::ZERO, |instrument| self.held(instrument));
        if held == -row.quantity { Ok(()) } else { Err(PART) }
    }

    /// Maps units that are added: of a split by its ratio, others as a position that cost nothing.
    fn addition(&mut self, row: &BrokerRow) -> Mapped {
        let Some(instrument) = row.instrument else { return Err(PART) };
        let held = self.held(instrument);
        let is_split = row.order.as_ref().is_some_and(|order| SPLITS.contains(&order.as_str()));
        if !row.price.is_zero() {
            return self.split_by(row, row.price);
        }
        if is_split && !held.is_zero() {
            let ratio = ratio(held.saturating_add(row.quantity), held).ok_or(UNEVEN)?;
            return self.split_by(row, ratio);
        }
        // Units that a replacement needs would be short of their other side.
        if row.quantity.is_sign_negative() {
            return Err(NOT_OPEN);
        }
        let priced = BrokerRow { price: each(row), ..row.clone() };
        self.open_row(&priced, instrument)
    }

    /// Writes a split in one row, which has the difference of the units.
    fn split_by(&mut self, row: &BrokerRow, ratio: Decimal) -> Mapped {
        let Some(instrument) = row.instrument else { return Err(PART) };
        let held = self.held(instrument);
        let after = held.checked_mul(ratio).ok_or(PART)?;
        // Fractions of a unit are paid in cash.
        let difference = after.saturating_sub(held).saturating_sub(row.quantity);
        let place = self.holding(instrument).ok_or(NOT_OPEN)?;
        if difference.abs() >= Decimal::ONE {
            return Err(PART);
        }
        self.write(place, &[row], (EventKind::Split, instrument, ratio, Decimal::ZERO), |_| ());
        Ok(())
    }

    /// Closes units for the money of the row, which is nothing for a company that is worthless.
    fn paid_out(&mut self, row: &BrokerRow) -> Mapped {
        let Some(instrument) = row.instrument else { return Err(PART) };
        let priced = BrokerRow { price: each(row), ..row.clone() };
        self.close_row(&priced, instrument)
    }
}

/// Returns true for a row that adds units in place of those that a row removes.
fn replaces(row: &BrokerRow, other: &BrokerRow) -> bool {
    let is_kind = match (row.instrument, other.instrument) {
        (Some(Instrument::Option(old)), Some(Instrument::Option(new))) => {
            old.option_type() == new.option_type() && old.expiration() == new.expiration()
        }
        (Some(Instrument::Symbol(_)), Some(Instrument::Symbol(_))) => true,
        _ => false,
    };
    is_kind && row.quantity.is_sign_negative() != other.quantity.is_sign_negative()
}

/// Returns the money of a row per share.
fn each(row: &BrokerRow) -> Decimal {
    let shares = row.quantity.abs().saturating_mul(row.multiplier.into());
    row.value.abs().checked_div(shares).map_or(Decimal::ZERO, |each| each.round_dp(SCALE))
}
