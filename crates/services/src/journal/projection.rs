//! Projections of the journal's events.

use std::collections::BTreeMap;

use strikebook_core::{
    Result,
    trading::journal::{JournalEvent, Projection},
};

/// Returns the projections of the events of several cycles, in the order of the cycles' identities.
///
/// # Errors
/// Those of [`Projection::of`].
pub fn projections(events: &[JournalEvent]) -> Result<Vec<Projection>> {
    let mut cycles = BTreeMap::<_, Vec<JournalEvent>>::new();
    for event in events {
        cycles.entry(event.cycle).or_default().push(event.clone());
    }
    cycles.values().map(|events| Projection::of(events)).collect()
}
