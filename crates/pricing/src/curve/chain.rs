//! Pairs out of a chain.

use strikebook_core::market::{ExerciseStyle, OptionChain, OptionContract, OptionQuote, OptionType};

use super::{BidAsk, Expiry, Pair};

/// Returns the pairs of each of the chain's [settlements](OptionChain::settlements), in their order, with years from
/// the chain's event limit and the exercise style of the contracts.
///
/// A pair is a call and a put of one root and strike that both have a bid and an ask. Adjusted contracts are left out,
/// since they deliver something else than 100 shares.
pub fn expiries(chain: &OptionChain) -> Vec<Expiry> {
    let expiry = |settles_at| {
        let rows = chain.rows().iter().filter(|row| row.life.settles_at == settles_at);
        let mut expiry = Expiry { years: 0.0, exercise_style: ExerciseStyle::American, pairs: Vec::new() };
        for row in rows.filter(|row| is_standard_call(&row.quote.contract)) {
            expiry.years = row.life.years_to_expiration(chain.as_of.at);
            expiry.exercise_style = row.product.exercise_style;
            expiry.pairs.extend(pair(chain, &row.quote));
        }
        expiry
    };
    chain.settlements().into_iter().map(expiry).collect()
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
