//! Pairs out of a chain.

use strikebook_core::market::{ExerciseStyle, OptionChain, OptionContract, OptionQuote, OptionType};

use super::{BidAsk, Expiry, Pair};

/// Returns the pairs of each of the chain's [expirations](OptionChain::expirations), in their order, with years from
/// the chain's event limit and the exercise style of the
/// [root](strikebook_core::market::OptionRoot::exercise_style).
///
/// A pair is a call and a put of one root and strike that both have a bid and an ask. Adjusted contracts are left out,
/// since they deliver something else than 100 shares.
pub fn expiries(chain: &OptionChain) -> Vec<Expiry> {
    let expiry = |expiration| {
        let rows = chain.rows().iter().filter(|row| row.quote.contract.expiration() == expiration);
        let mut expiry = Expiry { years: 0.0, exercise_style: ExerciseStyle::American, pairs: Vec::new() };
        for call in rows.map(|row| &row.quote).filter(|quote| is_standard_call(&quote.contract)) {
            expiry.years = call.contract.years_to_expiration(chain.as_of.at);
            expiry.exercise_style = call.contract.root().exercise_style();
            expiry.pairs.extend(pair(chain, call));
        }
        expiry
    };
    chain.expirations().into_iter().map(expiry).collect()
}

fn is_standard_call(contract: &OptionContract) -> bool {
    contract.option_type() == OptionType::Call && !contract.root().is_adjusted()
}

fn pair(chain: &OptionChain, call: &OptionQuote) -> Option<Pair> {
    let (root, expiration, strike) = (call.contract.root(), call.contract.expiration(), call.contract.strike());
    let put = OptionContract::new(root, expiration, OptionType::Put, strike).ok()?;
    let put = &chain.get(&put)?.quote;
    Some(Pair { strike: strike.to_f64(), call: market(call)?, put: market(put)? })
}

fn market(quote: &OptionQuote) -> Option<BidAsk> {
    Some(BidAsk { bid: quote.bid?, ask: quote.ask? })
}
