//! Histories that come in windows.

use proptest::prelude::*;
use strikebook_core::{
    Decimal, Listing,
    memory::MemoryStore,
    trading::journal::{Amendment, ImportRepository, JournalRepository},
};
use strikebook_services::journal::DeletedRow;
use strikebook_testkit::{async_trials, trial::Trial, trials};

use crate::{CLOSES, MMM, OPENS, book, books, cycles, decimal, expected, flex, import, read, trade};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        trials![windows_in_any_order_give_the_same_book],
        async_trials![a_history_comes_in_windows_in_any_order, deleted_and_voided_events_do_not_return],
    ]
    .concat()
}

async fn a_history_comes_in_windows_in_any_order() {
    let first = flex(&trade(11, "20240303;100000", MMM, ("10", "100"), OPENS));
    let second = flex(&trade(12, "20250303;100000", MMM, ("-10", "105"), CLOSES));
    assert_eq!(books(&[&first, &second]).await, expected("48", &[]));
    // What closes nothing is kept aside, and matched when the window before it comes.
    let store = MemoryStore::new();
    let aside = import(&store, &read(&second)).await;
    assert_eq!((aside.unmapped.len(), aside.stored.inserted), (1, 0));
    let matched = import(&store, &read(&first)).await;
    assert_eq!((matched.unmapped.len(), matched.matched, matched.stored.inserted), (0, 1, 2), "{matched}");
    assert_eq!(book(&cycles(&store, "margin").await), expected("48", &[]));
    let rows = store.list_imported_rows(&Listing::default()).await.expect("a list").items;
    assert!(rows.iter().all(|row| row.is_accepted() && row.events.len() == 1), "{rows:?}");
    let again = import(&store, &read(&second)).await;
    assert_eq!((again.stored.inserted, again.rows.inserted, again.rows.unchanged), (0, 0, 1));
}

async fn deleted_and_voided_events_do_not_return() {
    let rows = [
        trade(11, "20240303;100000", MMM, ("10", "100"), OPENS),
        trade(12, "20240304;100000", MMM, ("10", "101"), OPENS),
        trade(13, "20240305;100000", MMM, ("5", "102"), OPENS),
    ];
    let file = flex(&rows.concat());
    let store = MemoryStore::new();
    import(&store, &read(&file)).await;
    let ids: Vec<_> = {
        let events = store.list_journal_events(&Listing::default()).await.expect("a list").items;
        events.iter().map(|event| event.id).collect()
    };
    let at = "2026-12-01T12:00:00Z".parse().expect("an instant");
    let amendments =
        [Amendment::delete(ids[0], at, "it was a transfer"), Amendment::void(ids[1], at, "the broker took it back")];
    store.amend_journal_events(&amendments).await.expect("amendments");
    let before = cycles(&store, "margin").await;
    assert_eq!(before.iter().map(|cycle| cycle.shares).collect::<Vec<_>>(), [decimal("5")]);
    let again = import(&store, &read(&file)).await;
    let deleted = [DeletedRow { line: again.deleted[0].line, reason: "it was a transfer".to_owned() }];
    assert_eq!((again.deleted.as_slice(), again.mapped, again.stored.inserted), (&deleted[..], 2, 0), "{again}");
    assert_eq!((again.unmapped.len(), again.rows.unchanged), (0, 3), "{again}");
    assert!(again.to_string().contains("its event was deleted: it was a transfer"), "{again}");
    assert_eq!(cycles(&store, "margin").await, before);
    // A later sale finds what counts alone: the voided shares are not there to be sold.
    let later = import(&store, &read(&flex(&trade(14, "20250303;100000", MMM, ("-5", "110"), CLOSES)))).await;
    assert_eq!((later.unmapped.len(), later.stored.inserted), (0, 1), "{later}");
    assert_eq!(book(&cycles(&store, "margin").await), expected("38", &[]));
}

/// Fills of one stock: signed units and a price, a minute apart, each closing or opening as the position is.
fn fills() -> impl Strategy<Value = Vec<(i32, u32)>> {
    let fill = ((-5_i32..=5).prop_filter("units", |units| *units != 0), 1_u32..100);
    // Half of the histories go through zero, the others stop there.
    (prop::collection::vec(fill, 1..24), any::<bool>()).prop_map(|(mut fills, may_reverse)| {
        let mut held = 0;
        for (units, _) in &mut fills {
            if !may_reverse && held * *units < 0 && units.abs() > i32::abs(held) {
                *units = -held;
            }
            held += *units;
        }
        fills
    })
}

/// The Flex query of some fills, which are numbered through all windows.
fn window(fills: &[(usize, (i32, u32))], held: &[i32]) -> String {
    let rows = fills.iter().map(|(index, (units, price))| {
        let at = format!("20250{}{:02};1000{:02}", 1 + index / 12, 1 + index % 12, index);
        let before = held[*index];
        let indicator = if before * units >= 0 {
            OPENS
        } else if before.abs() >= units.abs() {
            CLOSES
        } else {
            "openCloseIndicator=\"C;O\""
        };
        trade(u32::try_from(*index).expect("few"), &at, MMM, (&units.to_string(), &price.to_string()), indicator)
    });
    flex(&rows.collect::<String>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    fn windows_in_any_order_give_the_same_book(
        fills in fills(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        order in any::<u64>(),
    ) {
        let held: Vec<i32> = fills.iter().scan(0, |held, (units, _)| {
            let before = *held;
            *held += units;
            Some(before)
        }).collect();
        let numbered: Vec<_> = fills.iter().copied().enumerate().collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(fills.len())).collect();
        cuts.sort_unstable();
        let mut windows = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([fills.len()]) {
            if cut > from {
                // Each window overlaps the one before it by a fill.
                windows.push(&numbered[from.saturating_sub(1)..cut]);
                from = cut;
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let of = |windows: &[&[(usize, (i32, u32))]]| runtime.block_on(async {
            let store = MemoryStore::new();
            for fills in windows {
                import(&store, &read(&window(fills, &held))).await;
            }
            let cycles = cycles(&store, "margin").await;
            let cash: Decimal = cycles.iter().map(|cycle| cycle.cash_flow).sum();
            (book(&cycles), cash.normalize())
        });
        let whole = of(&[&numbered]);
        prop_assert_eq!(of(&windows), whole.clone(), "in order");
        // How much of a reversal closes follows from the windows before it.
        let reverses = |(before, (units, _)): (&i32, &(i32, u32))| before * units < 0 && before.abs() < units.abs();
        if held.iter().zip(&fills).any(reverses) {
            return Ok(());
        }
        let mut shuffled = windows.clone();
        shuffled.sort_by_key(|window| (window.len() as u64).wrapping_mul(order | 1).rotate_left(window[0].1.1));
        let ((book, cash), (whole, whole_cash)) = (of(&shuffled), whole);
        prop_assert_eq!((&book.open, cash), (&whole.open, whole_cash), "in another order");
        // Stored events keep their cycles, so that the lots of an earlier window may be closed in another order: what
        // is realized is the same once nothing is open.
        if whole.open.is_empty() {
            prop_assert_eq!(book.realized, whole.realized);
        }
    }
}
