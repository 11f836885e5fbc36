//! The contract suite of strikebook's ports
