-- The trading family: signals, orders, accounts and the trade journal.

-- Signals of strategies. status_at is when a signal stopped being active.
CREATE TABLE signals (
    id            VARCHAR NOT NULL,
    "at"          TIMESTAMP NOT NULL,
    strategy      VARCHAR NOT NULL,
    symbol        VARCHAR NOT NULL,
    action        VARCHAR NOT NULL,
    legs          VARCHAR NOT NULL,
    strength      DOUBLE NOT NULL,
    confidence    DOUBLE NOT NULL,
    target_price  DOUBLE,
    stop_price    DOUBLE,
    valid_until   TIMESTAMP,
    model_version VARCHAR,
    reasoning     VARCHAR,
    features      VARCHAR NOT NULL,
    status        VARCHAR NOT NULL,
    status_at     TIMESTAMP,
    recorded_at   TIMESTAMP NOT NULL
);

-- Orders. filled_quantity, filled_value and status follow from the executions; the mean price is filled_value /
-- filled_quantity.
CREATE TABLE orders (
    id              VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    strategy        VARCHAR NOT NULL,
    signal_id       VARCHAR,
    account         VARCHAR NOT NULL,
    instrument      VARCHAR NOT NULL,
    side            VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,
    quantity        DECIMAL(20,8) NOT NULL,
    limit_price     DECIMAL(20,8),
    stop_price      DECIMAL(20,8),
    time_in_force   VARCHAR NOT NULL,
    links           VARCHAR NOT NULL,
    status          VARCHAR NOT NULL,
    filled_quantity DECIMAL(20,8) NOT NULL,
    filled_value    DECIMAL(28,16) NOT NULL,
    broker_order_id VARCHAR,
    error_message   VARCHAR,
    ended_at        TIMESTAMP,
    updated_at      TIMESTAMP NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);

-- Executions, which fill the orders.
CREATE TABLE executions (
    id                  VARCHAR NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    order_id            VARCHAR NOT NULL,
    account             VARCHAR NOT NULL,
    instrument          VARCHAR NOT NULL,
    side                VARCHAR NOT NULL,
    quantity            DECIMAL(20,8) NOT NULL,
    price               DECIMAL(20,8) NOT NULL,
    commission          DECIMAL(20,8) NOT NULL,
    regulatory_fees     DECIMAL(20,8),
    exchange_fees       DECIMAL(20,8),
    venue               VARCHAR,
    broker_execution_id VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);

-- Positions held now, one row for each account, instrument and strategy.
CREATE TABLE positions (
    account      VARCHAR NOT NULL,
    instrument   VARCHAR NOT NULL,
    strategy     VARCHAR NOT NULL,
    quantity     DECIMAL(20,8) NOT NULL,
    average_cost DECIMAL(20,8),
    realized_pnl DECIMAL(20,8) NOT NULL,
    opened_at    TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL,
    recorded_at  TIMESTAMP NOT NULL
);

-- Snapshots of accounts as reported by their brokers. positions is a JSON array of the holdings, with amounts as texts.
CREATE TABLE account_snapshots (
    id                      VARCHAR NOT NULL,
    "at"                    TIMESTAMP NOT NULL,
    account                 VARCHAR NOT NULL,
    positions               VARCHAR NOT NULL,
    source                  VARCHAR NOT NULL,
    cash                    DECIMAL(20,8),
    settled_cash            DECIMAL(20,8),
    net_liquidation         DECIMAL(20,8),
    positions_value         DECIMAL(20,8),
    buying_power            DECIMAL(20,8),
    initial_requirement     DECIMAL(20,8),
    maintenance_requirement DECIMAL(20,8),
    excess_liquidity        DECIMAL(20,8),
    realized_pnl            DECIMAL(20,8),
    unrealized_pnl          DECIMAL(20,8),
    recorded_at             TIMESTAMP NOT NULL
);

-- Values and exposures of portfolios.
CREATE TABLE portfolio_snapshots (
    portfolio       VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    total_value     DECIMAL(20,8) NOT NULL,
    cash            DECIMAL(20,8) NOT NULL,
    positions_value DECIMAL(20,8) NOT NULL,
    total_pnl       DECIMAL(20,8),
    unrealized_pnl  DECIMAL(20,8),
    realized_pnl    DECIMAL(20,8),
    total_exposure  DECIMAL(20,8) NOT NULL,
    net_exposure    DECIMAL(20,8) NOT NULL,
    positions       BIGINT NOT NULL,
    net_delta       DOUBLE,
    source          VARCHAR NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);

-- Superseded versions of portfolio_snapshots.
CREATE TABLE portfolio_snapshots_history (
    portfolio       VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    total_value     DECIMAL(20,8) NOT NULL,
    cash            DECIMAL(20,8) NOT NULL,
    positions_value DECIMAL(20,8) NOT NULL,
    total_pnl       DECIMAL(20,8),
    unrealized_pnl  DECIMAL(20,8),
    realized_pnl    DECIMAL(20,8),
    total_exposure  DECIMAL(20,8) NOT NULL,
    net_exposure    DECIMAL(20,8) NOT NULL,
    positions       BIGINT NOT NULL,
    net_delta       DOUBLE,
    source          VARCHAR NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);

-- Events of the journal's cycles. Rows change by amendments alone.
CREATE TABLE journal_events (
    id              VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    sequence        BIGINT NOT NULL,
    account         VARCHAR NOT NULL,
    strategy        VARCHAR NOT NULL,
    cycle           VARCHAR NOT NULL,
    names_cycle     BOOLEAN NOT NULL,
    kind            VARCHAR NOT NULL,
    symbol          VARCHAR NOT NULL,
    instrument      VARCHAR NOT NULL,
    quantity        DECIMAL(20,8) NOT NULL,
    price           DECIMAL(20,8) NOT NULL,
    fees            DECIMAL(20,8) NOT NULL,
    commission      DECIMAL(20,8),
    regulatory_fees DECIMAL(20,8),
    exchange_fees   DECIMAL(20,8),
    multiplier      BIGINT NOT NULL,
    successor       VARCHAR,
    successor_price DECIMAL(20,8),
    lot             VARCHAR,
    broker_order_id VARCHAR,
    execution       VARCHAR,
    signal          VARCHAR,
    provenance      VARCHAR NOT NULL,
    voided_at       TIMESTAMP,
    amendment       VARCHAR,
    source          VARCHAR NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);

-- Rows of brokers' histories as read from files. content is a JSON object of the row's fields; events is a JSON array
-- of the journal events made from the row.
CREATE TABLE imported_rows (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    account     VARCHAR NOT NULL,
    source      VARCHAR NOT NULL,
    row_id      VARCHAR NOT NULL,
    file        VARCHAR NOT NULL,
    line        BIGINT NOT NULL,
    content     VARCHAR NOT NULL,
    rejection   VARCHAR,
    events      VARCHAR NOT NULL,
    deletion    VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Cycles of the journal, derived from journal_events alone.
CREATE TABLE journal_cycles (
    id                       VARCHAR NOT NULL,
    account                  VARCHAR NOT NULL,
    strategy                 VARCHAR NOT NULL,
    symbol                   VARCHAR NOT NULL,
    phase                    VARCHAR NOT NULL,
    opened_at                TIMESTAMP NOT NULL,
    closed_at                TIMESTAMP,
    events                   BIGINT NOT NULL,
    shares                   DECIMAL(20,8) NOT NULL,
    basis_tax                DECIMAL(20,8) NOT NULL,
    basis_adjusted           DECIMAL(20,8) NOT NULL,
    basis_tax_per_share      DECIMAL(20,8),
    basis_adjusted_per_share DECIMAL(20,8),
    premium                  DECIMAL(20,8) NOT NULL,
    dividends                DECIMAL(20,8) NOT NULL,
    fees                     DECIMAL(20,8) NOT NULL,
    cash_flow                DECIMAL(20,8) NOT NULL,
    realized_pnl             DECIMAL(20,8) NOT NULL,
    lots                     VARCHAR NOT NULL,
    basis                    VARCHAR NOT NULL,
    recorded_at              TIMESTAMP NOT NULL
);

-- Trades, each a position from its entry (at) to its exit (exited_at).
CREATE TABLE trades (
    id                       VARCHAR NOT NULL,
    "at"                     TIMESTAMP NOT NULL,
    source                   VARCHAR NOT NULL,
    provenance               VARCHAR NOT NULL,
    schema_version           BIGINT NOT NULL,
    updated_at               TIMESTAMP NOT NULL,
    finalised                BOOLEAN NOT NULL,
    voided_at                TIMESTAMP,
    amendment                VARCHAR,
    account                  VARCHAR NOT NULL,
    strategy                 VARCHAR NOT NULL,
    setup                    VARCHAR,
    cycle                    VARCHAR,
    leg_group                VARCHAR,
    roll_chain               VARCHAR,
    parent_lot               VARCHAR,
    leg_role                 VARCHAR,
    wheel_phase              VARCHAR,
    signal                   VARCHAR,
    order_ids                VARCHAR NOT NULL,
    broker_trade_id          VARCHAR,
    import_source            VARCHAR,
    import_batch             VARCHAR,
    dedup_hash               VARCHAR,
    run                      VARCHAR,
    dry_run                  BOOLEAN NOT NULL,
    symbol                   VARCHAR NOT NULL,
    instrument               VARCHAR NOT NULL,
    exercise_style           VARCHAR,
    multiplier               BIGINT NOT NULL,
    deliverable              VARCHAR,
    side                     VARCHAR NOT NULL,
    open_action              VARCHAR NOT NULL,
    close_action             VARCHAR,
    quantity                 DECIMAL(20,8) NOT NULL,
    quantity_closed          DECIMAL(20,8) NOT NULL,
    exited_at                TIMESTAMP,
    entry_price              DECIMAL(20,8) NOT NULL,
    exit_price               DECIMAL(20,8),
    entry_bid                DECIMAL(20,8),
    entry_ask                DECIMAL(20,8),
    slippage_entry           DECIMAL(20,8),
    slippage_exit            DECIMAL(20,8),
    commission               DECIMAL(20,8),
    regulatory_fees          DECIMAL(20,8),
    exchange_fees            DECIMAL(20,8),
    assignment_fee           DECIMAL(20,8),
    exit_reason              VARCHAR,
    premium_received         DECIMAL(20,8),
    premium_paid             DECIMAL(20,8),
    gross_pnl                DECIMAL(20,8),
    total_costs              DECIMAL(20,8),
    net_pnl                  DECIMAL(20,8),
    win_loss                 VARCHAR,
    is_win_economic          BOOLEAN,
    currency                 VARCHAR,
    fx_rate                  DOUBLE,
    initial_risk             DECIMAL(20,8),
    risk_basis               VARCHAR,
    max_risk                 DECIMAL(20,8),
    collateral               DECIMAL(20,8),
    buying_power_used        DECIMAL(20,8),
    stop_loss                DECIMAL(20,8),
    target_price             DECIMAL(20,8),
    profit_target_percent    DOUBLE,
    loss_limit_percent       DOUBLE,
    mae                      DECIMAL(20,8),
    mfe                      DECIMAL(20,8),
    excursion_resolution     VARCHAR,
    excursion_source         VARCHAR,
    post_exit_mfe            DECIMAL(20,8),
    probability_of_profit    DOUBLE,
    account_equity           DECIMAL(20,8),
    entry_underlying_price   DECIMAL(20,8),
    entry_iv                 DOUBLE,
    entry_iv_rank            DOUBLE,
    entry_iv_percentile      DOUBLE,
    entry_hv20               DOUBLE,
    entry_delta              DOUBLE,
    entry_gamma              DOUBLE,
    entry_theta              DOUBLE,
    entry_vega               DOUBLE,
    entry_rho                DOUBLE,
    entry_greeks_revision    BIGINT,
    entry_dte                BIGINT,
    entry_moneyness          DOUBLE,
    entry_regime             VARCHAR,
    entry_vix                DOUBLE,
    entry_risk_free_rate     DOUBLE,
    entry_vwap               DOUBLE,
    entry_adx                DOUBLE,
    entry_atr                DOUBLE,
    entry_spread_percent     DOUBLE,
    entry_open_interest      BIGINT,
    entry_volume             BIGINT,
    entry_next_earnings      DATE,
    entry_next_ex_dividend   DATE,
    entry_chain_snapshot_at  TIMESTAMP,
    exit_underlying_price    DECIMAL(20,8),
    exit_iv                  DOUBLE,
    exit_iv_rank             DOUBLE,
    exit_iv_percentile       DOUBLE,
    exit_hv20                DOUBLE,
    exit_delta               DOUBLE,
    exit_gamma               DOUBLE,
    exit_theta               DOUBLE,
    exit_vega                DOUBLE,
    exit_rho                 DOUBLE,
    exit_greeks_revision     BIGINT,
    exit_dte                 BIGINT,
    exit_moneyness           DOUBLE,
    exit_regime              VARCHAR,
    exit_vix                 DOUBLE,
    exit_risk_free_rate      DOUBLE,
    exit_vwap                DOUBLE,
    exit_adx                 DOUBLE,
    exit_atr                 DOUBLE,
    exit_spread_percent      DOUBLE,
    exit_open_interest       BIGINT,
    exit_volume              BIGINT,
    exit_next_earnings       DATE,
    exit_next_ex_dividend    DATE,
    exit_chain_snapshot_at   TIMESTAMP,
    assigned_contracts       DECIMAL(20,8),
    assigned_at              TIMESTAMP,
    early_assignment         BOOLEAN,
    shares_delta             DECIMAL(20,8),
    basis_tax_per_share      DECIMAL(20,8),
    basis_adjusted_per_share DECIMAL(20,8),
    roll_sequence            BIGINT,
    roll_net_credit          DECIMAL(20,8),
    roll_type                VARCHAR,
    dividends_received       DECIMAL(20,8),
    cycle_realized_pnl       DECIMAL(20,8),
    days_underwater          BIGINT,
    thesis                   VARCHAR,
    mental_state_entry       VARCHAR,
    mental_state_exit        VARCHAR,
    confidence               BIGINT,
    rule_breaks              VARCHAR NOT NULL,
    followed_plan            BOOLEAN,
    adherence_score          DOUBLE,
    quality_grade            VARCHAR,
    tags                     VARCHAR NOT NULL,
    screenshots              VARCHAR NOT NULL,
    recorded_at              TIMESTAMP NOT NULL
);

-- Notes about trades, cycles and accounts.
CREATE TABLE journal_notes (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    account     VARCHAR NOT NULL,
    trade       VARCHAR,
    cycle       VARCHAR,
    kind        VARCHAR NOT NULL,
    text        VARCHAR NOT NULL,
    voided_at   TIMESTAMP,
    amendment   VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Trading rules of an owner.
CREATE TABLE journal_rules (
    rule        VARCHAR NOT NULL,
    text        VARCHAR NOT NULL,
    severity    VARCHAR NOT NULL,
    active      BOOLEAN NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Profit and loss of each account on each day in New York.
CREATE TABLE daily_pnl (
    date        DATE NOT NULL,
    account     VARCHAR NOT NULL,
    realized    DECIMAL(20,8) NOT NULL,
    unrealized  DECIMAL(20,8),
    recorded_at TIMESTAMP NOT NULL
);

-- Current states of risk controls, by key.
CREATE TABLE risk_states (
    key         VARCHAR NOT NULL,
    value       VARCHAR NOT NULL,
    updated_at  TIMESTAMP NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Metrics of closed trades. account, strategy and regime are empty where the metrics cover all of them; at is the end
-- of the window. The most used metrics have columns; metrics holds every number with its sample size and convention.
CREATE TABLE performance_metrics (
    strategy      VARCHAR NOT NULL,
    account       VARCHAR NOT NULL,
    regime        VARCHAR NOT NULL,
    window_kind   VARCHAR NOT NULL,
    unit          VARCHAR NOT NULL,
    "at"          TIMESTAMP NOT NULL,
    window_start  TIMESTAMP,
    trades        BIGINT NOT NULL,
    net           DECIMAL(20,8),
    profit_factor DOUBLE,
    expected_r    DOUBLE,
    win_rate      DOUBLE,
    wilson_lower  DOUBLE,
    wilson_upper  DOUBLE,
    max_drawdown  DECIMAL(20,8),
    costs_percent DOUBLE,
    conventions   VARCHAR NOT NULL,
    metrics       VARCHAR NOT NULL,
    source        VARCHAR NOT NULL,
    recorded_at   TIMESTAMP NOT NULL
);

-- Superseded versions of performance_metrics.
CREATE TABLE performance_metrics_history (
    strategy      VARCHAR NOT NULL,
    account       VARCHAR NOT NULL,
    regime        VARCHAR NOT NULL,
    window_kind   VARCHAR NOT NULL,
    unit          VARCHAR NOT NULL,
    "at"          TIMESTAMP NOT NULL,
    window_start  TIMESTAMP,
    trades        BIGINT NOT NULL,
    net           DECIMAL(20,8),
    profit_factor DOUBLE,
    expected_r    DOUBLE,
    win_rate      DOUBLE,
    wilson_lower  DOUBLE,
    wilson_upper  DOUBLE,
    max_drawdown  DECIMAL(20,8),
    costs_percent DOUBLE,
    conventions   VARCHAR NOT NULL,
    metrics       VARCHAR NOT NULL,
    source        VARCHAR NOT NULL,
    recorded_at   TIMESTAMP NOT NULL
);
