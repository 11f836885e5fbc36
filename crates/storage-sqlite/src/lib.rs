//! SQLite behind strikebook's ports
