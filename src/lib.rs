//! strikebook
