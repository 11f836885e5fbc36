//! The rows that are copied, each kind by the methods of its port.

use async_trait::async_trait;
use serde::Serialize;
use strikebook_core::{
    ChangeQuery, Page, Result, Store, Timestamp, Upserted,
    analytics::Features,
    maintenance::Dataset,
    market::{
        Bar, BarKey, ChainSnapshot, ContractDetails, Observation, OptionContract, OptionQuote, SeriesId, Symbol,
        UnderlyingQuote,
    },
    port::Recorded,
};

/// Rows that a store takes.
#[async_trait]
pub(super) trait Written: Recorded + Send + Sync + 'static {
    const DATASET: Dataset;

    /// Which row it is, as rejects name it.
    fn place(&self) -> String;

    async fn upsert(store: &dyn Store, rows: &[Self]) -> Result<Upserted>;
}

/// Rows in series that are copied.
#[async_trait]
pub(super) trait Copied: Written + Recorded<Key = (Self::Of, Timestamp)> + Serialize {
    /// What names a series.
    type Of: Copy + Ord + Send + Sync + 'static;

    /// The series as it is told to people, and in watermarks.
    fn named_by(of: Self::Of) -> String;

    /// Every version of the rows of some series.
    async fn changes(store: &dyn Store, query: &ChangeQuery<Self::Of>) -> Result<Page<Self>>;
}

macro_rules! copied {
    ($($row:ty, $of:ty, $dataset:ident: $upsert:ident, $changes:ident, |$it:ident| $name:expr;)+) => {
        $(
            #[async_trait]
            impl Written for $row {
                const DATASET: Dataset = Dataset::$dataset;

                fn place(&self) -> String {
                    let (of, at) = self.key();
                    format!("{} {} {at}", Self::DATASET, Self::named_by(of))
                }

                async fn upsert(store: &dyn Store, rows: &[Self]) -> Result<Upserted> {
                    store.$upsert(rows).await
                }
            }

            #[async_trait]
            impl Copied for $row {
                type Of = $of;

                fn named_by($it: $of) -> String {
                    $name
                }

                async fn changes(store: &dyn Store, query: &ChangeQuery<$of>) -> Result<Page<Self>> {
                    store.$changes(query).await
                }
            }
        )+
    };
}

copied! {
    Bar, BarKey, Bars: upsert_bars, list_bar_changes, |it| format!("{}/{}", it.instrument, it.timeframe);
    Observation, SeriesId, Observations: upsert_observations, list_observation_changes, |it| it.to_string();
    UnderlyingQuote, Symbol, UnderlyingQuotes: upsert_underlying_quotes, list_underlying_changes, |it| it.to_string();
    OptionQuote, OptionContract, OptionQuotes: upsert_quotes, list_quote_changes, |it| it.to_string();
    ChainSnapshot, Symbol, ChainSnapshots: upsert_snapshots, list_snapshot_changes, |it| it.to_string();
}

macro_rules! written {
    ($($row:ty, $dataset:ident: $upsert:ident, |$it:ident| $name:expr;)+) => {
        $(
            #[async_trait]
            impl Written for $row {
                const DATASET: Dataset = Dataset::$dataset;

                fn place(&self) -> String {
                    let $it = self;
                    format!("{} {}", Self::DATASET, $name)
                }

                async fn upsert(store: &dyn Store, rows: &[Self]) -> Result<Upserted> {
                    store.$upsert(rows).await
                }
            }
        )+
    };
}

written! {
    ContractDetails, Contracts: upsert_contracts, |it| it.contract;
    Features, Features: upsert_features, |it| format_args!("{} {}", it.symbol, it.at);
}
