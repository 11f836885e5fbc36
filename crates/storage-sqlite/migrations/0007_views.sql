-- Quotes with the natural columns of their contracts and readable times, for people who query by hand.
CREATE VIEW option_quotes_readable AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type,
       strftime('%Y-%m-%dT%H:%M:%fZ', q.at / 1e6, 'unixepoch') AS at_utc,
       q.bid, q.ask, q.last, q.bid_size, q.ask_size, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price, q.source,
       strftime('%Y-%m-%dT%H:%M:%fZ', q.recorded_at / 1e6, 'unixepoch') AS recorded_at_utc
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;
