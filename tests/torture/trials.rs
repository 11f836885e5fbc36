//! A short round, and the proof that the checker finds damage.

use strikebook_testkit::{trial::Trial, trials};

use crate::{
    home::Home,
    supervisor::{Until, torture},
};

/// Lists the tests of this binary.
pub(crate) fn trials() -> Vec<Trial> {
    let on_sqlite: &[Trial] = if cfg!(feature = "sqlite") { &sqlite() } else { &[] };
    [trials![a_store_in_memory_is_refused].as_slice(), on_sqlite].concat()
}

fn a_store_in_memory_is_refused() {
    let error = Home::new("memory").expect_err("nothing to keep");
    assert!(error.contains("nothing that could survive"), "{error}");
}

#[cfg(not(feature = "sqlite"))]
fn sqlite() -> [Trial; 0] {
    []
}

#[cfg(feature = "sqlite")]
fn sqlite() -> Vec<Trial> {
    trials![twenty_kills_leave_no_half_write, every_damage_is_found]
}

#[cfg(feature = "sqlite")]
fn twenty_kills_leave_no_half_write() {
    let tally = torture("sqlite", 20, Until::Kills(20)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(tally.kills(), 20);
    assert!(tally.steps > 0 && tally.phases.len() > 2, "{tally}");
}

/// Statements that each damage a store of two rounds as half a write, or a lost one, would.
#[cfg(feature = "sqlite")]
const DAMAGES: [&str; 15] = [
    "DELETE FROM executions WHERE id = (SELECT max(id) FROM executions)",
    "DELETE FROM journal_events WHERE id = (SELECT max(id) FROM journal_events)",
    "DELETE FROM journal_cycles WHERE id = (SELECT max(id) FROM journal_cycles)",
    "DELETE FROM trades WHERE id = (SELECT max(id) FROM trades)",
    "DELETE FROM positions WHERE account = (SELECT max(account) FROM positions)",
    "DELETE FROM journal_notes WHERE id = (SELECT max(id) FROM journal_notes)",
    "DELETE FROM imported_rows WHERE id = (SELECT max(id) FROM imported_rows)",
    "UPDATE orders SET status = 'partially_filled', filled_quantity = '1' WHERE id = (SELECT max(id) FROM orders)",
    "UPDATE positions SET quantity = '12345' WHERE account = (SELECT max(account) FROM positions)",
    "UPDATE positions SET realized_pnl = '0.01' WHERE account = (SELECT max(account) FROM positions)",
    "UPDATE journal_cycles SET cash_flow = '0.01' WHERE id = (SELECT max(id) FROM journal_cycles)",
    "UPDATE journal_cycles SET lots = '[]' WHERE lots <> '[]'",
    "UPDATE executions SET price = '0.02' WHERE id = (SELECT max(id) FROM executions)",
    "DROP TRIGGER audit_log_is_not_deleted; DELETE FROM audit_log WHERE id = (SELECT max(id) FROM audit_log)",
    "INSERT INTO imported_rows SELECT 'ffffffff-ffff-4fff-bfff-ffffffffffff', at, account, source, 'other', file, \
     line, content, rejection, events, deletion, recorded_at FROM imported_rows LIMIT 1",
];

#[cfg(feature = "sqlite")]
fn every_damage_is_found() {
    use crate::supervisor::check_damaged;

    // Three rounds but for the last step, so that the next one writes nothing that could hide the damage.
    const STEPS: u64 = 20;
    check_damaged("sqlite", STEPS, |_| ()).unwrap_or_else(|error| panic!("an undamaged store: {error}"));
    let damaged = |statement: &str| {
        check_damaged("sqlite", STEPS, |home| {
            let path = home.url();
            let path = path.strip_prefix("sqlite:").expect("a file");
            let database = rusqlite::Connection::open(path).expect("a database");
            database.execute_batch(statement).expect("a statement");
            let changes = database.query_row("SELECT total_changes()", [], |row| row.get::<_, i64>(0));
            let changes_rows = !statement.starts_with("DROP INDEX");
            assert!(changes.expect("a count") > 0 || !changes_rows, "{statement} changed nothing");
        })
    };
    for damage in DAMAGES {
        let error = damaged(damage).expect_err(damage);
        assert!(error.contains("the store differs"), "{damage}: {error}");
    }
    let error = damaged("DROP INDEX journal_events_by_cycle").expect_err("an index is missing");
    assert!(error.contains("the schema is not current"), "{error}");
}
