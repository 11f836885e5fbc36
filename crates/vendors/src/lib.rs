//! Vendor file formats read into strikebook's domain types
