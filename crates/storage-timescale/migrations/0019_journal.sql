-- The journal's log: what happened in each cycle, never changed and never deleted.
CREATE TABLE journal_events (
    id              UUID NOT NULL PRIMARY KEY,
    at              TIMESTAMPTZ NOT NULL,
    sequence        BIGINT NOT NULL,
    account         TEXT COLLATE "C" NOT NULL,
    strategy        TEXT COLLATE "C" NOT NULL,
    cycle           UUID NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    symbol          TEXT COLLATE "C" NOT NULL,
    instrument      TEXT COLLATE "C" NOT NULL,
    quantity        NUMERIC(20,8) NOT NULL,
    price           NUMERIC(20,8) NOT NULL,
    fees            NUMERIC(20,8) NOT NULL,
    multiplier      BIGINT NOT NULL,
    successor       TEXT COLLATE "C",
    successor_price NUMERIC(20,8),
    lot             UUID,
    broker_order_id TEXT COLLATE "C",
    source          TEXT COLLATE "C" NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL
);

CREATE INDEX journal_events_by_time ON journal_events (at, id);
CREATE INDEX journal_events_by_cycle ON journal_events (cycle, at);
CREATE INDEX journal_events_by_order ON journal_events (broker_order_id, account) WHERE broker_order_id IS NOT NULL;

-- Cycles: what follows from their events, and nothing else.
CREATE TABLE journal_cycles (
    id                       UUID NOT NULL PRIMARY KEY,
    account                  TEXT COLLATE "C" NOT NULL,
    strategy                 TEXT COLLATE "C" NOT NULL,
    symbol                   TEXT COLLATE "C" NOT NULL,
    phase                    TEXT COLLATE "C" NOT NULL,
    opened_at                TIMESTAMPTZ NOT NULL,
    closed_at                TIMESTAMPTZ,
    events                   BIGINT NOT NULL,
    shares                   NUMERIC(20,8) NOT NULL,
    basis_tax                NUMERIC(20,8) NOT NULL,
    basis_adjusted           NUMERIC(20,8) NOT NULL,
    basis_tax_per_share      NUMERIC(20,8),
    basis_adjusted_per_share NUMERIC(20,8),
    premium                  NUMERIC(20,8) NOT NULL,
    dividends                NUMERIC(20,8) NOT NULL,
    fees                     NUMERIC(20,8) NOT NULL,
    cash_flow                NUMERIC(20,8) NOT NULL,
    realized_pnl             NUMERIC(20,8) NOT NULL,
    lots                     JSONB NOT NULL,
    basis                    JSONB NOT NULL,
    recorded_at              TIMESTAMPTZ NOT NULL
);

CREATE INDEX journal_cycles_by_symbol ON journal_cycles (symbol);

-- Trades: a position from its opening to its end. "at" is when it was entered, exited_at when it was left.
CREATE TABLE trades (
    id                       UUID NOT NULL PRIMARY KEY,
    at                       TIMESTAMPTZ NOT NULL,
    source                   TEXT COLLATE "C" NOT NULL,
    provenance               TEXT COLLATE "C" NOT NULL,
    schema_version           BIGINT NOT NULL,
    updated_at               TIMESTAMPTZ NOT NULL,
    finalised                BOOLEAN NOT NULL,
    account                  TEXT COLLATE "C" NOT NULL,
    strategy                 TEXT COLLATE "C" NOT NULL,
    setup                    TEXT COLLATE "C",
    cycle                    UUID,
    leg_group                UUID,
    roll_chain               UUID,
    parent_lot               UUID,
    leg_role                 TEXT COLLATE "C",
    wheel_phase              TEXT COLLATE "C",
    signal                   UUID,
    order_ids                JSONB NOT NULL,
    broker_trade_id          TEXT COLLATE "C",
    import_source            TEXT COLLATE "C",
    import_batch             UUID,
    dedup_hash               TEXT COLLATE "C",
    run                      UUID,
    dry_run                  BOOLEAN NOT NULL,
    symbol                   TEXT COLLATE "C" NOT NULL,
    instrument               TEXT COLLATE "C" NOT NULL,
    exercise_style           TEXT COLLATE "C",
    multiplier               BIGINT NOT NULL,
    deliverable              JSONB,
    side                     TEXT COLLATE "C" NOT NULL,
    open_action              TEXT COLLATE "C" NOT NULL,
    close_action             TEXT COLLATE "C",
    quantity                 NUMERIC(20,8) NOT NULL,
    quantity_closed          NUMERIC(20,8) NOT NULL,
    exited_at                TIMESTAMPTZ,
    entry_price              NUMERIC(20,8) NOT NULL,
    exit_price               NUMERIC(20,8),
    entry_bid                NUMERIC(20,8),
    entry_ask                NUMERIC(20,8),
    slippage_entry           NUMERIC(20,8),
    slippage_exit            NUMERIC(20,8),
    commission               NUMERIC(20,8),
    regulatory_fees          NUMERIC(20,8),
    exchange_fees            NUMERIC(20,8),
    assignment_fee           NUMERIC(20,8),
    exit_reason              TEXT COLLATE "C",
    premium_received         NUMERIC(20,8),
    premium_paid             NUMERIC(20,8),
    gross_pnl                NUMERIC(20,8),
    total_costs              NUMERIC(20,8),
    net_pnl                  NUMERIC(20,8),
    win_loss                 TEXT COLLATE "C",
    is_win_economic          BOOLEAN,
    currency                 TEXT COLLATE "C",
    fx_rate                  DOUBLE PRECISION,
    initial_risk             NUMERIC(20,8),
    max_risk                 NUMERIC(20,8),
    collateral               NUMERIC(20,8),
    buying_power_used        NUMERIC(20,8),
    stop_loss                NUMERIC(20,8),
    target_price             NUMERIC(20,8),
    profit_target_percent    DOUBLE PRECISION,
    loss_limit_percent       DOUBLE PRECISION,
    mae                      NUMERIC(20,8),
    mfe                      NUMERIC(20,8),
    excursion_resolution     TEXT COLLATE "C",
    excursion_source         TEXT COLLATE "C",
    post_exit_mfe            NUMERIC(20,8),
    probability_of_profit    DOUBLE PRECISION,
    account_equity           NUMERIC(20,8),
    entry_underlying_price   NUMERIC(20,8),
    entry_iv                 DOUBLE PRECISION,
    entry_iv_rank            DOUBLE PRECISION,
    entry_iv_percentile      DOUBLE PRECISION,
    entry_hv20               DOUBLE PRECISION,
    entry_delta              DOUBLE PRECISION,
    entry_gamma              DOUBLE PRECISION,
    entry_theta              DOUBLE PRECISION,
    entry_vega               DOUBLE PRECISION,
    entry_rho                DOUBLE PRECISION,
    entry_greeks_revision    BIGINT,
    entry_dte                BIGINT,
    entry_moneyness          DOUBLE PRECISION,
    entry_regime             TEXT COLLATE "C",
    entry_vix                DOUBLE PRECISION,
    entry_risk_free_rate     DOUBLE PRECISION,
    entry_vwap               DOUBLE PRECISION,
    entry_adx                DOUBLE PRECISION,
    entry_atr                DOUBLE PRECISION,
    entry_spread_percent     DOUBLE PRECISION,
    entry_open_interest      BIGINT,
    entry_volume             BIGINT,
    entry_next_earnings      DATE,
    entry_next_ex_dividend   DATE,
    entry_chain_snapshot_at  TIMESTAMPTZ,
    exit_underlying_price    NUMERIC(20,8),
    exit_iv                  DOUBLE PRECISION,
    exit_iv_rank             DOUBLE PRECISION,
    exit_iv_percentile       DOUBLE PRECISION,
    exit_hv20                DOUBLE PRECISION,
    exit_delta               DOUBLE PRECISION,
    exit_gamma               DOUBLE PRECISION,
    exit_theta               DOUBLE PRECISION,
    exit_vega                DOUBLE PRECISION,
    exit_rho                 DOUBLE PRECISION,
    exit_greeks_revision     BIGINT,
    exit_dte                 BIGINT,
    exit_moneyness           DOUBLE PRECISION,
    exit_regime              TEXT COLLATE "C",
    exit_vix                 DOUBLE PRECISION,
    exit_risk_free_rate      DOUBLE PRECISION,
    exit_vwap                DOUBLE PRECISION,
    exit_adx                 DOUBLE PRECISION,
    exit_atr                 DOUBLE PRECISION,
    exit_spread_percent      DOUBLE PRECISION,
    exit_open_interest       BIGINT,
    exit_volume              BIGINT,
    exit_next_earnings       DATE,
    exit_next_ex_dividend    DATE,
    exit_chain_snapshot_at   TIMESTAMPTZ,
    assigned_contracts       NUMERIC(20,8),
    assigned_at              TIMESTAMPTZ,
    early_assignment         BOOLEAN,
    shares_delta             NUMERIC(20,8),
    basis_tax_per_share      NUMERIC(20,8),
    basis_adjusted_per_share NUMERIC(20,8),
    roll_sequence            BIGINT,
    roll_net_credit          NUMERIC(20,8),
    roll_type                TEXT COLLATE "C",
    dividends_received       NUMERIC(20,8),
    cycle_realized_pnl       NUMERIC(20,8),
    days_underwater          BIGINT,
    thesis                   TEXT COLLATE "C",
    mental_state_entry       TEXT COLLATE "C",
    mental_state_exit        TEXT COLLATE "C",
    confidence               BIGINT,
    rule_breaks              JSONB NOT NULL,
    followed_plan            BOOLEAN,
    adherence_score          DOUBLE PRECISION,
    quality_grade            TEXT COLLATE "C",
    tags                     JSONB NOT NULL,
    screenshots              JSONB NOT NULL,
    recorded_at              TIMESTAMPTZ NOT NULL
);

CREATE INDEX idx_trades_timestamp_entry ON trades (at, id);
CREATE INDEX idx_trades_timestamp_exit ON trades (exited_at);
CREATE INDEX idx_trades_strategy ON trades (strategy, at);
CREATE INDEX idx_trades_regime ON trades (entry_regime, at);
CREATE INDEX idx_trades_symbol ON trades (symbol, at);
CREATE INDEX idx_trades_win_loss ON trades (win_loss, at);
CREATE INDEX idx_trades_exit_reason ON trades (exit_reason, at);
CREATE INDEX idx_trades_strategy_regime ON trades (strategy, entry_regime, at);
CREATE INDEX trades_by_cycle ON trades (cycle);

-- Notes about trades, cycles and accounts.
CREATE TABLE journal_notes (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    trade       UUID,
    cycle       UUID,
    kind        TEXT COLLATE "C" NOT NULL,
    text        TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX journal_notes_by_time ON journal_notes (at, id);
CREATE INDEX journal_notes_by_trade ON journal_notes (trade);
CREATE INDEX journal_notes_by_cycle ON journal_notes (cycle);

-- Rules that an owner sets.
CREATE TABLE journal_rules (
    rule        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    text        TEXT COLLATE "C" NOT NULL,
    severity    TEXT COLLATE "C" NOT NULL,
    active      BOOLEAN NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

-- What each account earned on each day in New York.
CREATE TABLE daily_pnl (
    date        DATE NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    realized    NUMERIC(20,8) NOT NULL,
    unrealized  NUMERIC(20,8),
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (date, account)
);

-- The state that a control of risk keeps.
CREATE TABLE risk_states (
    key         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value       JSONB NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
