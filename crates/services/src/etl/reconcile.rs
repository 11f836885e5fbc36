//! The comparison of two stores.

use std::collections::BTreeMap;

use futures_util::future::try_join;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use strikebook_core::{
    Error, Result, Store, Timestamp,
    maintenance::Dataset,
    market::{
        ActionKey, Bar, ChainSnapshot, CorporateAction, Fundamentals, Observation, OptionContract, OptionQuote, Symbol,
        UnderlyingQuote,
    },
};

use super::{
    EtlPlan,
    reading::{ChangeReader, ContractPages, Part},
    rows::SeriesRow,
};

/// A digest of a store's rows of one part of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDigest {
    /// The number of rows, superseded versions included.
    pub rows: u64,
    /// The SHA-256 of all rows in their order, each as a line of JSON: 64 hexadecimal digits.
    pub sha256: String,
}

/// The comparison of one part of a plan on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// The dataset of the compared rows.
    pub dataset: Dataset,
    /// The part: a series, a symbol or a contract; of contracts the underlying.
    pub subject: String,
    /// The digest of the store that was copied from.
    pub source: RowDigest,
    /// The digest of the store that was copied into.
    pub target: RowDigest,
}

impl Reconciliation {
    /// Returns true when both sides hold the same rows and versions, to the last bit.
    pub fn is_equal(&self) -> bool {
        self.source == self.target
    }
}

/// Compares the rows that a plan copies on both sides, part by part, up to an instant on both clocks. Contracts have no
/// clocks: they are compared in their present state.
///
/// # Errors
/// Those of either store.
pub async fn reconcile(plan: &EtlPlan, from: &dyn Store, to: &dyn Store, at: Timestamp) -> Result<Vec<Reconciliation>> {
    let stores = Sides { plan, from, to, at };
    let mut parts = stores.series::<Observation>(&plan.series).await?;
    let actions: Vec<_> = plan.actions.iter().flat_map(|symbol| ActionKey::all_of(*symbol)).collect();
    parts.extend(stores.series::<CorporateAction>(&actions).await?);
    parts.extend(stores.series::<Fundamentals>(&plan.fundamentals).await?);
    parts.extend(stores.series::<Bar>(&plan.bars).await?);
    parts.extend(stores.series::<UnderlyingQuote>(&plan.underlyings).await?);
    parts.extend(stores.series::<ChainSnapshot>(&plan.options).await?);
    let mut contracts = Vec::new();
    for underlying in &plan.options {
        let sides = (stores.contracts(from, *underlying), stores.contracts(to, *underlying));
        let ((source, listed), (target, _)) = try_join(sides.0, sides.1).await?;
        contracts.extend(listed);
        parts.push(Reconciliation { dataset: Dataset::Contracts, subject: underlying.to_string(), source, target });
    }
    parts.extend(stores.series::<OptionQuote>(&contracts).await?);
    Ok(parts)
}

struct Sides<'a> {
    plan: &'a EtlPlan,
    from: &'a dyn Store,
    to: &'a dyn Store,
    at: Timestamp,
}

impl Sides<'_> {
    async fn series<T: SeriesRow>(&self, all: &[T::Series]) -> Result<Vec<Reconciliation>> {
        let (mut source, mut target) =
            try_join(self.digests::<T>(self.from, all), self.digests::<T>(self.to, all)).await?;
        // A series without rows has the digest of no rows.
        let digest = |sums: &mut BTreeMap<T::Series, RunningDigest>, series: &T::Series| {
            sums.remove(series).unwrap_or_default().finish()
        };
        let part = |series: &T::Series| Reconciliation {
            dataset: T::DATASET,
            subject: T::series_name(*series),
            source: digest(&mut source, series),
            target: digest(&mut target, series),
        };
        Ok(all.iter().map(part).collect())
    }

    /// Returns the digest of each series in a store.
    async fn digests<T: SeriesRow>(
        &self,
        store: &dyn Store,
        all: &[T::Series],
    ) -> Result<BTreeMap<T::Series, RunningDigest>> {
        let all = Part { name: T::DATASET.to_string(), series: all.to_vec(), from: Timestamp::MIN };
        let mut reader = ChangeReader::<T>::new(store, vec![all], self.at, self.plan.batch);
        let mut sums = BTreeMap::<T::Series, RunningDigest>::new();
        while let Some(batch) = reader.next_batch().await? {
            for row in &batch.rows {
                sums.entry(row.key().0).or_default().add(row)?;
            }
        }
        Ok(sums)
    }

    async fn contracts(&self, store: &dyn Store, underlying: Symbol) -> Result<(RowDigest, Vec<OptionContract>)> {
        let mut pages = ContractPages::new(store, underlying, self.plan.batch);
        let (mut sum, mut contracts) = (RunningDigest::default(), Vec::new());
        while let Some(page) = pages.next_page().await? {
            for details in &page {
                sum.add(details)?;
                contracts.push(details.contract);
            }
        }
        Ok((sum.finish(), contracts))
    }
}

/// A digest to which rows are added.
#[derive(Default)]
struct RunningDigest {
    rows: u64,
    hash: Sha256,
}

impl RunningDigest {
    fn add(&mut self, row: &impl Serialize) -> Result<()> {
        self.rows += 1;
        let line = serde_json::to_vec(row)
            .map_err(|error| Error::invalid_input("a row cannot be serialised to JSON").caused_by(error))?;
        self.hash.update(line);
        self.hash.update("\n");
        Ok(())
    }

    fn finish(self) -> RowDigest {
        RowDigest { rows: self.rows, sha256: format!("{:x}", self.hash.finalize()) }
    }
}
