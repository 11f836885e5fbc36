//! The implied volatility at the money, and its rank among those of earlier days.

use chrono::Days;
use strikebook_core::{
    AsOf, Result,
    market::{ChainQuery, ChainRow, OptionChain, Symbol, calendar},
};

use super::{ContextMarket, ContextReader};
use crate::{
    statistics::mean,
    technical::{percentile, rank},
};

/// The days to expiration that count.
const DAYS_TO_EXPIRATION: std::ops::RangeInclusive<u32> = 7..=60;
/// The preferred days to expiration.
const PREFERRED_DAYS: i64 = 30;

impl<M: ContextMarket + ?Sized> ContextReader<'_, M> {
    /// Returns IV rank and percentile at an instant: those of the volatility at the money among the ones at the closes
    /// of the trading days before, each as of that close.
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

    /// Returns the mean of the quoted volatilities of call and put at the money, of the expiration nearest to 30 days
    /// among those in 7 to 60 days.
    async fn volatility(&self, symbol: Symbol, as_of: AsOf) -> Result<Option<f64>> {
        let query = ChainQuery::new(symbol, as_of)
            .with_days_to_expiration(*DAYS_TO_EXPIRATION.start(), *DAYS_TO_EXPIRATION.end())
            .with_max_quote_age(self.rules.max_quote_age);
        Ok(at_the_money(&self.market.chain_as_of(&query).await?))
    }
}

fn at_the_money(chain: &OptionChain) -> Option<f64> {
    let known = chain.filter(|row| row.quote.implied_volatility.is_some_and(|volatility| volatility > 0.0));
    let distance = |row: &ChainRow| (row.life.days_to_expiration(chain.as_of.at) - PREFERRED_DAYS).abs();
    let nearest = known.rows().iter().min_by_key(|row| distance(row))?.quote.contract.expiration();
    let near = known.expiring_on(nearest);
    let strike = near.at_the_money(chain.underlying_price()?)?;
    let at_strike = near.filter(|row| row.quote.contract.strike() == strike);
    let volatilities: Vec<_> = at_strike.rows().iter().filter_map(|row| row.quote.implied_volatility).collect();
    mean(&volatilities)
}
