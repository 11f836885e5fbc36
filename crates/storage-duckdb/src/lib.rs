//! DuckDB behind strikebook's ports
