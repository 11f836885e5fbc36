//! Whether two stores hold the same.

use sha2::{Digest as _, Sha256};
use strikebook_core::{
    AsOf, Json, Result, SeriesQuery, Store, Timestamp,
    maintenance::Dataset,
    market::{Bar, ContractQuery, Observation, OptionContract, OptionQuote, Symbol, UnderlyingQuote},
};

use super::{
    Plan,
    copy::{Copied, all_versions, has_versions},
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

/// Compares what a plan copies on both sides, part by part, up to an instant on both clocks. Contracts have no clocks: they
/// are compared as they are.
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
    let mut contracts = Vec::new();
    for underlying in &plan.options {
        let (source, listed) = stores.contracts(from, *underlying).await?;
        let (target, _) = stores.contracts(to, *underlying).await?;
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
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let has_versions = (has_versions(self.from, T::DATASET).await?, has_versions(self.to, T::DATASET).await?);
        let mut parts = Vec::new();
        for of in all {
            parts.push(Reconciled {
                dataset: T::DATASET,
                subject: T::named_by(*of),
                source: self.rows::<T>(self.from, *of, has_versions.0).await?,
                target: self.rows::<T>(self.to, *of, has_versions.1).await?,
            });
        }
        Ok(parts)
    }

    async fn rows<T: Copied>(&self, store: &dyn Store, of: T::Of, has_versions: bool) -> Result<Digest> {
        let mut query = SeriesQuery::new(of, AsOf::instant(self.at)).with_limit(self.plan.batch);
        let mut sum = Sum::default();
        loop {
            let page = T::list(store, &query).await?;
            for row in all_versions(store, page.items, self.at, has_versions).await?.concat() {
                sum.add(&Json::of(&row)?);
            }
            let Some(next) = page.next else { return Ok(sum.digest()) };
            query = query.after(next);
        }
    }

    async fn contracts(&self, store: &dyn Store, underlying: Symbol) -> Result<(Digest, Vec<OptionContract>)> {
        let mut query = ContractQuery { limit: Some(self.plan.batch), ..ContractQuery::new(underlying) };
        let (mut sum, mut contracts) = (Sum::default(), Vec::new());
        loop {
            let page = store.list_contracts(&query).await?;
            for details in &page.items {
                sum.add(&Json::of(details)?);
                contracts.push(details.contract);
            }
            let Some(next) = page.next else { return Ok((sum.digest(), contracts)) };
            query = ContractQuery { after: Some(next), ..query };
        }
    }
}

/// A digest in the making.
#[derive(Default)]
struct Sum {
    rows: u64,
    hash: Sha256,
}

impl Sum {
    fn add(&mut self, row: &Json) {
        self.rows += 1;
        self.hash.update(row.to_string());
        self.hash.update("\n");
    }

    fn digest(self) -> Digest {
        Digest { rows: self.rows, sha256: format!("{:x}", self.hash.finalize()) }
    }
}
