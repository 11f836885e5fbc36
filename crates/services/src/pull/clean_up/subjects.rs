//! The subjects of a clean-up: cache entries that share rows.

use std::{collections::BTreeMap, fmt};

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    Name, Result, Source, Timestamp,
    analytics::GreeksKey,
    maintenance::{Eviction, Fetched},
    market::{BarKey, OptionContract},
    operations::{CacheEntry, CacheKey},
};

use crate::pull::{BarsRequest, ChainRequest, GreeksRequest, PriceRequest, Request};

/// The unit of deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CacheSubject {
    /// Entries that share rows, together with these rows: the `chains` and `prices` of an underlying, or all spans of
    /// one series of bars.
    Fetched(Fetched),
    /// An entry of its own, whose rows stay: positions are the present holdings, predictions are a record of what was
    /// predicted, and the rows of an application's own kind are unknown here.
    Entry(CacheKey),
}

impl fmt::Display for CacheSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetched(Fetched::Market(symbol)) => write!(f, "market of {symbol}"),
            Self::Fetched(Fetched::Bars(key)) => write!(f, "{} bars of {}", key.timeframe, key.instrument),
            Self::Fetched(Fetched::Greeks(key)) => {
                write!(f, "{} Greeks of {}", key.model, key.contract.to_compact())
            }
            Self::Entry(key) => key.fmt(f),
        }
    }
}

impl CacheSubject {
    /// Returns the subject of an entry. A key that no request of this crate makes is an entry of its own.
    fn of(key: &CacheKey) -> Self {
        let subject = key.subject.as_str();
        let fetched = match key.dataset.as_str() {
            ChainRequest::DATASET => underlying(subject).parse().ok().map(Fetched::Market),
            PriceRequest::DATASET => subject.parse().ok().map(Fetched::Market),
            BarsRequest::DATASET => bars(subject).map(Fetched::Bars),
            GreeksRequest::DATASET => greeks(subject).map(Fetched::Greeks),
            _ => None,
        };
        fetched.map_or(Self::Entry(*key), Self::Fetched)
    }

    /// Returns the key of the subject's coverage; `None` for a subject that has none.
    pub(super) fn coverage_key(&self) -> Result<Option<CacheKey>> {
        match self {
            Self::Fetched(Fetched::Bars(key)) => BarsRequest::coverage_key_of(key).map(Some),
            _ => Ok(None),
        }
    }
}

/// Returns the underlying of `SPY` and of `SPY/2025-12-19`. A symbol may have a slash of its own.
fn underlying(subject: &str) -> &str {
    match subject.rsplit_once('/') {
        Some((underlying, day)) if day.parse::<NaiveDate>().is_ok() => underlying,
        _ => subject,
    }
}

/// Returns the bars of `SPY/1d/2025-01-02/2025-03-31`.
fn bars(subject: &str) -> Option<BarKey> {
    let mut parts = subject.rsplitn(4, '/').skip(2);
    let timeframe = parts.next()?.parse().ok()?;
    Some(BarKey { instrument: parts.next()?.parse().ok()?, timeframe })
}

/// Returns the Greeks of `SPY251219C00650000black/1`.
fn greeks(subject: &str) -> Option<GreeksKey> {
    let (contract_and_model, revision) = subject.rsplit_once('/')?;
    // The contract has a root of one to six characters; no other length parses.
    let parts = |root: usize| {
        let (contract, model) = contract_and_model.split_at_checked(root + 15)?;
        Some((contract.parse::<OptionContract>().ok()?, model.parse().ok()?))
    };
    let (contract, model) = (1..=6).find_map(parts)?;
    Some(GreeksKey { contract, model, revision: revision.parse().ok()? })
}

/// The entries of one subject, at least one.
#[derive(Debug)]
pub(super) struct SubjectEntries {
    pub(super) subject: CacheSubject,
    pub(super) entries: Vec<CacheEntry>,
}

impl SubjectEntries {
    /// Groups entries by their subjects.
    pub(super) fn group(entries: Vec<CacheEntry>) -> Vec<Self> {
        let mut subjects = BTreeMap::<CacheSubject, Vec<CacheEntry>>::new();
        for entry in entries {
            let key = CacheKey { dataset: entry.dataset, subject: entry.subject };
            subjects.entry(CacheSubject::of(&key)).or_default().push(entry);
        }
        subjects.into_iter().map(|(subject, entries)| Self { subject, entries }).collect()
    }

    /// Returns the last use of any entry.
    pub(super) fn last_access(&self) -> Timestamp {
        self.entries.iter().map(|entry| entry.last_access).fold(Timestamp::MIN, Timestamp::max)
    }

    /// Returns the latest `recorded_at` of rows that had expired at an instant. When every entry has expired, this is
    /// the instant itself; otherwise it is earlier by the longest time for which a live entry keeps its rows.
    pub(super) fn expired_until(&self, expired_at: Timestamp) -> Timestamp {
        let kept_for = |entry: &CacheEntry| entry.expires_at.since(entry.fetched_at.unwrap_or(entry.asked_at));
        let live = self.entries.iter().filter(|entry| entry.expires_at > expired_at);
        let longest = live.map(kept_for).max().unwrap_or(TimeDelta::zero());
        expired_at.saturating_sub(longest)
    }

    /// Returns the evictions of the rows that were recorded up to an instant, one for each provider. Rows of other
    /// sources were not fetched. Greeks have one eviction for all sources: theirs is the source of the quotes that they
    /// were computed from.
    pub(super) fn evictions(&self, recorded_until: Timestamp) -> Vec<Eviction> {
        let CacheSubject::Fetched(fetched) = self.subject else { return Vec::new() };
        let all = Eviction::new(fetched, recorded_until);
        if matches!(fetched, Fetched::Greeks(_)) {
            return vec![all];
        }
        let mut providers: Vec<Name> = self.entries.iter().map(|entry| entry.provider).collect();
        providers.sort_unstable();
        providers.dedup();
        // A name that is no valid source has no rows.
        let sources = providers.iter().filter_map(|provider| Source::new(provider.as_str()).ok());
        sources.map(|source| all.clone().with_source(source)).collect()
    }
}

#[cfg(test)]
mod tests {
    use strikebook_core::market::{Symbol, Timeframe};

    use super::*;

    fn subject_of<R: Request>(request: &R) -> CacheSubject {
        let dataset = R::DATASET.parse().expect("a name");
        CacheSubject::of(&CacheKey { dataset, subject: request.subject().expect("a subject") })
    }

    #[test]
    fn requests_are_recognised_by_their_keys() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for symbol in ["SPY", "BRK/B", "BRK.B", "^VIX"] {
            let symbol: Symbol = symbol.parse().expect("a symbol");
            let market = CacheSubject::Fetched(Fetched::Market(symbol));
            assert_eq!(subject_of(&ChainRequest::new(symbol)), market);
            assert_eq!(subject_of(&ChainRequest::new(symbol).with_expiration(day("2025-12-19"))), market);
            assert_eq!(subject_of(&PriceRequest::new(symbol)), market);
            for timeframe in Timeframe::ALL {
                let key = BarKey::new(symbol, timeframe);
                let request = BarsRequest::new(key, day("2025-01-02"), day("2025-03-31"));
                let subject = subject_of(&request);
                assert_eq!(subject, CacheSubject::Fetched(Fetched::Bars(key)));
                assert_eq!(subject.coverage_key().ok().flatten(), request.coverage_key().ok());
            }
        }
        for contract in ["SPY251219C00650000", "SPXW251219P06500500", "F251219P00012000", "GOOGL1251219C00012000"] {
            for model in ["black_scholes_merton", "2025", "c251219c00012000"] {
                let contract = contract.parse().expect("a contract");
                let key = GreeksKey { contract, model: model.parse().expect("a model"), revision: 12 };
                assert_eq!(subject_of(&GreeksRequest::new(key)), CacheSubject::Fetched(Fetched::Greeks(key)));
            }
        }
    }

    #[test]
    fn an_unknown_key_is_an_entry_of_its_own() {
        for (dataset, subject) in
            [("positions", "U1"), ("predictions", "gbm"), ("notes", "SPY"), ("bars", "SPY"), ("greeks", "SPY/1")]
        {
            let key = CacheKey { dataset: dataset.parse().expect("a name"), subject: subject.parse().expect("a name") };
            assert_eq!(CacheSubject::of(&key), CacheSubject::Entry(key));
        }
    }
}
