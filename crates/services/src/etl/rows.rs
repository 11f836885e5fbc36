//! The rows of a run, each kind with the methods of its port.

use async_trait::async_trait;
use serde::Serialize;
use strikebook_core::{
    ChangeQuery, Page, Result, Store, Timestamp, Upserted,
    analytics::Features,
    maintenance::Dataset,
    market::{
        ActionKey, ActionKind, Bar, BarKey, ChainSnapshot, ContractDetails, CorporateAction, Fundamentals, Observation,
        OptionContract, OptionQuote, SeriesId, Symbol, UnderlyingQuote,
    },
    port::Recorded,
};

/// Rows that a run writes into its target.
#[async_trait]
pub(super) trait TargetRow: Recorded + Send + Sync + 'static {
    const DATASET: Dataset;

    /// Returns the description of the row in rejects.
    fn describe(&self) -> String;

    async fn upsert(store: &dyn Store, rows: &[Self]) -> Result<Upserted>;
}

/// Rows in series that a run copies.
#[async_trait]
pub(super) trait SeriesRow: TargetRow + Recorded<Key = (Self::Series, Timestamp)> + Serialize {
    /// The key of a series.
    type Series: Copy + Ord + Send + Sync + 'static;

    /// Returns the name of a series for people and in watermarks.
    fn series_name(series: Self::Series) -> String;

    /// Returns the name of another series whose features the row changes too: of a change of symbol, the changes of
    /// the new symbol.
    fn other_series(&self) -> Option<String> {
        None
    }

    /// Lists every version of the rows of some series.
    async fn list_changes(store: &dyn Store, query: &ChangeQuery<Self::Series>) -> Result<Page<Self>>;
}

macro_rules! series_rows {
    ($($row:ty, $series:ty, $dataset:ident:
        $upsert:ident, $changes:ident, |$it:ident| $name:expr $(, |$one:ident| $other:expr)?;)+) => {
        $(
            #[async_trait]
            impl TargetRow for $row {
                const DATASET: Dataset = Dataset::$dataset;

                fn describe(&self) -> String {
                    let (series, at) = self.key();
                    format!("{} {} {at}", Self::DATASET, Self::series_name(series))
                }

                async fn upsert(store: &dyn Store, rows: &[Self]) -> Result<Upserted> {
                    store.$upsert(rows).await
                }
            }

            #[async_trait]
            impl SeriesRow for $row {
                type Series = $series;

                fn series_name($it: $series) -> String {
                    $name
                }

                $(fn other_series(&self) -> Option<String> {
                    let $one = self;
                    $other
                })?

                async fn list_changes(store: &dyn Store, query: &ChangeQuery<$series>) -> Result<Page<Self>> {
                    store.$changes(query).await
                }
            }
        )+
    };
}

/// Returns the name of the series of the symbol into which an action changes another.
fn renamed_into(action: &CorporateAction) -> Option<String> {
    let into = action.terms.counterpart.filter(|_| action.key.kind == ActionKind::SymbolChange)?;
    Some(ActionKey::new(into, ActionKind::SymbolChange).to_string())
}

series_rows! {
    Bar, BarKey, Bars: upsert_bars, list_bar_changes, |it| format!("{}/{}", it.instrument, it.timeframe);
    CorporateAction, ActionKey, CorporateActions:
        upsert_corporate_actions, list_corporate_action_changes, |it| it.to_string(), |one| renamed_into(one);
    Fundamentals, Symbol, Fundamentals: upsert_fundamentals, list_fundamental_changes, |it| it.to_string();
    Observation, SeriesId, Observations: upsert_observations, list_observation_changes, |it| it.to_string();
    UnderlyingQuote, Symbol, UnderlyingQuotes: upsert_underlying_quotes, list_underlying_changes, |it| it.to_string();
    OptionQuote, OptionContract, OptionQuotes: upsert_quotes, list_quote_changes, |it| it.to_string();
    ChainSnapshot, Symbol, ChainSnapshots: upsert_snapshots, list_snapshot_changes, |it| it.to_string();
}

macro_rules! computed_rows {
    ($($row:ty, $dataset:ident: $upsert:ident, |$it:ident| $name:expr;)+) => {
        $(
            #[async_trait]
            impl TargetRow for $row {
                const DATASET: Dataset = Dataset::$dataset;

                fn describe(&self) -> String {
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

computed_rows! {
    ContractDetails, Contracts: upsert_contracts, |it| it.contract;
    Features, Features: upsert_features, |it| format_args!("{} {}", it.symbol, it.at);
}
