//! TimescaleDB and PostgreSQL behind strikebook's ports
