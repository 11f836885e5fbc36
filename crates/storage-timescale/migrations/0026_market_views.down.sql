DROP VIEW liquid_option_strikes;
DROP VIEW latest_market_snapshot;
DROP VIEW options_history;
DROP VIEW stock_price_history;
