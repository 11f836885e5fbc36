-- Quotes with the natural columns of their contracts, for people who query by hand.
CREATE VIEW option_quotes_readable AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, q.at,
       q.bid, q.ask, q.last, q.bid_size, q.ask_size, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price, q.source, q.recorded_at
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;
