//! Whether two stores hold the same.

use std::collections::BTreeMap;

use futures_util::future::try_join;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use strikebook_core::{
    Error, Result, Store, Timestamp,
    maintenance::Dataset,
    market::{Bar, ChainSnapshot, Observation, OptionContract, OptionQuote, Symbol, UnderlyingQuote},
};

use super::{
    Plan,
    reading::{ContractPages, Part, Reading},
    rows::Copied,
};

/// What a store holds of a part of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Rows, superseded versions included.
    pub rows: u64,
    /// The SHA-256 of all of them in their order, each as a line of JSON: 64 hexadecimal digits.
    pub sha256: String,
}

/// A part of a plan on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// The dataset.
    pub dataset: Dataset,
    /// Its part: a series, a symbol, a contract; of contracts the underlying.
    pub subject: String,
    /// What the store that was copied from holds.
    pub source: Digest,
    /// What the store that was copied into holds.
    pub target: Digest,
}

impl Reconciled {
    /// Whether both hold the same rows, to the last bit and with the same past.
    pub fn is_equal(&self) -> bool {
        self.source == self.target
    }
}

/// Compares what a plan copies on both sides, part by part, up to an instant on both clocks. Contracts have no clocks:
/// they are compared as they are.
///
/// # Errors
/// Those of either store.
///
/// # Cancel safety
/// Safe.
pub async fn reconcile(plan: &Plan, from: &dyn Store, to: &dyn Store, at: Timestamp) -> Result<Vec<Reconciled>> {
    let stores = Sides { plan, from, to, at };
    let mut parts = stores.series::<Observation>(&plan.series).await?;
    parts.extend(stores.series::<Bar>(&plan.bars).await?);
    parts.extend(stores.series::<UnderlyingQuote>(&plan.underlyings).await?);
    parts.extend(stores.series::<ChainSnapshot>(&plan.options).await?);
    let mut contracts = Vec::new();
    for underlying in &plan.options {
        let sides = (stores.contracts(from, *underlying), stores.contracts(to, *underlying));
        let ((source, listed), (target, _)) = try_join(sides.0, sides.1).await?;
        contracts.extend(listed);
        parts.push(Reconciled { dataset: Dataset::Contracts, subject: underlying.to_string(), source, target });
    }
    parts.extend(stores.series::<OptionQuote>(&contracts).await?);
    Ok(parts)
}

struct Sides<'a> {
    plan: &'a Plan,
    from: &'a dyn Store,
    to: &'a dyn Store,
    at: Timestamp,
}

impl Sides<'_> {
    async fn series<T: Copied>(&self, all: &[T::Of]) -> Result<Vec<Reconciled>> {
        let (mut source, mut target) =
            try_join(self.digests::<T>(self.from, all), self.digests::<T>(self.to, all)).await?;
        let digest = |sums: &mut BTreeMap<T::Of, Sum>, of: &T::Of| sums.remove(of).unwrap_or_default().digest();
        let part = |of: &T::Of| Reconciled {
            dataset: T::DATASET,
            subject: T::named_by(*of),
            source: digest(&mut source, of),
            target: digest(&mut target, of),
        };
        Ok(all.iter().map(part).collect())
    }

    /// What a store holds of each series.
    async fn digests<T: Copied>(&self, store: &dyn Store, all: &[T::Of]) -> Result<BTreeMap<T::Of, Sum>> {
        let all = Part { name: T::DATASET.to_string(), series: all.to_vec(), from: Timestamp::MIN };
        let mut reading = Reading::<T>::new(store, vec![all], self.at, self.plan.batch);
        let mut sums = BTreeMap::<T::Of, Sum>::new();
        while let Some(batch) = reading.batch().await? {
            for row in &batch.rows {
                sums.entry(row.key().0).or_default().add(row)?;
            }
        }
        Ok(sums)
    }

    async fn contracts(&self, store: &dyn Store, underlying: Symbol) -> Result<(Digest, Vec<OptionContract>)> {
        let mut pages = ContractPages::new(store, underlying, self.plan.batch);
        let (mut sum, mut contracts) = (Sum::default(), Vec::new());
        while let Some(page) = pages.page().await? {
            for details in &page {
                sum.add(details)?;
                contracts.push(details.contract);
            }
        }
        Ok((sum.digest(), contracts))
    }
}

/// A digest in the making.
#[derive(Default)]
struct Sum {
    rows: u64,
    hash: Sha256,
}

impl Sum {
    fn add(&mut self, row: &impl Serialize) -> Result<()> {
        self.rows += 1;
        let line = serde_json::to_vec(row)
            .map_err(|error| Error::invalid_input("a row cannot be said in JSON").caused_by(error))?;
        self.hash.update(line);
        self.hash.update("\n");
        Ok(())
    }

    fn digest(self) -> Digest {
        Digest { rows: self.rows, sha256: format!("{:x}", self.hash.finalize()) }
    }
}
