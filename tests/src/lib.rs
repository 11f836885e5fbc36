//! The tests of the whole: see the folders `contract` and `faults`.
