//! Tools for implementors of ports: the checks, decisions and counts that every store shares. An application needs none
//! of them, and the facade does not re-export this module.
//!
//! | for | items |
//! |---|---|
//! | rows and their shapes | [`Recorded`], [`Entry`], [`Keyed`] |
//! | checking rows | [`check`], [`check_row`], [`check_batch`], [`check_entry`], [`check_entries`], [`check_keyed`] |
//! | checking a call | [`check_unfilled`], [`check_broker_ids`], [`check_signals`], [`check_step`], [`check_own`] |
//! | | [`purgeable`] |
//! | a batch's rows that count | [`last_of_each_key`], [`last_by_key`], [`each_once`], [`is_known`] |
//! | errors that every store returns | [`conflict`], [`not_found`], [`no_such`], [`no_events`] |
//! | pages | [`Paged`], [`start`], [`cursor_of`], [`page`], [`rows_to_read`] |
//! | pages of the directory | [`last_item`], [`page_of_items`] |
//! | pages of changes | [`series_of`], [`page_of_changes`], [`ChangePlace`] |
//! | writes | [`Fills`], [`Booking`], [`Chain`], [`Moved`], [`Amendable`], [`check_amendable`], [`Import`] |
//! | | [`without_deleted`], [`settle_trades`], [`Settlement`], [`trade_ids`], [`moved_watermarks`] |
//! | units of work | [`check_unit`], [`each_write`], [`count_step`], [`changed_datasets`] |
//! | preconditions of their writes | [`check_guarded`], [`check_guarded_key`], [`check_guarded_amendments`] |
//! | evictions | [`is_evicted`] |
//! | policies | [`policies_name`], [`policies_setting`], [`policies_of`] |
//! | money | [`sum_spending`], [`decide_charge`] |
//! | decimals | [`Canonical`] |
//! | bars of live quotes | [`Grid`], [`BarPart`], [`bars_of`] |
//! | bars of shorter bars | [`Resampling`], [`BarGroup`] |
//! | the audit | [`Change`], [`Asked`], [`audit_entries`] |

mod bars;
mod batch;
mod canonical;
mod paging;
mod resampling;

pub use self::{
    bars::{BarPart, Grid, bars_of},
    batch::{
        Recorded, check, check_batch, check_entries, check_entry, check_keyed, check_row, conflict, each_once,
        is_known, last_by_key, last_of_each_key, no_such, not_found, purgeable,
    },
    canonical::Canonical,
    paging::{
        ChangePlace, Paged, cursor_of, last_item, page, page_of_changes, page_of_items, rows_to_read, series_of, start,
    },
    resampling::{BarGroup, Resampling},
};
pub(crate) use self::{batch::recorded, canonical::canonical};
pub use crate::{
    keyed::Keyed,
    listing::Entry,
    maintenance::{
        eviction::is_evicted,
        policy::{policies_name, policies_of, policies_setting},
    },
    operations::{
        audit::{Asked, Change, audit_entries, check_own},
        cache::cost::{decide_charge, sum_spending},
        run::{check_step, moved_watermarks},
    },
    trading::{
        execution::{Fills, check_broker_ids, check_signals},
        fill::{Booking, Chain, Moved},
        journal::{
            amendment::Amendable,
            import::{Import, without_deleted},
            projection::{Settlement, no_events, settle_trades, trade_ids},
            trade::check_amendable,
        },
        order::check_unfilled,
    },
    unit::apply::{
        changed_datasets, check_guarded, check_guarded_amendments, check_guarded_key, check_unit, count_step,
        each_write,
    },
};
