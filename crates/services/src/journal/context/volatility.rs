//! The implied volatility at the money, and its rank among those of the days before.

use chrono::Days;
use strikebook_core::{
    AsOf, Result,
    market::{ChainQuery, ChainRow, OptionChain, Symbol, calendar},
};

use super::{ContextReader, Market};
use crate::{
    statistics::mean,
    technical::{percentile, rank},
};

/// The expirations that count, in days, and the one that is best.
const DAYS: std::ops::RangeInclusive<i64> = 7..=60;
const BEST: i64 = 30;

impl<M: Market + ?Sized> ContextReader<'_, M> {
    /// IV rank and percentile at an instant: of its own volatility at the money among those at the closes of the
    /// trading days before its day, each as it was known at that close.
    pub(super) async fn ranks(&mut self, symbol: Symbol, as_of: AsOf) -> Result<(Option<f64>, Option<f64>)> {
        let Some(now) = self.volatility(symbol, as_of).await? else { return Ok((None, None)) };
        let today = as_of.at.new_york_date();
        let days = std::iter::successors(today.pred_opt(), chrono::NaiveDate::pred_opt);
        let days = days.take_while(|day| *day > today - Days::new(4 * 366));
        let days: Vec<_> =
            days.filter(|day| calendar::is_trading_day(*day)).take(self.rules.rank_days as usize).collect();
        let mut history = Vec::new();
        for day in days {
            let known = match self.volatilities.get(&(symbol, day)) {
                Some(known) => *known,
                None => self.volatility(symbol, AsOf::instant(calendar::close_on(day)?)).await?,
            };
            self.volatilities.insert((symbol, day), known);
            history.extend(known);
        }
        if history.len() < self.rules.min_rank_days {
            return Ok((None, None));
        }
        Ok((rank(now, &history), percentile(now, &history)))
    }

    /// The mean of the quoted volatilities of call and put at the money, of the expiration nearest to 30 days, from 7
    /// to 60.
    async fn volatility(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<f64>> {
        let today = as_of.at.new_york_date();
        let ahead = |days: i64| today + Days::new(days.unsigned_abs());
        let query = ChainQuery::new(symbol, as_of)
            .with_expirations(ahead(*DAYS.start()), ahead(*DAYS.end()))
            .with_max_quote_age(self.rules.max_quote_age);
        Ok(at_the_money(&self.market.chain_as_of(&query).await?))
    }
}

fn at_the_money(chain: &OptionChain) -> Option<f64> {
    let known = chain.filter(|row| row.quote.implied_volatility.is_some_and(|volatility| volatility > 0.0));
    let distance = |row: &ChainRow| (row.quote.contract.days_to_expiration(chain.as_of.at) - BEST).abs();
    let nearest = known.rows().iter().min_by_key(|row| distance(row))?.quote.contract.expiration();
    let near = known.expiring_on(nearest);
    let strike = near.at_the_money(chain.underlying_price()?)?;
    let at_strike = near.filter(|row| row.quote.contract.strike() == strike);
    let volatilities: Vec<_> = at_strike.rows().iter().filter_map(|row| row.quote.implied_volatility).collect();
    mean(&volatilities)
}
