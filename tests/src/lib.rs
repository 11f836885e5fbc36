//! The tests of the whole: see the folders `contract` and `faults`.

/// A test named after each SQL engine, which calls a function with the engine's harness. The modules `embedded` and `server` of
/// the contract must be in scope. The store in memory has no feature and is called by a test of its own.
#[macro_export]
macro_rules! on_every_engine {
    ($check:ident) => {
        #[cfg(feature = "sqlite")]
        #[test]
        fn sqlite() {
            $check(embedded::File::new("sqlite", "db"));
        }

        #[cfg(feature = "duckdb")]
        #[test]
        fn duckdb() {
            $check(embedded::File::new("duckdb", "duckdb"));
        }

        #[cfg(feature = "timescale")]
        #[test]
        fn timescale() {
            $check(server::Server::TIMESCALE);
        }

        #[cfg(feature = "timescale")]
        #[test]
        fn postgres() {
            $check(server::Server::PLAIN);
        }
    };
}
