-- Get latest prices for all symbols
SELECT DISTINCT ON (symbol) 
    symbol, timestamp, close_price, volume
FROM trading.stock_prices 
ORDER BY symbol, timestamp DESC;

-- Get 5-minute OHLCV data for AAPL
SELECT * FROM trading.stock_prices_5m 
WHERE symbol = 'AAPL' 
AND bucket >= NOW() - INTERVAL '1 day'
ORDER BY bucket DESC;

-- Get options chain for AAPL expiring this week
SELECT 
    option_symbol, strike_price, option_type,
    last_price, volume, open_interest, implied_volatility
FROM trading.options_data 
WHERE underlying_symbol = 'AAPL'
AND expiration_date BETWEEN CURRENT_DATE AND CURRENT_DATE + INTERVAL '7 days'
AND timestamp >= NOW() - INTERVAL '1 hour'
ORDER BY option_type, strike_price;

-- Calculate put/call ratio
SELECT 
    underlying_symbol,
    SUM(CASE WHEN option_type = 'PUT' THEN volume ELSE 0 END) as put_volume,
    SUM(CASE WHEN option_type = 'CALL' THEN volume ELSE 0 END) as call_volume,
    CASE 
        WHEN SUM(CASE WHEN option_type = 'CALL' THEN volume ELSE 0 END) > 0 
        THEN SUM(CASE WHEN option_type = 'PUT' THEN volume ELSE 0 END)::DECIMAL / 
             SUM(CASE WHEN option_type = 'CALL' THEN volume ELSE 0 END)::DECIMAL
        ELSE NULL 
    END as put_call_ratio
FROM trading.options_data 
WHERE timestamp >= NOW() - INTERVAL '1 day'
GROUP BY underlying_symbol;

-- Calculate RSI for AAPL
SELECT * FROM trading.calculate_rsi('AAPL', 14, '5 minutes')
WHERE timestamp >= NOW() - INTERVAL '1 day'
ORDER BY timestamp DESC;

-- Get Bollinger Bands
SELECT * FROM trading.calculate_bollinger_bands('AAPL', 20, 2.0, '5 minutes')
WHERE timestamp >= NOW() - INTERVAL '1 day'
ORDER BY timestamp DESC;

-- Moving averages
SELECT * FROM trading.calculate_moving_average('AAPL', 50, '5 minutes')
WHERE timestamp >= NOW() - INTERVAL '1 day'
ORDER BY timestamp DESC;

-- Get recent high-confidence signals
SELECT 
    symbol, signal_type, confidence, target_price, reasoning, timestamp
FROM trading.signals 
WHERE confidence > 0.8
AND timestamp >= NOW() - INTERVAL '1 day'
ORDER BY timestamp DESC;

-- Signal performance by symbol
SELECT 
    symbol,
    COUNT(*) as total_signals,
    AVG(confidence) as avg_confidence,
    COUNT(CASE WHEN signal_type = 'BUY' THEN 1 END) as buy_signals,
    COUNT(CASE WHEN signal_type = 'SELL' THEN 1 END) as sell_signals,
    COUNT(CASE WHEN signal_type = 'HOLD' THEN 1 END) as hold_signals
FROM trading.signals 
WHERE timestamp >= NOW() - INTERVAL '7 days'
GROUP BY symbol
ORDER BY total_signals DESC;

-- Check table sizes
SELECT 
    schemaname, tablename,
    pg_size_pretty(pg_total_relation_size(schemaname||'.'||tablename)) as size
FROM pg_tables 
WHERE schemaname = 'trading'
ORDER BY pg_total_relation_size(schemaname||'.'||tablename) DESC;

-- Check active connections
SELECT count(*) FROM pg_stat_activity WHERE datname = 'trading_db';
