//! Contracts of the previous snapshot that are missing.

use std::collections::{BTreeMap, BTreeSet};

use strikebook_core::market::OptionChain;

use super::{Check, Expectations, Finding};

/// Returns missing expirations and contracts, except those that no longer trade.
pub(super) fn findings(chain: &OptionChain, expected: &Expectations<'_>) -> Vec<Finding> {
    let Some(previous) = expected.previous else { return Vec::new() };
    let present: BTreeSet<_> = chain.expirations().into_iter().collect();
    let alive = previous.rows().iter().filter(|row| row.life.is_alive(chain.as_of.at));
    let missing = alive.map(|row| row.quote.contract).filter(|one| chain.get(one).is_none());
    let mut whole: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut findings = Vec::new();
    for contract in missing {
        if present.contains(&contract.expiration()) {
            findings.push(Finding::new(Check::MissingContract, [contract], "the previous snapshot had the contract"));
        } else {
            whole.entry(contract.expiration()).or_default().push(contract);
        }
    }
    let expirations = whole.into_iter().map(|(expiration, contracts)| {
        let reason = format!("the previous snapshot had {} contracts that expire on {expiration}", contracts.len());
        Finding::new(Check::MissingExpiration, contracts, reason)
    });
    findings.extend(expirations);
    findings
}
