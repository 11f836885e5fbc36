//! Corrections: versions and the times in which they are valid.

use strikebook_core::{AsOf, Result, Store, Timestamp, Upserted, Version, port::Recorded};

use super::{
    Draft, EVERYTHING, NOTHING, Series, all, at, backfilled, corrected, inserted, just_before, key, statistics,
    unchanged,
};
use crate::{
    Bench,
    case::{Case, cases},
};

/// Asserts that the versions of one row are exactly these: by the list of versions where there is one, by reads at
/// both ends of each version's time, and by the statistics of a store without other rows.
pub(crate) async fn assert_history<S: Series>(store: &dyn Store, versions: &[S::Row]) -> Result<()> {
    let Some(first) = versions.first() else { return Ok(()) };
    let superseded_at = |index: usize| versions.get(index + 1).map(Recorded::recorded_at);
    if let Some(listed) = S::versions(store, first).await? {
        let expected: Vec<_> = versions.iter().enumerate().map(|(index, row)| (row, superseded_at(index))).collect();
        let listed: Vec<_> = listed.iter().map(|Version { row, superseded_at }| (row, *superseded_at)).collect();
        assert_eq!(listed, expected);
    }
    let current = async |known_by: Option<Timestamp>| {
        let as_of = AsOf { at: at::<S>(first), known_by };
        S::as_of(store, key::<S>(first), as_of).await
    };
    assert_eq!(current(Some(just_before(first.recorded_at()))).await?, None, "before the first version");
    for (index, row) in versions.iter().enumerate() {
        let until = superseded_at(index).map(just_before);
        assert_eq!(current(Some(row.recorded_at())).await?.as_ref(), Some(row), "from its own time on");
        assert_eq!(current(until).await?.as_ref(), Some(row), "until the next is recorded");
    }
    let statistics = statistics(store, S::DATASET).await?;
    assert_eq!((statistics.rows, statistics.superseded), (1, versions.len() as u64 - 1));
    Ok(())
}

/// Returns the cases about history.
pub(crate) fn cases<S: Series>() -> Vec<Case> {
    cases![
        writing_again_changes_nothing::<S>,
        a_correction_keeps_the_version_before::<S>,
        writing_again_after_a_correction_changes_nothing::<S>,
        a_correction_can_be_taken_back::<S>,
        a_correction_in_the_same_instant_replaces::<S>,
        a_late_version_takes_its_place_in_the_past::<S>,
        a_late_version_before_the_first_is_kept::<S>,
        the_source_is_part_of_a_version::<S>,
        the_last_row_of_a_key_wins::<S>,
        counts_of_a_mixed_batch_add_up::<S>
    ]
}

/// Writing the same rows again changes nothing, also with a later `recorded_at`.
async fn writing_again_changes_nothing<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..3).map(|day| Draft::on(day).row::<S>()).collect();
    let again: Vec<_> = (0..3).map(|day| Draft::on(day).recorded_after(48).row::<S>()).collect();
    assert_eq!(S::upsert(&*store, &rows).await?, inserted(3));
    assert_eq!(S::upsert(&*store, &rows).await?, unchanged(3));
    assert_eq!(S::upsert(&*store, &again).await?, unchanged(3));
    assert_eq!(all::<S>(&*store, key::<S>(&rows[0])).await?, rows, "the first telling is kept");
    assert_eq!(statistics(&*store, S::DATASET).await?.superseded, 0);
    Ok(())
}

/// A correction becomes the current version, and the version before keeps the time in which it was valid.
async fn a_correction_keeps_the_version_before<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let reported = Draft::on(0).value(1.0).row::<S>();
    let corrected_to = Draft::on(0).value(2.0).recorded_after(20).row::<S>();
    let corrected_again = Draft::on(0).value(3.0).recorded_after(40).row::<S>();
    assert_eq!(S::upsert(&*store, std::slice::from_ref(&reported)).await?, inserted(1));
    assert_eq!(S::upsert(&*store, std::slice::from_ref(&corrected_to)).await?, corrected(1));
    assert_eq!(S::upsert(&*store, std::slice::from_ref(&corrected_again)).await?, corrected(1));
    assert_history::<S>(&*store, &[reported, corrected_to, corrected_again]).await
}

/// After a correction, both versions can be written again at their own times without a change.
async fn writing_again_after_a_correction_changes_nothing<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let versions = [Draft::on(0).value(1.0).row::<S>(), Draft::on(0).value(2.0).recorded_after(20).row::<S>()];
    for version in &versions {
        S::upsert(&*store, std::slice::from_ref(version)).await?;
    }
    for version in &versions {
        assert_eq!(S::upsert(&*store, std::slice::from_ref(version)).await?, unchanged(1));
    }
    let first_again = Draft::on(0).value(1.0).recorded_after(16).row::<S>();
    assert_eq!(S::upsert(&*store, &[first_again]).await?, unchanged(1), "it was current at that time too");
    assert_history::<S>(&*store, &versions).await
}

/// A value can come back: a correction to the values before the last correction is a version of its own.
async fn a_correction_can_be_taken_back<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let versions = [(12, 1.0), (20, 2.0), (30, 1.0)]
        .map(|(hours, value)| Draft::on(0).value(value).recorded_after(hours).row::<S>());
    for version in &versions {
        S::upsert(&*store, std::slice::from_ref(version)).await?;
    }
    assert_history::<S>(&*store, &versions).await
}

/// Of two versions recorded at the same instant the later write replaces the other.
async fn a_correction_in_the_same_instant_replaces<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let wrong = Draft::on(0).value(1.0).row::<S>();
    let right = Draft::on(0).value(2.0).row::<S>();
    S::upsert(&*store, &[wrong]).await?;
    assert_eq!(S::upsert(&*store, std::slice::from_ref(&right)).await?, corrected(1));
    assert_history::<S>(&*store, &[right]).await
}

/// A version that arrives late enters the past, and the current version stays.
async fn a_late_version_takes_its_place_in_the_past<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let version = |hours, value| Draft::on(0).value(value).recorded_after(hours).row::<S>();
    S::upsert(&*store, &[version(20, 2.0)]).await?;
    S::upsert(&*store, &[version(40, 4.0)]).await?;
    assert_eq!(S::upsert(&*store, &[version(30, 3.0)]).await?, backfilled(1), "between the two");
    assert_eq!(S::upsert(&*store, &[version(10, 1.0)]).await?, backfilled(1), "before the first");
    assert_history::<S>(&*store, &[version(10, 1.0), version(20, 2.0), version(30, 3.0), version(40, 4.0)]).await?;
    assert_eq!(S::upsert(&*store, &[version(20, 5.0)]).await?, backfilled(1), "in place of a past one");
    assert_eq!(S::upsert(&*store, &[version(35, 3.0)]).await?, unchanged(1), "current at that time");
    assert_history::<S>(&*store, &[version(10, 1.0), version(20, 5.0), version(30, 3.0), version(40, 4.0)]).await
}

/// A late version is compared with the version valid then: before the first there is none, even if the values are the
/// same.
async fn a_late_version_before_the_first_is_kept<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let current = Draft::on(0).row::<S>();
    let earlier = Draft::on(0).recorded_after(6).row::<S>();
    S::upsert(&*store, std::slice::from_ref(&current)).await?;
    assert_eq!(S::upsert(&*store, std::slice::from_ref(&earlier)).await?, backfilled(1));
    assert_history::<S>(&*store, &[earlier, current]).await
}

/// The same values from another source are another version.
async fn the_source_is_part_of_a_version<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let reported = Draft::on(0).from_source("first").row::<S>();
    let confirmed = Draft::on(0).from_source("second").recorded_after(20).row::<S>();
    S::upsert(&*store, std::slice::from_ref(&reported)).await?;
    assert_eq!(S::upsert(&*store, std::slice::from_ref(&confirmed)).await?, corrected(1));
    assert_history::<S>(&*store, &[reported, confirmed]).await
}

/// Of several rows with one key in a batch the last counts, whatever its `recorded_at`; the others count as repeated.
async fn the_last_row_of_a_key_wins<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let last = Draft::on(0).value(3.0).recorded_after(10).row::<S>();
    let batch = [
        Draft::on(0).value(1.0).recorded_after(20).row::<S>(),
        Draft::on(0).value(2.0).recorded_after(30).row::<S>(),
        last.clone(),
    ];
    assert_eq!(S::upsert(&*store, &batch).await?, Upserted { inserted: 1, repeated: 2, ..NOTHING });
    assert_history::<S>(&*store, &[last]).await?;
    assert_eq!(S::upsert(&*store, &batch).await?, Upserted { unchanged: 1, repeated: 2, ..NOTHING });
    Ok(())
}

/// The five counts of a mixed batch add up to its rows, and each count is right.
async fn counts_of_a_mixed_batch_add_up<S: Series>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let stored: Vec<_> = (0..3).map(|day| Draft::on(day).row::<S>()).collect();
    S::upsert(&*store, &stored).await?;
    let batch = [
        Draft::on(9).value(8.0).row::<S>(),
        Draft::on(0).recorded_after(50).row::<S>(),
        Draft::on(1).value(2.0).recorded_after(50).row::<S>(),
        Draft::on(2).value(2.0).recorded_after(6).row::<S>(),
        Draft::on(9).value(9.0).row::<S>(),
        Draft::on(10).row::<S>(),
    ];
    let done = S::upsert(&*store, &batch).await?;
    assert_eq!(done, Upserted { inserted: 2, corrected: 1, backfilled: 1, unchanged: 1, repeated: 1 });
    assert_eq!(done.rows(), batch.len() as u64);
    let current = [stored[0].clone(), batch[2].clone(), stored[2].clone(), batch[4].clone(), batch[5].clone()];
    assert_eq!(all::<S>(&*store, key::<S>(&current[0])).await?, current);
    let old = AsOf { at: at::<S>(&stored[2]), ..EVERYTHING }.known_by(batch[3].recorded_at());
    assert_eq!(S::as_of(&*store, key::<S>(&stored[2]), old).await?.as_ref(), Some(&batch[3]));
    Ok(())
}
