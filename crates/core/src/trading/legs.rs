//! The legs of signals, and the links between orders that belong together.

use serde::{Deserialize, Serialize};

use super::{Order, OrderSide};
use crate::{Decimal, Error, Id, Result, market::Instrument, money::amount, vocabulary::vocabulary};

/// A leg of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalLeg {
    /// The stock or contract of the leg.
    pub instrument: Instrument,
    /// The side of the leg: buy or sell.
    pub side: OrderSide,
    /// The number of units for one unit of the whole, from 1.
    pub ratio: u32,
}

crate::port::canonical!(SignalLeg);

impl SignalLeg {
    /// Creates a leg of one unit.
    pub fn new(instrument: impl Into<Instrument>, side: OrderSide) -> Self {
        Self { instrument: instrument.into(), side, ratio: 1 }
    }
}

/// Checks that legs have ratios, and an instrument each.
pub(super) fn check_legs(legs: &[SignalLeg]) -> Result<()> {
    let refused = |message, leg: &SignalLeg| {
        let error = Error::invalid_input(message).with("field", "legs");
        Err(error.with("value", leg.ratio).with("instrument", leg.instrument))
    };
    for (place, leg) in legs.iter().enumerate() {
        if leg.ratio == 0 {
            return refused("the ratio of a leg must be at least 1", leg);
        }
        if legs.iter().take(place).any(|other| other.instrument == leg.instrument) {
            return refused("each leg must have an instrument of its own", leg);
        }
    }
    Ok(())
}

/// A group of orders that belong together: a combo, a bracket, or orders that cancel each other. A marker for [`Id`].
#[derive(Debug)]
pub enum OrderGroup {}

vocabulary! {
    /// The part that an order plays in its group. The broker acts on it; a store keeps it.
    OrderRole, "role of an order" {
        /// A leg of a combo, filled together with the others in proportion to the quantities.
        Leg = "leg",
        /// One of several orders, of which the first to be filled cancels the others (OCO).
        OneCancelsOther = "one_cancels_other",
        /// The order of a bracket that opens the position. The others of the group work once it is filled.
        Entry = "entry",
        /// The order of a bracket that takes the profit, and cancels the stop.
        Target = "target",
        /// The order of a bracket that stops the loss, and cancels the target.
        Stop = "stop",
    }
}

/// The link of an order to a group. Orders may be in several: the legs of a combo are the entries of a bracket too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLink {
    /// The group of the order.
    pub group: Id<OrderGroup>,
    /// The part that the order plays in it.
    pub role: OrderRole,
    /// The limit of a combo's net price per share, above zero to pay and below zero to receive; equal on all legs.
    /// `None` without a limit, and for every other role.
    pub net_price: Option<Decimal>,
}

crate::port::canonical!(OrderLink: net_price);

impl OrderLink {
    /// Creates a link without a net price.
    pub const fn new(group: Id<OrderGroup>, role: OrderRole) -> Self {
        Self { group, role, net_price: None }
    }
}

impl Order {
    /// Adds a link to a group of orders.
    #[must_use]
    pub fn with_link(mut self, link: OrderLink) -> Self {
        self.links.push(link);
        self
    }

    /// Returns true if both orders are legs of one combo, in different instruments.
    pub(super) fn is_leg_beside(&self, other: &Self) -> bool {
        let is_leg =
            |order: &Self, group| order.links.iter().any(|link| link.role == OrderRole::Leg && link.group == group);
        self.instrument != other.instrument
            && self.links.iter().any(|link| is_leg(self, link.group) && is_leg(other, link.group))
    }
}

/// Checks that an order is in each group once, and that legs alone have a net price.
pub(super) fn check_links(links: &[OrderLink]) -> Result<()> {
    for (place, link) in links.iter().enumerate() {
        let refused = |message| {
            Err(Error::invalid_input(message).with("field", "links").with("value", link.role).with("group", link.group))
        };
        if links.iter().take(place).any(|other| other.group == link.group) {
            return refused("an order must be in a group once");
        }
        match (link.role, link.net_price) {
            (OrderRole::Leg, Some(price)) => amount("links", price)?,
            (_, Some(_)) => return refused("the legs of a combo alone have a net price"),
            (_, None) => {}
        }
    }
    Ok(())
}
