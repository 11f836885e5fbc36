-- Fast backtest data retrieval
SELECT * FROM backtest_features
WHERE symbol = 'U'
AND date BETWEEN '2023-01-01' AND '2024-01-01';

-- Option chain for specific expiration
SELECT * FROM liquid_option_strikes
WHERE underlying = 'U'
AND expiration = '2024-02-16'
AND option_type = 'P';

-- Direct query to analytical DB
SELECT date, close, volatility_20d, var_95
    FROM backtest_features
    WHERE symbol = 'U';
