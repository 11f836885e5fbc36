-- Check database size. Corrected: the database at hand, since a test's has another name.
SELECT pg_size_pretty(pg_database_size(current_database()));

-- Table statistics. Corrected: pg_stat_user_tables calls the table relname, not tablename.
SELECT 
    schemaname, relname AS tablename, n_tup_ins, n_tup_upd, n_tup_del,
    n_live_tup, n_dead_tup, last_vacuum, last_autovacuum
FROM pg_stat_user_tables 
WHERE schemaname = 'trading';
