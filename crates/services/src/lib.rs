//! Use cases over strikebook's ports. They know no engine: each takes the narrowest repository it needs.
//!
//! | module | purpose | feature |
//! |---|---|---|
//! | [`adjusted`] | bars adjusted for splits and dividends | |
//! | [`fills`] | fills recorded with order, position and journal | |
//! | [`positions`] | what positions become by splits, renames, mergers and spin-offs | |
//! | [`pricing`] | the volatilities and Greeks of a chain, and their differences from the vendor's | |
//! | [`quality`] | missing, wrong and impossible quotes of a chain, reported before it is stored | |
//! | [`statistics`] | returns, volatilities and values at risk | |
//! | [`technical`] | averages, oscillators, bands, ranges, trends and regimes of bars | |
//! | [`wheel`] | advice of contracts to sell from a chain, and its backtest over stored chains | |
//! | [`journal`] | metrics of trades, and the market around them | |
//! | | imports of brokers' histories | `brokers` |
//! | | CSV files | `export` |
//! | [`pull`] | fresh cached answers, and otherwise one fetch for all who wait | `pull` |
//! | | providers that read vendors' files | `files` |
//! | | Cboe's delayed quotes over HTTP | `http` |
//! | [`pages`] | lists as streams of pages, chains of many underlyings as a stream | `pages` |
//! | [`etl`] | copies from an operational store into an analytical one, features, reconciliation | `etl` |
//!
//! All features but `http` are on by default, and each works alone:
//!
//! | feature | libraries |
//! |---|---|
//! | none | `statrs` |
//! | `pull` | `moka`, `tokio`, `futures-util`, `fastrand`, `tracing` |
//! | `files` | `pull`, and vendors' readers: `csv-core`, `flate2`, `serde_json`, `zip` |
//! | `http` | `files`, and `ureq` with `rustls` |
//! | `etl` | `tokio`, `futures-util`, `serde_json`, `sha2` |
//! | `pages` | `futures-util` |
//! | `brokers` | vendors' readers, and `quick-xml` |
//! | `export` | `csv`, `tempfile` |

pub mod adjusted;
mod amount;
#[cfg(feature = "etl")]
pub mod etl;
pub mod fills;
pub mod journal;
#[cfg(feature = "pages")]
pub mod pages;
pub mod positions;
pub mod pricing;
#[cfg(feature = "pull")]
pub mod pull;
pub mod quality;
pub mod statistics;
pub mod technical;
pub mod wheel;
