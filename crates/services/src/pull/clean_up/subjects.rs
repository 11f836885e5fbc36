//! Whose rows the cache's entries stand for.

use std::{collections::BTreeMap, fmt};

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    Name, Source, Timestamp,
    analytics::GreeksKey,
    maintenance::{Eviction, Fetched},
    market::{BarKey, OptionContract},
    operations::{CacheEntry, CacheKey},
};

use crate::pull::{BarsRequest, ChainRequest, GreeksRequest, PriceRequest, Request};

/// What goes as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Entries that share rows, with these rows: those of `chains` and `prices` of an underlying, those of all spans of
    /// bars.
    Fetched(Fetched),
    /// An entry alone. Positions are what is held now, predictions are what was said then, and what an application's
    /// own kind stores is not known here: their rows stay.
    Entry(CacheKey),
}

impl fmt::Display for Subject {
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

impl Subject {
    /// What an entry with a key stands for.
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

    /// The key of the days that were asked for of it.
    pub(super) fn covered(&self) -> Option<CacheKey> {
        match self {
            Self::Fetched(Fetched::Bars(key)) => BarsRequest::covered_of(key).ok(),
            _ => None,
        }
    }
}

/// The underlying of `SPY` and of `SPY/2025-12-19`. A symbol may have a slash of its own.
fn underlying(subject: &str) -> &str {
    match subject.rsplit_once('/') {
        Some((underlying, day)) if day.parse::<NaiveDate>().is_ok() => underlying,
        _ => subject,
    }
}

/// The bars of `SPY/1d/2025-01-02/2025-03-31`.
fn bars(subject: &str) -> Option<BarKey> {
    let mut parts = subject.rsplitn(4, '/').skip(2);
    let timeframe = parts.next()?.parse().ok()?;
    Some(BarKey { instrument: parts.next()?.parse().ok()?, timeframe })
}

/// The Greeks of `SPY251219C00650000black/1`.
fn greeks(subject: &str) -> Option<GreeksKey> {
    let (contract_and_model, revision) = subject.rsplit_once('/')?;
    // What comes before the model is a contract with a root of one to six characters; no other length reads as one.
    let parts = |root: usize| {
        let (contract, model) = contract_and_model.split_at_checked(root + 15)?;
        Some((contract.parse::<OptionContract>().ok()?, model.parse().ok()?))
    };
    let (contract, model) = (1..=6).find_map(parts)?;
    Some(GreeksKey { contract, model, revision: revision.parse().ok()? })
}

/// The entries of one subject.
#[derive(Debug)]
pub(super) struct Entries {
    pub(super) subject: Subject,
    pub(super) entries: Vec<CacheEntry>,
}

impl Entries {
    /// Gathers entries by their subjects.
    pub(super) fn by_subject(entries: Vec<CacheEntry>) -> Vec<Self> {
        let mut subjects = BTreeMap::<Subject, Vec<CacheEntry>>::new();
        for entry in entries {
            let key = CacheKey { dataset: entry.dataset, subject: entry.subject };
            subjects.entry(Subject::of(&key)).or_default().push(entry);
        }
        subjects.into_iter().map(|(subject, entries)| Self { subject, entries }).collect()
    }

    /// When one of them was used last.
    pub(super) fn last_access(&self) -> Timestamp {
        self.entries.iter().map(|entry| entry.last_access).max().unwrap_or(Timestamp::MIN)
    }

    /// Until when rows must have been learned that expired at an instant: all of them when every entry did, and
    /// otherwise those that are older than the entries that did not get.
    pub(super) fn expired_until(&self, expired_at: Timestamp) -> Timestamp {
        let kept_for = |entry: &CacheEntry| entry.expires_at.since(entry.fetched_at.unwrap_or(entry.asked_at));
        let live = self.entries.iter().filter(|entry| entry.expires_at > expired_at);
        let longest = live.map(kept_for).max().unwrap_or(TimeDelta::zero());
        expired_at.saturating_sub(longest)
    }

    /// The rows that were learned up to an instant: one eviction for each who was asked. Rows of other sources were not
    /// fetched; Greeks have the source of the quotes that they are computed from, and follow from these.
    pub(super) fn evictions(&self, learned_until: Timestamp) -> Vec<Eviction> {
        let Subject::Fetched(fetched) = self.subject else { return Vec::new() };
        let all = Eviction::new(fetched, learned_until);
        if matches!(fetched, Fetched::Greeks(_)) {
            return vec![all];
        }
        let mut providers: Vec<Name> = self.entries.iter().map(|entry| entry.provider).collect();
        providers.sort_unstable();
        providers.dedup();
        let sources = providers.iter().filter_map(|provider| Source::new(provider.as_str()).ok());
        sources.map(|source| all.clone().with_source(source)).collect()
    }
}

#[cfg(test)]
mod tests {
    use strikebook_core::market::{Symbol, Timeframe};

    use super::*;

    fn subject_of<R: Request>(request: &R) -> Subject {
        let dataset = R::DATASET.parse().expect("a name");
        Subject::of(&CacheKey { dataset, subject: request.subject().expect("a subject") })
    }

    #[test]
    fn requests_are_told_by_their_keys() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for symbol in ["SPY", "BRK/B", "BRK.B", "^VIX"] {
            let symbol: Symbol = symbol.parse().expect("a symbol");
            let market = Subject::Fetched(Fetched::Market(symbol));
            assert_eq!(subject_of(&ChainRequest::new(symbol)), market);
            assert_eq!(subject_of(&ChainRequest::new(symbol).with_expiration(day("2025-12-19"))), market);
            assert_eq!(subject_of(&PriceRequest::new(symbol)), market);
            for timeframe in Timeframe::ALL {
                let key = BarKey::new(symbol, timeframe);
                let request = BarsRequest::new(key, day("2025-01-02"), day("2025-03-31"));
                let subject = subject_of(&request);
                assert_eq!(subject, Subject::Fetched(Fetched::Bars(key)));
                assert_eq!(subject.covered(), request.covered().ok());
            }
        }
        for contract in ["SPY251219C00650000", "SPXW251219P06500500", "F251219P00012000", "GOOGL1251219C00012000"] {
            for model in ["black_scholes_merton", "2025", "c251219c00012000"] {
                let contract = contract.parse().expect("a contract");
                let key = GreeksKey { contract, model: model.parse().expect("a model"), revision: 12 };
                assert_eq!(subject_of(&GreeksRequest::new(key)), Subject::Fetched(Fetched::Greeks(key)));
            }
        }
    }

    #[test]
    fn what_is_not_known_is_an_entry_alone() {
        for (dataset, subject) in
            [("positions", "U1"), ("predictions", "gbm"), ("notes", "SPY"), ("bars", "SPY"), ("greeks", "SPY/1")]
        {
            let key = CacheKey { dataset: dataset.parse().expect("a name"), subject: subject.parse().expect("a name") };
            assert_eq!(Subject::of(&key), Subject::Entry(key));
        }
    }
}
