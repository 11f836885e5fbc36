DROP VIEW backtest_trades;
DROP VIEW backtest_equity;
DROP VIEW latest_market_snapshot;
DROP VIEW stock_price_history;
DROP VIEW daily_adjustments;
DROP VIEW liquid_option_strikes;
DROP VIEW options_history;
DROP VIEW option_quotes_readable;
